package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	sm "github.com/lni/dragonboat/v4/statemachine"
)

// The results of a command, as the proposer gets them.
const (
	resultDone      = 1
	resultFenced    = 2 // the epoch or the base is not the present one
	resultRefused   = 3 // it cannot follow what is there; nothing was written
	resultMalformed = 4
)

// maxCachedEvents bounds the events whose meta a shard keeps in memory: one event
// takes about 200 bytes. The cache is emptied when it is full: a hot event is back
// after one read.
const maxCachedEvents = 4096

// machine is the replicated state machine of one shard. What it does depends on
// the commands and their order only, never on how they come in calls of Update,
// on time or on chance.
//
// The consensus library calls everything but Lookup and SaveSnapshot from one
// goroutine at a time. Readers of the store do not use the machine: they read the
// store, see reader.go.
type machine struct {
	db    *pebble.DB
	shard uint64
	fs    vfs.FS // of the store
	dir   string // the store's
	pace  *pace  // of copies, the node's
	// arrived is how fast the last snapshot came, in bytes a second; +Inf: not known.
	arrived func() float64

	at     applied // as the next commit writes it; its index is of the last entry that is done
	keys   keyspace
	owner  owner                // includes what is not committed yet, as does events
	events map[string]eventMeta // a cache
	batch  *pebble.Batch

	epoch atomic.Uint64 // the owner's, committed: for Lookup
}

var _ sm.IOnDiskStateMachine = (*machine)(nil)

func newMachine(db *pebble.DB, shard uint64) *machine {
	return &machine{db: db, shard: shard, fs: vfs.Default, pace: newPace(math.Inf(1)),
		arrived: func() float64 { return math.Inf(1) }, events: map[string]eventMeta{}}
}

// Open finds where the shard is, and removes what an interrupted rebuild left.
func (m *machine) Open(<-chan struct{}) (uint64, error) {
	if err := m.reload(m.db); err != nil {
		return 0, err
	}
	if err := m.dropOtherGenerations(); err != nil {
		return 0, err
	}
	return m.at.index, nil
}

// reload reads the state that is kept in memory.
func (m *machine) reload(r pebble.Reader) error {
	at, err := readApplied(r, m.shard)
	if err != nil {
		return err
	}
	m.at, m.keys, m.owner = at, newKeyspace(m.shard, at.generation), owner{}
	clear(m.events)
	_, err = get(r, m.keys.owner(), func(v []byte) (err error) {
		m.owner, err = decodeOwner(v)
		return err
	})
	m.epoch.Store(m.owner.epoch)
	return err
}

// Update applies entries, in one batch. The batch is not synced: the Raft log is
// the durable copy, and the store loses at most a suffix of what was applied, which
// the library then applies again.
func (m *machine) Update(entries []sm.Entry) ([]sm.Entry, error) {
	if len(m.events) > maxCachedEvents {
		clear(m.events)
	}
	m.batch = m.db.NewBatch()
	defer func() { _ = m.batch.Close() }() // committed or given up: nothing is left to fail
	for i := range entries {
		result, err := m.apply(entries[i].Cmd)
		if err != nil {
			return nil, fmt.Errorf("apply entry %d to shard %d: %w", entries[i].Index, m.shard, err)
		}
		entries[i].Result = result
		m.at.index = entries[i].Index
	}
	if err := m.commit(); err != nil {
		return nil, err
	}
	return entries, nil
}

// commit writes the batch with the index of the last entry that is done.
func (m *machine) commit() error {
	if err := m.batch.Set(appliedKey(m.shard), m.at.encode(), nil); err != nil {
		return err
	}
	if err := m.batch.Commit(pebble.NoSync); err != nil {
		return fmt.Errorf("commit shard %d: %w", m.shard, err)
	}
	m.epoch.Store(m.owner.epoch)
	return nil
}

// flush commits what is done so far, so that the store can be read as it is now.
// Rare commands do so; the frequent one, append, reads through the cache.
func (m *machine) flush() error {
	if m.batch.Empty() {
		return nil
	}
	if err := m.commit(); err != nil {
		return err
	}
	if err := m.batch.Close(); err != nil {
		return err
	}
	m.batch = m.db.NewBatch()
	return nil
}

// apply does one command. An error is one of the disk, and stops the process; a
// command that cannot be done has a result that says so.
func (m *machine) apply(cmd []byte) (sm.Result, error) {
	c, err := decodeCommand(cmd)
	if err != nil {
		return sm.Result{Value: resultMalformed}, nil
	}
	value := uint64(resultDone)
	switch c.op {
	case opAppend:
		value, err = m.append(&c)
	case opClaim:
		return m.claim(&c)
	case opTick:
		value, err = m.tick(&c)
	case opCheckpoint:
		value, err = m.checkpoint(&c)
	case opBarrier:
	}
	return sm.Result{Value: value}, err
}

