package actors

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/actors/sale"

	"github.com/asynkron/protoactor-go/actor"
)

// Node runs the events whose shards this process leads: it claims shards,
// activates events, ticks what is due, passivates what is idle and runs the
// payer. Start makes one; Client is how it is asked.
type Node struct {
	cfg    Config
	clock  nodeClock
	system *actor.ActorSystem
	shards shardTable
	// ticking is set for a shard while its clock is being written.
	ticking  []atomic.Bool
	events   registry
	calls    callPool
	pool     *pool
	payer    *payer
	door     *admission
	metrics  *metrics
	plans    *plans
	remote   *remote
	news     pulses
	draining atomic.Bool
	saving   chan struct{} // has one in it while a checkpoint is made and written
	stop     chan struct{}
	ctx      context.Context // ends with the node
	end      context.CancelFunc
	// running counts the node's goroutines and actors; it grows only while life is
	// held, or from one that it counts already.
	running sync.WaitGroup
	life    struct {
		sync.RWMutex
		over bool
	}
}

// Start makes a node and begins to claim shards; Ready says when it owns them.
func Start(cfg Config) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := &Node{
		cfg:     cfg,
		clock:   nodeClock{time.Now(), cfg.clockWrong},
		shards:  make(shardTable, cfg.Log.Shards()),
		ticking: make([]atomic.Bool, cfg.Log.Shards()),
		saving:  make(chan struct{}, 1),
		stop:    make(chan struct{}),
		pool:    newPool(),
		calls:   callPool{start: time.Now()},
		plans:   newPlans(cfg.MaxPlanTickets),
	}
	n.ctx, n.end = context.WithCancel(context.Background())
	for i := range n.shards {
		n.shards[i].Store(n.newShard(uint64(i)+1, 0, false))
	}
	quiet := slog.New(slog.DiscardHandler) // its warnings are ours to give
	n.system = actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return quiet }),
		actor.WithDeadLetterRequestLogging(false))
	n.metrics = newMetrics(cfg.Registry, n)
	n.door = newAdmission(&n.cfg, cfg.Registry)
	n.remote = newRemote(n)
	n.payer = newPayer(n)
	n.running.Add(2)
	go n.followLeaders()
	go n.tick()
	go n.calls.watch(n.stop)
	n.remote.listen()
	return n, nil
}

// Client is how the node's events are asked.
func (n *Node) Client() *Client { return &Client{node: n} }

// Ready is nil when the node can sell, its own events or, through other nodes,
// theirs; else why not.
func (n *Node) Ready() error {
	if n.draining.Load() {
		return fmt.Errorf("%w: the node is draining", ErrUnavailable)
	}
	if err := n.cfg.Log.Healthy(); err != nil {
		return err
	}
	for i := range n.shards {
		id := uint64(i) + 1
		if n.shards[i].Load().owned() {
			continue
		}
		if node, _, err := n.cfg.Locator.Locate(id); err != nil || node == n.cfg.Node {
			return fmt.Errorf("%w: shard %d has no owner yet", ErrUnavailable, id)
		}
	}
	if n.cfg.Peers != nil && !n.cfg.Peers.Reachable() {
		return fmt.Errorf("%w: no other node can be reached", ErrUnavailable)
	}
	return nil
}

// Drain is for a planned stop, after the node's leaderships have gone to other
// nodes: it executes no new command from now on and waits until those inside are
// answered, at most for the given time. Commands about events on other nodes are
// still sent there. Payments under way go on until Stop; after half of the time those
// who wait for them are told that they are pending.
func (n *Node) Drain(atMost time.Duration) {
	n.draining.Store(true)
	deadline := time.Now().Add(atMost)
	hurry := deadline.Add(-atMost / 2)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for time.Now().Before(deadline) {
		inside := 0
		n.events.each(func(a *activation) { inside += a.gate.inside() })
		if inside == 0 {
			return
		}
		if !hurry.IsZero() && !time.Now().Before(hurry) {
			hurry = time.Time{}
			n.events.each(func(a *activation) { n.send(a, impatient{}) })
		}
		<-poll.C
	}
	n.cfg.Logger.Warn("drain: commands were still under way at the deadline")
}

