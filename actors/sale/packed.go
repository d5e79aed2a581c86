package sale

import (
	"encoding/binary"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/slab"
)

// packed is a Booking as one string; "": none. A booking that nobody owes anything is
// hardly ever asked for, and a sold out arena has a hundred thousand of them, each with
// eight pointers that the collector would follow every few seconds. A string has one.
//
// The form is no part of any log: it may change with the code. The id comes first, then
// numbers and texts, these behind their lengths, then the tickets and their seats.
type packed string

// pack is a booking in that form, all of it, among other texts.
func pack(b *Booking, texts *slab.Texts) packed {
	var buf [512]byte // enough for nearly all
	p := append(buf[:0], b.ID[:]...)
	p = appendID(p, b.Hold)
	p = appendID(p, b.Place)
	p = append(p, byte(b.Status), byte(b.Payment))
	for _, n := range [...]int64{b.Total, int64(b.StartedAt), int64(b.ConfirmedAt), int64(b.EndedAt)} {
		p = binary.AppendVarint(p, n)
	}
	for _, s := range [...]string{b.User, b.Method, b.Token, b.Provider, b.PaymentID, b.Reason} {
		p = appendText(p, s)
	}
	p = binary.AppendUvarint(p, uint64(len(b.TicketIDs)))
	for _, id := range b.TicketIDs {
		p = appendText(p, id)
	}
	p = binary.AppendUvarint(p, uint64(len(b.seats)))
	for _, t := range b.seats {
		p = binary.AppendUvarint(p, uint64(t))
	}
	return packed(texts.Keep(p))
}

// appendID appends an id that most bookings do not have.
func appendID(p []byte, id ID) []byte {
	if id.IsZero() {
		return append(p, 0)
	}
	return append(append(p, byte(len(id))), id[:]...)
}

// appendText appends a text behind its length.
func appendText(p []byte, s string) []byte {
	return append(binary.AppendUvarint(p, uint64(len(s))), s...)
}

// id is the id of the booking; there is one.
func (p packed) id() (id ID) {
	copy(id[:], p)
	return id
}

// booking is the booking: a new one each time, whose texts are parts of p.
func (p packed) booking() *Booking {
	b, r := &Booking{ID: p.id()}, unpacker{rest: string(p[len(ID{}):])}
	copy(b.Hold[:], r.text())
	copy(b.Place[:], r.text())
	kinds := r.take(2)
	b.Status, b.Payment = BookingStatus(kinds[0]), PaymentStatus(kinds[1])
	b.Total = r.signed()
	for _, at := range [...]*catalog.Time{&b.StartedAt, &b.ConfirmedAt, &b.EndedAt} {
		*at = catalog.Time(r.signed())
	}
	for _, s := range [...]*string{&b.User, &b.Method, &b.Token, &b.Provider, &b.PaymentID, &b.Reason} {
		*s = r.text()
	}
	if n := r.count(); n > 0 {
		b.TicketIDs = make([]string, n)
		for i := range b.TicketIDs {
			b.TicketIDs[i] = r.text()
		}
	}
	if n := r.count(); n > 0 {
		b.seats = make([]inventory.Ticket, n)
		for i := range b.seats {
			b.seats[i] = inventory.Ticket(r.count())
		}
	}
	return b
}

// unpacker reads what pack wrote, in its order. Anything else panics.
type unpacker struct{ rest string }

func (r *unpacker) take(n int) string {
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *unpacker) text() string { return r.take(r.count()) }

func (r *unpacker) count() int { return int(r.unsigned()) }

// unsigned reads a number as binary.Uvarint does, of a string.
func (r *unpacker) unsigned() (v uint64) {
	for i, shift := 0, 0; ; i, shift = i+1, shift+7 {
		c := r.rest[i]
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			r.rest = r.rest[i+1:]
			return v
		}
	}
}

// signed reads a number as binary.Varint does.
func (r *unpacker) signed() int64 {
	v := r.unsigned()
	return int64(v>>1) ^ -int64(v&1)
}
