package control

import (
	"context"
	"fmt"
	"math/rand"
	"testing"
	"testing/synctest"
	"time"
)

// story is a change of a cluster that must come to its end whatever happens on the way.
type story struct {
	name string
	run  func(w *world)
}

var stories = []story{
	{"grow", func(w *world) {
		w.join("n2", "n3")
		w.until("three nodes", w.good(3, "n1", "n2", "n3"))
	}},
	{"grow, take a fourth in, remove the first", func(w *world) {
		w.join("n2", "n3", "n4")
		w.until("four nodes", w.good(3, "n1", "n2", "n3", "n4"))
		w.remove("n1", false)
		w.until("three nodes", w.good(3, "n2", "n3", "n4"))
	}},
	{"lose a disk, lose a node for good", func(w *world) {
		w.join("n2", "n3", "n4")
		w.until("four nodes", w.good(3, "n1", "n2", "n3", "n4"))
		w.kill("n2")
		w.pass(3 * time.Second)
		w.wipe("n2")
		w.boot("n2")
		w.until("four nodes", w.good(3, "n1", "n2", "n3", "n4"))
		w.kill("n4")
		w.pass(3 * time.Second)
		w.remove("n4", true)
		w.until("three nodes", w.good(3, "n1", "n2", "n3"))
	}},
}

// remove asks for a node's removal as an operator does: again until it is taken.
func (w *world) remove(node string, force bool) {
	w.until("the removal is taken", func() bool {
		w.mu.Unlock() // until holds it
		defer w.mu.Lock()
		for name := range w.nodes {
			if w.locked(func() bool { return w.nodes[name].alive && name != node }) {
				if w.operator(name).Remove(context.Background(), node, force) == nil {
					return true
				}
			}
		}
		return false
	})
}

// TestControllerKilledAtEveryStep runs each story once for every order in it, kills
// the ordering node before or after that order is carried out, and wants the same end.
func TestControllerKilledAtEveryStep(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			most := 0
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				s.run(w)
				most = w.orders
			})
			step := 1
			if testing.Short() {
				step = 7
			}
			for at := 1; at <= most; at += step {
				for _, before := range []bool{true, false} {
					synctest.Test(t, func(t *testing.T) { killAt(t, s, at, before) })
					if t.Failed() {
						t.Fatalf("the controller's node was killed at order %d, before it: %v", at, before)
					}
				}
			}
			t.Logf("%d orders", most)
		})
	}
}

func killAt(t *testing.T, s story, at int, before bool) {
	w := newWorld(t, int64(at))
	hook := func(n int, from string, _ order) {
		if n != at || !w.locked(func() bool { return w.nodes[from].alive }) {
			return
		}
		w.kill(from)
		go func() {
			w.pass(2 * time.Second)
			w.boot(from)
		}()
	}
	if before {
		w.before = hook
	} else {
		w.after = hook
	}
	s.run(w)
}

// TestConvergesAfterChaos kills, wipes and restarts nodes at random, one at a time,
// loses answers and moves the controller, and wants the cluster good in the end.
func TestConvergesAfterChaos(t *testing.T) {
	runs := 30
	if testing.Short() {
		runs = 5
	}
	for seed := range int64(runs) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { chaos(t, seed) })
		})
	}
}

func chaos(t *testing.T, seed int64) {
	r := rand.New(rand.NewSource(seed))
	w := newWorld(t, seed)
	all := []string{"n1", "n2", "n3", "n4", "n5"}[:3+r.Intn(3)]
	w.join(all[1:]...)
	w.until("a cluster", w.good(3, all...))
	w.mu.Lock()
	w.loseReplies = 0.05
	w.mu.Unlock()
	for range 12 {
		node := all[r.Intn(len(all))]
		switch r.Intn(4) {
		case 0:
			w.kill(node)
			w.pass(time.Duration(r.Intn(8000)) * time.Millisecond)
			w.boot(node)
		case 1:
			w.kill(node)
			w.pass(time.Duration(r.Intn(8000)) * time.Millisecond)
			w.wipe(node)
			w.boot(node)
			w.until("healed", w.good(3, all...)) // a second disk at once may be too much
		case 2:
			_ = w.operator(all[0]).Drain(context.Background(), node)
			w.pass(time.Duration(r.Intn(3000)) * time.Millisecond)
			_ = w.operator(all[0]).Undrain(context.Background(), node)
		case 3:
			w.deposeController()
		}
		w.pass(time.Duration(r.Intn(2000)) * time.Millisecond)
	}
	for _, node := range all {
		w.boot(node)
		w.until("undrained", func() bool {
			w.mu.Unlock()
			defer w.mu.Lock()
			return w.operator(node).Undrain(context.Background(), node) == nil
		})
	}
	w.until("good in the end", w.good(3, all...))
}

// deposeController makes another node lead the system shard, without the controller's
// doing.
func (w *world) deposeController() {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.groups[simShards]
	if w.quorate(g) {
		w.elect(g)
	}
}
