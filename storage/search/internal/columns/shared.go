package columns

import "slices"

// Rows in a piece: what one changed row makes the writer copy, about 25 KiB.
const (
	pieceBits = 8
	pieceSize = 1 << pieceBits
	pieceMask = pieceSize - 1
)

// shared are pieces that snapshots share. A writer works on a value of its own (fork),
// and copies a piece before it changes it.
type shared[P any] struct {
	pieces []*P
	mine   map[int]bool // pieces that no snapshot has; nil in a snapshot
}

// fork is a value for a writer. The list of pieces is copied, the pieces are not.
func (s shared[P]) fork() shared[P] {
	return shared[P]{pieces: slices.Clone(s.pieces), mine: make(map[int]bool)}
}

// publish is the value for a snapshot. The writer must not use its own any more.
func (s shared[P]) publish() shared[P] { return shared[P]{pieces: s.pieces} }

// edit gives a piece that only the writer has. It may be the next one behind the last.
func (s *shared[P]) edit(i int) *P {
	if i == len(s.pieces) {
		s.pieces = append(s.pieces, new(P))
		s.mine[i] = true
	}
	if !s.mine[i] {
		p := *s.pieces[i]
		s.pieces[i] = &p
		s.mine[i] = true
	}
	return s.pieces[i]
}

// extend gives a piece without copying it: to write rows that no snapshot has yet.
func (s *shared[P]) extend(i int) *P {
	if i == len(s.pieces) {
		return s.edit(i)
	}
	return s.pieces[i]
}

// lists are lists of ordinals by a number: the events of a place, of a performer.
type lists struct {
	shared[[pieceSize][]uint32]
}

// of reads a list. The caller only reads it.
func (l *lists) of(number uint32) []uint32 {
	if int(number>>pieceBits) >= len(l.pieces) {
		return nil
	}
	return l.pieces[number>>pieceBits][number&pieceMask]
}

// add appends an ordinal. The list of a snapshot is shorter and does not see it.
func (l *lists) add(number, ordinal uint32) {
	for int(number>>pieceBits) > len(l.pieces) {
		l.edit(len(l.pieces))
	}
	list := &l.edit(int(number >> pieceBits))[number&pieceMask]
	*list = append(*list, ordinal)
}

// remove takes an ordinal out, of a copy: snapshots may have the list.
func (l *lists) remove(number, ordinal uint32) {
	list := &l.edit(int(number >> pieceBits))[number&pieceMask]
	i := slices.Index(*list, ordinal)
	if i < 0 {
		return
	}
	rest := make([]uint32, 0, len(*list))
	*list = append(append(rest, (*list)[:i]...), (*list)[i+1:]...)
}
