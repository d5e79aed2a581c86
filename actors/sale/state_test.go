package sale

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// soldHouse is a state with a small house and the commands done at noon.
func soldHouse(t *testing.T, cs ...Command) *State {
	t.Helper()
	s := New()
	for _, c := range append([]Command{&DefineEvent{Event: worldEvent()}}, cs...) {
		if a := step(t, s, noon, c); a.Refusal != nil {
			t.Fatalf("%T: %v", c, a.Refusal)
		}
	}
	return s
}

// TestBrokenLog gives Apply records that cannot follow: each panics.
func TestBrokenLog(t *testing.T) {
	hold := func(id string, tickets ...string) Hold {
		return Hold{ID: named(id), TicketIDs: tickets, ExpiresAt: noon + 1, MaxExpiresAt: noon + 2}
	}
	booking := func(id, hold string, tickets ...string) Booking {
		return Booking{ID: named(id), Hold: named(hold), TicketIDs: tickets, Status: Pending, Total: 1}
	}
	before := []Command{
		annHolds("free", "A-1-1"), annHolds("paying", "A-1-2"), annPays("pending", "paying"),
		annBooks("sold", "G-1"), paid("sold"),
	}
	for name, r := range map[string]Record{
		"older":                      &EventDefined{At: noon - 1, Event: worldEvent()},
		"no event in it":             &EventDefined{At: noon},
		"event with held tickets":    &EventRemoved{At: noon},
		"hold of a held ticket":      &HoldPlaced{At: noon, Hold: hold("x", "A-1-1")},
		"hold of a booked ticket":    &HoldPlaced{At: noon, Hold: hold("x", "G-1")},
		"hold of an unknown ticket":  &HoldPlaced{At: noon, Hold: hold("x", "?")},
		"hold of nothing":            &HoldPlaced{At: noon, Hold: hold("x")},
		"hold without id":            &HoldPlaced{At: noon, Hold: hold("", "A-2-1")},
		"hold with an id in use":     &HoldPlaced{At: noon, Hold: hold("free", "A-2-1")},
		"change of no hold":          &HoldChanged{At: noon, Hold: hold("x", "A-2-1")},
		"change of owner":            &HoldChanged{At: noon, Hold: hold("free", "A-1-1")},
		"change in payment":          &HoldChanged{At: noon, Hold: hold("paying", "A-1-2")},
		"end of no hold":             &HoldEnded{At: noon, ID: named("x")},
		"end in payment":             &HoldEnded{At: noon, ID: named("paying")},
		"end before its time":        &HoldEnded{At: noon, ID: named("free"), Expired: true},
		"booking of a held ticket":   &PaymentStarted{At: noon, Booking: booking("x", "", "A-1-1")},
		"booking of no hold":         &PaymentStarted{At: noon, Booking: booking("x", "x", "A-2-1")},
		"booking of other tickets":   &PaymentStarted{At: noon, Booking: booking("x", "free", "A-2-1")},
		"booking of a paying hold":   &PaymentStarted{At: noon, Booking: booking("x", "paying", "A-1-2")},
		"booking with an id in use":  &PaymentStarted{At: noon, Booking: booking("sold", "", "A-2-1")},
		"booking without status":     &PaymentStarted{At: noon, Booking: Booking{ID: named("x")}},
		"confirmation of no booking": &Confirmed{At: noon, ID: named("x")},
		"confirmation again":         &Confirmed{At: noon, ID: named("sold")},
		"decline of a sold booking":  &Declined{At: noon, ID: named("sold")},
		"capture of a pending one":   &Captured{At: noon, ID: named("pending")},
		"refund of a sold one":       &Refunded{At: noon, ID: named("sold")},
		"cancel of a pending one":    &Cancelled{At: noon, ID: named("pending")},
		"cancel of none":             &Cancelled{At: noon, ID: named("x")},
		"refusal without a key":      &Refused{At: noon, Refusal: Refusal{Code: LimitExceeded}},
		"no gap":                     &Resumed{At: noon},
		"no record":                  nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := soldHouse(t, before...)
			defer func() {
				if why, ok := recover().(string); !ok || !strings.HasPrefix(why, "sale: ") {
					t.Fatalf("applied; panic: %v", why)
				}
			}()
			s.Apply(r)
		})
	}
}

