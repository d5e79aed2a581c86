package httpapi

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A request that finds its lane full waits in the lane's line, where it costs memory and
// nothing else: its connection is not read, its goroutine sleeps. Refusing it at once would
// be dearer than it looks. A client who is refused comes back at once, and reading and
// refusing a request takes a third of what a booking takes: ten times too many, each
// refused promptly, are all that a node then does. So refusals have a pace, and
// connections, which are bounded, wait for them.
//
// Who comes first is let in first, as long as lines come and go. In a line that stands who
// comes last is: nobody then waits for long of those who get in, and their memory is warm.
// Only who wants to get in line for an event is always let in by the order of coming. Who
// has waited for longer than the line's patience goes to the bench: he will be refused when
// it is his turn to be, and is let in no more.

// The times that a line is held to.
const (
	// longPatience is for a burst: a line that forms now and then.
	longPatience = 500 * time.Millisecond
	// shortPatience is for a line that has stood for standing: to wait longer in it helps
	// nobody, for it will not be shorter, and clients give up.
	shortPatience = 150 * time.Millisecond
	standing      = time.Second
	// benchTime is how long a refusal may take at the longest, whatever the pace: clients
	// that do not hurry wait for twice as long.
	benchTime = 5 * time.Second
	// sweepTime is how often each on the bench is looked at, whether he is still there: a
	// client who has given up must not keep a connection from others.
	sweepTime = time.Second
)

// refusalPace is how many are refused a second, for each processor, as long as none of
// them has to wait for longer than benchTime: what 2 % of it can do.
const refusalPace = 500

// admitted is what a waiting call hears when it is let in; else it hears a reason.
const admitted = -1

// lineup is who is inside a lane, and who waits for it.
type lineup struct {
	inside  atomic.Int64
	most    atomic.Int64 // inside; 0: no bound
	queued  atomic.Int64 // those in mu.queue
	ordered bool         // first come, first served, whatever happens
	_       [32]byte     // a cache line each: lanes do not slow each other down

	benched atomic.Int64 // those in mu.bench
	mu      struct {
		sync.Mutex
		queue, bench queue
		since        time.Time // when the queue was empty last; zero: it is
	}
	shed [shedReasons]atomic.Uint64
	// waits and waited are how many have waited, and how long together, in ns.
	waits, waited atomic.Int64
}

// try lets a request in where there is room and nobody waits for it.
func (l *lineup) try() bool {
	return l.queued.Load() == 0 && l.take()
}

// take takes a place inside, if there is one.
func (l *lineup) take() bool {
	most := l.most.Load()
	if n := l.inside.Add(1); most == 0 || n <= most {
		return true
	}
	l.inside.Add(-1)
	return false
}

// leave gives a place to the next one.
func (l *lineup) leave() {
	l.inside.Add(-1)
	if l.queued.Load() > 0 {
		l.hand()
	}
}

// join puts a call at the end of the line. It hears by its verdict how that ends.
func (l *lineup) join(c *call, now time.Time) {
	l.mu.Lock()
	if l.mu.queue.len() == 0 {
		l.mu.since = now
	}
	c.arrived = now
	l.mu.queue.push(c)
	l.queued.Add(1)
	l.mu.Unlock()
	l.hand() // who left before the call was in the line has not seen it
}

// hand lets some in, as long as there is room.
func (l *lineup) hand() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.mu.queue.len() > 0 && l.take() {
		next := l.mu.queue.first
		if !l.ordered && l.standsLocked(time.Now()) {
			next = l.mu.queue.last
		}
		next().verdict <- admitted
		l.queued.Add(-1)
	}
	if l.mu.queue.len() == 0 {
		l.mu.since = time.Time{}
	}
}

// standsLocked reports whether the line has not been empty for long, with mu held.
func (l *lineup) standsLocked(now time.Time) bool {
	return !l.mu.since.IsZero() && now.Sub(l.mu.since) > standing
}

// tend has those leave the queue whose patience is over, lets those go from the bench
// whose client has, and refuses those whose time is over, and as many more as the pace
// allows. It says how many those were.
func (l *lineup) tend(now time.Time, pace int) (refused int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	patience := longPatience
	if l.standsLocked(now) {
		patience = shortPatience
	}
	for q := &l.mu.queue; q.len() > 0 && now.Sub(q.oldest()) > patience; {
		c := q.first()
		l.queued.Add(-1)
		if c.left() { // who hurries has gone by now: his connection need not wait for its turn
			c.verdict <- shedGone
			continue
		}
		l.mu.bench.push(c)
		l.benched.Add(1)
	}
	for _, c := range l.mu.bench.sweep(1+l.mu.bench.len()/int(sweepTime/round), (*call).left) {
		c.verdict <- shedGone
		l.benched.Add(-1)
	}
	for b := &l.mu.bench; b.len() > 0 && (refused < pace || now.Sub(b.oldest()) > benchTime); refused++ {
		b.first().verdict <- shedFull
		l.benched.Add(-1)
	}
	return refused
}

// queue is calls in the order in which they came.
type queue struct {
	calls []*call
	head  int
	swept int // where the next sweep begins
}

func (q *queue) len() int { return len(q.calls) - q.head }

// oldest is when the first one came; there must be one, as for first and last.
func (q *queue) oldest() time.Time { return q.calls[q.head].arrived }

// push puts a call at the end. Room before the head is used again when it is half of all.
func (q *queue) push(c *call) {
	if q.head > 64 && q.head > len(q.calls)/2 {
		n := copy(q.calls, q.calls[q.head:])
		clear(q.calls[n:])
		q.calls, q.head, q.swept = q.calls[:n], 0, max(0, q.swept-q.head)
	}
	q.calls = append(q.calls, c)
}

// first takes the one out that came first.
func (q *queue) first() *call {
	c := q.calls[q.head]
	q.calls[q.head] = nil
	q.head++
	return c
}

// last takes the one out that came last.
func (q *queue) last() *call {
	n := len(q.calls) - 1
	c := q.calls[n]
	q.calls[n] = nil
	q.calls = q.calls[:n]
	return c
}

// sweep looks at the next n calls, in turn, and takes out and gives those that are to go.
func (q *queue) sweep(n int, goes func(*call) bool) (gone []*call) {
	if q.swept < q.head || q.swept >= len(q.calls) {
		q.swept = q.head
	}
	end := min(q.swept+n, len(q.calls))
	kept := q.swept
	for _, c := range q.calls[q.swept:end] {
		if goes(c) {
			gone = append(gone, c)
			continue
		}
		q.calls[kept] = c
		kept++
	}
	q.calls = slices.Delete(q.calls, kept, end)
	q.swept = kept
	return gone
}
