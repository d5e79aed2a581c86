package control

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/cluster"
	"boxoffice/cluster/assign"
)

// oneShard is a view of one shard: "a" leads replica 1, and replica 2 is on "b", which
// reports what is given; nil: b gives no report.
func oneShard(voter bool, b *report) *view {
	members := []memberReport{{1, "a:1", true}, {2, "b:1", voter}}
	reports := map[string]*report{"a": {Node: "a", Replicas: []replicaReport{
		{Shard: 1, Replica: 1, Term: 3, Leader: 1, Applied: 1000, Config: 7, Members: members},
	}}}
	if b != nil {
		b.Node = "b"
		reports["b"] = b
	}
	peers := []cluster.Peer{{Node: "a", Raft: "a:1"}, {Node: "b", Raft: "b:1"}}
	return see(peers, reports, &registry{}, 1, map[string]bool{"a": true, "b": true})
}

func reporting(disk uint64, replicas ...replicaReport) *report {
	return &report{Incarnation: disk, Replicas: replicas}
}

// there is replica 2 as b reports it, with so much applied.
func there(applied uint64) replicaReport {
	return replicaReport{Shard: 1, Replica: 2, Term: 3, Leader: 1, Applied: applied, Config: 7}
}

// TestWhatIsLostAndWhatIsStarted gives a controller the same report of b for some
// time, a round a second, and looks when replica 2 is lost, and if it is ordered to
// start.
func TestWhatIsLostAndWhatIsStarted(t *testing.T) {
	never := 2 * time.Hour
	rounds := func(n int) time.Duration { return time.Duration(n-1) * time.Second }
	cfg := DefaultConfig()
	for _, c := range []struct {
		what   string
		before func(w *watch)
		voter  bool
		b      *report
		lostIn time.Duration
		starts bool
	}{
		{"a voter that is there", nil, true, reporting(5, there(1000)), never, false},
		{"a voter that is far behind", nil, true, reporting(5, there(1)), never, false},
		{"a voter whose node is silent", nil, true, nil, never, false},
		{"a voter that its node does not have", nil, true, reporting(5), rounds(cfg.LostAfter), false},
		{"a learner of another controller", nil, false, reporting(5), rounds(cfg.LostAfter), false},
		{"an own learner", own(5), false, reporting(5), cfg.LearnerGrace, true},
		{"an own learner, and a disk that was lost since", own(4), false, reporting(5), rounds(cfg.LostAfter), false},
		{"an own learner that was started and is gone", ownStarted(5), false, reporting(5),
			rounds(cfg.LostAfter), false},
		{"an own learner on a silent node", own(5), false, nil, cfg.LearnerGrace, false},
		{"an addition whose answer was lost", unanswered(5), false, reporting(5), cfg.LearnerGrace, true},
		{"the same, and a disk lost since", unanswered(4), false, reporting(5), rounds(cfg.LostAfter), false},
		{"a learner that has caught up", own(5), false, reporting(5, there(900)), never, false},
		{"a learner that stands still", own(5), false, reporting(5, there(1)), cfg.StuckAfter, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWatch(&cfg)
			if c.before != nil {
				c.before(w)
			}
			began, lost, started := time.Now(), false, false
			for !lost && time.Since(began) < never {
				gone, starts := w.judge(oneShard(c.voter, c.b))
				lost = gone[place{1, 2}]
				started = started || len(starts) > 0
				if !lost {
					<-time.After(time.Second)
				}
			}
			if d := time.Since(began); d < c.lostIn || d > c.lostIn+2*time.Second {
				t.Errorf("%s: lost after %v, want %v", c.what, d, c.lostIn)
			}
			if started != c.starts {
				t.Errorf("%s: started: %v", c.what, started)
			}
		})
	}
}

func own(disk uint64) func(*watch) { return func(w *watch) { w.added(1, 2, disk) } }

