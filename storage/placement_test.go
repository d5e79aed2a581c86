package storage_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"boxoffice/storage"
)

// A replica gets its vote while its node is down. The others need that vote from then
// on, and the replica does not know that it has one.
func TestAVoteThatNobodyKnewOf(t *testing.T) {
	a := runPeer(t, clusterConfig(t, "n1"))
	a.owns(a.all()...)
	b := runPeer(t, a.joiner("n2"))
	const event = "e"
	shard := a.Shard(event)
	nodes{a}.add(event, 0, "one")
	replica := nodes{a}.learn(shard, b)
	b.close()
	if err := a.Promote(ctx, shard, replica); err != nil && !errors.Is(err, storage.ErrUnknown) {
		t.Fatal(err)
	}
	eventually(t, "the leader has stepped down", func() bool { return a.epoch(shard) == 0 })
	b.open()
	eventually(t, "the replica votes", func() bool { return b.status(shard).Role == storage.Voter })
	eventually(t, "the shard has an owner", func() bool { return a.epoch(shard)+b.epoch(shard) != 0 })
	b.shows(event, 1)
}

// The leader's node ends without a word. Others lead, and it comes back.
func TestALeaderThatDies(t *testing.T) {
	n := trio(t, asTheyAre)
	const event = "e"
	shard := n[0].Shard(event)
	n.add(event, 0, "one")
	dead := n.owner(shard)
	dead.close()
	n.do(shard, "load what was written", func(p *peer) error {
		h, err := p.Load(ctx, event)
		if err == nil && h.Version != 1 {
			t.Fatalf("version %d", h.Version)
		}
		return err
	})
	n.add(event, 1, "two")
	dead.open()
	dead.shows(event, 2)
	for _, p := range n {
		p.close()
	}
	for _, p := range n {
		p.open()
	}
	for _, p := range n {
		p.shows(event, 2)
	}
}

// A replica that is removed deletes its data by itself. What comes later is another
// replica.
func TestARemovedReplicaIsGone(t *testing.T) {
	n := trio(t, asTheyAre)
	const event = "e"
	shard := n[0].Shard(event)
	n.add(event, 0, "one")
	last := n[2]
	n.do(shard, "lead elsewhere", func(p *peer) error {
		if p != last {
			return nil
		}
		return p.give(shard, n[0])
	})
	last.shows(event, 1)
	old := last.status(shard)
	for range 2 { // removing is harmless to repeat
		n.do(shard, "remove a replica", func(p *peer) error { return p.RemoveReplica(ctx, shard, old.Replica) })
	}
	// It mostly hears of its end. Where its leader stopped talking to it before it did, the
	// cluster's controller has it dropped.
	looks := 0
	eventually(t, "the replica is gone", func() bool {
		if looks++; looks == 3000 {
			if err := last.DropReplica(ctx, shard, old.Replica); err != nil {
				t.Errorf("drop a removed replica: %v", err)
			}
		}
		b, err := os.ReadFile(last.cfg.Dir + "/node")
		return err == nil && last.status(shard).Replica == 0 && !strings.Contains(string(b), "dropping") &&
			strings.Count(string(b), "replica ") == len(last.all())-1
	})
	if _, err := last.View(event); !errors.Is(err, storage.ErrNoReplica) || !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("a view without a replica: %v", err)
	}
	if _, err := last.Busy(shard); !errors.Is(err, storage.ErrNoReplica) {
		t.Errorf("busy without a replica: %v", err)
	}
	if err := last.DropReplica(ctx, shard, old.Replica); err != nil {
		t.Errorf("a drop of what is dropped: %v", err)
	}
	if err := last.StartReplica(ctx, shard, old.Replica); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("an id came back: %v", err)
	}
	last.reopen()
	n.add(event, 1, "two")
	replica := n.grow(shard, last)
	if replica <= old.Replica {
		t.Errorf("the new replica is %d, the removed one was %d", replica, old.Replica)
	}
	last.shows(event, 2)
	eventually(t, "all of it is known", func() bool {
		st := n[0].status(shard)
		return slices.Equal(st.Removed, []uint64{old.Replica}) && len(st.Members) == 3
	})
}

