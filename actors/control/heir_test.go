package control

import (
	"context"
	"errors"
	"testing"
	"time"

	"boxoffice/cluster"
	"boxoffice/storage"
)

// inheritance is a shard of a cluster of three, whose heir hears nothing any more.
type inheritance struct {
	*world
	leader *Agent
	lead   storage.ReplicaStatus
	heir   *simNode
	of     *simReplica // the heir's
}

const inherited = 1 // the shard

func inherit(t *testing.T) *inheritance {
	w := three(t)
	w.pass(10 * time.Second)
	w.mu.Lock()
	defer w.mu.Unlock()
	g := w.groups[inherited-1]
	n, r := w.at(g, g.leader)
	i := &inheritance{world: w, leader: n.agent, lead: r.ReplicaStatus}
	for id := range g.members {
		if m, of := w.at(g, id); m != n {
			i.heir, i.of = m, of
		}
	}
	w.deaf = i.heir.name
	i.of.Applied, i.of.Term, i.of.Leader = r.Applied, r.Term, r.Leader
	return i
}

// with asks for something while the heir's replica is changed.
func (i *inheritance) with(change func(r *simReplica), ask func() bool) bool {
	i.mu.Lock()
	before := *i.of
	change(i.of)
	i.mu.Unlock()
	defer i.locked(func() bool { *i.of = before; return true })
	return ask()
}

// changes are what keeps a replica from being an heir, or does not.
var changes = map[string]struct {
	change func(r *simReplica)
	ready  bool
}{
	"as it is":          {func(*simReplica) {}, true},
	"of an older term":  {func(r *simReplica) { r.Term-- }, false},
	"without a leader":  {func(r *simReplica) { r.Leader = 0 }, false},
	"that starts":       {func(r *simReplica) { r.Role = storage.Starting }, false},
	"of another id":     {func(r *simReplica) { r.Replica += 100 }, false},
	"that is far ahead": {func(r *simReplica) { r.Applied += 1000 }, true},
}

// Whoever is asked for what he has must have it, and follow.
func TestHas(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := inherit(t)
		want := i.lead.Applied
		has := func() bool { return i.leader.has(t.Context(), &i.lead, i.of.Replica, want) }
		for what, c := range changes {
			id := i.of.Replica
			got := i.with(c.change, func() bool { return i.leader.has(t.Context(), &i.lead, id, want) })
			if got != c.ready {
				t.Errorf("a replica %s has it: %v", what, got)
			}
		}
		if i.with(func(r *simReplica) { r.Applied = want - 1 }, has) {
			t.Error("one command is missing")
		}
		if i.leader.has(t.Context(), &i.lead, 99, want) {
			t.Error("a replica that is not has it")
		}
		i.kill(i.heir.name)
		if has() {
			t.Error("a node that is down has it")
		}
	})
}

// The heirs are those that are no more than LeadLag behind, follow, and stay.
func TestHeirs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := inherit(t)
		is := func() bool {
			reports := i.leader.gather(i.leader.others(), reportRequest{})
			ready, candidates := i.leader.heirs(&i.lead, reports)
			if candidates != 2 {
				t.Errorf("%d candidates", candidates)
			}
			for _, h := range ready {
				if h.node == i.heir.name {
					return true
				}
			}
			return false
		}
		for what, c := range changes {
			if got := i.with(c.change, is); got != c.ready {
				t.Errorf("a replica %s is an heir: %v", what, got)
			}
		}
		lag := DefaultConfig().LeadLag
		for behind, want := range map[uint64]bool{lag: true, lag + 1: false} {
			if got := i.with(func(r *simReplica) { r.Applied = i.lead.Applied - behind }, is); got != want {
				t.Errorf("%d behind it is an heir: %v", behind, got)
			}
		}
		if i.with(func(r *simReplica) { r.Hasty = true }, is) {
			t.Error("one that is about to be restarted is an heir")
		}
		i.heir.agent.mode.Store(uint32(cluster.Draining)) // and gossip has not told yet
		reports := i.leader.gather(i.leader.others(), reportRequest{})
		if _, candidates := i.leader.heirs(&i.lead, reports); candidates != 1 {
			t.Error("a drained node could lead")
		}
	})
}

// A replica that does not keep up gets nothing, and its shard takes writes meanwhile:
// the log is not asked. One that has all gets it.
func TestOnlyWhoKeepsUpIsGivenTheLead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := inherit(t)
		began := time.Now()
		i.locked(func() bool { i.of.Applied = i.lead.Applied - 1; return true })
		err := i.leader.transfer(context.Background(), inherited, i.of.Replica)
		took := time.Since(began)
		if !errors.Is(err, ErrUnavailable) || took < keepsUpWithin || took > 2*keepsUpWithin {
			t.Errorf("given to one that is deaf: %v after %v", err, took)
		}
		i.locked(func() bool { i.deaf = ""; return true })
		i.pass(time.Second) // until it has all: it hears a leader two times of three
		if err := i.leader.transfer(context.Background(), inherited, i.of.Replica); err != nil {
			t.Errorf("given to one that keeps up: %v", err)
		}
		if !i.locked(func() bool { return i.groups[inherited-1].leader == i.of.Replica }) {
			t.Error("it does not lead")
		}
	})
}

// A report about one shard has no other.
func TestAReportOfOneShard(t *testing.T) {
	bubble(t, func(t *testing.T) {
		i := inherit(t)
		r := i.leader.ask(t.Context(), i.heir.name, reportRequest{Shard: inherited})
		if r == nil || len(r.Replicas) != 1 || r.Replicas[0].Shard != inherited {
			t.Errorf("the report: %+v", r)
		}
		if r = i.leader.ask(t.Context(), i.heir.name, reportRequest{}); r == nil || len(r.Replicas) != simShards+1 {
			t.Errorf("the report of all: %+v", r)
		}
	})
}
