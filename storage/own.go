package storage

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lni/dragonboat/v4"
)

// retryPause is the pause between two attempts of a call that may be repeated.
const retryPause = 10 * time.Millisecond

// readAttempt bounds one attempt of a read barrier: one that was sent to a leader
// that then died is never answered.
const readAttempt = 500 * time.Millisecond

// errNotLeading is the ErrUnavailable of a write by a node that does not lead.
var errNotLeading = fmt.Errorf("%w: this node does not lead the shard", ErrUnavailable)

// final are the errors that another attempt would meet too.
var final = []error{ErrFenced, ErrNoSpace, ErrNoReplica, errClosed, errNotLeading}

// retry calls attempt until it succeeds, has a final error, or time is up; then it
// returns the last error. attempt must be harmless to repeat.
func (l *replicated) retry(ctx context.Context, attempt func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.ProposalTimeout)
	defer cancel()
	for {
		err := attempt(ctx)
		isFinal := func(f error) bool { return errors.Is(err, f) }
		if err == nil || slices.ContainsFunc(final, isFinal) {
			return err
		}
		pause := time.NewTimer(retryPause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return err
		case <-l.stop:
			pause.Stop()
			return err
		case <-pause.C:
		}
	}
}

// Claim implements Log. Claiming again is harmless, so it is repeated while there
// is time: a new leader is known a moment before it can take commands.
func (l *replicated) Claim(ctx context.Context, shard, epoch uint64) (clock int64, err error) {
	s, err := l.shard(shard)
	if err == nil {
		err = l.retry(ctx, func(ctx context.Context) error {
			clock, err = l.claim(ctx, s, epoch)
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("claim shard %d in term %d: %w", shard, epoch, err)
	}
	return clock, nil
}

// claim makes one attempt. Only the leader of a term claims it: a claim by another
// node would keep that leader out for the rest of its term.
func (l *replicated) claim(ctx context.Context, s *shard, epoch uint64) (int64, error) {
	s.mu.Lock()
	term, replica := s.term, s.replica
	leads := replica != 0 && s.leader == replica
	s.mu.Unlock()
	if epoch < term {
		return 0, fmt.Errorf("%w: the term is %d", ErrFenced, term)
	}
	if epoch > term || !leads {
		return 0, errNotLeading
	}
	r, err := l.propose(ctx, s, encodeClaim(epoch, claimer{l.me, replica}))
	if err == nil {
		err = verdict(r)
	}
	if err != nil {
		return 0, err
	}
	if len(r.Data) != 8 {
		return 0, fmt.Errorf("%w: the claim was answered with %d bytes", ErrUnavailable, len(r.Data))
	}
	s.catchUp(replica)
	return int64(binary.BigEndian.Uint64(r.Data)), nil
}

// Confirm implements Log: a read barrier of Raft, then a look at the owner. The
// barrier makes sure that everything committed before the call is applied here; an
// epoch that is the owner's after that was so when the barrier was made.
func (l *replicated) Confirm(ctx context.Context, shard, epoch uint64) error {
	s, err := l.shard(shard)
	if err == nil {
		err = l.retry(ctx, func(ctx context.Context) error { return l.confirm(ctx, s, epoch) })
	}
	if err != nil {
		return fmt.Errorf("confirm epoch %d of shard %d: %w", epoch, shard, err)
	}
	return nil
}

// confirm makes one attempt. It writes nothing, so every failure is ErrUnavailable.
func (l *replicated) confirm(ctx context.Context, s *shard, epoch uint64) error {
	if term, _ := s.news(); term > epoch {
		return fmt.Errorf("%w: the term is %d", ErrFenced, term)
	}
	rs, err := l.barrier(ctx, s)
	if err != nil {
		return err
	}
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return errClosed
	}
	got, err := l.host.ReadLocalNode(rs, nil)
	rs.Release()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if got != epoch || epoch == 0 {
		return fmt.Errorf("%w: the epoch is %v", ErrFenced, got)
	}
	return nil
}

// barrier returns when all that was committed before the call is applied here, or
// after one attempt: that ends when the shard's leader changes, for the one that was
// asked may be gone. The caller releases what it returns.
func (l *replicated) barrier(ctx context.Context, s *shard) (*dragonboat.RequestState, error) {
	ctx, cancel := context.WithTimeout(ctx, readAttempt)
	defer cancel()
	term, _ := s.news()
	rs, err := l.readIndex(ctx, s)
	if err != nil {
		return nil, err
	}
	r, err := s.hear(ctx, term, rs.AppliedC())
	if err != nil {
		return nil, err // rs is left to the library, which may still answer
	}
	if !r.Completed() {
		rs.Release()
		return nil, fmt.Errorf("%w: the shard's leader did not answer", ErrUnavailable)
	}
	return rs, nil
}

// hear waits for what the leader of a term answers, while the term lasts.
func (s *shard) hear(ctx context.Context, term uint64, answer <-chan dragonboat.RequestResult) (
	dragonboat.RequestResult, error) {
	for {
		now, changed := s.news()
		if now != term {
			return dragonboat.RequestResult{}, fmt.Errorf("%w: the shard's leader has changed", ErrUnavailable)
		}
		select {
		case r := <-answer:
			return r, nil
		case <-changed:
		case <-ctx.Done():
			return dragonboat.RequestResult{}, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
	}
}

func (l *replicated) readIndex(ctx context.Context, s *shard) (*dragonboat.RequestState, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return nil, errClosed
	}
	if replica, _ := s.here(); replica == 0 {
		return nil, ErrNoReplica
	}
	rs, err := l.host.ReadIndex(s.id, readAttempt)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return rs, nil
}

// Load implements Log. No read barrier is needed: the owner's Claim was applied
// here, and so was everything before it, and after it nobody else writes. What the
// owner itself wrote is applied here when its call returns, except where the
// outcome was unknown: then a barrier is committed first.
func (l *replicated) Load(ctx context.Context, event string) (h History, err error) {
	if err := CheckEvent(event); err != nil {
		return History{}, err
	}
	if err := l.settle(ctx, l.shards[l.Shard(event)]); err != nil {
		return History{}, fmt.Errorf("load %q: %w", event, err)
	}
	if h, err = l.Peek(event); err != nil {
		return History{}, fmt.Errorf("load %q: %w", event, err)
	}
	return h, nil
}

// Peek implements Log.
func (l *replicated) Peek(event string) (h History, err error) {
	if err := CheckEvent(event); err != nil {
		return History{}, err
	}
	err = l.read(l.Shard(event), func(v view) error {
		h, err = v.history([]byte(event))
		return err
	})
	return h, err
}

// settle returns when no write of this node to the shard has an unknown outcome.
func (l *replicated) settle(ctx context.Context, s *shard) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	n, pending := s.doubt.pending()
	if !pending {
		return nil
	}
	return l.retry(ctx, func(ctx context.Context) error {
		n, _ = s.doubt.pending()
		if _, err := l.propose(ctx, s, encodeBarrier()); errors.Is(err, errNotLeading) {
			return err
		} else if err != nil {
			return fmt.Errorf("%w: an outcome cannot be settled: %v", ErrUnavailable, err)
		}
		s.doubt.settle(n)
		return nil
	})
}

