package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/cluster"
	"boxoffice/cluster/assign"
)

// three is a world of three nodes that is as it should be.
func three(t *testing.T) *world {
	w := newWorld(t, 1)
	w.join("n2", "n3")
	w.until("three nodes with three replicas each", w.good(3, "n1", "n2", "n3"))
	return w
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	skipUnderRace(t)
	synctest.Test(t, f)
}

func TestGrowsFromOneNodeToThree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.until("one node alone controls itself", func() bool { return w.controller() == "n1" })
		w.join("n2")
		w.until("two nodes", w.good(2, "n1", "n2"))
		w.join("n3")
		w.until("three nodes", w.good(3, "n1", "n2", "n3"))
		w.pass(time.Minute)
		steps := w.steps
		w.pass(time.Minute)
		if w.steps != steps {
			t.Errorf("%d steps in a minute of a cluster that is as it should be", w.steps-steps)
		}
		s, err := w.operator("n2").Status(context.Background())
		if err != nil || s.Health != OK || len(s.Problems) > 0 || len(s.Nodes) != 3 || len(s.Shards) != simShards+1 {
			t.Errorf("status %+v, error %v", s, err)
		}
		if w.reg.fold().Rebalance {
			t.Error("the spreading has no end")
		}
	})
}

func TestFourthNodeTakesItsShareAndLeavesAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.join("n4")
		all := []string{"n1", "n2", "n3", "n4"}
		w.until("spread over four", w.good(3, all...))
		leaver := "n2"
		for _, from := range []string{"n4", "n1"} { // again is harmless
			if err := w.operator(from).Remove(context.Background(), leaver, false); err != nil {
				t.Fatal("Remove:", err)
			}
		}
		w.until("the node has gone", func() bool { return w.nodes[leaver].left == 1 && w.nodes[leaver].retired })
		w.until("spread over those that stay", w.good(3, "n1", "n3", "n4"))
		w.until("recorded", func() bool { return w.reg.fold().Nodes[leaver].State == stateRemoved })
		if s, _ := w.operator("n1").Status(context.Background()); s.Health != OK {
			t.Errorf("status after the removal: %s %v", s.Health, s.Problems)
		}
	})
}

func TestDrainGivesLeadersAwayAndUndrainTakesThemBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		for _, node := range []string{"n1", "n2", "n3"} { // one of them is the controller's
			op := w.operator("n1")
			if err := op.Drain(context.Background(), node); err != nil {
				t.Fatal("Drain:", err)
			}
			if n := w.leads(node); n != 0 || w.nodes[node].drained == 0 {
				t.Errorf("when Drain returns %s leads %d shards, and its clients were told %d times",
					node, n, w.nodes[node].drained)
			}
			w.pass(time.Minute)
			if n := w.leads(node); n != 0 {
				t.Errorf("%s leads %d shards a minute later", node, n)
			}
			s, _ := op.Status(context.Background())
			at := slices.IndexFunc(s.Nodes, func(n NodeStatus) bool { return n.Name == node })
			if s.Nodes[at].State != stateDraining || s.Nodes[at].Replicas != simShards+1 {
				t.Errorf("a drained node's status: %+v", s.Nodes[at])
			}
			if err := op.Undrain(context.Background(), node); err != nil {
				t.Fatal("Undrain:", err)
			}
			w.until("even again", w.good(3, "n1", "n2", "n3"))
		}
	})
}

// leads counts the shards that a node leads.
func (w *world) leads(node string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leadsLocked(node)
}