func ownStarted(disk uint64) func(*watch) {
	return func(w *watch) { w.added(1, 2, disk); w.started(1, 2) }
}

func unanswered(disk uint64) func(*watch) {
	return func(w *watch) { w.pending[1] = pending{"b", disk} }
}

func TestNoChangeOnStaleData(t *testing.T) {
	newer := there(1000)
	newer.Config = 8
	for _, c := range []struct {
		what    string
		b       replicaReport
		settled bool
	}{
		{"all agree", there(1000), true},
		{"the other knows less", replicaReport{Shard: 1, Replica: 2, Term: 2, Leader: 1, Config: 6}, true},
		{"the other knows a newer membership", newer, false},
		{"the other knows a later term", replicaReport{Shard: 1, Replica: 2, Term: 4, Config: 7}, false},
		{"the other leads in a later term", replicaReport{Shard: 1, Replica: 2, Term: 4, Leader: 2, Config: 7}, false},
	} {
		v := oneShard(true, reporting(5, c.b))
		if got := v.shards[0].settled; got != c.settled {
			t.Errorf("%s: settled: %v", c.what, got)
		}
		if want := !c.settled; slices.Contains(v.unsettled(), 1) != want {
			t.Errorf("%s: unsettled %v", c.what, v.unsettled())
		}
	}
	cfg := DefaultConfig()
	cfg.LostAfter, cfg.LostWait, cfg.Member = 1, 0, NewSolo(cluster.Peer{})
	cfg.next = func(assign.Cluster) []assign.Action {
		return []assign.Action{{Kind: assign.RemoveReplica, Shard: 1, Node: "b", Replica: 2}}
	}
	c := &controller{Agent: &Agent{cfg: cfg}, watch: newWatch(&cfg)}
	for _, r := range []replicaReport{there(1000), newer} {
		v := oneShard(true, reporting(5, r))
		if _, tried := c.act(t.Context(), v, nil); tried > 0 != v.shards[0].settled {
			t.Errorf("settled %v, and %d orders were given", v.shards[0].settled, tried)
		}
		r.Replica = 9 // the node has another one
		v = oneShard(true, reporting(5, r))
		if lost, _ := c.watch.judge(v); lost[place{1, 2}] != v.shards[0].settled {
			t.Errorf("settled %v, and lost is %v", v.shards[0].settled, lost)
		}
	}
	v := oneShard(true, nil)
	delete(v.reports, "a")
	if see(nil, v.reports, &registry{}, 1, nil).shards[0].settled {
		t.Error("a shard that nobody reports is settled")
	}
}

func TestAFormerAddressIsTheNodes(t *testing.T) {
	g := (&registry{}).with(record{Node: "b", Raft: "old:1", State: recordMember})
	g = g.with(record{Node: "b", Raft: "new:1", State: recordMember})
	of := addresses([]cluster.Peer{{Node: "a", Raft: "a:1"}}, g)
	if want := map[string]string{"old:1": "b", "new:1": "b", "a:1": "a"}; fmt.Sprint(of) != fmt.Sprint(want) {
		t.Errorf("%v", of)
	}
}

// BenchmarkReport is the work of one report of 17 shards, on both sides: a node makes
// two a second at most.
func BenchmarkReport(b *testing.B) {
	r := &report{Node: "n1", Cluster: 1, Incarnation: 2, Shards: 16, Raft: "10.0.0.1:7102", State: stateUp}
	for s := range uint64(17) {
		r.Replicas = append(r.Replicas, replicaReport{
			Shard: s + 1, Replica: 1, Term: 5, Leader: 1, Applied: 123456, Config: 77, Removed: []uint64{4, 5},
			Members: []memberReport{{1, "10.0.0.1:7102", true}, {2, "10.0.0.2:7102", true}, {3, "10.0.0.3:7102", true}},
		})
	}
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		size = travel(b, r)
	}
	b.ReportMetric(float64(size), "bytes")
}
