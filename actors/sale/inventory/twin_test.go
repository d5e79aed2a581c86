package inventory

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"boxoffice/actors/sale/catalog"

	"pgregory.net/rapid"
)

// chooser draws a number from 0 to below n: from rapid or from a fuzzer's bytes.
type chooser func(n int) int

// house draws a house of up to 5 sections of all forms, some of them larger than a
// word of bits and a node of the tree.
func house(draw chooser) catalog.Inventory {
	inv := catalog.Inventory{Currency: "EUR"}
	for i := range 1 + draw(5) {
		name := []string{"A", "A-B", "FLOOR A", "Parkett Süd", "1-2"}[i]
		s := catalog.Section{Name: name, Price: int64(draw(4)) * 100}
		switch draw(3) {
		case 0:
			for r := range 1 + draw(40) {
				s.Rows = append(s.Rows, catalog.Row{Name: fmt.Sprintf("r%d", r), Seats: size(draw)})
			}
		case 1:
			for k := range 1 + draw(150) {
				seat := catalog.Seat{ID: fmt.Sprintf("%d~%c.%d", i, 'a'+k/20, k), Number: fmt.Sprint(k)}
				seat.Row = fmt.Sprint(k / (7 + i))
				if draw(4) == 0 {
					seat.Number = "x"
				}
				s.Seats = append(s.Seats, seat)
			}
		case 2:
			s.Capacity = 1 + draw(300)
		}
		inv.Sections = append(inv.Sections, s)
	}
	return inv
}

// size draws the length of a row: mostly short, sometimes of several words.
func size(draw chooser) int {
	if draw(10) == 0 {
		return 1 + draw(200)
	}
	return 1 + draw(20)
}

// twins are a Stock and its naive twin that see the same changes.
type twins struct {
	inv     catalog.Inventory
	fast    *Stock
	slow    *naive
	version uint64
}

func newTwins(inv catalog.Inventory) *twins {
	return &twins{inv: inv, fast: NewStock(NewPlan(inv), nil), slow: newNaive(inv)}
}

func (w *twins) set(t Ticket, to Status) {
	w.version++
	w.fast.Set(t, to, w.version)
	w.slow.status[t] = to
	w.slow.at[t] = w.version
}

// query draws a wish, possible or not.
func (w *twins) query(draw chooser) Query {
	q := Query{Quantity: draw(12), MaxPrice: int64(draw(6)-1) * 100, Adjacent: draw(2) == 0}
	if draw(8) == 0 {
		q.Quantity = draw(150)
	}
	if draw(2) == 0 {
		q.Section = append(w.inv.Sections, catalog.Section{Name: "nowhere"})[draw(len(w.inv.Sections)+1)].Name
	}
	return q
}

// errorf is how a test says what is wrong.
type errorf func(format string, args ...any)

// ask compares the answers to a wish, and returns the tickets.
func (w *twins) ask(fail errorf, q Query) []Ticket {
	got, ok := w.fast.Best(q, nil)
	want, wantOK := w.slow.best(q)
	if ok != wantOK || ok && !slices.Equal(got, want) || !ok && len(got) > 0 {
		fail("Best(%+v) = %v, %v; want %v, %v", q, got, ok, want, wantOK)
	}
	if got, want := w.fast.Matching(q), w.slow.matching(q); got != want {
		fail("Matching(%+v) = %d; want %d", q, got, want)
	}
	return got
}

// compare looks at everything.
func (w *twins) compare(fail errorf) {
	a, h, b := w.fast.Counts()
	wa, wh, wb := w.slow.counts()
	if a != wa || h != wh || b != wb || a+h+b != w.fast.Plan().Total() {
		fail("Counts() = %d, %d, %d of %d; want %d, %d, %d", a, h, b, w.fast.Plan().Total(), wa, wh, wb)
	}
	snap := w.fast.Snapshot(w.version)
	for t := range w.slow.seats {
		t := Ticket(t)
		if got := w.fast.Status(t); got != w.slow.status[t] || snap.Status(t) != got {
			fail("Status(%d) = %v, in the snapshot %v; want %v", t, got, snap.Status(t), w.slow.status[t])
		}
		if got := snap.ChangedAt(t); got != w.slow.at[t] {
			fail("ChangedAt(%d) = %d; want %d", t, got, w.slow.at[t])
		}
	}
	w.checkTree(fail)
}

// checkTree compares the tree with what the bits say.
func (w *twins) checkTree(fail errorf) {
	s, p := w.fast, w.fast.plan
	for i, room := range s.room.levels[0] {
		ln := &p.lines[i]
		end := p.lines[i+1].first
		sec := &p.sections[ln.section]
		want := s.free.longest(ln.first, end, 1<<30)
		if sec.kind == general {
			from, to := ln.first, end
			if uint32(i) == sec.line {
				from, to = sec.first, sec.end
			}
			want = 0
			for t := from; t < to; t++ {
				if s.Status(t) == Available {
					want++
				}
			}
		}
		if room != want {
			fail("line %d has room for %d; want %d", i, room, want)
		}
	}
	for k := 1; k < len(s.room.levels); k++ {
		for i, n := range s.room.levels[k] {
			below := s.room.levels[k-1]
			if want := slices.Max(below[i*fan : min(len(below), i*fan+fan)]); n != want {
				fail("node %d of level %d is %d; want %d", i, k, n, want)
			}
		}
	}
}

