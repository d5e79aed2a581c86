package control

import (
	"context"
	"slices"
)

// Operator is what operators call on this node. Its errors are UnknownNodeError,
// UnsafeError and ErrUnavailable.
func (a *Agent) Operator() Operator { return operator{a} }

// operator is an Agent's Operator: Agent.Drain drains the node itself.
type operator struct{ *Agent }

var _ Operator = operator{}

// Drain implements Operator. It blocks for 30 s at most.
func (o operator) Drain(ctx context.Context, node string) error { return o.drainNode(ctx, node) }

// Undrain implements Operator.
func (o operator) Undrain(ctx context.Context, node string) error {
	leaves := o.leaves(ctx, node)
	if leaves {
		if _, err := o.askController(ctx, operate{Do: doKeepNode, Node: node}, o.cfg.AskTimeout); err != nil {
			return operatorsError(err)
		}
	}
	err := o.orderNode(ctx, node, order{Do: doUndrain})
	if _, unsafe := err.(UnsafeError); leaves && unsafe {
		return nil // it is down: it takes part again when it is back
	}
	return err
}

// leaves reports whether a node is being removed, or was.
func (o operator) leaves(ctx context.Context, node string) bool {
	s, err := o.Status(ctx)
	return err == nil && slices.ContainsFunc(s.Nodes, func(n NodeStatus) bool {
		return n.Name == node && (n.State == stateLeaving || n.State == stateRemoved)
	})
}

// Remove implements Operator. It blocks for AskTimeout at most.
func (o operator) Remove(ctx context.Context, node string, force bool) error {
	_, err := o.askController(ctx, operate{Do: doRemoveNode, Node: node, Force: force}, o.cfg.AskTimeout)
	return operatorsError(err)
}

// Rebalance implements Operator. It blocks for AskTimeout at most.
func (o operator) Rebalance(ctx context.Context) error {
	_, err := o.askController(ctx, operate{Do: doRebalance}, o.cfg.AskTimeout)
	return operatorsError(err)
}

// Where implements Operator: from this node's own replica, or as the controller sees
// it.
func (o operator) Where(ctx context.Context, event string) (Where, error) {
	w := Where{Event: event, Shard: o.cfg.Log.Shard(event), Replicas: []string{}}
	if node, term, err := o.cfg.Member.Locate(w.Shard); err == nil {
		w.Leader, w.Term = node, term
	}
	if nodes := o.hosts(w.Shard); len(nodes) > 0 {
		w.Replicas = nodes
		return w, nil
	}
	s, err := o.Status(ctx)
	if err != nil {
		return w, err
	}
	for _, shard := range s.Shards {
		if shard.ID != w.Shard {
			continue
		}
		if shard.Term > w.Term {
			w.Leader, w.Term = shard.Leader, shard.Term
		}
		for _, r := range shard.Replicas {
			w.Replicas = append(w.Replicas, r.Node)
		}
	}
	return w, nil
}

// hosts lists the nodes with a replica of a shard that has one here.
func (a *Agent) hosts(shard uint64) (nodes []string) {
	at := map[string]string{}
	for _, p := range a.cfg.Member.Peers() {
		at[p.Raft] = p.Node
	}
	self := a.cfg.Placement.Identity().Node
	for _, r := range a.cfg.Placement.Replicas() {
		if r.Shard != shard {
			continue
		}
		for _, m := range r.Members {
			switch node, ok := at[m.Address]; {
			case m.Replica == r.Replica:
				nodes = append(nodes, self)
			case ok:
				nodes = append(nodes, node)
			default:
				nodes = append(nodes, stray(m.Address))
			}
		}
	}
	return nodes
}