// TestCheckFinds breaks a state in many places and has Check find each.
func TestCheckFinds(t *testing.T) {
	for name, damage := range map[string]func(s *State){
		"a status":        func(s *State) { s.stock.Set(0, inventory.Available, 1) },
		"a booked ticket": func(s *State) { s.stock.Set(5, inventory.Booked, 1) },
		"a user":          func(s *State) { s.users["ann"]++ },
		"a stranger":      func(s *State) { s.users["bob"]++ },
		"a deadline":      func(s *State) { s.holds.slots[0].at++ },
		"the heap":        func(s *State) { s.holds.heap = s.holds.heap[1:] },
		"a task":          func(s *State) { s.bookings.owe(s.bookings.index[named("sold")], false) },
		"the count":       func(s *State) { s.confirmed++ },
		"a total": func(s *State) {
			k := s.bookings.index[named("sold")]
			dearer := *k.now()
			dearer.Total++
			s.bookings.set(k, &dearer)
		},
		"a hold": func(s *State) { s.holds.get(named("free")).seats[0]++ },
		"a hold's payment": func(s *State) {
			s.bookings.index[named("pending")].open.Hold = ID{}
		},
		"the answers": func(s *State) { delete(s.answers.index, testKey(1).ID) },
		"the expired": func(s *State) { s.expired.index[named("x")] = 0 },
		"the event":   func(s *State) { s.stock = nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := soldHouse(t, annHolds("free", "A-1-1"), annHolds("paying", "A-1-2"), annPays("pending", "paying"),
				annBooks("sold", "G-1"), paid("sold"), withKey(annHolds("keyed", "A-1-4"), testKey(1)))
			damage(s)
			if s.Check() == nil {
				t.Fatal("nothing is found")
			}
		})
	}
}

// TestKeysFull fills the stored answers to their bound.
func TestKeysFull(t *testing.T) {
	s := newBounded(bounds{keys: 3, ended: 3})
	step(t, s, noon, &DefineEvent{Event: worldEvent()})
	extend := func(at catalog.Time, key int) Answer {
		return step(t, s, at, &ExtendHold{By: By{User: "ann", Key: testKey(key)}, ID: named("h")})
	}
	step(t, s, noon, redefine(func(e *catalog.Event) { e.HoldSeconds = 3 * 24 * 3600 }))
	step(t, s, noon, annHolds("h", "A-1-1"))
	for i := range 3 {
		if a := extend(noon+catalog.Time(i), i); a.Refusal != nil {
			t.Fatal(a.Refusal)
		}
	}
	if a := extend(noon+day-1, 3); a.Refusal == nil || a.Refusal.Code != TooManyKeys {
		t.Fatalf("a fourth key: %s", dump(a))
	}
	if a := extend(noon+day-1, 0); !a.Replayed {
		t.Fatalf("a known key: %s", dump(a))
	}
	if a := step(t, s, noon+day-1, &ExtendHold{By: By{User: "ann"}, ID: named("h")}); a.Refusal != nil {
		t.Fatalf("without a key: %v", a.Refusal)
	}
	if a := step(t, s, noon+day-1, &ShowHold{By: By{User: "ann", Key: testKey(9)}, ID: named("h")}); a.Hold == nil {
		t.Fatalf("a read: %s", dump(a))
	}
	if a := extend(noon+day, 3); a.Refusal != nil || s.answers.len() != 3 {
		t.Fatalf("after a day: %s, %d answers", dump(a), s.answers.len())
	}
	if a := extend(noon+day, 0); a.Refusal == nil {
		t.Fatalf("a forgotten key is new: %s", dump(a))
	}
}

// TestOldKeyOfPendingBooking has a payment that takes longer than its key is kept.
func TestOldKeyOfPendingBooking(t *testing.T) {
	s := soldHouse(t, withKey(annBooks("b", "A-1-1"), testKey(1)))
	step(t, s, noon+day, annHolds("h", "A-1-2"))
	if err := s.Check(); err != nil || s.answers.len() != 0 {
		t.Fatal("the key is kept")
	}
	if a := step(t, s, noon+day, paid("b")); a.Booking.Status != BookingConfirmed {
		t.Fatalf("%s", dump(a))
	}
}

