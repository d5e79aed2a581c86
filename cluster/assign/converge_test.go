package assign

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// world is a simulated cluster that carries actions out, or fails to.
type world struct {
	Cluster
	next map[uint64]uint64 // replica ids, by shard
}

// newWorld is what a first node makes: every shard has one replica on it.
func newWorld(shards int) *world {
	w := &world{Cluster: Cluster{Replicas: 3, Rebalance: true}, next: map[uint64]uint64{}}
	w.Nodes = []Node{{Name: "n0", Up: true}}
	for i := range shards {
		id := uint64(i + 1)
		first := Replica{ID: 1, Node: "n0", Voter: true, CaughtUp: true}
		w.Shards = append(w.Shards, Shard{ID: id, Leader: 1, Replicas: []Replica{first}})
		w.next[id] = 2
	}
	return w
}

func (w *world) node(name string) *Node {
	i := slices.IndexFunc(w.Nodes, func(n Node) bool { return n.Name == name })
	if i < 0 {
		return nil
	}
	return &w.Nodes[i]
}

func (w *world) up(name string) bool { n := w.node(name); return n != nil && n.Up }

// live counts the voters of a shard that can vote, and all.
func (w *world) live(s *Shard) (live, all int) {
	for _, r := range s.Replicas {
		if r.Voter {
			all++
			if !r.Lost && w.up(r.Node) {
				live++
			}
		}
	}
	return live, all
}

// elect gives every shard that can have one a leader.
func (w *world) elect() {
	for i := range w.Shards {
		s := &w.Shards[i]
		live, all := w.live(s)
		leads := func(r Replica) bool { return r.Voter && !r.Lost && w.up(r.Node) }
		j := slices.IndexFunc(s.Replicas, func(r Replica) bool { return r.ID == s.Leader && leads(r) })
		if live < quorum(all) {
			s.Leader = 0
		} else if j < 0 {
			s.Leader = s.Replicas[slices.IndexFunc(s.Replicas, leads)].ID
		}
	}
}

// do carries an action out, and says what is wrong with it.
func (w *world) do(a Action) error {
	s := &w.Shards[a.Shard-1]
	i := slices.IndexFunc(s.Replicas, func(r Replica) bool { return r.ID == a.Replica })
	live, all := w.live(s)
	switch {
	case s.Leader == 0 || live < quorum(all):
		return fmt.Errorf("%v: the shard cannot decide anything", a)
	case a.Kind == AddReplica:
		if slices.ContainsFunc(s.Replicas, func(r Replica) bool { return r.Node == a.Node || !r.Voter }) {
			return fmt.Errorf("%v: a second replica on the node, or a second learner", a)
		}
		s.Replicas = append(s.Replicas, Replica{ID: w.next[s.ID], Node: a.Node})
		w.next[s.ID]++
		return nil
	case i < 0 || s.Replicas[i].Node != a.Node:
		return fmt.Errorf("%v: there is no such replica", a)
	}
	r := &s.Replicas[i]
	switch a.Kind {
	case Promote:
		r.Voter = true
	case MoveLeader:
		if !r.Voter || !w.up(r.Node) {
			return fmt.Errorf("%v: it cannot lead", a)
		}
		s.Leader, s.Hasty = r.ID, false
	case RemoveReplica:
		if r.ID == s.Leader {
			return fmt.Errorf("%v: it leads", a)
		}
		s.Replicas = slices.Delete(s.Replicas, i, i+1)
		if live, all := w.live(s); live < quorum(all) {
			return fmt.Errorf("%v: no quorum is left", a)
		}
	}
	return nil
}

