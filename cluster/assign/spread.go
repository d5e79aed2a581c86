package assign

import "slices"

// spread moves replicas only for the sake of evenness, or of zones: it adds one
// where it is wanted, and what is then too much is removed in a later turn.
func (p *plan) spread() {
	for i := range p.Shards {
		s := &p.Shards[i]
		if p.taken[s.ID] || p.moves <= 0 {
			continue
		}
		g := p.group(s)
		if g.leader == nil || g.learner != nil || len(g.good) != p.want || len(g.voters) != p.want ||
			len(g.live) != p.want {
			continue // it has other needs, or must not lose sight of one that is down
		}
		if node, why := p.better(&g); node != "" {
			p.do(AddReplica, s, node, 0, why)
			// What will be removed for it counts as gone already.
			p.load[p.surplus(p.with(&g, node)).Node]--
		}
	}
}

// with is the group as it will be with a voter on node. Its id is one that no
// replica has, so that it is nobody's leader.
func (p *plan) with(g *group, node string) *group {
	h := *g
	h.good = append(slices.Clone(g.good), &Replica{ID: ^uint64(0), Node: node, Voter: true})
	return &h
}

// better is a node that should have a replica of the shard in place of one that
// has it; "": the shard is fine where it is.
func (p *plan) better(g *group) (node, why string) {
	node = p.spare(g)
	if node == "" {
		return "", ""
	}
	h := p.with(g, node)
	gone := p.surplus(h)
	if gone.Node == node {
		return "", ""
	}
	before, after := p.zones(g.good, nil), p.zones(h.good, gone)
	switch {
	case len(after) > len(before):
		return node, "it spreads the shard over more zones"
	case len(after) == len(before) && p.load[gone.Node] >= p.load[node]+2:
		return node, "the node has fewer replicas than others"
	}
	return "", ""
}
