package assign

import (
	"fmt"
	"slices"
	"strings"
)

// UnsafeError says why a node cannot be removed.
type UnsafeError struct {
	Node   string
	Reason string
	// Shards are those that would lose their quorum, or their only copy; none where
	// the reason is not about a shard.
	Shards []uint64
}

// Error implements error.
func (e *UnsafeError) Error() string {
	if len(e.Shards) == 0 {
		return fmt.Sprintf("node %s cannot be removed: %s", e.Node, e.Reason)
	}
	return fmt.Sprintf("node %s cannot be removed: %s: shards %s", e.Node, e.Reason, list(e.Shards))
}

// Safe is asked before a node is marked as leaving; Next holds to the same quorums
// afterwards, so a failure in between stops the removal and breaks nothing.
//
// It is nil if a node can be removed: its replicas can move or be done without,
// and no shard loses its quorum on the way. Else it is an *UnsafeError.
func Safe(c Cluster, node string) error {
	p := newPlan(c)
	others := slices.ContainsFunc(p.Nodes, func(n Node) bool { return n.Name != node && n.Up && !n.Leaving })
	if !others {
		return &UnsafeError{Node: node, Reason: "no other node is up that stays"}
	}
	var stuck, only []uint64
	for i := range p.Shards {
		g := p.group(&p.Shards[i])
		there := slices.IndexFunc(g.voters, func(r *Replica) bool { return r.Node == node })
		if there < 0 {
			continue
		}
		live, after := len(g.live), len(g.voters)-1
		mine := p.live(g.voters[there])
		switch {
		case after == 0 && !mine:
			only = append(only, g.ID)
		case live < quorum(len(g.voters)):
			stuck = append(stuck, g.ID)
		case after > 0 && mine && live-1 < quorum(after):
			stuck = append(stuck, g.ID)
		}
	}
	switch {
	case len(only) > 0:
		return &UnsafeError{node, "it has the only copy and is down", only}
	case len(stuck) > 0:
		return &UnsafeError{node, "a shard would have no quorum without it", stuck}
	}
	return nil
}

// list writes numbers for people: "1, 4, 7". All of them: an operator has to know.
func list(ids []uint64) string {
	var words []string
	for _, id := range ids {
		words = append(words, fmt.Sprint(id))
	}
	return strings.Join(words, ", ")
}
