package storage

import "encoding/binary"

// reader reads fixed-size numbers and length-prefixed bytes from a slice. After the
// first read past the end bad is set and everything read is zero; what it returns
// shares the slice's memory.
type reader struct {
	b   []byte
	bad bool
}

// openValue starts to read a stored value: the format byte, then exactly n bytes.
func openValue(v []byte, n int) (*reader, error) {
	if len(v) != n+1 || v[0] != valueFormat {
		return nil, errValue
	}
	return &reader{b: v[1:]}, nil
}

// body is a stored value without its format byte.
func body(v []byte) ([]byte, error) {
	if len(v) == 0 || v[0] != valueFormat {
		return nil, errValue
	}
	return v[1:], nil
}

// take reads n bytes.
func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// uvarint reads a number in its shortest form.
func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 || n > 1 && r.b[n-1] == 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// bytes reads a length and as many bytes.
func (r *reader) bytes() []byte { return r.take(r.uvarint()) }

// event reads an event id and checks it.
func (r *reader) event() []byte {
	id := r.bytes()
	if CheckEvent(string(id)) != nil {
		r.bad = true
	}
	return id
}

// appendBytes appends what bytes reads.
func appendBytes[T string | []byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}
