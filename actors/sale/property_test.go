package sale

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// world makes commands of a small world, so that they meet: few tickets, users,
// ids and keys, and more often than not a hold or booking that is there, by its
// user. pick gives a number from 0 to n-1.
type world struct {
	pick func(n int) int
	w    *twin
}

func oneOf[T any](w world, values ...T) T { return values[w.pick(len(values))] }

// tickets of the small house; the last one exists in no house.
var worldTickets = []string{
	"A-1-1", "A-1-2", "A-1-3", "A-1-4", "A-2-1", "A-2-2", "A-2-3", "G-1", "G-2", "G-3", "s1", "s2", "zz",
}

func (w world) tickets(least int) []string {
	var ids []string
	for range least + w.pick(4) {
		ids = append(ids, worldTickets[w.pick(len(worldTickets))])
	}
	return ids
}

func (w world) id(kind string) ID {
	if w.pick(40) == 0 {
		return ID{}
	}
	return named(kind + strconv.Itoa(w.pick(30)))
}

// hold is a hold's id and who asks for it.
func (w world) hold() (ID, By) {
	by := w.by()
	if n := len(w.w.holds); n > 0 && w.pick(5) > 0 {
		h := w.w.holds[w.pick(n)]
		if w.pick(5) > 0 {
			by.User = h.User
		}
		return h.ID, by
	}
	if n := len(w.w.expired); n > 0 && w.pick(2) == 0 {
		return w.w.expired[w.pick(n)].ID, by
	}
	return w.id("h"), by
}

// booking is a booking's id and who asks for it.
func (w world) booking() (ID, By) {
	by := w.by()
	if n := len(w.w.bookings); n > 0 && w.pick(8) > 0 {
		b := w.w.bookings[w.pick(n)]
		if w.pick(5) > 0 {
			by.User = b.User
		}
		return b.ID, by
	}
	return w.id("b"), by
}

func (w world) by() By {
	by := By{User: oneOf(w, "", "ann", "bob")}
	if w.pick(2) == 0 {
		by.Key = Key{ID: [16]byte(named("k" + strconv.Itoa(w.pick(12)))), Body: [16]byte{byte(w.pick(2))}}
	}
	return by
}

// event is one of a few descriptions of one event.
func (w world) event(now catalog.Time) *catalog.Event {
	e := worldEvent()
	switch w.pick(10) {
	case 0:
		e.Cancelled = true
	case 1:
		e.OnSaleAt = now + 60_000
	case 2:
		e.StartsAt = now + 60_000
	case 3:
		e.Title = "Another"
	case 4:
		e.MaxTicketsPerUser = 2
	case 5:
		e.Inventory.Sections[0].Price = 0
	case 6:
		e.Inventory.Sections[1].Price = 7
	case 7:
		e.Inventory.Sections = e.Inventory.Sections[1:]
	case 8:
		s := e.Inventory.Sections
		s[0], s[1] = s[1], s[0]
		s[0].Capacity = 2
	}
	if w.pick(4) > 0 {
		e.WaitingRoom = w.room()
		if w.pick(4) == 0 {
			e.OnSaleAt = now + 30_000
		}
	}
	return e
}

func worldEvent() *catalog.Event {
	return &catalog.Event{
		ID: "ev", Title: "Show", StartsAt: 1 << 45, HoldSeconds: 600, MaxTicketsPerUser: 5,
		Inventory: catalog.Inventory{Currency: "USD", Sections: []catalog.Section{
			{Name: "A", Price: 100, Rows: []catalog.Row{{Name: "1", Seats: 4}, {Name: "2", Seats: 3}}},
			{Name: "G", Price: 50, Capacity: 3},
			{Name: "S", Price: 0, Seats: []catalog.Seat{{ID: "s1", Row: "1"}, {ID: "s2", Row: "1"}}},
		}},
	}
}

func (w world) command(now catalog.Time) Command {
	switch n := w.pick(40); n {
	case 0:
		return &DefineEvent{By: w.by(), Event: w.event(now)}
	case 1:
		if w.pick(4) == 0 {
			return &RemoveEvent{By: w.by()}
		}
		return &ShowEvent{}
	case 2:
		return &Tick{}
	case 3:
		to := now + oneOf[catalog.Time](w, -1, 0, 1000, 600_000)
		return &Resume{From: now - oneOf[catalog.Time](w, 0, 1000), To: to}
	case 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14:
		return w.holding(n)
	case 30, 31, 32, 33, 34, 35, 36, 37, 38, 39:
		return w.queueing(n)
	default:
		return w.booked(n)
	}
}

