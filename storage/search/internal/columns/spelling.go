package columns

import (
	"slices"
	"strings"
)

// SpellingEnd separates the spellings of a name, each of folded words with one blank
// between them.
const SpellingEnd = "\n"

// Letters is a hash of the letters of a name, without its blanks: names that are the same
// but for blanks have the same. Of a name with several spellings it is a set of 31 that has
// each spelling's hash.
func Letters(spellings string) uint32 {
	first, rest, many := strings.Cut(spellings, SpellingEnd)
	if !many {
		return lettersOf(first)
	}
	set := severalSpellings | 1<<(lettersOf(first)%setSize)
	for more := true; more; {
		first, rest, more = strings.Cut(rest, SpellingEnd)
		set |= 1 << (lettersOf(first) % setSize)
	}
	return set
}

const (
	severalSpellings = uint32(1) << setSize // marks Letters that are a set
	setSize          = 31
)

// lettersOf is a hash of a spelling, below severalSpellings: FNV-1a.
func lettersOf(spelling string) uint32 {
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for i := range len(spelling) {
		if spelling[i] != ' ' {
			h = (h ^ uint32(spelling[i])) * prime
		}
	}
	return h &^ severalSpellings
}

// HasSeveral tells whether Letters are of a name with several spellings.
func HasSeveral(letters uint32) bool { return letters&severalSpellings != 0 }

// MayBe tells whether a name with these Letters may have a spelling with those, which are
// of a single one. It errs on that side only, seldom of a name with one spelling, one time
// in ten where there are several.
func MayBe(letters, spelling uint32) bool {
	if HasSeveral(letters) {
		return letters&(1<<(spelling%setSize)) != 0
	}
	return letters == spelling
}

// LettersSet is a set of the Letters of single spellings.
type LettersSet struct {
	list []uint32
	bits uint32 // of them, as names with several spellings have them
}

// Add adds the Letters of a spelling.
func (s *LettersSet) Add(spelling string) {
	letters := lettersOf(spelling)
	s.list = append(s.list, letters)
	s.bits |= 1 << (letters % setSize)
}

// MayBe tells whether a name with these Letters may have one of the spellings. It errs on
// that side only, as MayBe does.
func (s *LettersSet) MayBe(letters uint32) bool {
	if HasSeveral(letters) {
		return letters&s.bits != 0
	}
	return slices.Contains(s.list, letters)
}

// isShort tells whether one of the spellings is a single word, but for a "the" before it.
func isShort(spellings string) bool {
	for spelling := range strings.SplitSeq(spellings, SpellingEnd) {
		if !strings.Contains(strings.TrimPrefix(spelling, "the "), " ") {
			return true
		}
	}
	return false
}

// ShortName is a spelling of a name that is a single word, but for a "the": the entry of
// a Billing, and the HeadOf the word.
type ShortName struct{ Billed, Head uint32 }

// HeadOf is the beginning of a word, its first three bytes: words that begin with one of
// three bytes or more have the same.
func HeadOf(word string) uint32 {
	var head uint32
	for i := range min(3, len(word)) {
		head |= uint32(word[i]) << (8 * i)
	}
	return head
}

// join is a spelling without its blanks.
func join(spelling string) string { return strings.ReplaceAll(spelling, " ", "") }
