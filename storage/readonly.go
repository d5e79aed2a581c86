package storage

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
)

// ReadOnly is the state of a stopped node: what its replicas had applied. It
// starts no Raft and changes nothing on the disk. What was committed and not
// applied when the node was killed is not in it; it is after the next start.
// Safe for concurrent use.
type ReadOnly struct {
	db     *pebble.DB
	lock   *os.File
	shards uint64
}

// OpenReadOnly opens the data directory of a node that is not running; of one
// that runs it is refused.
func OpenReadOnly(dir string) (*ReadOnly, error) {
	id, err := loadIdentity(dir)
	if err != nil {
		return nil, err
	}
	if id == nil || !id.ready {
		return nil, fmt.Errorf("there is no data in %s", dir)
	}
	lock, err := lockDirectory(dir)
	if err != nil {
		return nil, err
	}
	db, err := pebble.Open(filepath.Join(dir, stateDir), &pebble.Options{
		ReadOnly: true, Logger: storeLogger{slog.New(slog.DiscardHandler)},
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the state store: %w", err), lock.Close())
	}
	return &ReadOnly{db: db, lock: lock, shards: id.shards}, nil
}

// Close ends reading.
func (r *ReadOnly) Close() error { return errors.Join(r.db.Close(), r.lock.Close()) }

// Events calls f for every event that has a record, shard by shard, in the order
// of their ids, until f fails; it returns f's error.
func (r *ReadOnly) Events(f func(event string) error) error {
	for shard := uint64(1); shard <= r.shards; shard++ {
		if err := r.events(shard, f); err != nil {
			return err
		}
	}
	return nil
}

func (r *ReadOnly) events(shard uint64, f func(event string) error) error {
	v, err := openView(r.db, shard)
	if err != nil {
		return err
	}
	defer func() { _ = v.close() }() // a snapshot of a store that is read only
	prefix := v.keys.kind(kindEvent)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		err = f(v.keys.eventOf(it.Key()))
	}
	return errors.Join(err, it.Close())
}

// CheckFeed is nil if the feeds of all shards are whole: they have every event whose
// details were ever written, once, and nothing else. It reads all details.
func (r *ReadOnly) CheckFeed() error {
	for shard := uint64(1); shard <= r.shards+1; shard++ {
		v, err := openView(r.db, shard)
		if err != nil {
			return err
		}
		if err := errors.Join(v.checkFeed(), v.close()); err != nil {
			return fmt.Errorf("the feed of shard %d: %w", shard, err)
		}
	}
	return nil
}

// Kept is an event's history from the first record that is kept.
type Kept struct {
	History
	First uint64 // version of the first record that retention has left
}

// Load reads an event: its checkpoint and the versions it has, without records.
func (r *ReadOnly) Load(event string) (k Kept, err error) {
	err = r.read(event, func(v view, id []byte) error {
		meta, err := v.event(id)
		if err != nil {
			return err
		}
		k = Kept{History{Version: meta.version, At: meta.at}, meta.first}
		k.Checkpoint, err = v.checkpoint(id, meta)
		return err
	})
	return k, err
}

// View reads an event's view.
func (r *ReadOnly) View(event string) (out View, err error) {
	err = r.read(event, func(v view, id []byte) error {
		out, err = v.view(id)
		return err
	})
	return out, err
}

// Records reads records from version from on, at most limit; ErrTrimmed where
// retention has deleted the first of them.
func (r *ReadOnly) Records(event string, from uint64, limit int) (out [][]byte, err error) {
	err = r.read(event, func(v view, id []byte) error {
		out, err = v.page(id, from, limit)
		return err
	})
	return out, err
}

func (r *ReadOnly) read(event string, f func(view, []byte) error) error {
	v, err := openView(r.db, ShardOf(event, r.shards))
	if err != nil {
		return err
	}
	return errors.Join(f(v, []byte(event)), v.close())
}
