package storage

import (
	"context"
	"fmt"
	"time"
)

// The library refuses the candidacy of a replica that knows of a commit and has not
// applied it, and then the leader takes no writes for a whole election time. So before
// a leadership is given away the shard is quiet for as long as its last commit took,
// within these bounds.
const (
	minQuiet = 5 * time.Millisecond
	maxQuiet = 40 * time.Millisecond
)

// Transfer implements Placement.
func (l *replicated) Transfer(ctx context.Context, shard, replica uint64) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	s, err := l.shard(shard)
	if err == nil {
		err = l.transfer(ctx, s, replica)
	}
	if err != nil {
		return fmt.Errorf("give shard %d to replica %d: %w", shard, replica, err)
	}
	return nil
}

// transfer gives the leadership away. The library gives up after an election time; it
// is asked again while there is time.
func (l *replicated) transfer(ctx context.Context, s *shard, to uint64) error {
	if done, err := s.give(to); done || err != nil {
		return err
	}
	defer s.takeAgain()
	if err := l.quiet(ctx, s); err != nil {
		return err
	}
	for {
		done, err := s.give(to)
		if done {
			return nil
		}
		if err == nil {
			err = l.askTransfer(s.id, to)
		}
		if err != nil {
			return err
		}
		if !pause(ctx, time.Millisecond) {
			return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
	}
}

// give is whether a replica leads, or why it cannot come to. From then on the shard
// takes no writes, until takeAgain.
func (s *shard) give(to uint64) (done bool, err error) {
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
}

// quiet returns when the shard's last write is committed, and was for a while.
func (l *replicated) quiet(ctx context.Context, s *shard) error {
	start := time.Now()
	if _, err := l.propose(ctx, s, encodeBarrier()); err != nil {
		return fmt.Errorf("%w: its last write is not known to be done: %v", ErrUnavailable, err)
	}
	if rs, err := l.barrier(ctx, s); err == nil { // tells the others what is committed
		rs.Release()
	}
	if !pause(ctx, min(max(time.Since(start), minQuiet), maxQuiet)) {
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
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
