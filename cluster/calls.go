package cluster

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A slot is a call that waits for its answer. Whoever swaps its id for 0 ends the
// call and sends the only result; so a reply, a deadline and a lost connection may
// meet. Its fields are written before its id, and read after it.
type slot struct {
	index    uint64
	sequence uint64 // of its last id; owned by the caller

	id       atomic.Uint64 // of the call; 0: none
	deadline atomic.Int64  // on the member's clock
	link     atomic.Pointer[link]
	position atomic.Uint64 // of its frame in the link; 0: not there yet
	done     chan result
}

type result struct {
	body []byte
	err  error
}

// The id of a call is its slot's index and a number that is used once. The numbers
// begin at a random one, so that answers to an earlier life of this node fit no
// call.
const (
	indexBits = 16
	maxSlots  = 1 << indexBits
	chunkBits = 8
	chunkSize = 1 << chunkBits
)

// calls are the slots of a member: made in chunks when needed, used again for ever.
type calls struct {
	max     int
	first   uint64 // number of a slot's first id
	chunks  [maxSlots / chunkSize]atomic.Pointer[[chunkSize]slot]
	made    atomic.Int64 // slots that exist
	pending atomic.Int64

	mu   sync.Mutex
	free []*slot // guarded by mu
}

func newCalls(limit int) *calls {
	return &calls{max: limit, first: rand.Uint64() >> (indexBits + 1)}
}

// take gives the caller a slot, or nil when all are taken.
func (c *calls) take() *slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) == 0 && !c.grow() {
		return nil
	}
	s := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	c.pending.Add(1)
	return s
}

// give takes a slot back that has no id.
func (c *calls) give(s *slot) {
	c.pending.Add(-1)
	c.mu.Lock()
	c.free = append(c.free, s)
	c.mu.Unlock()
}

// grow makes a chunk of slots. The caller holds mu.
func (c *calls) grow() bool {
	made := int(c.made.Load())
	n := min(c.max-made, chunkSize)
	if n <= 0 {
		return false
	}
	chunk := new([chunkSize]slot)
	for i := range n {
		s := &chunk[i]
		s.index, s.sequence, s.done = uint64(made+i), c.first, make(chan result, 1)
		c.free = append(c.free, s)
	}
	c.chunks[made>>chunkBits].Store(chunk)
	c.made.Store(int64(made + n))
	return true
}

// open begins a call in a slot that the caller took, and returns its id.
func (c *calls) open(s *slot, l *link, deadline int64) uint64 {
	s.sequence++
	id := s.sequence<<indexBits | s.index
	s.deadline.Store(deadline)
	s.link.Store(l)
	s.position.Store(0)
	s.id.Store(id)
	return id
}

// at finds the slot of an id; nil where there is none.
func (c *calls) at(id uint64) *slot {
	i := id & (maxSlots - 1)
	chunk := c.chunks[i>>chunkBits].Load()
	if chunk == nil {
		return nil
	}
	return &chunk[i&(chunkSize-1)]
}

// alive says whether the call still waits.
func (c *calls) alive(id uint64) bool {
	s := c.at(id)
	return s != nil && s.id.Load() == id
}

// end ends the call, if it still waits.
func (c *calls) end(id uint64, r result) bool {
	s := c.at(id)
	if s == nil || id == 0 || !s.id.CompareAndSwap(id, 0) {
		return false
	}
	s.done <- r // never blocks: one result a call, and the caller takes it
	return true
}

// each calls f with every call that waits.
func (c *calls) each(f func(s *slot, id uint64)) {
	for made, i := c.made.Load(), int64(0); i < made; i += chunkSize {
		chunk := c.chunks[i>>chunkBits].Load()
		for j := range chunk {
			if id := chunk[j].id.Load(); id != 0 {
				f(&chunk[j], id)
			}
		}
	}
}

// Call asks a node and waits for its answer, until the deadline at the latest (and
// 20 ms more, the grain of the clock that looks). It may be called by anybody.
// The body is copied; at most MaxBody bytes. The answer belongs to the caller, but
// shares memory with others that came along: copy it to keep it for long. A call
// to this node itself takes no network. The errors are those at ErrUnreachable.
func (m *Member) Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error) {
	answer, err := m.call(deadline, node, kind, body)
	m.counts.call(kind, err)
	return answer, err
}

