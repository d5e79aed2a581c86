package actors

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb"
	"boxoffice/storage"

	"github.com/prometheus/client_golang/prometheus"
)

// The bounds of what has to do with other nodes, as metrics name them.
const (
	boundParked = "parked" // callers who wait for a leader
	boundServed = "served" // requests of other nodes
)

// remote is what the node asks other nodes, and what it does for them. A request is
// served by the same path as a caller's own command: gate, mailbox, deadline. It is
// never sent on: the sender follows the event itself.
type remote struct {
	node    *Node
	parked  atomic.Int64
	served  atomic.Int64
	digests chan struct{} // one at a time: each is a whole event in memory
	calls   *prometheus.CounterVec
}

func newRemote(n *Node) *remote {
	r := &remote{node: n, digests: make(chan struct{}, 1)}
	r.calls = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "boxoffice_forwarded_total",
		Help: "Requests to other nodes, by how they ended."}, []string{"outcome"})
	for _, outcome := range outcomes {
		r.calls.WithLabelValues(outcome) // shown from the start
	}
	for _, bound := range []string{boundParked, boundServed} {
		n.metrics.drops.WithLabelValues(bound)
	}
	if n.cfg.Registry != nil {
		r.register(n.cfg.Registry)
	}
	return r
}

// register adds the lengths of the bounds.
func (r *remote) register(to *prometheus.Registry) {
	gauge := func(name, help string, f func() int64) {
		to.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return float64(f()) }))
	}
	to.MustRegister(r.calls)
	cfg := &r.node.cfg
	gauge("boxoffice_callers_parked", "Callers who wait for a shard to have a leader.", r.parked.Load)
	gauge("boxoffice_callers_parked_limit", "The bound of boxoffice_callers_parked.",
		func() int64 { return int64(cfg.MaxParked) })
	gauge("boxoffice_requests_served", "Requests of other nodes under way.", r.served.Load)
	gauge("boxoffice_requests_served_limit", "The bound of boxoffice_requests_served.",
		func() int64 { return int64(cfg.MaxServed) })
	gauge("boxoffice_plan_tickets", "Tickets in the kept plans of events on other nodes.",
		func() int64 { return int64(r.node.plans.tickets()) })
	gauge("boxoffice_plan_tickets_limit", "The bound of boxoffice_plan_tickets.",
		func() int64 { return int64(cfg.MaxPlanTickets) })
}

// The outcomes of requests to other nodes.
const (
	outcomeAnswered   = "answered"
	outcomeMoved      = "moved" // or not delivered
	outcomeOverloaded = "overloaded"
	outcomeUnknown    = "unknown"
	outcomeOther      = "unavailable"
)

var outcomes = []string{outcomeAnswered, outcomeMoved, outcomeOverloaded, outcomeUnknown, outcomeOther}

// count notes how a request ended.
func (r *remote) count(err error) {
	outcome := outcomeOther
	switch {
	case err == nil:
		outcome = outcomeAnswered
	case errors.Is(err, errMoved):
		outcome = outcomeMoved
	case errors.Is(err, ErrOverloaded):
		outcome = outcomeOverloaded
	case errors.Is(err, ErrUnknown):
		outcome = outcomeUnknown
	}
	r.calls.WithLabelValues(outcome).Inc()
}

// buffers are the memory in which requests and replies are written.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

// keptBuffer is the most memory that a buffer keeps.
const keptBuffer = 64 << 10

// keep gives a buffer back with what it grew to.
func keep(buffer *[]byte, b []byte) {
	if cap(b) <= keptBuffer {
		*buffer = b[:0]
		buffers.Put(buffer)
	}
}

// call asks a node.
func (r *remote) call(deadline time.Time, node string, kind uint8, q *salepb.Request) (salepb.Reply, error) {
	buffer := buffers.Get().(*[]byte)
	b := salepb.AppendRequest(*buffer, q)
	body, err := r.node.cfg.Peers.Call(deadline, node, kind, b)
	keep(buffer, b)
	if err != nil {
		return salepb.Reply{}, err
	}
	return salepb.DecodeReply(body)
}

// server answers one kind of request, until a deadline.
type server func(q *salepb.Request, deadline time.Time) salepb.Reply

