package storage

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// joinerConfig is a node that joins, and has an address that nobody calls.
func joinerConfig(t *testing.T) Config {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cfg := identityConfig(t)
	cfg.RaftAddress, cfg.Join, cfg.Cluster = l.Addr().String(), true, 77
	return cfg
}

// edit changes the identity of a node that does not run, as a crash at the worst
// moment would have left it.
func edit(t *testing.T, cfg Config, change func(*identity)) {
	t.Helper()
	id, err := loadIdentity(cfg.Dir)
	if err == nil {
		change(id)
		err = id.save(cfg.Dir)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// withNode opens a node for a function.
func withNode(t *testing.T, cfg Config, f func(Node)) {
	t.Helper()
	n, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	f(n)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}

// started starts a replica on a node, which nobody ever calls.
func started(t *testing.T, shard, id uint64) func(Node) {
	return func(n Node) {
		t.Helper()
		for range 2 {
			if err := n.StartReplica(context.Background(), shard, id); err != nil {
				t.Error(err)
			}
		}
	}
}

func wantReplicas(t *testing.T, cfg Config, want ...replica) {
	t.Helper()
	id, err := loadIdentity(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	same := len(id.replicas) == len(want)
	for i := 0; same && i < len(want); i++ {
		r := id.replicas[i]
		same = r.shard == want[i].shard && r.id == want[i].id && r.condition == want[i].condition
	}
	if !same {
		t.Errorf("the directory has %+v, want %+v", id.replicas, want)
	}
}

// The process ends after the identity has a new replica and before it was started, or
// after it was started and before the identity says so.
func TestACrashWhileAReplicaIsStarted(t *testing.T) {
	cfg := joinerConfig(t)
	openAndClose(t, cfg)
	edit(t, cfg, func(id *identity) { id.put(replica{shard: 2, id: 5, condition: joining}) })
	openAndClose(t, cfg)
	wantReplicas(t, cfg, replica{shard: 2, id: 5, condition: joined})
	edit(t, cfg, func(id *identity) { id.put(replica{shard: 2, id: 5, condition: joining}) })
	withNode(t, cfg, started(t, 1, 9))
	wantReplicas(t, cfg, replica{shard: 1, id: 9, condition: joined}, replica{shard: 2, id: 5, condition: joined})
}

// The process ends anywhere between the decision to drop a replica and its end.
func TestACrashWhileAReplicaIsDropped(t *testing.T) {
	cfg := joinerConfig(t)
	withNode(t, cfg, started(t, 2, 5))
	for range 2 { // with its data and without
		edit(t, cfg, func(id *identity) { id.put(replica{shard: 2, id: 5, condition: dropping}) })
		openAndClose(t, cfg)
		wantReplicas(t, cfg)
	}
	edit(t, cfg, func(id *identity) { id.put(replica{shard: 2, id: 5, condition: joining}) })
	openAndClose(t, cfg) // an id that was dropped does not come back
	wantReplicas(t, cfg)
	withNode(t, cfg, started(t, 2, 6))
	wantReplicas(t, cfg, replica{shard: 2, id: 6, condition: joined})
}

// A replica that has voted, and whose log is lost, must not start again.
func TestAReplicaWithoutItsLog(t *testing.T) {
	cfg := joinerConfig(t)
	withNode(t, cfg, started(t, 2, 5))
	logs := filepath.Join(cfg.Dir, raftDir, fixedHost)
	if err := os.RemoveAll(logs); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, cfg, "not whole", "replica 5 of shard 2")
}

// What a replica left in the store is not taken for that of a later one.
func TestALaterReplicaFindsNothing(t *testing.T) {
	cfg := joinerConfig(t)
	openAndClose(t, cfg)
	db, err := openStore(t.Context(), filepath.Join(cfg.Dir, stateDir), &cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := newMachine(db, 2)
	if _, err := r.Open(nil); err != nil {
		t.Fatal(err)
	}
	r.batch = db.NewBatch()
	r.at.index = 40
	if err := r.setValue(kindSummary, []byte("e"), []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := r.commit(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	withNode(t, cfg, func(n Node) {
		started(t, 2, 6)(n)
		deadline := time.After(10 * time.Second)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for len(n.Replicas()) != 1 || n.Replicas()[0].Applied != 0 {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("%+v", n.Replicas())
			}
		}
	})
}

// An identity with conditions comes back byte for byte.
func TestConditionsAreKept(t *testing.T) {
	cfg := joinerConfig(t)
	id := newIdentity(&cfg)
	for i, c := range []condition{founding, founder, settled, joining, joined, dropping} {
		r := replica{shard: uint64(i + 1), id: 3, condition: c}
		if c == founder || c == settled {
			r.members = map[uint64]string{1: "a:1", 2: "b:2"}
		}
		id.put(r)
	}
	text := string(id.encode())
	got, err := decodeIdentity([]byte(text))
	if err != nil || string(got.encode()) != text {
		t.Fatalf("%v: %s", err, text)
	}
	if _, err := decodeIdentity([]byte(strings.Replace(text, "settled", "sleeping", 1))); err == nil {
		t.Error("an unknown condition is taken")
	}
}
