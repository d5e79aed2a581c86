package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/cmd/stampede/shop"

	"boxoffice/cmd/stampede/wire"
)

// maxShown bounds how many problems are told in words; all are counted.
const maxShown = 20

// readTries is how often a check asks again before it takes silence for an answer.
const readTries = 12

// settleTime is how long an event's counts may take to agree with its seat map:
// they may be 1 s old.
const settleTime = 3 * time.Second

// checks is what was read back, and what was wrong.
type checks struct {
	Bookings int      `json:"bookings"` // granted, and read back
	Holds    int      `json:"holds"`    // granted and still alive, and read back
	Unknown  int      `json:"unknown"`  // outcomes that had to be asked for again
	Replays  int      `json:"replays"`  // keys sent once more
	Reworded int      `json:"reworded"` // replays that say the same in other bytes
	Events   int      `json:"events"`   // seat maps that were counted
	Wrong    int      `json:"wrong"`
	Problems []string `json:"problems,omitempty"` // the first maxShown of them
}

// checker reads back what a run was told. Its events belong to the run alone.
type checker struct {
	target  wire.Target
	timeout time.Duration
	houses  []*shop.House
	deeds   []*deed
	replays int // how many keys are sent once more, at most

	owner   map[string]string // event/ticket → booking
	pending map[string]bool   // event/ticket of a booking that is not decided

	mu   sync.Mutex // guards done
	done checks
}

// newChecker takes the deeds of all workers.
func newChecker(to wire.Target, timeout time.Duration, houses []*shop.House, workers []*worker) *checker {
	k := &checker{target: to, timeout: timeout, houses: houses}
	for _, w := range workers {
		k.deeds = append(k.deeds, w.deeds...)
	}
	return k
}

// problem counts something that is wrong, and keeps it where few are kept yet.
func (k *checker) problem(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.done.Wrong++
	if len(k.done.Problems) < maxShown {
		k.done.Problems = append(k.done.Problems, fmt.Sprintf(format, args...))
	}
}

// all makes every check and gives the result.
func (k *checker) all() *checks {
	k.settle()
	k.owners()
	k.readBookings()
	k.readHolds()
	k.sendAgain()
	for _, h := range k.houses {
		k.seatMap(h)
	}
	return &k.done
}

