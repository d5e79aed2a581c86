package sale

import (
	"errors"
	"fmt"

	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// Check holds the whole state against its invariants and names all that are
// broken. It takes time in the size of the state: for tests, fuzzing and audits.
// What Apply can see for itself it asserts for itself, always.
func (s *State) Check() error {
	var c checker
	c.that((s.event == nil) == (s.stock == nil), "an event and its stock come together")
	if s.stock != nil {
		c.tickets(s)
	} else {
		c.that(s.holds.len() == 0 && s.confirmed == 0, "without an event there is no live hold or confirmed booking")
	}
	c.users(s)
	c.holds(&s.holds)
	c.bookings(s)
	c.shoppers(s)
	c.memory(s)
	return errors.Join(c.errs...)
}

// checker collects what is broken, so that one look says all of it.
type checker struct{ errs []error }

// that notes an invariant that does not hold.
func (c *checker) that(ok bool, format string, args ...any) {
	if !ok {
		c.errs = append(c.errs, fmt.Errorf("sale: broken invariant: "+format, args...))
	}
}

// tickets: a ticket is in at most one live hold or booking, and its status says in
// which kind; available + held + booked = total.
func (c *checker) tickets(s *State) {
	plan := s.stock.Plan()
	want := make([]inventory.Status, plan.Total())
	take := func(what ID, ids []string, seats []inventory.Ticket, total int64, to inventory.Status) {
		c.that(len(ids) > 0 && len(ids) == len(seats), "%v has all its tickets or none", what)
		var sum int64
		for i, t := range seats {
			found, ok := plan.Find(ids[i])
			c.that(ok && found == t, "%v knows where %s is", what, ids[i])
			c.that(want[t] == inventory.Available, "%s is in one live hold or booking", ids[i])
			want[t] = to
			sum += plan.Price(t)
		}
		c.that(sum == total, "%v costs what its tickets cost", what)
	}
	for h := range s.holds.all() {
		take(h.ID, h.TicketIDs, h.seats, h.Total, inventory.Held)
	}
	for _, k := range s.bookings.index {
		b := k.now()
		switch {
		case b.Status == BookingConfirmed:
			take(b.ID, b.TicketIDs, b.seats, b.Total, inventory.Booked)
		case b.Status == Pending && b.Hold.IsZero():
			take(b.ID, b.TicketIDs, b.seats, b.Total, inventory.Held)
		}
	}
	var counts [3]int
	for t, status := range want {
		got := s.stock.Status(inventory.Ticket(t))
		c.that(got == status, "%s is %v, as its hold or booking says: %v", plan.ID(inventory.Ticket(t)), got, status)
		counts[status]++
	}
	available, held, booked := s.stock.Counts()
	c.that(counts == [3]int{available, held, booked}, "counts %v are those of the tickets", counts)
}

// shoppers: an active place is as busy as it has holds, and pending bookings without one.
func (c *checker) shoppers(s *State) {
	if s.room == nil {
		return
	}
	busy := map[ID]int{}
	for h := range s.holds.all() {
		busy[h.Place]++
	}
	for _, k := range s.bookings.index {
		b := k.now()
		if b.Status == Pending && b.Hold.IsZero() {
			busy[b.Place]++
		}
	}
	for _, p := range s.room.Snapshot().Places {
		if p.State == waitroom.Active {
			c.that(p.Busy == busy[ID(p.Token)], "place %d is busy with %d, as many as it has: %d",
				p.Number, p.Busy, busy[ID(p.Token)])
		}
	}
	room := s.room.Settings()
	c.that(s.room.Active() >= 0 && room.MaxActive > 0, "there are shoppers, and room for some")
}

// users: what is counted for a user is what he has.
func (c *checker) users(s *State) {
	want := map[string]int{}
	for h := range s.holds.all() {
		if h.Paying.IsZero() && h.User != "" {
			want[h.User] += len(h.TicketIDs)
		}
	}
	for _, k := range s.bookings.index {
		b := k.now()
		if b.live() && b.User != "" {
			want[b.User] += len(b.TicketIDs)
		}
	}
	for user, n := range want {
		c.that(s.users[user] == n, "%q has %d tickets, %d are counted", user, n, s.users[user])
	}
	c.that(len(s.users) == len(want), "only users with tickets are counted")
}

// holds: every hold is where the index says, and every one that is not being paid
// for is in the heap, none before its parent.
func (c *checker) holds(set *holdSet) {
	waiting := 0
	for id, n := range set.index {
		sl := set.slots[n]
		if sl.hold == nil || sl.hold.ID != id {
			c.that(false, "hold %v is in its slot", id)
			continue
		}
		c.that(sl.at == sl.hold.ExpiresAt, "hold %v waits for its own deadline", id)
		c.that((sl.pos >= 0) == sl.hold.Paying.IsZero(), "hold %v has a deadline, or is being paid for", id)
		if sl.pos >= 0 {
			waiting++
			found := int(sl.pos) < len(set.heap) && set.heap[sl.pos] == n
			c.that(found, "hold %v is where it is said to be in the heap", id)
		}
	}
	c.that(waiting == len(set.heap), "the heap has nothing but holds that wait")
	c.that(len(set.index)+len(set.free) == len(set.slots), "a slot is free or in use")
	for i := 1; i < len(set.heap); i++ {
		c.that(!set.less(i, (i-1)/2), "the heap is in order at %d", i)
	}
}

// bookings: one that is owed something is in the list of tasks, one that pays for a
// hold is what the hold says, and an ended one is on its way to be forgotten.
func (c *checker) bookings(s *State) {
	owed, confirmed, declined, refunded, paying := 0, 0, 0, 0, 0
	listed := map[*kept]bool{}
	for k, prev := s.bookings.first, (*kept)(nil); k != nil; k, prev = k.next, k {
		c.that(k.prev == prev, "owed booking %v knows the one before it", k.id())
		c.that(k.open != nil, "owed booking %v is open", k.id())
		listed[k] = true
	}
	for id, k := range s.bookings.index {
		b := k.now()
		c.that(b.ID == id && k.id() == id, "booking %v is under its id", id)
		c.that(listed[k] == (b.Task() != NoTask), "booking %v is owed %v", id, b.Task())
		c.that((k.open == nil) == b.paid(), "booking %v is packed where it is paid for", id)
		if listed[k] {
			owed++
		}
		switch b.Status {
		case Pending:
			h := s.holds.get(b.Hold)
			c.that(b.Hold.IsZero() || h != nil && h.Paying == id, "pending booking %v has its hold", id)
			if h != nil {
				paying++
			}
		case BookingConfirmed:
			confirmed++
			c.that(b.Payment == Authorised || b.Payment == PaymentCaptured, "confirmed booking %v is paid", id)
		case BookingDeclined:
			declined++
		case BookingRefunded:
			refunded++
		}
	}
	c.that(owed == len(listed) && owed == s.bookings.owed, "only bookings have tasks")
	c.that(confirmed == s.confirmed, "%d bookings are confirmed, %d are counted", confirmed, s.confirmed)
	c.that(declined == len(s.declined), "%d bookings are declined, %d are listed", declined, len(s.declined))
	c.that(refunded == len(s.refunded), "%d bookings are refunded, %d are listed", refunded, len(s.refunded))
	c.that(paying == s.holds.len()-len(s.holds.heap), "a hold in payment has one pending booking")
}

// memory: what is remembered has its bound, its index and its order.
func (c *checker) memory(s *State) {
	a, e := &s.answers, &s.expired
	c.that(a.len() <= s.bounds.keys, "there are at most %d answers, not %d", s.bounds.keys, a.len())
	c.that(len(a.index) == a.len(), "a key has one answer")
	pending, tell := 0, map[*kept]bool{}
	for n := a.list.head; n < a.list.tail; n++ {
		st := a.list.at(n)
		at, ok := a.index[st.Key.ID]
		c.that(ok && at == n, "answer %d is in the index", n)
		c.that(n == a.list.head || a.list.at(n-1).At <= st.At, "answer %d is not older than the one before", n)
		if b, ok := st.What.(*Booking); ok && b.Status == Pending {
			pending++
			k := s.bookings.index[b.ID]
			c.that(k != nil && k.answer == n+1, "pending booking %v finds its answer", b.ID)
			c.that(k != nil && k.now().Status == Pending, "the answer of booking %v is up to date", b.ID)
		}
		if k, ok := st.What.(*kept); ok {
			tell[k] = true
			c.that(k.answer == told || k.answer == gone, "answer %d is its booking's, which knows it", n)
			c.that(k.open != nil || k.packed != "", "answer %d has its booking", n)
		}
	}
	for _, k := range s.bookings.index {
		switch k.answer {
		case 0:
		case told:
			c.that(tell[k], "booking %v is a stored answer", k.id())
		default:
			pending--
		}
	}
	c.that(pending == 0, "only pending bookings wait for an answer")
	c.that(e.list.len() <= s.bounds.ended, "at most %d expired holds are remembered", s.bounds.ended)
	c.that(len(e.index) == e.list.len(), "an expired hold is remembered once")
	c.that(len(s.declined) <= s.bounds.ended && len(s.refunded) <= s.bounds.ended,
		"at most %d ended bookings of a kind are remembered", s.bounds.ended)
}
