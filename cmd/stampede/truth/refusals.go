package truth

import (
	"fmt"
	"slices"
)

// refusals wants each "tickets-unavailable" to name those of the wanted tickets that
// were somebody's at the version of the answer, all of them and no other.
func (e *trial) refusals() {
	for _, a := range e.acts {
		if a.outcome != refused || a.told.Code != "tickets-unavailable" || a.tickets == nil {
			continue
		}
		e.checked(AllOrNothing, 1)
		if len(a.told.Tickets) == 0 {
			e.wrong(AllOrNothing, "a refusal names no ticket", a)
		}
		for _, t := range a.told.Tickets {
			if !slices.Contains(a.tickets, t) {
				e.wrong(AllOrNothing, fmt.Sprintf("a refusal names ticket %s, which was not asked for", t), a)
			}
		}
		if a.version == 0 || a.version > e.sale.last() {
			continue
		}
		for _, t := range a.tickets {
			e.named(a, t, slices.Contains(a.told.Tickets, t))
		}
	}
}

// named holds one ticket of a refusal to the history.
func (e *trial) named(a *act, ticket string, named bool) {
	owner := e.sale.ownerAt(ticket, a.version)
	switch {
	case named && owner == nil:
		e.wrong(AllOrNothing, fmt.Sprintf("a refusal names ticket %s, which was nobody's at version %d", ticket,
			a.version), a,
			e.nextSpan(ticket, a.version))
	case !named && owner != nil && (a.id == "" || owner.hold != a.id):
		e.wrong(AllOrNothing, fmt.Sprintf("a refusal does not name ticket %s, which %s had at version %d",
			ticket, owner.who(), a.version), append([]any{a}, e.sale.origin(owner)...)...)
	}
}

// nextSpan is the record by which a ticket was somebody's next, as a part of a proof.
func (e *trial) nextSpan(name string, version uint64) any {
	t := e.sale.tickets[name]
	if t == nil {
		return fmt.Sprintf("history  ticket %s never was anybody's", name)
	}
	for i := range t.spans {
		if t.spans[i].from > version {
			return e.sale.record(t.spans[i].from)
		}
	}
	return fmt.Sprintf("history  ticket %s never was anybody's after that", name)
}
