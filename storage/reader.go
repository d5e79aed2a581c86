package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// view is a shard of the store at one moment. Its reads agree with each other,
// also while a replica is rebuilt: the generation is read at the same moment.
type view struct {
	snap *pebble.Snapshot
	keys keyspace
	at   applied
}

// openView starts to read a shard; close it soon, it holds back compactions.
func openView(db *pebble.DB, shard uint64) (view, error) {
	snap := db.NewSnapshot()
	at, err := readApplied(snap, shard)
	if err != nil {
		_ = snap.Close() // err is the one to tell
		return view{}, err
	}
	return view{snap, newKeyspace(shard, at.generation), at}, nil
}

func (v view) close() error { return v.snap.Close() }

// baseOf is the base in the key of a batch of records.
func baseOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// value reads a key of an event that has no suffix; nil if there is none.
func (v view) value(kind byte, event []byte) (out []byte, err error) {
	_, err = get(v.snap, v.keys.event(kind, event), func(value []byte) error {
		b, err := body(value)
		out = slices.Clone(b)
		return err
	})
	return out, err
}

// event reads the meta of an event that must have a record.
func (v view) event(event []byte) (eventMeta, error) {
	meta, err := readEvent(v.snap, v.keys, event)
	if err == nil && meta.version == 0 {
		err = fmt.Errorf("read %q: %w", event, ErrNotFound)
	}
	return meta, err
}

// view reads an event's view.
func (v view) view(event []byte) (View, error) {
	meta, err := v.event(event)
	if err != nil {
		return View{}, err
	}
	out := View{Version: meta.version}
	if out.Summary, err = v.value(kindSummary, event); err != nil {
		return View{}, err
	}
	out.Details, err = v.value(kindDetails, event)
	return out, err
}

// history reads an event for its owner.
func (v view) history(event []byte) (History, error) {
	meta, err := readEvent(v.snap, v.keys, event)
	if err != nil || meta.version == 0 {
		return History{}, err
	}
	h := History{Version: meta.version, At: meta.at}
	if h.Checkpoint, err = v.checkpoint(event, meta); err != nil {
		return History{}, err
	}
	h.Records, err = v.records(event, meta, meta.at+1, meta.version-meta.at)
	return h, err
}

// checkpoint reads all pieces of an event's checkpoint; nil if it has none.
func (v view) checkpoint(event []byte, meta eventMeta) ([]byte, error) {
	if meta.at == 0 {
		return nil, nil
	}
	if meta.size > MaxCheckpointBytes {
		return nil, fmt.Errorf("read the checkpoint of %q: %w", event, errValue)
	}
	out := make([]byte, 0, meta.size)
	for i := range meta.chunks {
		found, err := get(v.snap, v.keys.chunk(event, meta.slot, i), func(value []byte) error {
			b, err := body(value)
			out = append(out, b...)
			return err
		})
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("read piece %d of the checkpoint of %q: %w", i, event, errValue)
		}
	}
	if uint64(len(out)) != meta.size {
		return nil, fmt.Errorf("read the checkpoint of %q, %d bytes of %d: %w", event, len(out), meta.size, errValue)
	}
	return out, nil
}

// records reads n records from version from on. All must be there.
func (v view) records(event []byte, meta eventMeta, from, n uint64) ([][]byte, error) {
	if n == 0 {
		return nil, nil
	}
	it, err := v.snap.NewIter(&pebble.IterOptions{
		LowerBound: v.keys.records(event, 0),
		UpperBound: after(v.keys.event(kindRecords, event)),
	})
	if err != nil {
		return nil, err
	}
	out, err := collect(it, v.keys.records(event, from), from, n)
	if closeErr := it.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("read records %d to %d of %q at %d: %w", from, from+n-1, event, meta.version, err)
	}
	return out, nil
}

// collect reads n records from version from on; key would be that of a batch whose
// base is from. Batches must follow each other without a gap.
func collect(it *pebble.Iterator, key []byte, from, n uint64) ([][]byte, error) {
	out := make([][]byte, 0, min(n, MaxBatchRecords))
	// The last batch whose base is below from has from's record.
	for ok := it.SeekLT(key); uint64(len(out)) < n; ok = it.Next() {
		if !ok {
			return nil, errors.Join(it.Error(), errValue)
		}
		base, want := baseOf(it.Key()), from+uint64(len(out))-1
		if base > want {
			return nil, errValue // a batch is missing
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return nil, err
		}
		before := len(out)
		out, _, err = readRecords(out, value, want-base, int(min(n-uint64(before), MaxBatchRecords)))
		if err != nil {
			return nil, err
		}
		if len(out) == before {
			return nil, errValue // the batch ends before the record it should have
		}
	}
	return out, nil
}

// page reads at most limit records from version from on; none beyond the last.
func (v view) page(event []byte, from uint64, limit int) ([][]byte, error) {
	meta, err := v.event(event)
	if err != nil || from > meta.version || limit <= 0 {
		return nil, err
	}
	if from < meta.first {
		return nil, fmt.Errorf("read record %d of %q: %w: the first is %d", from, event, ErrTrimmed, meta.first)
	}
	return v.records(event, meta, from, min(uint64(limit), meta.version-from+1))
}

// busy lists the busy events of the shard.
func (v view) busy() ([]string, error) {
	prefix := v.keys.kind(kindBusy)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, err
	}
	var out []string
	for ok := it.First(); ok; ok = it.Next() {
		out = append(out, v.keys.eventOf(it.Key()))
	}
	return out, it.Close()
}
