package truth

import (
	"fmt"
	"slices"
)

// kept wants everything that was granted to be in the history as it was told.
func (e *trial) kept() {
	released, cancelled := e.wishes(Release), e.wishes(Cancel)
	for _, a := range e.acts {
		if a.outcome != granted {
			continue
		}
		if a.told.Bad != "" {
			e.wrong(Kept, "an answer cannot be read: "+a.told.Bad, a)
			continue
		}
		e.checked(Kept, 1)
		switch a.op {
		case Hold, Extend, Swap:
			e.keptHold(a)
		case Book:
			e.keptBooking(a)
		case ReadHold:
			e.readHold(a)
		case ReadBooking:
			if e.sale.bookings[a.told.ID] == nil {
				e.wrong(Kept, fmt.Sprintf("booking %s was shown, and the history has none", a.told.ID), a)
			}
		case Release:
			if h := e.sale.holds[a.id]; h == nil || h.ended == 0 || h.ended > a.version && a.version != 0 {
				e.wrong(Kept, fmt.Sprintf("hold %s was released, and by version %d it had not ended", a.id, a.version),
					a)
			}
		case Cancel:
			if b := e.sale.bookings[a.id]; b == nil || b.cancelled == 0 {
				e.wrong(Kept, fmt.Sprintf("booking %s was cancelled, and the history does not know", a.id), a)
			}
		}
	}
	if e.cfg.Shared {
		return
	}
	for id, b := range e.sale.bookings {
		if b.cancelled != 0 && !cancelled[id] {
			e.wrong(Kept, fmt.Sprintf("booking %s was cancelled, and nobody had asked for it", id),
				e.sale.record(b.cancelled))
		}
	}
	for id, h := range e.sale.holds {
		if h.ended != 0 && !h.expired && h.booking == "" && !released[id] && !e.sale.room {
			e.wrong(Kept, fmt.Sprintf("hold %s was released, and nobody had asked for it", id), e.sale.record(h.ended))
		}
	}
}

// wishes are the ids that somebody wanted ended, whatever came of it.
func (e *trial) wishes(op Op) map[string]bool {
	ids := map[string]bool{}
	for _, a := range e.acts {
		if a.op == op {
			ids[a.id] = true
		}
	}
	return ids
}

// keptHold holds a granted hold, extension or swap to the history: the hold is there at
// the version of the answer, as it was told.
func (e *trial) keptHold(a *act) {
	h := e.sale.holds[a.told.ID]
	if h == nil {
		e.wrong(Kept, fmt.Sprintf("hold %s was granted, and the history has none", a.told.ID), a)
		return
	}
	first := e.sale.record(h.placed)
	state := h.at(a.version)
	if a.version == 0 {
		state = h.now()
	}
	switch {
	case state == nil:
		e.wrong(Kept, fmt.Sprintf("hold %s was granted with version %d, and is placed with version %d",
			h.id, a.version, h.placed), a, first)
	case h.user != a.user:
		e.wrong(Kept, fmt.Sprintf("hold %s is of user %q, the history says %q", h.id, a.user, h.user), a, first)
	case !slices.Equal(state.tickets, a.told.Tickets):
		e.wrong(AllOrNothing, fmt.Sprintf("hold %s was told to have %s, the history says %s",
			h.id, list(a.told.Tickets), list(state.tickets)), a, e.sale.record(state.version))
	case state.total != a.told.Total:
		e.wrong(Kept, fmt.Sprintf("hold %s costs %d, the history says %d", h.id, a.told.Total, state.total), a, first)
	case state.expires != a.told.ExpiresAt && a.version != 0:
		e.wrong(Kept, fmt.Sprintf("hold %s ends at %s, the history says %s", h.id, clock(a.told.ExpiresAt),
			clock(state.expires)), a, e.sale.record(state.version))
	}
	e.whole(a, a.told.Tickets)
}

// whole wants a grant to have all the tickets that were asked for, and no other.
func (e *trial) whole(a *act, got []string) {
	e.checked(AllOrNothing, 1)
	switch {
	case a.op == Swap:
		for _, t := range a.tickets {
			if !slices.Contains(got, t) {
				e.wrong(AllOrNothing, fmt.Sprintf("the swap was granted without ticket %s", t), a)
			}
		}
		for _, t := range a.removed {
			if slices.Contains(got, t) && !slices.Contains(a.tickets, t) {
				e.wrong(AllOrNothing, fmt.Sprintf("the swap was granted and left ticket %s", t), a)
			}
		}
	case a.tickets != nil && !slices.Equal(sorted(a.tickets), got):
		e.wrong(AllOrNothing, fmt.Sprintf("asked for %s, got %s", list(a.tickets), list(got)), a)
	case a.tickets == nil && a.count != 0 && a.count != len(got):
		e.wrong(AllOrNothing, fmt.Sprintf("asked for %d tickets, got %s", a.count, list(got)), a)
	}
}

// keptBooking holds a granted booking to the history.
func (e *trial) keptBooking(a *act) {
	b := e.sale.bookings[a.told.ID]
	if b == nil {
		e.wrong(Kept, fmt.Sprintf("booking %s was granted, and the history has none", a.told.ID), a)
		return
	}
	at := e.sale.bookingRecord(b.id)
	confirmed := a.told.Status == "confirmed"
	switch {
	case b.user != a.user:
		e.wrong(Kept, fmt.Sprintf("booking %s is of user %q, the history says %q", b.id, a.user, b.user), a, at)
	case !slices.Equal(b.tickets, a.told.Tickets):
		e.wrong(AllOrNothing, fmt.Sprintf("booking %s was told to have %s, the history says %s",
			b.id, list(a.told.Tickets), list(b.tickets)), a, at)
	case b.total != a.told.Total:
		e.wrong(Kept, fmt.Sprintf("booking %s costs %d, the history says %d", b.id, a.told.Total, b.total), a, at)
	case a.status == 201 && !confirmed:
		e.wrong(Kept, fmt.Sprintf("booking %s was answered with 201 and status %q", b.id, a.told.Status), a)
	case confirmed && b.confirmed == 0:
		e.wrong(Kept, fmt.Sprintf("booking %s was confirmed, and the history does not know", b.id), a, at)
	case confirmed && a.version != 0 && b.confirmed > a.version:
		e.wrong(Kept, fmt.Sprintf("booking %s was confirmed with version %d, and is confirmed with version %d",
			b.id, a.version, b.confirmed), a, at)
	}
	e.whole(a, a.told.Tickets)
}

// readHold wants a hold that was shown to live at the version of the answer.
func (e *trial) readHold(a *act) {
	h := e.sale.holds[a.told.ID]
	if h == nil {
		e.wrong(Kept, fmt.Sprintf("hold %s was shown, and the history has none", a.told.ID), a)
	} else if a.version != 0 && (a.version < h.placed || h.ended != 0 && a.version >= h.ended) {
		e.wrong(Kept, fmt.Sprintf("hold %s was shown with version %d, and did not live then", h.id, a.version),
			a, e.sale.record(h.placed), e.sale.record(h.ended))
	}
}
