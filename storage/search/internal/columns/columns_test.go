package columns

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"boxoffice/storage/search/internal/geo"
)

// someRow is an event of a small world, so that ids, places and names meet often.
func someRow(r *rand.Rand, id string, version uint64) Row {
	row := Row{
		ID: id, Version: version, Start: int64(r.IntN(50)) * 40 * 86_400_000, OnSale: int64(r.IntN(9)),
		Cancelled: r.IntN(5) == 0, Popularity: r.Float32(), Title: fmt.Sprint("title ", r.IntN(20)),
	}
	if g := r.IntN(4); g > 0 {
		row.Genre = Value{Key: fmt.Sprint("g", g), Name: fmt.Sprint("G", g)}
	}
	if v := r.IntN(40); v > 0 {
		row.Place = Place{
			ID: fmt.Sprint("v", v%30), Name: fmt.Sprint("V", v),
			City: fmt.Sprint("C", v%7), CityKey: fmt.Sprint("c", v%7),
			At: geo.Point{Lat: float64(v), Lon: float64(v * 2)}, Located: v%5 > 0,
		}
		if v%11 == 0 {
			row.Place.ID = ""
		}
	}
	for range r.IntN(4) {
		p := r.IntN(12)
		name := fmt.Sprint("p", p, " ", r.IntN(2))
		billed := Performer{ID: fmt.Sprint("p", p), Name: strings.ToUpper(name), Folded: name}
		row.Performers = append(row.Performers, billed)
	}
	return row
}

// twin is the table as maps.
type twin map[string]Row

// check holds a snapshot to the twin.
func (w twin) check(t *testing.T, s *Snapshot) {
	t.Helper()
	if s.Events() != len(w) {
		t.Fatalf("%d events, want %d", s.Events(), len(w))
	}
	found := 0
	var order []uint32
	atPlace, of := map[uint32][]uint32{}, map[uint32][]uint32{}
	for o := range uint32(s.Len()) {
		if !s.Alive(o) {
			continue
		}
		found++
		row, ok := w[s.ID(o)]
		if !ok {
			t.Fatalf("%s is alive", s.ID(o))
		}
		row.check(t, s, o)
		if s.IDHead(o) != idHead(s.ID(o)) {
			t.Fatalf("%s begins with %x", s.ID(o), s.IDHead(o))
		}
		order = append(order, o)
		atPlace[s.Place(o)] = append(atPlace[s.Place(o)], o)
		for _, b := range s.Billing(o) {
			if who := s.PerformerOf(b); !slices.Contains(of[who], o) {
				of[who] = append(of[who], o)
			}
		}
	}
	if found != len(w) {
		t.Fatalf("%d rows alive, want %d", found, len(w))
	}
	slices.SortFunc(order, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(s.Start(a), s.Start(b)), cmp.Compare(a, b))
	})
	if !slices.Equal(order, s.ByStart(-1<<62, 1<<62)) {
		t.Fatalf("by start %v, want %v", s.ByStart(-1<<62, 1<<62), order)
	}
	w.checkLists(t, s, atPlace, of)
}

// checkLists holds the lists of a snapshot to those that its rows make.
func (w twin) checkLists(t *testing.T, s *Snapshot, atPlace, of map[uint32][]uint32) {
	t.Helper()
	for p := 1; p < s.Places().Len(); p++ {
		if got := sorted(s.AtPlace(uint32(p))); !slices.Equal(got, atPlace[uint32(p)]) {
			t.Fatalf("at place %d: %v, want %v", p, got, atPlace[uint32(p)])
		}
		if v := s.Places().Venue(uint32(p)); v != 0 && !slices.Contains(s.PlacesOf(v), uint32(p)) {
			t.Fatalf("venue %d has no place %d", v, p)
		}
	}
	for who := 1; who < s.Performers().Len(); who++ {
		if got := sorted(s.EventsOf(uint32(who))); !slices.Equal(got, of[uint32(who)]) {
			t.Fatalf("of performer %d: %v, want %v", who, got, of[uint32(who)])
		}
	}
}

// sorted is a copy of a list, in order.
func sorted(list []uint32) []uint32 {
	c := slices.Clone(list)
	slices.Sort(c)
	return c
}

// check holds the columns of an ordinal to a row.
func (row Row) check(t *testing.T, s *Snapshot, o uint32) {
	t.Helper()
	got := Row{
		ID: s.ID(o), Version: s.Version(o), Start: s.Start(o), OnSale: s.OnSale(o), Cancelled: s.Cancelled(o),
		Popularity: s.Popularity(o), Title: s.Title(o),
		Genre: s.Genres().Value(s.Genre(o)), Place: s.Places().Place(s.Place(o)),
	}
	var names []string
	for _, b := range s.Billing(o) {
		names = append(names, s.NameOf(b))
		if key := s.Performers().Value(s.PerformerOf(b)).Key; key != strings.Fields(s.NameOf(b))[0] {
			t.Fatalf("%s is of %s", s.NameOf(b), key)
		}
	}
	var want []string
	for _, p := range row.Performers {
		want = append(want, p.Folded)
	}
	row.Performers = nil
	if fmt.Sprint(got) != fmt.Sprint(row) || !slices.Equal(names, want) {
		t.Fatalf("ordinal %d is\n%+v %v, want\n%+v %v", o, got, names, row, want)
	}
}

