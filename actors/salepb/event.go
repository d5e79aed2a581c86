package salepb

import (
	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale/catalog"
)

// appendEvent appends an event as a field; nothing for nil.
func appendEvent(b []byte, field protowire.Number, e *catalog.Event) []byte {
	if e == nil {
		return b
	}
	b, body := open(b, field)
	b = appendString(b, 1, e.ID)
	b = appendString(b, 2, e.Title)
	b = appendString(b, 3, e.Description)
	b = appendString(b, 4, e.Genre)
	b = appendInt(b, 5, e.StartsAt)
	b = appendString(b, 6, e.Timezone)
	b = appendInt(b, 7, e.OnSaleAt)
	b = appendBool(b, 8, e.Cancelled)
	b = appendVenue(b, 9, &e.Venue)
	for i := range e.Performers {
		b = appendPerformer(b, 10, &e.Performers[i])
	}
	b = appendInventory(b, 11, &e.Inventory)
	b = appendInt(b, 12, e.HoldSeconds)
	b = appendInt(b, 13, e.MaxTicketsPerUser)
	b = appendWaitingRoom(b, 14, &e.WaitingRoom)
	return shut(b, body)
}

// decodeEvent reads what appendEvent wrote as the body.
func decodeEvent(b []byte, e *catalog.Event) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string(&e.ID)
		case 2:
			r.string(&e.Title)
		case 3:
			r.string(&e.Description)
		case 4:
			r.string(&e.Genre)
		case 5:
			readInt(&r, &e.StartsAt)
		case 6:
			r.string(&e.Timezone)
		case 7:
			readInt(&r, &e.OnSaleAt)
		case 8:
			r.bool(&e.Cancelled)
		case 9:
			readMessage(&r, &e.Venue, decodeVenue)
		case 10:
			readMessages(&r, &e.Performers, decodePerformer)
		case 11:
			readMessage(&r, &e.Inventory, decodeInventory)
		case 12:
			readInt(&r, &e.HoldSeconds)
		case 13:
			readInt(&r, &e.MaxTicketsPerUser)
		case 14:
			readMessage(&r, &e.WaitingRoom, decodeWaitingRoom)
		}
	}
	return r.err
}

// appendVenue appends a venue; nothing for the zero one. A location of 0, 0 is not
// the same as none, so it is there even when it is empty.
func appendVenue(b []byte, field protowire.Number, v *catalog.Venue) []byte {
	b, body := open(b, field)
	b = appendString(b, 1, v.ID)
	b = appendString(b, 2, v.Name)
	b = appendString(b, 3, v.City)
	b = appendString(b, 4, v.Region)
	b = appendString(b, 5, v.Country)
	if l := v.Location; l != nil {
		var body int
		b, body = open(b, 6)
		b = appendFloat(b, 1, l.Lat)
		b = appendFloat(b, 2, l.Lon)
		b = shut(b, body)
	}
	return shutOrDrop(b, body)
}

// decodeVenue reads the body of a venue.
func decodeVenue(b []byte, v *catalog.Venue) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string(&v.ID)
		case 2:
			r.string(&v.Name)
		case 3:
			r.string(&v.City)
		case 4:
			r.string(&v.Region)
		case 5:
			r.string(&v.Country)
		case 6:
			readPointer(&r, &v.Location, decodeLocation)
		}
	}
	return r.err
}

// decodeLocation reads a point. Whether it is on Earth was checked before it was
// stored.
func decodeLocation(b []byte, l *catalog.Location) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.float(&l.Lat)
		case 2:
			r.float(&l.Lon)
		}
	}
	return r.err
}

// appendPerformer appends one of the performers.
func appendPerformer(b []byte, field protowire.Number, p *catalog.Performer) []byte {
	b, body := open(b, field)
	b = appendString(b, 1, p.ID)
	b = appendString(b, 2, p.Name)
	return shut(b, body)
}

// decodePerformer reads the body of a performer.
func decodePerformer(b []byte, p *catalog.Performer) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string(&p.ID)
		case 2:
			r.string(&p.Name)
		}
	}
	return r.err
}

// appendWaitingRoom appends the settings; nothing where all are zero.
func appendWaitingRoom(b []byte, field protowire.Number, w *catalog.WaitingRoom) []byte {
	b, body := open(b, field)
	b = appendBool(b, 1, w.Enabled)
	b = appendInt(b, 2, w.MaxActive)
	b = appendInt(b, 3, w.SessionSeconds)
	b = appendString(b, 4, w.Order)
	b = appendInt(b, 5, w.GraceSeconds)
	b = appendInt(b, 6, w.RatePerMinute)
	b = appendBool(b, 7, w.EndWithHold)
	return shutOrDrop(b, body)
}

// decodeWaitingRoom reads the body of the settings.
func decodeWaitingRoom(b []byte, w *catalog.WaitingRoom) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.bool(&w.Enabled)
		case 2:
			readInt(&r, &w.MaxActive)
		case 3:
			readInt(&r, &w.SessionSeconds)
		case 4:
			r.string(&w.Order)
		case 5:
			readInt(&r, &w.GraceSeconds)
		case 6:
			readInt(&r, &w.RatePerMinute)
		case 7:
			r.bool(&w.EndWithHold)
		}
	}
	return r.err
}
