package control

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"boxoffice/cluster"
	"boxoffice/cluster/assign"
	"boxoffice/storage"
)

// skipUnderRace spares the race detector a world in a bubble of virtual time: its runtime
// crashes on the timers of one in a few hundred (golang/go#78156). They run without it,
// see race in the Makefile; the same code runs under it in the nodes of cmd/boxoffice.
func skipUnderRace(t *testing.T) {
	t.Helper()
	if RaceEnabled {
		t.Skip("the race detector crashes on the timers of bubbles")
	}
}

// world is a cluster without disks and sockets: its groups behave as Raft's do as far
// as a controller can see. It runs in a synctest bubble.
type world struct {
	t      *testing.T
	rand   *rand.Rand
	groups []*group
	reg    systemLog
	// steps counts the orders and the records; before and after are called around each.
	steps         int
	before, after func(n int, node string)
	loseReplies   float64            // share of the answers that get lost
	delayOrders   float64            // share of the orders that come late, even after their sender's death
	loses         func(o order) bool // the order's answer gets lost; nil: none does
	mute          bool               // nodes do not tell each other what they lead
	deaf          string             // the node whose replicas hear nothing of their leaders; "": none
	// next is what the agents decide by that are started; nil: assign.Next.
	next func(assign.Cluster) []assign.Action

	mu    sync.Mutex // guards all; not held while handlers run
	nodes map[string]*simNode
	over  bool // the test has ended: nobody starts any more
}

// group is a shard's Raft group.
type group struct {
	id, term, leader, config, commit uint64
	members                          map[uint64]storage.Member
	removed                          []uint64
	startedOn                        map[uint64]uint64 // replica id → incarnation
}

// simNode is a node: what is on its disk, and its process if it is alive.
type simNode struct {
	w                 *world
	name, zone, raft  string
	incarnation, boot uint64
	disk              map[uint64]*simReplica // by shard
	retired           bool
	alive             bool
	died              time.Time
	state             cluster.State
	agent             *Agent
	stopped           chan struct{} // closed when the last process has ended
	handlers          map[uint8]func(cluster.Call)
	table             map[uint64]leaderNews
	drained, left     int
	full              bool // its disk
	forgotten         map[string]bool
}

type leaderNews struct {
	node string
	term uint64
}

// simReplica is a replica on a disk, with what it knows.
type simReplica struct {
	storage.ReplicaStatus
}

const simShards = 5 // and the system shard

// newWorld is a cluster that the first node has made.
func newWorld(t *testing.T, seed int64) *world {
	w := &world{t: t, rand: rand.New(rand.NewSource(seed)), nodes: map[string]*simNode{}}
	n := w.node("n1", "")
	for id := uint64(1); id <= simShards+1; id++ {
		g := &group{
			id: id, term: 1, leader: 1, config: 1, commit: 1000, startedOn: map[uint64]uint64{1: n.incarnation},
			members: map[uint64]storage.Member{1: {Replica: 1, Address: n.raft, Voter: true}},
		}
		w.groups = append(w.groups, g)
		n.disk[id] = &simReplica{storage.ReplicaStatus{Shard: id, Replica: 1, Hasty: true, Applied: 1000}}
		w.copyTo(g, n.disk[id])
	}
	w.boot("n1")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				w.step()
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
		w.mu.Lock()
		w.over = true
		w.mu.Unlock()
		for _, name := range sortedKeys(w.nodes) {
			w.kill(name)
			<-w.nodes[name].stopped
		}
		w.pass(time.Minute) // calls that were given up end with their deadlines
	})
	return w
}

// nothing is a before or an after that does nothing.
func nothing(int, string) {}

