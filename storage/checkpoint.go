package storage

import (
	"github.com/cockroachdb/pebble/v2"
)

// checkpoint stores a piece of a checkpoint in the slot that is not live; the last
// piece makes that slot the live one, in the batch that stores it. A first piece
// drops what an attempt before left. Pieces must come in order: anything else is a
// second attempt at the same time, and is refused.
func (m *machine) checkpoint(c *command) (uint64, error) {
	if c.epoch != m.owner.epoch || c.epoch == 0 {
		return resultFenced, nil
	}
	if err := m.flush(); err != nil {
		return 0, err
	}
	meta, err := m.event(c.event)
	if err != nil {
		return 0, err
	}
	if c.version > meta.version || c.version < meta.at {
		return resultRefused, nil
	}
	up, err := m.nextPiece(c, meta)
	if err != nil {
		return 0, err
	}
	if up.id != c.upload || up.version != c.version || up.chunks != c.chunks || up.next != c.chunk {
		return resultRefused, nil
	}
	if err := m.batch.Set(m.keys.chunk(c.event, 1-meta.slot, c.chunk), c.data, nil); err != nil {
		return 0, err
	}
	up.next, up.size = up.next+1, up.size+uint64(len(c.data)-1)
	if up.next < up.chunks {
		return resultDone, m.batch.Set(m.keys.event(kindUpload, c.event), up.encode(), nil)
	}
	return resultDone, m.switchCheckpoint(c, meta, up)
}

// nextPiece is the upload that a piece belongs to. For a first piece it is a new
// one, and the one before is dropped.
func (m *machine) nextPiece(c *command, meta eventMeta) (up upload, err error) {
	key := m.keys.event(kindUpload, c.event)
	found, err := get(m.db, key, func(v []byte) (err error) {
		up, err = decodeUpload(v)
		return err
	})
	if err != nil || c.chunk > 0 {
		return up, err
	}
	if found {
		if err := m.dropPieces(c.event, 1-meta.slot, up.next); err != nil {
			return up, err
		}
		if err := m.batch.Delete(key, nil); err != nil {
			return up, err
		}
	}
	return upload{id: c.upload, version: c.version, chunks: c.chunks}, nil
}

// switchCheckpoint makes a complete upload the event's checkpoint and drops the one
// before, and the records that are past their retention.
func (m *machine) switchCheckpoint(c *command, meta eventMeta, up upload) error {
	if err := m.dropPieces(c.event, meta.slot, meta.chunks); err != nil {
		return err
	}
	if up.chunks > 1 {
		if err := m.batch.Delete(m.keys.event(kindUpload, c.event), nil); err != nil {
			return err
		}
	}
	meta.at, meta.size, meta.chunks, meta.slot = up.version, up.size, up.chunks, 1-meta.slot
	if err := m.trim(c, &meta); err != nil {
		return err
	}
	return m.setEvent(c.event, meta)
}

// dropPieces deletes the first n pieces of a slot. Nothing is read: one delete a
// piece is cheaper for later reads than a deleted range.
func (m *machine) dropPieces(event []byte, slot byte, n uint32) error {
	for i := range n {
		if err := m.batch.Delete(m.keys.chunk(event, slot, i), nil); err != nil {
			return err
		}
	}
	return nil
}

// trim deletes the batches of records that end before c.keep. A batch that has a
// record to keep is kept whole.
func (m *machine) trim(c *command, meta *eventMeta) error {
	if c.keep <= meta.first {
		return nil
	}
	base, err := m.batchOf(c.event, min(c.keep, meta.version))
	if err != nil || base+1 <= meta.first {
		return err
	}
	meta.first = base + 1
	return m.batch.DeleteRange(m.keys.records(c.event, 0), m.keys.records(c.event, base), nil)
}

// batchOf is the base of the batch that has the record of a version.
func (m *machine) batchOf(event []byte, version uint64) (base uint64, err error) {
	it, err := m.db.NewIter(&pebble.IterOptions{
		LowerBound: m.keys.records(event, 0),
		UpperBound: m.keys.records(event, version),
	})
	if err != nil {
		return 0, err
	}
	if it.Last() {
		base = baseOf(it.Key())
	}
	return base, it.Close()
}

// dropUploads deletes every unfinished checkpoint of the shard: their owner is
// gone, and only an owner can go on with them.
func (m *machine) dropUploads() error {
	if err := m.flush(); err != nil {
		return err
	}
	prefix := m.keys.kind(kindUpload)
	it, err := m.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		err = m.dropUpload(it.Key(), it.Value())
	}
	if closeErr := it.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (m *machine) dropUpload(key, value []byte) error {
	up, err := decodeUpload(value)
	if err != nil {
		return err
	}
	event := []byte(m.keys.eventOf(key))
	meta, err := m.event(event)
	if err != nil {
		return err
	}
	if err := m.dropPieces(event, 1-meta.slot, up.next); err != nil {
		return err
	}
	return m.batch.Delete(key, nil)
}
