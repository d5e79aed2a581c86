package sale

import (
	"slices"

	"boxoffice/actors/sale/catalog"
)

// noProvider is who takes a payment of nothing.
const noProvider = "none"

// book starts a booking, of a hold's tickets or of free ones. Both are locked from
// here on until the payment is decided, and both end in the same states. What
// costs nothing is confirmed by a second record of the same decision, so that a
// booking always has the same life, paid or not.
func (s *State) book(at catalog.Time, c *Book, out []Record) ([]Record, Answer) {
	if refusal := s.notBookable(at, c); refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	if c.ID.IsZero() || s.bookings.get(c.ID) != nil {
		return out, Answer{Refusal: wrong("The booking's id is in use.")}
	}
	var tickets choice
	var refusal *Refusal
	if c.Hold.IsZero() {
		tickets, refusal = s.choose(c.By.User, c.TicketIDs)
	} else {
		tickets, refusal = s.chooseHeld(at, c)
	}
	if refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	r := &PaymentStarted{At: at, Key: c.By.Key, Booking: Booking{
		ID:        c.ID,
		Hold:      c.Hold,
		Place:     s.shopper(c.Place, c.Hold),
		User:      c.By.User,
		TicketIDs: tickets.ids,
		Total:     tickets.total,
		Status:    Pending,
		Method:    c.Method,
		Token:     c.Token,
		StartedAt: at,
		seats:     tickets.seats,
	}}
	out = append(out, r)
	if r.Booking.Total > 0 {
		return out, Answer{Booking: &r.Booking}
	}
	paid := &Confirmed{At: at, ID: c.ID, Provider: noProvider}
	return append(out, paid), Answer{Booking: r.Booking.confirmed(paid)}
}

// chooseHeld is the tickets of the hold that a booking is for. Whoever books an
// anonymous hold gets its tickets counted as his, so his limit is looked at here.
func (s *State) chooseHeld(at catalog.Time, c *Book) (choice, *Refusal) {
	h, refusal := s.idleHoldOf(at, c.Hold, c.By.User)
	if refusal != nil {
		return choice{}, refusal
	}
	if len(c.TicketIDs) > 0 && !sameTickets(c.TicketIDs, h.TicketIDs) {
		return choice{}, wrong("The tickets are not those of the hold.")
	}
	if h.User != c.By.User {
		if refusal := s.overLimit(c.By.User, len(h.seats), len(h.seats)); refusal != nil {
			return choice{}, refusal
		}
	}
	return choice{ids: h.TicketIDs, seats: h.seats, total: h.Total}, nil
}

// sameTickets compares without order. The tickets of a hold are distinct, so that
// equal lengths and each of them being among the given ones is enough.
func sameTickets(given, held []string) bool {
	if len(given) != len(held) {
		return false
	}
	for _, id := range held {
		if !slices.Contains(given, id) {
			return false
		}
	}
	return true
}

// settlePayment takes the payer's news. News of a task that the booking does not
// have (any more) makes no record: the payer asks and tells at least once. A
// capture may so come too late for a booking that was cancelled meanwhile; its
// money is then the refund's business, which voids or gives back.
//
// It works without an event: a refund outlives the removal.
func (s *State) settlePayment(at catalog.Time, c *SettlePayment, out []Record) ([]Record, Answer) {
	k := s.bookings.get(c.Booking)
	if k == nil {
		return out, refuse(BookingNotFound)
	}
	if c.Task == NoTask || c.Task != k.task() {
		return out, Answer{Booking: k.now()}
	}
	b := k.open
	switch {
	case c.Task == Authorise && c.Declined:
		r := &Declined{At: at, ID: b.ID, Reason: c.Reason}
		return append(out, r), Answer{Booking: b.declined(r)}
	case c.Task == Authorise:
		r := &Confirmed{At: at, ID: b.ID, Provider: c.Provider, PaymentID: c.PaymentID}
		return append(out, r), Answer{Booking: s.foresee(r, b, b.confirmed(r))}
	case c.Task == Capture:
		return append(out, &Captured{At: at, ID: b.ID}), Answer{Booking: b.captured()}
	}
	return append(out, &Refunded{At: at, ID: b.ID}), Answer{Booking: b.refunded()}
}

