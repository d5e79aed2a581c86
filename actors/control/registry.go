package control

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"boxoffice/storage"

	"github.com/go-json-experiment/json"
)

// record is one record of the event storage.SystemEvent: what is now true of a node,
// or of the cluster (Node is "").
type record struct {
	Node        string `json:"node,omitzero"`
	Incarnation uint64 `json:"incarnation,omitzero"`
	Raft        string `json:"raft,omitzero"`
	Zone        string `json:"zone,omitzero"`
	State       string `json:"state,omitzero"` // recordMember, stateLeaving, stateRemoved
	// Rebalance begins (true) or ends the spreading of replicas for evenness.
	Rebalance *bool `json:"rebalance,omitzero"`
}

// recordMember is the state of a node that takes part.
const recordMember = "member"

// entry is a node as the registry knows it.
type entry struct {
	record
	// Former are the Raft addresses that the node had before: replicas at them are its
	// own and are gone. The last few.
	Former []string `json:"former,omitzero"`
	// Order is when the node's state was last recorded: a larger one is later.
	Order uint64 `json:"order"`
}

// The registry's bounds: what is older is forgotten.
const (
	maxRemoved = 64 // removed nodes
	maxFormer  = 8  // former addresses of a node
)

// registry is the folded records. It is never changed, only replaced: with makes
// the next one.
type registry struct {
	Nodes     map[string]entry `json:"nodes"`
	Rebalance bool             `json:"rebalance,omitzero"`
	Version   uint64           `json:"version"` // records in it
}

// with is the registry after a record.
func (g *registry) with(r record) *registry {
	next := &registry{Nodes: maps.Clone(g.Nodes), Rebalance: g.Rebalance, Version: g.Version + 1}
	if next.Nodes == nil {
		next.Nodes = map[string]entry{}
	}
	if r.Rebalance != nil {
		next.Rebalance = *r.Rebalance
	}
	if r.Node == "" {
		return next
	}
	e := next.Nodes[r.Node]
	if e.Raft != "" && r.Raft != e.Raft && !slices.Contains(e.Former, e.Raft) {
		e.Former = append(slices.Clone(e.Former), e.Raft)
		e.Former = e.Former[max(0, len(e.Former)-maxFormer):]
	}
	e.record, e.Order = r, next.Version
	e.record.Rebalance = nil
	next.Nodes[r.Node] = e
	next.forget()
	return next
}

// forget lets go of the nodes that were removed first.
func (g *registry) forget() {
	var gone []entry
	for _, e := range g.Nodes {
		if e.State == stateRemoved {
			gone = append(gone, e)
		}
	}
	slices.SortFunc(gone, func(a, b entry) int { return cmp.Compare(a.Order, b.Order) })
	for _, e := range gone[:max(0, len(gone)-maxRemoved)] {
		delete(g.Nodes, e.Node)
	}
}

// removed lists the nodes that were removed.
func (g *registry) removed() (nodes []removedNode) {
	for _, name := range sortedKeys(g.Nodes) {
		if e := g.Nodes[name]; e.State == stateRemoved {
			nodes = append(nodes, removedNode{name, e.Incarnation})
		}
	}
	return nodes
}

// present counts the nodes that were not removed.
func (g *registry) present() int {
	n := 0
	for _, e := range g.Nodes {
		if e.State != stateRemoved {
			n++
		}
	}
	return n
}

// foldHistory is the registry that a history tells. A record that this version cannot
// read is skipped, as a node of a later version may have written it.
func foldHistory(h storage.History) (*registry, error) {
	g := &registry{Version: h.At}
	if h.Checkpoint != nil {
		if err := json.Unmarshal(h.Checkpoint, g); err != nil {
			return nil, fmt.Errorf("read the registry's checkpoint: %w", err)
		}
	}
	for _, b := range h.Records {
		var r record
		if err := json.Unmarshal(b, &r); err != nil {
			r = record{}
		}
		g = g.with(r)
	}
	g.Version = h.Version
	return g, nil
}

// checkpointEvery is the number of records after which the registry is stored as a
// whole, so that a controller starts from few records for ever.
const checkpointEvery = 256

// write appends records in one batch and gives the registry after them. On an error
// nothing is known of the outcome: the caller's registry is stale.
func (g *registry) write(ctx context.Context, log Log, epoch uint64, records ...record) (*registry, error) {
	next := g
	b := storage.Batch{Event: storage.SystemEvent, Epoch: epoch, Base: g.Version}
	for _, r := range records {
		body, err := json.Marshal(r)
		if err != nil {
			return nil, fmt.Errorf("write the record of a node: %w", err)
		}
		b.Records = append(b.Records, body)
		next = next.with(r)
	}
	folded, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("write the registry's summary: %w", err)
	}
	b.Summary = folded
	if err := log.Append(ctx, b); err != nil {
		return nil, fmt.Errorf("record a change of nodes: %w", err)
	}
	if next.Version/checkpointEvery != g.Version/checkpointEvery {
		// Without it the next controller reads more records, no harm else.
		_ = log.SaveCheckpoint(ctx, storage.SystemEvent, epoch, next.Version, folded)
	}
	return next, nil
}

// storedRegistry is the registry as this node's replica of the system shard has it;
// nil where that cannot be said. It does no more than read.
func (a *Agent) storedRegistry() *registry {
	v, err := a.cfg.Log.View(storage.SystemEvent)
	if err != nil {
		return nil
	}
	g := &registry{}
	if json.Unmarshal(v.Summary, g) != nil {
		return nil
	}
	return g
}
