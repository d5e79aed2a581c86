// Package storagetest has what tests of and around the log need: an in-memory
// log with faults on demand, and the conformance suite that every log passes.
//
// # The in-memory log
//
//	log := storagetest.NewMemory(16)
//	defer log.Close()
//	log.FailAppend("event-1", storagetest.UnknownWritten)
//
// Memory is a storage.Log of one node that leads every shard from the start, in
// term 1. It answers at once, has no goroutine of its own, and works in a
// testing/synctest bubble. Its faults are those a real log has:
//
//   - FailAppend makes the next Append of an event fail, with or without effect;
//   - StallAppend holds the next Append until the test lets it go;
//   - Depose, Elect and Usurp move the leadership of a shard;
//   - Fill makes the disk full;
//   - Lack takes the replica of a shard from this node;
//   - Forget and Adopt are what restarts and upgrades do to a feed;
//   - Reopen is a restart: the same contents, a new process, new terms.
//
// Its feeds are whole: a Raft index is the number of a shard's command, also where it is
// a claim or a checkpoint. A Memory is one replica; nodes of a test that share it are all
// as far as it is.
//
// # The suite
//
// Conformance runs one list of tests against any log. It knows nothing of the
// log but the storage.Log interface, so that a second implementation has a
// specification that can be run.
package storagetest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"boxoffice/storage"
	"boxoffice/storage/internal/news"
)

// Memory is the in-memory log. All methods are safe for concurrent use.
type Memory struct {
	board  *news.Board[storage.Leadership]
	closed chan struct{} // closed by Close

	mu       sync.Mutex
	woken    chan struct{} // closed, and replaced, when anybody may have to look again
	disk     *disk
	isClosed bool
	full     bool
	appends  int
	faults   map[string][]Fault  // by event; "" is any
	stalls   map[string][]*Stall // by event; "" is any
}

// disk is what survives a Reopen.
type disk struct {
	shards []group // [0] is not used; the last one is the system shard
	events map[string]*event
}

type group struct {
	term    uint64  // the last one that had a leader
	leading bool    // this node leads in it
	orphan  bool    // nobody leads
	lacking bool    // this node has no replica of it
	epoch   uint64  // the last claim
	claimer *Memory // who made it; nil: another node
	clock   int64

	applied uint64 // commands so far: the index of the last one
	origin  uint64 // of the feed
	floor   uint64 // touches are known after it
}

type event struct {
	at         uint64
	checkpoint []byte
	records    [][]byte
	summary    []byte
	details    []byte
	busy       bool
	changed    uint64 // index of the last append with details
	touched    uint64 // index of the last append
}

var _ storage.Log = (*Memory)(nil)

// NewMemory is an empty log with a number of shards, and the system shard, all of
// them led by it.
func NewMemory(shards uint64) *Memory {
	return open(&disk{shards: make([]group, shards+2), events: map[string]*event{}})
}

// open makes a new process over a disk: it is elected everywhere, in new terms.
func open(d *disk) *Memory {
	m := &Memory{
		board:  news.New(uint64(len(d.shards)-1), func(l storage.Leadership) uint64 { return l.Shard }),
		closed: make(chan struct{}),
		woken:  make(chan struct{}),
		disk:   d,
		faults: map[string][]Fault{},
		stalls: map[string][]*Stall{},
	}
	for s := uint64(1); s < uint64(len(d.shards)); s++ {
		m.Elect(s)
		m.Forget(s)
	}
	return m
}

// Reopen closes the log and opens what it has again, as a new process that leads
// every shard in a new term. Faults that were not used up are gone.
func (m *Memory) Reopen() *Memory {
	_ = m.Close() // always nil
	return open(m.disk)
}

// Shards implements storage.Log.
func (m *Memory) Shards() uint64 { return uint64(len(m.disk.shards) - 2) }

// Shard implements storage.Log.
func (m *Memory) Shard(event string) uint64 { return storage.ShardOf(event, m.Shards()) }

// Leaderships implements storage.Log.
func (m *Memory) Leaderships() <-chan storage.Leadership { return m.board.C() }

// Close implements storage.Log.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.isClosed {
		m.isClosed = true
		close(m.closed)
		m.wakeLocked()
		m.board.Close()
	}
	return nil
}

// Claim implements storage.Log.
func (m *Memory) Claim(ctx context.Context, shard, epoch uint64) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.writableLocked(ctx, shard)
	switch {
	case err != nil:
		return 0, err
	case epoch < s.term || epoch < s.epoch || epoch == s.epoch && s.claimer != m:
		return 0, fmt.Errorf("claim shard %d: %w", shard, storage.ErrFenced)
	case epoch > s.term || !s.leading:
		return 0, fmt.Errorf("claim shard %d: %w: this node does not lead in term %d",
			shard, storage.ErrUnavailable, epoch)
	}
	s.epoch, s.claimer = epoch, m
	m.applyLocked(s)
	return s.clock, nil
}