// count is for one step: its number, and what is called around it.
func (w *world) count() (n int, before, after func(n int, node string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	n, before, after = w.steps, nothing, nothing
	if w.before != nil {
		before = w.before
	}
	if w.after != nil {
		after = w.after
	}
	return n, before, after
}

func (w *world) node(name, zone string) *simNode {
	n := &simNode{
		w: w, name: name, zone: zone, raft: name + ":1", incarnation: uint64(100 + len(w.nodes)),
		disk: map[uint64]*simReplica{}, table: map[uint64]leaderNews{}, stopped: make(chan struct{}),
	}
	close(n.stopped)
	w.nodes[name] = n
	return n
}

// join starts nodes with empty disks.
func (w *world) join(names ...string) {
	for _, name := range names {
		w.mu.Lock()
		w.node(name, "")
		w.mu.Unlock()
		w.boot(name)
	}
}

// boot starts a node's process. A directory that was retired is refused.
func (w *world) boot(name string) {
	w.mu.Lock()
	n := w.nodes[name]
	stopped, alive := n.stopped, n.alive
	w.mu.Unlock()
	if alive {
		return
	}
	<-stopped
	w.mu.Lock()
	if n.alive || n.retired || w.over {
		w.mu.Unlock()
		return
	}
	n.boot++
	n.forgotten = map[string]bool{}
	for _, other := range w.nodes {
		delete(other.forgotten, name)
	}
	n.alive, n.state, n.handlers, n.stopped = true, cluster.Up, map[uint8]func(cluster.Call){}, make(chan struct{})
	l := &life{n, n.boot}
	w.mu.Unlock()
	cfg := DefaultConfig()
	cfg.Log, cfg.Placement, cfg.Member, cfg.Name = l, l, l, "test"
	cfg.Logger = slog.New(slog.NewTextHandler(logTo(), &slog.HandlerOptions{Level: slog.LevelDebug})).With("at", name)
	cfg.next = w.next
	cfg.Full = func() bool { return w.locked(func() bool { return n.full }) }
	cfg.OnDrain = func(context.Context) { n.drained++ }
	cfg.OnLeave = func() { n.left++; w.kill(name) }
	a, err := Start(cfg)
	if err != nil {
		panic(err)
	}
	w.mu.Lock()
	n.agent = a
	w.mu.Unlock()
}

// logTo is where the agents' logs go: nowhere, or to stderr for who looks for a fault.
func logTo() io.Writer {
	if os.Getenv("CONTROL_LOG") != "" {
		return os.Stderr
	}
	return io.Discard
}

// kill ends a node's process, between any two of its steps. It does not wait.
func (w *world) kill(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.nodes[name]
	if !n.alive {
		return
	}
	for _, g := range w.groups {
		if leader, _ := w.at(g, g.leader); leader == n {
			g.leader = 0
		}
	}
	n.alive, n.died = false, time.Now()
	a, stopped := n.agent, n.stopped
	go func() {
		defer close(stopped)
		if a != nil {
			a.Stop()
		}
	}()
}

// wipe loses a dead node's disk.
func (w *world) wipe(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.nodes[name]
	n.disk, n.retired = map[uint64]*simReplica{}, false
	n.incarnation += 100
}

// at finds the node and the replica of a member; nil where it is not there.
func (w *world) at(g *group, id uint64) (*simNode, *simReplica) {
	m := g.members[id]
	for _, name := range sortedKeys(w.nodes) {
		n := w.nodes[name]
		if r := n.disk[g.id]; n.raft == m.Address && n.alive && r != nil && r.Replica == id {
			return n, r
		}
	}
	return nil, nil
}

// live counts voters that can vote, and voters.
func (w *world) live(g *group) (live, voters int) {
	for id, m := range g.members {
		if m.Voter {
			voters++
			if n, _ := w.at(g, id); n != nil {
				live++
			}
		}
	}
	return live, voters
}

func (w *world) quorate(g *group) bool {
	live, voters := w.live(g)
	return live > voters/2
}

// copyTo gives a replica what its group knows.
func (w *world) copyTo(g *group, r *simReplica) {
	r.Term, r.Leader, r.Config, r.Removed = g.term, g.leader, g.config, slices.Clone(g.removed)
	r.Members = nil
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		r.Members = append(r.Members, g.members[id])
	}
	switch m, ok := g.members[r.Replica]; {
	case !ok:
	case m.Voter:
		r.Role = storage.Voter
	default:
		r.Role = storage.Learner
	}
}

// step lets a moment pass in all groups: entries, elections, news.
func (w *world) step() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.groups {
		if n, _ := w.at(g, g.leader); n == nil {
			g.leader = 0
		}
		if !w.quorate(g) {
			g.leader = 0
		} else if g.leader == 0 && w.rand.Intn(20) == 0 {
			w.elect(g)
		}
		if g.leader == 0 {
			w.tellFollowers(g)
			continue
		}
		g.commit += uint64(w.rand.Intn(30))
		_, leader := w.at(g, g.leader)
		leader.Applied = g.commit
		w.copyTo(g, leader)
		w.tellFollowers(g)
	}
}

