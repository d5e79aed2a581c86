package words

import (
	"math/bits"
	"unicode/utf8"
)

const (
	maxEdits = 2 // the automaton has no more rows
	// minOther is how many letters a word has for which words are looked for that begin
	// with another letter; in shorter words the first letter is most of what they are.
	minOther = 4
)

// Edits is how many edits of a word are taken for a slip: none up to two letters, one
// up to five, two beyond.
func Edits(w string) int {
	switch n := utf8.RuneCountInString(w); {
	case n < 3:
		return 0
	case n < 6:
		return 1
	}
	return maxEdits
}

// Fuzzy gives the words that at most edits (0 to 2) edits make of w, without w, at most
// limit: the fewest edits first, then the most frequent, then by their letters. An edit
// is a letter too many, one missing, another one, or two neighbours swapped; no letter
// is edited twice. Words begin with the letter that w begins with, but for those that
// are a single edit away from a w of four letters or more. It is nil for a w that cannot
// be a word.
func (v *Vocabulary) Fuzzy(w string, edits, limit int) []Match {
	edits = min(edits, maxEdits)
	if w == "" || len(w) > MaxWordBytes || !utf8.ValidString(w) || edits < 1 || limit < 1 {
		return nil
	}
	var p pattern
	p.set(w)
	top := newTop(limit)
	v.match(v.base, &p, edits, func(i, edits int) {
		word := v.base.word(i)
		top.offer(edits, int(v.base.frequency[i])+v.added.get(word), word)
	})
	v.match(v.added, &p, edits, func(i, edits int) {
		if word := v.added.word(i); v.base.get(word) == 0 {
			top.offer(edits, int(v.added.frequency[i]), word)
		}
	})
	return top.list
}

// match calls found with the words of a table that look like the pattern.
func (v *Vocabulary) match(t *table, p *pattern, edits int, found func(i, edits int)) {
	_, first := utf8.DecodeRuneInString(p.word)
	low, high := t.span(p.word[:first])
	if p.letters >= minOther {
		t.walk(p, 0, low, 1, found)
		t.walk(p, high, t.len(), 1, found)
	}
	t.walk(p, low, high, edits, found)
}

// pattern is a word as the automaton sees it: for each letter, where the word has it.
type pattern struct {
	word    string
	letters int
	all     uint64                    // a bit for each state: letters and one more
	ascii   [utf8.RuneSelf]uint64     // bit i: letter i is it
	others  [MaxWordBytes / 2]twoByte // the letters beyond ASCII
	count   int                       // of others
}

// twoByte is a letter beyond ASCII and where the word has it.
type twoByte struct {
	letter rune
	at     uint64
}

// set makes the pattern of a word that may be one.
func (p *pattern) set(w string) {
	p.word = w
	for _, r := range w {
		at := uint64(1) << p.letters
		p.letters++
		if r < utf8.RuneSelf {
			p.ascii[r] |= at
			continue
		}
		i := 0
		for i < p.count && p.others[i].letter != r {
			i++
		}
		p.others[i].letter = r
		p.others[i].at |= at
		p.count = max(p.count, i+1)
	}
	p.all = 1<<(p.letters+1) - 1
}

// next gives where the pattern has the letter at the beginning of s, and the letter's
// length.
func (p *pattern) next(s string) (at uint64, size int) {
	if s[0] < utf8.RuneSelf {
		return p.ascii[s[0]], 1
	}
	r, size := utf8.DecodeRuneInString(s)
	for i := range p.count {
		if p.others[i].letter == r {
			return p.others[i].at, size
		}
	}
	return 0, size
}

// state is what the automaton knows after some letters. Bit i of row e: the first i
// letters of the pattern are matched with at most e edits, so each row has the bits of
// the one before. Bit i of swap e: so are the first i, with one edit less, and then the
// letter i+1 was read: if letter i is next, the two are swapped.
type state struct {
	row  [maxEdits + 1]uint64
	swap [maxEdits + 1]uint64
}

// start is the state before the first letter: only letters that are missing were edits.
func (p *pattern) start() state {
	return state{row: [...]uint64{1, 3 & p.all, 7 & p.all}}
}

// step reads a letter that the pattern has at the bits of at.
func (p *pattern) step(s *state, to *state, at uint64) {
	row0 := (s.row[0] & at) << 1
	// In this order: the letter fits; it is one too many; it is another one; the next of
	// the pattern is missing; it is the second of two swapped.
	row1 := (s.row[1]&at)<<1 | s.row[0] | s.row[0]<<1 | row0<<1 | (s.swap[1]&at)<<2
	row2 := (s.row[2]&at)<<1 | s.row[1] | s.row[1]<<1 | row1<<1 | (s.swap[2]&at)<<2
	to.row[0], to.row[1], to.row[2] = row0&p.all, row1&p.all, row2&p.all
	to.swap[1], to.swap[2] = s.row[0]&(at>>1), s.row[1]&(at>>1)
}

// edits is how many edits match the whole pattern in this state; more than maxEdits:
// none do.
func (p *pattern) edits(s *state) int {
	last := uint64(1) << p.letters
	return 3 - bits.OnesCount64(s.row[0]&last) - bits.OnesCount64(s.row[1]&last) - bits.OnesCount64(s.row[2]&last)
}

// walk calls found with the words in [low, high) that one to edits edits make of the
// pattern. It keeps the state after each letter of the word before, so that it reads what
// words share once, and leaves a branch when no state is left.
func (t *table) walk(p *pattern, low, high, edits int, found func(i, edits int)) {
	var states [MaxWordBytes + 1]state
	states[0] = p.start()
	depth := 0 // of the first word: nothing was read
	for i := low; i < high; depth = int(t.shared[min(i, t.len()-1)]) {
		word, alive := t.word(i), true
		for depth < len(word) && alive {
			at, size := p.next(word[depth:])
			s := &states[depth+size]
			p.step(&states[depth], s, at)
			depth += size
			alive = s.row[edits] != 0 // where a swap is under way, row has a bit too
		}
		if alive {
			if n := p.edits(&states[depth]); n > 0 && n <= edits {
				found(i, n)
			}
		}
		i++
		// All that begins like what was read here is dead as well.
		for !alive && i < high && int(t.shared[i]) >= depth {
			i = int(t.past[i])
		}
	}
}
