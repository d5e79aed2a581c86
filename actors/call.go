package actors

import (
	"sync"
	"sync/atomic"
	"time"

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
	timer    *time.Timer // the caller's patience
	home     *callPool
	state    atomic.Int32
	gate     *gate // to leave when answered; nil: not admitted through one
	begun    bool  // it may have been done in part: see errBegun
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

// callPool keeps calls, their channels and timers for reuse. Each node has its own.
type callPool struct{ pool sync.Pool }

// get takes a call from the pool.
func (p *callPool) get(cmd sale.Command, deadline time.Time) *call {
	c, ok := p.pool.Get().(*call)
	if !ok {
		c = &call{reply: make(chan result, 1), timer: time.NewTimer(time.Hour), home: p}
		c.timer.Stop()
	}
	c.cmd, c.deadline, c.gate = cmd, deadline, nil
	c.state.Store(callQueued)
	return c
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

// finish answers the caller and leaves the gate. Called once, by the owner.
func (c *call) finish(a sale.Answer, err error) {
	g := c.gate
	c.reply <- result{a, err}
	if g != nil {
		g.leave()
	}
}

// wait blocks until the answer, or until well after the deadline where even an
// owner that always answers did not: then nothing is known.
func (c *call) wait(grace time.Duration) result {
	c.timer.Reset(time.Until(c.deadline) + grace)
	select {
	case r := <-c.reply:
		c.timer.Stop()
		c.put()
		return r
	case <-c.timer.C:
	}
	if c.abandon() {
		return result{err: ErrUnavailable} // whoever finds it later drops it
	}
	return result{err: ErrUnknown} // not pooled: its answer may still come
}
