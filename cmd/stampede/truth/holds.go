package truth

import "fmt"

// lateness is how long after its time a hold may end, in milliseconds.
const lateness = 1000

// dateSlack is by how much the server's time of an answer is too early at most: it is
// given in whole seconds.
const dateSlack = 1000

// holdsEnd wants holds to end at their time: not before, and not more than a second
// after. Times are the history's: the clocks of who asks do not matter. A time without
// a leader moves the ends, and the history says so.
func (e *trial) holdsEnd() {
	for _, h := range e.sale.holds {
		e.checked(HoldsEnd, 1)
		ends := h.now().expires
		switch {
		case h.ended != 0 && h.expired:
			at := e.sale.record(h.ended)
			// A payment that was declined late ends its hold then: it was held up by it.
			if at.at < ends {
				e.wrong(HoldsEnd, fmt.Sprintf("hold %s ended %d ms before its time", h.id, ends-at.at),
					e.sale.record(h.now().version), at)
			} else if at.at > ends+lateness && at.Type == "hold-ended" && !e.wasPaying(h, ends) {
				e.wrong(HoldsEnd, fmt.Sprintf("hold %s ended %d ms after its time", h.id, at.at-ends),
					e.sale.record(h.now().version), at)
			}
		case h.ended == 0 && h.booking == "" && !e.date.IsZero() && e.date.UnixMilli() > ends+lateness+dateSlack:
			e.wrong(HoldsEnd, fmt.Sprintf("hold %s has not ended %d ms after its time", h.id, e.date.UnixMilli()-ends),
				e.sale.record(h.now().version))
		}
	}
	for _, a := range e.acts {
		e.refusedEarly(a)
	}
}

// wasPaying says whether a payment was under way when a hold's time was over.
func (e *trial) wasPaying(h *holdLife, ends int64) bool {
	for _, t := range h.now().tickets {
		for _, p := range e.sale.tickets[t].spans {
			if p.hold == h.id && p.booking != "" && e.sale.record(p.from).at <= ends && p.to != 0 &&
				e.sale.record(p.to).at >= ends {
				return true
			}
		}
	}
	return false
}

// refusedEarly wants nobody to be told that a hold is over before it is. When an answer
// was made is not known, but it was before the next record.
func (e *trial) refusedEarly(a *act) {
	if a.outcome != refused || a.told.Code != "hold-expired" || a.replayed {
		return
	}
	h := e.sale.holds[a.id]
	next := e.sale.record(a.version + 1)
	if h == nil || next == nil || h.ended != 0 && h.ended <= a.version {
		return
	}
	if s := h.at(a.version); s != nil && next.at < s.expires {
		e.wrong(HoldsEnd, fmt.Sprintf("hold %s was called expired %d ms before its time", h.id, s.expires-next.at),
			a, e.sale.record(s.version), next)
	}
}
