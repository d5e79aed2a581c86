package assign

import (
	"cmp"
	"slices"
)

// Cluster is what is known of a cluster at a moment.
type Cluster struct {
	Nodes  []Node
	Shards []Shard
	// Replicas is how many voters a shard should have; fewer where there are fewer
	// nodes.
	Replicas int
	// Rebalance lets replicas move only to be spread more evenly.
	Rebalance bool
	// MaxMoves bounds the learners that are brought up at one time, in all; 0: 4. Each
	// is a copy of a shard's whole state over the network.
	MaxMoves int
}

// Node is a member of a cluster.
type Node struct {
	Name string // unique
	// Zone is where the node would fail together with others; "": alone.
	Zone     string
	Up       bool // it answers
	Draining bool // it is to lead nothing and to get nothing new
	Full     bool // its disk is nearly full: as Draining, until there is space
	Leaving  bool // it is to be emptied for good
}

// Replica is one replica of a shard.
type Replica struct {
	ID       uint64 // in its shard, never used again
	Node     string // by name; one that is not in Cluster.Nodes counts as down
	Voter    bool   // else it is a learner: it gets the log and has no vote
	CaughtUp bool   // it has nearly all that the leader has
	Lost     bool   // its node is up and has no such replica: its disk was lost
}

// Shard is the replicas that share one log.
type Shard struct {
	ID       uint64
	Leader   uint64 // a replica's id; 0: none is known
	Replicas []Replica
	// Hasty: the leader was started alone, with election times too short for a
	// group: it should hand over to another voter.
	Hasty bool
}

// Kind is what an Action does.
type Kind uint8

// The kinds of actions.
const (
	AddReplica    Kind = iota + 1 // a learner on Node
	Promote                       // the learner Replica becomes a voter
	RemoveReplica                 // Replica, which is on Node
	MoveLeader                    // to Replica, which is on Node
)

// String is the kind in words.
func (k Kind) String() string {
	switch k {
	case AddReplica:
		return "add replica"
	case Promote:
		return "promote"
	case RemoveReplica:
		return "remove replica"
	case MoveLeader:
		return "move leader"
	}
	return "unknown"
}

// Action is one change of one shard.
type Action struct {
	Kind    Kind
	Shard   uint64
	Node    string
	Replica uint64 // 0 with AddReplica
	Why     string // for the log
}

// defaultMoves is MaxMoves where it is 0.
const defaultMoves = 4

// plan is a cluster while actions are chosen for it.
type plan struct {
	Cluster
	nodes   map[string]*Node
	load    map[string]int  // replicas a node has, or will have by the actions so far
	want    int             // voters a shard should have
	moves   int             // learners that may still be added
	actions []Action        // in the order in which they were chosen
	taken   map[uint64]bool // shards that have an action: one at a time
}

// Next is the next changes of a cluster, at most one a shard, in the order of shards,
// replicas before leaders. The same cluster gives the same actions, whatever the
// order of its parts. None: it is as it should be, or nothing can be done now.
func Next(c Cluster) []Action {
	p := newPlan(c)
	for i := range p.Shards {
		p.shard(&p.Shards[i])
	}
	if p.Rebalance {
		p.spread()
	}
	p.leaders()
	return p.actions
}

// newPlan copies what it sorts: the caller's cluster stays as it is.
func newPlan(c Cluster) *plan {
	p := &plan{Cluster: c, nodes: map[string]*Node{}, load: map[string]int{}, taken: map[uint64]bool{}}
	p.Nodes = slices.Clone(c.Nodes)
	slices.SortFunc(p.Nodes, func(a, b Node) int { return cmp.Compare(a.Name, b.Name) })
	p.Shards = slices.Clone(c.Shards)
	slices.SortFunc(p.Shards, func(a, b Shard) int { return cmp.Compare(a.ID, b.ID) })
	for i := range p.Nodes {
		p.nodes[p.Nodes[i].Name] = &p.Nodes[i]
	}
	p.moves = cmp.Or(c.MaxMoves, defaultMoves)
	for i := range p.Shards {
		s := &p.Shards[i]
		s.Replicas = slices.Clone(s.Replicas)
		slices.SortFunc(s.Replicas, func(a, b Replica) int { return cmp.Compare(a.ID, b.ID) })
		for _, r := range s.Replicas {
			p.load[r.Node]++
			if !r.Voter {
				p.moves--
			}
		}
	}
	p.want = wanted(c.Replicas, p.staying())
	return p
}

// staying is how many nodes are to have replicas; those that only replicas name are
// down, and may come back.
func (p *plan) staying() int {
	n := 0
	for _, node := range p.Nodes {
		if !node.Leaving {
			n++
		}
	}
	for node := range p.load {
		if p.nodes[node] == nil {
			n++
		}
	}
	return n
}

// wanted is how many voters a shard should have on so many nodes. An even number
// above two survives no more failures than one less, and waits for one more.
func wanted(replicas, nodes int) int {
	n := min(max(replicas, 1), max(nodes, 1))
	if n > 2 && n%2 == 0 {
		n--
	}
	return n
}

// do chooses an action. Loads count it as done, so that the next shard sees what this
// one leaves; the shards themselves stay as they were told.
func (p *plan) do(k Kind, s *Shard, node string, replica uint64, why string) {
	p.actions = append(p.actions, Action{Kind: k, Shard: s.ID, Node: node, Replica: replica, Why: why})
	p.taken[s.ID] = true
	switch k {
	case AddReplica:
		p.moves--
		p.load[node]++
	case RemoveReplica:
		p.load[node]--
	}
}

// may reports whether a node may get new replicas and leaders. A draining node may
// not: it is about to be stopped, and what it gets would have to move again. A full
// one could write nothing.
func (p *plan) may(name string) bool {
	n := p.nodes[name]
	return n != nil && n.Up && !n.Draining && !n.Full && !n.Leaving
}

// live reports whether a replica can take part in a vote. A node that is not known
// is down: nothing may depend on it.
func (p *plan) live(r *Replica) bool {
	n := p.nodes[r.Node]
	return r.Voter && !r.Lost && n != nil && n.Up
}

// good reports whether a voter may stay where it is. One of a node that is down or
// not known may: the node can come back, and whoever does not know it cannot tell.
func (p *plan) good(r *Replica) bool {
	n := p.nodes[r.Node]
	return r.Voter && !r.Lost && (n == nil || !n.Leaving)
}

// quorum is how many of n voters decide.
func quorum(n int) int { return n/2 + 1 }
