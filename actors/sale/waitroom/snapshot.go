package waitroom

// Snapshot is a Room written down; see Restore. Presence is not part of it.
type Snapshot struct {
	Settings         Settings
	Seed             [32]byte
	Opened, Drawn    bool
	First            int // number of Places[0]
	Places           []Place
	Mixed            []uint32 // ranks from MixedFrom on, as numbers; of a draw whose places are still here
	MixedFrom        uint32
	Credit, CreditAt int64
	Flow             []Flow
	Began            int64 // when somebody was let in first; 0: nobody was
}

// Snapshot writes the room down. It takes time and memory in the number of places.
func (r *Room) Snapshot() Snapshot {
	s := Snapshot{
		Settings: r.settings, Seed: r.seed, Opened: r.open, Drawn: r.drawn, First: int(r.places.first),
		Mixed: r.line.order, MixedFrom: r.line.from,
		Credit: r.credit, CreditAt: r.creditAt,
		Flow: append([]Flow(nil), r.flow.steps...), Began: r.flow.began,
	}
	if n := r.places.len(); n > 0 {
		s.Places = make([]Place, 0, n)
	}
	r.places.each(func(n uint32, _ *place) { s.Places = append(s.Places, r.place(n)) })
	return s
}

// Restore is the Room that s was taken from, with everybody just seen at at. It keeps
// s.Mixed, which is not changed.
func Restore(s Snapshot, at int64) *Room {
	must(s.First >= 0 && s.First%blockLen == 0 && len(s.Places) <= MaxPlaces, "it has another's numbers")
	r := New(s.Settings)
	r.seed, r.open, r.drawn = s.Seed, s.Opened, s.Drawn
	r.credit, r.creditAt = s.Credit, s.CreditAt
	r.flow = flow{steps: append([]Flow(nil), s.Flow...), began: s.Began}
	first := uint32(s.First)
	r.places.first, r.places.next = first, first
	r.line.base, r.line.end, r.line.head, r.line.from = first, first, first, first
	for _, p := range s.Places {
		r.restorePlace(p)
	}
	r.line.restore(s.MixedFrom, s.Mixed, r)
	r.places.seeAll(at)
	return r
}

// restorePlace puts a place where its state says that it belongs.
func (r *Room) restorePlace(p Place) {
	must(p.State >= Waiting && p.State <= Gone && p.Busy >= 0 && p.Busy <= 1<<15, "a place is in no state")
	n := r.places.add(place{
		token: p.Token, who: p.Who, at: p.At, busy: uint16(p.Busy), state: p.State, reason: p.Reason,
	})
	r.places.at(n).rank = n
	_, used := r.tokens.find(&p.Token)
	must(!used, "a token is in use twice")
	r.tokens.add(&p.Token, n)
	if p.Who != (Who{}) {
		if was, ok := r.owners.find(&p.Who); ok {
			must(r.places.at(was).state == Gone, "an owner has two places")
			r.owners.remove(&p.Who)
		}
		r.owners.add(&p.Who, n)
	}
	r.line.push(n)
	switch p.State {
	case Active:
		r.active++
		r.begin(n)
	case Gone:
		r.places.gone(n)
	}
}

// restore sets who waits, behind a draw or without one.
func (l *line) restore(from uint32, order []uint32, r *Room) {
	mixedTo := from + uint32(len(order))
	must(len(order) == 0 || from >= l.base && mixedTo <= l.end, "a draw has places that are not here")
	for i, n := range order {
		must(n >= from && n < mixedTo, "a draw has a place that is not in it")
		r.places.at(n).rank = from + uint32(i)
	}
	l.order, l.from = order, from
	if len(order) == 0 {
		l.from = l.base
	}
	clear(l.words)
	l.recount()
	l.head = l.end
	r.places.each(func(_ uint32, p *place) {
		if p.state == Waiting {
			l.set(p.rank)
		}
	})
}
