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
	// maxLapsed bounds the places that lapse in one step; the others do in the next, which
	// comes after lapsePause.
	maxLapsed  = 4096
	lapsePause = 100
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
	Grace    catalog.Time    // how long it is kept while nobody is seen at it; zero: there is no room
	Estimate waitroom.Estimate
	SoldOut  float64 // the likelihood that those ahead take all that is left
	Draw     *Draw   // nil: nothing is mixed
}

// Draw is what can be checked of a draw. Seed is zero before it.
type Draw struct{ Commitment, Seed [32]byte }

// Queue is how a waiting room does.
type Queue struct {
	At              catalog.Time // of what it says
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

// setRoom gives the event the room that its description asks for. The order of a line
// is settled while its sale goes on (began): those who wait then were told their
// positions, and no draw may make them worse.
func (s *State) setRoom(began bool) {
	switch {
	case s.event == nil || !s.event.WaitingRoom.Enabled:
		s.closeRoom()
	case s.room == nil:
		s.room = waitroom.New(s.settings(s.event))
		s.moves.forget(s.version)
	default:
		next := s.settings(s.event)
		if began {
			next.Shuffle = s.room.Settings().Shuffle
		}
		s.room.Set(next)
	}
}

// opened reports whether people may be let in: the sale has begun and is not over.
func (s *State) opened(at catalog.Time) bool { return s.notOnSale(at) == nil }

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
			return out, Answer{Place: s.showFound(at, p), Unchanged: true}
		}
	}
	if _, used := s.room.Find(waitroom.ID(c.ID)); used || c.ID.IsZero() {
		return out, Answer{Refusal: wrong("The token is in use.")}
	}
	if s.room.Len() >= s.bounds.places {
		return out, Answer{Refusal: &Refusal{Code: QueueFull, Detail: "The waiting room is full."}}
	}
	return s.takePlace(at, c, out)
}

// takePlace is a new place, let in at once where nobody is before it and there is room.
// The first place of all fixes the seed; where the sale has begun nobody is left for
// the draw, and it is over before it.
func (s *State) takePlace(at catalog.Time, c *JoinQueue, out []Record) ([]Record, Answer) {
	hash, draw := s.room.Owner, s.showDraw()
	if !s.room.Opened() {
		out = append(out, &QueueOpened{At: at, Seed: c.Seed})
		hash = func(name string) waitroom.Who { return waitroom.Owner(c.Seed, name) }
		if s.room.Settings().Shuffle {
			draw = &Draw{Commitment: waitroom.Commitment(c.Seed)}
			if s.begun(at) {
				out, draw.Seed = append(out, &QueueDrawn{At: at}), c.Seed
			}
		}
	}
	out = append(out, &PlaceTaken{At: at, ID: c.ID, Owner: ownerOf(c.By, hash)})
	p := waitroom.Place{Token: waitroom.ID(c.ID), State: waitroom.Waiting, Number: s.room.Next()}
	waiting := s.room.Waiting()
	if s.room.Passes(int64(at), s.opened(at)) {
		out = append(out, &PlacesAdmitted{At: at, Count: 1})
		p.State, p.At = waitroom.Active, int64(at)+s.room.Settings().Session
		return out, Answer{Place: s.show(at, p, 0, draw)}
	}
	shown := s.show(at, p, waiting, draw)
	shown.Waiting++ // he himself
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

// seePlaces notes who is there, and shows them how they stand. A token that is unknown
// is shown without a state: sockets on other nodes may be slower to learn that a place
// ended. Where there is no room, everybody is let in.
func (s *State) seePlaces(at catalog.Time, c *SeePlaces) []Place {
	if s.room == nil {
		list := make([]Place, len(c.IDs))
		for i, id := range c.IDs {
			list[i] = Place{ID: id, State: waitroom.Active}
		}
		return list
	}
	list, draw := make([]Place, 0, len(c.IDs)), s.showDraw()
	for _, id := range c.IDs {
		p, ok := s.room.Find(waitroom.ID(id))
		if !ok {
			list = append(list, Place{ID: id})
			continue
		}
		s.room.Seen(int64(at), p.Token)
		ahead := 0
		if p.State == waitroom.Waiting {
			ahead = s.room.Ahead(p)
		}
		list = append(list, *s.show(at, p, ahead, draw))
	}
	return list
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

// tickQueue is what time does to the room: the draw, sessions that end, places that
// nobody has been seen at.
func (s *State) tickQueue(at catalog.Time, out []Record) []Record {
	if s.room == nil {
		return out
	}
	if s.drawDue() && s.begun(at) {
		out = append(out, &QueueDrawn{At: at})
	}
	for _, id := range s.room.Overdue(int64(at), nil) {
		out = append(out, &PlaceEnded{At: at, ID: ID(id), Reason: waitroom.TimedOut})
	}
	if at < s.scan {
		return out
	}
	absent := s.room.Absent(int64(at), maxLapsed, nil)
	for _, id := range absent {
		out = append(out, &PlaceEnded{At: at, ID: ID(id), Reason: waitroom.Lapsed})
	}
	s.scan = at + scanPause
	if len(absent) == maxLapsed {
		s.scan = at + lapsePause
	}
	return out
}

// begun reports whether the time of the sale has come. That of a cancelled event does not.
func (s *State) begun(at catalog.Time) bool { return at >= s.event.OnSaleAt && !s.event.Cancelled }

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
	if s.room.Waiting() > 0 {
		sooner(max(s.scan, 1))
	}
	if s.drawDue() && !s.event.Cancelled {
		sooner(max(s.event.OnSaleAt, 1))
	}
	sooner(s.admissionDue())
	return due
}

// admissionDue is when somebody is let in by nothing but time: the sale opens, or the
// rate allows it. What else keeps people out ends by a command or a session's end; what
// could be let in before was, at the end of that step.
func (s *State) admissionDue() catalog.Time {
	e, room := s.event, s.room.Settings()
	if s.room.Waiting() == 0 || room.Paused || e.Cancelled || s.room.Active() >= room.MaxActive {
		return 0
	}
	at := max(e.OnSaleAt, catalog.Time(s.room.NextCredit(int64(max(s.now, e.OnSaleAt)))))
	if at <= s.now || at >= e.StartsAt {
		return 0
	}
	return at
}

// letIn lets in whom there is room for now. It ends every step: nobody waits for the
// next one.
func (s *State) letIn(at catalog.Time, out []Record) []Record {
	if s.room == nil {
		return out
	}
	at = max(at, s.now) // a Resumed may be later than its step
	if n := s.room.Admissible(int64(at), s.opened(at)); n > 0 {
		r := &PlacesAdmitted{At: at, Count: n}
		s.Apply(r)
		out = append(out, r)
	}
	return out
}
