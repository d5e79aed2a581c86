package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/cluster"
	"boxoffice/storage"

	"github.com/go-json-experiment/json"
)

// send gives a node an order as another node would, and returns its answer.
func (w *world) send(t *testing.T, node string, body []byte) error {
	t.Helper()
	from := "n1"
	if node == from {
		from = "n2"
	}
	w.mu.Lock()
	l := &life{w.nodes[from], w.nodes[from].boot}
	w.mu.Unlock()
	answer, err := l.Call(time.Now().Add(time.Second), node, KindOrder, body)
	if err != nil {
		t.Fatal(err)
	}
	var reply orderReply
	if err := json.Unmarshal(answer, &reply); err != nil {
		t.Fatal(err)
	}
	return fromWire(reply.Error)
}

func (w *world) order(t *testing.T, node string, o order) error {
	t.Helper()
	body, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return w.send(t, node, body)
}

func TestOrdersThatAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.pass(10 * time.Second)
		term, disk := w.groups[simShards].term, w.nodes["n2"].incarnation
		leader, _ := w.at(w.groups[0], w.groups[0].leader)
		before, replicas := w.members(), len(w.nodes["n2"].disk)
		stale := errStale.Error()
		for _, c := range []struct {
			what, node, why string
			o               order
		}{
			{"of a controller that was replaced", "n2", stale, order{Do: doDrop, Shard: 1, Replica: 9, Term: term - 1}},
			{"about an older membership", leader.name, stale,
				order{Do: doRemove, Shard: 1, Replica: 9, Term: term, Config: w.groups[0].config - 1}},
			{"for a disk that is gone", "n2", stale,
				order{Do: doStart, Shard: 1, Replica: 9, Term: term, Incarnation: disk - 1}},
			{"to leave with replicas", "n2", "still here", order{Do: doLeave, Term: term, Incarnation: disk}},
			{"to leave, to its successor on another disk", "n2", stale,
				order{Do: doLeave, Term: term, Incarnation: disk + 1}},
			{"about a shard that is not", "n2", "no shard",
				order{Do: doDrop, Shard: simShards + 2, Replica: 1, Term: term}},
			{"that this version does not know", "n2", "no order", order{Do: "dance", Shard: 1, Term: term}},
		} {
			if err := w.order(t, c.node, c.o); err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("an order %s: %v", c.what, err)
			}
		}
		if err := w.send(t, "n2", []byte("{")); err == nil {
			t.Error("half an order was taken")
		}
		if w.members() != before || len(w.nodes["n2"].disk) != replicas || w.nodes["n2"].retired {
			t.Error("a refused order changed something")
		}
		unlock, err := w.nodes["n2"].agent.lockShard(1)
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		if err := w.order(t, "n2", order{Do: doDrop, Shard: 1, Replica: 9, Term: term}); err == nil {
			t.Error("two orders at a time for one shard")
		}
	})
}

func TestTermsOnlyGrow(t *testing.T) {
	a := &Agent{}
	for _, c := range []struct {
		term uint64
		want bool
	}{{3, true}, {3, true}, {2, false}, {0, true}, {5, true}, {3, false}} {
		if got := a.heed(c.term); got != c.want {
			t.Errorf("heed(%d) = %v", c.term, got)
		}
	}
}

func TestErrorsTravel(t *testing.T) {
	all := []error{UnknownNodeError{"n9"}, UnsafeError{"it would hurt"}, ErrUnavailable, errElsewhere, errBusy}
	for _, err := range all {
		got := fromWire(toWire(err))
		switch {
		case errors.Is(err, errBusy):
			if !errors.Is(got, ErrUnavailable) {
				t.Errorf("%v became %v", err, got)
			}
		case !errors.Is(got, err) || got.Error() != err.Error() && !errors.Is(err, errElsewhere):
			t.Errorf("%v became %v", err, got)
		}
	}
	if toWire(nil) != nil || fromWire(nil) != nil {
		t.Error("no error became one")
	}
}