// each calls f for 0..n-1 on a few connections at once.
func (k *checker) each(n int, f func(c *wire.Conn, i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(8, n) {
		wait.Go(func() {
			c := wire.NewConn(k.target.Address, k.timeout)
			defer c.Close()
			for i := int(next.Add(1) - 1); i < n; i = int(next.Add(1) - 1) {
				f(c, i)
			}
		})
	}
	wait.Wait()
}

// ask sends a request until there is a definite answer.
func (k *checker) ask(c *wire.Conn, r *wire.Request) (wire.Answer, error) {
	bytes := r.Append(nil, &k.target)
	for try := 0; ; try++ {
		a, err := c.Do(bytes)
		if err == nil && !again(a) {
			return a, nil
		}
		if try == readTries {
			if err == nil {
				err = fmt.Errorf("status %d: %.200s", a.Status, a.Body)
			}
			return a, err
		}
		time.Sleep(min(10*time.Millisecond<<try, time.Second))
	}
}

// settle asks for the answers that never came, with their keys. What then was not
// done leaves the list.
func (k *checker) settle() {
	k.each(len(k.deeds), func(c *wire.Conn, i int) {
		d := k.deeds[i]
		if d.status != 0 {
			return
		}
		k.count(&k.done.Unknown)
		a, err := k.ask(c, &d.request)
		if err != nil {
			k.problem("%s %s, key %s: no answer came at last: %v", d.request.Method, d.request.Path, d.request.Key, err)
			return
		}
		d.status, d.answer, d.doubt = a.Status, slices.Clone(a.Body), true
	})
	k.deeds = slices.DeleteFunc(k.deeds, func(d *deed) bool { return d.status != 0 && !d.granted() })
}

// count adds one to a number of the result.
func (k *checker) count(n *int) {
	k.mu.Lock()
	*n++
	k.mu.Unlock()
}

// owners joins all granted bookings by ticket: no ticket may be in two.
func (k *checker) owners() {
	k.owner, k.pending = map[string]string{}, map[string]bool{}
	for _, d := range k.deeds {
		if d.kind != bookKind || !d.granted() {
			continue
		}
		var b bookingDoc
		err := json.Unmarshal(d.answer, &b)
		names, err2 := ticketNames(b.Tickets)
		if err != nil || err2 != nil || !slices.Equal(names, slices.Sorted(slices.Values(d.tickets))) {
			k.problem("asked for tickets %q of %s, was told %.300s", d.tickets, d.event, d.answer)
			continue
		}
		for _, t := range names {
			if other, sold := k.owner[d.event+"/"+t]; sold && other != b.ID {
				k.problem("ticket %s of %s is in two bookings: %s and %s", t, d.event, other, b.ID)
			}
			k.owner[d.event+"/"+t] = b.ID
			if d.status == 202 {
				k.pending[d.event+"/"+t] = true
			}
		}
	}
}

// readBookings wants every granted booking to be there, with the same content.
func (k *checker) readBookings() {
	k.each(len(k.deeds), func(c *wire.Conn, i int) {
		d := k.deeds[i]
		if d.kind != bookKind || !d.granted() {
			return
		}
		k.count(&k.done.Bookings)
		var b bookingDoc
		if json.Unmarshal(d.answer, &b) != nil {
			return // owners says so
		}
		if d.status == 201 && b.Status != "confirmed" {
			k.problem("booking %s was answered with 201 and status %q", b.ID, b.Status)
		}
		k.same(c, d, d.request.Path+"/"+b.ID, sameBooking)
	})
}

// same reads a path back and compares it with what the deed was told.
func (k *checker) same(c *wire.Conn, d *deed, path string, differ func(first, now []byte) string) {
	a, err := k.ask(c, &wire.Request{Method: "GET", Path: path, User: d.request.User})
	switch {
	case err != nil:
		k.problem("read %s: %v", path, err)
	case a.Status != 200:
		k.problem("%s was granted, now its status is %d: %.200s", path, a.Status, a.Body)
	default:
		if say := differ(d.answer, a.Body); say != "" {
			k.problem("%s: %s", path, say)
		}
	}
}

// readHolds wants every hold to be there that was granted, has not been released or
// booked, and has time left.
func (k *checker) readHolds() {
	over := map[string]bool{}
	for _, d := range k.deeds {
		if d.hold != "" {
			over[d.hold] = true
		}
	}
	k.each(len(k.deeds), func(c *wire.Conn, i int) {
		d := k.deeds[i]
		var h holdDoc
		if d.kind != holdKind || !d.granted() || json.Unmarshal(d.answer, &h) != nil || over[h.ID] {
			return
		}
		ends, err := time.Parse(time.RFC3339, h.ExpiresAt)
		if err != nil {
			k.problem("hold %s ends at %q", h.ID, h.ExpiresAt)
		} else if time.Until(ends) > time.Second {
			k.count(&k.done.Holds)
			k.same(c, d, d.request.Path+"/"+h.ID, sameHold)
		}
	})
}

// sendAgain sends keys once more and wants the first answers.
func (k *checker) sendAgain() {
	k.each(min(k.replays, len(k.deeds)), func(c *wire.Conn, i int) {
		d := k.deeds[i]
		if d.kind != bookKind || !d.granted() {
			return
		}
		k.count(&k.done.Replays)
		a, err := k.ask(c, &d.request)
		if err != nil {
			k.problem("key %s sent again: %v", d.request.Key, err)
			return
		}
		if a.Status != d.status && d.status != 202 {
			k.problem("key %s was answered with %d, now with %d: %.200s", d.request.Key, d.status, a.Status, a.Body)
			return
		}
		if say := sameBooking(d.answer, a.Body); say != "" {
			k.problem("key %s sent again: %s", d.request.Key, say)
		} else if string(a.Body) != string(d.answer) {
			k.count(&k.done.Reworded)
		}
	})
}
