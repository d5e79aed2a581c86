package inventory

import (
	"strconv"

	"boxoffice/actors/sale/catalog"
)

// Find is the ticket with an id; any text may be asked for. It allocates nothing. An id
// is first read as one that the house makes, which is a lookup in a table with an entry
// a row and warm in the processor's cache, and then as a listed one.
func (p *Plan) Find(id string) (Ticket, bool) {
	if prefix, n, ok := catalog.CutTicketID(id); ok {
		if t, ok := p.findNumbered(prefix, n); ok {
			return t, true
		}
	}
	for probe := p.byLabel.find(hash(id)); ; {
		t, ok := probe.next()
		if !ok {
			return 0, false
		}
		s := p.sectionOf(Ticket(t))
		if p.labels.at(s.label + t - uint32(s.first)).is(id) {
			return Ticket(t), true
		}
	}
}

// findNumbered is ticket n, from 1, of the row or general-admission section that
// a prefix names.
func (p *Plan) findNumbered(prefix string, n int) (Ticket, bool) {
	for probe := p.byPrefix.find(hash(prefix)); ; {
		i, ok := probe.next()
		if !ok {
			return 0, false
		}
		ln := &p.lines[i]
		s := &p.sections[ln.section]
		if !ln.named(s, prefix) {
			continue
		}
		end := s.end // of general admission, whose lines are all behind one prefix
		if s.kind == rows {
			end = p.lines[i+1].first
		}
		if t := ln.first + Ticket(n-1); t < end {
			return t, true
		}
		return 0, false
	}
}

// named reports whether ids of a line start with a prefix. It compares the parts
// where they are: no line keeps its prefix.
func (ln *line) named(s *section, prefix string) bool {
	if s.kind == general {
		return prefix == s.name
	}
	n := len(s.name)
	return len(prefix) == n+1+len(ln.row) && prefix[n] == '-' && prefix[:n] == s.name && prefix[n+1:] == ln.row
}

// ID is the id of a ticket. It panics where the plan has no such ticket, as every
// method that takes a Ticket does.
func (p *Plan) ID(t Ticket) string {
	var buf [64]byte
	return string(p.AppendID(buf[:0], t))
}

// AppendID appends the id of a ticket. It allocates only what dst lacks.
func (p *Plan) AppendID(dst []byte, t Ticket) []byte {
	ln := &p.lines[p.lineOf(t)]
	s := &p.sections[ln.section]
	switch s.kind {
	case listed:
		seat := p.labels.at(s.label + uint32(t-s.first))
		return append(append(dst, seat.prefix...), seat.rest...)
	case general:
		dst = append(append(dst, s.name...), '-')
		return strconv.AppendUint(dst, uint64(t-s.first)+1, 10)
	}
	dst = append(append(dst, s.name...), '-')
	dst = append(append(dst, ln.row...), '-')
	return strconv.AppendUint(dst, uint64(t-ln.first)+1, 10)
}

// Inventory is what the plan was made from, in memory of its own. It allocates as
// much as a decoded event, so it is for exports and checkpoints.
func (p *Plan) Inventory() catalog.Inventory {
	inv := catalog.Inventory{Currency: p.currency, Sections: make([]catalog.Section, len(p.sections))}
	for i := range p.sections {
		inv.Sections[i] = p.describe(&p.sections[i])
	}
	return inv
}

// describe is a section as the catalog gives it. Lines of listed seats become rows
// again because neighbours of another line have another row.
func (p *Plan) describe(s *section) catalog.Section {
	out := catalog.Section{Name: s.name, Price: s.price}
	switch s.kind {
	case general:
		out.Capacity = int(s.end - s.first)
	case rows:
		out.Rows = make([]catalog.Row, 0, s.stop-s.line)
		for i := s.line; i < s.stop; i++ {
			seats := int(p.lines[i+1].first - p.lines[i].first)
			out.Rows = append(out.Rows, catalog.Row{Name: p.lines[i].row, Seats: seats})
		}
	case listed:
		out.Seats = make([]catalog.Seat, 0, s.end-s.first)
		for i := s.line; i < s.stop; i++ {
			for t := p.lines[i].first; t < p.lines[i+1].first; t++ {
				seat := p.labels.at(s.label + uint32(t-s.first))
				out.Seats = append(out.Seats, catalog.Seat{
					ID: seat.prefix + seat.rest, Row: p.lines[i].row, Number: seat.seatNumber(),
				})
			}
		}
	}
	return out
}
