package demo

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"
)

// The catalog is as the package comment says, on any day.
func TestEvents(t *testing.T) {
	for _, now := range []time.Time{
		time.Date(2026, 3, 10, 12, 34, 56, 0, time.UTC),
		time.Date(2028, 2, 29, 23, 59, 59, 0, time.FixedZone("", 14*3600)),
		time.Date(2031, 12, 31, 0, 0, 0, 0, time.UTC),
	} {
		events := Events(now)
		if len(events) != Count || !reflect.DeepEqual(events, Events(now)) {
			t.Fatalf("%d events, or others the second time", len(events))
		}
		ids, titles, cities := map[string]bool{}, map[string]bool{}, map[string]bool{}
		later, cancelled, small, large := 0, 0, 0, 0
		for _, e := range events {
			if problems := e.Check(); len(problems) > 0 {
				t.Errorf("%s: %v", e.ID, problems)
			}
			if at := e.StartsAt.Std(); at.Before(now.AddDate(0, 0, 9)) || at.After(now.AddDate(0, 0, 302)) {
				t.Errorf("%s starts %s", e.ID, at)
			}
			if e.OnSaleAt != 0 {
				later++
				if at := e.OnSaleAt.Std(); !at.After(now) || at.After(now.Add(73*time.Hour)) {
					t.Errorf("%s goes on sale %s", e.ID, at)
				}
			}
			if e.Cancelled {
				cancelled++
			}
			switch n := tickets(e); {
			case n < 60 || n > 20_000:
				t.Errorf("%s has %d tickets", e.ID, n)
			case n < 500:
				small++
			case n == 20_000:
				large++
			}
			ids[e.ID], titles[e.Title], cities[e.Venue.City] = true, true, true
		}
		if len(ids) != Count || len(titles) < Count/2 || len(cities) < 50 {
			t.Errorf("%d ids, %d titles, %d cities", len(ids), len(titles), len(cities))
		}
		if later != 25 || cancelled != 7 || small < 20 || large < 5 {
			t.Errorf("%d later, %d cancelled, %d small, %d large", later, cancelled, small, large)
		}
	}
}

func tickets(e *catalog.Event) int {
	n := 0
	for _, s := range e.Inventory.Sections {
		n += s.Capacity
		for _, r := range s.Rows {
			n += r.Seats
		}
	}
	return n
}

// Manuals speak of demo-1 and its seats 101-A-1 and 101-A-2.
func TestFirst(t *testing.T) {
	e := Events(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))[0]
	i := slices.IndexFunc(e.Inventory.Sections, func(s catalog.Section) bool { return s.Name == "101" })
	if e.ID != "demo-1" || e.OnSaleAt != 0 || e.Cancelled || e.MaxTicketsPerUser != 0 ||
		e.WaitingRoom.Enabled || i < 0 {
		t.Fatalf("%+v", e)
	}
	rows := e.Inventory.Sections[i].Rows
	if len(rows) != 20 || rows[0] != (catalog.Row{Name: "A", Seats: 20}) || rows[19].Name != "T" {
		t.Errorf("%v", rows)
	}
}

// Every venue is complete, has a zone and a currency that exist, an id of its own,
// and its turn in the catalog.
func TestVenues(t *testing.T) {
	ids := map[string]string{}
	for _, v := range venues {
		if _, err := time.LoadLocation(v.zone); err != nil || v.zone == "" {
			t.Errorf("%s: zone %q: %v", v.name, v.zone, err)
		}
		if money[v.currency] == 0 {
			t.Errorf("%s: no money %s", v.name, v.currency)
		}
		if v.city == "" || len(v.country) != 2 || v.lat == 0 || v.lon == 0 || v.size < 60 {
			t.Errorf("%s is not complete", v.name)
		}
		id := slug(v.name)
		if other, taken := ids[id]; taken {
			t.Errorf("%s and %s have the id %s", other, v.name, id)
		}
		ids[id] = v.name
	}
	seen := map[string]bool{}
	for _, e := range Events(time.Unix(1_800_000_000, 0)) {
		seen[e.Venue.Name] = true
	}
	if len(seen) != len(venues) {
		t.Errorf("%d venues of %d have an event", len(seen), len(venues))
	}
}

// A show's text never shows the pattern it was made of.
func TestTitles(t *testing.T) {
	for _, e := range Events(time.Unix(1_800_000_000, 0)) {
		if strings.ContainsAny(e.Title+e.Description, "{}") || len(e.Performers) == 0 {
			t.Errorf("%s: %q %q", e.ID, e.Title, e.Description)
		}
	}
}
