package sale

import (
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// twin is the slow State: it says the same of every command, and keeps nothing
// that can be found by looking at everything again. It knows no records, only
// how many there would be; a ticket's status is looked up in the holds and
// bookings, a user's tickets are added up, the next deadline is searched.
type twin struct {
	bounds   bounds
	version  uint64
	now      catalog.Time
	event    *catalog.Event
	holds    []*Hold
	bookings []*Booking
	expired  []ExpiredHold
	answers  []*twinAnswer
	twinQueue
}

type twinAnswer struct {
	at     catalog.Time
	key    Key
	answer Answer
	paying ID // the pending booking that the answer is of
}

// record is one more record: time goes on, and old things are forgotten.
func (w *twin) record(at catalog.Time) {
	w.version++
	w.now = at
	old := at - KeyRetention
	for n := 0; n < 4 && len(w.answers) > 0 && w.answers[0].at <= old; n++ {
		w.answers = w.answers[1:]
	}
	for n := 0; n < 4 && len(w.expired) > 0 && w.expired[0].At <= old; n++ {
		w.expired = w.expired[1:]
	}
	for range 4 {
		if b := w.oldest(BookingDeclined); b != nil && b.EndedAt <= old {
			w.drop(b)
		}
	}
}

// oldest is the booking of a status that ended first.
func (w *twin) oldest(status BookingStatus) (first *Booking) {
	for _, b := range w.bookings {
		if b.Status == status && (first == nil || b.EndedAt < first.EndedAt ||
			b.EndedAt == first.EndedAt && compareIDs(b.ID, first.ID) < 0) {
			first = b
		}
	}
	return first
}

func (w *twin) drop(b *Booking) {
	w.bookings = slices.DeleteFunc(w.bookings, func(o *Booking) bool { return o == b })
}

// trim keeps at most as many bookings of a status as there may be.
func (w *twin) trim(status BookingStatus) {
	n := 0
	for _, b := range w.bookings {
		if b.Status == status {
			n++
		}
	}
	if n > w.bounds.ended {
		w.drop(w.oldest(status))
	}
}

func (w *twin) hold(id ID) *Hold {
	for _, h := range w.holds {
		if h.ID == id {
			return h
		}
	}
	return nil
}

func (w *twin) booking(id ID) *Booking {
	for _, b := range w.bookings {
		if b.ID == id {
			return b
		}
	}
	return nil
}

func (w *twin) dropHold(h *Hold) {
	w.holds = slices.DeleteFunc(w.holds, func(o *Hold) bool { return o == h })
}

// expire ends a hold whose time is over.
func (w *twin) expire(h *Hold) {
	w.dropHold(h)
	w.endsWithHold(h)
	w.expired = append(w.expired, ExpiredHold{At: w.now, ID: h.ID, User: h.User})
	if len(w.expired) > w.bounds.ended {
		w.expired = w.expired[1:]
	}
}

// status looks a ticket up in all holds and bookings.
func (w *twin) status(id string) inventory.Status {
	for _, b := range w.bookings {
		if b.Status == BookingConfirmed && slices.Contains(b.TicketIDs, id) {
			return inventory.Booked
		}
		if b.Status == Pending && slices.Contains(b.TicketIDs, id) {
			return inventory.Held
		}
	}
	for _, h := range w.holds {
		if slices.Contains(h.TicketIDs, id) {
			return inventory.Held
		}
	}
	return inventory.Available
}

// has adds up a user's tickets.
func (w *twin) has(user string) (n int) {
	for _, h := range w.holds {
		if h.User == user && h.Paying.IsZero() {
			n += len(h.TicketIDs)
		}
	}
	for _, b := range w.bookings {
		if b.User == user && b.live() {
			n += len(b.TicketIDs)
		}
	}
	return n
}

// stock is a new stock with everything that is taken.
func (w *twin) stock() *inventory.Stock {
	s := inventory.NewStock(inventory.NewPlan(w.event.Inventory), nil)
	for t := range inventory.Ticket(s.Plan().Total()) {
		s.Set(t, w.status(s.Plan().ID(t)), 1)
	}
	return s
}

func (w *twin) best(q inventory.Query) (ids []string) {
	s := w.stock()
	best, ok := s.Best(q, nil)
	if !ok {
		return nil
	}
	for _, t := range best {
		ids = append(ids, s.Plan().ID(t))
	}
	return ids
}

func (w *twin) price(ids []string) (sum int64) {
	plan := inventory.NewPlan(w.event.Inventory)
	for _, id := range ids {
		t, _ := plan.Find(id)
		sum += plan.Price(t)
	}
	return sum
}

// summary counts everything.
func (w *twin) summary() Summary {
	sum := Summary{Version: w.version, Exists: w.event != nil, Holds: len(w.holds)}
	for _, b := range w.bookings {
		if b.Status == BookingConfirmed {
			sum.Bookings++
		}
	}
	if w.event != nil {
		s := w.stock()
		sum.Total = s.Plan().Total()
		sum.Available, sum.Held, sum.Booked = s.Counts()
	}
	sum.Waiting, sum.Active = w.count(waitroom.Waiting), w.count(waitroom.Active)
	return sum
}

// due searches the next deadline.
func (w *twin) due() (due catalog.Time) {
	all := w.queueDues()
	for _, h := range w.holds {
		if h.Paying.IsZero() {
			all = append(all, h.ExpiresAt)
		}
	}
	for _, at := range all {
		if at != 0 && (due == 0 || at < due) {
			due = at
		}
	}
	return due
}

// tick ends what is due, one after the other.
func (w *twin) tick(at catalog.Time) {
	if due := w.due(); due == 0 || due > at {
		return
	}
	for {
		var next *Hold
		for _, h := range w.holds {
			if h.Paying.IsZero() && h.ExpiresAt <= at && (next == nil || h.ExpiresAt < next.ExpiresAt ||
				h.ExpiresAt == next.ExpiresAt && compareIDs(h.ID, next.ID) < 0) {
				next = h
			}
		}
		if next == nil {
			break
		}
		w.record(at)
		w.expire(next)
	}
	w.finish(at)
	w.tickQueue(at)
}

// step is State.Step.
func (w *twin) step(at catalog.Time, c Command) Answer {
	at = max(at, w.now)
	if c, ok := c.(*Resume); ok {
		w.resume(at, c)
		a := Answer{Version: w.version}
		w.letIn(max(at, w.now))
		return a
	}
	w.tick(at)
	a := w.answer(at, c)
	w.finish(at)
	w.letIn(at)
	return a
}

func (w *twin) resume(at catalog.Time, c *Resume) {
	w.seeAll(max(at, c.To))
	gap := c.To - max(c.From, w.now)
	if gap <= 0 || len(w.holds)+w.count(waitroom.Active) == 0 {
		return
	}
	w.record(max(at, c.To))
	for _, h := range w.holds {
		h.ExpiresAt += gap
		h.MaxExpiresAt += gap
	}
	for _, p := range w.in(waitroom.Active) {
		p.at += gap
	}
}

// answer is State.Decide, and what its records make.
func (w *twin) answer(at catalog.Time, c Command) Answer {
	key := keyOf(c)
	if a, ok := w.recall(at, key); ok {
		return a
	}
	a := w.decide(at, c, key)
	if a.Refusal != nil && a.Refusal.Code.Final() && !key.None() {
		w.record(at)
		w.keep(key, a)
	}
	a.Version = w.version
	return a
}

func (w *twin) recall(at catalog.Time, key Key) (Answer, bool) {
	if key.None() {
		return Answer{}, false
	}
	for _, st := range w.answers {
		switch {
		case st.key.ID != key.ID:
		case st.key.Body != key.Body:
			return Answer{Version: w.version, Refusal: &Refusal{Code: KeyReused}}, true
		case w.event == nil && (st.answer.Hold != nil || st.answer.Booking != nil):
			return Answer{Version: w.version, Refusal: &Refusal{Code: EventNotFound}}, true
		default:
			a := st.answer
			a.Replayed = true
			return a, true
		}
	}
	if len(w.answers) == w.bounds.keys && at-w.answers[0].at < KeyRetention {
		return Answer{Version: w.version, Refusal: &Refusal{Code: TooManyKeys}}, true
	}
	return Answer{}, false
}

// keep stores an answer as of now.
func (w *twin) keep(key Key, a Answer) {
	if key.None() {
		return
	}
	a.Version = w.version
	a.Hold, a.Booking = plainHold(a.Hold), plainBooking(a.Booking) // copies
	st := &twinAnswer{at: w.now, key: key, answer: a}
	if a.Booking != nil && a.Booking.Status == Pending {
		st.paying = a.Booking.ID
	}
	w.answers = append(w.answers, st)
}

// settled changes the stored answer of a booking that was pending.
func (w *twin) settled(id ID, a Answer) {
	for _, st := range w.answers {
		if st.paying == id && !id.IsZero() {
			a.Version, a.Booking = w.version, plainBooking(a.Booking)
			st.answer, st.paying = a, ID{}
		}
	}
}
