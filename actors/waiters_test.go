package actors

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"boxoffice/actors/sale"
)

// TestWaiters holds the waiters against a list that is searched from its front.
func TestWaiters(t *testing.T) {
	type entry struct {
		id    sale.ID
		call  *call
		until time.Time
	}
	seed := rand.Uint64()
	t.Log("seed", seed)
	rnd, now := rand.New(rand.NewPCG(seed, 0)), time.Unix(0, 0)
	var w waiters
	var twin []entry
	check := func(got []*call, gone func(entry) bool) {
		t.Helper()
		var want []*call
		twin = slices.DeleteFunc(twin, func(e entry) bool {
			if gone(e) {
				want = append(want, e.call)
			}
			return gone(e)
		})
		if len(got) != len(want) || slices.ContainsFunc(got, func(c *call) bool { return !slices.Contains(want, c) }) {
			t.Fatalf("%d are handed over, want %d", len(got), len(want))
		}
	}
	for range 100_000 {
		id := benchID(rnd.Uint64N(60))
		var got []*call
		take := func(c *call) { got = append(got, c) }
		switch p := rnd.IntN(100); {
		case p < 50:
			now = now.Add(1)
			c, until := &call{}, now.Add(200)
			if rnd.IntN(20) == 0 { // of little patience
				until = now.Add(time.Duration(rnd.IntN(200)))
			}
			w.add(id, c, until)
			twin = append(twin, entry{id, c, until})
		case p < 98:
			if w.waiting(id) != slices.ContainsFunc(twin, func(e entry) bool { return e.id == id }) {
				t.Fatalf("whether anybody waits: %v", w.waiting(id))
			}
			w.answer(id, take)
			check(got, func(e entry) bool { return e.id == id })
		case p < 99:
			late := map[sale.ID]bool{} // who waits for a booking is answered with the first of them
			for _, e := range twin {
				late[e.id] = late[e.id] || !e.until.After(now)
			}
			w.expire(now, func(_ sale.ID, c *call) { take(c) })
			check(got, func(e entry) bool { return late[e.id] })
		case rnd.IntN(100) == 0:
			w.all(take)
			check(got, func(entry) bool { return true })
		}
		until, any := w.next()
		if w.count != len(twin) || any != (len(twin) > 0) {
			t.Fatalf("%d wait, want %d", w.count, len(twin))
		}
		for _, e := range twin {
			if e.until.Before(until) {
				t.Fatalf("next is at %v, and somebody waits until %v", until, e.until)
			}
		}
	}
}
