package salepb

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// errType is a known field that was written as another type.
var errType = errors.New("wrong wire type")

// reader walks over the fields of one message. The caller asks next for a field,
// looks at num, and takes the value with the method for the field's type; a
// field that it does not take is skipped. The first error ends the walk and
// stays in err.
//
// As in all of protobuf, the last of several values of a single field counts,
// and messages in a single field are merged.
type reader struct {
	b     []byte // what is left
	num   protowire.Number
	typ   protowire.Type
	value []byte // of a field of bytes type; part of the input
	bits  uint64 // of a field of varint or fixed type
	err   error
}

// next moves to the next field; false at the end or after an error.
func (r *reader) next() bool {
	if len(r.b) == 0 || r.err != nil {
		return false
	}
	num, typ, n := protowire.ConsumeTag(r.b)
	if n < 0 {
		r.err = protowire.ParseError(n)
		return false
	}
	r.b, r.num, r.typ = r.b[n:], num, typ
	switch typ {
	case protowire.VarintType:
		r.bits, n = protowire.ConsumeVarint(r.b)
	case protowire.BytesType:
		r.value, n = protowire.ConsumeBytes(r.b)
	case protowire.Fixed64Type:
		r.bits, n = protowire.ConsumeFixed64(r.b)
	default: // none of ours
		n = protowire.ConsumeFieldValue(num, typ, r.b)
	}
	if n < 0 {
		r.fail(protowire.ParseError(n))
		return false
	}
	r.b = r.b[n:]
	return true
}

// fail ends the walk, where nothing has ended it before.
func (r *reader) fail(err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("field %d: %w", r.num, err)
	}
}

// is reports whether the field has a wire type, and fails where it has not.
func (r *reader) is(t protowire.Type) bool {
	if r.typ == t {
		return true
	}
	r.fail(errType)
	return false
}

// bool takes a truth value.
func (r *reader) bool(v *bool) {
	if r.is(protowire.VarintType) {
		*v = r.bits != 0
	}
}

// float takes a double.
func (r *reader) float(v *float64) {
	if r.is(protowire.Fixed64Type) {
		*v = math.Float64frombits(r.bits)
	}
}

// string takes a copy of a string.
func (r *reader) string(v *string) {
	if r.is(protowire.BytesType) {
		*v = string(r.value)
	}
}

// strings takes one element of a repeated string.
func (r *reader) strings(v *[]string) {
	if r.is(protowire.BytesType) {
		*v = append(*v, string(r.value))
	}
}

// id takes an id, which has 16 bytes. An id cut short would be another one.
func (r *reader) id(v *[16]byte) {
	if !r.is(protowire.BytesType) {
		return
	}
	if len(r.value) != len(v) {
		r.fail(fmt.Errorf("an id of %d bytes, not %d", len(r.value), len(v)))
		return
	}
	copy(v[:], r.value)
}

// packed reads a repeated field of varints, packed or one by one.
func (r *reader) packed(v *[]uint64) {
	if r.typ == protowire.VarintType {
		*v = append(*v, r.bits)
		return
	}
	if !r.is(protowire.BytesType) {
		return
	}
	count := 0
	for _, c := range r.value {
		if c < 0x80 { // the last byte of a varint
			count++
		}
	}
	if *v == nil && count > 0 {
		*v = make([]uint64, 0, count)
	}
	for b := r.value; len(b) > 0; {
		x, n := protowire.ConsumeVarint(b)
		if n < 0 {
			r.fail(protowire.ParseError(n))
			return
		}
		*v = append(*v, x)
		b = b[n:]
	}
}

// format refuses what a later version wrote in a form that this one would
// misunderstand.
func (r *reader) format() {
	if r.is(protowire.VarintType) && r.bits > format {
		r.fail(fmt.Errorf("format %d; this program reads up to %d", r.bits, format))
	}
}

// readInt takes an integer.
func readInt[T integer](r *reader, v *T) {
	if r.is(protowire.VarintType) {
		*v = T(r.bits)
	}
}

// readStatus takes the number of a status, of which highest is the last known.
func readStatus[T ~uint8](r *reader, v *T, highest T) {
	if !r.is(protowire.VarintType) {
		return
	}
	if r.bits > uint64(highest) {
		r.fail(fmt.Errorf("status %d is not known", r.bits))
		return
	}
	*v = T(r.bits)
}

// readMessage takes a message in the message: decode fills v from its bytes.
func readMessage[T any](r *reader, v *T, decode func([]byte, *T) error) {
	if r.is(protowire.BytesType) {
		r.fail(decode(r.value, v))
	}
}

// readPointer is readMessage where the message may be absent: *v is then nil.
func readPointer[T any](r *reader, v **T, decode func([]byte, *T) error) {
	if *v == nil {
		*v = new(T)
	}
	readMessage(r, *v, decode)
}

// readMessages takes one element of a repeated message.
func readMessages[T any](r *reader, v *[]T, decode func([]byte, *T) error) {
	var zero T
	*v = append(*v, zero)
	readMessage(r, &(*v)[len(*v)-1], decode)
}

// readPointers is readMessages for a slice of pointers.
func readPointers[T any](r *reader, v *[]*T, decode func([]byte, *T) error) {
	element := new(T)
	readMessage(r, element, decode)
	*v = append(*v, element)
}
