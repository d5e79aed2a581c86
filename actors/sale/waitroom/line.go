package waitroom

import "math/bits"

// line is the ranks that wait, as bits, with a count for each block of them. A count of
// those before a rank is a sum of block counts, by a Fenwick tree, and of bits.
//
// P. M. Fenwick, "A new data structure for cumulative frequency tables" (1994).
type line struct {
	words  [][blockLen / 64]uint64
	counts []int32 // a Fenwick tree over the blocks, from 1
	base   uint32  // the first rank of words[0]
	end    uint32  // the rank of the next place
	head   uint32  // no rank below it waits
	total  int
	order  []uint32 // rank to number, of those that were mixed
	from   uint32   // the first rank of order
}

func (l *line) len() int { return l.total }

// mixed is the first number whose rank no draw has changed.
func (l *line) mixed() uint32 { return l.from + uint32(len(l.order)) }

// number is the number of a rank.
func (l *line) number(rank uint32) uint32 {
	if rank < l.mixed() && rank >= l.from {
		return l.order[rank-l.from]
	}
	return rank
}

// push adds the next rank, which waits.
func (l *line) push(rank uint32) {
	must(rank == l.end, "a place has another's rank")
	l.end++
	for uint32(len(l.words))*blockLen < l.end-l.base {
		l.words = append(l.words, [blockLen / 64]uint64{})
		l.recount()
	}
	l.set(rank)
}

// set makes a rank wait, be it the first below all that do.
func (l *line) set(rank uint32) {
	i := rank - l.base
	l.words[i/blockLen][i%blockLen/64] |= 1 << (i % 64)
	l.count(int(i/blockLen), 1)
	l.head = min(l.head, rank)
}

// remove takes a waiting rank out.
func (l *line) remove(rank uint32) {
	i := rank - l.base
	w := &l.words[i/blockLen][i%blockLen/64]
	must(*w>>(i%64)&1 == 1, "the place does not wait")
	*w &^= 1 << (i % 64)
	l.count(int(i/blockLen), -1)
}

// pop takes the first rank out and returns its number.
func (l *line) pop() (number uint32) {
	rank, ok := l.first()
	must(ok, "nobody waits")
	l.remove(rank)
	return l.number(rank)
}

// count adds to the count of a block.
func (l *line) count(block, by int) {
	l.total += by
	for i := block + 1; i < len(l.counts); i += i & -i {
		l.counts[i] += int32(by)
	}
}

// before is how many ranks below one wait.
func (l *line) before(rank uint32) int {
	i := rank - l.base
	n := 0
	for b := int(i / blockLen); b > 0; b -= b & -b {
		n += int(l.counts[b])
	}
	words := &l.words[i/blockLen]
	at := i % blockLen
	for _, w := range words[:at/64] {
		n += bits.OnesCount64(w)
	}
	return n + bits.OnesCount64(words[at/64]&(1<<(at%64)-1))
}

// first is the first rank that waits.
func (l *line) first() (rank uint32, ok bool) {
	if l.total == 0 {
		l.head = l.end
		return 0, false
	}
	rank, ok = l.from64(l.head)
	l.head = rank
	return rank, ok
}

// next is the first rank after one that waits.
func (l *line) next(rank uint32) (uint32, bool) { return l.from64(rank + 1) }

// from64 is the first rank from one on that waits: it looks at 64 at a time.
func (l *line) from64(rank uint32) (uint32, bool) {
	for i := rank - l.base; i < l.end-l.base; i = (i/64 + 1) * 64 {
		if w := l.words[i/blockLen][i%blockLen/64] >> (i % 64); w != 0 {
			return l.base + i + uint32(bits.TrailingZeros64(w)), true
		}
	}
	return 0, false
}

// recount makes the tree anew: the blocks have changed.
func (l *line) recount() {
	l.counts = make([]int32, len(l.words)+1)
	l.total = 0
	for b := range l.words {
		n := 0
		for _, w := range l.words[b] {
			n += bits.OnesCount64(w)
		}
		l.count(b, n)
	}
}

// mix gives the ranks from first on to other numbers: order[i] is the number that gets
// rank first+i. waits tells of a number whether it waits.
func (l *line) mix(first uint32, order []uint32, waits func(number uint32) bool) {
	l.order, l.from = order, first
	clear(l.words)
	l.recount()
	l.head = l.end
	for i, n := range order {
		if waits(n) {
			l.set(first + uint32(i))
		}
	}
}

// drop forgets the ranks below one, which is at the end of the first block. None of
// them waits.
func (l *line) drop(to uint32) {
	l.words = l.words[1:]
	l.base = to
	l.head = max(l.head, to)
	if to >= l.mixed() {
		l.order, l.from = nil, to
	}
	l.recount()
}
