package truth

import (
	"cmp"
	"fmt"
	"slices"
)

// owners wants no two answers to have given one ticket to two buyers at a time. The
// history was looked at while it was read; here nothing counts but the answers.
func (e *trial) owners() {
	ends := map[string]*act{} // booking → who may have cancelled it
	for _, a := range e.acts {
		if a.op == Cancel && a.outcome != refused {
			if was := ends[a.id]; was == nil || a.sent < was.sent {
				ends[a.id] = a
			}
		}
	}
	sold := map[string][]*act{}
	for _, a := range e.acts {
		if a.op != Book || a.outcome != granted || a.told.Status != "confirmed" {
			continue
		}
		for _, t := range a.told.Tickets {
			sold[t] = append(sold[t], a)
		}
	}
	// From the answer until somebody wanted it cancelled, the ticket was the buyer's.
	until := func(a *act) int64 {
		if c := ends[a.told.ID]; c != nil {
			return c.sent
		}
		return never
	}
	for t, list := range sold {
		slices.SortFunc(list, func(a, b *act) int { return cmp.Compare(a.received, b.received) })
		for i := 1; i < len(list); i++ {
			a, b := list[i-1], list[i]
			if a.told.ID != b.told.ID && until(a) > b.received {
				e.wrong(OneOwner, fmt.Sprintf("ticket %s was sold twice: in booking %s and in booking %s",
					t, a.told.ID, b.told.ID), a, b, e.sale.bookingRecord(a.told.ID), e.sale.bookingRecord(b.told.ID))
			}
		}
	}
	e.checked(OneOwner, int64(max(len(e.sale.tickets), len(sold))))
}

// bookingRecord is the record that confirmed a booking, or started it; nil: none.
func (s *sale) bookingRecord(id string) *record {
	b := s.bookings[id]
	switch {
	case b == nil:
		return nil
	case b.confirmed != 0:
		return s.record(b.confirmed)
	}
	return s.record(b.started)
}
