package storage

import (
	"context"
	"errors"
	"time"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/raftio"
)

// tendInterval is how often the replicas are looked at without a reason.
const tendInterval = 250 * time.Millisecond

// nudge makes tend look at the replicas now.
func (l *replicated) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// tend looks after this node's replicas until the log is closed: it keeps what is
// known of them, and does what they need.
func (l *replicated) tend() {
	t := time.NewTicker(tendInterval)
	defer t.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-t.C:
			l.lookForIncoming()
		case <-l.wake:
		}
		runs := l.look()
		for _, s := range l.shards[1:] {
			if job := l.need(s, runs); job != nil {
				l.wg.Go(func() {
					job()
					s.mu.Lock()
					defer s.mu.Unlock()
					s.tended = false
				})
			}
		}
	}
}

// look asks the library about all replicas. It returns the shards that it runs.
func (l *replicated) look() map[uint64]bool {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return nil
	}
	runs := map[uint64]bool{}
	info := l.host.GetNodeHostInfo(dragonboat.NodeHostInfoOption{SkipLogInfo: true})
	for i := range info.ShardInfoList {
		runs[info.ShardInfoList[i].ShardID] = true
		l.shards[info.ShardInfoList[i].ShardID].learn(&info.ShardInfoList[i])
	}
	return runs
}

// need is what a shard needs most; nil if nothing. One job a shard is done at a time.
func (l *replicated) need(s *shard, runs map[uint64]bool) (job func()) {
	kept, ok := l.dir.now().replica(s.id)
	applied := l.applied(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	replica := s.replica
	switch {
	case s.tended || !ok:
		return nil
	case kept.condition == dropping || s.gone:
		job = func() { l.report(s, "drop a removed replica", l.drop(l.ending, s, kept.id)) }
	case replica != 0 && !runs[s.id]:
		job = func() { l.report(s, "start a replica that has stopped", l.restart(s)) }
	case s.leader == raftio.NoLeader:
		return nil
	case s.members.config < s.config:
		job = func() { _, _ = l.membership(l.ending, s) } // tried again while it is out of date
	case s.role == Voter && !s.current:
		job = func() {
			if rs, err := l.barrier(l.ending, s); err == nil {
				rs.Release()
				s.catchUp(replica)
			}
		}
	case s.cutDueLocked(applied, l.cfg.SnapshotEntries):
		job = func() { l.cutLog(s, applied) }
	default:
		return nil
	}
	s.tended = true
	return job
}

// report logs what tend could not do; it is tried again.
func (l *replicated) report(s *shard, what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) && l.ending.Err() == nil {
		l.cfg.Logger.Warn("a replica could not be looked after", "what", what, "shard", s.id, "err", err)
	}
}

// readable is nil if this node's replica of a shard may be shown. A refusal looks at
// the library first: what it knows may be newer.
func (l *replicated) readable(shard uint64) error {
	s := l.shards[shard]
	if err := s.readable(); err == nil || errors.Is(err, errCutOff) {
		return err
	}
	return s.readable()
}