func TestSoloIsAWholeCluster(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.until("a controller", func() bool { return w.controller() == "n1" })
		w.kill("n1")
		<-w.nodes["n1"].stopped
		w.mu.Lock()
		n := w.nodes["n1"]
		n.alive, n.boot, n.stopped = true, n.boot+1, make(chan struct{}) // by hand, so that its Member is Solo
		w.groups[simShards].leader = 0                                   // to be elected again, in another term
		l := &life{n, n.boot}
		w.mu.Unlock()
		cfg := DefaultConfig()
		cfg.Log, cfg.Placement, cfg.Member = l, l, NewSolo(cluster.Peer{Node: "n1", HTTP: "here:1"})
		a, err := Start(cfg)
		if err != nil {
			t.Fatal(err)
		}
		n.agent = a
		w.until("it controls itself, and leads", func() bool {
			headless := slices.ContainsFunc(w.groups, func(g *group) bool { return g.leader == 0 })
			return a.current.Load() != nil && !headless
		})
		s, err := a.Operator().Status(context.Background())
		if err != nil || s.Health != OK || len(s.Nodes) != 1 || s.Nodes[0].Leaders != simShards+1 ||
			s.Nodes[0].HTTP != "here:1" {
			t.Errorf("%+v, %v", s, err)
		}
		if err := a.Operator().Remove(context.Background(), "n1", false); !errors.As(err, new(UnsafeError)) {
			t.Errorf("removing the only node: %v", err)
		}
	})
}

func TestRegistryIsFoldedFromRecordsAndCheckpoint(t *testing.T) {
	log := &memoryLog{}
	g := &registry{}
	var err error
	write := func(records ...record) {
		t.Helper()
		if g, err = g.write(context.Background(), log, 1, records...); err != nil {
			t.Fatal(err)
		}
	}
	write(record{Node: "a", Incarnation: 1, Raft: "a:1", State: recordMember, Rebalance: new(true)},
		record{Node: "b", Incarnation: 1, Raft: "b:1", State: recordMember})
	for i := range 2 * checkpointEvery {
		write(record{Node: "a", Incarnation: uint64(i), Raft: "a:2", State: recordMember})
	}
	write(record{Node: "b", Incarnation: 1, Raft: "b:1", State: stateRemoved}, record{Rebalance: new(false)})
	log.records = append(log.records, []byte(`"from the future"`))
	got, err := foldHistory(log.history())
	if err != nil {
		t.Fatal(err)
	}
	if log.at == 0 {
		t.Error("no checkpoint was taken")
	}
	a, b := got.Nodes["a"], got.Nodes["b"]
	if a.Incarnation != 2*checkpointEvery-1 || len(a.Former) != 1 || a.Former[0] != "a:1" || b.State != stateRemoved ||
		got.Rebalance || got.Version != uint64(len(log.records)) || got.present() != 1 {
		t.Errorf("%+v", got)
	}
	for i := range 2 * maxRemoved {
		got = got.with(record{Node: fmt.Sprint("gone", i), State: stateRemoved})
	}
	if len(got.Nodes) != maxRemoved+1 {
		t.Errorf("%d nodes are remembered", len(got.Nodes))
	}
}

// memoryLog is a systemLog without a cluster around it.
type memoryLog struct{ systemLog }

func (m *memoryLog) Shard(string) uint64                                  { return 1 }
func (m *memoryLog) Claim(context.Context, uint64, uint64) (int64, error) { return 0, nil }
func (m *memoryLog) Load(context.Context, string) (storage.History, error) {
	return m.history(), nil
}
func (m *memoryLog) View(string) (storage.View, error) { return storage.View{Summary: m.summary}, nil }
func (m *memoryLog) Append(_ context.Context, b storage.Batch) error {
	m.records, m.summary = append(m.records, b.Records...), b.Summary
	return nil
}
func (m *memoryLog) SaveCheckpoint(_ context.Context, _ string, _, version uint64, data []byte) error {
	m.at, m.checkpoint = version, data
	return nil
}

// travel writes and reads a report, and returns its size.
func travel(t testing.TB, r *report) int {
	body, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &report{}); err != nil {
		t.Fatal(err)
	}
	return len(body)
}

func TestReportsOfLaterVersionsAreRead(t *testing.T) {
	var r report
	err := json.Unmarshal([]byte(`{"node":"n1","mood":{"good":true},"replicas":[{"s":1,"r":2,"new":[1]}]}`), &r)
	if err != nil || r.Node != "n1" || len(r.Replicas) != 1 || r.Replicas[0].Replica != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}
