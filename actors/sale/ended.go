package sale

import "boxoffice/actors/sale/catalog"

// expiredHolds remembers the holds whose time was over, oldest first, so that
// their users are told HoldExpired and not HoldNotFound.
type expiredHolds struct {
	list  queue[ExpiredHold]
	index map[ID]uint64 // number in list
}

func newExpiredHolds() expiredHolds { return expiredHolds{index: map[ID]uint64{}} }

// get is the expired hold with an id, or nil.
func (e *expiredHolds) get(id ID) *ExpiredHold {
	n, ok := e.index[id]
	if !ok {
		return nil
	}
	return e.list.at(n)
}

// add remembers a hold, and forgets the oldest one beyond the bound.
func (e *expiredHolds) add(h ExpiredHold, bound int) {
	e.index[h.ID] = e.list.push(h)
	if e.list.len() > bound {
		e.pop()
	}
}

func (e *expiredHolds) pop() {
	delete(e.index, e.list.front().ID)
	e.list.pop()
}

// endings is a heap of bookings by (EndedAt, ID): which one to forget next. The
// order is total, so it is a matter of what is in the heap, not of how it came
// there: a restored state forgets in the same order.
type endings []ending

// ending is a booking and when it was declined or cancelled.
type ending struct {
	at catalog.Time
	id ID
}

func (e ending) less(than ending) bool {
	if e.at != than.at {
		return e.at < than.at
	}
	return compareIDs(e.id, than.id) < 0
}

func (h *endings) push(e ending) {
	*h = append(*h, e)
	s := *h
	for i := len(s) - 1; i > 0; {
		parent := (i - 1) / 2
		if !s[i].less(s[parent]) {
			return
		}
		s[i], s[parent] = s[parent], s[i]
		i = parent
	}
}

// pop removes the first one; the heap is not empty.
func (h *endings) pop() ending {
	s := *h
	first, last := s[0], len(s)-1
	s[0] = s[last]
	s = s[:last]
	*h = s
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return first
		}
		if child+1 < last && s[child+1].less(s[child]) {
			child++
		}
		if !s[child].less(s[i]) {
			return first
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
}

// forgetsPerRecord is how many things of each kind one record lets go of. Each
// record adds at most one of a kind, so two would do to catch up after a while.
const forgetsPerRecord = 4

// forget lets go of what is older than KeyRetention, as of a record's time. It is
// done by records and not by Tick, so that a replay forgets the same at the same
// version; and a few at a time, so that no record waits for a million.
func (s *State) forget(at catalog.Time) {
	before := at - KeyRetention
	for n := 0; n < forgetsPerRecord && s.answers.len() > 0 && s.answers.list.front().At <= before; n++ {
		s.forgetAnswer()
	}
	for n := 0; n < forgetsPerRecord && s.expired.list.len() > 0 && s.expired.list.front().At <= before; n++ {
		s.expired.pop()
	}
	for n := 0; n < forgetsPerRecord && len(s.declined) > 0 && s.declined[0].at <= before; n++ {
		s.bookings.remove(s.declined.pop().id)
	}
}

// remember keeps an ended booking in one of the two heaps, and forgets the oldest
// one beyond the bound.
func (s *State) remember(in *endings, b *Booking) {
	in.push(ending{at: b.EndedAt, id: b.ID})
	if len(*in) > s.bounds.ended {
		s.bookings.remove(in.pop().id)
	}
}
