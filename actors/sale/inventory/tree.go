package inventory

// fan is how many children a node of a maxTree has: 16 numbers of 4 bytes fill a
// cache line.
const fan = 16

// maxTree holds a number a line and finds the first line, from a place on, whose
// number is at least so much. Each level holds the greatest of every 16 numbers
// of the level below; 200,000 lines have 5 levels.
type maxTree struct {
	levels [][]uint32 // levels[0] are the numbers themselves
}

// newMaxTree builds a tree over numbers, which it keeps. A tree over no numbers has
// one empty level, and finds nothing.
func newMaxTree(numbers []uint32) maxTree {
	t := maxTree{levels: [][]uint32{numbers}}
	for below := numbers; len(below) > 1; {
		level := make([]uint32, (len(below)+fan-1)/fan)
		for i, n := range below {
			level[i/fan] = max(level[i/fan], n)
		}
		t.levels = append(t.levels, level)
		below = level
	}
	return t
}

// get is the number of a line.
func (t *maxTree) get(i uint32) uint32 { return t.levels[0][i] }

// set changes the number of a line, and above it only what it changes.
func (t *maxTree) set(i, n uint32) {
	for k, level := range t.levels {
		old := level[i]
		if old == n {
			return
		}
		level[i] = n
		if k+1 == len(t.levels) {
			return
		}
		up := i / fan
		greatest := t.levels[k+1][up]
		switch {
		case n >= greatest: // a new greatest, or the same: goes up as it is
		case old < greatest: // another is the greatest and stays it
			return
		default: // it was the greatest: look for the next
			for _, other := range level[up*fan : min(up*fan+fan, uint32(len(level)))] {
				n = max(n, other)
			}
		}
		i = up
	}
}

// next is the first line from a place on whose number is at least want; the
// number of lines where there is none. It goes up while a group has none, and
// then down again.
func (t *maxTree) next(from, want uint32) uint32 {
	none := uint32(len(t.levels[0]))
	for k, i := 0, from; k < len(t.levels); k++ {
		level := t.levels[k]
		end := min((i/fan+1)*fan, uint32(len(level)))
		for ; i < end; i++ {
			if level[i] >= want {
				return t.down(k, i, want)
			}
		}
		if end == uint32(len(level)) {
			return none
		}
		i = end / fan
	}
	return none
}

// down is the first line below node i of level k whose number is at least want;
// there is one.
func (t *maxTree) down(k int, i, want uint32) uint32 {
	for ; k > 0; k-- {
		i *= fan
		for t.levels[k-1][i] < want {
			i++
		}
	}
	return i
}
