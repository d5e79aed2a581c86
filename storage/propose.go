package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lni/dragonboat/v4"
	sm "github.com/lni/dragonboat/v4/statemachine"
)

// doubt counts the writes of a shard whose outcome was unknown to their caller.
// Such a write may still commit; a write that is proposed later by this node and
// has committed comes after it, because proposals of a node keep their order. So a
// barrier that commits settles all doubts raised before it.
type doubt struct{ raised, settled atomic.Uint64 }

func (d *doubt) raise() { d.raised.Add(1) }

// pending is the number to settle, and whether there is a doubt.
func (d *doubt) pending() (uint64, bool) {
	n := d.raised.Load()
	return n, n != d.settled.Load()
}

func (d *doubt) settle(n uint64) {
	for {
		old := d.settled.Load()
		if old >= n || d.settled.CompareAndSwap(old, n) {
			return
		}
	}
}

// shard finds a shard by its number.
func (l *replicated) shard(n uint64) (*shard, error) {
	if n == 0 || n > l.cfg.Shards+1 {
		return nil, fmt.Errorf("%w: there is no shard %d", ErrUnavailable, n)
	}
	return l.shards[n], nil
}

// timers are reused: every write has one.
var timers = sync.Pool{New: func() any {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}}

// propose writes a command to a shard's log and waits until it is applied here.
//
// An error that is ErrUnavailable says that the command was never handed over; once
// it was, everything but its result is ErrUnknown. A timer of our own bounds the
// wait: the library's stands still when its disk does.
//
// While the leadership is given away the command waits here: whoever sent it would
// only send it again. It is refused when another node leads, and handed over when none
// came to.
func (l *replicated) propose(ctx context.Context, s *shard, cmd []byte) (sm.Result, error) {
	timer := timers.Get().(*time.Timer)
	timer.Reset(l.cfg.ProposalTimeout)
	defer func() { timer.Stop(); timers.Put(timer) }()
	for {
		rs, err := l.handOver(ctx, s, cmd)
		var result sm.Result
		if err == nil {
			result, err = l.await(ctx, s, rs, timer.C)
		}
		if !errors.Is(err, errGiving) || !l.sitOut(ctx, s, timer.C) {
			return result, err
		}
	}
}

// await waits for the library's answer to a command.
func (l *replicated) await(ctx context.Context, s *shard, rs *dragonboat.RequestState, timeout <-chan time.Time) (
	sm.Result, error) {
	var err error
	select {
	case r := <-rs.AppliedC():
		result, err := l.outcome(s, &r)
		rs.Release()
		return result, err
	case <-timeout:
		err = fmt.Errorf("%w: no answer in %v", ErrUnknown, l.cfg.ProposalTimeout)
	case <-ctx.Done():
		err = fmt.Errorf("%w: %w", ErrUnknown, ctx.Err())
	}
	s.doubt.raise()
	return sm.Result{}, err // rs is left to the library, which may still answer
}

// sitOut waits while the leadership is given away, for news of it or a little; false:
// there is no time left.
func (l *replicated) sitOut(ctx context.Context, s *shard, timeout <-chan time.Time) bool {
	again := time.NewTimer(retryPause) // the library may give it away for longer than we do
	defer again.Stop()
	_, changed := s.news()
	select {
	case <-changed:
	case <-again.C:
	case <-timeout:
		return false
	case <-ctx.Done():
		return false
	case <-l.stop:
		return false
	}
	return true
}

// handOver gives a command to the library. An error says that it was not taken.
func (l *replicated) handOver(ctx context.Context, s *shard, cmd []byte) (*dragonboat.RequestState, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return nil, errClosed
	}
	s.door.RLock()
	defer s.door.RUnlock()
	if err := s.takes(cmd); err != nil {
		return nil, err
	}
	// A barrier is a few bytes, and what gives a leadership away: to a node with space.
	if op(cmd[1]) != opBarrier {
		if err := l.space.check(len(cmd)); err != nil {
			return nil, err
		}
	}
	rs, err := l.host.Propose(s.session, cmd, l.cfg.ProposalTimeout)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return rs, nil
}

