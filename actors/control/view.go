package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"boxoffice/cluster"
	"boxoffice/cluster/assign"
)

// view is what one round of reports shows of the cluster. It is made by see and not
// changed afterwards.
type view struct {
	peers    map[string]cluster.Peer
	reports  map[string]*report
	registry *registry
	nodeOf   map[string]string // Raft address → node
	shards   []shard           // by number, from 1 to the system shard
	up       map[string]bool
	lost     map[place]bool
}

// place is a replica.
type place struct{ shard, replica uint64 }

// shard is one shard in a view.
type shard struct {
	id       uint64
	leader   string         // the leader's node; "": none has said that it leads
	lead     *replicaReport // the leader's report; nil: none
	config   uint64         // of members
	replicas []replica
	// settled: the leader has reported, and no replica knows a newer membership or a
	// later term. Only then may the shard be changed.
	settled bool
}

// replica is a member of a shard in a view.
type replica struct {
	memberReport
	node string         // "": at an address that no node has
	rep  *replicaReport // nil: its node does not report it
}

// see makes a view of reports.
func see(peers []cluster.Peer, reports map[string]*report, g *registry, shards uint64, up map[string]bool) *view {
	v := &view{peers: map[string]cluster.Peer{}, reports: reports, registry: g, nodeOf: addresses(peers, g), up: up}
	for _, p := range peers {
		v.peers[p.Node] = p
	}
	for id := uint64(1); id <= shards; id++ {
		v.shards = append(v.shards, v.shard(id))
	}
	return v
}

// addresses maps Raft addresses to nodes: present ones first, then former ones.
func addresses(peers []cluster.Peer, g *registry) map[string]string {
	of := map[string]string{}
	for node, e := range g.Nodes {
		for _, address := range e.Former {
			of[address] = node
		}
	}
	for node, e := range g.Nodes {
		of[e.Raft] = node
	}
	for _, p := range peers {
		if p.Raft != "" {
			of[p.Raft] = p.Node
		}
	}
	return of
}

// shard puts together what the nodes say of a shard.
func (v *view) shard(id uint64) shard {
	s := shard{id: id}
	var newest *replicaReport
	var term, config uint64
	for _, node := range sortedKeys(v.reports) {
		for i := range v.reports[node].Replicas {
			r := &v.reports[node].Replicas[i]
			if r.Shard != id {
				continue
			}
			term, config = max(term, r.Term), max(config, r.Config)
			if r.leads() && (s.lead == nil || r.Term > s.lead.Term) {
				s.leader, s.lead = node, r
			}
			if newest == nil || r.Config > newest.Config {
				newest = r
			}
		}
	}
	if newest == nil {
		return s
	}
	s.settled = s.lead != nil && s.lead.Config == config && s.lead.Term == term && len(s.lead.Members) > 0
	if s.lead != nil && s.lead.Config == config {
		newest = s.lead
	}
	s.config = newest.Config
	for _, m := range newest.Members {
		s.replicas = append(s.replicas, v.replica(id, m))
	}
	slices.SortFunc(s.replicas, func(a, b replica) int { return cmp.Compare(a.Replica, b.Replica) })
	return s
}

// replica finds a member's node: the one that says that it has it, else the one at
// its address.
func (v *view) replica(shard uint64, m memberReport) replica {
	for _, node := range sortedKeys(v.reports) {
		if rep := v.reports[node].find(shard, m.Replica); rep != nil {
			return replica{m, node, rep}
		}
	}
	return replica{m, v.nodeOf[m.Address], nil}
}

// lag is how many entries a replica is behind its leader, or behind the replica that
// has most if there is none.
func (s *shard) lag(r *replica) uint64 {
	most := uint64(0)
	if s.lead != nil {
		most = s.lead.Applied
	} else {
		for _, other := range s.replicas {
			if other.rep != nil {
				most = max(most, other.rep.Applied)
			}
		}
	}
	if r.rep == nil || r.rep.Applied >= most {
		return 0
	}
	return most - r.rep.Applied
}

// hosts reports whether a node is in the shard's membership.
func (s *shard) hosts(node string) bool {
	return slices.ContainsFunc(s.replicas, func(r replica) bool { return r.node == node })
}

// stray is how a replica's node is named where nobody has its address.
func stray(address string) string { return "at " + address }

