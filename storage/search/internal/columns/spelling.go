package columns

import "strings"

// SpellingEnd separates the spellings of a name, each of folded words with one blank
// between them.
const SpellingEnd = "\n"

// AnyLetters is the Letters of a name with several spellings: it says nothing.
const AnyLetters = 0

// Letters is a hash of a spelling's letters, without its blanks: names that are the same
// but for blanks have the same. It is never AnyLetters for a spelling that has letters.
func Letters(spelling string) uint32 {
	const offset, prime = 2166136261, 16777619 // FNV-1a
	h := uint32(offset)
	for i := range len(spelling) {
		switch spelling[i] {
		case ' ':
		case SpellingEnd[0]:
			return AnyLetters
		default:
			h = (h ^ uint32(spelling[i])) * prime
		}
	}
	return max(h, 1)
}

// join is a spelling without its blanks.
func join(spelling string) string { return strings.ReplaceAll(spelling, " ", "") }
