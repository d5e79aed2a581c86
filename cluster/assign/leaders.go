package assign

import "slices"

// led is how many shards each node leads, with the moves chosen so far. It is counted
// anew each time: a cluster has a few dozen shards, and there is nothing to keep in step.
func (p *plan) led() map[string]int {
	led := map[string]int{}
	for i := range p.Shards {
		if r := p.group(&p.Shards[i]).leader; r != nil {
			led[r.Node]++
		}
	}
	for _, a := range p.actions {
		if a.Kind == MoveLeader {
			led[a.Node]++
			if r := p.leaderOf(a.Shard); r != nil {
				led[r.Node]--
			}
		}
	}
	return led
}

// leaderOf is the replica that leads a shard now, whatever was chosen for it.
func (p *plan) leaderOf(shard uint64) *Replica {
	i := slices.IndexFunc(p.Shards, func(s Shard) bool { return s.ID == shard })
	return p.group(&p.Shards[i]).leader
}

// leaders moves leaderships: first those that must move, then for evenness. A shard
// whose replicas change keeps its leader meanwhile: a new leader would begin to send
// a learner's copy from the start.
func (p *plan) leaders() {
	for i := range p.Shards {
		s := &p.Shards[i]
		g := p.group(s)
		if p.taken[s.ID] || g.leader == nil {
			continue
		}
		switch {
		case !p.may(g.leader.Node):
			p.handOver(&g, g.leader, "its node gives its leaderships away")
		case s.Hasty:
			p.handOver(&g, g.leader, "its election times are those of a lone replica")
		}
	}
	for p.even() { // each turn takes a shard: it ends
	}
}

// step is a leadership that could move from one node to another: an edge of the graph
// in which even looks for a path. to is nil at the start of the path.
type step struct {
	from string
	g    group
	to   *Replica
}

// even moves leaderships along the shortest path from the node that leads most to
// one that leads at least two fewer and copies no shard now: its disk is busy, and all
// that it led would wait for it. A path, because the two may share no shard. It reports
// whether there was one.
func (p *plan) even() bool {
	led := p.led()
	var top string
	for _, n := range p.Nodes {
		if p.may(n.Name) && (top == "" || led[n.Name] > led[top]) {
			top = n.Name
		}
	}
	if top == "" {
		return false
	}
	came := map[string]step{top: {}}
	for queue := []string{top}; len(queue) > 0; queue = queue[1:] {
		node := queue[0]
		if led[node] <= led[top]-2 && !p.copies(node) {
			p.moveAlong(came, node)
			return true
		}
		for _, s := range p.steps(node) {
			if _, seen := came[s.to.Node]; !seen {
				came[s.to.Node] = s
				queue = append(queue, s.to.Node)
			}
		}
	}
	return false
}

// copies reports whether a node is getting a replica, or is to get one.
func (p *plan) copies(node string) bool {
	adds := func(a Action) bool { return a.Kind == AddReplica && a.Node == node }
	learns := func(r Replica) bool { return r.Node == node && !r.Voter && !r.Lost }
	return slices.ContainsFunc(p.actions, adds) || slices.ContainsFunc(p.Shards, func(s Shard) bool {
		return slices.ContainsFunc(s.Replicas, learns)
	})
}

// moveAlong chooses the moves of a path that ends at node.
func (p *plan) moveAlong(came map[string]step, node string) {
	for s := came[node]; s.to != nil; s = came[s.from] {
		p.do(MoveLeader, s.g.Shard, s.to.Node, s.to.ID, "leaders are spread evenly")
	}
}

// steps is where leaderships of a node could move, in the order of shards and
// replicas: the search finds the same path for the same cluster.
func (p *plan) steps(node string) []step {
	var steps []step
	for i := range p.Shards {
		s := &p.Shards[i]
		g := p.group(s)
		if p.taken[s.ID] || g.leader == nil || g.leader.Node != node || g.learner != nil {
			continue
		}
		for _, r := range g.voters {
			if r != g.leader && p.leads(r) {
				steps = append(steps, step{node, g, r})
			}
		}
	}
	return steps
}
