package control

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/cluster"
	"boxoffice/storage"
)

// Agent is a node's part in the control of its cluster, and an Operator. Its methods
// are safe for concurrent use.
type Agent struct {
	cfg     Config
	started time.Time
	system  uint64 // the number of the system shard

	ctx     context.Context // ends with Stop
	stop    context.CancelFunc
	running sync.WaitGroup

	locks    []sync.Mutex // by shard: its replica here has one order at a time
	settling atomic.Bool
	heard    atomic.Uint64 // the latest controller's term
	mode     atomic.Uint32 // cluster.State of this node, as operators want it
	full     atomic.Bool   // the disk is nearly full
	relief   atomic.Bool   // leaderships are being given away because of that
	telling  sync.Mutex    // what is told of mode and full is told in order
	leaving  sync.Once
	current  atomic.Pointer[controller] // nil: none runs here
}

// Start starts the agent of a node: after the log was opened, whose replicas it
// reports from now on, and after Member was started.
func Start(cfg Config) (*Agent, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &Agent{cfg: cfg, started: time.Now(), system: cfg.Log.Shard(storage.SystemEvent)}
	a.locks = make([]sync.Mutex, a.system)
	a.ctx, a.stop = context.WithCancel(context.Background())
	a.mode.Store(uint32(cluster.Up))
	cfg.Member.Handle(KindReport, a.whileRunning(a.handleReport))
	cfg.Member.Handle(KindOrder, a.whileRunning(a.handleOrder))
	cfg.Member.Handle(KindOperate, a.whileRunning(a.handleOperate))
	a.running.Go(a.look)
	return a, nil
}

// Stop ends the agent, and the controller if it runs here. It moves nothing: Drain
// does. Calls that come later are not answered. It blocks for OrderTimeout at most.
func (a *Agent) Stop() {
	a.stop()
	a.running.Wait()
}

// whileRunning lets calls through until Stop.
func (a *Agent) whileRunning(h func(cluster.Call)) func(cluster.Call) {
	return func(call cluster.Call) {
		if a.ctx.Err() == nil {
			h(call)
		}
	}
}

// state is this node's, as reports name it.
func (a *Agent) state() string {
	switch cluster.State(a.mode.Load()) {
	case cluster.Draining:
		return stateDraining
	case cluster.Leaving:
		return stateLeaving
	}
	if a.full.Load() {
		return stateFull
	}
	return stateUp
}

// setState changes this node's state and tells all.
func (a *Agent) setState(s cluster.State) { a.announce(func() { a.mode.Store(uint32(s)) }) }

// announce tells all what this node is ready for after a change. In gossip a node
// with a full disk is one that drains: nodes that know no more treat it right.
func (a *Agent) announce(change func()) {
	a.telling.Lock()
	defer a.telling.Unlock()
	change()
	s := cluster.State(a.mode.Load())
	if s == cluster.Up && a.full.Load() {
		s = cluster.Draining
	}
	a.cfg.Member.SetState(s)
}

// look is the agent's loop: it sees what has changed here and acts on it.
func (a *Agent) look() {
	tick := time.NewTicker(a.cfg.LookEvery)
	defer tick.Stop()
	w := watcher{agent: a, led: map[uint64]uint64{}, followed: map[uint64]uint64{}, hasty: map[uint64]time.Time{}}
	for {
		w.look()
		select {
		case <-a.ctx.Done():
			if w.controller != nil {
				w.controller.cancel()
				<-w.controller.done
			}
			return
		case <-tick.C:
		}
	}
}

// watcher is what the agent's loop remembers from one look to the next. It belongs
// to the loop.
type watcher struct {
	agent      *Agent
	led        map[uint64]uint64    // shard → term in which this node was seen to lead it
	followed   map[uint64]uint64    // shard → term in which another node was told to lead it
	hasty      map[uint64]time.Time // shard → since when its replica could be settled
	looks      int
	peers      string      // what was last seen of the peers
	relieved   time.Time   // when leaderships were last given away for want of space
	controller *controller // nil: none was started, or it has ended
}

// tellAgain is the number of looks after which the leaders are told again, though
// they are the same.
const tellAgain = 20

func (w *watcher) look() {
	replicas := w.agent.cfg.Placement.Replicas()
	w.tellLeaders(replicas)
	w.space()
	for i := range replicas {
		w.tidy(&replicas[i])
	}
	w.control(replicas)
	w.looks++
}

