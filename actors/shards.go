package actors

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"boxoffice/actors/sale/catalog"
	"boxoffice/storage"
)

// shard is what the node knows of one shard of the log. It is replaced as a
// whole when leadership changes, so readers load one pointer.
type shard struct {
	id      uint64
	term    uint64 // of the last news of its leader
	leading bool   // this node leads in it, and has claimed the shard or is about to
	epoch   uint64 // 0: not ours
	// from and to bound the time without an owner before this epoch: deadlines of
	// holds move by it.
	from, to catalog.Time
	// ahead is what is added to the node's clock so that the shard's time never
	// goes back behind what an earlier owner wrote.
	ahead int64
	// life ends when this value is replaced.
	life context.Context
	end  context.CancelFunc
}

// newShard is what is known of a shard after news of its leader.
func (n *Node) newShard(id, term uint64, leading bool) *shard {
	s := &shard{id: id, term: term, leading: leading}
	s.life, s.end = context.WithCancel(n.ctx)
	return s
}

// owned reports whether this node may write the shard.
func (s *shard) owned() bool { return s.epoch != 0 }

// nodeClock is the wall clock at the node's start plus monotonic time since: it
// never jumps, whatever is done to the wall clock.
type nodeClock struct {
	start time.Time
	wrong time.Duration // by how much a test has the wall clock wrong
}

func (c nodeClock) now() catalog.Time {
	return catalog.Time(c.start.Add(c.wrong).UnixMilli() + time.Since(c.start).Milliseconds())
}

// time is the shard's time: what records carry.
func (s *shard) time(c nodeClock) catalog.Time { return c.now() + catalog.Time(s.ahead) }

// followLeaders claims each shard that this node comes to lead and lets go of
// each that it loses. It owns the shard table and ends with stop.
func (n *Node) followLeaders() {
	defer n.running.Done()
	attempts := map[uint64]context.CancelFunc{}
	defer func() {
		for _, cancel := range attempts {
			cancel()
		}
	}()
	for {
		select {
		case <-n.stop:
			return
		case l, ok := <-n.cfg.Log.Leaderships():
			if !ok {
				return
			}
			if l.Shard > n.cfg.Log.Shards() {
				continue // the system shard has no events
			}
			if cancel := attempts[l.Shard]; cancel != nil {
				cancel()
				delete(attempts, l.Shard)
			}
			s := n.disown(l)
			if l.Leader {
				n.cfg.Locator.Learn(l.Shard, n.cfg.Node, l.Term)
				ctx, cancel := context.WithCancel(context.Background())
				attempts[l.Shard] = cancel
				n.running.Add(1)
				go n.claim(ctx, s)
			}
		}
	}
}

// claim makes this node the shard's owner for a term, and wakes the events that
// have something to do. It tries until it succeeds, is fenced, or ctx ends.
func (n *Node) claim(ctx context.Context, s *shard) {
	defer n.running.Done()
	id, term := s.id, s.term
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, n.cfg.CommitTimeout)
		clock, err := n.cfg.Log.Claim(attempt, id, term)
		cancel()
		switch {
		case err == nil:
			if n.own(s, catalog.Time(clock)) {
				n.wakeBusy(ctx, id)
			}
			return
		case errors.Is(err, storage.ErrFenced):
			n.cfg.Logger.Info("claim refused: a later epoch owns the shard", "shard", id, "term", term)
			return
		}
		n.cfg.Logger.Warn("claiming the shard", "shard", id, "term", term, "error", err)
		select {
		case <-ctx.Done():
		case <-n.stop:
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// own publishes the ownership of a shard that was claimed; false: there is later
// news of its leader, and nothing changes.
func (n *Node) own(claimed *shard, clock catalog.Time) bool {
	now := n.clock.now()
	s := n.newShard(claimed.id, claimed.term, true)
	s.epoch, s.from, s.to, s.ahead = claimed.term, clock, max(now, clock), max(0, int64(clock-now))
	if clock == 0 {
		s.from = s.to // nobody owned it before
	}
	if !n.shards[s.id-1].CompareAndSwap(claimed, s) {
		s.end()
		return false
	}
	claimed.end()
	n.cfg.Logger.Debug("shard owned", "shard", s.id, "epoch", s.epoch)
	return true
}

// disown ends what this node was to a shard before news of its leader, and every
// activation that is older than the news.
func (n *Node) disown(l storage.Leadership) *shard {
	s := n.newShard(l.Shard, l.Term, l.Leader)
	n.shards[l.Shard-1].Swap(s).end()
	n.events.each(func(a *activation) {
		if a.shard.id == l.Shard && a.shard.epoch != l.Term {
			n.send(a, stepDown{})
		}
	})
	return s
}

// wakeBusy activates the events of a shard that have live holds or owed payments,
// so that they go on without being asked.
func (n *Node) wakeBusy(ctx context.Context, id uint64) {
	busy, err := n.cfg.Log.Busy(id)
	if err != nil {
		n.cfg.Logger.Error("listing busy events; they go on when they are asked", "shard", id, "error", err)
		return
	}
	for _, event := range busy {
		if ctx.Err() != nil {
			return
		}
		if _, err := n.activate(event); err != nil {
			n.cfg.Logger.Warn("waking a busy event", "event", event, "error", err)
		}
	}
}

// keepClocks writes the clock of every owned shard that has events in memory, so
// that the next owner knows when this one was last alive.
func (n *Node) keepClocks() {
	inMemory := make([]bool, len(n.shards))
	n.events.each(func(a *activation) {
		if a.due.Load() != 0 {
			inMemory[a.shard.id-1] = true
		}
	})
	for i, wanted := range inMemory {
		s := n.shards[i].Load()
		if !wanted || !s.owned() || !n.ticking[i].CompareAndSwap(false, true) {
			continue
		}
		go func() {
			defer n.ticking[i].Store(false)
			ctx, cancel := context.WithTimeout(context.Background(), n.cfg.CommitTimeout)
			defer cancel()
			err := n.cfg.Log.Tick(ctx, s.id, s.epoch, int64(s.time(n.clock)))
			if err != nil {
				n.cfg.Logger.Warn("keeping the shard's clock", "shard", s.id, "error", err)
			}
		}()
	}
}

// shardTable is one slot a shard; shard ids start at 1.
type shardTable []atomic.Pointer[shard]
