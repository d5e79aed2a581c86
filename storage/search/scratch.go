package search

import (
	"sync"

	"boxoffice/storage/search/internal/postings"
)

// scratch is the memory of one query: it is used again by a later one.
type scratch struct {
	near     places
	counters counters
	docs     []uint32 // documents of a segment that passed
	scores   []float64
	best     []float64 // of one group
	marks    []uint8
	billed   []likeness // by billing, of their names
	placed   []float32  // by place: see phrasing
	chosen   []uint64   // by ordinal, bits: see choose
	liked    []uint64   // by ordinal, bits: see phrasing
	bears    []uint64   // and these
	numbers  [4 * stride]uint32
	list     postings.List
	free     []*postings.Bitmap
	lent     []*postings.Bitmap
}

// scratches are those that nobody uses.
var scratches = sync.Pool{New: func() any { return new(scratch) }}

// maxKept is the most documents of a segment whose memory is kept for other queries.
const maxKept = 1 << 19

// giveBack gives the scratch back.
func (s *scratch) giveBack() {
	s.reclaim()
	if cap(s.scores) > maxKept {
		s.docs, s.scores, s.best, s.marks = nil, nil, nil, nil
	}
	s.counters.now = nil // do not hold a snapshot
	s.list = postings.List{}
	scratches.Put(s)
}

// bitmap lends an empty set, until reclaim.
func (s *scratch) bitmap() *postings.Bitmap {
	var b *postings.Bitmap
	if n := len(s.free); n > 0 {
		b, s.free = s.free[n-1], s.free[:n-1]
	} else {
		b = postings.NewBitmap()
	}
	s.lent = append(s.lent, b)
	return b
}

// reclaim takes all sets back. They may share memory of a view, so they are emptied
// while it is still held.
func (s *scratch) reclaim() {
	for _, b := range s.lent {
		b.Clear()
	}
	s.free = append(s.free, s.lent...)
	s.lent = s.lent[:0]
}

// room makes the arrays as long as there are documents.
func (s *scratch) room() {
	n := len(s.docs)
	if cap(s.scores) < n {
		size := n + n/2
		s.scores, s.best, s.marks = make([]float64, size), make([]float64, size), make([]uint8, size)
	}
	s.scores, s.best, s.marks = s.scores[:n], s.best[:n], s.marks[:n]
	clear(s.scores)
	clear(s.marks)
}
