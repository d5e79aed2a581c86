package salepb

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

// The functions below append one field each. Those for single values append
// nothing for a zero, as proto3 wants it.

// integer is what is written as a varint.
type integer interface {
	~int | ~int64 | ~uint8 | ~uint64
}

// appendInt appends a number. A negative one takes 10 bytes: there are none where
// the size matters.
func appendInt[T integer](b []byte, field protowire.Number, v T) []byte {
	if v == 0 {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(v))
}

// appendBool appends true; false is an absent field.
func appendBool(b []byte, field protowire.Number, v bool) []byte {
	if !v {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return append(b, 1)
}

// appendFloat appends a double. Only the zero with a plus sign is absent, so that
// every bit comes back.
func appendFloat(b []byte, field protowire.Number, v float64) []byte {
	bits := math.Float64bits(v)
	if bits == 0 {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.Fixed64Type)
	return protowire.AppendFixed64(b, bits)
}

// appendString appends a string as it is, UTF-8 or not.
func appendString(b []byte, field protowire.Number, v string) []byte {
	if v == "" {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendString(b, v)
}

// appendStrings appends a repeated field: its elements may be empty.
func appendStrings(b []byte, field protowire.Number, vs []string) []byte {
	for _, v := range vs {
		b = protowire.AppendTag(b, field, protowire.BytesType)
		b = protowire.AppendString(b, v)
	}
	return b
}

// appendID appends 16 bytes; an id of zeros is none.
func appendID(b []byte, field protowire.Number, v [16]byte) []byte {
	if v == [16]byte{} {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.BytesType)
	b = append(b, byte(len(v)))
	return append(b, v[:]...)
}

// appendPacked appends a packed repeated field; nothing where it is empty.
func appendPacked[T uint32 | uint64](b []byte, field protowire.Number, vs []T) []byte {
	if len(vs) == 0 {
		return b
	}
	b, body := open(b, field)
	for _, v := range vs {
		b = protowire.AppendVarint(b, uint64(v))
	}
	return shut(b, body)
}

// appendAtKey appends what records and stored answers begin with. Fields are
// numbered upwards from first.
func appendAtKey(b []byte, first protowire.Number, at catalog.Time, k sale.Key) []byte {
	b = appendInt(b, first, at)
	b = appendID(b, first+1, k.ID)
	return appendID(b, first+2, k.Body)
}

// open begins a message in a message and returns where its body begins, which
// shut must be given. Nearly all bodies are shorter than 128 bytes: one byte is
// left for the length, and shut makes room where that was not enough. To know
// the length before would need a second walk over everything.
func open(b []byte, field protowire.Number) ([]byte, int) {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	b = append(b, 0)
	return b, len(b)
}

// shut ends the message whose body begins at body.
func shut(b []byte, body int) []byte {
	n := len(b) - body
	if n < 0x80 {
		b[body-1] = byte(n)
		return b
	}
	more := protowire.SizeVarint(uint64(n)) - 1
	b = append(b, make([]byte, more)...)
	copy(b[body+more:], b[body:body+n])
	protowire.AppendVarint(b[:body-1], uint64(n))
	return b
}

// shutOrDrop ends a message that stands for a plain value, with a field number
// below 16: where the body is empty it takes the whole field back.
func shutOrDrop(b []byte, body int) []byte {
	if len(b) == body {
		return b[:body-2]
	}
	return shut(b, body)
}
