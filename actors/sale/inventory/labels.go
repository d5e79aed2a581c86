package inventory

import (
	"encoding/binary"
	"strings"

	"boxoffice/actors/sale/catalog"
)

// blockSeats is how many listed seats share one offset and one prefix. More save
// a little memory and make the last of them slower to reach.
const blockSeats = 8

// labels keeps the ids and numbers of listed seats in one string. Seats come in
// blocks of 8; a block starts with what all its ids have in common. A number
// that is the end of its id, as in "PARKETT-7-12" and "12", is kept as a length.
//
//	block: len prefix, seat…
//	seat:  len rest of the id, code, rest, number where the code says so
//
// Lengths are uvarints; code is the length of the number, doubled, plus 1 where
// the number is written out.
type labels struct {
	text   string
	blocks []uint32 // where each block starts
}

// label is one seat of labels; its strings share their memory.
type label struct {
	prefix, rest string // together the id
	number       string // where it is written out
	tail         int    // else: how many bytes at the end of the id are the number
}

// labelWriter makes labels, seat by seat in the order of the tickets. Blocks do not end
// with a section: the k-th seat of all is in block k/8.
type labelWriter struct {
	text   []byte
	blocks []uint32
	block  []catalog.Seat // seats that wait for their block to be full
}

// add appends a seat.
func (w *labelWriter) add(s catalog.Seat) {
	w.block = append(w.block, s)
	if len(w.block) == blockSeats {
		w.flush()
	}
}

// flush writes the waiting seats as a block.
func (w *labelWriter) flush() {
	if len(w.block) == 0 {
		return
	}
	prefix := w.block[0].ID
	for _, s := range w.block[1:] {
		prefix = common(prefix, s.ID)
	}
	w.blocks = append(w.blocks, uint32(len(w.text)))
	w.text = binary.AppendUvarint(w.text, uint64(len(prefix)))
	w.text = append(w.text, prefix...)
	for _, s := range w.block {
		rest := s.ID[len(prefix):]
		w.text = binary.AppendUvarint(w.text, uint64(len(rest)))
		if strings.HasSuffix(s.ID, s.Number) {
			w.text = binary.AppendUvarint(w.text, uint64(len(s.Number))<<1)
			w.text = append(w.text, rest...)
			continue
		}
		w.text = binary.AppendUvarint(w.text, uint64(len(s.Number))<<1|1)
		w.text = append(w.text, rest...)
		w.text = append(w.text, s.Number...)
	}
	w.block = w.block[:0]
}

// labels ends the writing. The result has no spare room.
func (w *labelWriter) labels() labels {
	w.flush()
	return labels{text: string(w.text), blocks: append([]uint32(nil), w.blocks...)}
}

// common is what two texts begin with.
func common(a, b string) string {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return a[:i]
		}
	}
	return a[:n]
}

// at is the k-th seat: it passes over at most 7 others.
func (l *labels) at(k uint32) label {
	pos := l.blocks[k/blockSeats]
	n, pos := l.length(pos)
	prefix := l.text[pos : pos+n]
	pos += n
	for range k % blockSeats {
		rest, next := l.length(pos)
		code, next := l.length(next)
		pos = next + rest + (code>>1)*(code&1)
	}
	n, pos = l.length(pos)
	code, pos := l.length(pos)
	seat := label{prefix: prefix, rest: l.text[pos : pos+n]}
	if code&1 == 0 {
		seat.tail = int(code >> 1)
	} else {
		seat.number = l.text[pos+n : pos+n+code>>1]
	}
	return seat
}

// length reads a uvarint at pos and says where it ends. Lengths and codes are below
// 2^14: an id has at most 64 characters of 4 bytes, a number 40 of them, doubled.
func (l *labels) length(pos uint32) (n, next uint32) {
	b := uint32(l.text[pos])
	if b < 0x80 {
		return b, pos + 1
	}
	return b&0x7F | uint32(l.text[pos+1])<<7, pos + 2
}

// is reports whether the seat has an id. The ends differ more often than the shared
// beginnings, so they are compared first.
func (s label) is(id string) bool {
	p := len(s.prefix)
	return len(id) == p+len(s.rest) && id[p:] == s.rest && id[:p] == s.prefix
}

// seatNumber is the seat's number. It allocates only where the number reaches back
// into what the block shares.
func (s label) seatNumber() string {
	switch {
	case s.tail == 0:
		return s.number
	case s.tail <= len(s.rest):
		return s.rest[len(s.rest)-s.tail:]
	}
	id := s.prefix + s.rest
	return id[len(id)-s.tail:]
}