// Confirm implements storage.Log.
func (m *Memory) Confirm(ctx context.Context, shard, epoch uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.reachableLocked(ctx, shard)
	if err != nil {
		return err
	}
	return s.fence(epoch)
}

// Tick implements storage.Log.
func (m *Memory) Tick(ctx context.Context, shard, epoch uint64, clock int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.writableLocked(ctx, shard)
	if err != nil {
		return err
	}
	if err := s.fence(epoch); err != nil {
		return err
	}
	s.clock = max(s.clock, clock)
	m.applyLocked(s)
	return nil
}

// SaveCheckpoint implements storage.Log.
func (m *Memory) SaveCheckpoint(ctx context.Context, id string, epoch, version uint64, data []byte) error {
	if err := storage.CheckEvent(id); err != nil {
		return err
	}
	if len(data) == 0 || len(data) > storage.MaxCheckpointBytes {
		return fmt.Errorf("%w: a checkpoint of %d bytes", storage.ErrUnavailable, len(data))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.writableLocked(ctx, m.Shard(id))
	if err != nil {
		return err
	}
	if err := s.fence(epoch); err != nil {
		return err
	}
	e := m.disk.events[id]
	if e == nil || version == 0 || version < e.at || version > uint64(len(e.records)) {
		return fmt.Errorf("%w: no checkpoint can be at version %d", storage.ErrUnavailable, version)
	}
	e.at, e.checkpoint = version, slices.Clone(data)
	m.applyLocked(s)
	return nil
}

// Load implements storage.Log.
func (m *Memory) Load(ctx context.Context, id string) (storage.History, error) {
	if err := storage.CheckEvent(id); err != nil {
		return storage.History{}, err
	}
	return m.history(ctx, id)
}

// Peek implements storage.Log.
func (m *Memory) Peek(id string) (storage.History, error) {
	if err := storage.CheckEvent(id); err != nil {
		return storage.History{}, err
	}
	return m.history(context.Background(), id)
}

func (m *Memory) history(ctx context.Context, id string) (storage.History, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readableLocked(ctx, m.Shard(id)); err != nil {
		return storage.History{}, err
	}
	e := m.disk.events[id]
	if e == nil {
		return storage.History{}, nil
	}
	return storage.History{
		Version:    uint64(len(e.records)),
		At:         e.at,
		Checkpoint: slices.Clone(e.checkpoint),
		Records:    clone(e.records[e.at:]),
	}, nil
}

// View implements storage.Log.
func (m *Memory) View(id string) (storage.View, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readableLocked(context.Background(), m.Shard(id)); err != nil {
		return storage.View{}, err
	}
	e := m.disk.events[id]
	if e == nil {
		return storage.View{}, fmt.Errorf("view %q: %w", id, storage.ErrNotFound)
	}
	return e.view(), nil
}

// Records implements storage.Log.
func (m *Memory) Records(id string, from uint64, limit int) ([][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readableLocked(context.Background(), m.Shard(id)); err != nil {
		return nil, err
	}
	e := m.disk.events[id]
	if e == nil {
		return nil, fmt.Errorf("read records of %q: %w", id, storage.ErrNotFound)
	}
	from = max(from, 1)
	if from > uint64(len(e.records)) || limit <= 0 {
		return nil, nil
	}
	rest := e.records[from-1:]
	return clone(rest[:min(limit, len(rest))]), nil
}

// Busy implements storage.Log.
func (m *Memory) Busy(shard uint64) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.readableLocked(context.Background(), shard); err != nil {
		return nil, err
	}
	return m.idsLocked(shard, func(_ string, e *event) bool { return e.busy }), nil
}

// Healthy implements storage.Log.
func (m *Memory) Healthy() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.aliveLocked(context.Background()); err != nil {
		return err
	}
	if m.full {
		return storage.ErrNoSpace
	}
	for s := uint64(1); s <= m.Shards()+1; s++ {
		if m.disk.shards[s].orphan {
			return fmt.Errorf("%w: shard %d has no leader", storage.ErrUnavailable, s)
		}
	}
	return nil
}

// Space implements storage.Log.
func (m *Memory) Space() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full {
		return storage.ErrNoSpace
	}
	return nil
}

// clone copies records: what a log returns is the caller's.
func clone(records [][]byte) [][]byte {
	if len(records) == 0 {
		return nil
	}
	out := make([][]byte, len(records))
	for i, r := range records {
		out[i] = slices.Clone(r)
	}
	return out
}