// holding makes commands about holds.
func (w world) holding(n int) Command {
	id, by := w.hold()
	switch n {
	case 4, 5, 6, 7:
		place, by := w.place()
		return &PlaceHold{By: by, ID: w.id("h"), Place: place, TicketIDs: w.tickets(1)}
	case 8:
		place, by := w.place()
		return &PlaceHold{By: by, ID: w.id("h"), Place: place, Best: inventory.Query{
			Quantity: oneOf(w, 0, 1, 2, 3, 101), Section: oneOf(w, "", "A", "G", "S", "?"),
			MaxPrice: oneOf[int64](w, 0, 50), Adjacent: w.pick(2) == 0,
		}}
	case 9:
		return &ExtendHold{By: by, ID: id}
	case 10, 11:
		c := &SwapHold{By: by, ID: id, Add: w.tickets(0), Remove: w.tickets(0)}
		c.Place, _ = w.place()
		if h := w.w.hold(id); h != nil && w.pick(3) > 0 {
			c.Remove, c.Place = h.TicketIDs[:w.pick(len(h.TicketIDs)+1)], h.Place
		}
		return c
	case 12:
		return &ReleaseHold{By: by, ID: id}
	default:
		return &ShowHold{By: by, ID: id}
	}
}

// booked makes commands about bookings.
func (w world) booked(n int) Command {
	id, by := w.booking()
	switch n {
	case 15, 16:
		place, by := w.place()
		return &Book{By: by, ID: w.id("b"), Place: place, TicketIDs: w.tickets(0), Method: "card", Token: "tok"}
	case 17, 18, 19:
		hold, by := w.hold()
		c := &Book{By: by, ID: w.id("b"), Hold: hold, Method: "card", Token: "tok"}
		c.Place, _ = w.place()
		if h := w.w.hold(hold); h != nil && w.pick(4) > 0 {
			c.Place = h.Place
		}
		if h := w.w.hold(hold); h != nil && w.pick(4) == 0 {
			c.TicketIDs = slices.Clone(h.TicketIDs)
			slices.Reverse(c.TicketIDs)
			c.TicketIDs = append(c.TicketIDs, w.tickets(0)...)[:len(c.TicketIDs)]
			c.TicketIDs[0] = oneOf(w, c.TicketIDs[0], "A-1-1")
		}
		return c
	case 20:
		return &ShowBooking{By: by, ID: id}
	case 21, 22, 23:
		return &CancelBooking{By: by, ID: id}
	}
	c := &SettlePayment{Booking: id, Task: Task(w.pick(4)), Provider: "bank", PaymentID: "p"}
	if b := w.w.booking(id); b != nil && w.pick(4) > 0 {
		c.Task = b.Task()
	}
	if c.Declined = w.pick(2) == 0; c.Declined {
		c.Reason = "no-money"
	}
	return c
}

// passes is how far the clock goes, or jumps back, before a command.
func (w world) passes() catalog.Time {
	const minute = 60_000
	switch w.pick(40) {
	case 0, 1, 2, 3, 4:
		return 1000
	case 5, 6, 7:
		return minute
	case 8:
		return 10 * minute
	case 9:
		return 11 * 60 * minute
	case 10:
		return -minute
	case 11:
		return KeyRetention
	}
	return 0
}

// pair is a State beside its twin.
type pair struct {
	t     tester
	s     *State
	w     *twin
	log   []Record
	clock catalog.Time
}

func newPair(t tester) *pair {
	b := bounds{keys: 8, ended: 4, places: 12, moves: 3}
	p := &pair{t: t, s: newBounded(b), w: &twin{bounds: b}, clock: 1_000_000_000}
	p.do(&DefineEvent{Event: worldEvent()})
	return p
}

// do makes a command happen to both and compares what they say.
func (p *pair) do(c Command) {
	records, got := p.s.Step(p.clock, c, nil)
	p.log = append(p.log, records...)
	want := p.w.step(p.clock, c)
	if plan := got.Hold != nil || got.Booking != nil; plan && p.s.event != nil && got.Plan != p.s.Plan() {
		p.t.Fatalf("%s: no plan in the answer", dump(c))
	}
	if got, want := plainAnswer(got), plainAnswer(want); !reflect.DeepEqual(got, want) {
		p.t.Fatalf("%T %s at %v:\n got %s\nwant %s", c, dump(c), p.clock, dump(got), dump(want))
	}
	p.compare()
}

