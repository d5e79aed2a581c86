package salepb

import (
	"encoding/binary"
	"errors"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
)

// appendAnswer appends an answer as a field; nothing for the zero one. The first
// numbers are those of a stored answer.
func appendAnswer(b []byte, field protowire.Number, a *sale.Answer) []byte {
	b, body := open(b, field)
	b = appendAnswerFields(b, a)
	b = appendBool(b, 8, a.Unchanged)
	b = appendPlace(b, 9, a.Place)
	b = appendQueue(b, 10, a.Queue)
	for i := range a.Places {
		b = appendPlace(b, 11, &a.Places[i])
	}
	b = appendNews(b, 12, a.News)
	return shutOrDrop(b, body)
}

// decodeWireAnswer reads the body of an answer.
func decodeWireAnswer(b []byte, a *sale.Answer) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 8:
			r.bool(&a.Unchanged)
		case 9:
			readPointer(&r, &a.Place, decodePlace)
		case 10:
			readPointer(&r, &a.Queue, decodeQueue)
		case 11:
			readMessages(&r, &a.Places, decodePlace)
		case 12:
			readPointer(&r, &a.News, decodeNews)
		default:
			readAnswerField(&r, a)
		}
	}
	return r.err
}

// appendTickets appends the state of every ticket as a field: two bits each, and
// the version that changed it where any was changed. Nothing for nil.
func appendTickets(b []byte, field protowire.Number, t *inventory.Parts) []byte {
	if t == nil {
		return b
	}
	b, body := open(b, field)
	b = appendInt(b, 1, t.Version)
	b = appendWords(b, 2, t.Free)
	b = appendWords(b, 3, t.Booked)
	b = appendPacked(b, 4, t.ChangedAt)
	return shut(b, body)
}

// decodeTickets reads the body of it.
func decodeTickets(b []byte, t *inventory.Parts) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			readInt(&r, &t.Version)
		case 2:
			r.words(&t.Free)
		case 3:
			r.words(&t.Booked)
		case 4:
			r.packed(&t.ChangedAt)
		}
	}
	return r.err
}

// appendWords appends the words of a bit set, 8 bytes each, the lowest first.
func appendWords(b []byte, field protowire.Number, words []uint64) []byte {
	if len(words) == 0 {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(words))*8)
	b = slices.Grow(b, len(words)*8)
	for _, w := range words {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

var errWords = errors.New("half a word of bits")

// words takes the words of a bit set.
func (r *reader) words(v *[]uint64) {
	if !r.is(protowire.BytesType) {
		return
	}
	if len(r.value)%8 != 0 {
		r.fail(errWords)
		return
	}
	*v = nil
	if n := len(r.value) / 8; n > 0 {
		*v = make([]uint64, n)
	}
	for i := range *v {
		(*v)[i] = binary.LittleEndian.Uint64(r.value[i*8:])
	}
}
