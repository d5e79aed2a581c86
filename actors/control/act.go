package control

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"boxoffice/cluster/assign"
)

// outcome is what a task tells the controller's loop.
type outcome struct {
	done bool           // something was changed: look again soon
	note func(w *watch) // what is to be remembered; nil: nothing
}

// tasksAtOnce bounds the orders under way.
const tasksAtOnce = 16

// act orders what is to be done, all at once, and waits for the answers. It reports
// whether a change was done, and how many were tried.
func (c *controller) act(ctx context.Context, v *view, starts []start) (done bool, tried int) {
	tasks := append(c.startTasks(ctx, starts), c.dropTasks(ctx, v)...)
	next := c.cfg.next
	if next == nil {
		next = assign.Next
	}
	for _, action := range next(v.assignment(&c.cfg)) {
		if s := &v.shards[action.Shard-1]; s.settled {
			tasks = append(tasks, func() outcome { return c.carryOut(ctx, v, s, action) })
		}
	}
	outcomes := make([]outcome, len(tasks))
	var working sync.WaitGroup
	places := make(chan struct{}, tasksAtOnce)
	for i, task := range tasks {
		places <- struct{}{}
		working.Go(func() {
			defer func() { <-places }()
			outcomes[i] = task()
		})
	}
	working.Wait()
	for _, o := range outcomes {
		done = done || o.done
		if o.note != nil {
			o.note(c.watch)
		}
	}
	return done, len(tasks)
}

// startTasks repeats the start of replicas that were added and have not come up.
func (c *controller) startTasks(ctx context.Context, starts []start) (tasks []func() outcome) {
	for _, s := range starts {
		tasks = append(tasks, func() outcome { return c.start(ctx, s) })
	}
	return tasks
}

func (c *controller) start(ctx context.Context, s start) outcome {
	o := order{Do: doStart, Shard: s.shard, Replica: s.replica, Incarnation: s.disk, Term: c.term}
	if _, err := c.tell(ctx, s.node, o, c.cfg.OrderTimeout); err != nil {
		c.cfg.Logger.Warn("starting a new replica", "shard", s.shard, "node", s.node, "error", err)
		return outcome{}
	}
	return outcome{done: true, note: func(w *watch) { w.started(s.shard, s.replica) }}
}

// dropTasks has nodes delete replicas that they still have after their removal: they
// were down then, and nobody talks to a removed replica.
func (c *controller) dropTasks(ctx context.Context, v *view) (tasks []func() outcome) {
	for _, node := range sortedKeys(v.reports) {
		for _, r := range v.reports[node].Replicas {
			s := &v.shards[r.Shard-1]
			if !s.settled || !slices.Contains(s.lead.Removed, r.Replica) {
				continue
			}
			o := order{Do: doDrop, Shard: r.Shard, Replica: r.Replica, Term: c.term}
			tasks = append(tasks, func() outcome {
				_, err := c.tell(ctx, node, o, c.cfg.OrderTimeout)
				c.say("drop a removed replica", node, r.Shard, r.Replica, "", err)
				return outcome{done: err == nil}
			})
		}
	}
	return tasks
}

// carryOut has one action done by the shard's leader.
func (c *controller) carryOut(ctx context.Context, v *view, s *shard, action assign.Action) outcome {
	o := order{Shard: s.id, Replica: action.Replica, Config: s.lead.Config, Term: c.term}
	within := c.cfg.OrderTimeout
	switch action.Kind {
	case assign.AddReplica:
		return c.add(ctx, v, s, action)
	case assign.Promote:
		o.Do = doPromote
	case assign.RemoveReplica:
		o.Do = doRemove
	case assign.MoveLeader:
		o.Do, within = doTransfer, transferTimeout
	default:
		return outcome{}
	}
	_, err := c.tell(ctx, s.leader, o, within)
	c.say(action.Kind.String(), action.Node, s.id, action.Replica, action.Why, err)
	return outcome{done: err == nil}
}

// add has a replica added to the membership, and started on its node. What was not
// started, or is not known to be, the next rounds see.
func (c *controller) add(ctx context.Context, v *view, s *shard, action assign.Action) outcome {
	to := v.reports[action.Node]
	if to == nil {
		return outcome{} // it may have another disk by now
	}
	o := order{Do: doAdd, Shard: s.id, Address: to.Raft, Config: s.lead.Config, Term: c.term}
	id, err := c.tell(ctx, s.leader, o, c.cfg.OrderTimeout)
	c.say("add replica", action.Node, s.id, id, action.Why, err)
	if err != nil {
		return outcome{note: func(w *watch) { w.pending[s.id] = pending{action.Node, to.Incarnation} }}
	}
	started := c.start(ctx, start{action.Node, s.id, id, to.Incarnation})
	return outcome{done: true, note: func(w *watch) {
		w.added(s.id, id, to.Incarnation)
		if started.done {
			w.started(s.id, id)
		}
	}}
}

