package text

import porterstemmer "github.com/blevesearch/go-porterstemmer"

// Stem gives the stem of a folded word, by Porter's rules for English. Words with other
// characters than a to z, of less than three letters or more than MaxWordBytes stay as
// they are.
func Stem(w string) string {
	if len(w) < 3 || len(w) > MaxWordBytes {
		return w
	}
	// The stemmer writes into what it is given, so it gets a copy.
	var room [MaxWordBytes + 2]rune
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return w
		}
		room[i] = rune(w[i])
	}
	stem := porterstemmer.StemWithoutLowerCasing(room[:len(w)])
	var out [MaxWordBytes + 2]byte
	for i, r := range stem {
		out[i] = byte(r)
	}
	if len(stem) <= len(w) && w[:len(stem)] == string(out[:len(stem)]) {
		return w[:len(stem)] // mostly the beginning of the word: no memory of its own
	}
	return string(out[:len(stem)])
}

// stops are words that are in too many texts to tell them apart, and what apostrophes
// leave behind (Hell's, Guns n' Roses, don't).
var stops = map[string]bool{
	"a": true, "an": true, "and": true, "are": true, "as": true, "at": true, "be": true, "by": true, "for": true,
	"from": true, "in": true, "is": true, "it": true, "of": true, "on": true, "or": true, "that": true, "the": true,
	"this": true, "to": true, "was": true, "with": true, "vs": true,
	"n": true, "s": true, "t": true,
}

// IsStop tells folded words that are in too many texts to tell them apart. They are
// indexed like others; a query that has other words need not insist on them.
func IsStop(w string) bool { return stops[w] }
