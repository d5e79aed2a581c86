package search

import (
	"strings"
	"unicode/utf8"

	"boxoffice/storage/search/internal/columns"
)

// likeness is how much of a name a query is, or of a query a name. The zero likeness is
// none.
type likeness uint8

// The likenesses, the best last.
const (
	unlike     likeness = 1 + iota
	sideBegun           // the name has all words side by side, the last one begun
	sideAlike           // or some only by likeness
	partAlike           // the name is some of the words, side by side, by likeness
	partSame            // and as they were typed
	side                // the name has all words side by side
	wholeBegun          // the name is all words, the last one begun
	wholeMixed          // in another order
	wholeAlike          // or some only by likeness
	wholeThe            // but for a "the" at the beginning of one of them
	wholeSame           // the name is all words, and nothing else
	likenesses
)

// fit is how well a word of a name fits a typed one.
type fit uint8

// The fits.
const (
	noFit fit = iota
	fitAlike
	fitBegun
	fitExact
)

// longName is how many words of a name are looked at.
const longName = 24

// wanted is what one typed word may be in a name.
type wanted struct {
	exact []string
	begun []string            // its beginning; nil where it must be whole
	alike map[string]struct{} // nil: none

	initials columns.Initials // of all of them
}

// wantedOf gives what the typed words of a plan may be, without a leading "the".
func wantedOf(p *plan) (words []wanted, the bool) {
	for i := range p.typed {
		t := &p.typed[i]
		w := wanted{exact: append([]string{t.Text}, t.Alternatives...)}
		if i == len(p.typed)-1 && !t.Symbols && utf8.RuneCountInString(t.Text) >= minPrefix {
			w.begun = w.exact
		}
		if at := p.place[i]; at >= 0 {
			w.alike = alikeOf(&p.groups[at])
		}
		for _, s := range w.exact {
			w.initials |= columns.Initial(s)
		}
		for s := range w.alike {
			w.initials |= columns.Initial(s)
		}
		words = append(words, w)
	}
	if len(words) > 1 && p.typed[0].Text == article {
		return words[1:], true
	}
	return words, false
}

// article may be missing, on either side.
const article = "the"

// alikeOf is the words that look like a group's.
func alikeOf(g *group) map[string]struct{} {
	if len(g.fuzzy[1])+len(g.fuzzy[2]) == 0 {
		return nil
	}
	alike := map[string]struct{}{}
	for _, list := range g.fuzzy[1:] {
		for _, w := range list {
			alike[w] = struct{}{}
		}
	}
	return alike
}

// fits tells how well a word of a name fits.
func (w *wanted) fits(word string) fit {
	for _, s := range w.exact {
		if s == word {
			return fitExact
		}
	}
	for _, s := range w.begun {
		if strings.HasPrefix(word, s) {
			return fitBegun
		}
	}
	if _, ok := w.alike[word]; ok {
		return fitAlike
	}
	return noFit
}

// article's initials: every name may have it.
var articleInitials = columns.Initial(article)

// cannotBe tells of most names that are nothing to the text that they are not, by their
// initials: of a name that is more than a part of the text it has all words, and the words
// of one that is a part are among those of the text.
func (h *phrasing) cannotBe(name columns.Initials) bool {
	if name == columns.AnyInitials {
		return false
	}
	all, some := true, articleInitials
	for i := range h.wanted {
		all = all && h.wanted[i].initials&name != 0
		some |= h.wanted[i].initials
	}
	return !(all && len(h.wanted) > 1) && name&^some != 0
}

// compare gives the best likeness of the spellings of a name.
func (h *phrasing) compare(spellings string) likeness {
	best := unlike
	for more := true; more; {
		var spelling string
		spelling, spellings, more = strings.Cut(spellings, columns.SpellingEnd)
		if len(h.wanted) == 1 && strings.Contains(strings.TrimPrefix(spelling, article+" "), " ") {
			continue // that a name of several words has a single one says nothing
		}
		best = max(best, h.compareOne(spelling))
	}
	return best
}

// compareOne gives the likeness of a spelling.
func (h *phrasing) compareOne(spelling string) likeness {
	var room [longName]string
	name, the, cut := nameWords(spelling, &room)
	n, m := len(name), len(h.wanted)
	if n < m && !cut {
		return h.partOf(name)
	}
	for at := 0; at+m <= n; at++ {
		switch f := run(h.wanted, name[at:at+m]); {
		case f == noFit:
		case n > m || cut:
			return [...]likeness{fitAlike: sideAlike, fitBegun: sideBegun, fitExact: side}[f]
		case f == fitExact && the != h.the:
			return wholeThe
		default:
			return [...]likeness{fitAlike: wholeAlike, fitBegun: wholeBegun, fitExact: wholeSame}[f]
		}
	}
	if n == m && n > 1 && h.mixed(name) {
		return wholeMixed
	}
	return unlike
}

// partOf tells whether a name is some of the typed words.
func (h *phrasing) partOf(name []string) likeness {
	if len(name) == 0 {
		return unlike
	}
	best := noFit
	for at := 0; at+len(name) <= len(h.wanted); at++ {
		best = max(best, run(h.wanted[at:], name))
	}
	switch best {
	case noFit:
		return unlike
	case fitExact:
		return partSame
	}
	return partAlike
}

// run gives the least fit of words side by side.
func run(wanted []wanted, words []string) fit {
	least := fitExact
	for i, w := range words {
		if least = min(least, wanted[i].fits(w)); least == noFit {
			break
		}
	}
	return least
}

// mixed tells whether a name is the words in another order, each as it was typed.
func (h *phrasing) mixed(name []string) bool {
	var taken [longName]bool
next:
	for i := range h.wanted {
		for k, word := range name {
			if !taken[k] && h.wanted[i].fits(word) == fitExact {
				taken[k] = true
				continue next
			}
		}
		return false
	}
	return true
}

// nameWords gives the words of a spelling, without a leading "the"; cut tells that it has
// more.
func nameWords(spelling string, room *[longName]string) (words []string, the, cut bool) {
	words = room[:0]
	for spelling != "" {
		w, rest, _ := strings.Cut(spelling, " ")
		if len(words) == longName {
			return words, the, true
		}
		words, spelling = append(words, w), rest
	}
	if len(words) > 1 && words[0] == article {
		return words[1:], true, false
	}
	return words, false, false
}
