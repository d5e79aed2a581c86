package httpapi

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"boxoffice/actors/control"

	"github.com/go-json-experiment/json"
)

// The operator's calls under way at most, and of them digests, each of which
// replays an event; the next ones get 503 overloaded.
const (
	operatorCalls = 64
	digestCalls   = 4
)

// Digester is a Seller that can tell the digest of an event's state, so that the
// replicas of a shard can be compared.
type Digester interface {
	// Digest replays the event from this node's replica and gives the version that
	// it came to and the SHA-256 of the state there: the same on every node.
	// Version 0: there is no such event. It blocks until ctx ends at the longest.
	Digest(ctx context.Context, event string) (version uint64, sum [32]byte, err error)
}

// operate is what the operator's calls have in common: an empty query, a place
// among those under way, the deadline, and what errors mean. False: it has
// answered.
func (c *call) operate(changes bool, do func(context.Context, control.Operator) error) bool {
	s := c.srv
	if s.cfg.Operator == nil {
		c.fail(codeNoCluster, fault{})
		return false
	}
	return c.within(s.operating, s.cfg.OperatorTimeout, func(ctx context.Context) bool {
		err := do(ctx, s.cfg.Operator)
		if err != nil {
			c.operatorFailed(err, changes)
		}
		return err == nil
	})
}

// within runs do in one of places, until the call's deadline. False: it, or do,
// has answered.
func (c *call) within(places chan struct{}, standard time.Duration, do func(context.Context) bool) bool {
	deadline, ok := c.deadline(standard)
	if !ok {
		return false
	}
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	default:
		c.fail(codeOverloaded, fault{})
		return false
	}
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	return do(ctx)
}

// operatorFailed answers an error of an Operator. A change whose time is over goes
// on without the client: its outcome is not known.
func (c *call) operatorFailed(err error, changes bool) {
	var unknown control.UnknownNodeError
	var unsafe control.UnsafeError
	switch {
	case errors.As(err, &unknown):
		c.fail(codeNodeNotFound, fault{})
	case errors.As(err, &unsafe):
		c.fail(codeUnsafe, fault{members: appendOptional(nil, "reason", unsafe.Reason)})
	case errors.Is(err, control.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		code, goesOn := codeUnavailable, ""
		if changes {
			code, goesOn = codeUnknown, "; what was begun goes on, and asking again is harmless"
		}
		c.fail(code, fault{detail: "The cluster has not done it in time: " + err.Error() + goesOn + "."})
	default:
		c.failed(err)
	}
}

// getCluster is GET /admin/cluster: nodes, shards, health.
func (s *Server) getCluster(c *call) {
	if !c.query(nil) {
		return
	}
	var status control.Status
	if c.operate(false, func(ctx context.Context, o control.Operator) (err error) {
		status, err = o.Status(ctx)
		return err
	}) {
		c.answer(status)
	}
}

// answer sends a value as JSON.
func (c *call) answer(v any) {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		c.failed(err)
		return
	}
	c.buf = append(c.buf[:0], text...)
	c.private()
	c.json(200)
}

// done answers a change without anything to show.
func (c *call) done() { c.ctx.Response.SetStatusCode(204) }

// drainNode is POST /admin/nodes/{node}/drain.
func (s *Server) drainNode(c *call) {
	if c.emptyRequest() && c.operate(true, func(ctx context.Context, o control.Operator) error {
		return o.Drain(ctx, c.arg(0))
	}) {
		c.done()
	}
}

// undrainNode is POST /admin/nodes/{node}/undrain.
func (s *Server) undrainNode(c *call) {
	if c.emptyRequest() && c.operate(true, func(ctx context.Context, o control.Operator) error {
		return o.Undrain(ctx, c.arg(0))
	}) {
		c.done()
	}
}

// removeNode is POST /admin/nodes/{node}/remove. It is accepted, not done, when it
// is answered: GET /admin/cluster shows how far it is.
func (s *Server) removeNode(c *call) {
	var wish struct {
		Force bool `json:"force"`
	}
	if !c.query(nil) || len(c.body) > 0 && !c.decode(&wish) {
		return
	}
	if c.operate(true, func(ctx context.Context, o control.Operator) error {
		return o.Remove(ctx, c.arg(0), wish.Force)
	}) {
		c.ctx.Response.Header.Set("Location", "/admin/cluster")
		c.ctx.Response.SetStatusCode(202)
	}
}

// rebalance is POST /admin/cluster/rebalance.
func (s *Server) rebalance(c *call) {
	if c.emptyRequest() && c.operate(true, func(ctx context.Context, o control.Operator) error {
		return o.Rebalance(ctx)
	}) {
		c.done()
	}
}

// emptyRequest holds a call without a wish to an empty query and an empty body.
func (c *call) emptyRequest() bool {
	return c.query(nil) && (len(c.body) == 0 || c.decode(&struct{}{}))
}

// getWhere is GET /admin/events/{eventId}/where: the event's shard and its nodes.
func (s *Server) getWhere(c *call) {
	if !c.query(nil) {
		return
	}
	var where control.Where
	if c.operate(false, func(ctx context.Context, o control.Operator) (err error) {
		where, err = o.Where(ctx, c.arg(0))
		return err
	}) {
		c.answer(where)
	}
}

// getDigest is GET /admin/events/{eventId}/digest: what this node's replica comes
// to, for comparing with the others.
func (s *Server) getDigest(c *call) {
	if !c.query(nil) {
		return
	}
	d, ok := s.cfg.Seller.(Digester)
	if !ok {
		c.fail(codeNoCluster, fault{detail: "This node cannot tell digests."})
		return
	}
	c.within(s.digesting, s.cfg.OperatorTimeout, func(ctx context.Context) bool {
		version, sum, err := d.Digest(ctx, c.arg(0))
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			c.fail(codeUnavailable, fault{detail: "The time of the call is over."})
		case err != nil:
			c.failed(err)
		case version == 0:
			c.fail(codeEventNotFound, fault{})
		default:
			c.digest(version, sum)
		}
		return true
	})
}

// digest answers with a digest of the event at a version.
func (c *call) digest(version uint64, sum [32]byte) {
	b := appendString(append(c.buf[:0], `{"eventId":`...), c.arg(0))
	b = appendOptional(b, "node", c.srv.cfg.Version.Node)
	b = strconv.AppendUint(append(b, `,"version":`...), version, 10)
	b = append(hex.AppendEncode(append(b, `,"sha256":"`...), sum[:]), `"}`...)
	c.buf = b
	c.setVersion(version)
	c.private()
	c.json(200)
}
