package truth

import (
	"fmt"
	"time"
)

// addsUp wants the seat map to say what the history says at its version, and the
// event's counts to come to agree with it.
func (e *trial) addsUp() error {
	m := e.seats
	if m.twice != "" {
		e.wrong(AddsUp, fmt.Sprintf("the seat map has ticket %s twice", m.twice))
	}
	if n := m.counts["available"] + m.counts["held"] + m.counts["booked"]; n != len(m.status) && m.twice == "" {
		e.wrong(AddsUp, fmt.Sprintf("the seat map has %d tickets, and says %v", len(m.status), m.counts))
	}
	if m.version == 0 || m.version > e.sale.last() {
		e.verdict.skip(AddsUp, "the seat map has no version that the history has")
	} else {
		for name, is := range m.status {
			e.shown(name, is, m.version)
		}
		for name := range e.sale.tickets {
			if m.status[name] == "" {
				e.wrong(AddsUp, fmt.Sprintf("ticket %s was sold or held, and the seat map does not have it", name),
					e.sale.record(e.sale.tickets[name].spans[0].from))
			}
		}
	}
	return e.counts()
}

// shown holds one ticket of the seat map to the history.
func (e *trial) shown(name, is string, version uint64) {
	owner := e.sale.ownerAt(name, version)
	want := "available"
	if owner != nil {
		want = "held"
		if owner.sold {
			want = "booked"
		}
	}
	if is == want {
		return
	}
	says := fmt.Sprintf("the seat map says that ticket %s is %s at version %d, the history that it is %s", name, is,
		version, want)
	if owner == nil {
		e.wrong(AddsUp, says, e.lastSpan(name, version))
	} else {
		e.wrong(AddsUp, says+": "+owner.who()+" has it", e.sale.origin(owner)...)
	}
}

// lastSpan is the record by which a ticket was let go last, as a part of a proof.
func (e *trial) lastSpan(name string, version uint64) any {
	if t := e.sale.tickets[name]; t != nil {
		for i := len(t.spans) - 1; i >= 0; i-- {
			if to := t.spans[i].to; to != 0 && to <= version {
				return e.sale.record(to)
			}
		}
	}
	return fmt.Sprintf("history  nobody had ticket %s until version %d", name, version)
}

// counts wants the event's counts to add up, and to agree with the seat map after
// Settle at the latest: they may be a second old, and holds go on to end.
func (e *trial) counts() error {
	for until := time.Now().Add(e.cfg.Settle); ; {
		a, err := e.client.availability(e.ctx, e.event)
		if err != nil {
			return err
		}
		if a.Available+a.Held+a.Booked != a.Total || a.Total != len(e.seats.status) {
			e.wrong(AddsUp, fmt.Sprintf("the counts do not add up to the %d tickets of the seat map: %+v",
				len(e.seats.status), a))
			return nil
		}
		m, err := e.client.seatMap(e.ctx, e.event)
		if err != nil {
			return err
		}
		if a.Available == m.counts["available"] && a.Held == m.counts["held"] && a.Booked == m.counts["booked"] {
			return nil
		}
		if time.Now().After(until) {
			e.wrong(AddsUp, fmt.Sprintf("the counts are %+v, the seat map has %v", a, m.counts))
			return nil
		}
		if err := pause(e.ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}
