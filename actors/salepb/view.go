package salepb

import (
	"fmt"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

// AppendSummary appends the changing part of a view and returns the extended
// slice. It allocates only where dst has no room.
func AppendSummary(dst []byte, s sale.Summary) []byte {
	b := appendInt(dst, 2, s.Version)
	b = appendBool(b, 3, s.Exists)
	b = appendInt(b, 4, s.Total)
	b = appendInt(b, 5, s.Available)
	b = appendInt(b, 6, s.Held)
	b = appendInt(b, 7, s.Booked)
	b = appendInt(b, 8, s.Holds)
	b = appendInt(b, 9, s.Bookings)
	b = appendInt(b, 10, s.Waiting)
	return appendInt(b, 11, s.Active)
}

// DecodeSummary reads the changing part of a view. It allocates nothing but
// errors.
func DecodeSummary(b []byte) (sale.Summary, error) {
	var s sale.Summary
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.format()
		case 2:
			readInt(&r, &s.Version)
		case 3:
			r.bool(&s.Exists)
		case 4:
			readInt(&r, &s.Total)
		case 5:
			readInt(&r, &s.Available)
		case 6:
			readInt(&r, &s.Held)
		case 7:
			readInt(&r, &s.Booked)
		case 8:
			readInt(&r, &s.Holds)
		case 9:
			readInt(&r, &s.Bookings)
		case 10:
			readInt(&r, &s.Waiting)
		case 11:
			readInt(&r, &s.Active)
		}
	}
	if r.err != nil {
		return sale.Summary{}, fmt.Errorf("decode summary: %w", r.err)
	}
	return s, nil
}

// Details is the part of a view that changes with the event's description only.
type Details struct {
	Event              *catalog.Event // without Inventory.Sections; nil: none
	MinPrice, MaxPrice int64          // minor units
}

// EncodeDetails writes the constant part of a view. It leaves the sections of the
// inventory out, whether they are there or not; d.Event is not changed. Without an
// event and prices it is empty, and never nil.
func EncodeDetails(d Details) []byte {
	b := []byte{}
	if d.Event != nil {
		e := *d.Event
		e.Inventory.Sections = nil
		b = appendEvent(b, 2, &e)
	}
	b = appendInt(b, 3, d.MinPrice)
	return appendInt(b, 4, d.MaxPrice)
}

// DecodeDetails reads the constant part of a view. It keeps no part of b.
func DecodeDetails(b []byte) (Details, error) {
	var d Details
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.format()
		case 2:
			readPointer(&r, &d.Event, decodeEvent)
		case 3:
			readInt(&r, &d.MinPrice)
		case 4:
			readInt(&r, &d.MaxPrice)
		}
	}
	if r.err != nil {
		return Details{}, fmt.Errorf("decode details: %w", r.err)
	}
	return d, nil
}
