package postings

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// encodePositions is what the document with the positions stores: the schema, then
// each source with its position.
func encodePositions(schema uint64, positions map[uint64][]byte) []byte {
	out := binary.AppendUvarint(nil, schema)
	for _, source := range slices.Sorted(maps.Keys(positions)) {
		p := positions[source]
		out = binary.AppendUvarint(out, source)
		out = binary.AppendUvarint(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

// decodePositions undoes encodePositions.
func decodePositions(stored []byte) (schema uint64, positions map[uint64][]byte, err error) {
	r := reader{stored}
	if schema, err = r.uvarint(); err != nil {
		return 0, nil, err
	}
	positions = map[uint64][]byte{}
	for len(r.rest) > 0 {
		source, err := r.uvarint()
		if err != nil {
			return 0, nil, err
		}
		p, err := r.counted()
		if err != nil {
			return 0, nil, err
		}
		positions[source] = slices.Clone(p)
	}
	return schema, positions, nil
}

// reader takes varints and byte strings from the front of what is left.
type reader struct{ rest []byte }

var errShort = errors.New("a record is cut short")

// uvarint takes a number.
func (r *reader) uvarint() (uint64, error) {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		return 0, errShort
	}
	r.rest = r.rest[n:]
	return v, nil
}

// take takes n bytes.
func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.rest)) {
		return nil, errShort
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out, nil
}

// counted takes bytes that have their number before them.
func (r *reader) counted() ([]byte, error) {
	n, err := r.uvarint()
	if err != nil {
		return nil, err
	}
	return r.take(n)
}