// TestForgettingTakesTurns has more old things than one record forgets.
func TestForgettingTakesTurns(t *testing.T) {
	s := soldHouse(t)
	for i := range 10 {
		step(t, s, noon, &PlaceHold{By: By{Key: testKey(i)}, ID: testID(i), TicketIDs: []string{"A-1-1"}})
		step(t, s, noon, &ReleaseHold{ID: testID(i)})
	}
	for i, want := range []int{6, 2, 0, 0} {
		step(t, s, noon+day, &PlaceHold{ID: testID(20 + i), TicketIDs: []string{"G-1", "G-2", "G-3", "s1"}[i : i+1]})
		if got := s.answers.len(); got != want {
			t.Fatalf("%d answers after %d records, want %d", got, i+1, want)
		}
	}
}

// TestEndedBound declines more bookings than are remembered.
func TestEndedBound(t *testing.T) {
	s := newBounded(bounds{keys: 3, ended: 3})
	step(t, s, noon, &DefineEvent{Event: worldEvent()})
	for i := range 5 {
		at := noon + catalog.Time(i)
		step(t, s, at, &Book{ID: testID(i), TicketIDs: []string{"A-1-1"}})
		step(t, s, at, &SettlePayment{Booking: testID(i), Task: Authorise, Declined: true})
	}
	for i := range 5 {
		a := step(t, s, noon, &ShowBooking{ID: testID(i)})
		if known := a.Booking != nil; known != (i >= 2) {
			t.Errorf("booking %d: known %v", i, known)
		}
	}
}

// TestAnswerOutlivesItsBooking forgets a refunded booking before the answer of its key: a
// checkpoint has the one without the other.
func TestAnswerOutlivesItsBooking(t *testing.T) {
	s := newBounded(bounds{keys: 9, ended: 1})
	step(t, s, noon, &DefineEvent{Event: worldEvent()})
	first := withKey(annBooks("b", "A-1-1"), testKey(1))
	for i, c := range []Command{first, withKey(annBooks("later", "A-1-2"), testKey(2))} {
		id := c.(*Book).ID
		step(t, s, noon, c)
		for _, does := range []Task{Authorise, Capture} {
			step(t, s, noon, &SettlePayment{Booking: id, Task: does, Provider: "bank", PaymentID: "p"})
		}
		step(t, s, noon, &CancelBooking{By: By{User: "ann"}, ID: id})
		step(t, s, noon+catalog.Time(i), &SettlePayment{Booking: id, Task: Refund})
	}
	if a := step(t, s, noon, &ShowBooking{By: By{User: "ann"}, ID: named("b")}); a.Booking != nil {
		t.Fatal("the booking is not forgotten")
	}
	want := step(t, s, noon, first)
	if want.Booking == nil || want.Booking.Status != BookingConfirmed || !want.Replayed {
		t.Fatalf("the answer is forgotten: %s", dump(want))
	}
	again := newBounded(s.bounds).restore(s.Checkpoint())
	same(t, "restored", again, s)
	if got := step(t, again, noon, first); got.Booking == nil || got.Booking.Status != BookingConfirmed {
		t.Fatalf("after a checkpoint it is %s", dump(got))
	}
}

// TestCheckpointRests: whoever finishes a large checkpoint can rest in between.
func TestCheckpointRests(t *testing.T) {
	s := New()
	for i := range 2*restsEvery + 1 {
		s.bookings.add(&Booking{ID: testID(i), Status: BookingDeclined})
	}
	rests := 0
	c := s.Draft().Checkpoint(func() { rests++ })
	if rests != 2 || len(c.Bookings) != 2*restsEvery+1 {
		t.Fatalf("%d rests in %d bookings", rests, len(c.Bookings))
	}
}

