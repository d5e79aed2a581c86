package sale

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// arena is an event of 100,000 seats in 50 sections of 40 rows of 50.
func arena() *catalog.Event {
	e := &catalog.Event{
		ID: "arena", Title: "Arena", StartsAt: 1 << 45,
		Inventory: catalog.Inventory{Currency: "USD"},
	}
	for i := range 50 {
		s := catalog.Section{Name: fmt.Sprint(100 + i), Price: 12500}
		for r := range 40 {
			s.Rows = append(s.Rows, catalog.Row{Name: fmt.Sprint(r + 1), Seats: 50})
		}
		e.Inventory.Sections = append(e.Inventory.Sections, s)
	}
	return e
}

// newArena is a state with an arena and nothing sold.
func newArena() *State {
	s := New()
	s.Step(1_000_000, &DefineEvent{Event: arena()}, nil)
	return s
}

// pairs names the seats of the arena two by two, in order.
func pairs(s *State) [][]string {
	plan := s.stock.Plan()
	ids := make([][]string, plan.Total()/2)
	for i := range ids {
		ids[i] = []string{plan.ID(inventory.Ticket(2 * i)), plan.ID(inventory.Ticket(2*i + 1))}
	}
	return ids
}

func testID(n int) (id ID) {
	binary.LittleEndian.PutUint64(id[:], uint64(n)*0x9E3779B97F4A7C15)
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
	return id
}

func testKey(n int) Key {
	return Key{ID: [16]byte(testID(n)), Body: [16]byte{1}}
}

// benchmarkHolds places two-ticket holds in a fresh arena until it is full, again
// and again; only the holds are measured.
func benchmarkHolds(b *testing.B, by func(n int) By) {
	s := newArena()
	ids := pairs(s)
	cp := s.Checkpoint()
	var out []Record
	cmd := &PlaceHold{}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		i := n % len(ids)
		if i == 0 && n > 0 {
			b.StopTimer()
			s = Restore(cp)
			b.StartTimer()
		}
		*cmd = PlaceHold{By: by(n), ID: testID(n), TicketIDs: ids[i]}
		var a Answer
		out, a = s.Step(s.now+1, cmd, out[:0])
		if a.Refusal != nil {
			b.Fatal(a.Refusal)
		}
	}
}

func BenchmarkPlaceHold(b *testing.B) {
	users := make([]string, 1<<16)
	for i := range users {
		users[i] = fmt.Sprint("user-", i)
	}
	b.Run("anonymous", func(b *testing.B) { benchmarkHolds(b, func(int) By { return By{} }) })
	b.Run("key", func(b *testing.B) { benchmarkHolds(b, func(n int) By { return By{Key: testKey(n)} }) })
	b.Run("key+user", func(b *testing.B) {
		benchmarkHolds(b, func(n int) By { return By{User: users[n%len(users)], Key: testKey(n)} })
	})
}

// BenchmarkHeap is what an event of 100,000 seats costs in memory, with one ticket
// held, so that the versions of all tickets are there: in rows, and with a name for
// each seat. TestHeap holds it to its bound.
func BenchmarkHeap(b *testing.B) {
	for _, named := range []bool{false, true} {
		b.Run(fmt.Sprint("named=", named), func(b *testing.B) {
			var bytes uint64
			for range b.N {
				bytes = heapOf(named)
			}
			b.ReportMetric(float64(bytes), "heap-B")
		})
	}
}

// heapOf is how much the heap grows by an arena, seats with names of their own or not.
func heapOf(named bool) uint64 {
	decoded := func() *catalog.Event {
		e := arena()
		if !named {
			return e
		}
		for i := range e.Inventory.Sections {
			s := &e.Inventory.Sections[i]
			for _, r := range s.Rows {
				for n := range r.Seats {
					id := fmt.Sprintf("%s/%s:%d", s.Name, r.Name, n+1)
					s.Seats = append(s.Seats, catalog.Seat{ID: id, Row: r.Name, Number: fmt.Sprint(n + 1)})
				}
			}
			s.Rows = nil
		}
		return e
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := New()
	s.Step(1, &DefineEvent{Event: decoded()}, nil)
	s.Step(1, &PlaceHold{ID: testID(1), Best: inventory.Query{Quantity: 1}}, nil)
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(s)
	return after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
}

func TestHeap(t *testing.T) {
	for _, named := range []bool{false, true} {
		if got := heapOf(named); got > 3<<20 {
			t.Errorf("named=%v: an event of 100,000 seats takes %d bytes", named, got)
		}
	}
}

// TestHoldAllocs holds a hold of two tickets to its two allocations: the record
// with the hold in it, and the seats. What maps and lists grow by is amortised.
func TestHoldAllocs(t *testing.T) {
	s := newArena()
	ids := pairs(s)
	out := make([]Record, 0, 1)
	n := 0
	got := testing.AllocsPerRun(20_000, func() {
		s.Step(s.now+1, &PlaceHold{By: By{Key: testKey(n)}, ID: testID(n), TicketIDs: ids[n]}, out)
		n++
	})
	if got > 3 { // the command is the third
		t.Errorf("%v allocations", got)
	}
}

// BenchmarkPlaceBest holds the best two seats of an arena until it is full.
func BenchmarkPlaceBest(b *testing.B) {
	s := newArena()
	full := s.stock.Plan().Total() / 2
	cp := s.Checkpoint()
	var out []Record
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		if n%full == 0 && n > 0 {
			b.StopTimer()
			s = Restore(cp)
			b.StartTimer()
		}
		var a Answer
		c := PlaceHold{ID: testID(n), Best: inventory.Query{Quantity: 2, Adjacent: true}}
		out, a = s.Step(s.now+1, &c, out[:0])
		if a.Refusal != nil {
			b.Fatal(a.Refusal)
		}
	}
}

