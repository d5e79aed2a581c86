package control

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"boxoffice/cluster"
	"boxoffice/cluster/assign"
)

// status is the cluster as the controller sees it, with reports of now.
func (c *controller) status() Status {
	k := c.known.Load()
	peers := c.cfg.Member.Peers()
	reports := c.gather(peers, reportRequest{Term: c.term})
	heard := maps.Clone(k.heard)
	for node := range reports {
		heard[node] = time.Now()
	}
	v := see(peers, reports, k.registry, c.system, liveness(peers, heard, c.cfg.SilentAfter))
	v.lost = v.absent(k.lost)
	return c.build(v)
}

// absent is the voters whose node has just reported, and not them. The controller
// waits for more reports before it acts on that; an operator sees it at once, or he
// would take a cluster for whole that has just lost a disk.
func (v *view) absent(lost map[place]bool) map[place]bool {
	absent := maps.Clone(lost)
	if absent == nil {
		absent = map[place]bool{}
	}
	for _, s := range v.shards {
		for _, r := range s.replicas {
			if r.Voter && r.rep == nil && v.reports[r.node] != nil {
				absent[place{s.id, r.Replica}] = true
			}
		}
	}
	return absent
}

// seenFromHere is the cluster as this node sees it, without a controller.
func (a *Agent) seenFromHere() Status {
	peers := a.cfg.Member.Peers()
	reports := a.gather(peers, reportRequest{})
	heard := map[string]time.Time{}
	for node := range reports {
		heard[node] = time.Now()
	}
	g := a.storedRegistry()
	if g == nil {
		g = guess(peers)
	}
	s := a.build(see(peers, reports, g, a.system, liveness(peers, heard, a.cfg.SilentAfter)))
	s.Problems = append(s.Problems, "no controller answers: this is what one node sees, and nothing is repaired")
	if s.Health == OK {
		s.Health = Degraded
	}
	return s
}

// guess is a registry for a node that cannot read it: those that gossip knows.
func guess(peers []cluster.Peer) *registry {
	g := &registry{}
	for _, p := range peers {
		g = g.with(record{Node: p.Node, Incarnation: p.Incarnation, Raft: p.Raft, Zone: p.Zone, State: recordMember})
	}
	return g
}

// build makes a view readable.
func (a *Agent) build(v *view) Status {
	level, problems := assign.Health(v.assignment(&a.cfg))
	s := Status{
		Cluster: a.cfg.Name, Health: verdict(level), Problems: append([]string{}, problems...),
		Nodes: []NodeStatus{}, Shards: []ShardStatus{},
	}
	for i := range v.shards {
		s.Shards = append(s.Shards, v.shards[i].status(v, a.system))
	}
	names := sortedKeys(v.peers)
	for node := range v.registry.Nodes {
		if _, ok := v.peers[node]; !ok {
			names = append(names, node)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		n, ok := v.node(name)
		if !ok {
			continue
		}
		for _, shard := range s.Shards {
			if shard.Leader == name {
				n.Leaders++
			}
		}
		s.Nodes = append(s.Nodes, n)
		if n.State == stateUp && v.reports[name] == nil {
			s.Problems = append(s.Problems, fmt.Sprintf("node %s gives no report", name))
			s.Health = cmp.Or(worse(s.Health), Degraded)
		}
	}
	return s
}

// worse is the health that stays what it is when something degrades it; "" for OK.
func worse(h Health) Health {
	if h == OK {
		return ""
	}
	return h
}

func verdict(l assign.Level) Health {
	switch l {
	case assign.OK:
		return OK
	case assign.Degraded:
		return Degraded
	default:
		return Unavailable
	}
}

// node is one node's line. It is false for one that was removed and is gone.
func (v *view) node(name string) (NodeStatus, bool) {
	p, seen := v.peers[name]
	e := v.registry.Nodes[name]
	n := NodeStatus{Name: name, State: stateUp, Zone: cmp.Or(p.Zone, e.Zone), Version: p.Version, HTTP: p.HTTP,
		Roles: p.Roles}
	// One that has gone may never have told which disk it had: it had just come.
	same := !seen || p.Incarnation == e.Incarnation || p.Incarnation == 0 && v.down(name)
	switch {
	case e.State == stateRemoved && same:
		n.State = stateRemoved
	case e.State == stateLeaving || p.State == cluster.Leaving:
		n.State = stateLeaving
	case v.down(name) || !v.up[name]: // as Health sees it
		n.State = stateDown
	case v.drained(name):
		n.State = stateDraining
	case v.full(name):
		n.State = stateFull
	}
	if r := v.reports[name]; r != nil {
		n.Version, n.Replicas = cmp.Or(r.Version, n.Version), len(r.Replicas)
		n.DiskFreeBytes, n.DiskTotalBytes, n.UptimeSeconds = r.DiskFree, r.DiskTotal, r.Uptime
		n.Search = r.Search
	} else {
		for i := range v.shards {
			if v.shards[i].hosts(name) {
				n.Replicas++
			}
		}
	}
	return n, n.State != stateRemoved || seen
}

// status is one shard's line.
func (s *shard) status(v *view, system uint64) ShardStatus {
	out := ShardStatus{ID: s.id, System: s.id == system, Leader: s.leader, Replicas: []ReplicaStatus{}}
	if s.lead != nil {
		out.Term = s.lead.Term
	}
	for i := range s.replicas {
		r := &s.replicas[i]
		line := ReplicaStatus{
			Node: cmp.Or(r.node, stray(r.Address)), Replica: r.Replica, Role: roleLearner, Lag: s.lag(r),
		}
		if r.Voter {
			line.Role = roleVoter
		}
		if v.lost[place{s.id, r.Replica}] {
			line.Role = roleLost
		}
		if r.rep != nil {
			line.Applied = r.rep.Applied
		}
		out.Replicas = append(out.Replicas, line)
	}
	return out
}

// The roles of replicas in a Status.
const (
	roleVoter   = "voter"
	roleLearner = "learner"
	roleLost    = "lost"
)
