package storagetest

import (
	"context"
	"fmt"
	"slices"

	"boxoffice/storage"
)

// Append implements storage.Log. A stall comes before everything else, then a
// fault, then the fence.
func (m *Memory) Append(ctx context.Context, b storage.Batch) error {
	if err := b.Check(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("append: %w: %w", storage.ErrUnavailable, ctx.Err())
	}
	if s := m.nextStall(b.Event); s != nil {
		if err := m.wait(ctx, s); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.appends++
	s, err := m.writableLocked(context.Background(), m.Shard(b.Event))
	if err != nil {
		return err
	}
	fault := m.nextFaultLocked(b.Event)
	switch fault {
	case Unavailable:
		return fmt.Errorf("append: %w: injected", storage.ErrUnavailable)
	case UnknownLost:
		return fmt.Errorf("append: %w: injected", storage.ErrUnknown)
	}
	if err := m.extendLocked(s, b); err != nil {
		return err
	}
	if fault == UnknownWritten {
		return fmt.Errorf("append: %w: injected", storage.ErrUnknown)
	}
	return nil
}

// wait holds an Append at a stall. An Append that gives up meanwhile was sent:
// its outcome is unknown, and here it never happens.
func (m *Memory) wait(ctx context.Context, s *Stall) error {
	close(s.arrived)
	select {
	case <-s.released:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("append: %w: %w", storage.ErrUnknown, ctx.Err())
	case <-m.closed:
		return fmt.Errorf("append: %w: the log is closed", storage.ErrUnknown)
	}
}

// extendLocked is the fence, and behind it the write.
func (m *Memory) extendLocked(s *group, b storage.Batch) error {
	if err := s.fence(b.Epoch); err != nil {
		return err
	}
	e := m.disk.events[b.Event]
	if e == nil {
		e = &event{}
	}
	if b.Base != uint64(len(e.records)) {
		return fmt.Errorf("append to %q at %d, its version is %d: %w",
			b.Event, b.Base, len(e.records), storage.ErrFenced)
	}
	e.records = append(e.records, clone(b.Records)...)
	e.summary = slices.Clone(b.Summary)
	m.applyLocked(s)
	e.touched = s.applied
	if b.Details != nil {
		e.details, e.changed = slices.Clone(b.Details), s.applied
	}
	e.busy = b.Busy
	m.disk.events[b.Event] = e
	return nil
}

// fence is nil for the epoch that owns the shard.
func (s *group) fence(epoch uint64) error {
	if epoch != s.epoch || epoch == 0 {
		return fmt.Errorf("epoch %d, the shard's is %d: %w", epoch, s.epoch, storage.ErrFenced)
	}
	return nil
}

// aliveLocked is nil while the log is open and ctx goes on.
func (m *Memory) aliveLocked(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", storage.ErrUnavailable, ctx.Err())
	}
	if m.isClosed {
		return fmt.Errorf("%w: it is closed", storage.ErrUnavailable)
	}
	return nil
}

// readableLocked is nil while a shard can be read.
func (m *Memory) readableLocked(ctx context.Context, shard uint64) error {
	if err := m.aliveLocked(ctx); err != nil {
		return err
	}
	if shard == 0 || shard > m.Shards()+1 {
		return fmt.Errorf("%w: there is no shard %d", storage.ErrUnavailable, shard)
	}
	if m.disk.shards[shard].lacking {
		return storage.ErrNoReplica
	}
	return nil
}

// reachableLocked finds a shard that has a leader.
func (m *Memory) reachableLocked(ctx context.Context, shard uint64) (*group, error) {
	if err := m.aliveLocked(ctx); err != nil {
		return nil, err
	}
	if shard == 0 || shard > m.Shards()+1 {
		return nil, fmt.Errorf("%w: there is no shard %d", storage.ErrUnavailable, shard)
	}
	s := &m.disk.shards[shard]
	if s.orphan {
		return nil, fmt.Errorf("%w: shard %d has no leader", storage.ErrUnavailable, shard)
	}
	return s, nil
}

// writableLocked finds a shard that can be written to.
func (m *Memory) writableLocked(ctx context.Context, shard uint64) (*group, error) {
	s, err := m.reachableLocked(ctx, shard)
	if err == nil && m.full {
		return nil, storage.ErrNoSpace
	}
	return s, err
}
