package truth

import (
	"fmt"
	"slices"
)

// sale is one event as its history tells it: who had which ticket from which version
// on. It is built by replay, and says where the history contradicts itself.
type sale struct {
	event    string
	records  []*record
	base     uint64 // version of records[0]
	tickets  map[string]*ticket
	holds    map[string]*holdLife
	bookings map[string]*bookingLife
	line     *line
	room     bool                                        // there ever was a waiting room
	wrong    func(p Property, says string, proof ...any) // tells a violation
}

// ticket is the spans in which somebody had it, in order.
type ticket struct{ spans []span }

// span is a time in which a ticket was somebody's: from ≤ version < to.
type span struct {
	from, to uint64 // to 0: still
	hold     string // "": of no hold
	booking  string // "": held only
	sold     bool   // the booking is confirmed
}

// holdLife is a hold from its placing to its end.
type holdLife struct {
	id, user string
	placed   uint64
	states   []holdState // in order; the first is as placed
	ended    uint64      // 0: it lives
	expired  bool        // how it ended
	booking  string      // that is paying for it, or paid
}

// holdState is a hold from a version on.
type holdState struct {
	version uint64
	tickets []string // sorted
	total   int64
	expires int64
}

// bookingLife is a booking from its start to its end. Versions are 0 where there is
// no such record.
type bookingLife struct {
	id, user, hold string
	tickets        []string // sorted
	total          int64
	payment        string
	started        uint64
	confirmed      uint64
	declined       uint64
	captured       uint64
	cancelled      uint64
	refunded       uint64
}

// now is the hold's last state.
func (h *holdLife) now() *holdState { return &h.states[len(h.states)-1] }

// at is the hold's state at a version; nil where it was not yet.
func (h *holdLife) at(version uint64) *holdState {
	for i := len(h.states) - 1; i >= 0; i-- {
		if h.states[i].version <= version {
			return &h.states[i]
		}
	}
	return nil
}

// newSale makes the sale of an event without records.
func newSale(event string, wrong func(p Property, says string, proof ...any)) *sale {
	return &sale{
		event: event, tickets: map[string]*ticket{}, holds: map[string]*holdLife{},
		bookings: map[string]*bookingLife{}, line: newLine(), wrong: wrong,
	}
}

// add makes the next record happen.
func (s *sale) add(r *record) error {
	if len(s.records) == 0 {
		s.base = r.Version
	} else {
		last := s.records[len(s.records)-1]
		if r.Version != last.Version+1 {
			s.wrong(AddsUp, fmt.Sprintf("version %d follows version %d", r.Version, last.Version), last, r)
		}
		if r.at < last.at {
			s.wrong(AddsUp, fmt.Sprintf("the time of version %d is before that of version %d", r.Version, last.Version),
				last, r)
		}
	}
	s.records = append(s.records, r)
	s.apply(r)
	return nil
}

// apply is what a record does.
func (s *sale) apply(r *record) {
	switch r.Type {
	case "hold-placed":
		h := &holdLife{id: r.HoldID, user: r.User, placed: r.Version}
		h.states = []holdState{{r.Version, sorted(r.TicketIDs), r.Total, r.expires}}
		s.holds[h.id] = h
		for _, t := range r.TicketIDs {
			s.take(t, r, span{hold: h.id})
		}
	case "hold-changed":
		s.holdChanged(r)
	case "hold-ended":
		s.holdEnded(r)
	case "payment-started":
		s.paymentStarted(r)
	case "confirmed":
		if b := s.booking(r); b != nil {
			b.confirmed, b.payment = r.Version, r.PaymentID
			if h := s.holds[b.hold]; h != nil {
				h.ended = r.Version
			}
			for _, t := range b.tickets {
				s.pass(t, r, span{hold: b.hold, booking: b.id, sold: true})
			}
		}
	case "declined":
		s.declined(r)
	case "captured":
		if b := s.booking(r); b != nil {
			b.captured = r.Version
		}
	case "cancelled":
		if b := s.booking(r); b != nil {
			b.cancelled = r.Version
			for _, t := range b.tickets {
				s.free(t, r)
			}
		}
	case "refunded":
		if b := s.booking(r); b != nil {
			b.refunded = r.Version
		}
	case "resumed":
		s.resumed(r)
	case "event-defined", "event-removed", "queue-opened", "place-taken", "places-admitted", "place-ended",
		"queue-drawn", "queue-steered":
		s.room = s.room || r.Type == "queue-opened" || r.Type == "place-taken"
		s.line.apply(r, s.wrong)
	}
}

// record gives the record of a version; nil where there is none.
func (s *sale) record(version uint64) *record {
	if version < s.base || version-s.base >= uint64(len(s.records)) {
		return nil
	}
	return s.records[version-s.base]
}

// last is the version that the history ends with.
func (s *sale) last() uint64 {
	if len(s.records) == 0 {
		return 0
	}
	return s.records[len(s.records)-1].Version
}

// booking is a record's booking, which must have been started.
func (s *sale) booking(r *record) *bookingLife {
	b := s.bookings[r.BookingID]
	if b == nil {
		s.wrong(AddsUp, fmt.Sprintf("booking %s is %s and was never started", r.BookingID, r.Type), r)
	}
	return b
}

