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

// Draft is a Checkpoint before its holds and bookings are in order. They are immutable
// and may be far from the processor's caches, so to look at them and to sort them, which
// is most of the work, is left to whoever has the time.
type Draft struct {
	checkpoint Checkpoint
	bookings   []drafted
	answers    []kept // copies of the stored answers that are bookings; the others' are empty
}

// drafted is a booking under its id, so that they can be sorted without a look at them.
type drafted struct {
	id   ID
	kept kept // a copy: that in the set is the owner's, and changes
}

// Draft notes what a checkpoint of the state as it is now is made of. It takes time in
// the number of tickets, holds, bookings and stored answers, some ten nanoseconds for
// each.
func (s *State) Draft() *Draft {
	d := &Draft{checkpoint: Checkpoint{Version: s.version, Now: s.now}}
	c := &d.checkpoint
	if s.event != nil {
		c.Event, c.ChangedAt = s.describe(), s.stock.ChangedAt()
	}
	c.Holds = slices.Collect(s.holds.all())
	d.bookings = make([]drafted, 0, len(s.bookings.index))
	for id, k := range s.bookings.index {
		d.bookings = append(d.bookings, drafted{id: id, kept: k.copy()})
	}
	c.Answers, c.Expired = s.answers.list.all(), s.expired.list.all()
	d.answers = make([]kept, len(c.Answers))
	for i := range c.Answers {
		if k, ok := c.Answers[i].What.(*kept); ok {
			d.answers[i] = k.copy()
		}
	}
	if c.Paused, c.Stopped = s.steer.paused, s.steer.stopped; s.room != nil {
		room := s.room.Snapshot()
		c.Room = &room
	}
	return d
}

// Version is that of the state.
func (d *Draft) Version() uint64 { return d.checkpoint.Version }

// restsEvery is how many bookings of a checkpoint are made between two rests: about half a
// millisecond's work.
const restsEvery = 512

// Checkpoint is the finished checkpoint. It needs the state no more, so it may be called
// on another goroutine, once. It calls rest now and then, where it may take a while: it
// works at something that nobody waits for.
func (d *Draft) Checkpoint(rest func()) Checkpoint {
	c := &d.checkpoint
	slices.SortFunc(c.Holds, func(a, b *Hold) int { return compareIDs(a.ID, b.ID) })
	slices.SortFunc(d.bookings, func(a, b drafted) int { return compareIDs(a.id, b.id) })
	if len(d.bookings) > 0 {
		c.Bookings = make([]*Booking, len(d.bookings))
	}
	for i := range d.bookings {
		if c.Bookings[i] = d.bookings[i].kept.now(); i%restsEvery == restsEvery-1 {
			rest()
		}
	}
	d.refer()
	return *c
}

// refer has stored answers name the bookings that they are; one that was forgotten is
// nowhere else.
func (d *Draft) refer() {
	answers := d.checkpoint.Answers
	refs := make([]BookingRef, len(answers))
	for i := range answers {
		_, ok := answers[i].What.(*kept)
		switch k := &d.answers[i]; {
		case !ok:
		case k.answer == gone:
			answers[i].What = k.now().asConfirmed()
		default:
			refs[i] = BookingRef(k.id())
			answers[i].What = &refs[i]
		}
	}
}

// Checkpoint writes the state down.
func (s *State) Checkpoint() Checkpoint { return s.Draft().Checkpoint(func() {}) }

// Weight is how many entries a checkpoint has beside the tickets, and so how much work
// one is: holds, bookings, stored answers, expired holds and places.
func (s *State) Weight() int {
	n := s.holds.len() + len(s.bookings.index) + s.answers.len() + s.expired.list.len()
	if s.room != nil {
		n += s.room.Len()
	}
	return n
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
		s.store(a)
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
