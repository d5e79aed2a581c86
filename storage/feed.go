package storage

import (
	"encoding/binary"
	"fmt"
)

// Change is an event as it is now. It is in the feed because its details were written.
type Change struct {
	Event string
	// At is the Raft index at which its details were last written; 0: before the feed
	// was kept. View may be of a later append.
	At   uint64
	View View
}

// Touch is an event's summary as it is now, and the version that it is of.
type Touch struct {
	Event   string
	Version uint64
	Summary []byte
}

// Position is a place in the feed of a shard. It means the same at every replica of
// the shard, because it is made of Raft indexes. The zero Position is the beginning.
// Callers compare, keep and give back positions; they make none.
type Position struct {
	// Index is the Raft index up to which the feed was read.
	Index uint64
	// Event is "", but among the events that were there before the feed was kept:
	// they have no index of their own, and come first, in the order of their ids.
	Event string
}

// Bytes is the position for keeping: 8 to 8+MaxEventBytes bytes.
func (p Position) Bytes() []byte {
	return append(binary.BigEndian.AppendUint64(nil, p.Index), p.Event...)
}

// ParsePosition reads what Bytes made; nothing is the beginning.
func ParsePosition(b []byte) (Position, error) {
	if len(b) == 0 {
		return Position{}, nil
	}
	if len(b) < 8 || len(b) > 8+MaxEventBytes {
		return Position{}, fmt.Errorf("%w: %x is no position in a feed", ErrUnavailable, b)
	}
	return Position{binary.BigEndian.Uint64(b), string(b[8:])}, nil
}
