package storage

import (
	"context"
	"fmt"
	"time"
)

// The library refuses the candidacy of a replica that knows of a commit and has not
// applied it, and then the leader takes no writes for a whole election time. So before
// a leadership is given away the shard is quiet until its heir has applied the last
// write. An heir that does not have it within heirWithin gets nothing: writes go on.
const heirWithin = 50 * time.Millisecond

// askAgain is how long the library may take before it is asked once more. It gives up
// by itself after an election time.
const askAgain = 20 * time.Millisecond

// Transfer implements Placement.
func (l *replicated) Transfer(ctx context.Context, shard, replica uint64, has Has) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	s, err := l.shard(shard)
	if err == nil {
		err = l.transfer(ctx, s, replica, has)
	}
	if err != nil {
		return fmt.Errorf("give shard %d to replica %d: %w", shard, replica, err)
	}
	return nil
}

// transfer gives the leadership away, and asks the library for it while there is time.
func (l *replicated) transfer(ctx context.Context, s *shard, to uint64, has Has) error {
	if done, err := s.give(to); done || err != nil {
		return err
	}
	defer s.takeAgain()
	if err := l.quiet(ctx, s, has); err != nil {
		return err
	}
	for {
		_, changed := s.news()
		done, err := s.give(to)
		if done {
			return nil
		}
		if err == nil && s.leads() {
			err = l.askTransfer(s.id, to)
		}
		if err != nil {
			return err
		}
		again := time.NewTimer(askAgain)
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			err = fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
		again.Stop()
		if err != nil {
			return err
		}
	}
}

// give is whether a replica leads, or why it cannot come to. From its return on the
// shard takes no writes, until takeAgain, and none is on its way to the library.
func (s *shard) give(to uint64) (done bool, err error) {
	s.door.Lock()
	defer s.door.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	_, voter := s.voters[to]
	switch {
	case to != 0 && s.leader == to:
		return true, nil
	case s.replica == 0 || s.leader != s.replica && (s.leader != 0 || !s.giving):
		return false, errNotLeading
	case !voter:
		return false, fmt.Errorf("%w: it has no vote", ErrUnavailable)
	}
	s.giving = true
	return false, nil
}

// takeAgain ends what give began.
func (s *shard) takeAgain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.giving = false
	s.tellLocked()
}

// quiet returns when the heir has applied the shard's last write. What was proposed
// before the shard gave is committed before the barrier.
func (l *replicated) quiet(ctx context.Context, s *shard, has Has) error {
	if _, err := l.propose(ctx, s, encodeBarrier()); err != nil {
		return fmt.Errorf("%w: its last write is not known to be done: %v", ErrUnavailable, err)
	}
	ctx, cancel := context.WithTimeout(ctx, heirWithin)
	defer cancel()
	if err := has(ctx, l.applied(s)); err != nil {
		return fmt.Errorf("%w: it does not have the last write: %v", ErrUnavailable, err)
	}
	return nil
}

// askTransfer asks the library. It ignores what it is doing already.
func (l *replicated) askTransfer(shard, to uint64) error {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return errClosed
	}
	_ = l.host.RequestLeaderTransfer(shard, to) // busy, or not ready: it is asked again
	return nil
}
