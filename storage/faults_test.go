package storage_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"boxoffice/storage"
)

// A node comes back under its name and address, and its disk is empty. It never takes
// the ids that it had, whatever the others still send to them.
func TestALostDisk(t *testing.T) {
	n := trio(t, asTheyAre)
	const event = "e"
	shard := n[0].Shard(event)
	lost, before := n[2].status(shard).Replica, n[2].Identity()
	n[2].close()
	if err := os.RemoveAll(n[2].cfg.Dir); err != nil {
		t.Fatal(err)
	}
	n[0].mustAdd(event, 0, "one")
	n[2].open()
	if id := n[2].Identity(); id.Incarnation == before.Incarnation || id.Cluster != before.Cluster {
		t.Errorf("it was %+v and is %+v", before, id)
	}
	n[0].mustAdd(event, 1, "two")
	if r := n[2].Replicas(); len(r) != 0 {
		t.Fatalf("it has replicas: %+v", r)
	}
	for _, s := range n[0].all() {
		if err := n[0].RemoveReplica(ctx, s, n[2].id(n[0], s)); err != nil {
			t.Fatal(err)
		}
		if id := n[0].grow(s, n[2]); id <= lost {
			t.Errorf("replica %d of shard %d is not a new one", id, s)
		}
	}
	n[2].shows(event, 2)
}

// id is the id of p's replica of a shard, as another node knows it.
func (p *peer) id(known *peer, shard uint64) uint64 {
	for _, m := range known.status(shard).Members {
		if m.Address == p.cfg.RaftAddress {
			return m.Replica
		}
	}
	return 0
}

// Without a majority a replica does not show what it has for long, and it shows
// nothing old when it comes back.
func TestACutOffReplica(t *testing.T) {
	n := trio(t, asTheyAre)
	const event = "e"
	n[0].mustAdd(event, 0, "one")
	n[2].shows(event, 1)
	n[0].close()
	n[1].close()
	start := time.Now()
	eventually(t, "views have ended", func() bool {
		_, err := n[2].View(event)
		return errors.Is(err, storage.ErrUnavailable) && !errors.Is(err, storage.ErrNoReplica)
	})
	if took := time.Since(start); took < 2*time.Second {
		t.Errorf("views ended after %v", took)
	}
	if n[2].Healthy() == nil {
		t.Error("it is healthy")
	}
	n[2].close()
	n[0].open()
	n[1].open()
	shard := n[0].Shard(event)
	eventually(t, "another node owns the shard", func() bool { return n[0].epoch(shard)+n[1].epoch(shard) != 0 })
	owner := n[0]
	if owner.epoch(shard) == 0 {
		owner = n[1]
	}
	owner.mustAdd(event, 1, "two")
	n[2].open()
	eventually(t, "views are new", func() bool {
		v, err := n[2].View(event)
		if err == nil && v.Version != 2 {
			t.Fatalf("it shows version %d", v.Version)
		}
		return err == nil
	})
}

// A replica that was away for longer than the log is kept gets a snapshot.
func TestASnapshotForAReplicaThatWasAway(t *testing.T) {
	n := trio(t, func(c *storage.Config) { c.SnapshotEntries, c.CompactionOverhead = 50, 10 })
	const event = "e"
	n[0].mustAdd(event, 0, "first")
	n[2].shows(event, 1)
	n[2].close()
	for base := range uint64(300) {
		n[0].mustAdd(event, base+1, "more")
	}
	n[2].open()
	n[2].shows(event, 301)
	got, err := n[2].Records(event, 1, 1000)
	if err != nil || len(got) != 301 || string(got[0]) != "first" || string(got[300]) != "more" {
		t.Errorf("%d records, %v", len(got), err)
	}
	n[2].reopen()
	n[2].shows(event, 301)
}

// A node of another cluster is not heard, and moves nothing.
func TestAnotherClusterGetsNowhere(t *testing.T) {
	a := runPeer(t, clusterConfig(t, "n1"))
	a.owns(a.all()...)
	a.mustAdd("e", 0, "one")
	cfg := a.joiner("n2")
	cfg.Cluster += 2
	wantNoContact(t, a, cfg)
	cfg = a.joiner("n2")
	cfg.Dir, cfg.Cluster = a.cfg.Dir, a.Identity().Cluster+2
	cfg.Node, cfg.RaftAddress = a.cfg.Node, a.cfg.RaftAddress
	a.close()
	if l, err := storage.Open(cfg); err == nil || !strings.Contains(err.Error(), "cluster id") {
		t.Errorf("data of another cluster was opened: %v, %v", l, err)
	}
}

// wantNoContact adds a replica on a node that must not hear of it, and wants that its
// shard goes on.
func wantNoContact(t *testing.T, a *peer, cfg storage.Config) {
	t.Helper()
	b := runPeer(t, cfg)
	shard := a.Shard("e")
	epoch := a.epoch(shard)
	replica, err := a.AddReplica(ctx, shard, b.cfg.RaftAddress)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.StartReplica(ctx, shard, replica); err != nil {
		t.Fatal(err)
	}
	end := time.After(time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for version := uint64(1); ; version++ {
		a.mustAdd("e", version, "more")
		if st := b.status(shard); st.Role != storage.Starting || st.Leader != 0 || st.Applied != 0 {
			t.Fatalf("the stranger has heard: %+v", st)
		}
		select {
		case <-end:
			if a.epoch(shard) != epoch {
				t.Errorf("the owner's epoch is %d, it was %d", a.epoch(shard), epoch)
			}
			return
		case <-tick.C:
		}
	}
}

// A directory of the release before has no system shard and no cluster.
func TestADirectoryOfFormat1(t *testing.T) {
	cfg := clusterConfig(t, "n1")
	cfg.Shards, cfg.RaftAddress = 2, "127.0.0.1:27491"
	if out, err := exec.CommandContext(t.Context(), "tar", "xzf", "testdata/format1.tar.gz", "-C", cfg.Dir).
		CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	a := runPeer(t, cfg)
	a.owns(1, 2, 3)
	for _, event := range []string{"old-1", "old-2", "old-3"} {
		h, err := a.Load(ctx, event)
		if err != nil || h.Version != 1 || string(h.Records[0]) != "from format 1" {
			t.Errorf("%s: %+v, %v", event, h, err)
		}
	}
	a.mustAdd(storage.SystemEvent, 0, "n1")
	a.reopen()
	a.owns(1, 2, 3)
	b := runPeer(t, a.joiner("n2"))
	for _, s := range a.all() {
		a.grow(s, b)
	}
	b.shows("old-1", 1)
	b.shows(storage.SystemEvent, 1)
}