// say logs what became of an action.
func (c *controller) say(what, node string, shard, replica uint64, why string, err error) {
	log := c.cfg.Logger.With("node", node, "shard", shard, "replica", replica)
	if why != "" {
		log = log.With("why", why)
	}
	if err != nil {
		log.Warn("not done: "+what, "error", err)
		return
	}
	log.Info("done: " + what)
}

// leaveAgain is after how long a node that was told to leave is told again.
const leaveAgain = 5 * time.Second

// finish ends what has no replica left to move: nodes that leave, and spreading.
func (c *controller) finish(ctx context.Context, v *view, busy bool) {
	for _, node := range sortedKeys(v.registry.Nodes) {
		e := v.registry.Nodes[node]
		if e.State == recordMember || !v.empty(node) {
			continue
		}
		r := v.reports[node]
		present := r != nil && r.Incarnation == e.Incarnation && r.State != stateLeaving
		if present && !c.sendAway(ctx, node, e) || !present && !v.down(node) && r == nil {
			continue // told again later, or not heard of now
		}
		if e.State == stateLeaving {
			e.record.State = stateRemoved
			if c.record(ctx, e.record) != nil {
				return
			}
			c.cfg.Logger.Info("the node was removed", "node", node)
		}
	}
	if c.registry.Rebalance && !busy && !v.moving() && v.complete() {
		_ = c.record(ctx, record{Rebalance: new(false)}) // logged there; the next round tries again
	}
}

// moving reports whether some shard has a learner, or may not be judged.
func (v *view) moving() bool {
	return slices.ContainsFunc(v.shards, func(s shard) bool {
		return !s.settled || slices.ContainsFunc(s.replicas, func(r replica) bool { return !r.Voter })
	})
}

// complete reports whether every node that stays could have been given something: one
// that is down, drained or full gets its share when it is back.
func (v *view) complete() bool {
	for name, e := range v.registry.Nodes {
		if e.State == recordMember && (!v.up[name] || v.drained(name) || v.full(name)) {
			return false
		}
	}
	return true
}

// sendAway has a node without replicas leave. It reports whether it will.
func (c *controller) sendAway(ctx context.Context, node string, e entry) bool {
	if time.Since(c.leftAt[node]) < leaveAgain {
		return false
	}
	c.leftAt[node] = time.Now()
	o := order{Do: doLeave, Incarnation: e.Incarnation, Term: c.term}
	if _, err := c.tell(ctx, node, o, c.cfg.OrderTimeout); err != nil {
		c.cfg.Logger.Warn("telling a node to leave", "node", node, "error", err)
		return false
	}
	return true
}

// remove begins the removal of a node: see Operator.Remove.
func (c *controller) remove(ctx context.Context, v *view, node string, force bool) error {
	e, registered := c.registry.Nodes[node]
	if !registered {
		return UnknownNodeError{Node: node}
	}
	if e.State != recordMember {
		return nil
	}
	switch down := v.down(node); {
	case down && !force:
		return UnsafeError{Reason: fmt.Sprintf("node %s is down; force gives it up for good", node)}
	case !down && force:
		return UnsafeError{Reason: fmt.Sprintf("node %s is up; it can leave without force", node)}
	}
	if ids := v.unsettled(); len(ids) > 0 {
		return UnsafeError{Reason: fmt.Sprintf("shards %v have no leader, or have just changed", ids)}
	}
	if err := assign.Safe(v.assignment(&c.cfg), node); err != nil {
		return UnsafeError{Reason: err.Error()}
	}
	c.cfg.Logger.Info("a node is to leave", "node", node, "force", force)
	e.record.State = stateLeaving
	return c.record(ctx, e.record)
}

// keep ends the removal of a node that still has replicas. Before those are all gone
// nobody has told it to leave, and it would not have.
func (c *controller) keep(ctx context.Context, v *view, node string) error {
	e, registered := c.registry.Nodes[node]
	switch {
	case !registered:
		return UnknownNodeError{Node: node}
	case e.State == stateRemoved, e.State == stateLeaving && !v.holds(node):
		return UnsafeError{Reason: fmt.Sprintf("node %s was removed: its replicas are gone", node)}
	case e.State == recordMember:
		return nil
	}
	c.cfg.Logger.Info("a node is to stay after all", "node", node)
	e.record.State, e.record.Rebalance = recordMember, new(true)
	return c.record(ctx, e.record)
}

// rebalance begins the spreading of replicas for evenness.
func (c *controller) rebalance(ctx context.Context) error {
	if c.registry.Rebalance {
		return nil
	}
	return c.record(ctx, record{Rebalance: new(true)})
}
