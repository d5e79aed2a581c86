package storage

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/raftio"
)

// Who was asked in a term that is over never answers: nobody waits for it.
func TestHearEndsWithTheTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShard(1)
		s.settleIn(replica{shard: 1, id: 3})
		s.leadLocked(raftio.LeaderInfo{ShardID: 1, ReplicaID: 3, Term: 5, LeaderID: 3})
		hear := func(term uint64, answer <-chan dragonboat.RequestResult) error {
			ctx, cancel := context.WithTimeout(t.Context(), readAttempt)
			defer cancel()
			_, err := s.hear(ctx, term, answer)
			return err
		}
		answered := make(chan dragonboat.RequestResult, 1)
		answered <- dragonboat.RequestResult{}
		if err := hear(5, answered); err != nil {
			t.Errorf("an answer: %v", err)
		}
		began := time.Now()
		go func() {
			<-time.After(10 * time.Millisecond)
			s.takeAgain() // news of something else
			<-time.After(10 * time.Millisecond)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.leadLocked(raftio.LeaderInfo{ShardID: 1, ReplicaID: 3, Term: 6})
		}()
		if err := hear(5, nil); !errors.Is(err, ErrUnavailable) || time.Since(began) != 20*time.Millisecond {
			t.Errorf("the term ends: %v after %v", err, time.Since(began))
		}
		began = time.Now()
		if err := hear(6, nil); !errors.Is(err, ErrUnavailable) || time.Since(began) != readAttempt {
			t.Errorf("no answer at all: %v after %v", err, time.Since(began))
		}
		l := &replicated{}
		if err := l.confirm(t.Context(), s, 5); !errors.Is(err, ErrFenced) {
			t.Errorf("confirming an epoch whose term is over: %v", err)
		}
	})
}
