package sale

import (
	"crypto/sha256"
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// decideQueue is decide for the commands of the waiting room.
func (w *twin) decideQueue(at catalog.Time, c Command) Answer {
	switch c := c.(type) {
	case *JoinQueue:
		return w.join(at, c)
	case *ShowPlace:
		if w.room == nil {
			return Answer{Place: &Place{ID: c.ID, State: waitroom.Active}}
		}
		p := w.find(c.ID, c.By.User)
		if p == nil {
			return refuse(PlaceNotFound)
		}
		w.see(p, at)
		return Answer{Place: w.shown(at, p)}
	case *SeePlaces:
		var list []Place
		for _, id := range c.IDs {
			shown := Place{ID: id}
			if w.room == nil {
				shown.State = waitroom.Active
			}
			for _, state := range []waitroom.State{waitroom.Waiting, waitroom.Active, waitroom.Gone} {
				for _, p := range w.in(state) {
					if p.id == id {
						w.see(p, at)
						shown = *w.shown(at, p)
					}
				}
			}
			list = append(list, shown)
		}
		return Answer{Places: list}
	case *LeaveQueue:
		return w.leave(at, c)
	case *ShowQueue:
		return Answer{Queue: w.showQueue(at)}
	case *SteerQueue:
		return w.steer(at, c)
	}
	panic("the twin does not know the command")
}

func (w *twin) join(at catalog.Time, c *JoinQueue) Answer {
	if r := w.closed(at); r != nil && r.OnSaleAt == 0 {
		return Answer{Refusal: r}
	}
	if w.room == nil {
		return Answer{Place: &Place{ID: c.ID, State: waitroom.Active}}
	}
	r := w.room
	for _, p := range r.places {
		mine := c.By.User != "" && p.user == c.By.User
		if c.By.User == "" && !c.By.Key.None() {
			mine = p.user == "" && p.key == c.By.Key.ID
		}
		if mine && p.state != waitroom.Gone {
			w.see(p, at)
			return Answer{Place: w.shown(at, p), Unchanged: true}
		}
	}
	used := slices.ContainsFunc(r.places, func(p *twinPlace) bool { return p.id == c.ID })
	switch {
	case used || c.ID.IsZero():
		return refuse(WrongTickets)
	case len(r.places) >= w.bounds.places:
		return refuse(QueueFull)
	}
	if r.seed == nil {
		w.record(at)
		r.seed = &c.Seed
		if r.shuffle && at >= w.event.OnSaleAt {
			w.draw(at)
		}
	}
	w.record(at)
	n := len(r.places)
	p := &twinPlace{id: c.ID, user: c.By.User, key: c.By.Key.ID, number: n, rank: n, state: waitroom.Waiting}
	r.places = append(r.places, p)
	w.see(p, at)
	if w.count(waitroom.Waiting) == 1 && w.mayEnter(at, 1) == 1 {
		w.admit(at, 1)
	}
	return Answer{Place: w.shown(at, p)}
}

// shown is a place as its owner is told of it.
func (w *twin) shown(at catalog.Time, p *twinPlace) *Place {
	shown := &Place{ID: p.id, State: p.state, Reason: p.why, Number: p.number, Waiting: w.count(waitroom.Waiting),
		Grace: w.grace(), Draw: w.shownDraw()}
	if at < w.event.OnSaleAt {
		shown.OpensAt = w.event.OnSaleAt
	}
	switch p.state {
	case waitroom.Active:
		shown.Until = p.at
	case waitroom.Waiting:
		shown.Ahead = slices.Index(w.in(waitroom.Waiting), p)
		if w.gathers() {
			shown.Ahead = -1
		}
	}
	return shown
}

func (w *twin) shownDraw() *Draw {
	if !w.room.shuffle || w.room.seed == nil {
		return nil
	}
	d := &Draw{Commitment: sha256.Sum256(w.room.seed[:])}
	if w.room.drawn {
		d.Seed = *w.room.seed
	}
	return d
}

func (w *twin) leave(at catalog.Time, c *LeaveQueue) Answer {
	p := w.find(c.ID, c.By.User)
	switch {
	case p == nil:
		return refuse(PlaceNotFound)
	case p.state == waitroom.Gone:
		return Answer{}
	}
	var mine []*Hold
	for _, h := range w.holds {
		if h.Place == p.id && h.Paying.IsZero() {
			mine = append(mine, h)
		}
	}
	if len(mine) < w.busy(p.id) {
		return refuse(BookingPending)
	}
	for _, h := range mine {
		w.record(at)
		w.dropHold(h)
	}
	w.end(at, p, waitroom.Left)
	return Answer{}
}

func (w *twin) showQueue(at catalog.Time) *Queue {
	room := w.event.WaitingRoom
	q := &Queue{At: at, Enabled: w.room != nil, MaxActive: room.MaxActive, Rate: room.RatePerMinute,
		Paused: w.paused, Stopped: w.stopped}
	if w.room == nil {
		return q
	}
	q.MaxActive, q.Draw = w.maxActive(), w.shownDraw()
	q.Waiting, q.Active = w.count(waitroom.Waiting), w.count(waitroom.Active)
	for _, p := range w.in(waitroom.Waiting) {
		if q.Oldest == 0 || p.seen < q.Oldest {
			q.Oldest = p.seen
		}
	}
	return q
}

func (w *twin) steer(at catalog.Time, c *SteerQueue) Answer {
	e, paused, stopped := *w.event, w.paused, w.stopped
	set(&e.WaitingRoom.MaxActive, c.MaxActive)
	set(&e.WaitingRoom.RatePerMinute, c.Rate)
	set(&paused, c.Paused)
	set(&stopped, c.Stopped)
	if e.WaitingRoom != w.event.WaitingRoom || paused != w.paused || stopped != w.stopped {
		w.record(at)
		w.event, w.paused, w.stopped = &e, paused, stopped
	}
	return Answer{}
}
