package main

import (
	"fmt"

	"boxoffice/cmd/stampede/script"
	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/wire"
)

// contended is how many seats everybody wants: they are gone within the warm-up, and what is
// measured is refusals, each with its key.
const contended = 1000

// compareMixed measures 90 % views, 5 % searches, 4 % holds and 1 % bookings beside a
// server that answers what is read with the same bytes and appends what changes something.
func (x *comparison) compareMixed(to wire.Target, dir string) (*pair, error) {
	_, size, err := x.smallEvents(to)
	if err != nil {
		return nil, err
	}
	like, err := script.New("mixed")
	if err != nil {
		return nil, err
	}
	p := &pair{Kind: "mixed", Wanted: wantedMixed}
	return p, x.beside(p, append(appendIn(dir, p.Kind), "-size", fmt.Sprint(size)), []int{200, 201},
		func() (*run, error) { return x.newEvents(to, func(c *config) { c.check = false }) },
		func(turn *run) (*summary, error) { return turn.measure("mixed", turn.mixed(like.Words)) })
}

// compareContend measures bookings that all want the same seats beside the appending
// server. A refusal is an answer: it is told again to who asks again.
func (x *comparison) compareContend(to wire.Target, dir string, total *compareReport) (*pair, error) {
	p := &pair{Kind: "contend", Wanted: wantedContend}
	return p, x.beside(p, appendIn(dir, p.Kind), []int{201, 409},
		func() (*run, error) {
			return x.newEvents(to, func(c *config) { c.events, c.seats = 1, contended })
		},
		func(turn *run) (*summary, error) { return turn.judged("contend", turn.rush(), total) })
}

// compareHoldBook measures holds that are booked beside the appending server: two requests
// for each ticket.
func (x *comparison) compareHoldBook(to wire.Target, dir string, total *compareReport) (*pair, error) {
	p := &pair{Kind: "hold-book", Wanted: wantedHoldBook}
	return p, x.beside(p, appendIn(dir, p.Kind), []int{201},
		func() (*run, error) { return x.newEvents(to, nil) },
		func(turn *run) (*summary, error) { return turn.judged("hold-book", turn.holdBook(), total) })
}

// mixed is 90 % views, 5 % searches for words, 4 % holds and 1 % bookings. A stride that
// has no factor in common with 100 has them come one after the other.
func (r *run) mixed(words []string) operation {
	const stride = 37
	view, next, queries := r.view(), r.distinct(), shop.Queries(words, r.config.seed, &r.target)
	return func(w *worker, n int64) bool {
		do := n * stride % 100
		switch {
		case do < 90:
			return view(w, n)
		case do < 95:
			w.send(searchKind, queries[n%int64(len(queries))], nil)
			return true
		}
		s, ok := next()
		switch {
		case !ok:
		case do < 99:
			w.hold(s)
		default:
			w.book(s, "")
		}
		return ok
	}
}

// holdBook holds a ticket and books it.
func (r *run) holdBook() operation {
	next := r.distinct()
	return func(w *worker, _ int64) bool {
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
