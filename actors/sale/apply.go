package sale

import (
	"fmt"
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// Apply makes a record happen. It cannot refuse; a record that cannot follow is a
// broken log and panics: to go on would be to sell a ticket twice. The state is of
// no use after that. The state keeps parts of r, which is immutable.
//
// A record is all that Apply knows. It does not ask whether the sale had begun or
// a limit was kept: that was decided, under the rules of that day.
func (s *State) Apply(r Record) {
	s.version++
	switch r := r.(type) {
	case *HoldPlaced:
		s.begin(r.At)
		s.holdPlaced(r)
	case *HoldChanged:
		s.begin(r.At)
		s.holdChanged(r)
	case *HoldEnded:
		s.begin(r.At)
		s.holdEnded(r)
	case *PaymentStarted:
		s.begin(r.At)
		s.paymentStarted(r)
	case *Confirmed:
		s.begin(r.At)
		s.paymentConfirmed(r)
	case *Declined:
		s.begin(r.At)
		s.paymentDeclined(r)
	case *Captured:
		s.begin(r.At)
		s.paymentCaptured(r)
	case *Cancelled:
		s.begin(r.At)
		s.bookingCancelled(r)
	case *Refunded:
		s.begin(r.At)
		k := s.existing(r.ID, Refund)
		s.bookings.replace(k, k.open.refunded())
		s.remember(&s.refunded, k.open)
	case *EventDefined:
		s.begin(r.At)
		s.eventDefined(r)
	case *EventRemoved:
		s.begin(r.At)
		s.eventRemoved(r)
	case *Refused:
		s.begin(r.At)
		must(!r.Key.None(), "a refusal is kept without a key")
		s.keep(r.Key, &r.Refusal)
	case *Resumed:
		s.begin(r.At)
		s.resumed(r)
	default:
		s.applyQueue(r)
	}
}

// applyQueue is Apply for the records of the waiting room.
func (s *State) applyQueue(r Record) {
	switch r := r.(type) {
	case *QueueOpened:
		s.begin(r.At)
		s.waitingRoom().Open(r.Seed)
	case *PlaceTaken:
		s.begin(r.At)
		s.waitingRoom().Take(int64(r.At), waitroom.ID(r.ID), r.Owner)
	case *PlacesAdmitted:
		s.begin(r.At)
		s.admitted(r)
	case *PlaceEnded:
		s.begin(r.At)
		s.placeEnded(r)
	case *QueueDrawn:
		s.begin(r.At)
		s.waitingRoom().Draw()
	case *QueueSteered:
		s.begin(r.At)
		s.steered(r)
	default:
		panic(fmt.Sprintf("sale: no such record: %T", r))
	}
}

// must is an invariant of the log. It is always on: what it looks at is at hand, and
// costs a few nanoseconds.
func must(ok bool, why string) {
	if !ok {
		panic("sale: the record cannot follow: " + why)
	}
}

// begin is what every record does: time goes on, and old things are forgotten.
func (s *State) begin(at catalog.Time) {
	must(at >= s.now, "it is older than the last one")
	s.now = at
	s.forget(at)
}

// move gives tickets another status as of this record. That they have the status
// before is what keeps a ticket out of two holds, whatever a log says.
func (s *State) move(seats []inventory.Ticket, from, to inventory.Status) {
	for _, t := range seats {
		must(s.stock.Status(t) == from, "a ticket is not what it has to be")
		s.stock.Set(t, to, s.version)
	}
}

// eventDefined replaces the description. Where the house stays the same, so do the
// plan and the stock: a new title moves nothing.
func (s *State) eventDefined(r *EventDefined) {
	must(r.Event != nil, "it has no event")
	created := s.event == nil
	began := !created && s.event.OnSaleAt <= r.At && r.Event.OnSaleAt <= r.At // it goes on
	if created || !sameInventory(s.describe(), r.Event) {
		s.layOut(r.Event.Inventory)
	}
	s.setEvent(r.Event)
	s.setRoom(began)
	if !r.Key.None() {
		s.store(StoredAnswer{At: r.At, Key: r.Key, Version: s.version, What: r.Event, Created: created})
	}
}

// eventRemoved leaves the ended bookings, the answers and the tasks.
func (s *State) eventRemoved(r *EventRemoved) {
	must(s.event != nil, "there is no event")
	_, held, booked := s.stock.Counts()
	must(held+booked == 0, "tickets are held or booked")
	s.event, s.stock, s.steer = nil, nil, steering{}
	s.closeRoom()
	s.keep(r.Key, nil)
}

// holdPlaced lets the state point into the record: the hold is not copied.
func (s *State) holdPlaced(r *HoldPlaced) {
	h := s.seated(&r.Hold)
	must(!h.ID.IsZero() && h.Paying.IsZero(), "a new hold has no id, or is being paid for")
	s.move(h.seats, inventory.Available, inventory.Held)
	s.holds.add(h)
	s.count(h.User, len(h.seats))
	s.busier(h.Place)
	s.keep(r.Key, h)
}

// holdChanged moves the tickets that differ. It compares each with each, because a
// hold has few: at most MaxTicketsPerCommand.
func (s *State) holdChanged(r *HoldChanged) {
	was, h := s.idleHold(r.Hold.ID), s.seated(&r.Hold)
	must(h.Paying.IsZero() && h.User == was.User, "a hold changes hands")
	for _, t := range was.seats {
		if !slices.Contains(h.seats, t) {
			s.move([]inventory.Ticket{t}, inventory.Held, inventory.Available)
		}
	}
	for _, t := range h.seats {
		if !slices.Contains(was.seats, t) {
			s.move([]inventory.Ticket{t}, inventory.Available, inventory.Held)
		}
	}
	s.holds.put(h)
	s.count(h.User, len(h.seats)-len(was.seats))
	s.keep(r.Key, h)
}

// holdEnded frees the tickets. Only a hold that expired is remembered: whoever
// released one knows.
func (s *State) holdEnded(r *HoldEnded) {
	h := s.idleHold(r.ID)
	must(!r.Expired || h.ExpiresAt <= r.At, "a hold expires before its time")
	s.move(h.seats, inventory.Held, inventory.Available)
	s.holds.remove(h.ID)
	s.count(h.User, -len(h.seats))
	s.lessBusy(h.Place)
	if r.Expired {
		s.expired.add(ExpiredHold{At: r.At, ID: h.ID, User: h.User}, s.bounds.ended)
	}
	s.keep(r.Key, nil)
}

// resumed moves all deadlines by the same amount, so their order stays. Holds in
// payment are moved too: a decline gives them their time back.
func (s *State) resumed(r *Resumed) {
	must(r.Gap > 0, "there was no gap")
	for h := range s.holds.all() {
		next := *h
		next.ExpiresAt += catalog.Time(r.Gap)
		next.MaxExpiresAt += catalog.Time(r.Gap)
		s.holds.put(&next)
	}
	if s.room != nil {
		s.room.Extend(r.Gap)
		s.moves.forget(s.version) // the ends of all sessions have moved
	}
}

// steered changes the description too: it is what the next change of it starts from.
func (s *State) steered(r *QueueSteered) {
	must(s.event != nil, "there is no event")
	e := *s.event
	e.WaitingRoom.MaxActive, e.WaitingRoom.RatePerMinute = r.MaxActive, r.Rate
	s.event, s.steer = &e, steering{paused: r.Paused, stopped: r.Stopped}
	s.setRoom(true)
}

// waitingRoom is the room of a record of it.
func (s *State) waitingRoom() *waitroom.Room {
	must(s.room != nil, "the event has no waiting room")
	return s.room
}

// seated is a hold of a record with its tickets in the current plan. A hold that
// comes from Decide has them; one that was read from a log has not.
func (s *State) seated(h *Hold) *Hold {
	must(s.event != nil, "there is no event")
	if h.seats != nil {
		return h
	}
	next := *h
	next.seats = s.resolve(h.TicketIDs)
	return &next
}

// idleHold is a live hold that is not being paid for.
func (s *State) idleHold(id ID) *Hold {
	h := s.holds.get(id)
	must(h != nil, "there is no such hold")
	must(h.Paying.IsZero(), "the hold is being paid for")
	return h
}
