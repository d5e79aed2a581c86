package storagetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"boxoffice/storage"
)

// applyLocked counts a command of a shard, and wakes who waits for one.
func (m *Memory) applyLocked(s *group) {
	s.applied++
	m.wakeLocked()
}

// wakeLocked makes everybody who waits look again.
func (m *Memory) wakeLocked() {
	close(m.woken)
	m.woken = make(chan struct{})
}

// Changes implements storage.Log. It sorts all events of the shard at each call: it is
// the plain reading of the contract, which the real log's keys must agree with.
func (m *Memory) Changes(shard uint64, after storage.Position, limit int) (
	out []storage.Change, next storage.Position, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readableLocked(context.Background(), shard); err != nil {
		return nil, after, err
	}
	s := &m.disk.shards[shard]
	if after.Index > s.applied || limit <= 0 {
		return nil, after, nil
	}
	for _, id := range m.changedLocked(shard, after) {
		e := m.disk.events[id]
		next = storage.Position{Index: e.changed}
		if e.changed == 0 {
			next = storage.Position{Index: s.origin, Event: id}
		}
		if out = append(out, storage.Change{Event: id, At: e.changed, View: e.view()}); len(out) == limit {
			return out, next, nil
		}
	}
	return out, storage.Position{Index: s.applied}, nil
}

// changedLocked is what comes after a position, in order: of the events that were there
// before the origin by id, at index 0, and then by index. A position among the former
// is of one origin only.
func (m *Memory) changedLocked(shard uint64, after storage.Position) []string {
	origin := m.disk.shards[shard].origin
	from := func(at uint64, id string) bool { return at > after.Index }
	switch {
	case after.Event != "" && after.Index == origin:
		from = func(at uint64, id string) bool { return at > 0 || id > after.Event }
	case after.Event != "" || after.Index < origin:
		from = func(uint64, string) bool { return true }
	}
	ids := m.idsLocked(shard, func(id string, e *event) bool { return e.details != nil && from(e.changed, id) })
	slices.SortStableFunc(ids, func(a, b string) int {
		return cmp.Compare(m.disk.events[a].changed, m.disk.events[b].changed)
	})
	return ids
}

// idsLocked are the events of a shard that are wanted, in order of their ids.
func (m *Memory) idsLocked(shard uint64, want func(id string, e *event) bool) (ids []string) {
	for id, e := range m.disk.events {
		if m.Shard(id) == shard && want(id, e) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Touched implements storage.Log. Nothing but Forget and a new process lets it forget:
// the bound of the real log, on events a shard, is not imitated.
func (m *Memory) Touched(shard, after uint64, limit int) (out []storage.Touch, next uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readableLocked(context.Background(), shard); err != nil {
		return nil, after, err
	}
	s := &m.disk.shards[shard]
	switch {
	case after < s.floor:
		return nil, after, fmt.Errorf("touches after %d: %w", after, storage.ErrTrimmed)
	case after > s.applied || limit <= 0:
		return nil, after, nil
	}
	ids := m.idsLocked(shard, func(_ string, e *event) bool { return e.touched > after })
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Compare(m.disk.events[a].touched, m.disk.events[b].touched)
	})
	for _, id := range ids {
		e := m.disk.events[id]
		if out = append(out, e.touch(id)); len(out) == limit {
			return out, e.touched, nil
		}
	}
	return out, s.applied, nil
}

// Summaries implements storage.Log.
func (m *Memory) Summaries(shard uint64, after string, limit int) (out []storage.Touch, at uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readableLocked(context.Background(), shard); err != nil {
		return nil, 0, err
	}
	ids := m.idsLocked(shard, func(id string, _ *event) bool { return id > after })
	for _, id := range ids[:min(max(limit, 0), len(ids))] {
		out = append(out, m.disk.events[id].touch(id))
	}
	return out, m.disk.shards[shard].applied, nil
}

// Wait implements storage.Log. Whatever happens to any shard wakes everybody; who has
// nothing new waits again. It has no goroutine and no timer of its own.
func (m *Memory) Wait(ctx context.Context, shard, after uint64) (uint64, error) {
	for {
		m.mu.Lock()
		err, woken := m.readableLocked(ctx, shard), m.woken
		applied := uint64(0)
		if err == nil {
			applied = m.disk.shards[shard].applied
		}
		m.mu.Unlock()
		if err != nil || applied > after {
			return applied, err
		}
		select {
		case <-woken:
		case <-ctx.Done():
		}
	}
}

// view is a copy: what is returned is the caller's.
func (e *event) view() storage.View {
	return storage.View{
		Version: uint64(len(e.records)),
		Summary: slices.Clone(e.summary),
		Details: slices.Clone(e.details),
	}
}

// touch is a copy too.
func (e *event) touch(id string) storage.Touch {
	return storage.Touch{Event: id, Version: uint64(len(e.records)), Summary: slices.Clone(e.summary)}
}

// Forget makes the log forget which events of a shard were touched, as a restart
// does: Touched is ErrTrimmed for all that was before.
func (m *Memory) Forget(shard uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.disk.shards[shard]
	s.floor = s.applied
}

// Adopt makes a shard one whose feed is kept from now on, as that of a replica whose
// data is of an older version: all its events come at the beginning, and positions of
// before begin there.
func (m *Memory) Adopt(shard uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.disk.shards[shard].origin = m.disk.shards[shard].applied
	for id, e := range m.disk.events {
		if m.Shard(id) == shard {
			e.changed = 0
		}
	}
}