// compare looks at everything that both know.
func (p *pair) compare() {
	s, w := p.s, p.w
	if err := s.Check(); err != nil {
		p.t.Fatalf("%v", err)
	}
	if s.Summary() != w.summary() || s.Due() != w.due() || s.Now() != w.now {
		p.t.Fatalf("got %+v due %v now %v, want %+v, %v, %v",
			s.Summary(), s.Due(), s.Now(), w.summary(), w.due(), w.now)
	}
	cp := plain(s.Checkpoint())
	for _, h := range cp.Holds {
		if want := w.hold(h.ID); want == nil || !reflect.DeepEqual(h, want) {
			p.t.Fatalf("hold %s, want %s", dump(h), dump(want))
		}
	}
	for _, b := range cp.Bookings {
		if want := w.booking(b.ID); want == nil || !reflect.DeepEqual(b, want) {
			p.t.Fatalf("booking %s, want %s", dump(b), dump(want))
		}
	}
	for i, a := range cp.Answers {
		want := w.answers[i]
		got := a.Answer()
		got.Replayed = false
		if ref, ok := a.What.(*BookingRef); ok {
			got.Booking = cp.booking(p.t, ID(*ref)).asConfirmed()
		}
		if a.Key != want.key || !reflect.DeepEqual(plainAnswer(got), plainAnswer(want.answer)) {
			p.t.Fatalf("stored %s, want %s", dump(a), dump(want.answer))
		}
	}
	p.compareRooms(cp.Room)
	sizes := [4]int{len(cp.Holds), len(cp.Bookings), len(cp.Answers), len(cp.Expired)}
	if want := [4]int{len(w.holds), len(w.bookings), len(w.answers), len(w.expired)}; sizes != want {
		p.t.Fatalf("%v holds, bookings, answers, expired; want %v", sizes, want)
	}
	for _, id := range worldTickets {
		if s.event == nil {
			break
		}
		if t, ok := s.Plan().Find(id); ok && s.stock.Status(t) != w.status(id) {
			p.t.Fatalf("%s is %v, want %v", id, s.stock.Status(t), w.status(id))
		}
	}
}

// plainAnswer is an answer without what only the fast state has, and without the
// sentences of refusals.
func plainAnswer(a Answer) Answer {
	a.Plan, a.Tickets = nil, nil
	if a.Place != nil { // the estimates have tests of their own
		p := *a.Place
		p.Estimate, p.SoldOut = waitroom.Estimate{}, 0
		a.Place = &p
	}
	a.Places = slices.Clone(a.Places)
	for i := range a.Places {
		a.Places[i].Estimate, a.Places[i].SoldOut = waitroom.Estimate{}, 0
	}
	if a.Queue != nil {
		q := *a.Queue
		q.Estimate, q.Flow = waitroom.Estimate{}, nil
		a.Queue = &q
	}
	a.Hold, a.Booking = plainHold(a.Hold), plainBooking(a.Booking)
	if a.Refusal != nil {
		r := *a.Refusal
		r.Detail = ""
		a.Refusal = &r
	}
	return a
}

// seeds are the steps of a run: what a step does follows from its seed alone, so
// that a failing run gets shorter by leaving steps out.
func seeds(t *rapid.T, most int) []uint64 {
	return rapid.SliceOfN(rapid.Uint64(), most/2, most).Draw(t, "steps")
}

func (p *pair) seeded(seed uint64) world {
	return world{pick: rand.New(rand.NewPCG(seed, 1)).IntN, w: p.w}
}

// TestTwin makes the same random commands happen to a State and to its slow twin.
// Now and then the State is made anew from its checkpoint.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPair(t)
		for _, seed := range seeds(t, 300) {
			w := p.seeded(seed)
			p.clock += w.passes()
			p.do(w.command(p.clock))
			if w.pick(20) == 0 {
				p.s = newBounded(p.s.bounds).restore(plain(p.s.Checkpoint()))
				p.w.restored()
			}
		}
		sound(t, p.s, p.log)
	})
}

// TestDecideChangesNothing decides the same twice and compares the state before and
// after.
func TestDecideChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPair(t)
		for _, seed := range seeds(t, 60) {
			w := p.seeded(seed)
			p.clock += w.passes()
			p.do(&Tick{}) // who lapsed is not to be seen by what is decided here
			c := w.command(p.clock)
			before := newBounded(p.s.bounds).restore(p.s.Checkpoint())
			before.scan = p.s.scan
			r1, a1 := p.s.Decide(p.clock, c, nil)
			r2, a2 := p.s.Decide(p.clock, c, nil)
			same(t, fmt.Sprintf("decided %T", c), p.s, before)
			if !reflect.DeepEqual(r1, r2) || !reflect.DeepEqual(plainAnswer(a1), plainAnswer(a2)) {
				t.Fatalf("%s is decided in two ways", dump(c))
			}
			p.do(c)
		}
	})
}

// FuzzStep reads the world's choices from bytes.
func FuzzStep(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Add([]byte{0, 2, 1, 1, 0, 1, 3, 0, 14, 1, 1, 1, 1, 0, 19, 1, 0, 1, 1})
	// A room for two in random order, and people who come, look and leave.
	f.Add([]byte("\x27\x00\x09\x01\x01\x01\x01\x02\x01\x01\x01" +
		strings.Repeat("\x00\x1e\x01\x00\x02\x03\x05\x22\x01\x01", 12)))
	f.Add([]byte(strings.Repeat("\x05\x1e\x02\x01\x07\x09\x06\x25\x01\x01\x03", 20)))
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 2000 {
			return
		}
		p := newPair(t)
		w := world{w: p.w, pick: func(n int) int {
			if len(choices) == 0 {
				return 0
			}
			c := choices[0]
			choices = choices[1:]
			return int(c) % n
		}}
		for len(choices) > 0 {
			p.clock += w.passes()
			p.do(w.command(p.clock))
		}
		sound(t, p.s, p.log)
	})
}
