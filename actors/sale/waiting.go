package sale

import (
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// The waiting room's part of an event: who may shop. Package waitroom knows who waits;
// here is what follows from it for the sale, and from the sale for it.

const (
	// scanPause is how often the room is looked through for places that nobody is at.
	scanPause = 5000
	// maxLapsed bounds the places that lapse in one step; the others do in the next.
	maxLapsed = 4096
)

// steering is what an operator has said about a sale that is under way.
type steering struct {
	paused  bool // nobody is let in
	stopped bool // no new hold
}

// Place is a place in the waiting room, as its owner is told of it.
type Place struct {
	ID       ID
	State    waitroom.State
	Reason   waitroom.Reason // of one that is gone
	Number   int             // in the order of joining, from 0
	Ahead    int             // places before it, of those that wait; below 0: not known before the draw
	Waiting  int             // all places that wait
	Until    catalog.Time    // of a shopper: when his time ends; zero: never
	OpensAt  catalog.Time    // where the sale is still to open
	Estimate waitroom.Estimate
	SoldOut  float64 // the likelihood that those ahead take all that is left
	Draw     *Draw   // nil: nothing is mixed
}

// Draw is what can be checked of a draw. Seed is zero before it.
type Draw struct{ Commitment, Seed [32]byte }

// Queue is how a waiting room does.
type Queue struct {
	Enabled         bool
	Waiting, Active int
	MaxActive, Rate int
	Paused, Stopped bool
	Oldest          catalog.Time // when the one was last seen who was not for the longest; zero: nobody waits
	Flow            []waitroom.Flow
	Estimate        waitroom.Estimate // for whoever joins now
	Draw            *Draw
}

// settings are an event's, for its room.
func (s *State) settings(e *catalog.Event) waitroom.Settings {
	w := e.WaitingRoom
	or := func(n, other int) int {
		if n == 0 {
			return other
		}
		return n
	}
	return waitroom.Settings{
		MaxActive: or(w.MaxActive, catalog.DefaultMaxActive),
		Session:   1000 * int64(or(w.SessionSeconds, catalog.DefaultSessionSeconds)),
		Grace:     1000 * int64(or(w.GraceSeconds, catalog.DefaultGraceSeconds)),
		Rate:      w.RatePerMinute,
		Shuffle:   w.Order == "shuffle",
		Paused:    s.steer.paused || s.steer.stopped,
	}
}

// setRoom gives the event the room that its description asks for. One that is no longer
// asked for is gone with all places: everybody may shop.
func (s *State) setRoom() {
	switch {
	case s.event == nil || !s.event.WaitingRoom.Enabled:
		s.room = nil
	case s.room == nil:
		s.room = waitroom.New(s.settings(s.event))
	default:
		s.room.Set(s.settings(s.event))
	}
}

// opened reports whether people may be let in: the sale has begun and is not over.
func (s *State) opened(at catalog.Time) bool { return s.notOnSale(at) == nil }

// shopper is the place to be written into a hold or a booking; zero where there is no
// room: an old token means nothing.
func (s *State) shopper(place ID) ID {
	if s.room == nil {
		return ID{}
	}
	return place
}

// notForSale refuses who may not take tickets now: nobody may, or he is not let in, or
// his time is over. What he has he may keep and pay for.
func (s *State) notForSale(at catalog.Time, place ID, user string) *Refusal {
	if refusal := s.notOnSale(at); refusal != nil {
		return refusal
	}
	if s.steer.stopped {
		return &Refusal{Code: NotOnSale, Detail: "The sale is stopped."}
	}
	if s.room == nil {
		return nil
	}
	p, refusal := s.placeOf(place, user)
	if refusal != nil || p.State != waitroom.Active || catalog.Time(p.At) <= at {
		return &Refusal{Code: NotAdmitted}
	}
	return nil
}

// notBookable is notForSale for a booking. One of a hold takes no tickets: it can be
// made while the sale is stopped, and after the shopper's time as long as the hold lives.
func (s *State) notBookable(at catalog.Time, c *Book) *Refusal {
	if c.Hold.IsZero() {
		return s.notForSale(at, c.Place, c.By.User)
	}
	if refusal := s.notOnSale(at); refusal != nil {
		return refusal
	}
	if s.room == nil {
		return nil
	}
	p, refusal := s.placeOf(c.Place, c.By.User)
	h := s.holds.get(c.Hold)
	others := h != nil && h.Place != c.Place && !h.Place.IsZero()
	if refusal != nil || p.State != waitroom.Active || others {
		return &Refusal{Code: NotAdmitted}
	}
	return nil
}

// placeOf is a place that a user may use: his own, or one without a user that he knows
// the token of. Whoever left his place is told that there is none.
func (s *State) placeOf(id ID, user string) (waitroom.Place, *Refusal) {
	if s.room == nil {
		return waitroom.Place{}, &Refusal{Code: PlaceNotFound}
	}
	p, ok := s.room.Find(waitroom.ID(id))
	if !ok || p.Reason == waitroom.Left || ofUser(p) && p.Who != ownerOf(By{User: user}, s.room.Owner) {
		return waitroom.Place{}, &Refusal{Code: PlaceNotFound}
	}
	return p, nil
}

// ofUser reports whether a place is a user's, and not just an idempotency key's: the
// first bit of its owner says so.
func ofUser(p waitroom.Place) bool { return p.Who[0]&1 == 1 }

// ownerOf is whose a place is that By takes: the user's; where none is known, the
// idempotency key's; else nobody's. hash is the room's, see waitroom.Owner.
func ownerOf(by By, hash func(name string) waitroom.Who) (who waitroom.Who) {
	switch {
	case by.User != "":
		who = hash("user " + by.User)
		who[0] |= 1
	case !by.Key.None():
		who = hash("key " + string(by.Key.ID[:]))
		who[0] &^= 1
	}
	return who
}

// joinQueue gives a place, or shows the one that there is.
func (s *State) joinQueue(at catalog.Time, c *JoinQueue, out []Record) ([]Record, Answer) {
	if refusal := s.notOnSale(at); refusal != nil && refusal.OnSaleAt == 0 {
		return out, Answer{Refusal: refusal} // over, or cancelled: there is nothing to wait for
	}
	if s.room == nil {
		return out, Answer{Place: &Place{ID: c.ID, State: waitroom.Active}}
	}
	if s.room.Opened() {
		if p, ok := s.room.Of(ownerOf(c.By, s.room.Owner)); ok {
			s.room.Seen(int64(at), p.Token)
			return out, Answer{Place: s.showPlace(at, p), Replayed: true}
		}
	}
	if _, used := s.room.Find(waitroom.ID(c.ID)); used || c.ID.IsZero() {
		return out, Answer{Refusal: wrong("The token is in use.")}
	}
	if s.room.Full() {
		return out, refuse(QueueFull)
	}
	return s.takePlace(at, c, out)
}

// takePlace is a new place, let in at once where nobody is before it and there is room.
// The first place of all fixes the seed; where the sale has begun nobody is left for
// the draw, and it is over before it.
func (s *State) takePlace(at catalog.Time, c *JoinQueue, out []Record) ([]Record, Answer) {
	r := &PlaceTaken{At: at, ID: c.ID}
	hash := s.room.Owner
	if !s.room.Opened() {
		out = append(out, &QueueOpened{At: at, Seed: c.Seed})
		if s.room.Settings().Shuffle && at >= s.event.OnSaleAt {
			out = append(out, &QueueDrawn{At: at})
		}
		hash = func(name string) waitroom.Who { return waitroom.Owner(c.Seed, name) }
	}
	r.Owner = ownerOf(c.By, hash)
	out = append(out, r)
	p := waitroom.Place{Token: waitroom.ID(c.ID), State: waitroom.Waiting, Number: s.room.Next()}
	shown := s.show(at, p, s.room.Waiting())
	shown.Waiting++
	if s.room.Passes(int64(at), s.opened(at)) {
		out = append(out, &PlacesAdmitted{At: at, Count: 1})
		p.State, p.At = waitroom.Active, int64(at)+s.room.Settings().Session
		shown = s.show(at, p, 0)
	}
	return out, Answer{Place: shown}
}

// leaveQueue gives up a place with all that is held under it. A place that is gone
// already is left: nothing is to be done.
func (s *State) leaveQueue(at catalog.Time, c *LeaveQueue, out []Record) ([]Record, Answer) {
	p, refusal := s.placeOf(c.ID, c.By.User)
	if refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	if p.State == waitroom.Gone {
		return out, Answer{}
	}
	held := s.heldUnder(c.ID, p.Busy)
	if len(held) < p.Busy {
		return out, refuse(BookingPending)
	}
	for _, h := range held {
		out = append(out, &HoldEnded{At: at, ID: h.ID})
	}
	return append(out, &PlaceEnded{At: at, ID: c.ID, Reason: waitroom.Left}), Answer{}
}

// heldUnder are the holds of a place that are not being paid for, by id. Where it has
// any it looks at all holds: hardly anybody leaves with tickets in his hand.
func (s *State) heldUnder(place ID, busy int) (held []*Hold) {
	if busy == 0 {
		return nil
	}
	for h := range s.holds.all() {
		if h.Place == place && h.Paying.IsZero() {
			held = append(held, h)
		}
	}
	slices.SortFunc(held, func(a, b *Hold) int { return compareIDs(a.ID, b.ID) })
	return held
}

// seePlaces notes who is there. A token that is unknown is passed over: sockets on other
// nodes may be slower to learn that a place ended.
func (s *State) seePlaces(at catalog.Time, c *SeePlaces) {
	if s.room == nil {
		return
	}
	for _, id := range c.IDs {
		s.room.Seen(int64(at), waitroom.ID(id))
	}
}

// steerQueue changes what it says, and makes no record where nothing changes.
func (s *State) steerQueue(at catalog.Time, c *SteerQueue, out []Record) ([]Record, Answer) {
	w := s.event.WaitingRoom
	r := &QueueSteered{
		At: at, MaxActive: w.MaxActive, Rate: w.RatePerMinute, Paused: s.steer.paused, Stopped: s.steer.stopped,
	}
	was := *r
	set(&r.MaxActive, c.MaxActive)
	set(&r.Rate, c.Rate)
	set(&r.Paused, c.Paused)
	set(&r.Stopped, c.Stopped)
	if *r != was {
		out = append(out, r)
	}
	return out, Answer{}
}

// set sets what is wished.
func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}

