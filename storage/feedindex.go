package storage

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// The feed of a shard has an entry for each event whose details were ever written, at
// the Raft index of the last such write. A later one moves it: the same batch deletes
// the entry of before, which 'p' tells. So the feed is as large as the shard has
// events, and is no history.
//
// What was stored before there were feeds gets one when it is opened. Its events have
// an entry at index 0, because the log no longer tells when they were written. The
// origin is the index that was applied at that moment. It may be another one on each
// replica; so a position before the origin says nothing here, and begins anew.

// pageBytes is the size of the views in a page after which no more are added.
const pageBytes = 4 << 20

// enterFeed puts an event where an append with details is. It reads the store, so it
// comes before anything else of that append is in the batch.
func (m *machine) enterFeed(index uint64, c *command) error {
	place := m.keys.event(kindPlace, c.event)
	if c.base > 0 { // else it is a new event
		if err := m.flush(); err != nil {
			return err
		}
		before := uint64(0)
		found, err := get(m.db, place, func(v []byte) (err error) {
			before, err = decodeIndex(v)
			return err
		})
		if err != nil {
			return err
		}
		if found {
			if err := m.batch.Delete(m.keys.feed(before, c.event), nil); err != nil {
				return err
			}
		}
	}
	if err := m.batch.Set(m.keys.feed(index, c.event), []byte{valueFormat}, nil); err != nil {
		return err
	}
	if err := m.batch.Set(place, encodeIndex(index), nil); err != nil {
		return err
	}
	return m.setValue(kindDetails, c.event, c.details)
}

// makeFeed makes the feed of a generation as of a Raft index, whatever feed was there.
// It is not synced, and may be cut off anywhere: the caller says that it is done, in a
// later batch.
func makeFeed(db *pebble.DB, keys keyspace, index uint64) error {
	b := db.NewBatch()
	defer func() { _ = b.Close() }() // committed or given up
	for _, kind := range []byte{kindFeed, kindPlace, kindOrigin} {
		if err := b.DeleteRange(keys.kind(kind), after(keys.kind(kind)), nil); err != nil {
			return err
		}
	}
	details := keys.kind(kindDetails)
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: details, UpperBound: after(details)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		err = adopt(b, keys, []byte(keys.eventOf(it.Key())))
	}
	if closeErr := it.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if index > 0 {
		if err := b.Set(keys.kind(kindOrigin), encodeIndex(index), nil); err != nil {
			return err
		}
	}
	return b.Commit(pebble.NoSync)
}

// adopt enters an event that was there before the feed. A full batch is committed.
func adopt(b *pebble.Batch, keys keyspace, event []byte) error {
	if err := b.Set(keys.feed(0, event), []byte{valueFormat}, nil); err != nil {
		return err
	}
	if err := b.Set(keys.event(kindPlace, event), encodeIndex(0), nil); err != nil {
		return err
	}
	if b.Len() < pageBytes {
		return nil
	}
	if err := b.Commit(pebble.NoSync); err != nil {
		return err
	}
	b.Reset()
	return nil
}

// origin is that of the shard's feed; 0: it is as old as the shard.
func (v view) origin() (index uint64, err error) {
	_, err = get(v.snap, v.keys.kind(kindOrigin), func(value []byte) (err error) {
		index, err = decodeIndex(value)
		return err
	})
	return index, err
}

// since is the first key that an entry after a position can have.
func (v view) since(p Position, origin uint64) []byte {
	switch {
	case p.Event != "" && p.Index == origin:
		return append(v.keys.feed(0, []byte(p.Event)), 0)
	case p.Event != "" || p.Index < origin:
		return v.keys.kind(kindFeed)
	}
	key := v.keys.feed(p.Index+1, nil)
	return key[:len(key)-1]
}

// changes reads a page of the feed.
func (v view) changes(p Position, limit int) (out []Change, next Position, err error) {
	if p.Index > v.at.index || limit <= 0 {
		return nil, p, nil
	}
	origin, err := v.origin()
	if err != nil {
		return nil, p, err
	}
	it, err := v.snap.NewIter(&pebble.IterOptions{
		LowerBound: v.since(p, origin), UpperBound: after(v.keys.kind(kindFeed)),
	})
	if err != nil {
		return nil, p, err
	}
	defer func() { _ = it.Close() }() // its error was asked for
	next, size := Position{Index: v.at.index}, 0
	for ok := it.First(); ok; ok = it.Next() {
		c, err := v.change(it.Key())
		if err != nil {
			return nil, p, err
		}
		out, size = append(out, c), size+len(c.View.Summary)+len(c.View.Details)
		if len(out) == limit || size >= pageBytes {
			next = Position{Index: c.At}
			if c.At == 0 {
				next = Position{Index: origin, Event: c.Event}
			}
			break
		}
	}
	if err := it.Error(); err != nil {
		return nil, p, err
	}
	return out, next, nil
}