// elect makes the voter lead that has most.
func (w *world) elect(g *group) {
	var best *simReplica
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		if _, r := w.at(g, id); r != nil && g.members[id].Voter && (best == nil || r.Applied > best.Applied) {
			best = r
		}
	}
	g.term++
	g.leader = best.Replica
}

// tellFollowers has the other replicas hear of a leader, or of none, and follow.
func (w *world) tellFollowers(g *group) {
	for id := range g.members {
		n, r := w.at(g, id)
		switch {
		case r == nil || id == g.leader || n.name == w.deaf:
		case g.leader == 0:
			r.Leader = 0
		case w.rand.Intn(3) > 0:
			r.Applied = min(g.commit, r.Applied+300)
			w.copyTo(g, r)
		}
	}
	for _, name := range sortedKeys(w.nodes) { // replicas that were removed while they could hear of it
		n := w.nodes[name]
		r := n.disk[g.id]
		if r == nil || !n.alive || g.leader == 0 || r.Config+1 != g.config {
			continue
		}
		if _, member := g.members[r.Replica]; !member && w.rand.Intn(4) == 0 {
			w.copyTo(g, r)
		}
	}
}

// check fails the test if a change of membership broke a group. A node that has just
// died is nobody's fault.
func (w *world) check(g *group, what string) {
	for _, n := range w.nodes {
		if !n.alive && time.Since(n.died) < 2*time.Second {
			return
		}
	}
	if live, voters := w.live(g); live <= voters/2 {
		w.t.Errorf("%s left shard %d with %d live voters of %d", what, g.id, live, voters)
	}
}

// until waits for a condition, in virtual time.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(5 * time.Minute)
	for !w.locked(ok) {
		select {
		case <-tick.C:
		case <-end:
			w.t.Fatalf("never: %s\n%s", what, w.dump())
		}
	}
}

// pass lets virtual time pass.
func (w *world) pass(d time.Duration) { <-time.After(d) }

func (w *world) locked(ok func() bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return ok()
}

// dump is the state of all groups, for a failed test.
func (w *world) dump() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := fmt.Sprintf("steps %d, registry %v\n", w.steps, w.reg.fold().Nodes)
	for _, g := range w.groups {
		out += fmt.Sprintf("shard %d term %d leader %d config %d: ", g.id, g.term, g.leader, g.config)
		for _, id := range slices.Sorted(maps.Keys(g.members)) {
			m := g.members[id]
			_, r := w.at(g, id)
			out += fmt.Sprintf(" %d@%s voter=%v there=%v", id, m.Address, m.Voter, r != nil)
		}
		out += "\n"
	}
	for _, name := range sortedKeys(w.nodes) {
		n := w.nodes[name]
		out += fmt.Sprintf("%s alive=%v state=%v controls=%v\n", name, n.alive, n.state,
			n.agent != nil && n.agent.current.Load() != nil)
	}
	return out
}

// good reports whether every shard has its voters, on different nodes of those given
// and no others, nothing is left over, and all is spread evenly.
func (w *world) good(want int, names ...string) func() bool {
	return func() bool {
		replicas, leaders := map[string]int{}, map[string]int{}
		for _, g := range w.groups {
			if g.leader == 0 || len(g.members) != want {
				return false
			}
			for id, m := range g.members {
				n, r := w.at(g, id)
				if n == nil || !m.Voter || r.Hasty && len(names) > 1 || !slices.Contains(names, n.name) {
					return false
				}
				replicas[n.name]++
				if id == g.leader {
					leaders[n.name]++
				}
			}
		}
		for _, n := range w.nodes {
			if n.alive && len(n.disk) != replicas[n.name] {
				return false
			}
		}
		return even(replicas, names) && even(leaders, names)
	}
}

// even reports whether no two of the nodes differ by more than one.
func even(load map[string]int, names []string) bool {
	byLoad := func(a, b string) int { return cmp.Compare(load[a], load[b]) }
	return load[slices.MaxFunc(names, byLoad)]-load[slices.MinFunc(names, byLoad)] <= 1
}

// controller is the node whose controller works; "" for none.
func (w *world) controller() string {
	for _, name := range sortedKeys(w.nodes) {
		if n := w.nodes[name]; n.alive && n.agent != nil && n.agent.current.Load() != nil {
			return name
		}
	}
	return ""
}

// operator is a node's, for a caller.
func (w *world) operator(name string) Operator {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.nodes[name].agent.Operator()
}
