package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// A shopper is a place that was let in. Here is who may take tickets, and when a
// shopper's time ends by what he does. A hold or a pending booking that has a Place has
// one that is a shopper's: a place does not go before them, and where the whole room
// does (closeRoom), they forget it.

// notForSale refuses who may not take tickets now: nobody may, or he is not let in, or
// his time is over. What he has he may keep and pay for.
func (s *State) notForSale(at catalog.Time, place ID, user string) *Refusal {
	if refusal := s.notOnSale(at); refusal != nil {
		return refusal
	}
	if s.steer.stopped {
		return &Refusal{Code: NotOnSale, Detail: "The sale is stopped."}
	}
	if s.room == nil {
		return nil
	}
	p, refusal := s.placeOf(place, user)
	if refusal != nil || p.State != waitroom.Active || catalog.Time(p.At) <= at {
		return &Refusal{Code: NotAdmitted}
	}
	return nil
}

// notAddable is notForSale for tickets that are added to a hold: by the shopper whose
// hold it is.
func (s *State) notAddable(at catalog.Time, h *Hold, c *SwapHold) *Refusal {
	refusal := s.notForSale(at, c.Place, c.By.User)
	if refusal == nil && !h.Place.IsZero() && h.Place != c.Place {
		return &Refusal{Code: NotAdmitted}
	}
	return refusal
}

// notBookable is notForSale for a booking. One of a hold takes no tickets: it can be
// made while the sale is stopped, and after the shopper's time as long as the hold
// lives. A hold that was made when there was no room needs no place.
func (s *State) notBookable(at catalog.Time, c *Book) *Refusal {
	if c.Hold.IsZero() {
		return s.notForSale(at, c.Place, c.By.User)
	}
	if refusal := s.notOnSale(at); refusal != nil {
		return refusal
	}
	h := s.holds.get(c.Hold)
	if s.room == nil || h != nil && h.Place.IsZero() {
		return nil
	}
	p, refusal := s.placeOf(c.Place, c.By.User)
	if refusal != nil || p.State != waitroom.Active || h != nil && h.Place != c.Place {
		return &Refusal{Code: NotAdmitted}
	}
	return nil
}

// shopper is the place to be written into a hold or a booking; zero where there is no
// room: an old token means nothing. A booking of a hold has the hold's.
func (s *State) shopper(place, hold ID) ID {
	switch h := s.holds.get(hold); {
	case s.room == nil:
		return ID{}
	case h != nil:
		return h.Place
	}
	return place
}

// busier and lessBusy keep count of what a shopper holds and pays for.
func (s *State) busier(place ID) {
	if !place.IsZero() {
		s.waitingRoom().Begin(waitroom.ID(place))
	}
}

// lessBusy is the end of what busier began.
func (s *State) lessBusy(place ID) {
	if !place.IsZero() {
		s.waitingRoom().Done(waitroom.ID(place))
	}
}

// closeRoom forgets the room with all places. What is held and paid for goes on without.
func (s *State) closeRoom() {
	if s.room == nil {
		return
	}
	s.room = nil
	s.moves.forget(s.version) // everybody is let in
	for h := range s.holds.all() {
		if !h.Place.IsZero() {
			next := *h
			next.Place = ID{}
			s.holds.put(&next)
		}
	}
	for k := s.bookings.first; k != nil; k = k.next {
		if k.open.Status == Pending && !k.open.Place.IsZero() {
			next := *k.open
			next.Place = ID{}
			s.bookings.replace(k, &next)
		}
	}
}

// finish is a shopper's time that ends, if he has nothing else.
type finish struct {
	place ID
	why   waitroom.Reason
}

// finishes are the shoppers whose time may end with records that are not applied yet: a
// booking ends it and, where the event says so, the end of a hold. The end of a
// booking's own lock does not: whose card was declined may try another.
func (s *State) finishes(rs []Record) (ends []finish) {
	if s.room == nil {
		return nil
	}
	with := s.event.WaitingRoom.EndWithHold
	var started ID // of the booking that is made and confirmed in one
	for _, r := range rs {
		switch r := r.(type) {
		case *HoldEnded:
			if h := s.holds.get(r.ID); with {
				ends = append(ends, finish{h.Place, waitroom.HoldEnded})
			}
		case *Declined:
			if h := s.holds.get(s.bookings.get(r.ID).open.Hold); with && h != nil && h.ExpiresAt <= r.At {
				ends = append(ends, finish{h.Place, waitroom.HoldEnded})
			}
		case *PaymentStarted:
			started = r.Booking.Place
		case *Confirmed:
			place := started
			if k := s.bookings.get(r.ID); k != nil {
				place = k.open.Place
			}
			ends = append(ends, finish{place, waitroom.Booked})
		}
	}
	return ends
}

// happen applies what was decided, the records of out from first on, and ends the time
// of shoppers who have done what they came for. That is no part of the decision: an
// answer tells of the version in which its own record is, as its key does later.
func (s *State) happen(at catalog.Time, first int, out []Record) []Record {
	ends := s.finishes(out[first:])
	s.applyAll(out[first:])
	for _, e := range ends {
		if p, ok := s.room.Find(waitroom.ID(e.place)); ok && p.State == waitroom.Active && p.Busy == 0 {
			r := &PlaceEnded{At: at, ID: e.place, Reason: e.why}
			s.Apply(r)
			out = append(out, r)
		}
	}
	return out
}
