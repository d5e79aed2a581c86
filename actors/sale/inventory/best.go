package inventory

// Query asks for the best available tickets.
type Query struct {
	Quantity int    // below 1 nothing is found
	Section  string // "": any
	MaxPrice int64  // a ticket, minor units; 0: any; below 0: only what costs nothing
	Adjacent bool   // neighbours in one row, or one general-admission section, or nothing
}

// Best appends the best available tickets for q to dst in ascending order, or
// reports false where there are not enough. The same stock and query give the
// same tickets; the package comment has the rule. It allocates only what dst
// lacks, and takes time in proportion to the quantity, the one row that it
// chooses, and the logarithm of the number of rows.
func (s *Stock) Best(q Query, dst []Ticket) ([]Ticket, bool) {
	if q.Quantity < 1 || q.Quantity > s.counts[Available] {
		return dst, false
	}
	from, end, ok := s.plan.span(q.Section)
	if !ok {
		return dst, false
	}
	want := uint32(q.Quantity)
	if line := s.nextLine(q, from, end, want); line < end {
		if s.plan.sections[s.plan.lines[line].section].kind == general {
			return s.takeInOrder(q, line, end, dst), true
		}
		start := s.place(line, want)
		for t := start; t < start+Ticket(want); t++ {
			dst = append(dst, t)
		}
		return dst, true
	}
	if q.Adjacent || s.Matching(q) < q.Quantity {
		return dst, false
	}
	// No neighbours anywhere, and they are not demanded.
	return s.takeInOrder(q, from, end, dst), true
}

// Matching is how many available tickets meet q's section and price, whatever its
// quantity. With a price it adds up the sections, 2,000 at most.
func (s *Stock) Matching(q Query) int {
	if q.Section != "" {
		i, ok := s.plan.findSection(q.Section)
		if !ok || !q.allows(&s.plan.sections[i]) {
			return 0
		}
		return int(s.left[i])
	}
	if q.allows(&section{price: s.plan.highest}) { // all are: the usual question
		return s.counts[Available]
	}
	n := 0
	for i := range s.plan.sections {
		if q.allows(&s.plan.sections[i]) {
			n += int(s.left[i])
		}
	}
	return n
}

// allows reports whether a section is cheap enough.
func (q *Query) allows(s *section) bool { return q.MaxPrice == 0 || s.price <= max(q.MaxPrice, 0) }

// span is the lines of a section; of the house for "".
func (p *Plan) span(name string) (from, end uint32, ok bool) {
	if name == "" {
		return 0, uint32(len(p.lines) - 1), true
	}
	i, ok := p.findSection(name)
	if !ok {
		return 0, 0, false
	}
	return p.sections[i].line, p.sections[i].stop, true
}

// nextLine is the first line from a place on that q allows and that has room for
// so many; end where there is none before it. Sections without room cost nothing,
// those that are too dear one search each.
func (s *Stock) nextLine(q Query, from, end, want uint32) uint32 {
	for line := from; ; {
		if line = s.room.next(line, want); line >= end {
			return end
		}
		sec := &s.plan.sections[s.plan.lines[line].section]
		if q.allows(sec) {
			return line
		}
		// Too dear, and so is the rest of the section.
		if line = sec.stop; line >= end {
			return end
		}
	}
}

// takeInOrder appends the first available tickets from a line on; the caller
// knows that there are enough. Lines without any are passed over by the tree. The
// first line of general admission may have none itself, where a later one has.
func (s *Stock) takeInOrder(q Query, from, end uint32, dst []Ticket) []Ticket {
	left := q.Quantity
	for line := s.nextLine(q, from, end, 1); ; line = s.nextLine(q, line+1, end, 1) {
		stop := s.plan.lines[line+1].first
		for t := s.free.nextSet(s.plan.lines[line].first, stop); t < stop; t = s.free.nextSet(t+1, stop) {
			dst = append(dst, t)
			if left--; left == 0 {
				return dst
			}
		}
	}
}

// place is where a party of n sits in a row that has room for it. It looks at each run
// of the row: at most 5,000, in a row of 10,000 seats of which every other is sold.
func (s *Stock) place(line, n uint32) Ticket {
	first, end := s.plan.lines[line].first, s.plan.lines[line+1].first
	row := party{first: int(first), end: int(end), size: int(n)}
	nearest, chosen := -1, run{} // nearest is -1 before the first run that is long enough
	for at := s.free.nextSet(first, end); at < end; {
		stop := s.free.nextClear(at, end)
		if uint32(stop-at) >= n {
			r := run{start: int(at), stop: int(stop)}
			if d := row.distance(row.towardsCentre(r)); nearest < 0 || d < nearest {
				nearest, chosen = d, r
			}
		}
		at = s.free.nextSet(stop, end)
	}
	return Ticket(row.settle(chosen))
}

// run is available neighbours, start to stop-1. Places are ints here, not Tickets:
// distances have a sign.
type run struct{ start, stop int }

// party is people who want to sit side by side in a row, first to end-1.
type party struct{ first, end, size int }

// distance is how far the middle of a party that sits from start on is from the
// middle of the row, in half seats.
func (p party) distance(start int) int {
	d := 2*start + p.size - p.first - p.end
	return max(d, -d)
}

// towardsCentre is the place in a run that is nearest the row's centre; of two,
// the lower.
func (p party) towardsCentre(r run) int {
	// The middle of the row, cut down to a whole seat: the lower of two.
	start := (p.first + p.end - p.size) >> 1
	return min(max(start, r.start), r.stop-p.size)
}

// settle is the place in a run that leaves the fewest single seats, then is the
// nearest to the centre, then the lowest. Only the places one seat from an end of
// the run leave a single seat, so a better one is at most two seats away.
func (p party) settle(r run) int {
	centre := p.towardsCentre(r)
	best, single, distance := centre, 3, 0 // 3: more single seats than two ends can have
	for start := max(r.start, centre-2); start <= min(r.stop-p.size, centre+2); start++ {
		n := p.singles(r, start)
		if d := p.distance(start); n < single || n == single && d < distance {
			best, single, distance = start, n, d
		}
	}
	return best
}

// singles is how many single seats a party that sits from start on leaves at the
// ends of its run.
func (p party) singles(r run, start int) int {
	n := 0
	if start-r.start == 1 {
		n++
	}
	if r.stop-start-p.size == 1 {
		n++
	}
	return n
}