// owner is the span of a ticket that is somebody's now; nil: it is free.
func (s *sale) owner(name string) *span {
	t := s.tickets[name]
	if t == nil || len(t.spans) == 0 || t.spans[len(t.spans)-1].to != 0 {
		return nil
	}
	return &t.spans[len(t.spans)-1]
}

// ownerAt is the span of a ticket at a version; nil: it was free.
func (s *sale) ownerAt(name string, version uint64) *span {
	t := s.tickets[name]
	if t == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(t.spans, version, func(p span, v uint64) int {
		switch {
		case p.from > v:
			return 1
		case p.to != 0 && p.to <= v:
			return -1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &t.spans[i]
}

// take gives a free ticket to somebody.
func (s *sale) take(name string, r *record, to span) {
	if was := s.owner(name); was != nil {
		s.wrong(OneOwner, fmt.Sprintf("ticket %s went to %s while %s had it", name, to.who(), was.who()),
			append(s.origin(was), r)...)
		was.to = r.Version
	}
	t := s.tickets[name]
	if t == nil {
		t = &ticket{}
		s.tickets[name] = t
	}
	to.from = r.Version
	t.spans = append(t.spans, to)
}

// pass gives a ticket from its hold or pending booking on to who follows it.
func (s *sale) pass(name string, r *record, to span) {
	was := s.owner(name)
	mine := was != nil && (was.hold != "" && was.hold == to.hold || was.booking != "" && was.booking == to.booking)
	if mine {
		was.to = r.Version
	} else if was == nil {
		s.wrong(OneOwner, fmt.Sprintf("ticket %s went to %s, which had let it go", name, to.who()), r)
	}
	s.take(name, r, to)
}

// free makes a ticket nobody's.
func (s *sale) free(name string, r *record) {
	if was := s.owner(name); was != nil {
		was.to = r.Version
	}
}

// origin is the records by which a span's owner came to the ticket, as a proof.
func (s *sale) origin(p *span) []any {
	var proof []any
	if b := s.bookings[p.booking]; b != nil {
		proof = append(proof, s.record(b.started))
	} else if h := s.holds[p.hold]; h != nil && h.placed != p.from {
		proof = append(proof, s.record(h.placed))
	}
	if r := s.record(p.from); len(proof) == 0 || proof[0] != r {
		proof = append(proof, r)
	}
	return proof
}

// who names a span's owner.
func (p *span) who() string {
	if p.booking != "" {
		return "booking " + p.booking
	}
	return "hold " + p.hold
}

// holdChanged is a hold that was extended or has other tickets.
func (s *sale) holdChanged(r *record) {
	h := s.holds[r.HoldID]
	if h == nil || h.ended != 0 {
		s.wrong(AddsUp, fmt.Sprintf("hold %s changes and is not there", r.HoldID), r)
		return
	}
	was, now := h.now().tickets, sorted(r.TicketIDs)
	for _, t := range was {
		if !slices.Contains(now, t) {
			s.free(t, r)
		}
	}
	for _, t := range now {
		if !slices.Contains(was, t) {
			s.take(t, r, span{hold: h.id})
		}
	}
	h.states = append(h.states, holdState{r.Version, now, r.Total, r.expires})
}

// holdEnded is a hold that was released or whose time was over.
func (s *sale) holdEnded(r *record) {
	h := s.holds[r.HoldID]
	if h == nil || h.ended != 0 {
		s.wrong(AddsUp, fmt.Sprintf("hold %s ends and is not there", r.HoldID), r)
		return
	}
	h.ended, h.expired = r.Version, r.Expired
	for _, t := range h.now().tickets {
		s.free(t, r)
	}
}

// paymentStarted gives tickets to a booking that is not paid yet: free ones, or all of
// a hold.
func (s *sale) paymentStarted(r *record) {
	b := &bookingLife{
		id: r.BookingID, user: r.User, hold: r.HoldID, tickets: sorted(r.TicketIDs), total: r.Total, started: r.Version,
	}
	s.bookings[b.id] = b
	if b.hold == "" {
		for _, t := range b.tickets {
			s.take(t, r, span{booking: b.id})
		}
		return
	}
	h := s.holds[b.hold]
	if h == nil || h.ended != 0 || !slices.Equal(h.now().tickets, b.tickets) {
		s.wrong(AllOrNothing, fmt.Sprintf("booking %s has %s of hold %s, which has others", b.id, list(b.tickets),
			b.hold), r)
	} else {
		h.booking = b.id
	}
	for _, t := range b.tickets {
		s.pass(t, r, span{hold: b.hold, booking: b.id})
	}
}

// declined gives tickets back to the hold, where its time is not over.
func (s *sale) declined(r *record) {
	b := s.booking(r)
	if b == nil {
		return
	}
	b.declined = r.Version
	h := s.holds[b.hold]
	back := h != nil && h.ended == 0 && h.now().expires > r.at
	if h != nil && !back {
		h.ended, h.expired = r.Version, true
	}
	if h != nil {
		h.booking = ""
	}
	for _, t := range b.tickets {
		if back {
			s.pass(t, r, span{hold: b.hold})
		} else {
			s.free(t, r)
		}
	}
}

// resumed moves the end of every live hold.
func (s *sale) resumed(r *record) {
	for _, h := range s.holds {
		if h.ended == 0 {
			next := *h.now()
			next.version, next.expires = r.Version, next.expires+r.Gap
			h.states = append(h.states, next)
		}
	}
}

// sorted gives a sorted copy.
func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