// change is what an entry of the feed stands for.
func (v view) change(key []byte) (Change, error) {
	index, event, err := v.keys.entryOf(key)
	if err != nil {
		return Change{}, fmt.Errorf("read key %x: %w", key, err)
	}
	c := Change{Event: string(event), At: index}
	if c.View, err = v.view(event); err != nil {
		return Change{}, fmt.Errorf("read what is at %d of the feed: %w: %v", index, errValue, err)
	}
	return c, nil
}

// touched reads the summaries of events; next is where to go on after them.
func (v view) touched(events []touch, next uint64) (out []Touch, _ uint64, err error) {
	size := 0
	for _, e := range events {
		id := []byte(e.event)
		meta, err := v.event(id)
		if err != nil {
			return nil, 0, err
		}
		t := Touch{Event: e.event, Version: meta.version}
		if t.Summary, err = v.value(kindSummary, id); err != nil {
			return nil, 0, err
		}
		if out, size = append(out, t), size+len(t.Summary); size >= pageBytes {
			return out, e.index, nil
		}
	}
	return out, next, nil
}

// summaries reads a page of summaries. Every event has a summary, so the two kinds of
// keys are read side by side.
func (v view) summaries(p string, limit int) (out []Touch, err error) {
	events, err := v.ids(kindEvent, p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = events.Close() }() // its error was asked for
	values, err := v.ids(kindSummary, p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = values.Close() }()
	values.First()
	for ok, size := events.First(), 0; ok && len(out) < limit && size < pageBytes; ok = events.Next() {
		id := v.keys.eventOf(events.Key())
		if !values.Valid() || v.keys.eventOf(values.Key()) != id {
			return nil, fmt.Errorf("read the summary of %q: %w", id, errValue)
		}
		t, err := v.summary(id, events.Value(), values.Value())
		if err != nil {
			return nil, err
		}
		out, size = append(out, t), size+len(t.Summary)
		values.Next()
	}
	if err := events.Error(); err != nil {
		return nil, err
	}
	return out, values.Error()
}

// ids goes through keys of a kind, of events whose id is greater than p.
func (v view) ids(kind byte, p string) (*pebble.Iterator, error) {
	from := v.keys.kind(kind)
	if p != "" {
		from = append(v.keys.event(kind, []byte(p)), 0)
	}
	return v.snap.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: after(v.keys.kind(kind))})
}

func (v view) summary(id string, event, value []byte) (Touch, error) {
	meta, err := decodeEventMeta(event)
	if err != nil {
		return Touch{}, fmt.Errorf("read %q: %w", id, err)
	}
	b, err := body(value)
	if err != nil {
		return Touch{}, fmt.Errorf("read the summary of %q: %w", id, err)
	}
	return Touch{id, meta.version, slices.Clone(b)}, nil
}

// checkFeed is nil if every event that has details is in the feed, once, where its
// place says, and nothing else is.
func (v view) checkFeed() error {
	if !v.at.feed {
		return nil // it gets one at the next start
	}
	entries, err := v.count(kindFeed, func(key, _ []byte) error {
		index, event, err := v.keys.entryOf(key)
		if err != nil {
			return err
		}
		place, err := v.value(kindPlace, event)
		if err != nil || !bytes.Equal(place, encodeIndex(index)[1:]) || index > v.at.index {
			return fmt.Errorf("%q is in the feed at %d, its place is %x: %w", event, index, place, errValue)
		}
		details, err := v.value(kindDetails, event)
		if err == nil && details == nil {
			err = fmt.Errorf("%q is in the feed and has no details: %w", event, errValue)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, kind := range []byte{kindPlace, kindDetails} {
		n, err := v.count(kind, func(_, _ []byte) error { return nil })
		if err != nil {
			return err
		}
		if n != entries {
			return fmt.Errorf("the feed has %d entries for %d keys of kind %c: %w", entries, n, kind, errValue)
		}
	}
	return nil
}

// count calls f for every key of a kind, until it fails.
func (v view) count(kind byte, f func(key, value []byte) error) (n int, err error) {
	it, err := v.ids(kind, "")
	if err != nil {
		return 0, err
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		n++
		err = f(it.Key(), it.Value())
	}
	if closeErr := it.Close(); err == nil {
		err = closeErr
	}
	return n, err
}
