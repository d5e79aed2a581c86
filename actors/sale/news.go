package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

const (
	// maxChanges bounds the tickets of News. A rush changes some hundreds in the time
	// between two questions; whoever missed more reads all of them.
	maxChanges = 4096
	// maxMoves bounds the places that are remembered to have moved: 24 bytes each.
	maxMoves = 4096
)

// News is what happened in an event after a version, for those who watch it.
type News struct {
	// Changes are the tickets that changed, once each and as they are now.
	Changes []TicketStatus
	// Stale: the house was laid out anew, too much changed, or the version is none of the
	// event's. All tickets are to be read.
	Stale bool
	// Missed: places may have been let in or ended that Answer.Places does not have. All
	// that matter are to be asked for.
	Missed bool
}

// moves are the places that were let in or ended lately, oldest first, with the version
// in which they did. Like who was seen, they are no part of what records make: they help
// who watches, and whoever owns the event next may know of fewer.
type moves struct {
	ring  []move
	next  int    // the oldest, once the ring is full: the next one goes there
	since uint64 // all moves after this version are there
}

type move struct {
	version uint64
	place   waitroom.ID
}

func (m *moves) add(v move, bound int) {
	if len(m.ring) < bound {
		m.ring = append(m.ring, v)
		return
	}
	m.since = m.ring[m.next].version
	m.ring[m.next] = v
	m.next = (m.next + 1) % len(m.ring)
}

// forget leaves nothing before or in a version.
func (m *moves) forget(version uint64) { *m = moves{ring: m.ring[:0], since: version} }

// after is how many moves came after a version; they are the last ones.
func (m *moves) after(version uint64) (n int) {
	for n < len(m.ring) && m.last(n).version > version {
		n++
	}
	return n
}

// last is the last move but i.
func (m *moves) last(i int) move {
	n := len(m.ring)
	return m.ring[(m.next+2*n-1-i)%n]
}

// admitted notes who is let in by a record that is not applied yet.
func (s *State) admitted(r *PlacesAdmitted) {
	for place := range s.waitingRoom().Front(r.Count) {
		s.moves.add(move{s.version, place}, s.bounds.moves)
	}
	s.room.Admit(int64(r.At), r.Count)
}

// placeEnded ends a place and notes it.
func (s *State) placeEnded(r *PlaceEnded) {
	s.waitingRoom().Go(int64(r.At), waitroom.ID(r.ID), r.Reason)
	s.moves.add(move{s.version, waitroom.ID(r.ID)}, s.bounds.moves)
}

// showNews tells what happened after a version. It looks at when each ticket changed: a
// hundred thousand take some 100 µs.
func (s *State) showNews(c *ShowNews) Answer {
	future := c.Since > s.version
	n := &News{Stale: future || c.Since < s.laidOut, Missed: future || c.Since < s.moves.since}
	a := Answer{News: n}
	if !n.Stale {
		n.Changes, n.Stale = s.changes(c.Since)
	}
	if n.Missed || s.room == nil {
		return a
	}
	for i := s.moves.after(c.Since) - 1; i >= 0; i-- {
		token := s.moves.last(i).place
		if p, ok := s.room.Find(token); ok {
			a.Places = append(a.Places, s.moved(p))
		} else {
			a.Places = append(a.Places, Place{ID: ID(token)}) // long gone
		}
	}
	return a
}

// changes are the tickets that changed after a version, unless they are too many.
func (s *State) changes(since uint64) (list []TicketStatus, tooMany bool) {
	if since == s.version {
		return nil, false
	}
	plan := s.stock.Plan()
	for t := range s.stock.ChangedAfter(since) {
		if len(list) == maxChanges {
			return nil, true
		}
		list = append(list, TicketStatus{ID: plan.ID(t), Status: s.stock.Status(t)})
	}
	return list, false
}

// moved is what is told of a place that was let in or ended.
func (s *State) moved(p waitroom.Place) Place {
	m := Place{ID: ID(p.Token), State: p.State, Reason: p.Reason}
	if p.State == waitroom.Active {
		m.Until = catalog.Time(p.At)
	}
	return m
}

// oldestChange is a version before which the house of a restored state was laid out, or
// in it: every ticket has changed since then.
func oldestChange(stock *inventory.Stock) (oldest uint64) {
	for i, v := range stock.ChangedAt() {
		if i == 0 || v < oldest {
			oldest = v
		}
	}
	return oldest
}
