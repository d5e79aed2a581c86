package storage_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"boxoffice/storage"
)

// peer is a node of a cluster in this process. It claims what it comes to lead.
type peer struct {
	storage.Node
	t   testing.TB
	cfg storage.Config

	mu     sync.Mutex
	epochs map[uint64]uint64
	done   chan struct{} // closed when its news have ended
	closed bool
}

// freeAddress is an address of this machine that nobody has.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// clusterConfig is a small node with an address.
func clusterConfig(t testing.TB, name string) storage.Config {
	cfg := testConfig(t.TempDir())
	cfg.Node, cfg.RaftAddress = name, freeAddress(t)
	return cfg
}

// runPeer opens a node.
func runPeer(t testing.TB, cfg storage.Config) *peer {
	t.Helper()
	p := &peer{t: t, cfg: cfg}
	p.open()
	t.Cleanup(p.close)
	return p
}

func (p *peer) open() {
	p.t.Helper()
	n, err := storage.Open(p.cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Node, p.closed = n, false
	p.epochs, p.done = map[uint64]uint64{}, make(chan struct{})
	go func() {
		defer close(p.done)
		for l := range n.Leaderships() {
			p.mu.Lock()
			delete(p.epochs, l.Shard)
			p.mu.Unlock()
			if !l.Leader {
				continue
			}
			if _, err := n.Claim(ctx, l.Shard, l.Term); err == nil {
				p.mu.Lock()
				p.epochs[l.Shard] = l.Term
				p.mu.Unlock()
			}
		}
	}()
}

func (p *peer) close() {
	p.t.Helper()
	if p.closed {
		return
	}
	p.closed = true
	if err := p.Close(); err != nil {
		p.t.Error(err)
	}
	<-p.done
}

func (p *peer) reopen() {
	p.t.Helper()
	p.close()
	p.open()
}

// epoch is that in which the node owns a shard; 0: it does not.
func (p *peer) epoch(shard uint64) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.epochs[shard]
}

// all are the numbers of all shards.
func (p *peer) all() (out []uint64) {
	for s := uint64(1); s <= p.Shards()+1; s++ {
		out = append(out, s)
	}
	return out
}

// status is the node's replica of a shard; the zero value if it has none.
func (p *peer) status(shard uint64) storage.ReplicaStatus {
	for _, r := range p.Replicas() {
		if r.Shard == shard {
			return r
		}
	}
	return storage.ReplicaStatus{}
}

// joiner is the configuration of a node that joins p's cluster.
func (p *peer) joiner(name string) storage.Config {
	cfg := clusterConfig(p.t, name)
	cfg.Join, cfg.Cluster, cfg.Shards = true, p.Identity().Cluster, p.Shards()
	return cfg
}

// owns waits until the node owns the shards.
func (p *peer) owns(shards ...uint64) *peer {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%s owns shards %d", p.cfg.Node, shards), func() bool {
		for _, s := range shards {
			if p.epoch(s) == 0 {
				return false
			}
		}
		return true
	})
	return p
}

// add appends a record to an event, as its shard's owner.
func (p *peer) add(event string, base uint64, record string) error {
	call, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return p.Append(call, storage.Batch{
		Event: event, Epoch: p.epoch(p.Shard(event)), Base: base, Records: [][]byte{[]byte(record)},
		Summary: []byte(record),
	})
}

func (p *peer) mustAdd(event string, base uint64, record string) {
	p.t.Helper()
	if err := p.add(event, base, record); err != nil {
		p.t.Fatal(err)
	}
}

// shows waits until the node's own replica has an event at a version.
func (p *peer) shows(event string, version uint64) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%s shows %s at %d", p.cfg.Node, event, version), func() bool {
		v, err := p.View(event)
		return err == nil && v.Version == version
	})
}

// learn adds a replica of a shard that p leads on another node, without a vote, and
// waits until it has what p has.
func (p *peer) learn(shard uint64, to *peer) (replica uint64) {
	p.t.Helper()
	replica, err := p.AddReplica(ctx, shard, to.cfg.RaftAddress)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := to.StartReplica(ctx, shard, replica); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, fmt.Sprintf("shard %d has come to %s", shard, to.cfg.Node), func() bool {
		st := to.status(shard)
		return st.Role == storage.Learner && st.Applied >= p.status(shard).Applied
	})
	return replica
}

// grow adds a replica that votes.
func (p *peer) grow(shard uint64, to *peer) (replica uint64) {
	p.t.Helper()
	replica = p.learn(shard, to)
	if err := p.Promote(ctx, shard, replica); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, fmt.Sprintf("shard %d votes on %s", shard, to.cfg.Node), func() bool {
		return to.status(shard).Role == storage.Voter
	})
	return replica
}

// trio is a cluster of three nodes. All shards have replicas on all of them, and are
// led by the first.
func trio(t testing.TB, change func(*storage.Config)) [3]*peer {
	t.Helper()
	cfg := clusterConfig(t, "n1")
	change(&cfg)
	a := runPeer(t, cfg)
	a.owns(a.all()...)
	nodes := [3]*peer{a}
	for i, name := range []string{"n2", "n3"} {
		cfg := a.joiner(name)
		change(&cfg)
		nodes[i+1] = runPeer(t, cfg)
	}
	for _, s := range a.all() {
		for _, n := range nodes[1:] {
			a.grow(s, n)
		}
	}
	return nodes
}

func asTheyAre(*storage.Config) {}

func TestAClusterGrowsAndMovesLeaders(t *testing.T) {
	n := trio(t, asTheyAre)
	const event = "e"
	shard := n[0].Shard(event)
	n[0].mustAdd(event, 0, "one")
	for _, p := range n {
		p.shows(event, 1)
		if err := p.Healthy(); err != nil {
			t.Errorf("%s: %v", p.cfg.Node, err)
		}
	}
	for base, to := range []*peer{n[1], n[2], n[0]} {
		st := n[base].status(shard)
		if err := n[base].Transfer(ctx, shard, to.status(shard).Replica); err != nil {
			t.Fatalf("from %+v: %v", st, err)
		}
		to.owns(shard)
		to.mustAdd(event, uint64(base)+1, "next")
		if err := n[base].add(event, uint64(base)+2, "late"); !errors.Is(err, storage.ErrUnavailable) &&
			!errors.Is(err, storage.ErrFenced) {
			t.Errorf("an append where the leader was: %v", err)
		}
		address, term := n[base].LeaderOf(shard)
		if address != to.cfg.RaftAddress || term != to.epoch(shard) {
			t.Errorf("the leader is %s in term %d, want %s in %d", address, term, to.cfg.RaftAddress, to.epoch(shard))
		}
	}
	for _, p := range n {
		p.shows(event, 4)
	}
}
