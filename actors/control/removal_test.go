package control

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// A node that was removed and has gone is forgotten by all, and shown no longer; one
// that is only down is not.
func TestRemovedNodesAreForgotten(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := three(t)
		w.join("n4", "n5")
		w.until("spread over five", w.good(3, "n1", "n2", "n3", "n4", "n5"))
		w.kill("n4")
		w.pass(10 * time.Second)
		ctx := context.Background()
		if err := w.operator("n1").Remove(ctx, "n4", true); err != nil {
			t.Fatal("Remove with force:", err)
		}
		w.until("without the first", w.good(3, "n1", "n2", "n3", "n5"))
		if err := w.operator("n1").Remove(ctx, "n5", false); err != nil {
			t.Fatal("Remove:", err)
		}
		w.until("without both", w.good(3, "n1", "n2", "n3"))
		w.pass(10 * time.Second)
		for _, node := range []string{"n1", "n2", "n3"} {
			w.mu.Lock()
			gone := len(w.nodes[node].forgotten)
			w.mu.Unlock()
			s, err := w.operator(node).Status(ctx)
			if gone != 2 || err != nil || len(s.Nodes) != 3 {
				t.Errorf("%s has forgotten %d, and shows %+v, %v", node, gone, s.Nodes, err)
			}
		}
		w.kill("n3")
		w.pass(time.Minute)
		if n, s := w.line("n3", "n1"); n.State != stateDown || len(s.Nodes) != 3 {
			t.Errorf("a node that is down: %+v", s.Nodes)
		}
	})
}

// The removal of a node can be ended while it has replicas, whether it is up or down,
// and not afterwards.
func TestUndrainEndsARemoval(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w, idle := idling(t)
		w.join("n4")
		all := []string{"n1", "n2", "n3", "n4"}
		w.until("spread over four", w.good(3, all...))
		ctx, op := context.Background(), w.operator("n1")
		idle.Store(true)
		if err := op.Remove(ctx, "n4", false); err != nil {
			t.Fatal("Remove:", err)
		}
		if n, _ := w.line("n4", "n1"); n.State != stateLeaving {
			t.Errorf("after Remove: %+v", n)
		}
		if err := op.Undrain(ctx, "n4"); err != nil {
			t.Fatal("Undrain:", err)
		}
		idle.Store(false)
		w.pass(time.Minute)
		w.until("as before", w.good(3, all...))
		if n, s := w.line("n4", "n2"); n.State != stateUp || s.Health != OK {
			t.Errorf("after Undrain: %+v, %s %v", n, s.Health, s.Problems)
		}

		idle.Store(true)
		w.kill("n4")
		w.pass(10 * time.Second)
		if err := op.Remove(ctx, "n4", true); err != nil {
			t.Fatal("Remove with force:", err)
		}
		if err := op.Undrain(ctx, "n4"); err != nil {
			t.Fatal("Undrain of a node that is down:", err)
		}
		w.pass(10 * time.Second)
		if n, _ := w.line("n4", "n2"); n.State != stateDown {
			t.Errorf("after Undrain of a node that is down: %+v", n)
		}
		idle.Store(false)
		w.boot("n4")
		w.until("as before", w.good(3, all...))

		w.mu.Lock()
		w.loses = func(o order) bool { return o.Do == doLeave }
		w.mu.Unlock()
		if err := op.Remove(ctx, "n4", false); err != nil {
			t.Fatal("Remove:", err)
		}
		w.until("it leaves", func() bool { return w.nodes["n4"].retired })
		if n, _ := w.line("n4", "n1"); n.State != stateLeaving { // the answer to its order was lost
			t.Errorf("when it leaves: %+v", n)
		}
		if err := op.Undrain(ctx, "n4"); !errors.As(err, new(UnsafeError)) {
			t.Errorf("Undrain when all replicas have moved: %v", err)
		}
		w.pass(10 * time.Second)
		if err := op.Undrain(ctx, "n4"); !errors.As(err, new(UnknownNodeError)) {
			t.Errorf("Undrain of a node that has gone: %v", err)
		}
		if !slices.Equal(sortedKeys(w.reg.fold().Nodes), all) {
			t.Errorf("the registry has %v", w.reg.fold().Nodes)
		}
	})
}
