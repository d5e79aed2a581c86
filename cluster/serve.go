package cluster

import (
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// A Call is a request of another node, or of this one.
type Call struct {
	From     string    // the node that asks
	Deadline time.Time // the caller gives up then
	Body     []byte    // shares memory with others that came along: copy it to keep it for long
	// Reply answers. It copies the body (at most MaxBody bytes), does not block, and may
	// be called once, by anybody, also after the handler has returned. Without it the
	// caller waits for its deadline.
	Reply func(body []byte)
}

// Handle sets what answers the calls of a kind, before or while calls arrive. It
// runs on one of at most Config.MaxHandlers goroutines and may block; when all are
// busy and Config.MaxWaiting calls wait, the caller gets ErrBusy. A call whose
// deadline has passed is not handed over. A panic is logged, and its caller gets
// ErrLost.
func (m *Member) Handle(kind uint8, h func(Call)) { m.handlers[kind].Store(&h) }

// An inbound request.
type inbound struct {
	handler  func(Call)
	link     *link // where the answer goes; nil: to this node
	from     string
	kind     uint8
	id       uint64
	deadline int64
	body     []byte
}

// receive takes a batch apart, on the goroutine that reads the connection: it must
// not block. The batch belongs to it.
func (m *Member) receive(address string, batch []byte) {
	l := m.linkTo(address)
	if l == nil {
		m.counts.drop(boundLinks)
		return
	}
	h, rest, err := parseHeader(batch)
	now := m.now()
	if err == nil && h.version != envelopeVersion {
		m.refuseVersion(l, rest, now)
		return
	}
	if err != nil {
		m.counts.garbage.Add(1)
		return
	}
	l.heard.Store(now)
	l.mu.Lock()
	late := int64(l.late.of(h.life, h.sent, now/1000))
	l.mu.Unlock()
	from := m.roster.intern(h.node)
	for {
		var f frame
		if f, rest, err = nextFrame(rest); err != nil || f.kind == 0 {
			break
		}
		switch f.kind {
		case frameRequest:
			m.serve(inbound{link: l, from: from, kind: f.what, id: f.id, body: f.body,
				deadline: now - late + int64(f.left)*int64(time.Millisecond)})
		case frameReply:
			m.calls.end(f.id, result{body: f.body, err: status(f.what).err()})
		case frameBeat:
			l.beat.Store(now)
			m.leaders.merge(from, f.body)
		case frameBye:
			m.roster.bye(from)
		}
	}
	if err != nil {
		m.counts.garbage.Add(1)
	}
}

// refuseVersion answers the requests of a batch that cannot be read.
func (m *Member) refuseVersion(l *link, frames []byte, now int64) {
	for {
		f, rest, err := nextFrame(frames)
		if err != nil || f.kind == 0 {
			return
		}
		if f.kind == frameRequest {
			m.answer(inbound{link: l, id: f.id, deadline: now + int64(time.Second)}, statusVersion, nil)
		}
		frames = rest
	}
}

// serve hands a request to a goroutine of the pool, or answers why not.
func (m *Member) serve(r inbound) {
	h := m.handlers[r.kind].Load()
	switch {
	case h == nil:
		m.answer(r, statusKind, nil)
		return
	case r.deadline <= m.now():
		m.tooLate(r)
		return
	}
	r.handler = *h
	if !m.pool.run(r) {
		m.counts.drop(boundHandlers)
		m.answer(r, statusBusy, nil)
	}
}

func (m *Member) tooLate(r inbound) {
	m.counts.late.Add(1)
	r.deadline = m.now() + int64(time.Second) // the answer may still travel
	m.answer(r, statusLate, nil)
}

// handle runs the handler, on a goroutine of the pool.
func (m *Member) handle(r inbound) {
	if r.deadline <= m.now() {
		m.tooLate(r)
		return
	}
	defer func() {
		if p := recover(); p != nil {
			m.log.Error("A handler of calls failed.", slog.Int("kind", int(r.kind)), slog.Any("panic", p),
				slog.String("stack", string(debug.Stack())))
			m.answer(r, statusPanicked, nil)
		}
	}()
	r.handler(Call{
		From:     r.from,
		Deadline: m.began.Add(time.Duration(r.deadline)),
		Body:     r.body,
		Reply:    func(body []byte) { m.answer(r, statusOK, body) },
	})
}

// answer sends a reply. A second one for the same call fits no slot any more.
func (m *Member) answer(r inbound, s status, body []byte) {
	if len(body) > MaxBody {
		s, body = statusAnswerSize, nil
	}
	if r.link == nil {
		m.calls.end(r.id, result{body: append([]byte(nil), body...), err: s.err()})
		return
	}
	// A full link counts what it refuses; the caller then waits for its deadline.
	_ = r.link.send(frame{kind: frameReply, what: byte(s), id: r.id, body: body}, r.deadline)
}

// pool is a bounded number of goroutines that handle requests: idle ones are used
// first, then new ones are made, then requests wait.
type pool struct {
	handle  func(inbound)
	jobs    chan inbound
	max     int64
	running atomic.Int64
	idle    atomic.Int64 // goroutines that wait and are not spoken for
	closed  chan struct{}
}

// maxIdle is how many goroutines are kept for the next requests.
const maxIdle = 64

func newPool(handlers, waiting int, handle func(inbound)) *pool {
	return &pool{handle: handle, jobs: make(chan inbound, waiting), max: int64(handlers), closed: make(chan struct{})}
}

// run takes a request, or says that there are too many.
func (p *pool) run(r inbound) bool {
	for n := p.idle.Load(); n > 0; n = p.idle.Load() {
		if p.idle.CompareAndSwap(n, n-1) {
			if p.wait(r) {
				return true
			}
			p.idle.Add(1)
			return false
		}
	}
	if p.running.Add(1) <= p.max {
		go p.work(r)
		return true
	}
	p.running.Add(-1)
	return p.wait(r)
}

func (p *pool) wait(r inbound) bool {
	select {
	case p.jobs <- r:
		return true
	default:
		return false
	}
}

func (p *pool) work(r inbound) {
	defer p.running.Add(-1)
	for {
		p.handle(r)
		select {
		case r = <-p.jobs:
			continue
		default:
		}
		if p.idle.Add(1) > maxIdle {
			p.idle.Add(-1)
			return
		}
		select {
		case r = <-p.jobs:
		case <-p.closed:
			return
		}
	}
}
