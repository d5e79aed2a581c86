package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"boxoffice/cluster"
	"boxoffice/storage"

	"github.com/go-json-experiment/json"
)

// life is one process of a node: its Placement, Member and Log. After its end all of
// it fails.
type life struct {
	n    *simNode
	boot uint64
}

func (l *life) dead() bool { return !l.n.alive || l.n.boot != l.boot }

func (l *life) lock() func() { l.n.w.mu.Lock(); return l.n.w.mu.Unlock }

// systemLog is the event of the system shard.
type systemLog struct {
	epoch      uint64
	owner      string
	records    [][]byte
	summary    []byte
	at         uint64
	checkpoint []byte
}

func (s *systemLog) fold() *registry {
	g, err := foldHistory(s.history())
	if err != nil {
		panic(err)
	}
	return g
}

func (s *systemLog) history() storage.History {
	return storage.History{
		Version: uint64(len(s.records)), At: s.at, Checkpoint: s.checkpoint, Records: s.records[s.at:],
	}
}

func (l *life) Shard(event string) uint64 {
	if event == storage.SystemEvent {
		return simShards + 1
	}
	return 1 + uint64(len(event))%simShards
}

func (l *life) system() *group { return l.n.w.groups[simShards] }

func (l *life) Claim(_ context.Context, shard, epoch uint64) (int64, error) {
	defer l.lock()()
	s, g := &l.n.w.reg, l.system()
	n, _ := l.n.w.at(g, g.leader)
	switch owner := fmt.Sprint(l.n.name, l.boot); {
	case l.dead() || shard != g.id || n != l.n || g.term != epoch:
		return 0, storage.ErrUnavailable
	case epoch < s.epoch || epoch == s.epoch && s.owner != owner:
		return 0, storage.ErrFenced
	default:
		s.epoch, s.owner = epoch, owner
		return 0, nil
	}
}

func (l *life) Load(context.Context, string) (storage.History, error) {
	defer l.lock()()
	if l.dead() {
		return storage.History{}, storage.ErrUnavailable
	}
	return l.n.w.reg.history(), nil
}

func (l *life) Append(_ context.Context, b storage.Batch) error {
	n, before, after := l.n.w.count()
	before(n, l.n.name)
	defer after(n, l.n.name)
	defer l.lock()()
	s, g := &l.n.w.reg, l.system()
	switch n, _ := l.n.w.at(g, g.leader); {
	case l.dead() || n != l.n:
		return storage.ErrUnavailable
	case b.Epoch != s.epoch || b.Base != uint64(len(s.records)):
		return storage.ErrFenced
	}
	s.records, s.summary = append(s.records, b.Records...), b.Summary
	if l.n.w.rand.Float64() < l.n.w.loseReplies {
		return storage.ErrUnknown
	}
	return nil
}

func (l *life) SaveCheckpoint(_ context.Context, _ string, epoch, version uint64, data []byte) error {
	defer l.lock()()
	if s := &l.n.w.reg; epoch == s.epoch {
		s.at, s.checkpoint = version, data
	}
	return nil
}

func (l *life) View(string) (storage.View, error) {
	defer l.lock()()
	if s := &l.n.w.reg; l.n.disk[simShards+1] != nil && s.summary != nil {
		return storage.View{Version: uint64(len(s.records)), Summary: s.summary}, nil
	}
	return storage.View{}, storage.ErrNotFound
}

func (l *life) Identity() storage.Identity {
	defer l.lock()()
	return storage.Identity{
		Node: l.n.name, Cluster: 7, Incarnation: l.n.incarnation, Shards: simShards, RaftAddress: l.n.raft,
	}
}

func (l *life) Replicas() (out []storage.ReplicaStatus) {
	defer l.lock()()
	for shard := uint64(1); shard <= simShards+1 && !l.dead(); shard++ {
		if r := l.n.disk[shard]; r != nil {
			out = append(out, r.ReplicaStatus)
		}
	}
	return out
}

// leading is the group if this process leads it and it can commit; nil otherwise.
func (l *life) leading(shard uint64) *group {
	g := l.n.w.groups[shard-1]
	if n, _ := l.n.w.at(g, g.leader); l.dead() || n != l.n || !l.n.w.quorate(g) {
		return nil
	}
	return g
}

func (l *life) AddReplica(_ context.Context, shard uint64, address string) (uint64, error) {
	defer l.lock()()
	g := l.leading(shard)
	if g == nil {
		return 0, storage.ErrUnavailable
	}
	id := uint64(0)
	for _, m := range g.members {
		if m.Address == address && !m.Voter {
			return m.Replica, nil
		}
		id = max(id, m.Replica)
	}
	id = max(id, slices.Max(append(g.removed, 0))) + 1
	g.members[id] = storage.Member{Replica: id, Address: address}
	l.changed(g)
	return id, nil
}

func (l *life) changed(g *group) {
	g.config++
	_, r := l.n.w.at(g, g.leader)
	l.n.w.copyTo(g, r)
}

func (l *life) Promote(_ context.Context, shard, replica uint64) error {
	defer l.lock()()
	g := l.leading(shard)
	if g == nil {
		return storage.ErrUnavailable
	}
	m, ok := g.members[replica]
	if !ok {
		return storage.ErrUnavailable
	}
	m.Voter = true
	g.members[replica] = m
	l.changed(g)
	l.n.w.check(g, "Promote")
	return nil
}

func (l *life) RemoveReplica(_ context.Context, shard, replica uint64) error {
	defer l.lock()()
	g := l.leading(shard)
	if g == nil || replica == g.leader {
		return storage.ErrUnavailable
	}
	if _, ok := g.members[replica]; ok {
		delete(g.members, replica)
		g.removed = append(g.removed, replica)
		l.changed(g)
		l.n.w.check(g, "RemoveReplica")
	}
	return nil
}