func (m *Member) call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error) {
	if len(body) > MaxBody {
		return nil, ErrTooLarge
	}
	until := int64(deadline.Sub(m.began))
	if until <= m.now() {
		return nil, errNotSent
	}
	var l *link
	if node != m.cfg.Node {
		if l = m.roster.link(node); l == nil {
			return nil, errUnknownNode
		}
	}
	s := m.calls.take()
	if s == nil {
		m.counts.drop(boundCalls)
		return nil, ErrBusy
	}
	defer m.calls.give(s)
	m.watch()
	id := m.calls.open(s, l, until)
	if l == nil {
		m.serve(inbound{kind: kind, id: id, from: node, deadline: until, body: bytes.Clone(body)})
	} else if err := l.request(s, frame{kind: frameRequest, what: kind, id: id, body: body}, until); err != nil {
		if s.id.CompareAndSwap(id, 0) {
			return nil, err
		}
	}
	if m.stopped.Load() {
		m.calls.end(id, result{err: errCut}) // Stop may have looked before the slot was open
	}
	r := <-s.done
	return r.body, r.err
}

// Hurry has all calls end by then, also those that wait already: for a member that is
// about to stop and whose callers are to get an answer before. It may be called once, by
// anybody.
func (m *Member) Hurry(by time.Time) {
	m.latest.Store(max(1, int64(by.Sub(m.began))))
	m.watch()
}

// expire ends the calls whose time is over. What has not left the link never will:
// the link looks at the slot under the same lock.
func (m *Member) expire(now int64) {
	latest := m.latest.Load()
	over := latest != 0 && latest <= now
	m.calls.each(func(s *slot, id uint64) {
		if s.deadline.Load() > now && !over {
			return
		}
		err := errDeadline
		if l := s.link.Load(); l != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			switch p := s.position.Load(); {
			case p == 0:
				return // not in the link yet: the next look
			case p > l.sent:
				err = errNotSent
			}
		}
		m.calls.end(id, result{err: err})
	})
}

// fail ends the calls that were given to the link so far: those that were sent with
// sentErr, the others with unsentErr.
func (m *Member) fail(l *link, sentErr, unsentErr error) {
	sent, queued := l.forget()
	m.calls.each(func(s *slot, id uint64) {
		if s.link.Load() != l {
			return
		}
		switch p := s.position.Load(); {
		case p == 0 || p > queued:
		case p > sent:
			m.calls.end(id, result{err: unsentErr})
		default:
			m.calls.end(id, result{err: sentErr})
		}
	})
}

// watch wakes the loop that looks for calls whose time is over.
func (m *Member) watch() {
	if !m.watching.Load() {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

const (
	lookEvery  = 20 * time.Millisecond
	lookBeyond = 100 * time.Millisecond // how long the loop goes on after the last call
)

// look ends calls whose time is over, or whose link is stuck or silent, while
// there are calls; then it sleeps.
func (m *Member) look() {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-m.ctx.Done():
			return
		case <-ticker.C:
		}
		now := m.now()
		m.eachLink(func(l *link) {
			if err := l.unfit(now); err != nil {
				m.fail(l, errCut, err)
			}
		})
		m.expire(now)
		if m.calls.pending.Load() > 0 {
			last = time.Now()
			continue
		}
		if time.Since(last) < lookBeyond {
			continue
		}
		ticker.Stop()
		m.watching.Store(false)
		select {
		case <-m.ctx.Done():
			return
		case <-m.wake:
		}
		m.watching.Store(true)
		ticker.Reset(lookEvery)
		last = time.Now()
	}
}

// outcome is the word for an error of a call in the metrics.
func outcome(err error) int {
	for i, e := range []error{nil, ErrUnreachable, ErrLost, ErrBusy, ErrUnknownKind, ErrTooLarge} {
		if errors.Is(err, e) {
			return i
		}
	}
	return 2
}
