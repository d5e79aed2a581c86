package actors

import (
	"time"

	"boxoffice/actors/sale"
)

// waiters are the callers who wait for a payment to be decided, several a booking
// where one asked again with the same key. They are bounded by
// Config.MaxWaiting. One actor owns them.
type waiters struct {
	byBooking map[sale.ID][]*call
	queue     []waiter // in the order of patience; some have been answered since
	count     int
}

// waiter is one caller's patience.
type waiter struct {
	booking sale.ID
	call    *call
	until   time.Time
}

func (w *waiters) add(id sale.ID, c *call, until time.Time) {
	if w.byBooking == nil {
		w.byBooking = map[sale.ID][]*call{}
	}
	w.byBooking[id] = append(w.byBooking[id], c)
	w.queue = append(w.queue, waiter{id, c, until})
	w.count++
}

// answer hands over everybody who waits for a booking.
func (w *waiters) answer(id sale.ID, f func(*call)) {
	for _, c := range w.byBooking[id] {
		w.count--
		f(c)
	}
	delete(w.byBooking, id)
	w.trim()
}

// expire hands over everybody whose patience has ended.
func (w *waiters) expire(now time.Time, f func(sale.ID, *call)) {
	for w.trim(); len(w.queue) > 0 && !w.queue[0].until.After(now); w.trim() {
		id := w.queue[0].booking
		w.answer(id, func(c *call) { f(id, c) })
	}
}

// trim forgets those at the front of the queue who have been answered. A call is
// reused after its answer, so the map is what says who still waits.
func (w *waiters) trim() {
	i := 0
	for i < len(w.queue) && !w.waiting(w.queue[i]) {
		i++
	}
	if w.queue = w.queue[i:]; len(w.queue) == 0 {
		w.queue = nil
	}
}

func (w *waiters) waiting(x waiter) bool {
	for _, c := range w.byBooking[x.booking] {
		if c == x.call {
			return true
		}
	}
	return false
}

// next is when the first patience ends.
func (w *waiters) next() (until time.Time, any bool) {
	if len(w.queue) == 0 {
		return time.Time{}, false
	}
	return w.queue[0].until, true
}

// all hands over everybody and forgets them.
func (w *waiters) all(f func(*call)) {
	for id := range w.byBooking {
		w.answer(id, f)
	}
}
