package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"boxoffice/storage"
)

// controller decides for the cluster while this node leads the system shard in one
// term. Its fields belong to its loop but for those that say otherwise.
type controller struct {
	*Agent
	term   uint64
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
	woken  chan struct{} // one place: a round is wanted now
	asks   chan ask      // what operators want, to be answered in a round

	registry *registry
	watch    *watch
	heard    map[string]time.Time // by node: its last report
	leftAt   map[string]time.Time // by node: when it was last told to leave
	changed  time.Time            // when something was last done, or found to be done
	stale    bool                 // what is in the log may be more than registry

	known atomic.Pointer[knowledge] // for operators' questions; nil: not yet claimed
}

// knowledge is what a controller knows beyond the reports. It is not changed.
type knowledge struct {
	registry *registry
	lost     map[place]bool
	heard    map[string]time.Time
}

// ask is what an operator wants of the controller.
type ask struct {
	do    func(ctx context.Context, v *view) error
	reply chan error // one place
}

// startController has a controller run for a term of the system shard.
func (a *Agent) startController(term uint64) *controller {
	c := &controller{
		Agent: a, term: term, done: make(chan struct{}), woken: make(chan struct{}, 1), asks: make(chan ask),
		watch: newWatch(&a.cfg), heard: map[string]time.Time{}, leftAt: map[string]time.Time{},
	}
	ctx, cancel := context.WithCancel(a.ctx)
	c.cancel = cancel
	a.running.Go(func() {
		defer close(c.done)
		defer cancel()
		c.run(ctx)
	})
	return c
}

// wake wants a round now.
func (c *controller) wake() {
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// run is the loop: claim, read the registry, then rounds until ctx ends or another
// controller took over.
func (c *controller) run(ctx context.Context) {
	log := c.cfg.Logger.With("term", c.term)
	if err := c.takeOver(ctx); err != nil {
		log.Info("this node does not control the cluster", "error", err)
		return
	}
	log.Info("this node controls the cluster")
	c.publish(nil)
	c.current.Store(c)
	defer c.current.CompareAndSwap(c, nil)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var asked []ask
	c.changed = time.Now()
	for {
		select {
		case <-ctx.Done():
			answer(asked, errElsewhere)
			return
		case q := <-c.asks:
			asked = append(asked, q)
		case <-c.woken:
		case <-timer.C:
		}
		wait := c.round(ctx, asked)
		asked = nil
		if c.stale {
			if err := c.takeOver(ctx); err != nil {
				log.Info("this node no longer controls the cluster", "error", err)
				return
			}
		}
		timer.Reset(wait)
	}
}

// takeOver claims the system shard and reads the registry; it tries until that is
// done, ctx ends, or the term is over.
func (c *controller) takeOver(ctx context.Context) error {
	for {
		err := c.load(ctx)
		if err == nil || errors.Is(err, storage.ErrFenced) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(c.cfg.RoundEvery):
			c.cfg.Logger.Warn("taking the cluster over", "error", err)
		}
	}
}

func (c *controller) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.OrderTimeout)
	defer cancel()
	if _, err := c.cfg.Log.Claim(ctx, c.system, c.term); err != nil {
		return fmt.Errorf("claim the system shard: %w", err)
	}
	h, err := c.cfg.Log.Load(ctx, storage.SystemEvent)
	if err != nil {
		return fmt.Errorf("load the registry: %w", err)
	}
	g, err := foldHistory(h)
	if err != nil {
		return err
	}
	c.registry, c.stale = g, false
	return nil
}

// round looks at the cluster once, answers what was asked, and does what is to be
// done. It returns after how long the next round is due. It blocks for ReportTimeout
// and a few times OrderTimeout at most.
func (c *controller) round(ctx context.Context, asked []ask) (wait time.Duration) {
	defer answer(asked, errElsewhere) // those that were not answered
	v := c.observe()
	if c.register(ctx, v) != nil {
		return c.cfg.RoundEvery
	}
	lost, start := c.watch.judge(v)
	v.lost = lost
	for _, q := range asked {
		answer([]ask{q}, q.do(ctx, v))
	}
	if c.stale {
		return c.cfg.RoundEvery
	}
	v.registry = c.registry
	c.publish(lost)
	done, tried := c.act(ctx, v, start)
	if tried > 0 {
		c.changed = time.Now()
	}
	c.finish(ctx, v, tried > 0)
	switch {
	case done:
		return c.cfg.SoonAfter
	case time.Since(c.changed) < c.cfg.QuietAfter:
		return c.cfg.RoundEvery
	default:
		return c.cfg.IdleEvery
	}
}

// observe gathers the reports of a round.
func (c *controller) observe() *view {
	peers := c.cfg.Member.Peers()
	reports := c.gather(peers, reportRequest{Term: c.term, Removed: c.registry.removed()})
	for node := range reports {
		c.heard[node] = time.Now()
	}
	return see(peers, reports, c.registry, c.system, liveness(peers, c.heard, c.cfg.SilentAfter))
}

// publish gives operators' questions what they need.
func (c *controller) publish(lost map[place]bool) {
	c.known.Store(&knowledge{registry: c.registry, lost: lost, heard: maps.Clone(c.heard)})
}

// answer tells operators how it ended. An ask that has its answer keeps it.
func answer(asked []ask, err error) {
	for _, q := range asked {
		select {
		case q.reply <- err:
		default:
		}
	}
}

// record appends to the registry.
func (c *controller) record(ctx context.Context, records ...record) error {
	if len(records) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.OrderTimeout)
	defer cancel()
	next, err := c.registry.write(ctx, c.cfg.Log, c.term, records...)
	if err != nil {
		c.cfg.Logger.Warn("recording a change of nodes", "error", err)
		c.stale = true
		return fmt.Errorf("%w: %w", errElsewhere, err) // most likely; who asks asks again
	}
	c.registry, c.changed = next, time.Now()
	if k := c.known.Load(); k != nil { // who asked for the change and looks then shall see it
		c.publish(k.lost)
	}
	return nil
}

// register records the nodes that are new, or have changed: a new disk, another
// address or zone. Replicas are then to be spread again.
func (c *controller) register(ctx context.Context, v *view) error {
	var records []record
	count := c.registry.present()
	self := c.cfg.Placement.Identity()
	for _, name := range sortedKeys(v.reports) {
		r, zone := v.reports[name], v.peers[name].Zone
		e, known := c.registry.Nodes[name]
		switch {
		case r.Cluster != self.Cluster || r.Shards != self.Shards || r.Raft == "" && len(v.peers) > 1:
			continue // a stranger, or not ready
		case known && e.Incarnation == r.Incarnation && (e.State == stateRemoved || e.Raft == r.Raft && e.Zone == zone):
			continue // as recorded; one that was removed stays so
		case (!known || e.State == stateRemoved) && count >= c.cfg.MaxNodes:
			c.cfg.Logger.Warn("there are too many nodes: this one gets nothing", "node", name, "most", c.cfg.MaxNodes)
			continue
		}
		if !known || e.State == stateRemoved {
			count++
		}
		state := recordMember
		if known && e.State == stateLeaving && e.Incarnation == r.Incarnation {
			state = stateLeaving
		}
		records = append(records, record{
			Node: name, Incarnation: r.Incarnation, Raft: r.Raft, Zone: zone, State: state, Rebalance: new(true),
		})
		c.cfg.Logger.Info("recording a node", "node", name, "incarnation", r.Incarnation, "raft", r.Raft, "zone", zone)
	}
	if err := c.record(ctx, records...); err != nil {
		return err
	}
	v.registry = c.registry
	return nil
}