// The last vote stays, and so does the leader; a stranger is not promoted.
func TestWhatAMembershipRefuses(t *testing.T) {
	a := runPeer(t, clusterConfig(t, "n1"))
	a.owns(a.all()...)
	b := runPeer(t, a.joiner("n2"))
	for what, err := range map[string]error{
		"removing the leader":    a.RemoveReplica(ctx, 1, 1),
		"promoting nobody":       a.Promote(ctx, 1, 9),
		"giving it to nobody":    a.Transfer(ctx, 1, 9, b.has(1)),
		"a shard that is not":    a.Promote(ctx, 99, 1),
		"promoting elsewhere":    b.Promote(ctx, 1, 1),
		"giving elsewhere":       b.Transfer(ctx, 1, 1, a.has(1)),
		"settling what leads":    a.Settle(ctx, 1),
		"settling what is not":   b.Settle(ctx, 1),
		"starting beside itself": a.StartReplica(ctx, 1, 7),
	} {
		if !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, address := range []string{"", "nowhere", a.cfg.RaftAddress} {
		if id, err := a.AddReplica(ctx, 1, address); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("replica %d at %q: %v", id, address, err)
		}
	}
	first, err := a.AddReplica(ctx, 1, b.cfg.RaftAddress)
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.AddReplica(ctx, 1, b.cfg.RaftAddress)
	if err != nil || again != first {
		t.Errorf("added again it is %d, not %d: %v", again, first, err)
	}
	alone := open(t, testConfig(t.TempDir()))
	if _, err := alone.AddReplica(ctx, 1, b.cfg.RaftAddress); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("a node without an address: %v", err)
	}
}

// A founder's replica is hasty while it is alone, and can be settled when it is not.
func TestAHastyReplicaSettles(t *testing.T) {
	n := trio(t, asTheyAre)
	const event = "e"
	shard := n[0].Shard(event)
	n.add(event, 0, "one")
	if !n[0].status(shard).Hasty || n[1].status(shard).Hasty {
		t.Error("only the founder is hasty")
	}
	n[0].reopen() // it may lead again or not
	n.do(shard, "lead elsewhere", func(p *peer) error {
		if p != n[0] {
			return nil
		}
		if p.Settle(ctx, shard) == nil {
			t.Error("a leader was settled")
		}
		return p.give(shard, n[1])
	})
	if !n[0].status(shard).Hasty {
		t.Error("it is settled without being asked")
	}
	for range 2 {
		eventually(t, "it is settled", func() bool { return n[0].Settle(ctx, shard) == nil })
	}
	n[0].shows(event, 1)
	n[0].reopen()
	n[0].shows(event, 1)
	if n[0].status(shard).Hasty {
		t.Error("it is hasty again")
	}
}

// A node that was removed is refused when it comes back, with what to do.
func TestARetiredNode(t *testing.T) {
	a := runPeer(t, clusterConfig(t, "n1"))
	if err := a.Retire(); err != nil {
		t.Fatal(err)
	}
	a.close()
	l, err := storage.Open(a.cfg)
	if err == nil {
		_ = l.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "removed from its cluster") {
		t.Errorf("it came back: %v", err)
	}
}

// A joiner has nothing, and is healthy.
func TestAJoinerWaits(t *testing.T) {
	a := runPeer(t, clusterConfig(t, "n1"))
	b := runPeer(t, a.joiner("n2"))
	for range 2 {
		if err := b.Healthy(); err != nil || len(b.Replicas()) != 0 {
			t.Errorf("%v, %v", err, b.Replicas())
		}
		id, other := b.Identity(), a.Identity()
		if id.Cluster != other.Cluster || id.Shards != other.Shards || id.Node != "n2" ||
			id.Incarnation == other.Incarnation || id.RaftAddress != b.cfg.RaftAddress {
			t.Errorf("%+v joins %+v", id, other)
		}
		if err := b.add("e", 0, "x"); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("an append: %v", err)
		}
		if _, err := b.Load(ctx, "e"); !errors.Is(err, storage.ErrNoReplica) {
			t.Errorf("a load: %v", err)
		}
		b.cfg.Join, b.cfg.Cluster = false, 0 // a restart need not know
		b.reopen()
	}
}