// append is the fence, and behind it the write.
func (m *machine) append(c *command) (uint64, error) {
	meta, err := m.event(c.event)
	if err != nil {
		return 0, err
	}
	if c.epoch != m.owner.epoch || c.epoch == 0 || c.base != meta.version {
		return resultFenced, nil
	}
	if err := m.setRecords(c); err != nil {
		return 0, err
	}
	if err := m.setValue(kindSummary, c.event, c.summary); err != nil {
		return 0, err
	}
	if c.hasDetails {
		if err := m.setValue(kindDetails, c.event, c.details); err != nil {
			return 0, err
		}
	}
	switch {
	case c.busy && !meta.busy:
		err = m.setValue(kindBusy, c.event, nil)
	case !c.busy && meta.busy:
		err = m.batch.Delete(m.keys.event(kindBusy, c.event), nil)
	}
	if err != nil {
		return 0, err
	}
	meta.version, meta.busy = c.base+c.count, c.busy
	meta.first = max(meta.first, 1)
	return resultDone, m.setEvent(c.event, meta)
}

// claim makes the claimer the shard's owner and drops what owners before it left
// unfinished. The result's data is the clock.
func (m *machine) claim(c *command) (sm.Result, error) {
	again := c.epoch == m.owner.epoch && c.claimer == m.owner.claimer
	if c.epoch == 0 || c.epoch <= m.owner.epoch && !again {
		return sm.Result{Value: resultFenced}, nil
	}
	if !again {
		if err := m.dropUploads(); err != nil {
			return sm.Result{}, err
		}
		m.owner.epoch, m.owner.claimer = c.epoch, c.claimer
		if err := m.batch.Set(m.keys.owner(), m.owner.encode(), nil); err != nil {
			return sm.Result{}, err
		}
	}
	clock := binary.BigEndian.AppendUint64(nil, uint64(m.owner.clock))
	return sm.Result{Value: resultDone, Data: clock}, nil
}

// tick moves the clock, forward only.
func (m *machine) tick(c *command) (uint64, error) {
	if c.epoch != m.owner.epoch || c.epoch == 0 {
		return resultFenced, nil
	}
	m.owner.clock = max(m.owner.clock, c.clock)
	return resultDone, m.batch.Set(m.keys.owner(), m.owner.encode(), nil)
}

// event is what is known of an event, the zero meta if nothing is.
func (m *machine) event(id []byte) (eventMeta, error) {
	if meta, ok := m.events[string(id)]; ok {
		return meta, nil
	}
	meta, err := readEvent(m.db, m.keys, id)
	if err == nil {
		m.events[string(id)] = meta
	}
	return meta, err
}

func (m *machine) setEvent(id []byte, meta eventMeta) error {
	m.events[string(id)] = meta
	d := m.batch.SetDeferred(m.keys.eventLen(id), eventMetaLen)
	m.keys.appendEvent(d.Key[:0], kindEvent, id)
	meta.put(d.Value)
	return d.Finish()
}

func (m *machine) setRecords(c *command) error {
	d := m.batch.SetDeferred(m.keys.eventLen(c.event)+8, len(c.records))
	k := m.keys.appendEvent(d.Key[:0], kindRecords, c.event)
	binary.BigEndian.AppendUint64(k, c.base)
	copy(d.Value, c.records)
	return d.Finish()
}

// setValue sets a key of an event that has no suffix; v is without its format byte.
func (m *machine) setValue(kind byte, id, v []byte) error {
	d := m.batch.SetDeferred(m.keys.eventLen(id), 1+len(v))
	m.keys.appendEvent(d.Key[:0], kind, id)
	d.Value[0] = valueFormat
	copy(d.Value[1:], v)
	return d.Finish()
}

// Lookup answers the one question that is asked through the library, after a read
// barrier: the epoch of the shard's owner.
func (m *machine) Lookup(any) (any, error) { return m.epoch.Load(), nil }

// Sync makes durable what was applied: an empty record in the write-ahead log that
// is synced syncs all before it. No flush is needed.
func (m *machine) Sync() error { return m.db.LogData(nil, pebble.Sync) }

// Close does nothing: the store belongs to the node.
func (m *machine) Close() error { return nil }

// get reads a key; f must not keep v.
func get(r pebble.Reader, key []byte, f func(v []byte) error) (found bool, err error) {
	v, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := f(v); err != nil {
		_ = closer.Close() // f's error is the one to tell
		return true, fmt.Errorf("read key %x: %w", key, err)
	}
	return true, closer.Close()
}

// readApplied reads where a shard is, the zero value for a new one.
func readApplied(r pebble.Reader, shard uint64) (at applied, err error) {
	_, err = get(r, appliedKey(shard), func(v []byte) (err error) {
		at, err = decodeApplied(v)
		return err
	})
	return at, err
}

// readEvent reads an event's meta, the zero value if there is none.
func readEvent(r pebble.Reader, keys keyspace, id []byte) (meta eventMeta, err error) {
	_, err = get(r, keys.event(kindEvent, id), func(v []byte) (err error) {
		meta, err = decodeEventMeta(v)
		return err
	})
	return meta, err
}
