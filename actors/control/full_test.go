package control

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/cluster/assign"
)

// fill has nodes' disks full, or gives them space again.
func (w *world) fill(full bool, names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		w.nodes[name].full = full
	}
}

// line is a node's line in the status, and whether the health names it.
func (w *world) line(name, asked string) (n NodeStatus, s Status) {
	s, _ = w.operator(asked).Status(context.Background())
	if at := slices.IndexFunc(s.Nodes, func(n NodeStatus) bool { return n.Name == name }); at >= 0 {
		n = s.Nodes[at]
	}
	return n, s
}

// A node with a full disk leads nothing and gets nothing new, and takes part again
// when it has space; the controller's own node too.
func TestFullNodeGivesItsLeadershipsAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		for _, node := range []string{"n1", "n2", "n3"} {
			w.fill(true, node)
			began := time.Now()
			w.until("it leads nothing", func() bool { return w.leadsLocked(node) == 0 })
			if d := time.Since(began); d > 2*time.Second {
				t.Errorf("%s led something for %v after its disk was full", node, d)
			}
			w.pass(time.Minute)
			if n := w.leads(node); n != 0 {
				t.Errorf("%s leads %d shards a minute later", node, n)
			}
			n, s := w.line(node, other(node))
			if n.State != stateFull || n.Replicas != simShards+1 || s.Health != Degraded ||
				!slices.Contains(s.Problems, "the disk of node "+node+" is nearly full") {
				t.Errorf("the status of a full node: %+v, %s %v", n, s.Health, s.Problems)
			}
			w.fill(false, node)
			w.until("even again", w.good(3, "n1", "n2", "n3"))
			w.pass(time.Minute)
			if n, s := w.line(node, node); n.State != stateUp || s.Health != OK {
				t.Errorf("with space again: %+v, %s %v", n, s.Health, s.Problems)
			}
		}
	})
}

func (w *world) leadsLocked(node string) (count int) {
	for _, g := range w.groups {
		if n, _ := w.at(g, g.leader); n != nil && n.name == node {
			count++
		}
	}
	return count
}

// A full node that joins gets its replicas when it has space.
func TestFullNodeGetsNoReplicas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.join("n2")
		w.until("two nodes", w.good(2, "n1", "n2"))
		w.mu.Lock()
		w.node("n3", "").full = true
		w.mu.Unlock()
		w.boot("n3")
		w.pass(time.Minute)
		if n := len(w.nodes["n3"].disk); n != 0 {
			t.Errorf("it got %d replicas", n)
		}
		w.fill(false, "n3")
		w.until("three nodes", w.good(3, "n1", "n2", "n3"))
	})
}

// Where every disk is full nobody has anything to gain: no leadership moves.
func TestAllNodesAreFull(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.fill(true, "n1", "n2", "n3")
		w.pass(5 * time.Second)
		terms := w.terms()
		w.pass(5 * time.Minute)
		if now := w.terms(); !slices.Equal(now, terms) {
			t.Errorf("terms went from %v to %v", terms, now)
		}
		if _, s := w.line("n1", "n2"); s.Health != Degraded || len(s.Problems) != 3 {
			t.Errorf("the status: %s %v", s.Health, s.Problems)
		}
		w.fill(false, "n2")
		w.until("the one with space leads all", func() bool { return w.leadsLocked("n2") == simShards+1 })
		w.fill(false, "n1", "n3")
		w.until("even again", w.good(3, "n1", "n2", "n3"))
	})
}

func (w *world) terms() (terms []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, g := range w.groups {
		terms = append(terms, g.term)
	}
	return terms
}

// An operator's drain and a full disk do not end each other.
func TestFullAndDrained(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		op, ctx := w.operator("n1"), context.Background()
		w.fill(true, "n2")
		w.pass(5 * time.Second)
		if err := op.Drain(ctx, "n2"); err != nil {
			t.Fatal("Drain:", err)
		}
		n, s := w.line("n2", "n1")
		if both := strings.Join(s.Problems, "; "); n.State != stateDraining || s.Health != Degraded ||
			both != "the disk of node n2 is nearly full; node n2 is drained" {
			t.Errorf("drained and full: %+v %s %s", n, s.Health, both)
		}
		w.fill(false, "n2")
		w.pass(time.Minute)
		if n, s := w.line("n2", "n1"); n.State != stateDraining || s.Health != OK || w.leads("n2") != 0 {
			t.Errorf("drained, with space: %+v %s, leads %d", n, s.Health, w.leads("n2"))
		}
		w.fill(true, "n2")
		w.pass(time.Second)
		if err := op.Undrain(ctx, "n2"); err != nil {
			t.Fatal("Undrain:", err)
		}
		w.pass(time.Minute)
		if n, s := w.line("n2", "n1"); n.State != stateFull || s.Health != Degraded || w.leads("n2") != 0 {
			t.Errorf("full, drained no more: %+v %s, leads %d", n, s.Health, w.leads("n2"))
		}
		w.fill(false, "n2")
		w.until("even again", w.good(3, "n1", "n2", "n3"))
	})
}

// idling is a world of three nodes whose controllers change nothing while idle is set.
func idling(t *testing.T) (w *world, idle *atomic.Bool) {
	w, idle = newWorld(t, 1), new(atomic.Bool)
	w.next = func(c assign.Cluster) []assign.Action {
		if idle.Load() {
			return nil
		}
		return assign.Next(c)
	}
	w.join("n2", "n3")
	w.until("three nodes", w.good(3, "n1", "n2", "n3"))
	w.kill("n1") // it was started without
	w.pass(5 * time.Second)
	w.boot("n1")
	w.until("three nodes again", w.good(3, "n1", "n2", "n3"))
	return w, idle
}

// Without a controller that decides anything a full node helps itself.
func TestFullNodeNeedsNoController(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, idle := idling(t)
		idle.Store(true)
		for _, node := range []string{"n1", "n2"} {
			w.fill(true, node)
			w.until("it leads nothing", func() bool { return w.leadsLocked(node) == 0 })
		}
		if n := w.leads("n3"); n != simShards+1 {
			t.Errorf("the node with space leads %d shards", n)
		}
	})
}