func (l *life) Transfer(ctx context.Context, shard, replica uint64, has storage.Has) error {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if err := has(ctx, l.lastOf(shard)); err != nil {
		return err
	}
	defer l.lock()()
	g := l.leading(shard)
	if g == nil {
		return storage.ErrUnavailable
	}
	n, r := l.n.w.at(g, replica)
	if n == nil || !g.members[replica].Voter {
		return storage.ErrUnavailable
	}
	_, before := l.n.w.at(g, g.leader)
	g.term++
	g.leader, r.Applied = replica, g.commit
	l.n.w.copyTo(g, before)
	l.n.w.copyTo(g, r)
	return nil
}

// lastOf is the index of a shard's last command.
func (l *life) lastOf(shard uint64) uint64 {
	defer l.lock()()
	return l.n.w.groups[shard-1].commit
}

func (l *life) StartReplica(_ context.Context, shard, replica uint64) error {
	defer l.lock()()
	if l.dead() {
		return storage.ErrUnavailable
	}
	if r := l.n.disk[shard]; r != nil {
		if r.Replica != replica {
			return storage.ErrUnavailable
		}
		return nil
	}
	g := l.n.w.groups[shard-1]
	if disk, ok := g.startedOn[replica]; ok && disk != l.n.incarnation {
		l.n.w.t.Errorf("replica %d of shard %d was started on disk %d, and now on %d",
			replica, shard, disk, l.n.incarnation)
	}
	g.startedOn[replica] = l.n.incarnation
	l.n.disk[shard] = &simReplica{storage.ReplicaStatus{Shard: shard, Replica: replica, Role: storage.Starting}}
	return nil
}

func (l *life) DropReplica(_ context.Context, shard, replica uint64) error {
	defer l.lock()()
	if l.dead() {
		return storage.ErrUnavailable
	}
	if r := l.n.disk[shard]; r != nil && r.Replica == replica {
		if !slices.Contains(l.n.w.groups[shard-1].removed, replica) {
			l.n.w.t.Errorf("replica %d of shard %d was dropped and is a member", replica, shard)
		}
		delete(l.n.disk, shard)
	}
	return nil
}

func (l *life) Settle(_ context.Context, shard uint64) error {
	defer l.lock()()
	r := l.n.disk[shard]
	if l.dead() || r == nil || r.Leader == r.Replica {
		return storage.ErrUnavailable
	}
	r.Hasty = false
	return nil
}

func (l *life) Retire() error {
	defer l.lock()()
	l.n.retired = true
	return nil
}

// suspected is how long gossip takes to find a node dead.
const suspected = time.Second

func (l *life) Peers() (out []cluster.Peer) {
	defer l.lock()()
	for _, name := range sortedKeys(l.n.w.nodes) {
		n := l.n.w.nodes[name]
		if n.boot == 0 || l.n.forgotten[name] {
			continue
		}
		p := cluster.Peer{
			Node: name, Zone: n.zone, Raft: n.raft, Incarnation: n.incarnation, Cluster: 7, Shards: simShards,
			State: n.state,
		}
		if !n.alive && time.Since(n.died) > suspected {
			p.State = cluster.Down
		}
		out = append(out, p)
	}
	return out
}

func (l *life) SetState(s cluster.State) {
	defer l.lock()()
	if !l.dead() {
		l.n.state = s
	}
}

func (l *life) Forget(node string) {
	defer l.lock()()
	l.n.forgotten[node] = true
}

func (l *life) Locate(shard uint64) (string, uint64, error) {
	defer l.lock()()
	news := l.n.table[shard]
	if news.node == "" {
		return "", 0, cluster.ErrNoLeader
	}
	return news.node, news.term, nil
}

// Learn tells all nodes at once: gossip is fast here.
func (l *life) Learn(shard uint64, node string, term uint64) {
	defer l.lock()()
	for _, n := range l.n.w.nodes {
		if term >= n.table[shard].term && !l.dead() && (n == l.n || !l.n.w.mute) {
			n.table[shard] = leaderNews{node, term}
		}
	}
}

func (l *life) Handle(kind uint8, h func(cluster.Call)) {
	defer l.lock()()
	l.n.handlers[kind] = h
}

func (l *life) Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error) {
	w := l.n.w
	w.mu.Lock()
	to := w.nodes[node]
	if l.dead() || to == nil || !to.alive || to.handlers[kind] == nil {
		w.mu.Unlock()
		return nil, cluster.ErrUnreachable
	}
	h, boot := to.handlers[kind], to.boot
	lose := w.rand.Float64() < w.loseReplies
	late := time.Duration(0)
	if kind == KindOrder && w.rand.Float64() < w.delayOrders {
		late = time.Duration(w.rand.Int63n(int64(time.Until(deadline))))
	}
	if o := (order{}); kind == KindOrder && w.loses != nil && json.Unmarshal(body, &o) == nil {
		lose = lose || w.loses(o)
	}
	w.mu.Unlock()
	var n int
	before, after := nothing, nothing
	if kind == KindOrder {
		n, before, after = w.count()
	}
	before(n, l.n.name)
	w.pass(late)
	answers := make(chan []byte, 1)
	if w.locked(func() bool { return to.alive && to.boot == boot && (late > 0 || !l.dead()) }) {
		go h(cluster.Call{From: l.n.name, Deadline: deadline, Body: body, Reply: func(b []byte) { answers <- b }})
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case answer := <-answers:
		after(n, l.n.name)
		if lose || w.locked(l.dead) {
			return nil, cluster.ErrLost
		}
		return answer, nil
	case <-timer.C:
		return nil, cluster.ErrLost
	}
}
