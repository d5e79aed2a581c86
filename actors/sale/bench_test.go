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

func BenchmarkHeap(b *testing.B) {
	var before, after runtime.MemStats
	for range b.N {
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := newArena()
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc), "heap-B")
		runtime.KeepAlive(s)
	}
}
