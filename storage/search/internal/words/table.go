package words

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// table is a sorted list of words that is also their tree.
type table struct {
	text      string   // all words
	start     []uint32 // of each word in text, and the end of the last
	frequency []uint32
	// shared is how many bytes a word shares with the one before, down to a whole
	// character.
	shared []uint8
	// past is the first word after this one that shares less with the one before it: the
	// end of all branches that leave where this one does.
	past []uint32
}

// newTable makes a table of words that are sorted, without repetitions, 1 to
// MaxWordBytes bytes each.
func newTable(words []Word) *table {
	n := 0
	for _, w := range words {
		n += len(w.Text)
	}
	t := &table{
		start:     make([]uint32, 0, len(words)+1),
		frequency: make([]uint32, 0, len(words)),
		shared:    make([]uint8, len(words)),
		past:      make([]uint32, len(words)),
	}
	var text strings.Builder
	text.Grow(n)
	for _, w := range words {
		t.start = append(t.start, uint32(text.Len()))
		t.frequency = append(t.frequency, uint32(min(max(w.Frequency, 1), math.MaxUint32)))
		text.WriteString(w.Text)
	}
	t.start = append(t.start, uint32(text.Len()))
	t.text = text.String()
	t.branch()
	return t
}

// branch finds where branches begin and end. A branch that leaves at a depth ends all
// open branches that left deeper.
func (t *table) branch() {
	var open []uint32
	for i := range t.shared {
		if i > 0 {
			t.shared[i] = uint8(common(t.word(i-1), t.word(i)))
		}
		for n := len(open); n > 0 && t.shared[open[n-1]] > t.shared[i]; n-- {
			t.past[open[n-1]] = uint32(i)
			open = open[:n-1]
		}
		open = append(open, uint32(i))
	}
	for _, i := range open {
		t.past[i] = uint32(len(t.shared))
	}
}

// common is how many bytes a and b have in common, down to a whole character.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && !utf8.RuneStart(b[n]) {
		n--
	}
	return n
}

// len is how many words there are.
func (t *table) len() int { return len(t.frequency) }

// word gives the word at i.
func (t *table) word(i int) string { return t.text[t.start[i]:t.start[i+1]] }

// at gives the word at i with its frequency.
func (t *table) at(i int) Word { return Word{t.word(i), int(t.frequency[i])} }

// find gives the place of the first word that is not before w.
func (t *table) find(w string) int {
	low, high := 0, t.len()
	for low < high {
		if middle := (low + high) / 2; t.word(middle) < w {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// get is the frequency of w; 0 where it is not there.
func (t *table) get(w string) int {
	if i := t.find(w); i < t.len() && t.word(i) == w {
		return int(t.frequency[i])
	}
	return 0
}

// span gives the words that begin with p: [low, high).
func (t *table) span(p string) (low, high int) {
	low = t.find(p)
	high = t.len()
	for next := low; next < high; {
		if middle := (next + high) / 2; strings.HasPrefix(t.word(middle), p) {
			next = middle + 1
		} else {
			high = middle
		}
	}
	return low, high
}

// bytes is the memory of the table.
func (t *table) bytes() int {
	return len(t.text) + 4*(cap(t.start)+cap(t.frequency)+cap(t.past)) + cap(t.shared)
}

// sorted gives counts as a sorted list, without what cannot be a word.
func sorted(counts map[string]int) []Word {
	words := make([]Word, 0, len(counts))
	for w, n := range counts {
		if w != "" && len(w) <= MaxWordBytes && utf8.ValidString(w) {
			words = append(words, Word{w, n})
		}
	}
	slices.SortFunc(words, func(a, b Word) int { return strings.Compare(a.Text, b.Text) })
	return words
}
