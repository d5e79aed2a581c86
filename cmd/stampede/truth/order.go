package truth

import (
	"cmp"
	"fmt"
	"slices"
)

// inOrder wants versions to agree with real time. Whoever sends a request after an
// answer with version v had come gets an answer of at least v, and what he does has a
// version above it.
func (e *trial) inOrder() {
	answered := slices.DeleteFunc(slices.Clone(e.acts), func(a *act) bool {
		return a.version == 0 ||
			a.received == never
	})
	slices.SortFunc(answered, func(a, b *act) int { return cmp.Compare(a.received, b.received) })
	var last *act // the greatest version that had been told
	next := 0
	for _, a := range e.acts {
		for ; next < len(answered) && answered[next].received < a.sent; next++ {
			if last == nil || answered[next].version > last.version {
				last = answered[next]
			}
		}
		e.follows(a, last)
	}
}

// follows holds one answer to the greatest version that was known before it was asked
// for. last is nil where none was.
func (e *trial) follows(a, last *act) {
	if a.version == 0 || a.outcome == unknown {
		return
	}
	e.checked(InOrder, 1)
	if last != nil && a.version < last.version {
		e.wrong(InOrder, fmt.Sprintf("version %d was known, and a later request was answered with version %d",
			last.version, a.version), last, a)
	}
	effect := e.effect(a)
	switch {
	case effect == 0:
	case last != nil && effect <= last.version:
		e.wrong(InOrder, fmt.Sprintf("version %d was known, and a later request has its effect in version %d",
			last.version, effect), last, a, e.sale.record(effect))
	case effect > a.version:
		e.wrong(InOrder,
			fmt.Sprintf("a request has its effect in version %d and was answered with version %d before it",
				effect, a.version), a, e.sale.record(effect))
	}
	if a.version > e.sale.last() {
		e.wrong(InOrder, fmt.Sprintf("version %d was told, the history ends with version %d", a.version, e.sale.last()),
			a)
	}
}

// effect is the version in which a granted request happened; 0: not known, or nothing did.
func (e *trial) effect(a *act) uint64 {
	if a.outcome != granted {
		return 0
	}
	switch a.op {
	case Hold:
		if h := e.sale.holds[a.told.ID]; h != nil {
			return h.placed
		}
	case Book:
		if b := e.sale.bookings[a.told.ID]; b != nil {
			return b.started
		}
	case Release:
		if h := e.sale.holds[a.id]; h != nil {
			return h.ended
		}
	case Join:
		if p := e.sale.line.places[a.told.ID]; p != nil && a.status == 201 {
			return p.taken
		}
	}
	return 0
}