// BenchmarkRefused asks for two seats of which one is held: the answer of a rush.
func BenchmarkRefused(b *testing.B) {
	for _, full := range []bool{false, true} {
		b.Run(fmt.Sprint("full=", full), func(b *testing.B) {
			s := newArena()
			ids := pairs(s)
			taken := ids[:100]
			if full {
				taken = ids
			}
			for n, pair := range taken {
				s.Step(s.now, &PlaceHold{ID: testID(n), TicketIDs: pair}, nil)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for n := range b.N {
				_, a := s.Step(s.now, &PlaceHold{ID: testID(-1), TicketIDs: taken[n%100]}, nil)
				if a.Refusal == nil {
					b.Fatal("both have it")
				}
			}
		})
	}
}

// BenchmarkBook is the whole way of a booking: hold, payment, confirmation, capture.
func BenchmarkBook(b *testing.B) {
	for _, held := range []bool{false, true} {
		b.Run(fmt.Sprint("hold=", held), func(b *testing.B) {
			s := newArena()
			ids := pairs(s)
			cp := s.Checkpoint()
			var out []Record
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n++ {
				i := n % len(ids)
				if i == 0 && n > 0 {
					b.StopTimer()
					s = Restore(cp)
					b.StartTimer()
				}
				id, at := testID(n), s.now+1
				book := Book{By: By{Key: testKey(n)}, ID: id, TicketIDs: ids[i], Method: "card", Token: "tok"}
				if held {
					out, _ = s.Step(at, &PlaceHold{ID: id, TicketIDs: ids[i]}, out[:0])
					book.Hold = id
				}
				out, _ = s.Step(at, &book, out[:0])
				ok := SettlePayment{Booking: id, Task: Authorise, Provider: "p", PaymentID: "p"}
				out, _ = s.Step(at, &ok, out[:0])
				out, _ = s.Step(at, &SettlePayment{Booking: id, Task: Capture}, out[:0])
			}
			b.StopTimer()
			if want := (b.N-1)%len(ids) + 1; s.Summary().Bookings != want {
				b.Fatalf("%d bookings, want %d", s.Summary().Bookings, want)
			}
		})
	}
}

// BenchmarkTick ends one of 50,000 holds each time.
func BenchmarkTick(b *testing.B) {
	s := newArena()
	ids := pairs(s)
	for n, pair := range ids {
		s.Step(s.now+1, &PlaceHold{ID: testID(n), TicketIDs: pair}, nil)
	}
	cp := s.Checkpoint()
	var out []Record
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if s.Due() == 0 {
			b.StopTimer()
			s = Restore(cp)
			b.StartTimer()
		}
		if out, _ = s.Step(s.Due(), &Tick{}, out[:0]); len(out) != 1 {
			b.Fatalf("%d records", len(out))
		}
	}
}

// BenchmarkReplay brings back an arena of 50,000 holds from its checkpoint.
func BenchmarkReplay(b *testing.B) {
	s := newArena()
	for n, pair := range pairs(s) {
		s.Step(s.now+1, &PlaceHold{ID: testID(n), TicketIDs: pair}, nil)
	}
	cp := plain(s.Checkpoint())
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		Restore(cp)
	}
}

// BenchmarkCheckpoint writes an arena of 50,000 bookings down and brings it back: what its
// owner does of that, what is left to another goroutine, and what an activation does.
func BenchmarkCheckpoint(b *testing.B) {
	s := newArena()
	for n, pair := range pairs(s) {
		id, at := testID(n), s.now+1
		s.Step(at, &Book{By: By{Key: testKey(n)}, ID: id, TicketIDs: pair, Method: "card", Token: "tok"}, nil)
		s.Step(at, &SettlePayment{Booking: id, Task: Authorise, Provider: "p", PaymentID: "p"}, nil)
		s.Step(at, &SettlePayment{Booking: id, Task: Capture}, nil)
	}
	b.Run("owner", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Draft()
		}
	})
	b.Run("finish", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			d := s.Draft()
			b.StartTimer()
			d.Checkpoint(func() {})
		}
	})
	b.Run("restore", func(b *testing.B) {
		cp := plain(s.Checkpoint())
		b.ReportAllocs()
		for b.Loop() {
			Restore(cp)
		}
	})
}
