package searchtest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"boxoffice/storage/search"
	"boxoffice/storage/search/internal/text"
)

// Way is a way in which people type a name that they know.
type Way string

// The ways.
const (
	AsWritten Way = "as written"
	Folded    Way = "without accents and capitals"
	Slipped   Way = "one slip in a word of five letters or more"
	Swapped   Way = "its words in another order"
	Begun     Way = "its last word begun: half of it, three letters at least"
)

// Ways are all ways.
var Ways = []Way{AsWritten, Folded, Slipped, Swapped, Begun}

// leastSlip is how many letters a word has that is typed wrong: in a shorter one a slip
// makes another word.
const leastSlip = 5

// Type types a name in a way. It is false where the name cannot be typed so, or is too
// long for a query.
func Type(r *rand.Rand, way Way, name string) (string, bool) {
	words := strings.Fields(name)
	if _, ok := text.Parse(name, search.MaxWords); !ok || len(words) == 0 || len(name) > search.MaxTextBytes {
		return "", false
	}
	switch way {
	case Folded:
		words = strings.Fields(text.Fold(name))
	case Slipped:
		var long []int
		for i, w := range words {
			if plainLetters(w) && len([]rune(w)) >= leastSlip {
				long = append(long, i)
			}
		}
		if len(long) == 0 {
			return "", false
		}
		i := long[r.IntN(len(long))]
		words[i] = Misspell(r, strings.ToLower(words[i]))
	case Swapped:
		if len(words) < 2 {
			return "", false
		}
		n := 1 + r.IntN(len(words)-1)
		words = slices.Concat(words[n:], words[:n])
	case Begun:
		last := []rune(words[len(words)-1])
		if !plainLetters(string(last)) || len(last) < leastSlip {
			return "", false
		}
		words[len(words)-1] = string(last[:max(3, len(last)/2)])
	}
	return strings.Join(words, " "), true
}

// plainLetters tells whether a word is letters only.
func plainLetters(w string) bool {
	return !strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })
}
