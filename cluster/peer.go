package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A State is what a node is ready for.
type State uint8

// The states. The first three are what a node says of itself; the numbers are on
// the wire.
const (
	Up       State = 0 // takes part
	Draining State = 1 // gives its leaders away and may come back
	Leaving  State = 2 // gives its replicas away too
	Down     State = 3 // dead or gone: so says memberlist
)

// String is the state's word.
func (s State) String() string {
	switch s {
	case Up:
		return "up"
	case Draining:
		return "draining"
	case Leaving:
		return "leaving"
	case Down:
		return "down"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// A Peer is what is known of a node.
type Peer struct {
	Node, Zone, Version          string
	Roles                        []string // what it does besides selling, in no order; only read
	Gossip, Actors, Raft, HTTP   string   // addresses, HOST:PORT
	Incarnation, Cluster, Shards uint64   // 0: the node does not know yet
	State                        State
	Started                      time.Time // by its own clock, to the millisecond
	Heard                        time.Time // the last batch of calls or beat of it; zero: none yet; self: now
}

// Has says whether the node has a role.
func (p Peer) Has(role string) bool { return slices.Contains(p.Roles, role) }

// Peers tells of all nodes, this one too, sorted by name. Dead ones are there as
// Down for Config.Grace. It does not block and may be called by anybody.
func (m *Member) Peers() []Peer {
	peers := m.roster.list()
	for i := range peers {
		peers[i].Heard = m.heard(peers[i].Actors)
	}
	peers = append(peers, m.self0())
	slices.SortFunc(peers, func(a, b Peer) int { return strings.Compare(a.Node, b.Node) })
	return peers
}

// heard says when the last batch came from an address.
func (m *Member) heard(address string) time.Time {
	m.links.mu.RLock()
	l := m.links.all[address]
	m.links.mu.RUnlock()
	if l == nil {
		return time.Time{}
	}
	if at := l.heard.Load(); at != 0 {
		return m.began.Add(time.Duration(at))
	}
	return time.Time{}
}

// unheardMax is how long all others may be silent before this node takes itself
// for cut off.
const unheardMax = 5 * time.Second

// Reachable is false when this node seems to be cut off: others are members, and
// none of them was heard for 5 s. Nodes that left by themselves do not count.
func (m *Member) Reachable() bool {
	others := false
	now := time.Now()
	for _, p := range m.roster.staying() {
		others = true
		if now.Sub(p.joined) < unheardMax || now.Sub(m.heard(p.Actors)) < unheardMax {
			return true
		}
	}
	return !others
}

// Forget drops a node that is down from Peers and from the peers file: it was
// removed from the cluster. A node that lives comes back by itself.
func (m *Member) Forget(node string) {
	if m.roster.forget(node) {
		m.kickKeeper()
	}
}

// SetState tells the peers a new state of this node: Up, Draining or Leaving.
func (m *Member) SetState(s State) {
	if s >= Down {
		return
	}
	m.aboutMu.Lock()
	m.about.State = s
	m.aboutMu.Unlock()
	m.reannounce()
}

// Become tells the peers the identity of this node, when it has learned or made
// one.
func (m *Member) Become(cluster, shards, incarnation uint64) {
	m.aboutMu.Lock()
	m.about.Cluster, m.about.Shards, m.about.Incarnation = cluster, shards, incarnation
	m.aboutMu.Unlock()
	m.reannounce()
}

// self0 is what this node says of itself.
func (m *Member) self0() Peer {
	m.aboutMu.Lock()
	p := m.about
	m.aboutMu.Unlock()
	p.Heard = time.Now()
	return p
}
