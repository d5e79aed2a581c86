package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"boxoffice/cluster"
	"boxoffice/storage"
)

// Drain gives every leadership of this node to a node that is up, and tells all
// that it is to get none back. It does so itself and needs no controller: it is what
// a node does before it stops. It returns when nothing is led here, with UnsafeError
// when a shard has had no other voter that could lead for two seconds, and with
// ErrUnavailable when ctx ends. A node alone has nobody to give to: nil. The node stays drained in each case.
func (a *Agent) Drain(ctx context.Context) error {
	if cluster.State(a.mode.Load()) == cluster.Up {
		a.setState(cluster.Draining)
	}
	hopeful := time.Now() // when a shard that is still led could last have gone elsewhere
	for {
		led := a.led()
		if len(led) == 0 || len(a.others()) == 0 {
			return nil
		}
		stranded := a.giveAway(ctx, led)
		if len(a.led()) == 0 {
			return nil
		}
		if len(stranded) < len(a.led()) {
			hopeful = time.Now()
		}
		if time.Since(hopeful) >= strandedFor {
			return UnsafeError{Reason: fmt.Sprintf("no other node that is up could lead shards %v", stranded)}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("drain: %w: %d shards are still led here", ErrUnavailable, len(a.led()))
		case <-time.After(a.cfg.SoonAfter):
		}
	}
}

// strandedFor is how long Drain hopes for a node that could take what is still led:
// gossip may have one as dead that only was slow.
const strandedFor = 2 * time.Second

// drainForOperator drains and has the node's clients go elsewhere. A drain that
// cannot be is taken back: the node would refuse what no other node can do.
func (a *Agent) drainForOperator(ctx context.Context) error {
	if len(a.others()) == 0 {
		return UnsafeError{Reason: "no other node is up"}
	}
	before := cluster.State(a.mode.Load())
	if err := a.Drain(ctx); err != nil {
		if _, unsafe := err.(UnsafeError); unsafe && before == cluster.Up {
			a.setState(cluster.Up)
		}
		return err
	}
	if a.cfg.OnDrain != nil {
		a.cfg.OnDrain(ctx)
	}
	return nil
}

// undrain makes this node take part again.
func (a *Agent) undrain() error {
	switch cluster.State(a.mode.Load()) {
	case cluster.Leaving:
		return UnsafeError{Reason: "the node was removed"}
	case cluster.Draining:
		a.setState(cluster.Up)
		if a.cfg.OnUndrain != nil {
			a.cfg.OnUndrain()
		}
	}
	return nil
}

// led lists this node's replicas that lead.
func (a *Agent) led() []storage.ReplicaStatus {
	return slices.DeleteFunc(a.cfg.Placement.Replicas(), func(r storage.ReplicaStatus) bool {
		return r.Role == storage.Starting || r.Leader == 0 || r.Leader != r.Replica
	})
}

// others lists the other nodes that are up and not drained.
func (a *Agent) others() []cluster.Peer {
	self := a.cfg.Placement.Identity().Node
	return slices.DeleteFunc(slices.Clone(a.cfg.Member.Peers()), func(p cluster.Peer) bool {
		return p.Node == self || p.State != cluster.Up
	})
}

// moversAtOnce bounds the transfers under way: each is an election of its shard.
const moversAtOnce = 8

// giveAway transfers leaderships to the nodes that lead least and have caught up. It
// returns the shards that have no voter on another node that is up.
func (a *Agent) giveAway(ctx context.Context, led []storage.ReplicaStatus) (stranded []uint64) {
	reports := a.gather(a.others(), reportRequest{})
	load := map[string]int{}
	for node, r := range reports {
		for i := range r.Replicas {
			if r.Replicas[i].leads() {
				load[node]++
			}
		}
	}
	var moving sync.WaitGroup
	places := make(chan struct{}, moversAtOnce)
	for _, r := range led {
		heirs, candidates := a.heirs(&r, reports)
		if len(heirs) == 0 {
			if candidates == 0 {
				stranded = append(stranded, r.Shard)
			}
			continue
		}
		to := slices.MinFunc(heirs, func(x, y heir) int {
			return cmp.Or(cmp.Compare(load[x.node], load[y.node]), cmp.Compare(x.node, y.node))
		})
		load[to.node]++
		places <- struct{}{}
		moving.Go(func() {
			defer func() { <-places }()
			a.hand(ctx, r.Shard, to)
		})
	}
	moving.Wait()
	return stranded
}

// heir is a replica that could lead.
type heir struct {
	node    string
	replica uint64
}

