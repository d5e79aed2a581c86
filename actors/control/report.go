package control

import (
	"context"
	"slices"
	"sync"
	"time"

	"boxoffice/cluster"
	"boxoffice/storage"

	"github.com/go-json-experiment/json"
)

// report is what a node has, as it travels. Members that a reader does not know are
// skipped, those that a writer does not know are zero.
type report struct {
	Node        string          `json:"node"`
	Cluster     uint64          `json:"cluster"`
	Incarnation uint64          `json:"incarnation"`
	Shards      uint64          `json:"shards"`
	Raft        string          `json:"raft"`
	Version     string          `json:"version,omitzero"`
	Uptime      int64           `json:"uptime"` // s
	DiskFree    uint64          `json:"diskFree,omitzero"`
	DiskTotal   uint64          `json:"diskTotal,omitzero"`
	Full        bool            `json:"full,omitzero"` // the disk is nearly full
	State       string          `json:"state"`         // stateUp, stateFull, stateDraining, stateLeaving
	Search      *SearchBrief    `json:"search,omitzero"`
	Replicas    []replicaReport `json:"replicas,omitzero"`
}

// replicaReport is storage.ReplicaStatus as it travels. Names are short: there are
// many of them.
type replicaReport struct {
	Shard    uint64         `json:"s"`
	Replica  uint64         `json:"r"`
	Starting bool           `json:"starting,omitzero"`
	Term     uint64         `json:"t,omitzero"`
	Leader   uint64         `json:"l,omitzero"`
	Applied  uint64         `json:"a,omitzero"`
	Config   uint64         `json:"c,omitzero"`
	Hasty    bool           `json:"hasty,omitzero"`
	Members  []memberReport `json:"m,omitzero"`
	Removed  []uint64       `json:"gone,omitzero"` // only of the shard's leader
}

// memberReport is storage.Member as it travels.
type memberReport struct {
	Replica uint64 `json:"r"`
	Address string `json:"a"`
	Voter   bool   `json:"v,omitzero"`
}

// The states of a node, as reports and Status name them.
const (
	stateUp       = "up"
	stateFull     = "full" // up, with a disk that is nearly full
	stateDraining = "draining"
	stateLeaving  = "leaving"
	stateDown     = "down"
	stateRemoved  = "removed"
)

// reportRequest asks for a report; Term is the asking controller's, 0 for others.
type reportRequest struct {
	Term uint64 `json:"term,omitzero"`
	// Shard is the only one that the report need be about; 0: all. A node that does not
	// know this tells all.
	Shard uint64 `json:"shard,omitzero"`
	// Removed are the nodes that were removed, as far as the controller remembers.
	Removed []removedNode `json:"removed,omitzero"`
}

// removedNode is a node that was removed, with the disk that it had.
type removedNode struct {
	Node        string `json:"n"`
	Incarnation uint64 `json:"i"`
}

// leads reports whether the replica leads its shard, as far as it knows.
func (r *replicaReport) leads() bool { return !r.Starting && r.Leader != 0 && r.Leader == r.Replica }

// follows reports whether the replica has heard a leader in its term since it was
// started. One on a node that has just come back has not: it may have all that it is to
// have, and the way to it is not open yet. Leadership that is given to it stays with
// nobody until it is.
func (r *replicaReport) follows(term, leader uint64) bool {
	return r.Term == term && r.Leader == leader
}

// report is this node's, now: about one shard, or 0: all.
func (a *Agent) report(shard uint64) *report {
	id := a.cfg.Placement.Identity()
	r := &report{
		Node: id.Node, Cluster: id.Cluster, Incarnation: id.Incarnation, Shards: id.Shards, Raft: id.RaftAddress,
		Version: a.cfg.Version, Uptime: int64(time.Since(a.started) / time.Second), State: a.state(),
		Full: a.full.Load(),
	}
	if a.cfg.Disk != nil {
		r.DiskFree, r.DiskTotal = a.cfg.Disk()
	}
	if a.cfg.Search != nil {
		brief := a.cfg.Search()
		r.Search = &brief
	}
	for _, s := range a.cfg.Placement.Replicas() {
		if shard == 0 || s.Shard == shard {
			r.Replicas = append(r.Replicas, reportOf(s))
		}
	}
	return r
}

func reportOf(s storage.ReplicaStatus) replicaReport {
	r := replicaReport{
		Shard: s.Shard, Replica: s.Replica, Starting: s.Role == storage.Starting, Term: s.Term, Leader: s.Leader,
		Applied: s.Applied, Config: s.Config, Hasty: s.Hasty,
	}
	for _, m := range s.Members {
		r.Members = append(r.Members, memberReport{Replica: m.Replica, Address: m.Address, Voter: m.Voter})
	}
	if r.leads() {
		r.Removed = s.Removed
	}
	return r
}

// handleReport answers with this node's report.
func (a *Agent) handleReport(call cluster.Call) {
	var q reportRequest
	if json.Unmarshal(call.Body, &q) == nil {
		if a.heed(q.Term) {
			a.forget(q.Removed)
		}
	}
	body, err := json.Marshal(a.report(q.Shard))
	if err != nil {
		a.cfg.Logger.Error("writing a report", "error", err) // cannot be: it has only plain members
		return
	}
	call.Reply(body)
}

// forget lets go of the nodes that were removed and have gone: they will not be back,
// and are no reason to wait for anybody.
func (a *Agent) forget(removed []removedNode) {
	for _, p := range a.cfg.Member.Peers() {
		if p.State == cluster.Down && slices.Contains(removed, removedNode{p.Node, p.Incarnation}) {
			a.cfg.Member.Forget(p.Node)
		}
	}
}

// gather asks all nodes that are not down for their reports, at once. A node that
// does not answer in time, or not in its own name, is missing in the result. It
// blocks for ReportTimeout at most.
func (a *Agent) gather(peers []cluster.Peer, q reportRequest) map[string]*report {
	var (
		mu      sync.Mutex // guards reports
		asked   sync.WaitGroup
		reports = map[string]*report{}
	)
	for _, p := range peers {
		if p.State == cluster.Down {
			continue
		}
		asked.Go(func() {
			r := a.ask(context.Background(), p.Node, q)
			if r == nil {
				return // SilentAfter is what makes it a problem
			}
			mu.Lock()
			defer mu.Unlock()
			reports[p.Node] = r
		})
	}
	asked.Wait()
	return reports
}

// ask asks a node for its report: nil if it gives none before ctx ends, and within
// ReportTimeout.
func (a *Agent) ask(ctx context.Context, node string, q reportRequest) *report {
	body, _ := json.Marshal(q) // a plain struct
	answer, err := cluster.CallWithin(ctx, a.cfg.Member, time.Now().Add(a.cfg.ReportTimeout), node, KindReport, body)
	if err != nil {
		return nil
	}
	r := &report{}
	if err := json.Unmarshal(answer, r); err != nil || r.Node != node {
		a.cfg.Logger.Warn("a report cannot be read", "node", node, "error", err)
		return nil
	}
	r.Replicas = slices.DeleteFunc(r.Replicas, func(x replicaReport) bool {
		return x.Shard == 0 || x.Shard > a.system // of a cluster with more shards
	})
	return r
}
