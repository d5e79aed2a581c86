package sale

import (
	"cmp"
	"slices"
	"strconv"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// twinQueue is the twin's part of the waiting room: a list of places, and nothing else
// that could be found by looking at it.
type twinQueue struct {
	room            *twinRoom
	paused, stopped bool
	scan            catalog.Time
	over            []finish // of the step
}

type twinRoom struct {
	seed             *[32]byte
	shuffle, drawn   bool
	places           []*twinPlace // by number
	credit, creditAt catalog.Time
	epoch            catalog.Time
}

type twinPlace struct {
	id     ID
	user   string
	key    [16]byte
	number int
	rank   int
	state  waitroom.State
	why    waitroom.Reason
	at     catalog.Time // until, of a shopper
	seen   catalog.Time
}

// in are the places in a state, in the order of the line.
func (w *twin) in(state waitroom.State) (list []*twinPlace) {
	if w.room == nil {
		return nil
	}
	for _, p := range w.room.places {
		if p.state == state {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *twinPlace) int { return cmp.Compare(a.rank, b.rank) })
	return list
}

func (w *twin) count(state waitroom.State) int { return len(w.in(state)) }

// busy is what a shopper holds and pays for.
func (w *twin) busy(id ID) (n int) {
	for _, h := range w.holds {
		if h.Place == id {
			n++
		}
	}
	for _, b := range w.bookings {
		if b.Place == id && b.Hold.IsZero() && b.Status == Pending {
			n++
		}
	}
	return n
}

func or(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

func (w *twin) maxActive() int { return or(w.event.WaitingRoom.MaxActive, catalog.DefaultMaxActive) }
func (w *twin) grace() catalog.Time {
	return 1000 * catalog.Time(or(w.event.WaitingRoom.GraceSeconds, catalog.DefaultGraceSeconds))
}
func (w *twin) session() catalog.Time {
	return 1000 * catalog.Time(or(w.event.WaitingRoom.SessionSeconds, catalog.DefaultSessionSeconds))
}
func (w *twin) gathers() bool { return w.room.shuffle && w.room.seed != nil && !w.room.drawn }

// find is a place that a user may use.
func (w *twin) find(id ID, user string) *twinPlace {
	if w.room == nil {
		return nil
	}
	for _, p := range w.room.places {
		if p.id == id && p.why != waitroom.Left && (p.user == "" || p.user == user) {
			return p
		}
	}
	return nil
}

func (w *twin) see(p *twinPlace, at catalog.Time) {
	if w.room.epoch == 0 {
		w.room.epoch = at
	}
	for p.seen = w.room.epoch; p.seen < at; p.seen += 1000 {
	}
}

func (w *twin) seeAll(at catalog.Time) {
	if w.room == nil {
		return
	}
	w.room.epoch = at
	for _, p := range w.room.places {
		p.seen = at
	}
}

// restored is a new owner: he believes everybody to be there, and looks at once.
func (w *twin) restored() {
	w.scan = 0
	w.seeAll(w.now)
}

// earned is what the rate has earned; next is when it is enough for one.
func (w *twin) earned(at catalog.Time) catalog.Time {
	rate := catalog.Time(w.event.WaitingRoom.RatePerMinute)
	most := max(60_000, 1000*rate)
	if at-w.room.creditAt >= most/rate {
		return most
	}
	return min(most, w.room.credit+rate*(at-w.room.creditAt))
}

func (w *twin) nextEarned(at catalog.Time) catalog.Time {
	rate := catalog.Time(w.event.WaitingRoom.RatePerMinute)
	if rate == 0 || w.earned(at) >= 60_000 {
		return 0
	}
	missing := 60_000 - w.earned(at)
	return at + (missing+rate-1)/rate
}

// places is how many of n may be let in.
func (w *twin) mayEnter(at catalog.Time, n int) int {
	if w.paused || w.stopped || w.closed(at) != nil {
		return 0
	}
	n = min(n, w.maxActive()-w.count(waitroom.Active))
	if w.event.WaitingRoom.RatePerMinute > 0 {
		n = min(n, int(w.earned(at)/60_000))
	}
	return max(n, 0)
}

// admit lets the first n in.
func (w *twin) admit(at catalog.Time, n int) {
	w.record(at)
	if w.event.WaitingRoom.RatePerMinute > 0 {
		w.room.credit, w.room.creditAt = w.earned(at)-60_000*catalog.Time(n), at
	}
	for _, p := range w.in(waitroom.Waiting)[:n] {
		p.state, p.at = waitroom.Active, at+w.session()
	}
}

func (w *twin) letIn(at catalog.Time) {
	if w.room == nil || w.event == nil || w.gathers() {
		return
	}
	if n := w.mayEnter(at, w.count(waitroom.Waiting)); n > 0 {
		w.admit(at, n)
	}
}

func (w *twin) end(at catalog.Time, p *twinPlace, why waitroom.Reason) {
	w.record(at)
	p.state, p.why, p.at = waitroom.Gone, why, at
}

// done notes that a shopper's time may be over; finish ends it.
func (w *twin) done(place ID, why waitroom.Reason) { w.over = append(w.over, finish{place, why}) }

func (w *twin) endsWithHold(h *Hold) {
	if w.event != nil && w.event.WaitingRoom.EndWithHold {
		w.done(h.Place, waitroom.HoldEnded)
	}
}

func (w *twin) finish(at catalog.Time) {
	for _, f := range w.over {
		for _, p := range w.in(waitroom.Active) {
			if p.id == f.place && w.busy(p.id) == 0 {
				w.end(at, p, f.why)
			}
		}
	}
	w.over = nil
}

func (w *twin) draw(at catalog.Time) {
	w.record(at)
	w.room.drawn = true
	for rank, number := range waitroom.Mix(*w.room.seed, 0, uint32(len(w.room.places))) {
		w.room.places[number].rank = rank
	}
}

// queueDues is when something happens in the room by itself.
func (w *twin) queueDues() (all []catalog.Time) {
	if w.room == nil {
		return nil
	}
	for _, p := range w.in(waitroom.Active) {
		if w.busy(p.id) == 0 {
			all = append(all, p.at)
		}
	}
	waiting := w.count(waitroom.Waiting) > 0
	if waiting {
		all = append(all, max(w.scan, 1))
	}
	e := w.event
	if w.gathers() && !e.Cancelled {
		all = append(all, max(e.OnSaleAt, 1))
	}
	if waiting && !w.paused && !w.stopped && !e.Cancelled && w.count(waitroom.Active) < w.maxActive() {
		at := max(e.OnSaleAt, w.nextEarned(max(w.now, e.OnSaleAt)))
		if at > w.now && at < e.StartsAt {
			all = append(all, at)
		}
	}
	return all
}

func (w *twin) tickQueue(at catalog.Time) {
	if w.room == nil {
		return
	}
	if w.gathers() && at >= w.event.OnSaleAt && !w.event.Cancelled {
		w.draw(at)
	}
	for _, p := range w.in(waitroom.Active) {
		if p.at <= at && w.busy(p.id) == 0 {
			w.end(at, p, waitroom.TimedOut)
		}
	}
	if at < w.scan {
		return
	}
	w.scan = at + 5000
	for _, p := range w.in(waitroom.Waiting) {
		if p.seen+w.grace() <= at {
			w.end(at, p, waitroom.Lapsed)
		}
	}
}

// notForSale refuses who may not take tickets.
func (w *twin) notForSale(at catalog.Time, place ID, user string) *Refusal {
	return first(
		func() *Refusal { return w.closed(at) },
		func() *Refusal {
			if w.stopped {
				return &Refusal{Code: NotOnSale}
			}
			p := w.find(place, user)
			if w.room != nil && (p == nil || p.state != waitroom.Active || p.at <= at) {
				return &Refusal{Code: NotAdmitted}
			}
			return nil
		},
	)
}

func (w *twin) notBookable(at catalog.Time, c *Book) *Refusal {
	if c.Hold.IsZero() {
		return w.notForSale(at, c.Place, c.By.User)
	}
	if r := w.closed(at); r != nil || w.room == nil {
		return r
	}
	h := w.hold(c.Hold)
	if h != nil && h.Place.IsZero() {
		return nil
	}
	p := w.find(c.Place, c.By.User)
	if p == nil || p.state != waitroom.Active || h != nil && h.Place != p.id {
		return &Refusal{Code: NotAdmitted}
	}
	return nil
}

// written is the place that a hold or a booking gets.
func (w *twin) written(place ID) ID {
	if w.room == nil {
		return ID{}
	}
	return place
}

// defineRoom is what a new description does to the room.
func (w *twin) defineRoom(at catalog.Time, was, is *catalog.Event) {
	switch {
	case !is.WaitingRoom.Enabled:
		w.room = nil
		for _, h := range w.holds {
			h.Place = ID{}
		}
		for _, b := range w.bookings {
			if b.Status == Pending {
				b.Place = ID{}
			}
		}
	case w.room == nil:
		w.room = &twinRoom{shuffle: is.WaitingRoom.Order == "shuffle"}
	case was.OnSaleAt > at || is.OnSaleAt > at:
		w.room.shuffle = is.WaitingRoom.Order == "shuffle"
	}
}

// room is one of a few waiting rooms.
func (w world) room() catalog.WaitingRoom {
	return catalog.WaitingRoom{
		Enabled: true, MaxActive: oneOf(w, 1, 2, 3, 0), SessionSeconds: oneOf(w, 90, 900, 0),
		Order:        oneOf(w, "", "shuffle"),
		GraceSeconds: oneOf(w, 0, 60, 3000), RatePerMinute: oneOf(w, 0, 0, 1, 61), EndWithHold: w.pick(2) == 0,
	}
}

// place is a place's token and who has it: mostly a shopper, where there is one.
func (w world) place() (ID, By) {
	by := w.by()
	for _, state := range []waitroom.State{waitroom.Active, waitroom.Waiting, waitroom.Gone} {
		if list := w.w.in(state); len(list) > 0 && w.pick(5) > 0 {
			p := list[w.pick(len(list))]
			if w.pick(6) > 0 {
				by.User = p.user
			}
			return p.id, by
		}
	}
	return w.id("q"), by
}

// queueing makes commands about places.
func (w world) queueing(n int) Command {
	id, by := w.place()
	switch n {
	case 30, 31, 32, 33:
		by := w.by()
		if w.pick(2) == 0 {
			by.User = "u" + strconv.Itoa(w.pick(9))
		}
		return &JoinQueue{By: by, ID: w.id("q"), Seed: [32]byte{byte(1 + w.pick(9))}}
	case 34:
		return &ShowPlace{By: by, ID: id}
	case 35:
		other, _ := w.place()
		return &SeePlaces{IDs: []ID{id, other}}
	case 36, 37:
		return &LeaveQueue{By: by, ID: id}
	case 38:
		return &ShowQueue{}
	}
	c := &SteerQueue{}
	switch w.pick(4) {
	case 0:
		c.MaxActive = new(w.pick(4))
	case 1:
		c.Rate = new(oneOf(w, 0, 2, 120))
	case 2:
		c.Paused = new(w.pick(3) == 0)
	case 3:
		c.Stopped = new(w.pick(3) == 0)
	}
	return c
}

// compareRooms compares place by place.
func (p *pair) compareRooms(room *waitroom.Snapshot) {
	if room == nil || p.w.room == nil {
		if (room != nil) != (p.w.room != nil) {
			p.t.Fatalf("one has a room, and the other none")
		}
		return
	}
	if len(room.Places) != len(p.w.room.places) || room.Drawn != p.w.room.drawn {
		p.t.Fatalf("%d places, want %d", len(room.Places), len(p.w.room.places))
	}
	line := p.w.in(waitroom.Waiting)
	for i, got := range room.Places {
		want := p.w.room.places[i]
		until := got.At == int64(want.at) || got.State == waitroom.Waiting
		if ID(got.Token) != want.id || got.State != want.state || got.Reason != want.why || !until {
			p.t.Fatalf("place %s, want %+v", dump(got), *want)
		}
		if got.State == waitroom.Waiting && line[p.s.room.Ahead(got)] != want {
			p.t.Fatalf("place %d has %d ahead", i, p.s.room.Ahead(got))
		}
		if got.State == waitroom.Active && got.Busy != p.w.busy(want.id) {
			p.t.Fatalf("place %d is busy with %d, want %d", i, got.Busy, p.w.busy(want.id))
		}
	}
}
