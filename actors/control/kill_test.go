package control

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var (
	every     = flag.Int("every", 10, "stop the controller at every n-th step of a story; 1 takes half a minute")
	seeds     = flag.Int64("seeds", 5, "how many random clusters are harmed")
	firstSeed = flag.Int64("seed", 0, "the first of them")
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

// TestControllerKilledAtEveryStep runs each story once for every step in it (an order or a
// record), stops the controller there, and wants the same end.
func TestControllerKilledAtEveryStep(t *testing.T) {
	skipUnderRace(t)
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			most := 0
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				s.run(w)
				most = w.steps
			})
			for at := 1; at <= most; at += *every {
				for _, how := range []string{"killed before it", "killed after it", "deposed before it"} {
					synctest.Test(t, func(t *testing.T) { stopAt(t, s, at, how) })
					if t.Failed() {
						t.Fatalf("the controller was stopped at step %d: %s", at, how)
					}
				}
			}
			t.Logf("%d steps", most)
		})
	}
}

func stopAt(t *testing.T, s story, at int, how string) {
	w := newWorld(t, int64(at))
	hook := func(n int, node string) {
		if n != at || !w.locked(func() bool { return w.nodes[node].alive }) {
			return
		}
		if how == "deposed before it" {
			w.deposeController()
			return
		}
		w.kill(node)
		go func() {
			w.pass(2 * time.Second)
			w.boot(node)
		}()
	}
	w.mu.Lock() // the controller is at work
	if how == "killed after it" {
		w.after = hook
	} else {
		w.before = hook
	}
	w.mu.Unlock()
	s.run(w)
}

// TestConvergesAfterChaos kills, wipes and restarts nodes at random, one at a time,
// loses answers and moves the controller, and wants the cluster good in the end.
func TestConvergesAfterChaos(t *testing.T) {
	skipUnderRace(t)
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
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
	w.loseReplies, w.delayOrders = 0.05, 0.05
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
	for _, id := range slices.Sorted(maps.Keys(g.members)) {
		if n, r := w.at(g, id); id != g.leader && n != nil && g.members[id].Voter && w.quorate(g) {
			r.Applied = g.commit
			g.leader = id
			break
		}
	}
	g.term++
}
