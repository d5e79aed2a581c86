package inventory

import (
	"fmt"
	"iter"
)

// Stock is the state of every ticket of a Plan. One goroutine owns it; readers
// elsewhere take a Snapshot.
type Stock struct {
	plan    *Plan
	free    bitSet   // available
	booked  bitSet   // never set together with free; neither: held
	counts  [3]int   // by Status
	left    []uint32 // by section: available tickets
	room    maxTree  // by line: the largest party that it can seat, see roomOf
	changes changes  // by ticket: when it changed last
}

// NewStock has every ticket available. changedAt, where it is not nil, is what
// Stock.ChangedAt gave before, and must have an entry for each ticket, or
// NewStock panics. It is copied.
func NewStock(p *Plan, changedAt []uint64) *Stock {
	s := &Stock{
		plan:    p,
		free:    newBitSet(p.Total()),
		booked:  newBitSet(p.Total()),
		left:    make([]uint32, len(p.sections)),
		changes: newChanges(p.Total(), changedAt),
	}
	s.free.fill(p.Total())
	s.counts[Available] = p.Total()
	for i := range p.sections {
		s.left[i] = uint32(p.sections[i].end - p.sections[i].first)
	}
	room := make([]uint32, len(p.lines)-1)
	for i := range room {
		room[i] = s.roomOf(uint32(i))
	}
	s.room = newMaxTree(room)
	return s
}

// roomOf is the largest party that a line of a full house can seat: its length.
// The first line of general admission speaks for the whole section, so that it
// is found first; the others for themselves.
func (s *Stock) roomOf(line uint32) uint32 {
	p := s.plan
	ln := &p.lines[line]
	if sec := &p.sections[ln.section]; sec.kind == general && line == sec.line {
		return s.left[ln.section]
	}
	return uint32(p.lines[line+1].first - ln.first)
}

// Plan is the layout.
func (s *Stock) Plan() *Plan { return s.plan }

// Status is a ticket's state.
func (s *Stock) Status(t Ticket) Status { return statusOf(s.free, s.booked, t) }

// statusOf reads a status from two bits.
func statusOf(free, booked bitSet, t Ticket) Status {
	switch {
	case free.has(t):
		return Available
	case booked.has(t):
		return Booked
	}
	return Held
}

// Set changes a ticket's state as of a version of the event, from any state to
// any; where it has that state already, only the version is noted. It panics
// where the plan has no such ticket.
func (s *Stock) Set(t Ticket, to Status, version uint64) {
	if int(t) >= s.plan.Total() || to > Booked {
		panic(fmt.Sprintf("inventory: set ticket %d of %d to %v", t, s.plan.Total(), to))
	}
	s.changes.set(s.plan.Total(), t, version)
	from := s.Status(t)
	if from == to {
		return
	}
	s.counts[from]--
	s.counts[to]++
	switch {
	case to == Booked:
		s.booked.add(t)
	case from == Booked:
		s.booked.drop(t)
	}
	switch {
	case to == Available:
		s.free.add(t)
		s.gave(t)
	case from == Available:
		s.free.drop(t)
		s.took(t)
	}
}

// gave counts a ticket that is available now. It joins the runs on both sides, and
// the longest run of the line can only become this one.
func (s *Stock) gave(t Ticket) {
	i := s.plan.lineOf(t)
	ln := &s.plan.lines[i]
	s.left[ln.section]++
	if s.plan.sections[ln.section].kind == general {
		s.recount(i, s.room.get(i)+1)
		return
	}
	start, stop := s.run(i, t)
	s.room.set(i, max(s.room.get(i), uint32(stop-start)))
}

// took counts a ticket that is no longer available. The line's longest run is
// looked for again only where the ticket was in one, and no further than to
// another of the same length.
func (s *Stock) took(t Ticket) {
	i := s.plan.lineOf(t)
	ln := &s.plan.lines[i]
	s.left[ln.section]--
	if s.plan.sections[ln.section].kind == general {
		s.recount(i, s.room.get(i)-1)
		return
	}
	start, stop := s.run(i, t)
	if longest := s.room.get(i); uint32(stop-start) == longest {
		s.room.set(i, s.free.longest(ln.first, s.plan.lines[i+1].first, longest))
	}
}

// run is the run of available tickets around t, as if t were available.
func (s *Stock) run(line uint32, t Ticket) (start, stop Ticket) {
	first, end := s.plan.lines[line].first, s.plan.lines[line+1].first
	return s.free.runStart(first, t), s.free.nextClear(t+1, end)
}

// recount changes the numbers of a general-admission line and of its section's first,
// which speaks for all of them.
func (s *Stock) recount(line, available uint32) {
	section := s.plan.lines[line].section
	s.room.set(line, available)
	s.room.set(s.plan.sections[section].line, s.left[section])
}

// Counts are the numbers of tickets in each state; together they are Plan.Total.
func (s *Stock) Counts() (available, held, booked int) {
	return s.counts[Available], s.counts[Held], s.counts[Booked]
}

// ChangedAfter are the tickets that changed after a version, in the order of the plan. It
// looks at when each one did, and those that changed back are among them. The stock must
// not change meanwhile.
func (s *Stock) ChangedAfter(version uint64) iter.Seq[Ticket] { return s.changes.after(version) }

// ChangedAt is, for each ticket, the version that last changed it; nil where none
// was changed. The slice is a copy, 8 bytes a ticket: it is for checkpoints.
func (s *Stock) ChangedAt() []uint64 { return s.changes.all() }
