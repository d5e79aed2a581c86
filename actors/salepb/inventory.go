package salepb

import (
	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale/catalog"
)

// appendInventory appends the house; nothing for the zero one. In a view it is the
// currency alone.
func appendInventory(b []byte, field protowire.Number, v *catalog.Inventory) []byte {
	b, body := open(b, field)
	b = appendString(b, 1, v.Currency)
	for i := range v.Sections {
		b = appendSection(b, 2, &v.Sections[i])
	}
	return shutOrDrop(b, body)
}

// decodeInventory reads the body of a house.
func decodeInventory(b []byte, v *catalog.Inventory) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string(&v.Currency)
		case 2:
			readMessages(&r, &v.Sections, decodeSection)
		}
	}
	return r.err
}

// appendSection appends a section with its rows, its seats or its capacity. A real
// hall of 100,000 seats with ids of their own is some 2 MB, so nothing is copied
// on the way.
func appendSection(b []byte, field protowire.Number, s *catalog.Section) []byte {
	b, body := open(b, field)
	b = appendString(b, 1, s.Name)
	b = appendInt(b, 2, s.Price)
	for i := range s.Rows {
		var row int
		b, row = open(b, 3)
		b = appendString(b, 1, s.Rows[i].Name)
		b = appendInt(b, 2, s.Rows[i].Seats)
		b = shut(b, row)
	}
	for i := range s.Seats {
		var seat int
		b, seat = open(b, 4)
		b = appendString(b, 1, s.Seats[i].ID)
		b = appendString(b, 2, s.Seats[i].Row)
		b = appendString(b, 3, s.Seats[i].Number)
		b = shut(b, seat)
	}
	b = appendInt(b, 5, s.Capacity)
	return shut(b, body)
}

// decodeSection reads the body of a section.
func decodeSection(b []byte, s *catalog.Section) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string(&s.Name)
		case 2:
			readInt(&r, &s.Price)
		case 3:
			readMessages(&r, &s.Rows, decodeRow)
		case 4:
			readMessages(&r, &s.Seats, decodeSeat)
		case 5:
			readInt(&r, &s.Capacity)
		}
	}
	return r.err
}

// decodeRow reads the body of a row. Its number of seats is not memory yet: the
// plan makes it so, after a check.
func decodeRow(b []byte, v *catalog.Row) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string(&v.Name)
		case 2:
			readInt(&r, &v.Seats)
		}
	}
	return r.err
}

// decodeSeat reads the body of a seat.
func decodeSeat(b []byte, s *catalog.Seat) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string(&s.ID)
		case 2:
			r.string(&s.Row)
		case 3:
			r.string(&s.Number)
		}
	}
	return r.err
}
