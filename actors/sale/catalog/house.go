package catalog

import (
	"fmt"
	"unicode/utf8"
)

// house checks an inventory. Ids that the house makes are a prefix, "section-row"
// or the name of a general-admission section, and a number from 1 on. Two of them
// are the same exactly where two prefixes are: "A-B" with row "C" and "A" with row
// "B-C". So it is enough to keep the prefixes; an id of a listed seat is held
// against them and against the other listed ids.
type house struct {
	*checker
	sections []Section
	names    map[string]int       // sections by name
	prefixes map[string]numbering // rows and general admission by prefix
	listed   map[string]seatAt    // listed seats by id
	tickets  int
}

// numbering is what a prefix stands for: tickets 1 to last.
type numbering struct {
	section, row int // row is -1 in general admission
	last         int
}

// seatAt is where a seat is listed.
type seatAt struct{ section, seat int }

// inventory checks sections and what they make, then the listed seats: a listed id
// may be one that a later section makes. Too many tickets end the search, so its
// memory is bounded.
func (c *checker) inventory(inv *Inventory) {
	if !isCurrency(inv.Currency) {
		c.add("a currency is three capital letters, as EUR", "inventory", "currency")
	}
	if n := len(inv.Sections); n < 1 || n > MaxSections {
		c.add(fmt.Sprintf("1 to %d sections", MaxSections), "inventory", "sections")
		return
	}
	h := house{
		checker:  c,
		sections: inv.Sections,
		names:    make(map[string]int, len(inv.Sections)),
		prefixes: make(map[string]numbering),
	}
	seats := 0
	for i := range h.sections {
		h.section(i)
		seats += len(h.sections[i].Seats)
	}
	if h.tickets > MaxTickets {
		c.add(fmt.Sprintf("more than %d tickets", MaxTickets), "inventory", "sections")
		return
	}
	h.listed = make(map[string]seatAt, seats)
	for i := range h.sections {
		h.seats(i)
	}
}

// isCurrency checks the form of an ISO 4217 code; the list of codes changes too often
// to hold people to it.
func isCurrency(s string) bool {
	return len(s) == 3 && isCapital(s[0]) && isCapital(s[1]) && isCapital(s[2])
}

func isCapital(b byte) bool { return b >= 'A' && b <= 'Z' }

// say notes a problem of section i.
func (h *house) say(i int, detail string, path ...any) {
	h.add(detail, append([]any{"inventory", "sections", i}, path...)...)
}

// section checks all of section i but its listed seats, and counts its tickets.
func (h *house) section(i int) {
	if h.full() {
		return
	}
	s := &h.sections[i]
	detail := badLabel(s.Name, MaxLabel)
	other, taken := h.names[s.Name]
	switch {
	case detail != "":
		h.say(i, detail, "name")
	case taken:
		h.say(i, fmt.Sprintf("section %d has this name too", other), "name")
	default:
		h.names[s.Name] = i
	}
	if s.Price < 0 || s.Price > MaxPrice {
		h.say(i, fmt.Sprintf("a price is 0 to %d minor units", MaxPrice), "price")
	}
	if forms := count(len(s.Rows) > 0, len(s.Seats) > 0, s.Capacity != 0); forms != 1 {
		h.say(i, "exactly one of rows, seats and capacity is required")
		return
	}
	h.tickets = min(h.tickets+len(s.Seats), MaxTickets+1)
	if s.Capacity != 0 {
		h.general(i, !taken)
	}
	h.rows(i, !taken)
}

// count is how many of some conditions hold.
func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

// general checks general admission. The ids of a section with a name that is taken
// are not looked at: the name has to change.
func (h *house) general(i int, named bool) {
	s := &h.sections[i]
	if s.Capacity < 0 || s.Capacity > MaxTickets {
		h.say(i, fmt.Sprintf("a capacity is 1 to %d", MaxTickets), "capacity")
		return
	}
	h.tickets = min(h.tickets+s.Capacity, MaxTickets+1)
	if named {
		h.claim(s.Name, numbering{section: i, row: -1, last: s.Capacity}, "name")
	}
}

// rows checks numbered rows and claims their prefixes. A row with a problem of its own
// claims none: its name or size has to change anyway.
func (h *house) rows(i int, named bool) {
	s := &h.sections[i]
	for k, r := range s.Rows {
		if h.full() {
			return
		}
		if r.Seats < 1 || r.Seats > MaxRowSeats {
			h.say(i, fmt.Sprintf("a row has 1 to %d seats", MaxRowSeats), "rows", k, "seats")
			continue
		}
		h.tickets = min(h.tickets+r.Seats, MaxTickets+1)
		if detail := badLabel(r.Name, MaxLabel); detail != "" {
			h.say(i, detail, "rows", k, "name")
			continue
		}
		if !named {
			continue
		}
		prefix := s.Name + "-" + r.Name
		if n := utf8.RuneCountInString(prefix) + 1 + digits(r.Seats); n > MaxID {
			h.say(i, fmt.Sprintf("its ticket ids have %d characters, at most %d", n, MaxID), "rows", k, "name")
			continue
		}
		h.claim(prefix, numbering{section: i, row: k, last: r.Seats}, "rows", k, "name")
	}
}

// digits is how many digits a number from 1 on has.
func digits(n int) int {
	d := 1
	for ; n >= 10; n /= 10 {
		d++
	}
	return d
}

// claim enters a prefix, or says who has it already.
func (h *house) claim(prefix string, n numbering, path ...any) {
	other, taken := h.prefixes[prefix]
	switch {
	case !taken:
		h.prefixes[prefix] = n
	case other.section == n.section:
		h.say(n.section, fmt.Sprintf("row %d has this name too", other.row), path...)
	default:
		h.say(n.section, fmt.Sprintf("ticket %s-1 is in section %d too", prefix, other.section), path...)
	}
}

// seats checks the listed seats of section i.
func (h *house) seats(i int) {
	inRow := 0
	seats := h.sections[i].Seats
	for k := range seats {
		if h.full() {
			return
		}
		h.seat(i, k)
		if k == 0 || seats[k].Row != seats[k-1].Row {
			inRow = 0
		}
		if inRow++; inRow == MaxRowSeats+1 {
			h.say(i, fmt.Sprintf("more than %d seats in one row", MaxRowSeats), "seats", k, "row")
		}
	}
}

// seat checks seat k of section i.
func (h *house) seat(i, k int) {
	seat := &h.sections[i].Seats[k]
	if detail := badText(seat.Row, MaxLabel); detail != "" {
		h.say(i, detail, "seats", k, "row")
	}
	if detail := badText(seat.Number, MaxLabel); detail != "" {
		h.say(i, detail, "seats", k, "number")
	}
	if detail := badLabel(seat.ID, MaxID); detail != "" {
		h.say(i, detail, "seats", k, "id")
		return
	}
	if other, taken := h.listed[seat.ID]; taken {
		h.say(i, fmt.Sprintf("seat %d of section %d has this id too", other.seat, other.section), "seats", k, "id")
		return
	}
	h.listed[seat.ID] = seatAt{section: i, seat: k}
	if prefix, number, ok := CutTicketID(seat.ID); ok {
		if other, taken := h.prefixes[prefix]; taken && number <= other.last {
			h.say(i, fmt.Sprintf("a ticket of section %d has this id too", other.section), "seats", k, "id")
		}
	}
}
