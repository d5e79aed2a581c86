package truth

import "fmt"

// oneEffect wants all answers of a key to say the same, and no more effects in the
// history than keys that may have had them.
func (e *trial) oneEffect() {
	for _, a := range e.acts {
		if a.key == "" {
			continue
		}
		e.checked(OneEffect, 1)
		for i := range a.others {
			e.sameAnswer(a, &a.others[i])
		}
	}
	if !e.cfg.Shared {
		e.effects()
	}
}

// sameAnswer compares the answer of a key that counts with a later one.
func (e *trial) sameAnswer(a *act, other *try) {
	if a.op == Join {
		if a.told.ID != other.told.ID && a.outcome == granted && other.status/100 == 2 {
			e.wrong(OneEffect, fmt.Sprintf("key %s got places %s and %s", a.key, a.told.ID, other.told.ID), a, other)
		}
		return // a place is shown as it is now
	}
	pending := a.status == 202 || other.status == 202
	if a.status != other.status && !pending {
		e.wrong(OneEffect, fmt.Sprintf("key %s was answered with %d and with %d", a.key, a.status, other.status), a,
			other)
		return
	}
	if other.status/100 != 2 || a.outcome != granted {
		return
	}
	if say := a.told.same(&other.told); say != "" {
		e.wrong(OneEffect, fmt.Sprintf("key %s has two answers: %s", a.key, say), a, other)
	}
}

// cause is what an effect of the history can be told apart by: effects without an
// answer have no key, but somebody wanted just so many tickets.
type cause struct {
	op    Op
	user  string
	count int
}

// effects counts the holds and bookings of the history that no answer names. For each
// there must be a request whose outcome is not known.
func (e *trial) effects() {
	named := map[string]*act{}
	maybe := map[cause]int{}
	declined := map[cause]int{}
	for _, a := range e.acts {
		c := cause{a.op, a.user, e.wanted(a)}
		switch {
		case a.op != Hold && a.op != Book:
		case a.outcome == granted:
			if was := named[a.told.ID]; was != nil && was != a {
				e.wrong(OneEffect, fmt.Sprintf("keys %s and %s got one answer: %s", was.key, a.key, a.told.ID), was, a)
			}
			named[a.told.ID] = a
		case a.outcome == unknown:
			maybe[c]++
		case a.told.Code == "payment-declined":
			declined[c]++
		}
	}
	for id, h := range e.sale.holds {
		if named[id] == nil {
			e.explain(maybe, cause{Hold, h.user, len(h.states[0].tickets)}, "hold "+id, h.placed)
		}
	}
	for id, b := range e.sale.bookings {
		c := cause{Book, b.user, len(b.tickets)}
		switch {
		case named[id] != nil:
		case b.declined != 0 && declined[c] > 0:
			declined[c]--
		default:
			e.explain(maybe, c, "booking "+id, b.started)
		}
	}
}

// wanted is how many tickets a request asks for. A booking of a hold asks for all its
// tickets, without saying how many.
func (e *trial) wanted(a *act) int {
	if h := e.sale.holds[a.id]; h != nil && a.op == Book {
		return len(h.now().tickets)
	}
	if a.tickets != nil {
		return len(a.tickets)
	}
	return a.count
}

// explain uses up one request of unknown outcome for an effect.
func (e *trial) explain(maybe map[cause]int, c cause, what string, version uint64) {
	if maybe[c] > 0 {
		maybe[c]--
		return
	}
	e.wrong(OneEffect, what+" is in the history, and no answer names it, nor is there a request of that user "+
		"whose outcome is not known: a key had two effects, or a refused request had one", e.sale.record(version))
}
