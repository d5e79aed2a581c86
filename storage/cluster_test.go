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
	cfg.ProposalTimeout = time.Second        // a claim that is lost with its leader must not hold up the next one
	cfg.TickInterval = 40 * time.Millisecond // a hasty replica is deposed after three of them
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

// shows waits until the node's own replica has an event at a version.
func (p *peer) shows(event string, version uint64) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%s shows %s at %d", p.cfg.Node, event, version), func() bool {
		v, err := p.View(event)
		return err == nil && v.Version == version
	})
}

// nodes are those of a cluster. On a slow machine a leader may be deposed at any
// moment: so what only a leader can do is asked of whoever leads, until it is done.
type nodes []*peer

// owner waits until one of the nodes owns a shard.
func (n nodes) owner(shard uint64) (owner *peer) {
	n[0].t.Helper()
	eventually(n[0].t, fmt.Sprintf("shard %d has an owner", shard), func() bool {
		for _, p := range n {
			if !p.closed && p.epoch(shard) != 0 {
				owner = p
			}
		}
		return owner != nil
	})
	return owner
}

// do has the shard's owner do something.
func (n nodes) do(shard uint64, what string, f func(owner *peer) error) {
	n[0].t.Helper()
	var err error
	defer func() {
		if err != nil {
			n[0].t.Log(what, err)
		}
	}()
	eventually(n[0].t, what, func() bool {
		err = f(n.owner(shard))
		return err == nil
	})
}

// add appends a record to an event that is at version base.
func (n nodes) add(event string, base uint64, record string) {
	n[0].t.Helper()
	n.do(n[0].Shard(event), "append to "+event, func(p *peer) error {
		err := p.add(event, base, record)
		if err == nil {
			return nil
		}
		if h, loadErr := p.Load(ctx, event); loadErr == nil && h.Version == base+1 {
			return nil // its outcome was unknown
		}
		return err
	})
}

// learn adds a replica of a shard on a node, without a vote, and waits until it has
// what the leader has.
func (n nodes) learn(shard uint64, to *peer) (replica uint64) {
	to.t.Helper()
	n.do(shard, "add a replica", func(p *peer) (err error) {
		replica, err = p.AddReplica(ctx, shard, to.cfg.RaftAddress)
		return err
	})
	if err := to.StartReplica(ctx, shard, replica); err != nil {
		to.t.Fatal(err)
	}
	eventually(to.t, fmt.Sprintf("shard %d has come to %s", shard, to.cfg.Node), func() bool {
		st := to.status(shard)
		return st.Role == storage.Learner && st.Applied >= n.owner(shard).status(shard).Applied
	})
	return replica
}

// grow adds a replica that votes.
func (n nodes) grow(shard uint64, to *peer) (replica uint64) {
	to.t.Helper()
	replica = n.learn(shard, to)
	n.do(shard, "promote a replica", func(p *peer) error { return p.Promote(ctx, shard, replica) })
	eventually(to.t, fmt.Sprintf("shard %d votes on %s", shard, to.cfg.Node), func() bool {
		return to.status(shard).Role == storage.Voter
	})
	return replica
}

// trio is a cluster of three nodes. All shards have replicas on all of them.
func trio(t testing.TB, change func(*storage.Config)) nodes {
	t.Helper()
	cfg := clusterConfig(t, "n1")
	change(&cfg)
	a := runPeer(t, cfg)
	a.owns(a.all()...)
	n := nodes{a}
	for _, name := range []string{"n2", "n3"} {
		cfg := a.joiner(name)
		change(&cfg)
		n = append(n, runPeer(t, cfg))
	}
	for _, s := range a.all() {
		for _, p := range n[1:] {
			n.grow(s, p)
		}
	}
	return n
}

func asTheyAre(*storage.Config) {}

func TestAClusterGrowsAndMovesLeaders(t *testing.T) {
	n := trio(t, asTheyAre)
	const event = "e"
	shard := n[0].Shard(event)
	n.add(event, 0, "one")
	for _, p := range n {
		p.shows(event, 1)
		eventually(t, p.cfg.Node+" is healthy", func() bool { return p.Healthy() == nil })
	}
	for base, to := range []*peer{n[1], n[2], n[0]} {
		n.do(shard, "give the leadership away", func(p *peer) error {
			return p.give(shard, to)
		})
		n.add(event, uint64(base)+1, "next")
		owner := n.owner(shard)
		for _, p := range n {
			if p == owner {
				continue
			}
			err := p.Append(ctx, storage.Batch{
				Event: event, Epoch: owner.epoch(shard), Base: uint64(base) + 2, Records: [][]byte{[]byte("sent on")},
			})
			if !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("an append where the leader is not: %v", err)
			}
			eventually(t, "the leader is known", func() bool {
				owner := n.owner(shard)
				address, term := p.LeaderOf(shard)
				return address == owner.cfg.RaftAddress && term == owner.epoch(shard)
			})
		}
	}
	for _, p := range n {
		p.shows(event, 4)
	}
}
