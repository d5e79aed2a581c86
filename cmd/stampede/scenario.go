package main

import (
	"encoding/json"
	"sync/atomic"
)

// reads gives an operation that GETs one path of each event in turn. The requests
// are made once: nothing of them changes.
func (r *run) reads(k kind, suffix string) operation {
	requests := make([][]byte, len(r.houses))
	for i, h := range r.houses {
		get := request{kind: k, method: "GET", path: "/events/" + h.id + suffix}
		requests[i] = get.append(nil, &r.target)
	}
	return func(w *worker, n int64) bool {
		w.send(k, requests[n%int64(len(requests))])
		return true
	}
}

// view reads events.
func (r *run) view() operation { return r.reads(viewKind, "") }

// tickets reads seat maps.
func (r *run) tickets() operation { return r.reads(ticketsKind, "/tickets") }

// seat is one ticket of one event.
type seat struct {
	house *house
	id    string
}

// distinct gives out each ticket of the run's events once, the events in turn. It
// is safe for concurrent use.
func (r *run) distinct() func() (seat, bool) {
	var given atomic.Int64
	return func() (seat, bool) {
		n := int(given.Add(1) - 1)
		h := r.houses[n%len(r.houses)]
		if n /= len(r.houses); n >= h.seats {
			return seat{}, false
		}
		return seat{h, h.ticket(n)}, true
	}
}

// hold holds a ticket and releases it. A connection has its own tickets, so that
// every hold is granted.
func (r *run) hold() operation {
	return func(w *worker, n int64) bool {
		h := r.houses[n%int64(len(r.houses))]
		share := h.seats / r.config.conns
		if share == 0 {
			return false
		}
		s := seat{h, h.ticket(w.id*share + int(n)%share)}
		id, ok := w.hold(s)
		if ok {
			w.release(s, id)
		}
		return true
	}
}

// book books a ticket in one call, without a hold.
func (r *run) book() operation {
	next := r.distinct()
	return func(w *worker, _ int64) bool {
		s, ok := next()
		if ok {
			w.book(s, "")
		}
		return ok
	}
}

// mix is 95 % views, and 5 % holds that are booked.
func (r *run) mix() operation {
	view, next := r.view(), r.distinct()
	return func(w *worker, n int64) bool {
		if n%20 != 0 {
			return view(w, n)
		}
		s, ok := next()
		if !ok {
			return false
		}
		if id, ok := w.hold(s); ok {
			w.book(s, id)
		}
		return true
	}
}

// hold holds a ticket and gives the hold's id.
func (w *worker) hold(s seat) (id string, ok bool) {
	w.body = holdBody(w.body[:0], s.id)
	a, err := w.do(&deed{
		request: request{kind: holdKind, method: "POST", path: "/events/" + s.house.id + "/holds",
			user: w.user, key: w.newKey(), body: w.body},
		event: s.house.id, tickets: []string{s.id},
	})
	if err != nil {
		w.run.fail(err)
		return "", false
	}
	var hold struct {
		ID string `json:"id"`
	}
	if a.status != 201 || json.Unmarshal(a.body, &hold) != nil {
		return "", false
	}
	return hold.ID, true
}

// release ends a hold. A hold that came and went has left nothing to check but the
// seat map, so both deeds are dropped.
func (w *worker) release(s seat, hold string) {
	d := &deed{
		request: request{kind: releaseKind, method: "DELETE", path: "/events/" + s.house.id + "/holds/" + hold,
			user: w.user},
		event: s.house.id, tickets: []string{s.id}, hold: hold,
	}
	if _, err := w.do(d); err != nil {
		w.run.fail(err)
	} else if d.granted() && len(w.deeds) >= 2 && w.deeds[len(w.deeds)-1].hold == hold {
		w.deeds = w.deeds[:len(w.deeds)-2]
	}
}

// book books a ticket, of a hold where there is one.
func (w *worker) book(s seat, hold string) (answer, *deed) {
	w.body = bookingBody(w.body[:0], hold, s.id)
	d := &deed{
		request: request{kind: bookKind, method: "POST", path: "/bookings/" + s.house.id,
			user: w.user, key: w.newKey(), body: w.body},
		event: s.house.id, tickets: []string{s.id}, hold: hold,
	}
	a, err := w.do(d)
	if err != nil {
		w.run.fail(err)
	}
	return a, d
}