// outcome is what the library answered. Dropped is the one answer besides the
// result that is certain: the replica had no leader to give the command to, or is one
// that gives the leadership away.
func (l *replicated) outcome(s *shard, r *dragonboat.RequestResult) (sm.Result, error) {
	switch {
	case r.Completed():
		return r.GetResult(), nil
	case r.Dropped() && s.leads():
		return sm.Result{}, errGiving
	case r.Dropped():
		return sm.Result{}, fmt.Errorf("%w: shard %d has no leader", ErrUnavailable, s.id)
	}
	s.doubt.raise()
	if r.Terminated() {
		return sm.Result{}, fmt.Errorf("%w: the log was closed meanwhile", ErrUnknown)
	}
	return sm.Result{}, fmt.Errorf("%w: the log gave no answer in time", ErrUnknown)
}

// verdict makes an error of a result.
func verdict(r sm.Result) error {
	switch r.Value {
	case resultDone:
		return nil
	case resultFenced:
		return ErrFenced
	case resultRefused:
		return fmt.Errorf("%w: it does not fit the history", ErrUnavailable)
	}
	return fmt.Errorf("%w: the replicas do not know this command", ErrUnavailable)
}

// commandBuffers are reused: the library copies what is proposed.
var commandBuffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooledBuffer bounds the buffers that are kept.
const maxPooledBuffer = 1 << 20

// proposeBuilt proposes the command that build appends to a buffer. It returns the
// command's size too.
func (l *replicated) proposeBuilt(ctx context.Context, s *shard, build func([]byte) []byte) (int, error) {
	buf := commandBuffers.Get().(*[]byte)
	cmd := build((*buf)[:0])
	r, err := l.propose(ctx, s, cmd)
	size := len(cmd)
	if cap(cmd) <= maxPooledBuffer {
		*buf = cmd
		commandBuffers.Put(buf)
	}
	if err != nil {
		return size, err
	}
	return size, verdict(r)
}

// Append implements Log.
func (l *replicated) Append(ctx context.Context, b Batch) error {
	if err := b.Check(); err != nil {
		return err
	}
	s := l.shards[l.Shard(b.Event)]
	start := l.pace.begin()
	size, err := l.proposeBuilt(ctx, s, func(buf []byte) []byte { return appendBatch(buf, &b) })
	took := l.pace.end(start, err == nil && b.Event != SystemEvent)
	if err != nil {
		return fmt.Errorf("append to %q after version %d: %w", b.Event, b.Base, err)
	}
	if l.cfg.OnCommit != nil {
		l.cfg.OnCommit(took, len(b.Records), size)
	}
	return nil
}

// Tick implements Log.
func (l *replicated) Tick(ctx context.Context, shard, epoch uint64, clock int64) error {
	s, err := l.shard(shard)
	if err == nil {
		var r sm.Result
		if r, err = l.propose(ctx, s, encodeTick(epoch, clock)); err == nil {
			err = verdict(r)
		}
	}
	if err != nil {
		return fmt.Errorf("tick shard %d: %w", shard, err)
	}
	return nil
}

// SaveCheckpoint implements Log. All pieces but the last change nothing that is
// seen, so that whatever happens to them, nothing was written. Nobody waits for them, and
// all commits wait while one of them is written and synced: between two it rests, as who
// writes a table does.
func (l *replicated) SaveCheckpoint(ctx context.Context, event string, epoch, version uint64, data []byte) error {
	if err := CheckEvent(event); err != nil {
		return err
	}
	if len(data) == 0 || len(data) > MaxCheckpointBytes {
		return fmt.Errorf("%w: a checkpoint of %d bytes", ErrUnavailable, len(data))
	}
	if version == 0 {
		return fmt.Errorf("%w: a checkpoint at version 0", ErrUnavailable)
	}
	s := l.shards[l.Shard(event)]
	c := command{epoch: epoch, event: []byte(event), version: version, upload: randomID(),
		chunks: uint32((len(data) + chunkBytes - 1) / chunkBytes)}
	if n := l.cfg.RetainRecords; n > 0 && version > n {
		c.keep = version - n + 1
	}
	for ; c.chunk < c.chunks; c.chunk++ {
		piece := data[int(c.chunk)*chunkBytes:]
		piece = piece[:min(chunkBytes, len(piece))]
		began := time.Now()
		_, err := l.proposeBuilt(ctx, s, func(buf []byte) []byte { return appendChunk(buf, &c, piece) })
		if errors.Is(err, ErrUnknown) && c.chunk+1 < c.chunks {
			err = fmt.Errorf("%w: piece %d of %d may be lost", ErrUnavailable, c.chunk+1, c.chunks)
		}
		if err != nil {
			return fmt.Errorf("save a checkpoint of %q at version %d: %w", event, version, err)
		}
		if c.chunk+1 < c.chunks {
			pause(ctx, RestAfter(time.Since(began)))
		}
	}
	return nil
}