// read reads a shard of this node's store at one moment. An error of the store is
// ErrUnavailable, so that callers have one answer for it; it is logged here.
func (l *replicated) read(shard uint64, f func(view) error) error {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return errClosed
	}
	if err := l.readable(shard); err != nil {
		return err
	}
	v, err := openView(l.db, shard)
	if err == nil {
		err = f(v)
		if closeErr := v.close(); err == nil {
			err = closeErr
		}
	}
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrTrimmed) {
		return err
	}
	l.cfg.Logger.Error("the state store cannot be read", "shard", shard, "err", err)
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// View implements Log.
func (l *replicated) View(event string) (out View, err error) {
	if err := CheckEvent(event); err != nil {
		return View{}, err
	}
	err = l.read(l.Shard(event), func(v view) error {
		out, err = v.view([]byte(event))
		return err
	})
	return out, err
}

// Records implements Log.
func (l *replicated) Records(event string, from uint64, limit int) (out [][]byte, err error) {
	if err := CheckEvent(event); err != nil {
		return nil, err
	}
	err = l.read(l.Shard(event), func(v view) error {
		out, err = v.page([]byte(event), max(from, 1), limit)
		return err
	})
	return out, err
}

// Busy implements Log.
func (l *replicated) Busy(shard uint64) (out []string, err error) {
	if _, err := l.shard(shard); err != nil {
		return nil, err
	}
	err = l.read(shard, func(v view) error {
		out, err = v.busy()
		return err
	})
	return out, err
}