// endsWithHold reports whether a shopper's time ends with his last hold.
func (s *State) endsWithHold(h *Hold) bool {
	if s.room == nil || !s.event.WaitingRoom.EndWithHold {
		return false
	}
	p, ok := s.room.Find(waitroom.ID(h.Place))
	return ok && p.State == waitroom.Active
}

// endWithHold ends a shopper's time where the holds that end, this one the last of
// them, are all that he has.
func (s *State) endWithHold(at catalog.Time, h *Hold, ending int, out []Record) []Record {
	if !s.endsWithHold(h) {
		return out
	}
	if p, _ := s.room.Find(waitroom.ID(h.Place)); p.Busy == ending {
		out = append(out, &PlaceEnded{At: at, ID: h.Place, Reason: waitroom.HoldEnded})
	}
	return out
}

// endBooked ends a shopper's time with his booking, unless he holds more. begun: the
// booking or its hold counts among what he is busy with.
func (s *State) endBooked(at catalog.Time, b *Booking, begun bool, out []Record) []Record {
	if s.room == nil {
		return out
	}
	p, ok := s.room.Find(waitroom.ID(b.Place))
	if ok && p.State == waitroom.Active && (p.Busy == 0 || begun && p.Busy == 1) {
		out = append(out, &PlaceEnded{At: at, ID: b.Place, Reason: waitroom.Booked})
	}
	return out
}