// listen begins to serve other nodes.
func (r *remote) listen() {
	if r.node.cfg.Peers == nil {
		return
	}
	for kind, serve := range map[uint8]server{
		kindCommand: r.serveCommand, kindView: r.serveView, kindHistory: r.serveHistory, kindDigest: r.serveDigest,
	} {
		r.node.cfg.Peers.Handle(kind, func(_ string, deadline time.Time, body []byte, reply func([]byte)) {
			r.take(serve, deadline, body, reply)
		})
	}
}

// take has a request served on a goroutine of the node's pool, within the bound.
func (r *remote) take(serve server, deadline time.Time, body []byte, reply func([]byte)) {
	n := r.node
	if r.served.Add(1) > int64(n.cfg.MaxServed) {
		r.served.Add(-1)
		n.metrics.refused(boundServed)
		reply(salepb.AppendReply(nil, &salepb.Reply{Status: salepb.Overloaded}))
		return
	}
	n.life.RLock()
	over := n.life.over
	if !over {
		n.running.Add(1)
	}
	n.life.RUnlock()
	if over {
		r.served.Add(-1)
		reply(salepb.AppendReply(nil, &salepb.Reply{Status: salepb.Unavailable, Text: "the node has stopped"}))
		return
	}
	n.pool.Schedule(func() {
		defer n.running.Done()
		p := r.answer(serve, deadline, body)
		r.served.Add(-1) // first: who is answered may ask again at once
		buffer := buffers.Get().(*[]byte)
		b := salepb.AppendReply(*buffer, &p)
		reply(b)
		keep(buffer, b)
	})
}

// answer serves a request. One that cannot be read was not done.
func (r *remote) answer(serve server, deadline time.Time, body []byte) salepb.Reply {
	q, err := salepb.DecodeRequest(body)
	if err != nil {
		return salepb.Reply{Status: salepb.Unavailable, Text: err.Error()}
	}
	return serve(&q, deadline.Add(-time.Duration(q.Grace)*time.Millisecond))
}

// serveCommand executes a command, where this node leads.
func (r *remote) serveCommand(q *salepb.Request, deadline time.Time) salepb.Reply {
	n := r.node
	j := journey{node: n, event: q.Event, shard: n.cfg.Log.Shard(q.Event), deadline: deadline,
		served: true, term: q.Term, begun: q.Begun}
	if q.Command == nil {
		return r.failed(&j, fmt.Errorf("%w: there is no command", ErrUnavailable))
	}
	a, err := j.run(q.Command)
	if err != nil {
		return r.failed(&j, err)
	}
	p := salepb.Reply{Status: salepb.Answered, Answer: a}
	if a.Plan != nil {
		p.Plan = a.Plan.Fingerprint()
	}
	if a.Tickets != nil {
		parts := a.Tickets.Parts()
		p.Plan, p.Tickets = a.Tickets.Plan().Fingerprint(), &parts
	}
	return p
}

// failed is the reply to a request that has no answer.
func (r *remote) failed(j *journey, err error) salepb.Reply {
	var refusal *sale.Refusal
	switch {
	case errors.As(err, &refusal):
		return salepb.Reply{Status: salepb.Answered, Answer: sale.Answer{Refusal: refusal}}
	case errors.Is(err, errMoved), errors.Is(err, storage.ErrNoReplica):
		p := salepb.Reply{Status: salepb.Moved, Begun: j.begun}
		if node, term, err := r.node.cfg.Locator.Locate(j.shard); err == nil && node != r.node.cfg.Node {
			p.Node, p.Term = node, term
		}
		return p
	case errors.Is(err, ErrOverloaded):
		return salepb.Reply{Status: salepb.Overloaded}
	case errors.Is(err, ErrTrimmed):
		return salepb.Reply{Status: salepb.Trimmed, Text: bare(err, ErrTrimmed)}
	case errors.Is(err, ErrUnavailable):
		return salepb.Reply{Status: salepb.Unavailable, Text: bare(err, ErrUnavailable)}
	}
	return salepb.Reply{Status: salepb.Unknown, Text: bare(err, ErrUnknown)}
}

// bare is an error's text without that of the sentinel in front, which the sender
// puts there again.
func bare(err, sentinel error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), sentinel.Error()), ": ")
}