// assignment is the view as package assign wants it.
func (v *view) assignment(cfg *Config) assign.Cluster {
	c := assign.Cluster{Replicas: cfg.Replicas, MaxMoves: cfg.MaxMoves, Rebalance: v.registry.Rebalance}
	for _, name := range sortedKeys(v.registry.Nodes) {
		e := v.registry.Nodes[name]
		if e.State == stateRemoved {
			continue
		}
		c.Nodes = append(c.Nodes, assign.Node{
			Name: name, Zone: e.Zone, Up: v.up[name], Draining: v.drained(name),
			Full: v.full(name), Leaving: e.State == stateLeaving,
		})
	}
	for i := range v.shards {
		c.Shards = append(c.Shards, v.shards[i].assignment(v, cfg))
	}
	return c
}

func (s *shard) assignment(v *view, cfg *Config) assign.Shard {
	out := assign.Shard{ID: s.id}
	if s.lead != nil {
		out.Leader, out.Hasty = s.lead.Replica, s.lead.Hasty
	}
	for i := range s.replicas {
		r := &s.replicas[i]
		most := cfg.MaxLag
		if r.Voter {
			most = cfg.LeadLag
		}
		out.Replicas = append(out.Replicas, assign.Replica{
			ID: r.Replica, Node: cmp.Or(r.node, stray(r.Address)), Voter: r.Voter,
			CaughtUp: s.caughtUp(r, most) && !s.unsettled(r), Lost: v.lost[place{s.id, r.Replica}],
		})
	}
	return out
}

// caughtUp reports whether a replica has nearly all that the leader has, and hears it.
func (s *shard) caughtUp(r *replica, most uint64) bool {
	return s.lead != nil && r.rep != nil && !r.rep.Starting && s.lag(r) <= most &&
		r.rep.follows(s.lead.Term, s.lead.Replica)
}

// unsettled reports whether a replica that does not lead still has the election times
// of one alone: it is to lead only after its restart, or it would hand over at once.
func (s *shard) unsettled(r *replica) bool {
	return r.rep != nil && r.rep.Hasty && r.Voter && (s.lead == nil || r.Replica != s.lead.Replica)
}

// full reports whether a node says that its disk is nearly full.
func (v *view) full(node string) bool { r := v.reports[node]; return r != nil && r.Full }

// drained reports whether a node is to lead nothing, whatever its disk is: what it
// says itself is newer than what gossip does.
func (v *view) drained(node string) bool {
	if r := v.reports[node]; r != nil {
		return r.State != stateUp && r.State != stateFull
	}
	p, ok := v.peers[node]
	return ok && (p.State == cluster.Draining || p.State == cluster.Leaving)
}

// down reports whether gossip has a node as dead, or does not have it at all.
func (v *view) down(node string) bool {
	p, ok := v.peers[node]
	return !ok || p.State == cluster.Down
}

// unsettled lists the shards that may not be changed now.
func (v *view) unsettled() (ids []uint64) {
	for i := range v.shards {
		if !v.shards[i].settled {
			ids = append(ids, v.shards[i].id)
		}
	}
	return ids
}

// empty reports whether a node has certainly no replica: every shard's leader says
// so, and the node too unless it is down.
func (v *view) empty(node string) bool {
	for i := range v.shards {
		if !v.shards[i].settled || v.shards[i].hosts(node) {
			return false
		}
	}
	if v.down(node) {
		return true
	}
	r := v.reports[node]
	return r != nil && len(r.Replicas) == 0
}

// holds reports whether a node has a replica, as the memberships say.
func (v *view) holds(node string) bool {
	return slices.ContainsFunc(v.shards, func(s shard) bool { return s.hosts(node) })
}

// liveness decides which nodes are up: not dead for gossip, and heard of a moment ago.
func liveness(peers []cluster.Peer, heard map[string]time.Time, silent time.Duration) map[string]bool {
	up := map[string]bool{}
	for _, p := range peers {
		up[p.Node] = p.State != cluster.Down && time.Since(heard[p.Node]) < silent
	}
	return up
}

// sketch is a text that changes when something about the nodes does.
func sketch(peers []cluster.Peer) string {
	var lines []string
	for _, p := range peers {
		lines = append(lines, fmt.Sprint(p.Node, " ", p.State, " ", p.Incarnation, " ", p.Raft, " ", p.Zone))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// sortedKeys lists a map's keys in order, so that what is done does not depend on chance.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
