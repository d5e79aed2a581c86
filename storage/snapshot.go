package storage

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2"
	sm "github.com/lni/dragonboat/v4/statemachine"
)

// A snapshot is a shard on its way to another replica: a stream of its keys,
// without the prefix, and values, as of one applied index. Neither side holds it in
// memory, whatever its size.
//
//	magic8 index8 { keylen(varint, > 0) vallen(varint) key value }… 0(varint) count8
//
// The count at the end tells a whole stream from one that was cut between two keys.
const snapshotMagic = "boxsnap\x01"

// maxValueBytes bounds a value in a snapshot: the largest is a batch of records.
const maxValueBytes = 2 * MaxBatchBytes

var errSnapshot = errors.New("the snapshot is damaged or of a newer format")

// PrepareSnapshot marks the moment that SaveSnapshot saves.
func (m *machine) PrepareSnapshot() (any, error) { return openView(m.db, m.shard) }

// SaveSnapshot writes the shard to w; the shard goes on meanwhile.
func (m *machine) SaveSnapshot(prepared any, w io.Writer, stop <-chan struct{}) error {
	v, ok := prepared.(view)
	if !ok {
		return fmt.Errorf("save a snapshot of shard %d: %T was prepared", m.shard, prepared)
	}
	defer m.pace.copying()()
	err := v.save(m.shard, &pacedWriter{paced{[]limiter{m.pace}, stop}, w}, stop)
	if closeErr := v.close(); err == nil {
		err = closeErr
	}
	return err
}

func (v view) save(shard uint64, w io.Writer, stop <-chan struct{}) error {
	at, err := readApplied(v.snap, shard)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 256<<10)
	head := binary.BigEndian.AppendUint64([]byte(snapshotMagic), at.index)
	if _, err := out.Write(head); err != nil {
		return err
	}
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: v.keys.prefix, UpperBound: after(v.keys.prefix)})
	if err != nil {
		return err
	}
	count, err := v.saveKeys(it, out, stop)
	if closeErr := it.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if _, err := out.Write(binary.BigEndian.AppendUint64([]byte{0}, count)); err != nil {
		return err
	}
	return out.Flush()
}

func (v view) saveKeys(it *pebble.Iterator, out *bufio.Writer, stop <-chan struct{}) (count uint64, err error) {
	var head []byte
	for ok := it.First(); ok; ok = it.Next() {
		select {
		case <-stop:
			return 0, sm.ErrSnapshotStopped
		default:
		}
		key := it.Key()[len(v.keys.prefix):]
		value, err := it.ValueAndErr()
		if err != nil {
			return 0, err
		}
		head = binary.AppendUvarint(head[:0], uint64(len(key)))
		head = binary.AppendUvarint(head, uint64(len(value)))
		for _, part := range [][]byte{head, key, value} {
			if _, err := out.Write(part); err != nil {
				return 0, err
			}
		}
		count++
	}
	return count, it.Error()
}

// RecoverFromSnapshot replaces the shard by what r has. It writes a new generation
// beside the present one; a last, synced batch points to it and deletes the old
// one. A crash before that leaves the old one, after it the new one.
func (m *machine) RecoverFromSnapshot(r io.Reader, stop <-chan struct{}) error {
	if err := m.dropOtherGenerations(); err != nil {
		return err
	}
	defer m.pace.copying()()
	limits := []limiter{m.pace, &steady{rate: max(m.arrived(), m.pace.least)}}
	in := bufio.NewReaderSize(&pacedReader{paced{limits, stop}, r}, 256<<10)
	head := make([]byte, len(snapshotMagic)+8)
	if _, err := io.ReadFull(in, head); err != nil {
		return fmt.Errorf("read the snapshot of shard %d: %w", m.shard, err)
	}
	if string(head[:len(snapshotMagic)]) != snapshotMagic {
		return fmt.Errorf("read the snapshot of shard %d: %w", m.shard, errSnapshot)
	}
	old := m.keys.prefix
	at := applied{binary.BigEndian.Uint64(head[len(snapshotMagic):]), m.at.generation + 1}
	if err := m.receive(in, dataPrefix(m.shard, at.generation), stop); err != nil {
		return fmt.Errorf("read the snapshot of shard %d: %w", m.shard, err)
	}
	b := m.db.NewBatch()
	if err := b.Set(appliedKey(m.shard), at.encode(), nil); err != nil {
		return err
	}
	if err := b.DeleteRange(old, after(old), nil); err != nil {
		return err
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	return m.reload(m.db)
}

// receive writes what follows the head under prefix.
func (m *machine) receive(in *bufio.Reader, prefix []byte, stop <-chan struct{}) error {
	t := m.incoming()
	defer t.end()
	var count uint64
	k := incomingKey{key: slices.Clone(prefix)}
	for {
		select {
		case <-stop:
			return sm.ErrSnapshotStopped
		default:
		}
		more, err := k.read(in, len(prefix))
		if err != nil {
			return err
		}
		if !more {
			break
		}
		count++
		if err := t.set(k.key, k.value); err != nil {
			return err
		}
	}
	var want [8]byte
	if _, err := io.ReadFull(in, want[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint64(want[:]) != count {
		return errSnapshot
	}
	return t.flush()
}

// incomingKey is a key of a snapshot, with its prefix, and its value. Its memory is
// used again for the next one.
type incomingKey struct{ key, value []byte }

// read reads the next one; false at the end.
func (k *incomingKey) read(in *bufio.Reader, prefixLen int) (bool, error) {
	keyLen, err := binary.ReadUvarint(in)
	if err != nil || keyLen == 0 {
		return false, noEOF(err)
	}
	valueLen, err := binary.ReadUvarint(in)
	if err != nil {
		return false, noEOF(err)
	}
	if keyLen > uint64(maxKeyLen-prefixLen) || valueLen > maxValueBytes {
		return false, errSnapshot
	}
	k.key = slices.Grow(k.key[:prefixLen], int(keyLen))[:prefixLen+int(keyLen)]
	if _, err := io.ReadFull(in, k.key[prefixLen:]); err != nil {
		return false, noEOF(err)
	}
	k.value = slices.Grow(k.value[:0], int(valueLen))[:valueLen]
	_, err = io.ReadFull(in, k.value)
	return true, noEOF(err)
}

// noEOF makes an end where there should be more an error of its own.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// dropOtherGenerations deletes what a rebuild that was interrupted has left.
func (m *machine) dropOtherGenerations() error {
	first, last := dataPrefix(m.shard, 0), after(dataPrefix(m.shard, ^uint32(0)))
	for _, r := range [][2][]byte{{first, m.keys.prefix}, {after(m.keys.prefix), last}} {
		if bytes.Compare(r[0], r[1]) >= 0 {
			continue
		}
		it, err := m.db.NewIter(&pebble.IterOptions{LowerBound: r[0], UpperBound: r[1]})
		if err != nil {
			return err
		}
		left := it.First()
		if err := it.Close(); err != nil {
			return err
		}
		if left {
			if err := m.db.DeleteRange(r[0], r[1], pebble.NoSync); err != nil {
				return err
			}
		}
	}
	return nil
}
