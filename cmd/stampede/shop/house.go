package shop

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// rowSeats is the width of a row of the crowd's houses.
const rowSeats = 50

// sectionRows is how many rows a section has at most.
const sectionRows = 50

// House is an event that the crowd made: seats in rows of 50, sections of 50 rows.
// It is not changed after it was built.
type House struct {
	ID       string
	Seats    int
	Hold     time.Duration // how long a hold lasts; 0: 10 minutes
	PerUser  int           // tickets that one user may have; 0: no limit
	Active   int           // waiting room: how many may shop at once; 0: there is no room
	Session  time.Duration // waiting room: how long one may shop; 0: 10 minutes
	OnSaleIn time.Duration // from its making; 0: at once
}

// Ticket is the id of the nth seat, counted from 0.
func (h *House) Ticket(n int) string {
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
		OnSaleAt          string       `json:"onSaleAt,omitempty"`
		WaitingRoom       *roomDoc     `json:"waitingRoom,omitempty"`
	}
	roomDoc struct {
		Enabled        bool   `json:"enabled"`
		MaxActive      int    `json:"maxActive"`
		SessionSeconds int    `json:"sessionSeconds"`
		Order          string `json:"order"`
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

// timeForm is how the contract writes times.
const timeForm = "2006-01-02T15:04:05.000Z"

// seconds gives a time in whole seconds, at least one; 10 minutes where there is none.
func seconds(d time.Duration) int {
	if d == 0 {
		return 600
	}
	return max(1, int(d.Seconds()))
}

// document is the event's description for PUT /admin/events/{id}.
func (h *House) document(now time.Time) ([]byte, error) {
	doc := eventDoc{
		ID: h.ID, Title: "Stampede " + h.ID, Genre: "Rock", Timezone: "America/New_York",
		Description: "An evening that everybody wants to see, and for which there are never enough seats.",
		StartsAt:    now.AddDate(0, 6, 0).UTC().Format(timeForm),
		Venue: venueDoc{"stampede-hall", "Stampede Hall", "New York", "NY", "US",
			pointDoc{40.7505, -73.9934}},
		Performers:  []namedDoc{{"the-crowd", "The Crowd"}, {"the-queue", "The Queue"}},
		Inventory:   inventoryDoc{Currency: "USD"},
		HoldSeconds: seconds(h.Hold), MaxTicketsPerUser: h.PerUser,
	}
	if h.Active > 0 {
		doc.WaitingRoom = &roomDoc{true, h.Active, seconds(h.Session), "fifo"}
	}
	if h.OnSaleIn > 0 {
		doc.OnSaleAt = now.Add(h.OnSaleIn).UTC().Format(timeForm)
	}
	for left, s := h.Seats, 1; left > 0; s++ {
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

// Build makes the event on the node.
func (h *House) Build(c *wire.Conn, to *wire.Target) error {
	body, err := h.document(time.Now())
	if err != nil {
		return err
	}
	r := wire.Request{Method: "PUT", Path: "/admin/events/" + h.ID, Body: body, Admin: true}
	a, err := c.Do(r.Append(nil, to))
	if err != nil {
		return fmt.Errorf("make event %s: %w", h.ID, err)
	}
	if a.Status/100 != 2 {
		return fmt.Errorf("make event %s: status %d: %s", h.ID, a.Status, a.Body)
	}
	return nil
}

// BuildHouses makes n events whose ids begin with the run's name.
func BuildHouses(c *wire.Conn, to *wire.Target, run string, n int, like House) ([]*House, error) {
	houses := make([]*House, n)
	for i := range houses {
		h := like
		h.ID = run + "-" + strconv.Itoa(i+1)
		houses[i] = &h
		if err := houses[i].Build(c, to); err != nil {
			return nil, err
		}
	}
	return houses, nil
}