// cancelBooking cancels once; after that it shows what became of it. The tickets
// are for sale again at once, before the money is back: they are not security for
// it. A pending booking cannot be cancelled, because nobody knows yet whether
// there is money to give back; a declined one is not there.
func (s *State) cancelBooking(at catalog.Time, c *CancelBooking, out []Record) ([]Record, Answer) {
	b, refusal := s.bookingOf(c.ID, c.By.User)
	if refusal != nil {
		return out, Answer{Refusal: refusal}
	}
	switch b.Status {
	case Pending:
		return out, refuse(BookingPending)
	case BookingDeclined:
		return out, refuse(BookingNotFound)
	case BookingCancelled, BookingRefunded:
		return out, Answer{Booking: b}
	}
	r := &Cancelled{At: at, ID: b.ID, Key: c.By.Key}
	out, b = append(out, r), b.cancelled(r)
	if b.Total == 0 {
		out, b = append(out, &Refunded{At: at, ID: b.ID}), b.refunded()
	}
	return out, Answer{Booking: b}
}

// bookingOf is a booking that a user may see, in any status. One of another user is
// not found, so that ids cannot be tried out.
func (s *State) bookingOf(id ID, user string) (*Booking, *Refusal) {
	k := s.bookings.get(id)
	if k == nil {
		return nil, &Refusal{Code: BookingNotFound}
	}
	b := k.now()
	if !mayUse(b.User, user) {
		return nil, &Refusal{Code: BookingNotFound}
	}
	return b, nil
}

// Outcome is what the sender of a Book is told now: the pending booking; the
// booking as it was when it was confirmed, whatever came after; or, as a refusal,
// CardDeclined. A booking that is not (any more) known is BookingNotFound.
//
// It is for the owner of the state, who has a sender waiting for the payment: asked
// right after the SettlePayment, it says what the booking's idempotency key says
// from then on, but for the version, which is that of the SettlePayment's answer. It
// changes nothing.
func (s *State) Outcome(booking ID) Answer {
	k := s.bookings.get(booking)
	if k == nil {
		return s.complete(refuse(BookingNotFound), 0)
	}
	b := k.now()
	switch {
	case b.Status == Pending:
		return s.complete(Answer{Booking: b}, 0)
	case b.Status == BookingDeclined:
		return s.complete(Answer{Refusal: s.cardDeclined(b)}, 0)
	}
	return s.complete(Answer{Booking: b.asConfirmed()}, 0)
}

// cardDeclined is the refusal of a declined booking, with its hold where that still
// has the tickets.
func (s *State) cardDeclined(b *Booking) *Refusal {
	r := &Refusal{Code: CardDeclined, Reason: b.Reason}
	if h := s.holds.get(b.Hold); h != nil {
		r.Hold, r.ExpiresAt = h.ID, h.ExpiresAt
	}
	return r
}

// live reports whether the booking has its tickets.
func (b *Booking) live() bool { return b.Status == Pending || b.Status == BookingConfirmed }

// paid reports whether the booking is sold and its money captured: nothing is owed.
func (b *Booking) paid() bool { return b.Status == BookingConfirmed && b.Payment == PaymentCaptured }

// The next five are the booking after a record. Each is a new Booking.

// confirmed has its tickets for good. The provider's id of the payment comes with
// it: the capture and a refund need it.
func (b *Booking) confirmed(r *Confirmed) *Booking {
	next := *b
	next.Provider, next.PaymentID, next.ConfirmedAt = r.Provider, r.PaymentID, r.At
	return next.sold()
}

// sold is a booking in the state of its confirmation. Nothing is captured where there
// is nothing to pay, so that no task is owed.
func (b Booking) sold() *Booking {
	b.Status, b.Payment = BookingConfirmed, Authorised
	if b.Total == 0 {
		b.Payment = PaymentCaptured
	}
	return &b
}

// declined has no tickets any more, but still says which they were.
func (b *Booking) declined(r *Declined) *Booking {
	next := *b
	next.Status, next.Payment, next.Reason, next.EndedAt = BookingDeclined, PaymentDeclined, r.Reason, r.At
	next.seats = nil
	return &next
}

// captured owes and is owed nothing.
func (b *Booking) captured() *Booking {
	next := *b
	next.Payment = PaymentCaptured
	return &next
}

// cancelled has no tickets any more and is owed a refund.
func (b *Booking) cancelled(r *Cancelled) *Booking {
	next := *b
	next.Status, next.EndedAt, next.seats = BookingCancelled, r.At, nil
	return &next
}

// refunded is the end of it.
func (b *Booking) refunded() *Booking {
	next := *b
	next.Status, next.Payment = BookingRefunded, PaymentRefunded
	return &next
}

// asConfirmed is a booking that was confirmed, as it was then.
func (b *Booking) asConfirmed() *Booking {
	if b.Status == BookingConfirmed && (b.Payment == Authorised || b.Total == 0) {
		return b
	}
	then := *b
	then.EndedAt = 0
	return then.sold()
}