// tickQueue is what time does to the room: the draw, sessions that end, places that
// nobody has been seen at.
func (s *State) tickQueue(at catalog.Time, out []Record) []Record {
	if s.room == nil {
		return out
	}
	if s.drawDue() && at >= s.event.OnSaleAt {
		out = append(out, &QueueDrawn{At: at})
	}
	for _, id := range s.room.Overdue(int64(at), nil) {
		out = append(out, &PlaceEnded{At: at, ID: ID(id), Reason: waitroom.TimedOut})
	}
	if at < s.scan {
		return out
	}
	s.scan = at + scanPause
	for _, id := range s.room.Absent(int64(at), maxLapsed, nil) {
		out = append(out, &PlaceEnded{At: at, ID: ID(id), Reason: waitroom.Lapsed})
	}
	return out
}

// drawDue reports whether those who gather are still to be mixed.
func (s *State) drawDue() bool {
	_, drawn := s.room.Drawn()
	return s.room.Settings().Shuffle && s.room.Opened() && !drawn
}

// queueDue is when time does something to the room next; zero: never.
func (s *State) queueDue() (due catalog.Time) {
	if s.room == nil {
		return 0
	}
	sooner := func(at catalog.Time) {
		if at != 0 && (due == 0 || at < due) {
			due = at
		}
	}
	sooner(catalog.Time(s.room.NextEnd()))
	waiting := s.room.Waiting() > 0
	if waiting {
		sooner(max(s.scan, 1))
	}
	switch before := s.now < s.event.OnSaleAt; {
	case before && (waiting || s.drawDue()), s.drawDue():
		sooner(max(s.event.OnSaleAt, 1))
	case waiting && s.room.Active() < s.room.Settings().MaxActive && !s.room.Settings().Paused:
		sooner(catalog.Time(s.room.NextCredit(int64(s.now))))
	}
	return due
}

// letIn lets in whom there is room for now. It ends every step: nobody waits for the
// next one.
func (s *State) letIn(at catalog.Time, out []Record) []Record {
	if s.room == nil {
		return out
	}
	if n := s.room.Admissible(int64(at), s.opened(at)); n > 0 {
		r := &PlacesAdmitted{At: at, Count: n}
		s.Apply(r)
		out = append(out, r)
	}
	return out
}
