package inventory

import (
	"fmt"
	"runtime"
	"testing"

	"boxoffice/actors/sale/catalog"
)

// rowHouse is n seats in numbered rows of 25, 40 rows a section.
func rowHouse(n int) catalog.Inventory {
	inv := catalog.Inventory{Currency: "EUR"}
	for n > 0 {
		s := catalog.Section{Name: fmt.Sprintf("%d", 101+len(inv.Sections)), Price: int64(n)}
		for r := 0; r < 40 && n > 0; r++ {
			s.Rows = append(s.Rows, catalog.Row{Name: fmt.Sprintf("%d", r+1), Seats: min(n, 25)})
			n -= min(n, 25)
		}
		inv.Sections = append(inv.Sections, s)
	}
	return inv
}

// listedHouse is the same house with an id for each seat.
func listedHouse(n int) catalog.Inventory {
	inv := rowHouse(n)
	for i := range inv.Sections {
		s := &inv.Sections[i]
		for _, r := range s.Rows {
			for k := 1; k <= r.Seats; k++ {
				s.Seats = append(s.Seats, catalog.Seat{
					ID:  fmt.Sprintf("BLOCK%s.R%s.%d", s.Name, r.Name, k),
					Row: fmt.Sprint(r.Name), Number: fmt.Sprint(k),
				})
			}
		}
		s.Rows = nil
	}
	return inv
}

// guidHouse is the worst case of listedHouse: ids of 36 characters that share nothing.
func guidHouse(n int) catalog.Inventory {
	inv := listedHouse(n)
	for i := range inv.Sections {
		for k := range inv.Sections[i].Seats {
			seat := &inv.Sections[i].Seats[k]
			a, b := hash(seat.ID), hash(seat.ID+"x")
			seat.ID = fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
		}
	}
	return inv
}

// generalHouse is n tickets of general admission.
func generalHouse(n int) catalog.Inventory {
	return catalog.Inventory{Currency: "EUR", Sections: []catalog.Section{{Name: "FLOOR", Price: 9900, Capacity: n}}}
}

var houses = []struct {
	name string
	make func(n int) catalog.Inventory
}{{"rows", rowHouse}, {"listed", listedHouse}, {"guids", guidHouse}, {"general", generalHouse}}

var sizes = []int{1_000, 10_000, 100_000}

// each runs a benchmark for all houses and sizes.
func each(b *testing.B, run func(b *testing.B, s *Stock, n int)) {
	for _, h := range houses {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", h.name, n), func(b *testing.B) {
				s := NewStock(NewPlan(h.make(n)), nil)
				s.Set(0, Available, 1) // the memory of versions
				b.ReportAllocs()
				b.ResetTimer()
				run(b, s, n)
			})
		}
	}
}

// step goes through a house in an order that no cache likes.
const step = 7919

func BenchmarkFind(b *testing.B) {
	each(b, func(b *testing.B, s *Stock, n int) {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = s.plan.ID(Ticket(i))
		}
		b.ResetTimer()
		for i, at := 0, 0; i < b.N; i++ {
			if at += step; at >= n {
				at %= n
			}
			if t, ok := s.plan.Find(ids[at]); !ok || int(t) != at {
				b.Fatal(ids[at], t, ok)
			}
		}
	})
}

// BenchmarkSet takes and gives back tickets all over the house.
func BenchmarkSet(b *testing.B) {
	each(b, func(b *testing.B, s *Stock, n int) {
		for i, at := 0, 0; i < b.N; i++ {
			if at += step; at >= n {
				at %= n
			}
			s.Set(Ticket(at), 1-s.Status(Ticket(at)), uint64(i))
		}
	})
}

// BenchmarkBest asks for two neighbours in a house of which all but the last
// section's last seats are sold with gaps of one seat: the answer is at the end.
func BenchmarkBest(b *testing.B) {
	each(b, func(b *testing.B, s *Stock, n int) {
		for t := range n - 25 {
			if t%3 != 0 || s.plan.sections[0].kind == general {
				s.Set(Ticket(t), Booked, 1)
			}
		}
		best(b, s, Query{Quantity: 2, Adjacent: true})
	})
}

// BenchmarkBestCheap asks the same where only the last section is cheap enough.
func BenchmarkBestCheap(b *testing.B) {
	each(b, func(b *testing.B, s *Stock, n int) {
		last := s.plan.sections[len(s.plan.sections)-1].price
		best(b, s, Query{Quantity: 2, Adjacent: true, MaxPrice: last})
	})
}

// BenchmarkBestScattered asks for four tickets where no two are neighbours.
func BenchmarkBestScattered(b *testing.B) {
	each(b, func(b *testing.B, s *Stock, n int) {
		for t := range n {
			if t < n-25 || t%2 != 0 {
				s.Set(Ticket(t), Booked, 1)
			}
		}
		best(b, s, Query{Quantity: 4})
	})
}

func best(b *testing.B, s *Stock, q Query) {
	b.ResetTimer()
	var got []Ticket
	for range b.N {
		var ok bool
		if got, ok = s.Best(q, got[:0]); !ok {
			b.Fatal("nothing found")
		}
	}
}

func BenchmarkSnapshot(b *testing.B) {
	each(b, func(b *testing.B, s *Stock, n int) {
		for i := range b.N {
			sink = s.Snapshot(uint64(i))
		}
	})
}

func BenchmarkNewPlan(b *testing.B) {
	for _, h := range houses {
		inv := h.make(100_000)
		b.Run(h.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				sink = NewPlan(inv)
			}
		})
	}
}

var sink any

// heapOf is what make leaves on the heap.
func heapOf(make func() any) uint64 {
	var before, after runtime.MemStats
	sink = nil
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	sink = make()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return after.HeapAlloc - before.HeapAlloc
}

// BenchmarkHeap measures the heap of a house of 100,000 seats, all of which have
// changed: Plan and Stock alone, and with the inventory that they were made from.
func BenchmarkHeap(b *testing.B) {
	const n = 100_000
	for _, h := range houses {
		b.Run(h.name, func(b *testing.B) {
			var own, all uint64
			for range b.N {
				inv := h.make(n)
				build := func() *Stock {
					s := NewStock(NewPlan(inv), nil)
					for t := range n {
						s.Set(Ticket(t), Held, 1)
					}
					return s
				}
				own = heapOf(func() any { return build() })
				runtime.KeepAlive(inv)
				inv = catalog.Inventory{}
				all = heapOf(func() any {
					inv = h.make(n)
					return build()
				})
				runtime.KeepAlive(inv)
			}
			b.ReportMetric(float64(own)/n, "B/seat")
			b.ReportMetric(float64(all)/n, "B/seat-with-inventory")
		})
	}
}

// BenchmarkChangedAfter looks for the two tickets of a hundred thousand that changed since
// the last question: what every question of who watches an event costs.
func BenchmarkChangedAfter(b *testing.B) {
	s := NewStock(NewPlan(catalog.Inventory{Currency: "USD",
		Sections: []catalog.Section{{Name: "G", Price: 1, Capacity: 100_000}}}), nil)
	// One of them lies at the very end: nothing is left out of the measurement.
	s.Set(7, Held, 10)
	s.Set(99_999, Held, 11)
	for b.Loop() {
		n := 0
		for range s.ChangedAfter(9) {
			n++
		}
		if n != 2 {
			b.Fatalf("%d tickets changed", n)
		}
	}
}
