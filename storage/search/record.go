package search

import (
	"encoding/binary"
	"errors"
	"math"
)

// Flags of a record.
const (
	recordCancelled = 1 << iota
	recordLocated
)

// encodeRecord is what the index stores of an event: its source, and what the columns
// need. The source comes first, for that is what a query wants.
func encodeRecord(e *Event) []byte {
	out := make([]byte, 0, len(e.Source)+256)
	out = appendCounted(out, string(e.Source))
	flags := byte(0)
	if e.Cancelled {
		flags |= recordCancelled
	}
	if e.Venue.Location != nil {
		flags |= recordLocated
	}
	out = append(out, flags)
	out = binary.AppendUvarint(out, e.Version)
	out = binary.AppendVarint(out, e.StartsAt)
	out = binary.AppendVarint(out, e.OnSaleAt)
	out = binary.AppendVarint(out, int64(e.Capacity))
	v := &e.Venue
	for _, s := range []string{e.Title, e.Genre, v.ID, v.Name, v.City, v.Region, v.Country} {
		out = appendCounted(out, s)
	}
	if at := v.Location; at != nil {
		out = binary.BigEndian.AppendUint64(out, math.Float64bits(at.Lat))
		out = binary.BigEndian.AppendUint64(out, math.Float64bits(at.Lon))
	}
	for _, p := range e.Performers {
		out = appendCounted(out, p.ID)
		out = appendCounted(out, p.Name)
	}
	return out
}

// appendCounted appends a string with its length before it.
func appendCounted(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

// decodeRecord undoes encodeRecord, but for the id and the description, which are not
// in it, and the source, which is left out. It keeps no part of stored.
func decodeRecord(stored []byte) (Event, error) {
	r := recordReader{rest: stored}
	r.bytes() // source
	flags := r.byte()
	e := Event{Version: r.uvarint(), StartsAt: r.varint(), OnSaleAt: r.varint(), Capacity: int(r.varint())}
	e.Cancelled = flags&recordCancelled != 0
	v := &e.Venue
	for _, s := range []*string{&e.Title, &e.Genre, &v.ID, &v.Name, &v.City, &v.Region, &v.Country} {
		*s = string(r.bytes())
	}
	if flags&recordLocated != 0 {
		v.Location = &Point{Lat: r.float(), Lon: r.float()}
	}
	for len(r.rest) > 0 && !r.short {
		e.Performers = append(e.Performers, Performer{ID: string(r.bytes()), Name: string(r.bytes())})
	}
	if r.short {
		return Event{}, errShortRecord
	}
	return e, nil
}

// sourceOf is the source in a record.
func sourceOf(stored []byte) ([]byte, error) {
	r := recordReader{rest: stored}
	source := r.bytes()
	if r.short {
		return nil, errShortRecord
	}
	return source, nil
}

var errShortRecord = errors.New("a stored event is cut short")

// recordReader takes values from the front of what is left. Once it is short, it gives
// zeros.
type recordReader struct {
	rest  []byte
	short bool
}

func (r *recordReader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.rest, r.short = nil, true
		return nil
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *recordReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		n = -1
	}
	r.take(n)
	return v
}

func (r *recordReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		n = -1
	}
	r.take(n)
	return v
}

func (r *recordReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		return r.take(-1)
	}
	return r.take(int(n))
}

func (r *recordReader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *recordReader) float() float64 {
	if b := r.take(8); b != nil {
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}