// TestOutcome follows a booking to its end: its sender is told what was confirmed.
func TestOutcome(t *testing.T) {
	s := soldHouse(t, annBooks("b", "A-1-1"))
	if a := s.Outcome(named("b")); a.Booking == nil || a.Booking.Status != Pending || a.Plan != s.Plan() {
		t.Fatalf("pending: %s", dump(a))
	}
	if a := s.Outcome(named("x")); a.Refusal == nil || a.Refusal.Code != BookingNotFound {
		t.Fatalf("unknown: %s", dump(a))
	}
	step(t, s, noon+1, paid("b"))
	want := s.Outcome(named("b"))
	if want.Booking.Status != BookingConfirmed || want.Booking.Payment != Authorised || want.Version != s.Version() {
		t.Fatalf("confirmed: %s", dump(want))
	}
	for _, c := range []Command{
		&SettlePayment{Booking: named("b"), Task: Capture},
		&CancelBooking{By: By{User: "ann"}, ID: named("b")},
		&SettlePayment{Booking: named("b"), Task: Refund},
	} {
		step(t, s, noon+2, c)
		a := s.Outcome(named("b"))
		if !reflect.DeepEqual(plainBooking(a.Booking), plainBooking(want.Booking)) {
			t.Fatalf("after %T: %s, want %s", c, dump(a), dump(want))
		}
	}
}

// TestDeclineAtTheDeadline has a decline in the last millisecond of a hold, and in the
// first one after it.
func TestDeclineAtTheDeadline(t *testing.T) {
	for late, want := range map[catalog.Time]Code{-1: "", 0: HoldExpired} {
		s := soldHouse(t, annHolds("h", "A-1-1"))
		end := s.Due()
		step(t, s, noon, annPays("b", "h"))
		step(t, s, end+late, &SettlePayment{Booking: named("b"), Task: Authorise, Declined: true})
		a := step(t, s, end+late, &ShowHold{By: By{User: "ann"}, ID: named("h")})
		if got := a.Refusal; got == nil != (want == "") || got != nil && got.Code != want {
			t.Errorf("%d ms after the end: %s", late, dump(a))
		}
	}
}

// TestShorterHoldTime extends a hold after the event's hold time became shorter.
func TestShorterHoldTime(t *testing.T) {
	s := soldHouse(t, annHolds("h", "A-1-1"), redefine(func(e *catalog.Event) { e.HoldSeconds = 1 }))
	end := s.Due()
	a := step(t, s, noon, withKey(&ExtendHold{ID: named("h")}, testKey(1)))
	if a.Hold.ExpiresAt != end || s.Due() != end {
		t.Errorf("ends at %v, before %v", a.Hold.ExpiresAt, end)
	}
}

// TestNewLayoutIsAllNew asks for what changed since a version, after the house did.
func TestNewLayoutIsAllNew(t *testing.T) {
	changed := func(s *State, since uint64) (n int) {
		tickets := step(t, s, noon, &ShowTickets{}).Tickets
		for i := range inventory.Ticket(s.Plan().Total()) {
			if tickets.ChangedAt(i) > since {
				n++
			}
		}
		return n
	}
	s := soldHouse(t, annHolds("h", "A-1-1"))
	plan, version := s.Plan(), s.Version()
	step(t, s, noon, redefine(func(e *catalog.Event) { e.Title = "New" }))
	if s.Plan() != plan || changed(s, version) != 0 {
		t.Error("another title changes the house")
	}
	step(t, s, noon, redefine(func(e *catalog.Event) { e.Inventory.Sections[1].Capacity++ }))
	if got, want := changed(s, version), s.Plan().Total(); got != want || want != 13 {
		t.Errorf("%d of %d tickets changed", got, want)
	}
	step(t, s, noon, &ReleaseHold{By: By{User: "ann"}, ID: named("h")})
	step(t, s, noon, &RemoveEvent{})
	version = s.Version()
	step(t, s, noon, &DefineEvent{Event: worldEvent()})
	if got := changed(s, version); got != s.Plan().Total() {
		t.Errorf("made anew: %d tickets changed", got)
	}
}