// TestTwins plays random sales against the naive twin: by seat, by best
// available, giving back, and a restart from what a checkpoint keeps.
func TestTwins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }
		w := newTwins(house(draw))
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				w.set(Ticket(draw(len(w.slow.seats))), Status(draw(3)))
			},
			"block": func(t *rapid.T) {
				first := draw(len(w.slow.seats))
				to := Status(draw(3))
				for i := first; i < min(len(w.slow.seats), first+draw(100)); i++ {
					w.set(Ticket(i), to)
				}
			},
			"sell": func(t *rapid.T) {
				for _, ticket := range w.ask(t.Fatalf, w.query(draw)) {
					w.set(ticket, Held)
				}
			},
			"restart": func(t *rapid.T) {
				old := w.fast
				changed := old.ChangedAt()
				w.fast = NewStock(NewPlan(w.inv), changed)
				for i := range w.slow.seats {
					if s := old.Status(Ticket(i)); s != Available {
						w.fast.Set(Ticket(i), s, changed[i])
					}
				}
			},
			"": func(t *rapid.T) {
				w.ask(t.Fatalf, w.query(draw))
				w.compare(t.Fatalf)
			},
		})
	})
}

// FuzzTwins does the same from a fuzzer's bytes.
func FuzzTwins(f *testing.F) {
	f.Add([]byte{1, 0, 5, 3, 9, 1, 2, 0, 7, 1, 1, 1, 4, 2, 8, 30, 2, 2, 2})
	f.Add([]byte{2, 2, 200, 1, 0, 9, 12, 0, 1, 4, 3, 0, 0, 2, 1, 1, 77, 66, 55, 44, 33, 22, 11})
	f.Fuzz(func(t *testing.T, data []byte) {
		draw := func(n int) int {
			if len(data) == 0 || n <= 1 {
				return 0
			}
			v := int(data[0])
			data = data[1:]
			if n > 256 && len(data) > 0 {
				v = v<<8 | int(data[0])
				data = data[1:]
			}
			return v % n
		}
		w := newTwins(house(draw))
		for range 200 {
			if len(data) == 0 {
				break
			}
			if draw(3) == 0 {
				for _, ticket := range w.ask(t.Fatalf, w.query(draw)) {
					w.set(ticket, Held)
				}
				continue
			}
			first, to := draw(len(w.slow.seats)), Status(draw(3))
			for i := first; i < min(len(w.slow.seats), first+1+draw(9)); i++ {
				w.set(Ticket(i), to)
			}
		}
		w.compare(t.Fatalf)
	})
}

// TestPlan compares a plan's ids and places with the naive twin, and the house
// that it gives back with the one that it was made from.
func TestPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }
		inv := house(draw)
		p, slow := NewPlan(inv), newNaive(inv)
		if p.Total() != len(slow.seats) || cap(p.lines) != len(p.lines) {
			t.Fatalf("%d tickets, want %d; %d lines, room for %d",
				p.Total(), len(slow.seats), len(p.lines), cap(p.lines))
		}
		for i, seat := range slow.seats {
			ticket := Ticket(i)
			if got, ok := p.Find(seat.id); !ok || got != ticket {
				t.Fatalf("Find(%q) = %d, %v; want %d", seat.id, got, ok, ticket)
			}
			if got := p.ID(ticket); got != seat.id {
				t.Fatalf("ID(%d) = %q; want %q", ticket, got, seat.id)
			}
			if got := p.Place(ticket); got != seat.place || p.Price(ticket) != got.Price {
				t.Fatalf("Place(%d) = %+v; want %+v", ticket, got, seat.place)
			}
			for _, other := range near(seat.id) {
				_, want := slow.byID[other]
				if got, ok := p.Find(other); ok != want || ok && p.ID(got) != other {
					t.Fatalf("Find(%q) = %d, %v; want %v", other, got, ok, want)
				}
			}
		}
		if got := p.Inventory(); !reflect.DeepEqual(got, inv) {
			t.Fatalf("Inventory() = %+v; want %+v", got, inv)
		}
	})
}

// near are texts that look like an id.
func near(id string) []string {
	return []string{
		id + "0", id[:len(id)-1], "0" + id, id + "-1", id + " ",
		id[:len(id)-1] + "0" + id[len(id)-1:], id[:len(id)-1] + "+" + id[len(id)-1:],
		id[:len(id)-1] + string(id[len(id)-1]+1),
	}
}
