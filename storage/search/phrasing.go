package search

import (
	"slices"
	"strings"

	"boxoffice/storage/search/internal/columns"
)

// The bonus for names that are the query, or have it side by side. It belongs to every
// score, so it must be cheap for a word that half of all names have: whole names are
// told by a hash, and a performer's name is looked at once a query.
const (
	phraseBonus = 20 // a name has all words side by side
	wholeBonus  = 40 // a name is these words and nothing else
)

// phrasing is what names are compared with.
type phrasing struct {
	words   string // with one blank between them
	several bool   // there is more than one
	letters string // without the blanks
	hash    uint32 // of the letters
	whole   []uint32
	seen    []uint8 // by billing: 0 not yet; else seenNot or seenPhrase
}

// Marks of a billing.
const (
	seenNot = 1 + iota
	seenPhrase
)

// newPhrasing is the phrase of a plan. Its memory for marks is used again.
func newPhrasing(p *plan, now *columns.Snapshot, seen []uint8) phrasing {
	h := phrasing{
		words: p.phrase, several: strings.Contains(p.phrase, " "), letters: p.joined,
		hash: columns.Letters(p.joined), whole: now.BilledAs(p.joined),
	}
	if h.several {
		if cap(seen) < now.Billings() {
			seen = make([]uint8, now.Billings()+now.Billings()/4)
		}
		h.seen = seen[:now.Billings()]
		clear(h.seen)
	}
	return h
}

// bonus is what an event gets for its title and its performers' names.
func (h *phrasing) bonus(now *columns.Snapshot, o uint32) float64 {
	if letters := now.TitleLetters(o); letters == h.hash || letters == columns.AnyLetters {
		if h.isWhole(now.Title(o)) {
			return wholeBonus
		}
	}
	if len(h.whole) == 0 && !h.several {
		return 0
	}
	for _, b := range now.Billing(o) {
		if slices.Contains(h.whole, b) {
			return wholeBonus
		}
	}
	if h.several && (hasPhrase(now.Title(o), h.words) || h.billed(now, o)) {
		return phraseBonus
	}
	return 0
}

// isWhole tells whether a spelling of a name is the letters.
func (h *phrasing) isWhole(spellings string) bool {
	for spelling := range strings.SplitSeq(spellings, columns.SpellingEnd) {
		if sameLetters(spelling, h.letters) {
			return true
		}
	}
	return false
}

// billed tells whether a performer's name has the phrase.
func (h *phrasing) billed(now *columns.Snapshot, o uint32) bool {
	for _, b := range now.Billing(o) {
		if h.seen[b] == 0 {
			h.seen[b] = seenNot
			if hasPhrase(now.NameOf(b), h.words) {
				h.seen[b] = seenPhrase
			}
		}
		if h.seen[b] == seenPhrase {
			return true
		}
	}
	return false
}

// sameLetters tells whether a text without its blanks is joined.
func sameLetters(s, joined string) bool {
	if len(s) < len(joined) {
		return false
	}
	at := 0
	for i := range len(s) {
		if s[i] == ' ' {
			continue
		}
		if at == len(joined) || s[i] != joined[at] {
			return false
		}
		at++
	}
	return at == len(joined)
}

// hasPhrase tells whether a text has whole words side by side.
func hasPhrase(s, phrase string) bool {
	for from := 0; ; {
		at := strings.Index(s[from:], phrase)
		if at < 0 {
			return false
		}
		start, end := from+at, from+at+len(phrase)
		if (start == 0 || isBreak(s[start-1])) && (end == len(s) || isBreak(s[end])) {
			return true
		}
		from = start + 1
	}
}

// isBreak tells what is between words, and between spellings.
func isBreak(c byte) bool { return c == ' ' || c == columns.SpellingEnd[0] }
