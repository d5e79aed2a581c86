package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// rowSeats is the width of a row of the crowd's houses.
const rowSeats = 50

// sectionRows is how many rows a section has at most.
const sectionRows = 50

// house is an event that the crowd made: seats in rows of 50, sections of 50 rows.
type house struct {
	id    string
	seats int
}

// ticket is the id of the nth seat, counted from 0.
func (h *house) ticket(n int) string {
	b := make([]byte, 0, 24)
	b = append(b, 'S')
	b = strconv.AppendInt(b, int64(n/(rowSeats*sectionRows)+1), 10)
	b = append(b, "-R"...)
	b = strconv.AppendInt(b, int64(n/rowSeats%sectionRows+1), 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(n%rowSeats+1), 10)
	return string(b)
}

// The event as the admin paths take it: the members that the crowd needs.
type (
	eventDoc struct {
		ID                string       `json:"id"`
		Title             string       `json:"title"`
		Description       string       `json:"description"`
		Genre             string       `json:"genre"`
		StartsAt          string       `json:"startsAt"`
		Timezone          string       `json:"timezone"`
		Venue             venueDoc     `json:"venue"`
		Performers        []namedDoc   `json:"performers"`
		Inventory         inventoryDoc `json:"inventory"`
		HoldSeconds       int          `json:"holdSeconds"`
		MaxTicketsPerUser int          `json:"maxTicketsPerUser"`
	}
	namedDoc struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	venueDoc struct {
		ID       string   `json:"id"`
		Name     string   `json:"name"`
		City     string   `json:"city"`
		Region   string   `json:"region"`
		Country  string   `json:"country"`
		Location pointDoc `json:"location"`
	}
	pointDoc struct {
		Lat float64 `json:"lat"`
		Lon float64 `json:"lon"`
	}
	inventoryDoc struct {
		Currency string       `json:"currency"`
		Sections []sectionDoc `json:"sections"`
	}
	sectionDoc struct {
		Name  string   `json:"name"`
		Price int      `json:"price"`
		Rows  []rowDoc `json:"rows"`
	}
	rowDoc struct {
		Name  string `json:"name"`
		Seats int    `json:"seats"`
	}
)

// document is the event's description for PUT /admin/events/{id}.
func (h *house) document(now time.Time) ([]byte, error) {
	doc := eventDoc{
		ID: h.id, Title: "Stampede " + h.id, Genre: "Rock", Timezone: "America/New_York",
		Description: "An evening that everybody wants to see, and for which there are never enough seats.",
		StartsAt:    now.AddDate(0, 6, 0).UTC().Format("2006-01-02T15:04:05.000Z"),
		Venue: venueDoc{"stampede-hall", "Stampede Hall", "New York", "NY", "US",
			pointDoc{40.7505, -73.9934}},
		Performers:  []namedDoc{{"the-crowd", "The Crowd"}, {"the-queue", "The Queue"}},
		Inventory:   inventoryDoc{Currency: "USD"},
		HoldSeconds: 600,
	}
	for left, s := h.seats, 1; left > 0; s++ {
		section := sectionDoc{Name: "S" + strconv.Itoa(s), Price: 5000 + 100*s}
		for r := 1; r <= sectionRows && left > 0; r++ {
			n := min(left, rowSeats)
			section.Rows = append(section.Rows, rowDoc{"R" + strconv.Itoa(r), n})
			left -= n
		}
		doc.Inventory.Sections = append(doc.Inventory.Sections, section)
	}
	return json.Marshal(doc)
}

// build makes the event on the node.
func (h *house) build(c *conn, to *target) error {
	body, err := h.document(time.Now())
	if err != nil {
		return err
	}
	r := request{method: "PUT", path: "/admin/events/" + h.id, body: body, admin: true}
	a, err := c.do(r.append(nil, to))
	if err != nil {
		return fmt.Errorf("make event %s: %w", h.id, err)
	}
	if a.status/100 != 2 {
		return fmt.Errorf("make event %s: status %d: %s", h.id, a.status, a.body)
	}
	return nil
}

// buildHouses makes n events whose ids begin with the run's name.
func buildHouses(c *conn, to *target, run string, n, seats int) ([]*house, error) {
	houses := make([]*house, n)
	for i := range houses {
		houses[i] = &house{id: run + "-" + strconv.Itoa(i+1), seats: seats}
		if err := houses[i].build(c, to); err != nil {
			return nil, err
		}
	}
	return houses, nil
}