// Stop ends the node's goroutines and actors. Callers still waiting get an error.
// The log stays open: it is the caller's.
func (n *Node) Stop() {
	n.life.Lock()
	over := n.life.over
	n.life.over = true
	n.life.Unlock()
	if over {
		return
	}
	n.draining.Store(true)
	close(n.stop)
	n.end()
	n.events.each(func(a *activation) { n.send(a, stepDown{}) })
	n.running.Wait()
	n.payer.stop()
	n.system.Shutdown()
	n.pool.close()
}

// tick looks for due deadlines and idle events until the node stops.
func (n *Node) tick() {
	defer n.running.Done()
	t := time.NewTicker(n.cfg.TickEvery)
	defer t.Stop()
	for i := 0; ; i++ {
		select {
		case <-n.stop:
			return
		case <-t.C:
		}
		healthy := n.cfg.Log.Healthy() == nil
		patience := n.idlePatience()
		n.events.each(func(a *activation) {
			due := a.due.Load()
			switch {
			case due != 0 && due <= int64(a.shard.time(n.clock)) && healthy:
				n.send(a, tickDue{})
			case a.idle(n.clock.start) > patience && a.gate.inside() == 0:
				n.send(a, passivate{})
			}
		})
		if i%2 == 0 && healthy {
			n.keepClocks()
		}
	}
}

// idlePatience is how long an event stays in memory without a command just now:
// PassivateAfter while half of the room is free, and the less the fuller it is, down to
// nothing. So a catalog of any size goes through, and a crowd of events that are looked
// at once does not keep out those that sell.
func (n *Node) idlePatience() time.Duration {
	most := int64(n.cfg.MaxActive)
	free := max(0, most-n.events.size.Load())
	return time.Duration(float64(n.cfg.PassivateAfter) * min(1, 2*float64(free)/float64(most)))
}

// activate finds the event in memory or brings it there.
func (n *Node) activate(event string) (*activation, error) {
	if a := n.events.get(event); a != nil {
		return a, nil
	}
	s := n.shards[n.cfg.Log.Shard(event)-1].Load()
	if !s.owned() {
		return nil, fmt.Errorf("%w: its shard has no owner", errMoved)
	}
	if n.events.size.Load() >= int64(n.cfg.MaxActive) {
		n.metrics.refused(boundActive)
		return nil, ErrOverloaded
	}
	n.life.RLock()
	defer n.life.RUnlock()
	if n.life.over {
		return nil, fmt.Errorf("%w: the node has stopped", ErrUnavailable)
	}
	a := &activation{event: event, shard: s}
	a.gate.emptied = func() { n.send(a, emptied{}) }
	a.touch(n.clock.start)
	n.running.Add(1) // until the actor has stopped
	a.pid = n.system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return newEvent(n, a) },
		actor.WithDispatcher(n.pool)))
	got, added := n.events.add(a)
	if !added {
		n.system.Root.Poison(a.pid)
		return got, nil
	}
	n.send(a, begin{})
	if n.shards[s.id-1].Load() != s {
		n.send(a, stepDown{}) // disown may have looked before the event was there
	}
	return a, nil
}

// owns reports whether this node may write the event's shard.
func (n *Node) owns(event string) bool { return n.shards[n.cfg.Log.Shard(event)-1].Load().owned() }

// send posts a message to an event's actor.
func (n *Node) send(a *activation, m any) {
	a.queued.Add(1)
	n.system.Root.Send(a.pid, m)
}

// settle gives the payer's news to an event. It does not wait: news that is lost
// is asked for again by the next activation.
func (n *Node) settle(event string, news []*sale.SettlePayment) {
	a, err := n.activate(event)
	if err != nil {
		return
	}
	n.send(a, news)
}

// remind has an event offer its tasks again after a while.
func (n *Node) remind(event string) {
	if a := n.events.get(event); a != nil {
		n.send(a, resubmit{})
	}
}
