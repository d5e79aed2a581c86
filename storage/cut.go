package storage

import (
	"context"
	"time"

	"github.com/lni/dragonboat/v4"
)

// A lone replica has nobody to keep its log for. The sooner entries are cut off, the
// more of them are never written to a table; a cut costs some ten syncs, and commits wait
// for each. As soon as the shard has another replica, with a vote or without, the log is
// kept as the configuration says: one that catches up needs it.
const (
	loneSnapshotEntries    = 4000
	loneCompactionOverhead = 100
)

// shortLog is how many entries are sent to a newcomer rather than a snapshot.
const shortLog = 1000

// cutDueLocked says whether the log of a lone replica that has applied so much is to
// be cut.
func (s *shard) cutDueLocked(applied uint64, every uint64) bool {
	alone := s.aloneLocked() && len(s.members.members) == 1 && s.members.config == s.config
	return alone && applied >= s.cut+min(every, loneSnapshotEntries)
}

// cutLog has the library cut a lone replica's log.
func (l *replicated) cutLog(s *shard, applied uint64) {
	l.cutTo(l.ending, s, dragonboat.SnapshotOption{
		OverrideCompactionOverhead: true,
		CompactionOverhead:         min(l.cfg.CompactionOverhead, loneCompactionOverhead),
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = applied
}

// cutForNewcomer makes sure that a replica which is new gets a snapshot: a leader that
// still has a shard's first entry sends all of them. Those are read, sent and stored by
// the one goroutine that commits for all shards, they are more than the state that they
// lead to, and nothing paces them. Cutting off the first entry is enough; replicas that
// were there before and are behind need the others. A short log is sent: that is less
// work than the some ten syncs of a cut.
func (l *replicated) cutForNewcomer(ctx context.Context, s *shard) {
	if s.leads() && l.applied(s) > shortLog {
		l.cutTo(ctx, s, dragonboat.SnapshotOption{OverrideCompactionOverhead: true, CompactionIndex: 1})
	}
}

// cutTo has the library cut a shard's log, and waits until it has. It may not: it is
// busy with a cut, or there was one just now.
func (l *replicated) cutTo(ctx context.Context, s *shard, option dragonboat.SnapshotOption) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.ProposalTimeout)
	defer cancel()
	rs, err := l.ask(nil, func(_ *dragonboat.Membership, d time.Duration) (*dragonboat.RequestState, error) {
		return l.host.RequestSnapshot(s.id, option, d)
	})
	if err != nil || rs == nil {
		return
	}
	select {
	case <-rs.ResultC():
	case <-ctx.Done():
	}
}
