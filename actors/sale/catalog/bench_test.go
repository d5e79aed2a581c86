package catalog_test

import (
	"fmt"
	"testing"

	"boxoffice/actors/sale/catalog"
)

// arena is an event of 100,000 seats in rows of 25, or listed.
func arena(listed bool) *catalog.Event {
	e := concert()
	e.Inventory.Sections = nil
	for i := range 100 {
		s := catalog.Section{Name: fmt.Sprint(i)}
		for r := range 40 {
			if !listed {
				s.Rows = append(s.Rows, catalog.Row{Name: fmt.Sprint(r), Seats: 25})
				continue
			}
			for k := range 25 {
				s.Seats = append(s.Seats, catalog.Seat{
					ID: fmt.Sprintf("BLOCK%d.R%d.%d", i, r, k), Row: fmt.Sprint(r), Number: fmt.Sprint(k),
				})
			}
		}
		e.Inventory.Sections = append(e.Inventory.Sections, s)
	}
	return e
}

var events = []struct {
	name string
	make func() *catalog.Event
}{
	{"small", concert},
	{"rows", func() *catalog.Event { return arena(false) }},
	{"listed", func() *catalog.Event { return arena(true) }},
}

func BenchmarkCheck(b *testing.B) {
	for _, event := range events {
		e := event.make()
		b.Run(event.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if p := e.Check(); p != nil {
					b.Fatal(p)
				}
			}
		})
	}
}

func BenchmarkEqual(b *testing.B) {
	for _, event := range events {
		e, o := event.make(), event.make()
		b.Run(event.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if !e.Equal(o) {
					b.Fatal("not equal")
				}
			}
		})
	}
}
