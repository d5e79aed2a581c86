package actors

import (
	"time"

	"boxoffice/actors/sale"
)

// waiters are the callers who wait for a payment to be decided, several a booking
// where one asked again with the same key. They are bounded by
// Config.MaxWaiting. One actor owns them.
type waiters struct {
	last  map[sale.ID]uint64 // the number of the last caller who waits for a booking
	queue []waiter           // from head on; some have been answered since
	head  int
	first uint64 // number of queue[0], were it still there; numbers start at 1
	count int
	// soonest is when the first patience ends of those who have less than others before
	// them in the queue, which is in the order of patience but for them; zero: there are
	// none. It may be the time of somebody who has been answered.
	soonest time.Time
	latest  time.Time // the longest patience so far
}

// keptWaiters is how many entries an empty queue keeps room for.
const keptWaiters = 4096

// waiter is one caller's patience.
type waiter struct {
	booking sale.ID
	call    *call // nil: answered
	until   time.Time
	before  uint64 // number of another caller who waits for the booking; 0: none
}

func (w *waiters) add(id sale.ID, c *call, until time.Time) {
	if w.last == nil {
		w.last, w.first = map[sale.ID]uint64{}, 1
	}
	if len(w.queue) == cap(w.queue) && w.head > len(w.queue)/2 {
		w.first += uint64(w.head)
		w.queue, w.head = append(w.queue[:0], w.queue[w.head:]...), 0
	}
	if until.Before(w.latest) {
		w.sooner(until)
	} else {
		w.latest = until
	}
	w.queue = append(w.queue, waiter{id, c, until, w.last[id]})
	w.last[id] = w.first + uint64(len(w.queue)) - 1
	w.count++
}

// answer hands over everybody who waits for a booking, the last one first.
func (w *waiters) answer(id sale.ID, f func(*call)) {
	n := w.last[id]
	if n == 0 {
		return
	}
	delete(w.last, id)
	for n != 0 { // who waits for one booking is answered together: none of them was trimmed
		x := &w.queue[n-w.first]
		c := x.call
		n, x.call = x.before, nil
		w.count--
		f(c)
	}
	w.trim()
}

// sooner notes the end of a patience that is not in the order of the queue.
func (w *waiters) sooner(until time.Time) {
	if w.soonest.IsZero() || until.Before(w.soonest) {
		w.soonest = until
	}
}

// waiting reports whether anybody waits for a booking.
func (w *waiters) waiting(id sale.ID) bool { return w.last[id] != 0 }

// expire hands over everybody whose patience has ended.
func (w *waiters) expire(now time.Time, f func(sale.ID, *call)) {
	for w.head < len(w.queue) && !w.queue[w.head].until.After(now) {
		id := w.queue[w.head].booking
		w.answer(id, func(c *call) { f(id, c) })
	}
	if !w.soonest.IsZero() && !w.soonest.After(now) {
		w.expireRash(now, f)
	}
}

// expireRash is expire for those whose patience ends before that of others in front of
// them: it looks at everybody.
func (w *waiters) expireRash(now time.Time, f func(sale.ID, *call)) {
	var over []sale.ID
	w.soonest = time.Time{}
	for _, x := range w.queue[w.head:] {
		switch {
		case x.call == nil:
		case !x.until.After(now):
			over = append(over, x.booking)
		case x.until.Before(w.latest):
			w.sooner(x.until)
		}
	}
	for _, id := range over {
		w.answer(id, func(c *call) { f(id, c) })
	}
}

// trim forgets those at the front of the queue who have been answered, so that the
// first one waits. The memory of a queue that ran empty is used again.
func (w *waiters) trim() {
	for w.head < len(w.queue) && w.queue[w.head].call == nil {
		w.head++
	}
	if w.head < len(w.queue) {
		return
	}
	w.first += uint64(w.head)
	if w.queue, w.head = w.queue[:0], 0; cap(w.queue) > keptWaiters {
		w.queue = nil
	}
}

// next is when the first patience ends.
func (w *waiters) next() (until time.Time, any bool) {
	if w.head == len(w.queue) {
		return time.Time{}, false
	}
	if until = w.queue[w.head].until; !w.soonest.IsZero() && w.soonest.Before(until) {
		until = w.soonest
	}
	return until, true
}

// all hands over everybody and forgets them.
func (w *waiters) all(f func(*call)) {
	for w.head < len(w.queue) {
		w.answer(w.queue[w.head].booking, f)
	}
}
