// Package slab keeps many small things that live about as long as each other in few pieces
// of memory.
//
// A collector looks for each thing by itself, and of a sold out arena there are a hundred
// thousand bookings with their texts and payments: to find them takes longer than to follow
// what they point to, and all the while it has half of what the sale needs. Of things that
// lie side by side it finds the piece.
//
//	var bookings slab.Of[booking]
//	b := bookings.New() // as new(booking)
//	var texts slab.Texts
//	s := texts.Keep(buf) // as string(buf)
//
// The price: a piece is there as long as anything in it. A piece has 32 things at most, or
// 4 KiB of texts, and the first ones are smaller: a set of a few takes what it would anyway.
package slab

import "strings"

const (
	most      = 32      // things of a piece
	mostText  = 4 << 10 // bytes of a piece of texts
	leastText = 256
	growth    = 4 // a piece is a fourth of what there is, where that is less
)

// Of makes things of one type. The zero Of is ready. For one goroutine at a time.
type Of[T any] struct {
	free []T
	made int
}

// New gives the address of a zero T, as new does.
func (s *Of[T]) New() *T {
	if len(s.free) == 0 {
		s.free = make([]T, min(most, 1+s.made/growth))
	}
	t := &s.free[0]
	s.free = s.free[1:]
	s.made++
	return t
}

// Texts makes strings. The zero Texts is ready. For one goroutine at a time.
type Texts struct {
	piece *strings.Builder // never grows: what was cut from it stays where it is
	made  int              // bytes
}

// Keep gives the bytes as a string of its own, as string(b) does.
func (t *Texts) Keep(b []byte) string {
	if len(b) > mostText/growth {
		return string(b)
	}
	if t.piece == nil || t.piece.Cap()-t.piece.Len() < len(b) {
		t.piece = new(strings.Builder)
		t.piece.Grow(max(len(b), min(mostText, max(leastText, t.made/growth))))
	}
	at := t.piece.Len()
	t.piece.Write(b)
	t.made += len(b)
	return t.piece.String()[at:]
}
