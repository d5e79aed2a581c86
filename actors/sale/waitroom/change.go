package waitroom

// Take gives the last place of the line to who, under a token that is not in use.
func (r *Room) Take(at int64, token ID, who Who) {
	must(r.open && token != ID{}, "the room is not open, or the token is none")
	_, used := r.tokens.find(&token)
	must(!used && r.Len() < MaxPlaces, "the token is in use, or the room is full")
	r.forget(at)
	n := r.places.add(place{token: token, who: who, at: at, state: Waiting})
	r.places.at(n).rank = n
	r.tokens.add(&token, n)
	if who != (Who{}) {
		if was, ok := r.owners.find(&who); ok {
			must(r.places.at(was).state == Gone, "its owner has a place")
			r.owners.remove(&who)
		}
		r.owners.add(&who, n)
	}
	r.line.push(n)
	r.places.see(n, at)
}

// Admit lets the first n of the line in.
func (r *Room) Admit(at int64, n int) {
	must(n > 0 && n <= r.line.len() && r.active+n <= r.settings.MaxActive, "it lets in more than there is room")
	if r.settings.Rate > 0 {
		r.credit, r.creditAt = r.creditBy(at)-int64(n)*minute, at
	}
	for range n {
		number := r.line.pop()
		p := r.places.at(number)
		p.state, p.at = Active, at+r.settings.Session
		r.begin(number)
	}
	r.active += n
	r.flow.at(at, r.line.len()).Admitted += n
	if r.flow.began == 0 {
		r.flow.began = at
	}
}

// Sold counts tickets that a shopper has booked.
func (r *Room) Sold(at int64, tickets int) { r.flow.at(at, r.line.len()).Sold += tickets }

// Go ends a place, for a reason.
func (r *Room) Go(at int64, token ID, why Reason) {
	n, ok := r.tokens.find(&token)
	must(ok, "there is no such place")
	p := r.places.at(n)
	switch p.state {
	case Waiting:
		r.line.remove(p.rank)
		r.flow.at(at, r.line.len()).Dropped++
	case Active:
		must(p.busy == 0, "the shopper holds or pays")
		r.active--
		r.flow.at(at, r.line.len()).Freed++
	default:
		must(false, "the place is gone")
	}
	p.state, p.reason, p.at = Gone, why, at
	r.places.gone(n)
}

// Begin says that an active place has one hold or undecided payment more.
func (r *Room) Begin(token ID) {
	p := r.shopper(token)
	must(p.busy < 1<<15, "a shopper does too much")
	p.busy++
}

// Done says that it has one less. A session whose time was over meanwhile is among the
// Overdue from now on.
func (r *Room) Done(token ID) {
	p := r.shopper(token)
	must(p.busy > 0, "a shopper is done with what he never began")
	if p.busy--; p.busy == 0 && p.parked {
		n, _ := r.tokens.find(&token)
		r.begin(n)
	}
}

func (r *Room) shopper(token ID) *place {
	n, ok := r.tokens.find(&token)
	must(ok, "there is no such place")
	p := r.places.at(n)
	must(p.state == Active, "it is not a shopper's")
	return p
}

// Seen notes that somebody is at a place. It is no record: see the package's comment.
func (r *Room) Seen(at int64, token ID) bool {
	n, ok := r.tokens.find(&token)
	if ok {
		r.places.see(n, at)
	}
	return ok
}

// SeenAll notes that somebody is at every place: what a new owner believes.
func (r *Room) SeenAll(at int64) { r.places.seeAll(at) }

// Absent appends the tokens of waiting places that nobody was seen at for the grace, in
// the order of the line, at most limit. It looks at every waiting place until then:
// a million take about a millisecond.
func (r *Room) Absent(at int64, limit int, out []ID) []ID {
	before := at - r.settings.Grace
	for rank, ok := r.line.first(); ok && limit > 0; rank, ok = r.line.next(rank) {
		n := r.line.number(rank)
		if r.places.seen(n) <= before {
			out = append(out, r.places.at(n).token)
			limit--
		}
	}
	return out
}

// forget drops the oldest blocks of gone places. Those that a draw has mixed go
// together, because their ranks lie in one another's blocks.
func (r *Room) forget(at int64) {
	for r.places.oldestGone(at-KeepGone, r.line.mixed()) {
		first, last := r.places.oldest()
		for n := first; n < last; n++ {
			p := r.places.at(n)
			r.tokens.remove(&p.token)
			if owner, ok := r.owners.find(&p.who); ok && owner == n {
				r.owners.remove(&p.who)
			}
		}
		r.places.drop()
		r.line.drop(last)
	}
}
