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
// need, with the spellings of its title, which take longer to find than all else takes to
// read. The source comes first, for that is what a query wants.
func encodeRecord(e *Event, spelled string) []byte {
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
	for _, s := range []string{e.Title, spelled, e.Genre, v.ID, v.Name, v.City, v.Region, v.Country} {
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

// storedEvent is a record as it is read: a view of its bytes.
type storedEvent struct {
	version            uint64
	startsAt, onSaleAt int64
	capacity           int
	cancelled, located bool

	title, spelled, genre []byte
	venue                 []byte   // all that is written of it
	performers            [][]byte // all that is written of each
}

// read reads a record, but for its source. It keeps the memory of the list of performers.
func (e *storedEvent) read(stored []byte) error {
	r := recordReader{rest: stored}
	r.bytes() // source
	flags := r.byte()
	e.cancelled, e.located = flags&recordCancelled != 0, flags&recordLocated != 0
	e.version, e.startsAt, e.onSaleAt, e.capacity = r.uvarint(), r.varint(), r.varint(), int(r.varint())
	e.title, e.spelled, e.genre = r.bytes(), r.bytes(), r.bytes()
	from := r.rest
	for range 5 {
		r.bytes()
	}
	if e.located {
		r.take(16)
	}
	e.venue = from[:len(from)-len(r.rest)]
	e.performers = e.performers[:0]
	for len(r.rest) > 0 && !r.short {
		from = r.rest
		r.bytes()
		r.bytes()
		e.performers = append(e.performers, from[:len(from)-len(r.rest)])
	}
	if r.short {
		return errShortRecord
	}
	return nil
}

// readVenue reads what is written of the venue.
func (e *storedEvent) readVenue() Venue {
	r := recordReader{rest: e.venue}
	v := Venue{
		ID: string(r.bytes()), Name: string(r.bytes()),
		City: string(r.bytes()), Region: string(r.bytes()), Country: string(r.bytes()),
	}
	if e.located {
		v.Location = &Point{Lat: r.float(), Lon: r.float()}
	}
	return v
}

// readPerformer reads what is written of a performer.
func readPerformer(raw []byte) Performer {
	r := recordReader{rest: raw}
	return Performer{ID: string(r.bytes()), Name: string(r.bytes())}
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
