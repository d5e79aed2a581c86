package waitroom

import (
	"cmp"
	"slices"
)

// sessions are the active places in a heap by the ends of their sessions, then by
// number. An entry whose place went is dropped when it comes to the top. So is one
// whose place is busy, which is parked: it comes back when the place is idle.
type sessions struct{ heap []session }

type session struct {
	end    int64
	number uint32
}

func compareSessions(a, b session) int {
	return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.number, b.number))
}

func (s *sessions) add(e session) {
	s.heap = append(s.heap, e)
	for i := len(s.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if compareSessions(s.heap[up], s.heap[i]) <= 0 {
			return
		}
		s.heap[i], s.heap[up] = s.heap[up], s.heap[i]
		i = up
	}
}

// pop removes the top.
func (s *sessions) pop() session {
	top, last := s.heap[0], len(s.heap)-1
	s.heap[0] = s.heap[last]
	s.heap = s.heap[:last]
	for i := 0; ; {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < last && compareSessions(s.heap[child], s.heap[least]) < 0 {
				least = child
			}
		}
		if least == i {
			return top
		}
		s.heap[i], s.heap[least] = s.heap[least], s.heap[i]
		i = least
	}
}

// due are the entries whose time is over, in their order. It looks at those only, and
// at most two more for each of them.
func (s *sessions) due(at int64) []session {
	var due []session
	todo := []int{0}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i < len(s.heap) && s.heap[i].end <= at {
			due = append(due, s.heap[i])
			todo = append(todo, 2*i+1, 2*i+2)
		}
	}
	slices.SortFunc(due, compareSessions)
	return due
}

// Overdue appends the tokens of sessions whose time is over, and that have neither a
// hold nor an undecided payment, in the order of their ends and then of their numbers.
func (r *Room) Overdue(at int64, out []ID) []ID {
	r.tidy()
	for _, e := range r.sessions.due(at) {
		if p := r.session(e); p != nil && p.busy == 0 {
			out = append(out, p.token)
		}
	}
	return out
}

// NextEnd is when the next session ends that nothing holds up; 0: there is none.
func (r *Room) NextEnd() int64 {
	r.tidy()
	if len(r.sessions.heap) == 0 {
		return 0
	}
	return r.sessions.heap[0].end
}

// tidy leaves a top that may end, or nothing.
func (r *Room) tidy() {
	for len(r.sessions.heap) > 0 {
		p := r.session(r.sessions.heap[0])
		if p != nil && p.busy == 0 {
			return
		}
		r.sessions.pop()
		if p != nil {
			p.parked = true
		}
	}
}

// session is the place of an entry that still counts; else nil.
func (r *Room) session(e session) *place {
	if e.number < r.places.first {
		return nil
	}
	if p := r.places.at(e.number); p.state == Active && p.at == e.end && !p.parked {
		return p
	}
	return nil
}

// begin enters a place that is active and idle.
func (r *Room) begin(number uint32) {
	p := r.places.at(number)
	p.parked = false
	r.sessions.add(session{p.at, number})
}

// Extend moves the ends of all sessions later, by a time in which nobody owned the room.
func (r *Room) Extend(gap int64) {
	must(gap > 0, "there was no gap")
	r.sessions.heap = r.sessions.heap[:0]
	r.places.each(func(n uint32, p *place) {
		if p.state == Active {
			p.at += gap
			r.begin(n)
		}
	})
}
