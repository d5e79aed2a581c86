package sale

import (
	"cmp"
	"iter"
	"slices"

	"boxoffice/actors/sale/catalog"
)

// holdSet is the live holds, by id and in the order of their deadlines.
//
// A hold sits in a slot, and its place in the heap of deadlines is written beside
// it: ending any hold costs log n, and there is no stale entry in the heap that
// would have to be skipped. Among equal deadlines the heap has no order; whoever
// takes several holds out of it sorts them by id. Holds in payment have no
// deadline and are not in the heap.
type holdSet struct {
	index map[ID]uint32 // slot of a hold
	slots []holdSlot
	free  []uint32 // slots without a hold
	heap  []uint32 // slots of the holds that wait for their time
}

type holdSlot struct {
	hold *Hold        // nil: free
	at   catalog.Time // hold.ExpiresAt, here so that the heap need not look further
	pos  int32        // in the heap; -1: not in it
}

func newHoldSet() holdSet { return holdSet{index: map[ID]uint32{}} }

func (s *holdSet) len() int { return len(s.index) }

// get is the live hold with an id, or nil.
func (s *holdSet) get(id ID) *Hold {
	n, ok := s.index[id]
	if !ok {
		return nil
	}
	return s.slots[n].hold
}

// first is a hold that ends next, or nil.
func (s *holdSet) first() *Hold {
	if len(s.heap) == 0 {
		return nil
	}
	return s.slots[s.heap[0]].hold
}

// add takes in a hold whose id is not in use: else it panics.
func (s *holdSet) add(h *Hold) {
	n, before := s.slot(), len(s.index)
	s.index[h.ID] = n // once, not after a look: each is a tenth of placing a hold
	must(len(s.index) > before, "the hold's id is in use")
	s.slots[n] = holdSlot{hold: h, at: h.ExpiresAt, pos: -1}
	if h.Paying.IsZero() {
		s.queue(n)
	}
}

// put replaces the live hold with the id of h.
func (s *holdSet) put(h *Hold) {
	n := s.index[h.ID]
	sl := &s.slots[n]
	sl.hold, sl.at = h, h.ExpiresAt
	switch waits := h.Paying.IsZero(); {
	case waits && sl.pos < 0:
		s.queue(n)
	case waits:
		s.fix(int(sl.pos))
	case sl.pos >= 0:
		s.unqueue(n)
	}
}

// remove takes a live hold out.
func (s *holdSet) remove(id ID) {
	n := s.index[id]
	if s.slots[n].pos >= 0 {
		s.unqueue(n)
	}
	s.slots[n] = holdSlot{pos: -1}
	s.free = append(s.free, n)
	delete(s.index, id)
}

// all are the live holds, in no order that means anything.
func (s *holdSet) all() iter.Seq[*Hold] {
	return func(yield func(*Hold) bool) {
		for i := range s.slots {
			if h := s.slots[i].hold; h != nil && !yield(h) {
				return
			}
		}
	}
}

// overdue are the holds whose time is over, in the order of (ExpiresAt, ID). It
// looks at those only, and at most two more for each of them.
func (s *holdSet) overdue(at catalog.Time) []*Hold {
	var due []*Hold
	todo := []int{0}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i >= len(s.heap) || s.slots[s.heap[i]].at > at {
			continue
		}
		due = append(due, s.slots[s.heap[i]].hold)
		todo = append(todo, 2*i+1, 2*i+2)
	}
	slices.SortFunc(due, func(a, b *Hold) int {
		return cmp.Or(cmp.Compare(a.ExpiresAt, b.ExpiresAt), compareIDs(a.ID, b.ID))
	})
	return due
}

// slot is a free slot. Slots are used again, so there are as many as there ever were
// live holds at a time.
func (s *holdSet) slot() uint32 {
	if last := len(s.free) - 1; last >= 0 {
		n := s.free[last]
		s.free = s.free[:last]
		return n
	}
	s.slots = append(s.slots, holdSlot{pos: -1})
	return uint32(len(s.slots) - 1)
}

// queue puts a slot into the heap.
func (s *holdSet) queue(n uint32) {
	i := len(s.heap)
	s.slots[n].pos = int32(i)
	s.heap = append(s.heap, n)
	s.up(i)
}

// unqueue takes a slot out of the heap.
func (s *holdSet) unqueue(n uint32) {
	i, last := int(s.slots[n].pos), len(s.heap)-1
	s.swap(i, last)
	s.heap = s.heap[:last]
	s.slots[n].pos = -1
	if i < last {
		s.fix(i)
	}
}

// fix moves an entry to where its deadline belongs.
func (s *holdSet) fix(i int) {
	if !s.up(i) {
		s.down(i)
	}
}

func (s *holdSet) up(i int) (moved bool) {
	for i > 0 {
		parent := (i - 1) / 2
		if !s.less(i, parent) {
			break
		}
		s.swap(i, parent)
		i, moved = parent, true
	}
	return moved
}

func (s *holdSet) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(s.heap) {
			return
		}
		if child+1 < len(s.heap) && s.less(child+1, child) {
			child++
		}
		if !s.less(child, i) {
			return
		}
		s.swap(i, child)
		i = child
	}
}

func (s *holdSet) less(i, j int) bool {
	return s.slots[s.heap[i]].at < s.slots[s.heap[j]].at
}

// swap exchanges two entries, and what their slots know of it.
func (s *holdSet) swap(i, j int) {
	h := s.heap
	h[i], h[j] = h[j], h[i]
	s.slots[h[i]].pos, s.slots[h[j]].pos = int32(i), int32(j)
}
