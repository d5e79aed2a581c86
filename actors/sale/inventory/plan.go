package inventory

import (
	"fmt"
	"strconv"

	"boxoffice/actors/sale/catalog"
)

// Plan is the immutable layout of a house. Any number of goroutines may read it.
type Plan struct {
	currency        string
	lowest, highest int64     // prices
	sections        []section // in the catalog's order
	lines           []line    // and one more, which starts where the last one ends
	lineAt          []uint32  // the line of every 64th ticket
	labels          labels    // of listed seats, in order

	bySection table // section names → sections
	byPrefix  table // what stands before the number in an id → lines
	byLabel   table // ids of listed seats → tickets

	fingerprint [16]byte
}

// kind is the form in which the catalog gives a section.
type kind uint8

// The forms. rows have ids "section-row-number", general admission has ids
// "section-number", listed seats bring theirs.
const (
	rows kind = iota
	listed
	general
)

// section is a part of the house with one price. Tickets and lines of a section are
// without gaps, and follow those of the section before it.
type section struct {
	name       string
	price      int64
	first, end Ticket // its tickets
	line, stop uint32 // its lines
	label      uint32 // listed: the place of its first seat in labels
	kind       kind
}

// line is tickets that are neighbours: a row, or a word of general admission. It is 24
// bytes: a house may have as many lines as tickets.
type line struct {
	row     string // "" in general admission
	first   Ticket // it ends where the next line starts
	section uint32
}

// wordBits is the number of tickets in a word of a bit set.
const wordBits = 64

// NewPlan lays out a house; the inventory passed catalog.Check. It shares the
// names of sections and rows with the inventory, and nothing else: a caller may
// drop the inventory and get it back from Plan.Inventory. It panics where there
// are more tickets than a Plan can number, which catalog.Check excludes.
func NewPlan(inv catalog.Inventory) *Plan {
	p := &Plan{currency: inv.Currency, sections: make([]section, 0, len(inv.Sections))}
	p.lines = make([]line, 0, countLines(inv.Sections)+1)
	var (
		seats labelWriter
		next  Ticket
	)
	for i, s := range inv.Sections {
		sec := section{name: s.Name, price: s.Price, first: next, line: uint32(len(p.lines))}
		switch {
		case len(s.Rows) > 0:
			next = p.addRows(s.Rows, next)
		case len(s.Seats) > 0:
			sec.kind, sec.label = listed, uint32(len(seats.blocks)*blockSeats+len(seats.block))
			next = p.addSeats(s.Seats, next, &seats)
		default:
			sec.kind = general
			next = p.addGeneral(s.Capacity, next)
		}
		sec.end, sec.stop = next, uint32(len(p.lines))
		p.sections = append(p.sections, sec)
		if i == 0 || s.Price < p.lowest {
			p.lowest = s.Price
		}
		p.highest = max(p.highest, s.Price)
	}
	if next > maxValue {
		panic(fmt.Sprintf("inventory: %d tickets, more than %d", next, maxValue))
	}
	p.lines = append(p.lines, line{first: next})
	p.labels = seats.labels()
	p.index()
	p.fingerprint = fingerprintOf(p)
	return p
}

// countLines is how many lines sections make; NewPlan then allocates once.
func countLines(sections []catalog.Section) int {
	n, next := 0, 0
	for _, s := range sections {
		switch {
		case len(s.Rows) > 0:
			n += len(s.Rows)
			for _, r := range s.Rows {
				next += r.Seats
			}
		case len(s.Seats) > 0:
			for i, seat := range s.Seats {
				if i == 0 || seat.Row != s.Seats[i-1].Row {
					n++
				}
			}
			next += len(s.Seats)
		default:
			end := next + s.Capacity
			n += (end+wordBits-1)/wordBits - next/wordBits
			next = end
		}
	}
	return n
}

// addRows adds a line a row, and returns the ticket behind the last one, as addSeats
// and addGeneral do.
func (p *Plan) addRows(rows []catalog.Row, next Ticket) Ticket {
	for _, r := range rows {
		p.addLine(r.Name, next)
		next += Ticket(r.Seats)
	}
	return next
}

// addSeats adds a line wherever the list goes to another row: a row that comes back
// later in the list is another line, since neighbours stand together in the list.
func (p *Plan) addSeats(seats []catalog.Seat, next Ticket, w *labelWriter) Ticket {
	for i, seat := range seats {
		if i == 0 || seat.Row != seats[i-1].Row {
			p.addLine(seat.Row, next)
		}
		w.add(seat)
		next++
	}
	return next
}

