package salepb

import (
	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
)

// appendHold appends a hold, without its seats.
func appendHold(b []byte, field protowire.Number, h *sale.Hold) []byte {
	b, body := open(b, field)
	b = appendID(b, 1, h.ID)
	b = appendString(b, 2, h.User)
	b = appendStrings(b, 3, h.TicketIDs)
	b = appendInt(b, 4, h.Total)
	b = appendInt(b, 5, h.PlacedAt)
	b = appendInt(b, 6, h.ExpiresAt)
	b = appendInt(b, 7, h.MaxExpiresAt)
	b = appendID(b, 8, h.Paying)
	b = appendID(b, 9, h.Place)
	return shut(b, body)
}

// decodeHold reads the body of a hold.
func decodeHold(b []byte, h *sale.Hold) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.id((*[16]byte)(&h.ID))
		case 2:
			r.string(&h.User)
		case 3:
			r.strings(&h.TicketIDs)
		case 4:
			readInt(&r, &h.Total)
		case 5:
			readInt(&r, &h.PlacedAt)
		case 6:
			readInt(&r, &h.ExpiresAt)
		case 7:
			readInt(&r, &h.MaxExpiresAt)
		case 8:
			r.id((*[16]byte)(&h.Paying))
		case 9:
			r.id((*[16]byte)(&h.Place))
		}
	}
	return r.err
}

// appendBooking appends a booking, without its seats. The token is the provider's
// name for a card and never a card number.
func appendBooking(b []byte, field protowire.Number, k *sale.Booking) []byte {
	b, body := open(b, field)
	b = appendID(b, 1, k.ID)
	b = appendID(b, 2, k.Hold)
	b = appendString(b, 3, k.User)
	b = appendStrings(b, 4, k.TicketIDs)
	b = appendInt(b, 5, k.Total)
	b = appendInt(b, 6, k.Status)
	b = appendInt(b, 7, k.Payment)
	b = appendString(b, 8, k.Method)
	b = appendString(b, 9, k.Token)
	b = appendString(b, 10, k.Provider)
	b = appendString(b, 11, k.PaymentID)
	b = appendString(b, 12, k.Reason)
	b = appendInt(b, 13, k.StartedAt)
	b = appendInt(b, 14, k.ConfirmedAt)
	b = appendInt(b, 15, k.EndedAt)
	b = appendID(b, 16, k.Place)
	return shut(b, body)
}

// decodeBooking reads the body of a booking. A status that is not known is an
// error: a booking that is taken for another one costs somebody money.
func decodeBooking(b []byte, k *sale.Booking) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.id((*[16]byte)(&k.ID))
		case 2:
			r.id((*[16]byte)(&k.Hold))
		case 3:
			r.string(&k.User)
		case 4:
			r.strings(&k.TicketIDs)
		case 5:
			readInt(&r, &k.Total)
		case 6:
			readStatus(&r, &k.Status, sale.BookingRefunded)
		case 7:
			readStatus(&r, &k.Payment, sale.PaymentRefunded)
		case 8:
			r.string(&k.Method)
		case 9:
			r.string(&k.Token)
		case 10:
			r.string(&k.Provider)
		case 11:
			r.string(&k.PaymentID)
		case 12:
			r.string(&k.Reason)
		case 13:
			readInt(&r, &k.StartedAt)
		case 14:
			readInt(&r, &k.ConfirmedAt)
		case 15:
			readInt(&r, &k.EndedAt)
		case 16:
			r.id((*[16]byte)(&k.Place))
		}
	}
	return r.err
}

// appendRefusal appends a refusal with all its data.
func appendRefusal(b []byte, field protowire.Number, f *sale.Refusal) []byte {
	b, body := open(b, field)
	b = appendString(b, 1, string(f.Code))
	b = appendString(b, 2, f.Detail)
	b = appendTicketStatuses(b, 3, f.Tickets)
	b = appendStrings(b, 4, f.TicketIDs)
	b = appendStrings(b, 5, f.Alternatives)
	b = appendInt(b, 6, f.Limit)
	b = appendInt(b, 7, f.Available)
	b = appendInt(b, 8, f.OnSaleAt)
	b = appendString(b, 9, f.Reason)
	b = appendID(b, 10, f.Hold)
	b = appendInt(b, 11, f.ExpiresAt)
	return shut(b, body)
}

// decodeRefusal reads the body of a refusal. A code that is not known is kept as
// it is: it is text for the client.
func decodeRefusal(b []byte, f *sale.Refusal) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string((*string)(&f.Code))
		case 2:
			r.string(&f.Detail)
		case 3:
			readMessages(&r, &f.Tickets, decodeTicketStatus)
		case 4:
			r.strings(&f.TicketIDs)
		case 5:
			r.strings(&f.Alternatives)
		case 6:
			readInt(&r, &f.Limit)
		case 7:
			readInt(&r, &f.Available)
		case 8:
			readInt(&r, &f.OnSaleAt)
		case 9:
			r.string(&f.Reason)
		case 10:
			r.id((*[16]byte)(&f.Hold))
		case 11:
			readInt(&r, &f.ExpiresAt)
		}
	}
	return r.err
}

// appendTicketStatuses appends tickets and how they are, each as a message: those that
// somebody else has, or that have changed.
func appendTicketStatuses(b []byte, field protowire.Number, list []sale.TicketStatus) []byte {
	for i := range list {
		var ticket int
		b, ticket = open(b, field)
		b = appendString(b, 1, list[i].ID)
		b = appendInt(b, 2, list[i].Status)
		b = shut(b, ticket)
	}
	return b
}

// decodeTicketStatus reads the body of a ticket and how it is.
func decodeTicketStatus(b []byte, s *sale.TicketStatus) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.string(&s.ID)
		case 2:
			readStatus(&r, &s.Status, inventory.Booked)
		}
	}
	return r.err
}