// heirs lists the voters of a shard that this node leads which have caught up, and
// counts those on nodes that are up: they may be heirs later.
func (a *Agent) heirs(r *storage.ReplicaStatus, reports map[string]*report) (ready []heir, candidates int) {
	for _, p := range a.others() {
		at := slices.IndexFunc(r.Members, func(m storage.Member) bool { return m.Voter && m.Address == p.Raft })
		if at < 0 {
			continue
		}
		if said := reports[p.Node]; said != nil && said.State != stateUp {
			continue // it was drained, or is full, since gossip last told of it
		}
		candidates++
		rep := reports[p.Node].find(r.Shard, r.Members[at].Replica)
		if rep != nil && rep.Hasty && voters(r.Members) > 2 {
			continue // it is about to be restarted: see watcher.settleable
		}
		if rep != nil && !rep.Starting && rep.follows(r.Term, r.Replica) && rep.Applied+a.cfg.LeadLag >= r.Applied {
			ready = append(ready, heir{p.Node, rep.Replica})
		}
	}
	return ready, candidates
}

func voters(members []storage.Member) (n int) {
	for _, m := range members {
		if m.Voter {
			n++
		}
	}
	return n
}

// transferTimeout bounds one transfer: they take milliseconds or do not happen.
const transferTimeout = time.Second

func (a *Agent) hand(ctx context.Context, shard uint64, to heir) {
	unlock, err := a.lockShard(shard)
	if err != nil {
		return // an order moves it, or the next attempt does
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(ctx, transferTimeout)
	defer cancel()
	if err := a.transfer(ctx, shard, to.replica); err != nil {
		a.cfg.Logger.Warn("giving a leadership away", "shard", shard, "to", to.node, "error", err)
		return
	}
	a.cfg.Logger.Info("gave a leadership away", "shard", shard, "to", to.node)
}

// The wait for a replica that keeps up: one that does has told so in the time between
// two heartbeats. While the shard takes no writes it is asked more often.
const (
	keepsUpWithin = 400 * time.Millisecond
	keepsUpPause  = 5 * time.Millisecond
	quietPause    = time.Millisecond
)

// transfer gives the leadership of a shard to a replica which first shows that it keeps
// up: that it has what was applied here before it was asked. One that a moment ago was
// nearly there may get nothing just now, after its node came back; a shard that waits
// for it takes no writes. Then, while there are none, it shows that it has the last one.
func (a *Agent) transfer(ctx context.Context, shard, replica uint64) error {
	led := a.led()
	at := slices.IndexFunc(led, func(r storage.ReplicaStatus) bool { return r.Shard == shard })
	if at >= 0 { // else Transfer says why
		within, cancel := context.WithTimeout(ctx, keepsUpWithin)
		defer cancel()
		if err := a.keepsUp(within, shard, replica, led[at].Applied, keepsUpPause); err != nil {
			return err
		}
	}
	return a.cfg.Placement.Transfer(ctx, shard, replica, func(ctx context.Context, last uint64) error {
		return a.keepsUp(ctx, shard, replica, last, quietPause)
	})
}

// keepsUp asks the node of a replica until it has so much of what this node leads.
func (a *Agent) keepsUp(ctx context.Context, shard, replica, want uint64, pause time.Duration) error {
	for {
		led := a.led()
		at := slices.IndexFunc(led, func(r storage.ReplicaStatus) bool { return r.Shard == shard })
		if at < 0 {
			return fmt.Errorf("%w: the shard is led elsewhere", ErrUnavailable)
		}
		if a.has(ctx, &led[at], replica, want) {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("%w: replica %d does not keep up: %w", ErrUnavailable, replica, ctx.Err())
		}
	}
}

// has asks once whether a replica follows this node's, and has applied so much.
func (a *Agent) has(ctx context.Context, lead *storage.ReplicaStatus, replica, want uint64) bool {
	at := slices.IndexFunc(lead.Members, func(m storage.Member) bool { return m.Replica == replica })
	if at < 0 {
		return false
	}
	node := nodeAt(a.cfg.Member.Peers(), lead.Members[at].Address)
	if node == "" {
		return false
	}
	r := a.ask(ctx, node, reportRequest{Shard: lead.Shard}).find(lead.Shard, replica)
	return r != nil && !r.Starting && r.follows(lead.Term, lead.Replica) && r.Applied >= want
}

// find is the node's report of a replica; nil where it has none, or gave no report.
func (r *report) find(shard, replica uint64) *replicaReport {
	if r == nil {
		return nil
	}
	at := slices.IndexFunc(r.Replicas, func(x replicaReport) bool { return x.Shard == shard && x.Replica == replica })
	if at < 0 {
		return nil
	}
	return &r.Replicas[at]
}
