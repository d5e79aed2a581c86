package assign

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// parseNodes reads nodes: "a b:down c:draining d/east e:leaving,down".
func parseNodes(t *testing.T, text string) []Node {
	t.Helper()
	var nodes []Node
	for _, f := range strings.Fields(text) {
		name, states, _ := strings.Cut(f, ":")
		name, zone, _ := strings.Cut(name, "/")
		n := Node{Name: name, Zone: zone, Up: true}
		for _, s := range strings.Split(states, ",") {
			switch s {
			case "":
			case "down":
				n.Up = false
			case "full":
				n.Full = true
			case "draining":
				n.Draining = true
			case "leaving":
				n.Leaving = true
			default:
				t.Fatalf("node state %q", s)
			}
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// parseShards reads shards, a line each: "a* b c+ d+ok e-lost": voters by node; *
// leads; + is a learner, +ok one that has caught up; ! is a hasty leader.
func parseShards(t *testing.T, text string) []Shard {
	t.Helper()
	var shards []Shard
	for i, line := range strings.Split(text, "|") {
		s := Shard{ID: uint64(i + 1)}
		for j, f := range strings.Fields(line) {
			r := Replica{ID: uint64(j + 1), Voter: true, CaughtUp: true}
			switch {
			case strings.HasSuffix(f, "*"):
				s.Leader = r.ID
			case strings.HasSuffix(f, "!"):
				s.Leader, s.Hasty = r.ID, true
			case strings.HasSuffix(f, "+"):
				r.Voter, r.CaughtUp = false, false
			case strings.HasSuffix(f, "+ok"):
				r.Voter = false
			case strings.HasSuffix(f, "-lost"):
				r.Lost = true
			case strings.HasSuffix(f, "-behind"):
				r.CaughtUp = false
			}
			r.Node, _, _ = strings.Cut(strings.TrimRight(f, "*!+"), "+")
			r.Node, _, _ = strings.Cut(r.Node, "-")
			s.Replicas = append(s.Replicas, r)
		}
		shards = append(shards, s)
	}
	return shards
}

// short writes actions as the cases do: "1:add c".
func short(actions []Action) string {
	words := map[Kind]string{AddReplica: "add", Promote: "promote", RemoveReplica: "remove", MoveLeader: "lead"}
	var out []string
	for _, a := range actions {
		out = append(out, fmt.Sprintf("%d:%s %s", a.Shard, words[a.Kind], a.Node))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestNext(t *testing.T) {
	for _, c := range []struct{ name, nodes, shards, want string }{
		{"a node alone is as it should be", "a", "a*", ""},
		{"a second node gets a replica", "a b", "a*", "1:add b"},
		{"a learner that is behind is waited for", "a b", "a* b+", ""},
		{"one that has caught up is promoted", "a b", "a* b+ok", "1:promote b"},
		{"four nodes: three replicas", "a b c d", "a* b c", ""},
		{"a node that is down keeps its replica", "a b c:down d", "a* b c", ""},
		{"one that is given up loses it", "a b c:down,leaving d", "a* b c", "1:remove c"},
		{"and is replaced then", "a b c:down,leaving d", "a* b", "1:add d"},
		{"a lost replica goes first", "a b c", "a* b c-lost", "1:remove c"},
		{"and comes back as a new one", "a b c", "a* b", "1:add c"},
		{"no removal without a quorum", "a b:down c", "a* b c-lost", ""},
		{"nor without one to decide it", "a b c d", "a* b c-lost d-lost", ""},
		{"leaders stay while learners catch up", "a b c", "a* b c+ | a* b c+ | a* b c+", ""},
		{"nothing without a leader", "a b c", "a b", ""},
		{"nothing where the leader's node is down", "a:down b c", "a* b", ""},
		{"a leaving voter is replaced", "a b c:leaving d", "a* b c", "1:add d"},
		{"and let go afterwards", "a b c:leaving d", "a* b c d", "1:remove c"},
		{"a leaving leader hands over first", "a:leaving b c d", "a* b c d", "1:lead b"},
		{"with nowhere to go the shard shrinks", "a b c:leaving", "a* b c", "1:remove c"},
		{"down to one", "a b:leaving", "a* b", "1:remove b"},
		{"but never below a quorum", "a b:down c:leaving", "a* b c", ""},
		{"a draining node leads nothing", "a:draining b c", "a* b c", "1:lead b"},
		{"and gets nothing", "a b c:draining", "a* b", ""},
		{"a full node leads nothing", "a:full b c", "a* b c", "1:lead b"},
		{"and gets nothing either", "a b c:full", "a* b", ""},
		{"nothing moves where all are full", "a:full b:full c:full", "a* b c | a* b c", ""},
		{"leaders go to voters that have caught up", "a:draining b c", "a* b-behind c", "1:lead c"},
		{"a hasty leader hands over", "a b", "a! b", "1:lead b"},
		{"a lone hasty leader cannot", "a", "a!", ""},
		{"leaders are spread", "a b c", "a* b c | a* b c | a* b c", "1:lead b, 2:lead c"},
		{"zones: the replica goes where there is none", "a/x b/x c/y", "a*", "1:add c"},
		{"a dead learner is replaced", "a b:down c", "a* b+", "1:remove b"},
		{"or waited for, where there is no other", "a b:down", "a* b+", ""},
		{"a learner on a leaving node goes", "a b:leaving c", "a* b+", "1:remove b"},
		{"too many: the one in a doubled zone goes", "a/x b/x c/y d/z", "a* b c d", "1:remove b"},
		{"an unknown node counts as down", "a b", "a* b c", ""},
		{"one of four zones doubled is moved", "a/x b/x c/y d/z", "a* b c", "1:add d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := short(Next(Cluster{Nodes: parseNodes(t, c.nodes), Shards: parseShards(t, c.shards), Replicas: 3,
				Rebalance: true}))
			if got != c.want {
				t.Errorf("Next = %q, want %q", got, c.want)
			}
		})
	}
}

// TestLeadersMoveAlongPaths: the node that leads most shares no shard with those that
// lead least.
func TestLeadersMoveAlongPaths(t *testing.T) {
	c := Cluster{Nodes: parseNodes(t, "a b c d e"), Replicas: 3,
		Shards: parseShards(t, "a* b c | a* b c | a* b c | b* d e | b* d e | c* d e | c* d e")}
	if got, want := short(Next(c)), "1:lead b, 2:lead b, 4:lead d, 5:lead e"; got != want {
		t.Errorf("Next = %q, want %q", got, want)
	}
}

func TestMovesAreBounded(t *testing.T) {
	c := Cluster{Nodes: parseNodes(t, "a b"), Shards: parseShards(t, "a*|a*|a*|a*|a*|a* b+"), Replicas: 3, MaxMoves: 3}
	if got := short(Next(c)); got != "1:add b, 2:add b" {
		t.Errorf("with one learner under way and room for three: %q", got)
	}
}

func TestSafe(t *testing.T) {
	for _, c := range []struct{ name, nodes, shards, node, want string }{
		{"one of three", "a b c", "a* b c", "c", ""},
		{"one of two", "a b", "a* b", "b", ""},
		{"the only one", "a", "a*", "a", "no other node"},
		{"a dead one of three", "a b c:down", "a* b c", "c", ""},
		{"a live one beside a dead one", "a b c:down", "a* b c", "b", "no quorum without it: shards 1"},
		{"the only copy, alive", "a b", "a*", "a", ""},
		{"the only copy, dead", "a:down b", "a", "a", "only copy"},
		{"a shard that is stuck already", "a b:down c:down", "a b c", "c", "shards 1"},
		{"one with nothing", "a b c", "a* b", "c", ""},
		{"the last that stays", "a b:leaving", "a* b", "a", "no other node"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Safe(Cluster{Nodes: parseNodes(t, c.nodes), Shards: parseShards(t, c.shards), Replicas: 3}, c.node)
			var unsafe *UnsafeError
			switch {
			case c.want == "" && err != nil:
				t.Errorf("Safe: %v", err)
			case c.want != "" && (!errors.As(err, &unsafe) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("Safe: %v, want %q", err, c.want)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	for _, c := range []struct {
		name, nodes, shards string
		level               Level
		says                string
	}{
		{"alone", "a", "a*", OK, ""},
		{"three", "a b c", "a* b c", OK, ""},
		{"one down", "a b c:down", "a* b c", Degraded, "node c is down"},
		{"growing", "a b c", "a* b c+", Degraded, "fewer than 3"},
		{"drained", "a b c:draining", "a* b c", OK, "node c is drained"},
		{"full", "a b c:full", "a* b c", Degraded, "the disk of node c is nearly full"},
		{"full and down", "a b c:full,down", "a* b c", Degraded,
			"node c is down; fewer than 3 replicas are up for shards 1"},
		{"no quorum", "a b:down c:down", "a b c", Unavailable, "too few replicas are up for shards 1"},
		{"no leader", "a b c", "a b c", Unavailable, "no leader is known for shards 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := Cluster{Nodes: parseNodes(t, c.nodes), Shards: parseShards(t, c.shards), Replicas: 3}
			level, problems := Health(seen)
			if level != c.level || !strings.Contains(strings.Join(problems, "; "), c.says) {
				t.Errorf("Health = %v %q, want %v with %q", level, problems, c.level, c.says)
			}
		})
	}
}