// settle runs the cluster until nothing is left to do.
func (w *world) settle(dice *rand.Rand) error {
	bound := 50 * (len(w.Shards) + 4) * (len(w.Nodes) + 1)
	for range bound {
		w.elect()
		for i := range w.Shards { // learners catch up
			for j := range w.Shards[i].Replicas {
				r := &w.Shards[i].Replicas[j]
				r.CaughtUp = r.CaughtUp || w.up(r.Node) && !r.Lost && w.Shards[i].Leader != 0
			}
		}
		actions := Next(w.Cluster)
		if len(actions) == 0 {
			return nil
		}
		seen := map[uint64]bool{}
		for _, a := range actions {
			if seen[a.Shard] {
				return fmt.Errorf("%v: a second action for the shard", a)
			}
			seen[a.Shard] = true
			if dice.IntN(4) == 0 {
				continue // whoever carries it out dies before
			}
			if err := w.do(a); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("still moving after %d rounds: %v", bound, Next(w.Cluster))
}

// even says what is wrong with a settled cluster where all nodes are well.
func (w *world) even() error {
	load, led, may := map[string]int{}, map[string]int{}, []string{}
	for _, n := range w.Nodes {
		if n.Up && !n.Draining && !n.Leaving {
			may = append(may, n.Name)
		}
	}
	for i := range w.Shards {
		s := &w.Shards[i]
		if want := wanted(w.Replicas, len(may)); len(s.Replicas) != want {
			return fmt.Errorf("shard %d has %d replicas, want %d", s.ID, len(s.Replicas), want)
		}
		for _, r := range s.Replicas {
			load[r.Node]++
			if r.ID == s.Leader {
				led[r.Node]++
			}
		}
	}
	for what, count := range map[string]map[string]int{"replicas": load, "leaders": led} {
		low, high := 1<<30, 0
		for _, n := range may {
			low, high = min(low, count[n]), max(high, count[n])
		}
		if high-low > 1 {
			return fmt.Errorf("%s are uneven: %v", what, count)
		}
	}
	return nil
}

// TestConverges: from any history of nodes that come, go, fail and lose their
// disks, the cluster reaches a fixed point, in bounded rounds, through safe states
// only; where all is well at the end, it is even.
func TestConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.IntRange(1, 20).Draw(t, "shards"))
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for i := range rapid.IntRange(0, 12).Draw(t, "steps") {
			name := fmt.Sprintf("n%d", dice.IntN(len(w.Nodes)))
			n := w.node(name)
			steps := []string{"join", "join", "down", "up", "drain", "undrain", "fill", "empty", "lose", "remove"}
			switch rapid.SampledFrom(steps).Draw(t, "step") {
			case "join":
				w.Nodes = append(w.Nodes, Node{Name: fmt.Sprintf("n%d", len(w.Nodes)), Up: true})
			case "down":
				n.Up = false
			case "up":
				n.Up = true
			case "drain":
				n.Draining = true
			case "undrain":
				n.Draining = false
			case "fill":
				n.Full = true
			case "empty":
				n.Full = false
			case "lose":
				w.lose(name)
			case "remove":
				if Safe(w.Cluster, name) == nil {
					n.Leaving = true
				}
			}
			if err := w.settle(dice); err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
		}
		w.recover(t, dice)
	})
}

// lose takes a node's disk, unless a shard's last quorum is on it.
func (w *world) lose(node string) {
	for i := range w.Shards {
		s := &w.Shards[i]
		live, all := w.live(s)
		votes := slices.ContainsFunc(s.Replicas, func(r Replica) bool { return r.Node == node && r.Voter })
		if votes && live-1 < quorum(all) {
			return
		}
	}
	for i := range w.Shards {
		for j := range w.Shards[i].Replicas {
			if r := &w.Shards[i].Replicas[j]; r.Node == node {
				r.Lost, r.CaughtUp = true, false
			}
		}
	}
}

// recover makes every node well and wants an even cluster.
func (w *world) recover(t *rapid.T, dice *rand.Rand) {
	for i := range w.Nodes {
		w.Nodes[i].Up, w.Nodes[i].Draining, w.Nodes[i].Full = true, false, false
	}
	if err := w.settle(dice); err != nil {
		t.Fatal(err)
	}
	if err := w.even(); err != nil {
		t.Fatalf("%v\n%+v", err, w.Cluster)
	}
}

// TestTheOrderOfThingsIsNothing: the same cluster in another order gives the same
// actions.
func TestTheOrderOfThingsIsNothing(t *testing.T) {
	c := Cluster{Nodes: parseNodes(t, "a b c:draining d e:leaving"),
		Shards: parseShards(t, "a* b c | b* c e | c* d e | a* | e* a b"), Replicas: 3, Rebalance: true}
	want := short(Next(c))
	for seed := range uint64(20) {
		dice := rand.New(rand.NewPCG(seed, 2))
		dice.Shuffle(len(c.Nodes), func(i, j int) { c.Nodes[i], c.Nodes[j] = c.Nodes[j], c.Nodes[i] })
		dice.Shuffle(len(c.Shards), func(i, j int) { c.Shards[i], c.Shards[j] = c.Shards[j], c.Shards[i] })
		if got := short(Next(c)); got != want {
			t.Fatalf("seed %d: %q, want %q", seed, got, want)
		}
	}
}
