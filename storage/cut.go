package storage

import (
	"context"
	"time"

	"github.com/lni/dragonboat/v4"
)

// A lone replica has nobody to keep its log for. The sooner entries are cut off, the
// more of them are never written to a table; a cut costs some ten syncs. As soon as
// the shard has another replica, with a vote or without, the log is kept as the
// configuration says: one that catches up needs it.
const (
	loneSnapshotEntries    = 1000
	loneCompactionOverhead = 100
)

// cutDueLocked says whether the log of a lone replica that has applied so much is to
// be cut.
func (s *shard) cutDueLocked(applied uint64, every uint64) bool {
	alone := s.aloneLocked() && len(s.members.members) == 1 && s.members.config == s.config
	return alone && applied >= s.cut+min(every, loneSnapshotEntries)
}

// cutLog has the library cut a shard's log.
func (l *replicated) cutLog(s *shard, applied uint64) {
	ctx, cancel := context.WithTimeout(l.ending, l.cfg.ProposalTimeout)
	defer cancel()
	rs, err := l.askCut(s)
	if err != nil || rs == nil {
		return // it is busy with one
	}
	select {
	case <-rs.ResultC(): // done, or there was one just now
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = applied
}

func (l *replicated) askCut(s *shard) (*dragonboat.RequestState, error) {
	option := dragonboat.SnapshotOption{
		OverrideCompactionOverhead: true,
		CompactionOverhead:         min(l.cfg.CompactionOverhead, loneCompactionOverhead),
	}
	return l.ask(nil, func(_ *dragonboat.Membership, d time.Duration) (*dragonboat.RequestState, error) {
		return l.host.RequestSnapshot(s.id, option, d)
	})
}