// A table is like a map, whatever is put and removed, in however many changes; and a
// snapshot stays what it was.
func TestLikeAMap(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		table, now := New(), twin{}
		type moment struct {
			s *Snapshot
			w twin
		}
		var past []moment
		for range 40 {
			c, next := table.Begin(), twin{}
			for id, row := range now {
				next[id] = row
			}
			for range r.IntN(120) {
				step(t, r, c, next)
			}
			if r.IntN(5) == 0 {
				c.Abort()
			} else {
				c.Commit()
				now = next
			}
			past = append(past, moment{table.Now(), now})
		}
		for _, m := range past {
			m.w.check(t, m.s)
		}
		for id := range 400 {
			o := table.Ordinal(fmt.Sprint("e", id))
			if _, ok := now[fmt.Sprint("e", id)]; ok != (o != None) || ok && table.Now().ID(o) != fmt.Sprint("e", id) {
				t.Fatalf("seed %d: e%d has ordinal %d", seed, id, o)
			}
		}
	}
}

// step does something to a change, and the same to a twin.
func step(t *testing.T, r *rand.Rand, c *Change, w twin) {
	t.Helper()
	id, version := fmt.Sprint("e", r.IntN(400)), uint64(r.IntN(100))
	old, there := w[id]
	if r.IntN(4) == 0 {
		if got, want := c.Remove(id, version), there && version >= old.Version; got != want {
			t.Fatalf("removing %s of version %d with %d: %v", id, old.Version, version, got)
		} else if want {
			delete(w, id)
		}
		return
	}
	row := someRow(r, id, version)
	_, fresh := c.Put(row)
	if fresh != (!there || version > old.Version) {
		t.Fatalf("putting %s of version %d over %d: %v", id, version, old.Version, fresh)
	}
	if fresh {
		w[id] = row
	}
}

// The live columns of an event outlive its changes, never go back, and are not the
// next one's.
func TestLive(t *testing.T) {
	table := New()
	if table.SetLive("a", Live{Version: 1}) {
		t.Error("set the live columns of nothing")
	}
	put := func(id string, version uint64) {
		c := table.Begin()
		c.Put(Row{ID: id, Version: version})
		c.Commit()
	}
	put("a", 1)
	o := table.Ordinal("a")
	want := Live{Version: 5, Total: 9, Available: -1, Held: 1 << 30, Booked: 3, Waiting: 7}
	if !table.SetLive("a", want) || table.Live(o, "a") != want {
		t.Fatalf("live is %+v, want %+v", table.Live(o, "a"), want)
	}
	put("a", 2)
	if table.SetLive("a", Live{Version: 4}); table.Live(o, "a") != want {
		t.Fatalf("live is %+v after an older version", table.Live(o, "a"))
	}
	if total, available := table.Now().Stock(o); total != 9 || available != -1 {
		t.Fatalf("stock is %d, %d", total, available)
	}
	c := table.Begin()
	c.Remove("a", 9)
	c.Commit()
	put("b", 1)
	if table.Ordinal("b") != o {
		t.Fatal("the ordinal was not used again")
	}
	if got := table.Live(o, "b"); got != (Live{}) {
		t.Fatalf("b began with %+v", got)
	}
	if got := table.Live(o, "a"); got != (Live{}) {
		t.Fatalf("a has %+v", got)
	}
}

// The last name of a venue and of a performer stands for all; a place is its event's.
func TestNames(t *testing.T) {
	table := New()
	c := table.Begin()
	c.Put(Row{ID: "a", Version: 1, Place: Place{ID: "v", Name: "Old", At: geo.Point{Lat: 1}, Located: true}})
	before := c.Commit()
	c = table.Begin()
	c.Put(Row{ID: "b", Version: 1, Place: Place{ID: "v", Name: "New", At: geo.Point{Lat: 2}, Located: true}})
	after := c.Commit()
	v := after.Venues().Find("v")
	if got := before.Venues().Value(v).Name; got != "Old" {
		t.Errorf("the older snapshot says %q", got)
	}
	if got := after.Venues().Value(v).Name; got != "New" {
		t.Errorf("the newer snapshot says %q", got)
	}
	if n := len(after.PlacesOf(v)); n != 2 {
		t.Errorf("the venue has %d places", n)
	}
	for metres, want := range map[float64]int{1000: 1, 200_000: 2} {
		n := 0
		after.Places().Within(geo.Point{Lat: 1}, metres, func(uint32, float64) { n++ })
		if n != want {
			t.Errorf("%v m have %d places, want %d", metres, n, want)
		}
	}
}

// Readers, live writers and a writer at once: run with -race.
func TestAtOnce(t *testing.T) {
	table := New()
	done := make(chan struct{})
	var all sync.WaitGroup
	for g := range 3 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 2))
			for version := uint64(1); ; version++ {
				select {
				case <-done:
					return
				default:
				}
				n := int32(r.IntN(1000))
				l := Live{Version: version, Total: n, Available: n, Held: n, Booked: n, Waiting: n}
				table.SetLive(fmt.Sprint("e", r.IntN(400)), l)
				readAll(t, table)
			}
		})
	}
	r := rand.New(rand.NewPCG(7, 7))
	w := twin{}
	for range 40 {
		c := table.Begin()
		for range 50 {
			step(t, r, c, w)
		}
		w.check(t, c.Commit())
	}
	close(done)
	all.Wait()
}

// readAll reads everything of a snapshot, and live rows, which must be of one store.
func readAll(t *testing.T, table *Table) {
	s := table.Now()
	n := 0
	for _, o := range s.ByStart(-1<<62, 1<<62) {
		if !s.Alive(o) || s.ID(o) == "" {
			t.Error("a dead one in the order")
		}
		for _, b := range s.Billing(o) {
			n += len(s.NameOf(b))
		}
		s.Stock(o)
		if l := table.Live(o, s.ID(o)); l.Total != l.Available || l.Total != l.Booked || l.Total != l.Waiting {
			t.Errorf("torn: %+v", l)
		}
		n += len(s.AtPlace(s.Place(o)))
	}
	s.Venues().Find("v3")
}