func TestDrainIsRefusedWhereNobodyElseCouldLead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.until("a controller", func() bool { return w.controller() == "n1" })
		err := w.operator("n1").Drain(context.Background(), "n1")
		if !errors.As(err, new(UnsafeError)) {
			t.Errorf("draining the only node: %v", err)
		}
		if err := w.nodes["n1"].agent.Drain(context.Background()); err != nil {
			t.Errorf("a node alone that stops: %v", err)
		}
		w.kill("n1")
		w.next = func(assign.Cluster) []assign.Action { return nil }
		w.boot("n1")
		w.join("n2") // which gets no replica
		w.until("a controller", func() bool { return w.controller() == "n1" })
		began := time.Now()
		if err := w.operator("n2").Drain(context.Background(), "n1"); !errors.As(err, new(UnsafeError)) {
			t.Errorf("draining the only node with replicas: %v", err)
		}
		if d := time.Since(began); d > 3*time.Second || w.nodes["n1"].state != cluster.Up {
			t.Errorf("it is in state %v after %v", w.nodes["n1"].state, d)
		}
		if err := w.operator("n1").Drain(context.Background(), "nobody"); !errors.As(err, new(UnknownNodeError)) {
			t.Errorf("draining a node that is not there: %v", err)
		}
	})
}

func TestNodeThatComesBackFindsItsReplicas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, node := range []string{"n1", "n2", "n3"} {
			w := three(t)
			before := w.members()
			w.kill(node)
			w.pass(2 * time.Minute)
			if s, _ := w.operator(other(node)).Status(context.Background()); s.Health != Degraded {
				t.Errorf("with a node down: %s %v", s.Health, s.Problems)
			}
			w.boot(node)
			w.until("as before", w.good(3, "n1", "n2", "n3"))
			if after := w.members(); after != before {
				t.Errorf("a restart changed memberships from\n%s\nto\n%s", before, after)
			}
		}
	})
}

// other is some other node of three.
func other(node string) string { return map[string]string{"n1": "n2", "n2": "n3", "n3": "n1"}[node] }

func (w *world) members() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, g := range w.groups {
		out = append(out, fmt.Sprint(g.id, g.members))
	}
	return strings.Join(out, "\n")
}

func TestLostDiskIsReplacedUnderNewIds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, node := range []string{"n1", "n2", "n3"} {
			w := three(t)
			w.kill(node)
			w.pass(5 * time.Second)
			w.wipe(node)
			w.boot(node) // StartReplica of the world fails the test for an old id
			w.until("replaced", w.good(3, "n1", "n2", "n3"))
			if w.reg.fold().Nodes[node].Incarnation != w.nodes[node].incarnation {
				t.Error("the new disk is not recorded")
			}
		}
	})
}

func TestRemoveSaysWhyNot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		ctx := context.Background()
		if err := w.operator("n2").Remove(ctx, "nobody", false); !errors.As(err, new(UnknownNodeError)) {
			t.Errorf("a node that is not there: %v", err)
		}
		if err := w.operator("n2").Remove(ctx, "n3", true); !errors.As(err, new(UnsafeError)) {
			t.Errorf("force for a node that is up: %v", err)
		}
		w.kill("n3")
		w.pass(10 * time.Second)
		if err := w.operator("n2").Remove(ctx, "n3", false); !errors.As(err, new(UnsafeError)) {
			t.Errorf("no force for a node that is down: %v", err)
		}
		if err := w.operator("n2").Remove(ctx, "n1", false); !errors.As(err, new(UnsafeError)) {
			t.Errorf("removing one of the two that are left of three: %v", err)
		}
		if e := w.reg.fold().Nodes["n1"]; e.State != recordMember {
			t.Errorf("it was recorded: %+v", e)
		}
	})
}

func TestForceGivesUpADeadNodeForGood(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.join("n4")
		w.until("spread over four", w.good(3, "n1", "n2", "n3", "n4"))
		w.kill("n3")
		w.pass(10 * time.Second)
		if err := w.operator("n1").Remove(context.Background(), "n3", true); err != nil {
			t.Fatal("Remove:", err)
		}
		w.until("without it", w.good(3, "n1", "n2", "n4"))
		w.until("recorded", func() bool { return w.reg.fold().Nodes["n3"].State == stateRemoved })
		w.boot("n3") // somebody repaired it
		w.until("sent away", func() bool { return w.nodes["n3"].retired && !w.nodes["n3"].alive })
		w.wipe("n3")
		w.boot("n3") // as a new node it is welcome
		w.until("spread over four", w.good(3, "n1", "n2", "n3", "n4"))
	})
}

func TestTwoNodesShrinkToOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.join("n2")
		w.until("two nodes", w.good(2, "n1", "n2"))
		if err := w.operator("n2").Remove(context.Background(), "n1", false); err != nil {
			t.Fatal("Remove:", err)
		}
		w.until("one node", w.good(1, "n2"))
		w.until("the founder has gone", func() bool { return w.nodes["n1"].retired })
	})
}

func TestStatusWithoutAController(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.kill("n1")
		w.kill("n2")
		w.pass(10 * time.Second)
		began := time.Now()
		s, err := w.operator("n3").Status(context.Background())
		if err != nil || s.Health != Unavailable || len(s.Nodes) != 3 || len(s.Shards) != simShards+1 {
			t.Errorf("status %+v, error %v", s, err)
		}
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("it took %v", d)
		}
		if err := w.operator("n3").Rebalance(context.Background()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("a call that needs the controller: %v", err)
		}
	})
}

func TestLearnerOfADeadNodeIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.join("n2")
		w.until("two nodes", w.good(2, "n1", "n2"))
		before := len(w.members())
		w.mu.Lock()
		w.after = func(int, string) {
			if len(w.members()) > before {
				w.kill("n3") // between AddReplica and StartReplica
			}
		}
		w.mu.Unlock()
		w.join("n3")
		w.until("it died", func() bool { return w.nodes["n3"].boot > 0 && !w.nodes["n3"].alive })
		w.mu.Lock()
		w.after = nil
		w.mu.Unlock()
		w.until("its learners are gone", w.good(2, "n1", "n2"))
		w.boot("n3")
		w.until("three nodes", w.good(3, "n1", "n2", "n3"))
	})
}

func TestAnAdditionWhoseAnswerIsLostIsGoneOnWith(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		lost := 0
		w.loses = func(o order) bool {
			if o.Do == doAdd {
				lost++
			}
			return o.Do == doAdd
		}
		w.join("n2")
		w.until("two nodes", w.good(2, "n1", "n2"))
		for _, g := range w.groups {
			if len(g.removed) > 0 || lost != len(w.groups) {
				t.Errorf("%d answers were lost; shard %d has removed %v", lost, g.id, g.removed)
			}
		}
	})
}

func TestWhere(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.join("n4")
		for _, from := range []string{"n1", "n4"} { // n4 may have no replica yet
			at, err := w.operator(from).Where(context.Background(), "show")
			if err != nil || at.Shard != 1+4%simShards || at.Leader == "" || at.Term == 0 || len(at.Replicas) < 3 {
				t.Errorf("asked at %s: %+v, %v", from, at, err)
			}
		}
		w.until("spread over four", w.good(3, "n1", "n2", "n3", "n4"))
	})
}

func TestCallsFollowTheController(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		for range 5 {
			w.pass(10 * time.Second)
			w.deposeController() // the table of leaders does not know it yet
			for _, node := range []string{"n1", "n2", "n3"} {
				if err := w.operator(node).Rebalance(context.Background()); err != nil {
					t.Errorf("asked at %s: %v", node, err)
				}
			}
		}
	})
}

func TestRebalanceEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.pass(10 * time.Second)
		if err := w.operator("n2").Rebalance(context.Background()); err != nil {
			t.Fatal(err)
		}
		w.until("done", func() bool { return !w.reg.fold().Rebalance })
		if s, _ := w.operator("n2").Status(context.Background()); s.Health != OK {
			t.Errorf("%s %v", s.Health, s.Problems)
		}
	})
}

// A node that hears nothing of a new leader knows it from its own replica.
func TestLeadersAreKnownFromReplicas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.mu.Lock()
		w.mute = true
		w.mu.Unlock()
		if err := w.nodes["n1"].agent.Drain(context.Background()); err != nil {
			t.Fatal("Drain:", err)
		}
		w.pass(time.Second)
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, g := range w.groups {
			leader, _ := w.at(g, g.leader)
			for _, n := range w.nodes {
				if got := n.table[g.id]; got.node != leader.name || got.term != g.term {
					t.Errorf("%s has %v for shard %d, which %s leads in term %d",
						n.name, got, g.id, leader.name, g.term)
				}
			}
		}
	})
}
