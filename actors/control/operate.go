package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"boxoffice/cluster"

	"github.com/go-json-experiment/json"
)

// operate is an operator's call on its way to the controller.
type operate struct {
	Do    string `json:"do"`
	Node  string `json:"node,omitzero"`
	Force bool   `json:"force,omitzero"`
}

// The calls that go to the controller.
const (
	doStatus     = "status"
	doRemoveNode = "remove"
	doRebalance  = "rebalance"
	doKeepNode   = "keep" // it leaves no more
)

// operateReply is its answer.
type operateReply struct {
	Status *Status    `json:"status,omitzero"`
	Error  *wireError `json:"error,omitzero"`
}

// handleOperate answers operators' calls if the controller runs here.
func (a *Agent) handleOperate(call cluster.Call) {
	ctx, cancel := context.WithDeadline(a.ctx, call.Deadline.Add(-replyMargin))
	defer cancel()
	var (
		q     operate
		reply operateReply
		err   error
	)
	c := a.current.Load()
	switch {
	case c == nil:
		err = errElsewhere
	case json.Unmarshal(call.Body, &q) != nil:
		err = fmt.Errorf("%w: the call cannot be read", ErrUnavailable)
	case q.Do == doStatus:
		s := c.status()
		reply.Status = &s
	case q.Do == doRemoveNode:
		err = c.inRound(ctx, func(ctx context.Context, v *view) error { return c.remove(ctx, v, q.Node, q.Force) })
	case q.Do == doKeepNode:
		err = c.inRound(ctx, func(ctx context.Context, v *view) error { return c.keep(ctx, v, q.Node) })
	case q.Do == doRebalance:
		err = c.inRound(ctx, func(ctx context.Context, _ *view) error { return c.rebalance(ctx) })
	default:
		err = fmt.Errorf("%w: this version knows no call %q", ErrUnavailable, q.Do)
	}
	reply.Error = toWire(err)
	body, _ := json.Marshal(reply) // plain members
	call.Reply(body)
}

// inRound has f run in the controller's next round, and waits for its answer.
func (c *controller) inRound(ctx context.Context, f func(ctx context.Context, v *view) error) error {
	q := ask{do: f, reply: make(chan error, 1)}
	select {
	case c.asks <- q:
	case <-c.done:
		return errElsewhere
	case <-ctx.Done():
		return ErrUnavailable
	}
	select {
	case err := <-q.reply:
		return err
	case <-ctx.Done():
		return ErrUnavailable
	}
}

// askController sends a call to the node that runs the controller, until one answers:
// leaders move.
func (a *Agent) askController(ctx context.Context, q operate, within time.Duration) (operateReply, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	deadline, _ := ctx.Deadline()
	body, _ := json.Marshal(q) // plain members
	why := errors.New("the system shard has no leader")
	for {
		node, _, err := a.cfg.Member.Locate(a.system)
		if err == nil {
			var answer []byte
			if answer, err = cluster.CallWithin(ctx, a.cfg.Member, deadline, node, KindOperate, body); err == nil {
				var reply operateReply
				if err = json.Unmarshal(answer, &reply); err == nil {
					err = fromWire(reply.Error)
				}
				if !errors.Is(err, errElsewhere) {
					return reply, err
				}
			}
			why = err
		}
		select {
		case <-ctx.Done():
			return operateReply{}, fmt.Errorf("%w: %w", ErrUnavailable, why)
		case <-time.After(a.cfg.LookEvery):
		}
	}
}

// Status implements Operator. Without a controller it blocks for a second and a half
// at most.
func (a *Agent) Status(ctx context.Context) (Status, error) {
	reply, err := a.askController(ctx, operate{Do: doStatus}, min(a.cfg.AskTimeout, statusWithin))
	if err == nil && reply.Status != nil {
		return *reply.Status, nil
	}
	return a.seenFromHere(), nil
}

// statusWithin bounds the search for the controller before a node says what it sees.
const statusWithin = 1200 * time.Millisecond

// drainNode is Operator.Drain.
func (a *Agent) drainNode(ctx context.Context, node string) error {
	return a.orderNode(ctx, node, order{Do: doDrain})
}

// orderNode gives an operator's order to a node, again if the answer was lost.
func (a *Agent) orderNode(ctx context.Context, node string, o order) error {
	if err := a.reachable(node); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	for {
		_, err := a.tell(ctx, node, o, drainWithin)
		if !errors.Is(err, cluster.ErrLost) || ctx.Err() != nil {
			return operatorsError(err)
		}
		if err := a.reachable(node); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(a.cfg.LookEvery):
		}
	}
}

// drainWithin bounds an operator's drain. Leaders move in a second; what is under way
// at a node is finished within 10.
const drainWithin = 30 * time.Second

// reachable is nil for a node that can be given an order.
func (a *Agent) reachable(node string) error {
	for _, p := range a.cfg.Member.Peers() {
		switch {
		case p.Node != node:
		case p.State == cluster.Down:
			return UnsafeError{Reason: fmt.Sprintf("node %s is down", node)}
		default:
			return nil
		}
	}
	return UnknownNodeError{Node: node}
}

// operatorsError is an error as an Operator returns it.
func operatorsError(err error) error {
	if err == nil || errors.As(err, new(UnknownNodeError)) || errors.As(err, new(UnsafeError)) ||
		errors.Is(err, ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
