package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"boxoffice/cluster"

	"github.com/go-json-experiment/json"
)

// order is what a node is to do, as it travels.
type order struct {
	Do      string `json:"do"`
	Shard   uint64 `json:"shard,omitzero"`
	Replica uint64 `json:"replica,omitzero"`
	Address string `json:"address,omitzero"`
	// Term is the ordering controller's; 0 with an operator's orders.
	Term uint64 `json:"term,omitzero"`
	// Config is the membership that a change of it was decided on.
	Config uint64 `json:"config,omitzero"`
	// Incarnation is the disk that a replica was added for.
	Incarnation uint64 `json:"incarnation,omitzero"`
}

// The orders. The first three change a membership and go to the shard's leader.
const (
	doAdd      = "add"
	doPromote  = "promote"
	doRemove   = "remove"
	doTransfer = "transfer" // to the shard's leader
	doStart    = "start"
	doDrop     = "drop"
	doLeave    = "leave"
	doDrain    = "drain"   // by an operator
	doUndrain  = "undrain" // by an operator
)

// orderReply is what became of an order.
type orderReply struct {
	Replica uint64     `json:"replica,omitzero"` // of doAdd
	Error   *wireError `json:"error,omitzero"`
}

// The refusals of an order.
var (
	errStale = errors.New("the order is of a controller that was replaced, or about an older membership")
	errBusy  = errors.New("the shard has an order under way")
)

// replyMargin is what is left of a call's time for the answer's way back.
const replyMargin = 100 * time.Millisecond

// handleOrder does what this node is told and answers when it is done.
func (a *Agent) handleOrder(call cluster.Call) {
	ctx, cancel := context.WithDeadline(a.ctx, call.Deadline.Add(-replyMargin))
	defer cancel()
	var (
		o     order
		reply orderReply
	)
	err := json.Unmarshal(call.Body, &o)
	if err == nil {
		reply.Replica, err = a.obey(ctx, o)
	}
	if err != nil {
		a.cfg.Logger.Warn("an order was not done", "from", call.From, "order", o.Do, "shard", o.Shard,
			"replica", o.Replica, "error", err)
	}
	reply.Error = toWire(err)
	body, _ := json.Marshal(reply) // plain members
	call.Reply(body)
}

// obey carries an order out. Repeating one is harmless.
func (a *Agent) obey(ctx context.Context, o order) (replica uint64, err error) {
	switch o.Do {
	case doDrain:
		return 0, a.drainForOperator(ctx)
	case doUndrain:
		return 0, a.undrain()
	}
	if !a.heed(o.Term) {
		return 0, errStale
	}
	if o.Do == doLeave {
		return 0, a.leave(o.Incarnation)
	}
	unlock, err := a.lockShard(o.Shard)
	if err != nil {
		return 0, err
	}
	defer unlock()
	p := a.cfg.Placement
	switch o.Do {
	case doAdd, doPromote, doRemove:
		return a.change(ctx, o)
	case doTransfer:
		return 0, a.transfer(ctx, o.Shard, o.Replica)
	case doStart:
		if o.Incarnation != p.Identity().Incarnation {
			return 0, errStale // the disk that the replica was added for is gone
		}
		return 0, p.StartReplica(ctx, o.Shard, o.Replica)
	case doDrop:
		return 0, p.DropReplica(ctx, o.Shard, o.Replica)
	}
	return 0, fmt.Errorf("this version knows no order %q", o.Do)
}

// change changes a shard's membership, if it is still the one that was decided on.
func (a *Agent) change(ctx context.Context, o order) (replica uint64, err error) {
	p, known := a.cfg.Placement, false
	for _, r := range p.Replicas() {
		known = known || r.Shard == o.Shard && r.Config == o.Config
	}
	if !known {
		return 0, errStale
	}
	switch o.Do {
	case doAdd:
		return p.AddReplica(ctx, o.Shard, o.Address)
	case doPromote:
		return 0, p.Promote(ctx, o.Shard, o.Replica)
	default:
		return 0, p.RemoveReplica(ctx, o.Shard, o.Replica)
	}
}

// leave marks this node's directory and has the process stop. It is refused while
// the node has a replica: those are dropped first.
func (a *Agent) leave(incarnation uint64) error {
	p := a.cfg.Placement
	if incarnation != p.Identity().Incarnation {
		return errStale
	}
	if n := len(p.Replicas()); n > 0 {
		return fmt.Errorf("leave the cluster: %d replicas are still here", n)
	}
	if err := p.Retire(); err != nil {
		return fmt.Errorf("mark the directory of a removed node: %w", err)
	}
	a.setState(cluster.Leaving)
	a.leaving.Do(func() {
		a.cfg.Logger.Info("this node was removed from the cluster: it stops")
		if a.cfg.OnLeave != nil {
			go a.cfg.OnLeave()
		}
	})
	return nil
}

// heed remembers the latest term of a controller. It is false for an earlier one.
func (a *Agent) heed(term uint64) bool {
	for {
		latest := a.heard.Load()
		if term <= latest {
			return term == latest || term == 0
		}
		if a.heard.CompareAndSwap(latest, term) {
			return true
		}
	}
}

// lockShard lets one order at a time work on a shard's replica here; it does not wait.
func (a *Agent) lockShard(shard uint64) (unlock func(), err error) {
	if shard == 0 || shard > uint64(len(a.locks)) {
		return nil, fmt.Errorf("there is no shard %d", shard)
	}
	l := &a.locks[shard-1]
	if !l.TryLock() {
		return nil, errBusy
	}
	return l.Unlock, nil
}

// tell sends an order to a node and waits for its answer. An error says nothing of
// whether it was done: the next report does.
func (a *Agent) tell(ctx context.Context, node string, o order, within time.Duration) (replica uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	deadline := time.Now().Add(within)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	body, _ := json.Marshal(o) // plain members
	answer, err := cluster.CallWithin(ctx, a.cfg.Member, deadline, node, KindOrder, body)
	if err != nil {
		return 0, fmt.Errorf("order %s on %s: %w", o.Do, node, err)
	}
	var reply orderReply
	if err := json.Unmarshal(answer, &reply); err != nil {
		return 0, fmt.Errorf("read the answer to order %s of %s: %w", o.Do, node, err)
	}
	if err := fromWire(reply.Error); err != nil {
		return 0, fmt.Errorf("order %s on %s: %w", o.Do, node, err)
	}
	return reply.Replica, nil
}
