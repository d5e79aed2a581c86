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
	id    uint64
	epoch uint64 // 0: not ours
	// from and to bound the time without an owner before this epoch: deadlines of
	// holds move by it.
	from, to catalog.Time
	// ahead is what is added to the node's clock so that the shard's time never
	// goes back behind what an earlier owner wrote.
	ahead int64
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
			n.disown(l.Shard, l.Term)
			if l.Leader {
				ctx, cancel := context.WithCancel(context.Background())
				attempts[l.Shard] = cancel
				n.running.Add(1)
				go n.claim(ctx, l.Shard, l.Term)
			}
		}
	}
}

// claim makes this node the shard's owner for a term, and wakes the events that
// have something to do. It tries until it succeeds, is fenced, or ctx ends.
func (n *Node) claim(ctx context.Context, id, term uint64) {
	defer n.running.Done()
	for ctx.Err() == nil {
		attempt, cancel := context.WithTimeout(ctx, n.cfg.CommitTimeout)
		clock, err := n.cfg.Log.Claim(attempt, id, term)
		cancel()
		switch {
		case err == nil:
			n.own(id, term, catalog.Time(clock))
			n.wakeBusy(ctx, id)
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

// own publishes the ownership of a shard.
func (n *Node) own(id, term uint64, clock catalog.Time) {
	now := n.clock.now()
	s := &shard{id: id, epoch: term, from: clock, to: max(now, clock), ahead: max(0, int64(clock-now))}
	if clock == 0 {
		s.from = s.to // nobody owned it before
	}
	n.shards[id-1].Store(s)
	n.cfg.Logger.Debug("shard owned", "shard", id, "epoch", term)
}

// disown ends every activation of the shard that is older than a term.
func (n *Node) disown(id, term uint64) {
	n.shards[id-1].Store(&shard{id: id})
	n.events.each(func(a *activation) {
		if a.shard.id == id && a.shard.epoch != term {
			n.send(a, stepDown{})
		}
	})
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
