package actors

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"boxoffice/actors/sale"
)

// call is one command on its way through an event's mailbox, with the channel on
// which its caller waits. Calls are pooled: a proto.actor future costs five times
// as much and its time-out races with its result.
//
// A call has one owner at a time: the caller until it is posted, then the actor,
// then the committer that answers it. A caller whose deadline passes tries to
// abandon it: that succeeds only while no actor has taken it, and then the
// command is never executed.
type call struct {
	cmd      sale.Command
	deadline time.Time
	reply    chan result // capacity 1: answering never blocks
	home     *callPool
	// turn is twice the number of the call's use, plus one when that is answered: so who
	// answers, the owner or the watch, does so once, and never a later use.
	turn  atomic.Uint64
	until atomic.Int64 // when the caller waits no longer, in the pool's time; 0: he does not wait
	state atomic.Int32
	gate  *gate // to leave when answered; nil: not admitted through one
	begun bool  // it may have been done in part: see errBegun
}

// result is what a caller gets.
type result struct {
	answer sale.Answer
	err    error
}

// The states of a call.
const (
	callQueued int32 = iota
	callTaken
	callAbandoned
)

// errLate is the result of a call that its owner did not answer. Its caller is told
// another one.
var errLate = errors.New("no answer")

// callPool keeps calls and their channels for reuse. Each node has its own. A call has
// no timer: nearly every one is answered within milliseconds, and to set and stop a
// timer of seconds cost as much as to wait. Instead watch looks at all of them.
type callPool struct {
	pool  sync.Pool
	start time.Time // of the pool's time
	mu    struct {
		sync.Mutex
		all []weak.Pointer[call]
	}
}

// callsWatched is how often watch looks for callers who have waited too long.
const callsWatched = 500 * time.Millisecond

// get takes a call from the pool.
func (p *callPool) get(cmd sale.Command, deadline time.Time) *call {
	c, ok := p.pool.Get().(*call)
	if !ok {
		c = &call{reply: make(chan result, 1), home: p}
		p.mu.Lock()
		p.mu.all = append(p.mu.all, weak.Make(c))
		p.mu.Unlock()
	}
	c.cmd, c.deadline, c.gate = cmd, deadline, nil
	c.state.Store(callQueued)
	c.turn.Store(c.turn.Load() | 1 + 1) // it may have come back unanswered
	return c
}

// watch answers calls whose callers have waited too long, until stop is closed and
// nobody waits any more.
func (p *callPool) watch(stop <-chan struct{}) {
	t := time.NewTicker(callsWatched)
	defer t.Stop()
	for waiting := true; waiting; {
		select {
		case <-stop:
			waiting = p.look()
			stop = nil
		case <-t.C:
			waiting = p.look() || stop != nil
		}
	}
}

// look answers who has waited too long, and reports whether anybody still waits.
func (p *callPool) look() (waiting bool) {
	now := int64(time.Since(p.start))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.all = slices.DeleteFunc(p.mu.all, func(w weak.Pointer[call]) bool {
		c := w.Value()
		if c == nil {
			return true
		}
		turn, until := c.turn.Load(), c.until.Load() // in this order: an older turn is over
		waiting = waiting || until != 0
		if until != 0 && until <= now && c.answers(turn) {
			c.reply <- result{err: errLate}
		}
		return false
	})
	return waiting
}

// put gives a call back. Nobody else may still hold it.
func (c *call) put() {
	c.cmd = nil
	c.home.pool.Put(c)
}

// take makes the actor the owner; false: the caller has gone, nothing may be done.
func (c *call) take() bool { return c.state.CompareAndSwap(callQueued, callTaken) }

// abandon gives up a call that no actor has taken.
func (c *call) abandon() bool { return c.state.CompareAndSwap(callQueued, callAbandoned) }

// answers reports whether whoever has seen a turn is the one to answer it.
func (c *call) answers(turn uint64) bool {
	return turn&1 == 0 && c.turn.CompareAndSwap(turn, turn+1)
}

// finish answers the caller and leaves the gate. Called once, by the owner.
func (c *call) finish(a sale.Answer, err error) {
	g := c.gate
	if c.answers(c.turn.Load()) {
		c.reply <- result{a, err}
	}
	if g != nil {
		g.leave()
	}
}

// wait blocks until the answer, or until well after the deadline where even an
// owner that always answers did not: then nothing is known.
func (c *call) wait(grace time.Duration) result {
	c.until.Store(int64(c.deadline.Sub(c.home.start) + grace))
	r := <-c.reply
	c.until.Store(0)
	switch {
	case r.err != errLate:
		c.put()
		return r
	case c.abandon():
		return result{err: ErrUnavailable} // whoever finds it later drops it
	}
	return result{err: ErrUnknown} // not pooled: its owner still has it
}
