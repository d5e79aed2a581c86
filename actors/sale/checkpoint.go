package sale

import (
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// Checkpoint is a State written down, in a fixed order; see Restore.
type Checkpoint struct {
	Version   uint64
	Now       catalog.Time
	Event     *catalog.Event // nil: none
	ChangedAt []uint64       // per ticket: the version that last changed it; nil where none was changed
	Holds     []*Hold        // by id
	Bookings  []*Booking     // by id
	Answers   []StoredAnswer // oldest first
	Expired   []ExpiredHold  // oldest first
	Room      *waitroom.Snapshot
	Paused    bool // see QueueSteered
	Stopped   bool
}

// ExpiredHold is what is remembered of a hold whose time was over, so that it can
// be told from one that never was.
type ExpiredHold struct {
	At   catalog.Time // when it ended
	ID   ID
	User string
}

// StoredAnswer is the answer kept for an idempotency key.
type StoredAnswer struct {
	At     catalog.Time
	Key    Key
	Answer Answer // Plan and Tickets are nil; of Event, Hold, Booking and Refusal at most one is set
}

// Checkpoint writes the state down. What it points to is immutable, so it may be
// encoded on another goroutine. It takes time in the number of tickets, holds,
// bookings and stored answers.
func (s *State) Checkpoint() Checkpoint {
	c := Checkpoint{Version: s.version, Now: s.now}
	if s.event != nil {
		c.Event, c.ChangedAt = s.describe(), s.stock.ChangedAt()
	}
	c.Holds = slices.SortedFunc(s.holds.all(), func(a, b *Hold) int { return compareIDs(a.ID, b.ID) })
	for _, k := range s.bookings.index {
		c.Bookings = append(c.Bookings, k.now())
	}
	slices.SortFunc(c.Bookings, func(a, b *Booking) int { return compareIDs(a.ID, b.ID) })
	for n := s.answers.list.head; n < s.answers.list.tail; n++ {
		st := s.answers.list.at(n)
		a := st.answer()
		a.Replayed = false
		c.Answers = append(c.Answers, StoredAnswer{At: st.at, Key: st.key, Answer: a})
	}
	for n := s.expired.list.head; n < s.expired.list.tail; n++ {
		c.Expired = append(c.Expired, *s.expired.list.at(n))
	}
	if c.Paused, c.Stopped = s.steer.paused, s.steer.stopped; s.room != nil {
		room := s.room.Snapshot()
		c.Room = &room
	}
	return c
}

// Restore is the State that c was taken from: it goes on with the same records, the
// same answers and the same versions. It keeps parts of c, which is immutable, and
// finds the tickets of holds and bookings anew. A checkpoint that no State can give
// panics, like a broken log.
func Restore(c Checkpoint) *State { return New().restore(c) }

// restore brings a new State to where c was taken.
func (s *State) restore(c Checkpoint) *State {
	s.version, s.now, s.moves.since = c.Version, c.Now, c.Version
	for _, h := range c.Holds {
		s.holds.add(h)
	}
	for _, b := range c.Bookings {
		s.restoreBooking(b)
	}
	if c.Event != nil {
		s.setEvent(c.Event)
		s.stock = inventory.NewStock(inventory.NewPlan(c.Event.Inventory), c.ChangedAt)
		s.occupy(c.ChangedAt)
		s.laidOut = oldestChange(s.stock)
	}
	for h := range s.holds.all() {
		if h.Paying.IsZero() {
			s.count(h.User, len(h.TicketIDs))
		}
	}
	for _, a := range c.Answers {
		s.store(a.stored())
	}
	for _, e := range c.Expired {
		s.expired.add(e, s.bounds.ended)
	}
	if s.steer = (steering{paused: c.Paused, stopped: c.Stopped}); c.Room != nil {
		must(s.event != nil && s.event.WaitingRoom.Enabled, "there is a room without an event")
		s.room = waitroom.Restore(*c.Room, int64(s.now))
	} else {
		s.setRoom(false)
	}
	return s
}

// restoreBooking puts a booking where its status says that it belongs: counted while
// it has tickets, and in its place among those to be forgotten when it has ended.
func (s *State) restoreBooking(b *Booking) {
	s.bookings.add(b)
	switch b.Status {
	case Pending:
		s.count(b.User, len(b.TicketIDs))
	case BookingConfirmed:
		s.count(b.User, len(b.TicketIDs))
		s.confirmed++
	case BookingDeclined:
		s.remember(&s.declined, b)
	case BookingRefunded:
		s.remember(&s.refunded, b)
	}
}

// stored is the answer in the form in which it is kept.
func (a *StoredAnswer) stored() stored {
	st := stored{at: a.At, key: a.Key, version: a.Answer.Version, created: a.Answer.Created}
	switch {
	case a.Answer.Event != nil:
		st.what = a.Answer.Event
	case a.Answer.Hold != nil:
		st.what = a.Answer.Hold
	case a.Answer.Booking != nil:
		st.what = a.Answer.Booking
	case a.Answer.Refusal != nil:
		st.what = a.Answer.Refusal
	}
	return st
}