// tellLeaders gives the table of leaders what this node's replicas know at first
// hand: that it leads, or does no longer lead in that term. That another one leads
// the table mostly knows from that node, which tells it at once; a replica knows it
// even where no word of that node comes through.
func (w *watcher) tellLeaders(replicas []storage.ReplicaStatus) {
	m, self := w.agent.cfg.Member, w.agent.cfg.Placement.Identity().Node
	for _, r := range replicas {
		term, leads := w.led[r.Shard], r.Leader == r.Replica && r.Role != storage.Starting
		switch {
		case leads && (term != r.Term || w.looks%tellAgain == 0):
			w.led[r.Shard] = r.Term
			m.Learn(r.Shard, self, r.Term)
		case !leads && term != 0:
			delete(w.led, r.Shard)
			m.Learn(r.Shard, "", term)
		}
		if leader := leaderAddress(&r); leader != "" && w.followed[r.Shard] != r.Term {
			if node := nodeAt(m.Peers(), leader); node != "" {
				w.followed[r.Shard] = r.Term
				m.Learn(r.Shard, node, r.Term)
			}
		}
	}
}

// leaderAddress is where another replica of a shard leads it; "": it is not known.
func leaderAddress(r *storage.ReplicaStatus) string {
	if r.Role == storage.Starting || r.Leader == 0 || r.Leader == r.Replica {
		return ""
	}
	for _, m := range r.Members {
		if m.Replica == r.Leader {
			return m.Address
		}
	}
	return ""
}

// nodeAt is the node that has a Raft address; "": nobody has.
func nodeAt(peers []cluster.Peer, raft string) string {
	for _, p := range peers {
		if p.Raft == raft {
			return p.Node
		}
	}
	return ""
}

// tidy drops a replica that knows of its own removal, and restarts a hasty one where
// that does no harm.
func (w *watcher) tidy(r *storage.ReplicaStatus) {
	a := w.agent
	if slices.Contains(r.Removed, r.Replica) {
		a.background(r.Shard, func(ctx context.Context) error {
			return a.cfg.Placement.DropReplica(ctx, r.Shard, r.Replica)
		}, "dropping a removed replica")
		return
	}
	if !w.settleable(r) || !a.settling.CompareAndSwap(false, true) {
		return
	}
	delete(w.hasty, r.Shard)
	if !a.background(r.Shard, func(ctx context.Context) error {
		defer a.settling.Store(false)
		return a.cfg.Placement.Settle(ctx, r.Shard)
	}, "restarting a replica with normal election times") {
		a.settling.Store(false)
	}
}

// settleable reports whether a replica may be restarted with normal election times:
// another one leads, and a third keeps the quorum, or has not come for a while.
func (w *watcher) settleable(r *storage.ReplicaStatus) bool {
	votes := voters(r.Members)
	if !r.Hasty || r.Leader == 0 || r.Leader == r.Replica || votes < 2 {
		delete(w.hasty, r.Shard)
		return false
	}
	since, ok := w.hasty[r.Shard]
	if !ok {
		since = time.Now()
		w.hasty[r.Shard] = since
	}
	return votes > 2 || time.Since(since) >= w.agent.cfg.SettleAfter
}

// background runs f on the shard's replica unless an order is under way there. It
// reports whether it runs; the next look tries again.
func (a *Agent) background(shard uint64, f func(context.Context) error, what string) bool {
	unlock, err := a.lockShard(shard)
	if err != nil {
		return false
	}
	a.running.Go(func() {
		defer unlock()
		ctx, cancel := context.WithTimeout(a.ctx, a.cfg.OrderTimeout)
		defer cancel()
		if err := f(ctx); err != nil {
			a.cfg.Logger.Warn(what, "shard", shard, "error", err)
			return
		}
		a.cfg.Logger.Info(what, "shard", shard)
	})
	return true
}

// control has a controller run here while this node leads the system shard, and
// wakes it when nodes come, go or change.
func (w *watcher) control(replicas []storage.ReplicaStatus) {
	a := w.agent
	term := uint64(0)
	for _, r := range replicas {
		if r.Shard == a.system && r.Leader == r.Replica && r.Role != storage.Starting {
			term = r.Term
		}
	}
	if c := w.controller; c != nil && c.term != term {
		c.cancel()
		select {
		case <-c.done:
			w.controller = nil
		default:
			return // its last order is under way
		}
	}
	if w.controller == nil && term != 0 {
		w.controller = a.startController(term)
	}
	if seen := sketch(a.cfg.Member.Peers()); seen != w.peers && w.controller != nil {
		w.peers = seen
		w.controller.wake()
	}
}
