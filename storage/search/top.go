package search

import (
	"cmp"
	"math"

	"boxoffice/storage/search/internal/columns"
)

// nameBytes is how much of a title orders by name: what is equal so far is ordered by id.
const nameBytes = 128

// spot is a place in the order of a query: every event has one, no two the same.
type spot struct {
	key  uint64 // smaller is earlier: the score, date, distance, or the first letters
	name string // by name only: the title
	id   string
}

// compare is below 0 where s comes before other.
func (s *spot) compare(other *spot) int {
	return cmp.Or(cmp.Compare(s.key, other.key), cmp.Compare(s.name, other.name), cmp.Compare(s.id, other.id))
}

// keys of a spot.

// scoreKey puts larger scores first.
func scoreKey(score float64) uint64 { return ^ordered(score) }

// scoreOf is the score of a key.
func scoreOf(key uint64) float64 {
	bits := ^key
	if bits>>63 != 0 {
		return math.Float64frombits(bits &^ (1 << 63))
	}
	return math.Float64frombits(^bits)
}

// ordered maps floats to numbers in the same order.
func ordered(f float64) uint64 {
	bits := math.Float64bits(f)
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

// dateKey puts earlier times first.
func dateKey(ms int64) uint64 { return uint64(ms) ^ 1<<63 }

// dateOf is the time of a key.
func dateOf(key uint64) int64 { return int64(key ^ 1<<63) }

// distanceKey puts what is nearer first, and what is nowhere last.
func distanceKey(metres float64) uint64 {
	if metres < 0 {
		return math.MaxUint64
	}
	return ordered(metres)
}

// nameKey is the first eight bytes of what a title is ordered by: most titles differ in
// them.
func nameKey(title string) uint64 {
	var key uint64
	for i := range min(8, len(title)) {
		if title[i] == columns.SpellingEnd[0] {
			break
		}
		key |= uint64(title[i]) << (56 - 8*i)
	}
	return key
}

// hit is an event that may be on the page.
type hit struct {
	key     uint64
	ordinal uint32
	segment int32 // where its document is; below 0: not known yet
	doc     uint32
}

// top keeps the first hits of an order: a heap with the last of them on top.
type top struct {
	now    *columns.Snapshot
	byName bool
	after  *spot // hits up to here are on earlier pages; nil: none
	size   int
	heap   []hit
}

// full tells whether only hits before the last one are wanted.
func (t *top) full() bool { return len(t.heap) == t.size }

// wants tells whether a hit with this key could be among the first. It may say so of
// one that add refuses, never the other way round.
func (t *top) wants(key uint64) bool { return !t.full() || key <= t.heap[0].key }

// spot gives the spot of a hit.
func (t *top) spot(h *hit) spot {
	s := spot{key: h.key, id: t.now.ID(h.ordinal)}
	if t.byName {
		s.name = sortName(t.now.Title(h.ordinal))
	}
	return s
}

// before tells whether a comes before b.
func (t *top) before(a, b *hit) bool {
	if a.key != b.key {
		return a.key < b.key
	}
	if a, b := t.now.IDHead(a.ordinal), t.now.IDHead(b.ordinal); a != b && !t.byName {
		return a < b
	}
	x, y := t.spot(a), t.spot(b)
	return x.compare(&y) < 0
}

// add offers a hit.
func (t *top) add(h hit) {
	if t.after != nil && h.key <= t.after.key {
		if s := t.spot(&h); s.compare(t.after) <= 0 {
			return
		}
	}
	switch {
	case !t.full():
		t.heap = append(t.heap, h)
		t.up(len(t.heap) - 1)
	case t.before(&h, &t.heap[0]):
		t.heap[0] = h
		t.down(0)
	}
}

// up moves a hit to where none above is before it.
func (t *top) up(i int) {
	for i > 0 {
		above := (i - 1) / 2
		if !t.before(&t.heap[above], &t.heap[i]) {
			return
		}
		t.heap[above], t.heap[i] = t.heap[i], t.heap[above]
		i = above
	}
}

// down moves a hit to where none below comes after it.
func (t *top) down(i int) {
	for {
		last := i
		for below := 2*i + 1; below <= 2*i+2 && below < len(t.heap); below++ {
			if t.before(&t.heap[last], &t.heap[below]) {
				last = below
			}
		}
		if last == i {
			return
		}
		t.heap[i], t.heap[last] = t.heap[last], t.heap[i]
		i = last
	}
}

// sorted takes the hits out, in order. The heap is gone then.
func (t *top) sorted() []hit {
	hits := t.heap
	for n := len(hits); n > 1; n-- {
		t.heap = hits[:n]
		hits[0], hits[n-1] = hits[n-1], hits[0]
		t.heap = hits[:n-1]
		t.down(0)
	}
	t.heap = nil
	return hits
}