// addGeneral cuts general admission where a word of the bit sets ends, so that to
// search a line is to look at one word.
func (p *Plan) addGeneral(capacity int, next Ticket) Ticket {
	for end := next + Ticket(capacity); next < end; next = min(end, (next/wordBits+1)*wordBits) {
		p.addLine("", next)
	}
	return next
}

// addLine starts a line of the section that comes next.
func (p *Plan) addLine(row string, first Ticket) {
	p.lines = append(p.lines, line{row: row, first: first, section: uint32(len(p.sections))})
}

// index makes the tables once sections, lines and labels are complete.
func (p *Plan) index() {
	p.lineAt = make([]uint32, (p.Total()+wordBits-1)/wordBits)
	at := uint32(0) // only ever moves on: lines are in the order of their tickets
	for i := range p.lineAt {
		for p.lines[at+1].first <= Ticket(i*wordBits) {
			at++
		}
		p.lineAt[i] = at
	}
	prefixes := 0
	for _, s := range p.sections {
		switch s.kind {
		case rows:
			prefixes += int(s.stop - s.line)
		case general:
			prefixes++
		}
	}
	p.bySection = newTable(len(p.sections))
	p.byPrefix = newTable(prefixes)
	p.byLabel = newTable(len(p.labels.blocks) * blockSeats)
	var buf []byte
	for i := range p.sections {
		p.bySection.put(hash(p.sections[i].name), uint32(i))
		buf = p.indexSection(&p.sections[i], buf)
	}
}

// indexSection enters what ids of a section are found by: each row's prefix, the
// prefix of general admission for its first line, or each listed id. buf is memory to
// write texts in, which it returns for the next section.
func (p *Plan) indexSection(s *section, buf []byte) []byte {
	switch s.kind {
	case rows:
		for i := s.line; i < s.stop; i++ {
			buf = append(append(append(buf[:0], s.name...), '-'), p.lines[i].row...)
			p.byPrefix.put(hash(buf), i)
		}
	case general:
		p.byPrefix.put(hash(s.name), s.line)
	case listed:
		for t := s.first; t < s.end; t++ {
			seat := p.labels.at(s.label + uint32(t-s.first))
			buf = append(append(buf[:0], seat.prefix...), seat.rest...)
			p.byLabel.put(hash(buf), uint32(t))
		}
	}
	return buf
}

// Total is the number of tickets.
func (p *Plan) Total() int { return int(p.lines[len(p.lines)-1].first) }

// Currency is the ISO 4217 code of all prices.
func (p *Plan) Currency() string { return p.currency }

// PriceRange is the lowest and the highest price, in minor units.
func (p *Plan) PriceRange() (lowest, highest int64) { return p.lowest, p.highest }

// Price is the price of a ticket in minor units: that of its section.
func (p *Plan) Price(t Ticket) int64 { return p.sectionOf(t).price }

// Place is where a ticket lets its holder sit or stand.
type Place struct {
	Section, Row, Seat string // Row is "" in general admission
	Price              int64
}

// Place describes a ticket. It may allocate the text of a number, so it is for
// answers to people and not for deciding.
func (p *Plan) Place(t Ticket) Place {
	ln := &p.lines[p.lineOf(t)]
	s := &p.sections[ln.section]
	place := Place{Section: s.name, Row: ln.row, Price: s.price}
	switch s.kind {
	case rows:
		place.Seat = strconv.Itoa(int(t-ln.first) + 1)
	case general:
		place.Seat = strconv.Itoa(int(t-s.first) + 1)
	case listed:
		place.Seat = p.labels.at(s.label + uint32(t-s.first)).seatNumber()
	}
	return place
}

// Section is the tickets of a section: first to end-1. It allocates nothing.
func (p *Plan) Section(name string) (first, end Ticket, ok bool) {
	i, ok := p.findSection(name)
	if !ok {
		return 0, 0, false
	}
	return p.sections[i].first, p.sections[i].end, true
}

// findSection is the index of the section with a name.
func (p *Plan) findSection(name string) (uint32, bool) {
	for probe := p.bySection.find(hash(name)); ; {
		i, ok := probe.next()
		if !ok || p.sections[i].name == name {
			return i, ok
		}
	}
}

// lineOf is the line of a ticket: a step for each line that starts in the
// ticket's word, 64 at most. It panics where the plan has no such ticket.
func (p *Plan) lineOf(t Ticket) uint32 {
	i := p.lineAt[t/wordBits]
	for p.lines[i+1].first <= t {
		i++
	}
	return i
}

// sectionOf is the section of a ticket.
func (p *Plan) sectionOf(t Ticket) *section { return &p.sections[p.lines[p.lineOf(t)].section] }