// TestEndings takes bookings out of the heap in the order of (EndedAt, ID).
func TestEndings(t *testing.T) {
	var h endings
	var want []ending
	for i := range 500 {
		e := ending{at: catalog.Time(i * 7919 % 40), id: testID(i)}
		h.push(e)
		want = append(want, e)
	}
	slices.SortFunc(want, func(a, b ending) int { return cmp.Or(cmp.Compare(a.at, b.at), compareIDs(a.id, b.id)) })
	for i, e := range want {
		if got := h.pop(); got != e {
			t.Fatalf("entry %d is %v, want %v", i, got, e)
		}
	}
}

// TestOverdueWithoutTick decides on a hold whose time is over and that nobody ended.
func TestOverdueWithoutTick(t *testing.T) {
	s := soldHouse(t, annHolds("h", "A-1-1"))
	end := s.Due()
	for at, want := range map[catalog.Time]Code{end - 1: "", end: HoldExpired} {
		_, a := s.Decide(at, &ExtendHold{By: By{User: "ann"}, ID: named("h")}, nil)
		if got := a.Refusal; got == nil != (want == "") || got != nil && got.Code != want {
			t.Errorf("at %v: %s", at, dump(a))
		}
	}
	_, a := s.Decide(end, &PlaceHold{ID: named("h2"), TicketIDs: []string{"A-1-1"}}, nil)
	if a.Refusal == nil || a.Refusal.Code != TicketsUnavailable {
		t.Errorf("its ticket: %s", dump(a))
	}
}

// TestReads shows an event and its tickets, and has no record.
func TestReads(t *testing.T) {
	s := soldHouse(t, annHolds("h", "A-1-1"))
	version := s.Version()
	if a := step(t, s, noon, &ShowEvent{}); !a.Event.Equal(worldEvent()) {
		t.Errorf("event: %s", dump(a))
	}
	a := step(t, s, noon, &ShowTickets{})
	if a.Plan != s.Plan() || a.Tickets.Version() != version || a.Tickets.Status(0) != inventory.Held ||
		a.Tickets.ChangedAt(0) != version || a.Tickets.ChangedAt(1) != 0 {
		t.Errorf("tickets: %+v", a.Tickets)
	}
	if s.Version() != version {
		t.Error("a read made a record")
	}
}

// TestTasksInOrder looks at the tasks in order, and stops in the middle.
func TestTasksInOrder(t *testing.T) {
	s := soldHouse(t)
	for i, id := range []string{"c", "a", "b"} {
		step(t, s, noon+catalog.Time(i/2), annBooks(id, worldTickets[i]))
	}
	var got []string
	for b := range s.Tasks() {
		if got = append(got, label(b.ID)); len(got) == 2 {
			break
		}
	}
	if !reflect.DeepEqual(got, []string{"a", "c"}) {
		t.Errorf("%v", got)
	}
}

func TestQueue(t *testing.T) {
	var q queue[int]
	next := 0
	for i := range 5 * chunkLen {
		if n := q.push(i); n != uint64(i) || *q.at(n) != i {
			t.Fatalf("entry %d has number %d", i, n)
		}
		if i%3 != 0 {
			continue
		}
		if *q.front() != next {
			t.Fatalf("front is %d, want %d", *q.front(), next)
		}
		q.pop()
		next++
	}
	for ; q.len() > 0; next++ {
		if *q.front() != next {
			t.Fatalf("front is %d, want %d", *q.front(), next)
		}
		q.pop()
	}
	if next != 5*chunkLen || len(q.chunks) > 1 {
		t.Fatalf("%d entries, %d chunks left", next, len(q.chunks))
	}
	defer func() {
		if recover() == nil {
			t.Fatal("an empty queue has a front")
		}
	}()
	q.front()
}

func TestIDText(t *testing.T) {
	id := testID(7)
	text, err := id.AppendText(nil)
	if err != nil || string(text) != id.String() || len(text) != idLen {
		t.Fatalf("%s, %v", text, err)
	}
	var back ID
	if err := back.UnmarshalText(text); err != nil || back != id {
		t.Fatalf("%v, %v", back, err)
	}
	for _, bad := range []string{"", "a", string(text) + "A", "!" + string(text[1:]), string(text[:21]) + "/"} {
		if back.UnmarshalText([]byte(bad)) == nil || back != id {
			t.Errorf("%q is read", bad)
		}
	}
}
