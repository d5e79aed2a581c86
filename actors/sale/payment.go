package sale

import (
	"slices"

	"boxoffice/actors/sale/inventory"
)

// paymentStarted locks tickets for a booking. Tickets of a hold are held already:
// the hold stays, without a deadline, until the payment is decided.
func (s *State) paymentStarted(r *PaymentStarted) {
	b := &r.Booking
	must(s.event != nil, "there is no event")
	must(!b.ID.IsZero(), "the booking has no id")
	must(b.Status == Pending, "a new booking is decided")
	if b.Hold.IsZero() {
		if b.seats == nil {
			next := *b
			next.seats = s.resolve(b.TicketIDs)
			b = &next
		}
		s.move(b.seats, inventory.Available, inventory.Held)
		s.busier(b.Place)
	} else {
		h := s.idleHold(b.Hold)
		must(slices.Equal(b.TicketIDs, h.TicketIDs), "the tickets are not those of the hold")
		if b.seats == nil {
			next := *b
			next.TicketIDs, next.seats = h.TicketIDs, h.seats
			b = &next
		}
		s.pay(h, b.ID)
		s.count(h.User, -len(h.seats)) // from now on they are the booking's
	}
	s.count(b.User, len(b.seats))
	s.bookings.add(b)
	s.keep(r.Key, b)
}

// pay says which booking is being paid for a hold; zero: none.
func (s *State) pay(h *Hold, booking ID) {
	next := *h
	next.Paying = booking
	s.holds.put(&next)
}

// paymentConfirmed sells the tickets. The hold that they came from is gone without
// being remembered: its user has the booking. The stored answer of the Book becomes
// the confirmed booking.
func (s *State) paymentConfirmed(r *Confirmed) {
	k := s.existing(r.ID, Authorise)
	b := s.foreseen(r, k)
	if b == nil {
		b = k.open.confirmed(r)
	}
	s.move(b.seats, inventory.Held, inventory.Booked)
	if b.Hold.IsZero() {
		s.lessBusy(b.Place)
	} else {
		s.lessBusy(s.paidHold(b).Place)
		s.holds.remove(b.Hold)
	}
	if s.room != nil {
		s.room.Sold(int64(r.At), len(b.seats))
	}
	s.confirmed++
	s.bookings.replace(k, b)
	s.settle(k, k)
}

// paymentCaptured ends the life of most bookings.
func (s *State) paymentCaptured(r *Captured) {
	s.bookings.capture(s.existing(r.ID, Capture))
}

// paymentDeclined gives the tickets back: to their hold, or to the sale where there
// is no hold or its time is over. Which of the two follows from the record's time,
// so that no second record is needed, and none can be lost. The declined booking
// is kept for whoever asks for it, as long as its key's answer.
func (s *State) paymentDeclined(r *Declined) {
	k := s.existing(r.ID, Authorise)
	b := k.open
	s.count(b.User, -len(b.seats))
	if b.Hold.IsZero() {
		s.move(b.seats, inventory.Held, inventory.Available)
		s.lessBusy(b.Place)
	} else if h := s.paidHold(b); h.ExpiresAt > r.At {
		s.count(h.User, len(h.seats))
		s.pay(h, ID{})
	} else {
		s.move(h.seats, inventory.Held, inventory.Available)
		s.holds.remove(h.ID)
		s.lessBusy(h.Place)
		s.expired.add(ExpiredHold{At: r.At, ID: h.ID, User: h.User}, s.bounds.ended)
	}
	b = b.declined(r)
	s.bookings.replace(k, b)
	s.settle(k, s.cardDeclined(b))
	s.remember(&s.declined, b)
}

// bookingCancelled puts the tickets up for sale again; the money is a Refunded away.
func (s *State) bookingCancelled(r *Cancelled) {
	k := s.bookings.get(r.ID)
	must(k != nil, "there is no such booking")
	b := k.now()
	must(b.Status == BookingConfirmed, "the booking is not confirmed")
	s.move(b.seats, inventory.Booked, inventory.Available)
	s.count(b.User, -len(b.seats))
	s.confirmed--
	b = b.cancelled(r)
	s.bookings.replace(k, b)
	if r.Key.None() {
		return
	}
	st := StoredAnswer{At: r.At, Key: r.Key, Version: s.version, What: b}
	if b.Total == 0 { // the sender is told what the next record, a Refunded, makes of it
		st.Version, st.What = s.version+1, b.refunded()
	}
	s.store(st)
}

// existing is a booking that waits for the news of a task. News that it does not wait
// for made no record, so a record of such news is a broken log.
func (s *State) existing(id ID, task Task) *kept {
	k := s.bookings.get(id)
	must(k != nil, "there is no such booking")
	must(k.task() == task, "the booking's payment is not where it has to be")
	return k
}

// paidHold is the hold that a pending booking is for. The two name each other until
// the payment is decided.
func (s *State) paidHold(b *Booking) *Hold {
	h := s.holds.get(b.Hold)
	must(h != nil && h.Paying == b.ID, "the booking's hold is not being paid for")
	return h
}
