package control_test

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"boxoffice/actors/control"
	"boxoffice/cluster"
	"boxoffice/storage"
)

var ctx = context.Background()

// realNode is a node with a log on a disk, sockets and gossip.
type realNode struct {
	t                  testing.TB
	name, dir          string
	raft, gossip, talk string
	store              storage.Node
	member             *cluster.Member
	agent              *control.Agent
	left               chan struct{}
	log                *slog.Logger
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func newReal(t testing.TB, name string) *realNode {
	out := io.Discard
	if flag.Parsed() && testing.Verbose() {
		out = os.Stderr
	}
	return &realNode{
		t: t, name: name, dir: filepath.Join(t.TempDir(), "store"), raft: freeAddress(t), gossip: freeAddress(t),
		talk: freeAddress(t), log: slog.New(slog.NewTextHandler(out, nil)).With("at", name),
	}
}

// start starts the node: a new cluster, or through seeds a part of theirs.
func (n *realNode) start(seeds ...*realNode) {
	n.t.Helper()
	mc := cluster.Config{Node: n.name, Name: "real", Gossip: n.gossip, Actors: n.talk, Raft: n.raft, Logger: n.log}
	for _, s := range seeds {
		mc.Seeds = append(mc.Seeds, s.gossip)
	}
	sc := storage.DefaultConfig(n.dir)
	sc.Node, sc.RaftAddress, sc.Shards, sc.MinFreeBytes = n.name, n.raft, 4, 1<<20
	sc.TickInterval = 40 * time.Millisecond
	var err error
	if n.member, err = cluster.Start(mc); err != nil {
		n.t.Fatal(err)
	}
	if len(seeds) > 0 {
		wait, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if sc.Cluster, sc.Shards, err = n.member.Joined(wait); err != nil {
			n.t.Fatal(err)
		}
		sc.Join = true
	}
	if n.store, err = storage.Open(sc); err != nil {
		n.t.Fatal(err)
	}
	id := n.store.Identity()
	n.member.Become(id.Cluster, id.Shards, id.Incarnation)
	n.left = make(chan struct{})
	cfg := control.DefaultConfig()
	cfg.Log, cfg.Placement, cfg.Member, cfg.Name, cfg.Logger = n.store, n.store, n.member, "real", n.log
	cfg.OnLeave = func() { close(n.left) }
	cfg.SettleAfter = time.Second
	if n.agent, err = control.Start(cfg); err != nil {
		n.t.Fatal(err)
	}
}

func (n *realNode) stop() {
	if n.agent == nil {
		return
	}
	n.agent.Stop()
	n.member.Stop(false)
	if err := n.store.Close(); err != nil {
		n.t.Errorf("closing %s: %v", n.name, err)
	}
	n.agent = nil
}

// until waits until the cluster as a node sees it satisfies a condition.
func (n *realNode) until(what string, ok func(s control.Status) bool) {
	n.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(90 * time.Second)
	for {
		s, err := n.agent.Operator().Status(ctx)
		if err == nil && ok(s) {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			n.t.Fatalf("never: %s\n%+v %v", what, s, err)
		}
	}
}

// spread reports whether every shard has its voters on the nodes and no others, and
// each leads its share.
func spread(names ...string) func(control.Status) bool {
	return func(s control.Status) bool {
		leaders := map[string]int{}
		for _, shard := range s.Shards {
			leaders[shard.Leader]++
			for _, r := range shard.Replicas {
				if r.Role != "voter" || r.Lag > 100 || !slices.Contains(names, r.Node) {
					return false
				}
			}
			if len(shard.Replicas) != min(3, len(names)) {
				return false
			}
		}
		for _, name := range names {
			if leaders[name] == 0 {
				return false
			}
		}
		return s.Health == control.OK && len(leaders) == len(names)
	}
}

// TestRealNodes runs the whole way of a cluster with disks and sockets: it grows, has
// a node drained, loses a disk, and lets a node go.
func TestRealNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds of a disk")
	}
	if control.RaceEnabled {
		t.Skip("proto.actor sets gRPC's logger at each start: several members in a process race for it")
	}
	a, b, c := newReal(t, "a"), newReal(t, "b"), newReal(t, "c")
	for _, n := range []*realNode{a, b, c} {
		defer n.stop()
	}
	a.start()
	a.until("one node", spread("a"))
	b.start(a)
	c.start(a)
	began := time.Now()
	b.until("three nodes", spread("a", "b", "c"))
	t.Log("grown in", time.Since(began))

	if err := c.agent.Operator().Drain(ctx, "a"); err != nil {
		t.Fatal("Drain:", err)
	}
	b.until("a leads nothing", func(s control.Status) bool {
		return s.Nodes[0].Leaders == 0 && s.Nodes[0].State == "draining"
	})
	if err := c.agent.Operator().Undrain(ctx, "a"); err != nil {
		t.Fatal("Undrain:", err)
	}
	c.until("a leads again", spread("a", "b", "c"))

	if err := b.agent.Drain(ctx); err != nil {
		t.Fatal("b's own Drain:", err)
	}
	b.stop()
	if err := os.RemoveAll(b.dir); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	b.start(a, c)
	c.until("b is back with a new disk", func(s control.Status) bool {
		return spread("a", "b", "c")(s) && everyShardHasANewReplica(s, "b")
	})
	t.Log("disk replaced in", time.Since(began))

	if err := b.agent.Operator().Remove(ctx, "c", false); err != nil {
		t.Fatal("Remove:", err)
	}
	select {
	case <-c.left:
	case <-time.After(60 * time.Second):
		t.Fatal("c was never told to leave")
	}
	c.stop()
	a.until("two nodes", func(s control.Status) bool {
		return !slices.ContainsFunc(s.Shards, func(x control.ShardStatus) bool { return len(x.Replicas) != 2 })
	})
	sc := storage.DefaultConfig(c.dir)
	sc.Node, sc.RaftAddress = "c", c.raft
	if n, err := storage.Open(sc); err == nil {
		_ = n.Close()
		t.Error("a removed node's directory was opened")
	}
}

// everyShardHasANewReplica reports whether the node's replicas have ids that are
// above those of growth.
func everyShardHasANewReplica(s control.Status, node string) bool {
	for _, shard := range s.Shards {
		at := slices.IndexFunc(shard.Replicas, func(r control.ReplicaStatus) bool { return r.Node == node })
		if at < 0 || shard.Replicas[at].Replica < 4 {
			return false
		}
	}
	return true
}
