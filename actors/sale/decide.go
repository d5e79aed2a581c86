package sale

import (
	"fmt"

	"boxoffice/actors/sale/catalog"
)

// Decide appends the records that c makes at time at, and says what its sender is
// told once they are committed. It changes nothing but who was seen in the waiting room:
// a caller that drops the records has not asked. A time before Now() counts as Now(). Holds that are
// overdue and were not ended by a Tick still have their tickets, but can no
// longer be used.
//
// The answer reflects the state after the records. Answer.Plan is set wherever
// Hold, Booking or Tickets is, except in a SettlePayment after the event's
// removal. Tickets of a cancelled, refunded or declined booking, and those of a
// stored answer, need not exist in the plan: the event may have changed since.
func (s *State) Decide(at catalog.Time, c Command, out []Record) ([]Record, Answer) {
	at = max(at, s.now)
	first, key := len(out), keyOf(c)
	if !key.None() {
		if a, known := s.recall(at, key); known {
			return out, s.complete(a, 0)
		}
	}
	out, a := s.decide(at, c, out)
	if a.Refusal != nil && !key.None() && a.Refusal.Code.Final() {
		r := &Refused{At: at, Refusal: *a.Refusal, Key: key}
		out, a.Refusal = append(out, r), &r.Refusal
	}
	return out, s.complete(a, len(out)-first)
}

// complete adds what every answer has. made is the number of records that the
// command made.
func (s *State) complete(a Answer, made int) Answer {
	if !a.Replayed {
		a.Version = s.version + uint64(made)
	}
	if a.Hold != nil || a.Booking != nil || a.Tickets != nil {
		a.Plan = s.Plan()
	}
	return a
}

// decide is Decide without idempotency keys. What needs no event comes first: the
// payer and the clock go on after a removal.
func (s *State) decide(at catalog.Time, c Command, out []Record) ([]Record, Answer) {
	switch c := c.(type) {
	case *DefineEvent:
		return s.defineEvent(at, c, out)
	case *SettlePayment:
		return s.settlePayment(at, c, out)
	case *Tick: // what time does has been done: see Step
		return out, Answer{}
	case *Resume:
		return s.resume(at, c, out), Answer{}
	}
	if s.event == nil {
		return out, refuse(EventNotFound)
	}
	switch c := c.(type) {
	case *PlaceHold:
		return s.placeHold(at, c, out)
	case *Book:
		return s.book(at, c, out)
	case *ExtendHold:
		return s.extendHold(at, c, out)
	case *SwapHold:
		return s.swapHold(at, c, out)
	case *ReleaseHold:
		return s.releaseHold(at, c, out)
	case *CancelBooking:
		return s.cancelBooking(at, c, out)
	case *RemoveEvent:
		return s.removeEvent(at, c, out)
	case *ShowHold:
		h, refusal := s.holdOf(at, c.ID, c.By.User)
		return out, Answer{Hold: h, Refusal: refusal}
	case *ShowBooking:
		b, refusal := s.bookingOf(c.ID, c.By.User)
		return out, Answer{Booking: b, Refusal: refusal}
	case *JoinQueue:
		return s.joinQueue(at, c, out)
	case *LeaveQueue:
		return s.leaveQueue(at, c, out)
	case *ShowPlace:
		return out, s.showPlace(at, c)
	case *SeePlaces:
		return out, Answer{Places: s.seePlaces(at, c)}
	case *ShowQueue:
		return out, Answer{Queue: s.showQueue(at)}
	case *SteerQueue:
		return s.steerQueue(at, c, out)
	case *ShowNews:
		return out, s.showNews(c)
	case *ShowTickets:
		return out, Answer{Tickets: s.stock.Snapshot(s.version)}
	case *ShowEvent:
		return out, Answer{Event: s.describe()}
	}
	panic(fmt.Sprintf("sale: no such command: %T", c))
}

// tick ends every hold whose time is over, the earliest first and then by id: the
// order of records must not depend on how the holds lie in memory. It forgets
// nothing; records do that. It is for Step: it notes when it looked through the room.
func (s *State) tick(at catalog.Time, out []Record) []Record {
	for _, h := range s.holds.overdue(at) {
		out = append(out, &HoldEnded{At: at, ID: h.ID, Expired: true})
	}
	return s.tickQueue(at, out)
}

// resume moves the deadlines later by the part of the gap that lies after Now(): what
// lies before it was lived through, as the last record shows. Without a live hold
// nothing waits, and the gap needs no record.
func (s *State) resume(at catalog.Time, c *Resume, out []Record) []Record {
	gap := int64(c.To - max(c.From, s.now))
	if s.room != nil {
		s.room.SeenAll(int64(max(at, c.To))) // nobody could be seen
	}
	if s.holds.len() == 0 && (s.room == nil || s.room.Active() == 0) || gap <= 0 {
		return out
	}
	return append(out, &Resumed{At: max(at, c.To), Gap: gap})
}

// refuse is an answer that is a code and nothing else.
func refuse(code Code) Answer { return Answer{Refusal: &Refusal{Code: code}} }

// wrong is a refusal of tickets that cannot be meant.
func wrong(detail string) *Refusal { return &Refusal{Code: WrongTickets, Detail: detail} }
