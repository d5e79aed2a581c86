package main

import (
	"encoding/json"
	"sync/atomic"

	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// reads gives an operation that GETs one path of each event in turn. The requests
// are made once: nothing of them changes.
func (r *run) reads(k kind, suffix string) operation {
	requests := make([][]byte, len(r.houses))
	for i, h := range r.houses {
		get := wire.Request{Method: "GET", Path: "/events/" + h.ID + suffix}
		requests[i] = get.Append(nil, &r.target)
	}
	return func(w *worker, n int64) bool {
		w.send(k, requests[n%int64(len(requests))], nil)
		return true
	}
}

// view reads events.
func (r *run) view() operation { return r.reads(viewKind, "") }

// tickets reads seat maps.
func (r *run) tickets() operation { return r.reads(ticketsKind, "/tickets") }

// seat is one ticket of one event.
type seat struct {
	house *shop.House
	id    string
}

// distinct gives out each ticket of the run's events once, the events in turn. It
// is safe for concurrent use.
func (r *run) distinct() func() (seat, bool) {
	var given atomic.Int64
	return func() (seat, bool) {
		n := int(given.Add(1) - 1)
		h := r.houses[n%len(r.houses)]
		if n /= len(r.houses); n >= h.Seats {
			return seat{}, false
		}
		return seat{h, h.Ticket(n)}, true
	}
}

// hold holds a ticket and releases it. A connection has its own tickets, so that
// every hold is granted.
func (r *run) hold() operation {
	return func(w *worker, n int64) bool {
		h := r.houses[n%int64(len(r.houses))]
		share := h.Seats / r.config.conns
		if share == 0 {
			return false
		}
		s := seat{h, h.Ticket(w.id*share + int(n)%share)}
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
	view, sale := r.view(), r.holdBook()
	return func(w *worker, n int64) bool {
		if n%20 != 0 {
			return view(w, n)
		}
		return sale(w, n)
	}
}

// hold holds a ticket and gives the hold's id.
func (w *worker) hold(s seat) (id string, ok bool) {
	w.body = shop.HoldBody(w.body[:0], []string{s.id}, 1)
	a, final := w.do(holdKind,
		&wire.Request{Method: "POST", Path: "/events/" + s.house.ID + "/holds", User: w.user, Key: w.newKey(),
			Body: w.body},
		&truth.Observation{Op: truth.Hold, Event: s.house.ID, Tickets: []string{s.id}})
	var hold struct {
		ID string `json:"id"`
	}
	if !final || a.Status != 201 || json.Unmarshal(a.Body, &hold) != nil {
		return "", false
	}
	return hold.ID, true
}

// release ends a hold.
func (w *worker) release(s seat, hold string) {
	w.do(releaseKind,
		&wire.Request{Method: "DELETE", Path: "/events/" + s.house.ID + "/holds/" + hold, User: w.user},
		&truth.Observation{Op: truth.Release, Event: s.house.ID, ID: hold})
}

// book books a ticket, of a hold where there is one.
func (w *worker) book(s seat, hold string) (a wire.Answer, final bool) {
	w.body = shop.BookingBody(w.body[:0], hold, shop.GoodCard, []string{s.id})
	return w.do(bookKind,
		&wire.Request{Method: "POST", Path: "/bookings/" + s.house.ID, User: w.user, Key: w.newKey(), Body: w.body},
		&truth.Observation{Op: truth.Book, Event: s.house.ID, ID: hold, Tickets: []string{s.id}})
}
