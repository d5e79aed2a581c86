package words

// top keeps the best of the words that it is offered: the fewest edits, then the most
// frequent, then by their letters.
type top struct {
	list  []Match
	limit int
	least int // where full: the frequency of the last, for callers without edits
}

// newTop makes one that keeps limit words, 1 or more.
func newTop(limit int) top { return top{make([]Match, 0, min(limit, 64)), limit, 0} }

// full says whether a better word drives out another.
func (t *top) full() bool { return len(t.list) == t.limit }

// offer takes a word if it is better than the last.
func (t *top) offer(edits, frequency int, text string) {
	m := Match{Word{text, frequency}, edits}
	if t.full() && !m.before(&t.list[len(t.list)-1]) {
		return
	}
	low, high := 0, len(t.list)
	for low < high {
		if middle := (low + high) / 2; t.list[middle].before(&m) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if t.full() {
		t.list = t.list[:len(t.list)-1]
	}
	t.list = append(t.list, Match{})
	copy(t.list[low+1:], t.list[low:])
	t.list[low] = m
	t.least = t.list[len(t.list)-1].Frequency
}

// before is the order of matches.
func (m *Match) before(o *Match) bool {
	if m.Edits != o.Edits {
		return m.Edits < o.Edits
	}
	if m.Frequency != o.Frequency {
		return m.Frequency > o.Frequency
	}
	return m.Text < o.Text
}
