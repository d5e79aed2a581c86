package assign

import (
	"cmp"
	"slices"
)

// group is the replicas of a shard, sorted out. Its pointers are into the plan's own
// copy of the shard; nothing of it is kept from one Next to the next.
type group struct {
	*Shard
	voters  []*Replica // all, whether they can vote now or not: they make the quorum
	live    []*Replica // voters that can vote now
	good    []*Replica // voters that may stay where they are, down or not
	learner *Replica   // there is one at most: a shard is not changed while it has one
	leader  *Replica   // nil also where its node is down: it can carry nothing out
}

// group sorts a shard's replicas out.
func (p *plan) group(s *Shard) group {
	g := group{Shard: s}
	for i := range s.Replicas {
		r := &s.Replicas[i]
		if !r.Voter {
			g.learner = r
			continue
		}
		g.voters = append(g.voters, r)
		if p.live(r) {
			g.live = append(g.live, r)
		}
		if p.good(r) {
			g.good = append(g.good, r)
		}
		if r.ID == s.Leader && p.live(r) {
			g.leader = r
		}
	}
	return g
}

// removable reports whether the group can decide to be without a voter, and goes
// on afterwards. Both are needed: a change of the group is itself a vote of the
// present one, and a group that agreed to be too small would be stuck for good.
func (p *plan) removable(g *group, r *Replica) bool {
	if !r.Voter {
		return true
	}
	live, after := len(g.live), len(g.voters)-1
	if live < quorum(len(g.voters)) || after < 1 {
		return false
	}
	if p.live(r) {
		live--
	}
	return live >= quorum(after)
}

// shard chooses the change that a shard's replicas need most. The order matters: a
// dead voter counts against the quorum while it is there, so it goes first; a learner
// is brought to its end before the next one; and what leaves or is too much goes only
// when nothing is missing any more.
func (p *plan) shard(s *Shard) {
	g := p.group(s)
	if g.leader == nil {
		return // nobody could carry a change out
	}
	switch {
	case p.dropDead(&g):
	case g.learner != nil:
		p.learner(&g)
	case len(g.good) < p.want && p.grow(&g, "too few replicas"):
	case len(g.good) < len(g.voters) && p.replaceable(&g):
		p.dropLeaving(&g)
	case len(g.good) > p.want:
		p.drop(&g, p.surplus(&g), "too many replicas")
	}
}

// dropDead removes voters that can never vote again: lost ones, and those of nodes
// that are down and given up.
func (p *plan) dropDead(g *group) bool {
	for _, r := range g.voters {
		if !p.good(r) && !p.live(r) && p.removable(g, r) {
			p.do(RemoveReplica, g.Shard, r.Node, r.ID, "the replica is gone for good")
			return true
		}
	}
	return false
}

// learner sees to the replica that is being brought up. It is never in the way for
// long: it is promoted, or its node is gone, or it is still copying.
func (p *plan) learner(g *group) {
	r, n := g.learner, p.nodes[g.learner.Node]
	switch {
	case r.Lost || n != nil && n.Leaving:
		p.do(RemoveReplica, g.Shard, r.Node, r.ID, "the new replica's node is gone")
	case n == nil || !n.Up:
		// It may be back in a moment; another node can take its place at once.
		if p.spare(g) != "" {
			p.do(RemoveReplica, g.Shard, r.Node, r.ID, "the new replica's node is down")
		}
	case r.CaughtUp:
		p.do(Promote, g.Shard, r.Node, r.ID, "it has caught up")
	}
}

// grow adds a replica where there is a node for it. True also means: there will be
// one, so that nothing is removed while the move waits for its turn.
func (p *plan) grow(g *group, why string) bool {
	node := p.spare(g)
	if node == "" || p.moves <= 0 {
		return node != "" // wait for a place
	}
	p.do(AddReplica, g.Shard, node, 0, why)
	return true
}

// spare is the best node for one more replica of the shard: in a zone of its own,
// then with the least load, then by name. "": none may take it.
func (p *plan) spare(g *group) string {
	zones := p.zones(g.good, nil)
	best := ""
	better := func(a, b string) bool {
		return cmp.Or(
			cmp.Compare(zones[p.zone(a)], zones[p.zone(b)]),
			cmp.Compare(p.load[a], p.load[b]),
			cmp.Compare(a, b)) < 0
	}
	for _, n := range p.Nodes {
		if p.may(n.Name) && !g.has(n.Name) && (best == "" || better(n.Name, best)) {
			best = n.Name
		}
	}
	return best
}

// has reports whether a node has a replica of the shard, of any kind.
func (g *group) has(node string) bool {
	return slices.ContainsFunc(g.Replicas, func(r Replica) bool { return r.Node == node })
}

// zone is where a node fails together with others; one without a zone fails alone.
func (p *plan) zone(node string) string {
	if n := p.nodes[node]; n != nil && n.Zone != "" {
		return "zone " + n.Zone
	}
	return "node " + node
}

// zones counts the replicas of each zone, without one: as it would be if that one
// were gone. nil leaves none out.
func (p *plan) zones(rs []*Replica, without *Replica) map[string]int {
	count := map[string]int{}
	for _, r := range rs {
		if r != without {
			count[p.zone(r.Node)]++
		}
	}
	return count
}

// replaceable reports whether a leaving voter can be let go: it was replaced, or
// there is no node that could.
func (p *plan) replaceable(g *group) bool { return len(g.good) >= p.want || p.spare(g) == "" }

// dropLeaving lets a leaving voter go, the one with the lowest id first; the others
// follow in later turns.
func (p *plan) dropLeaving(g *group) {
	for _, r := range g.voters {
		if !p.good(r) {
			p.drop(g, r, "its node leaves")
			return
		}
	}
}

// drop removes a voter, after its leadership has moved to one that stays: a leader
// that removes itself leaves the shard without one for an election.
func (p *plan) drop(g *group, r *Replica, why string) {
	switch {
	case !p.removable(g, r):
	case r == g.leader:
		p.handOver(g, r, why)
	default:
		p.do(RemoveReplica, g.Shard, r.Node, r.ID, why)
	}
}

// handOver moves the leadership away from a replica, to the node that leads least
// of those that may. It reports whether there was one.
func (p *plan) handOver(g *group, from *Replica, why string) bool {
	var to *Replica
	led := p.led()
	for _, r := range g.voters {
		if r != from && p.leads(r) && (to == nil || led[r.Node] < led[to.Node]) {
			to = r
		}
	}
	if to == nil {
		return false
	}
	p.do(MoveLeader, g.Shard, to.Node, to.ID, why)
	return true
}

// leads reports whether a replica may be made the leader. One that is behind would
// first have to catch up, and nothing could be sold meanwhile.
func (p *plan) leads(r *Replica) bool { return p.live(r) && r.CaughtUp && p.may(r.Node) }

// surplus is the voter that is missed least: one whose zone has another, of a node
// that is down, of a node with many replicas; rather not the leader.
func (p *plan) surplus(g *group) *Replica {
	zones := p.zones(g.good, nil)
	flag := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return slices.MaxFunc(g.good, func(a, b *Replica) int {
		return cmp.Or(
			cmp.Compare(zones[p.zone(a.Node)], zones[p.zone(b.Node)]),
			cmp.Compare(flag(!p.live(a)), flag(!p.live(b))),
			cmp.Compare(p.load[a.Node], p.load[b.Node]),
			cmp.Compare(flag(a != g.leader), flag(b != g.leader)),
			cmp.Compare(a.Node, b.Node))
	})
}
