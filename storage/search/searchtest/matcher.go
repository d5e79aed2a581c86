package searchtest

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"boxoffice/storage/search"
	"boxoffice/storage/search/internal/text"
	"boxoffice/storage/search/internal/words"
)

// What an index looks at, at most.
const (
	maxBegin = 64
	maxFuzzy = 32
)

// matcher matches events with a text.
type matcher struct {
	w      *Twin
	q      text.Query
	fuzzy  bool
	capped bool
	begin  map[string][]string // typed words: words of names that begin so
	like   map[string][]string // typed words: words of names that look like them
}

// prepare looks all words of names through.
func (m *matcher) prepare() {
	m.begin, m.like = map[string][]string{}, map[string][]string{}
	for i := range m.q.Words {
		word := &m.q.Words[i]
		if i == len(m.q.Words)-1 && !word.Symbols {
			for _, w := range slices.Concat([]string{word.Text}, word.Alternatives, word.Parts) {
				m.prefix(w)
			}
		}
		if m.fuzzy && !word.Symbols {
			m.similar(word.Text)
		}
	}
	for _, j := range m.q.Joins {
		if j.First+j.Count == len(m.q.Words) {
			m.prefix(j.Text)
		}
	}
}

// prefix finds the words of names that begin so.
func (m *matcher) prefix(w string) {
	if utf8.RuneCountInString(w) < 3 {
		return
	}
	for name := range m.w.names {
		if strings.HasPrefix(name, w) {
			m.begin[w] = append(m.begin[w], name)
		}
	}
	m.capped = m.capped || len(m.begin[w]) > maxBegin/4 // several lists share the bound
}

// similar finds the words of names that look like one: with another first letter only
// where that is the only edit and the word has four letters.
func (m *matcher) similar(w string) {
	first, _ := utf8.DecodeRuneInString(w)
	for name := range m.w.names {
		most := words.Edits(w)
		if f, _ := utf8.DecodeRuneInString(name); f != first {
			most = min(most, 1)
			if utf8.RuneCountInString(w) < 4 {
				most = 0
			}
		}
		if name != w && edits(w, name, most) {
			m.like[w] = append(m.like[w], name)
		}
	}
	m.capped = m.capped || len(m.like[w]) > maxFuzzy
}

// has tells whether an event has the text.
func (m *matcher) has(e *search.Event) bool {
	doc := document{named: named(e), wide: wide(e)}
	all := true
	for i := range m.q.Words {
		all = all && m.q.Words[i].Stop
	}
	for i := range m.q.Words {
		if w := &m.q.Words[i]; (all || !w.Stop) && !m.hasWord(&doc, i, w) {
			return false
		}
	}
	return true
}

// document is the words of an event.
type document struct{ named, wide []string }

// stem tells whether the wide text has the stem of a word.
func (d *document) stem(w string) bool { return slices.Contains(d.wide, text.Stem(w)) }

// any tells whether a name has one of the words.
func (d *document) any(words []string) bool {
	return slices.ContainsFunc(d.named, func(n string) bool { return slices.Contains(words, n) })
}

// hasWord tells whether a document has word i.
func (m *matcher) hasWord(d *document, i int, w *text.Word) bool {
	last := i == len(m.q.Words)-1
	if slices.ContainsFunc(slices.Concat([]string{w.Text}, w.Alternatives), func(s string) bool {
		return d.stem(s) || last && d.any(m.begin[s])
	}) {
		return true
	}
	if m.hasParts(d, w.Parts, last) || m.hasJoin(d, i) {
		return true
	}
	if !m.fuzzy || w.Symbols {
		return false
	}
	if d.any(m.like[w.Text]) {
		return true
	}
	left, right, ok := m.split(w.Text)
	return ok && d.stem(left) && d.stem(right)
}

// hasParts tells whether a document has all parts of a word.
func (m *matcher) hasParts(d *document, parts []string, last bool) bool {
	if len(parts) < 2 {
		return false
	}
	for i, p := range parts {
		if !d.stem(p) && !(last && i == len(parts)-1 && d.any(m.begin[p])) {
			return false
		}
	}
	return true
}

// hasJoin tells whether a document has a run of words that covers word i.
func (m *matcher) hasJoin(d *document, i int) bool {
	return slices.ContainsFunc(m.q.Joins, func(j text.Join) bool {
		last := j.First+j.Count == len(m.q.Words)
		return j.First <= i && i < j.First+j.Count && (d.stem(j.Text) || last && d.any(m.begin[j.Text]))
	})
}

// split cuts a word that no name has into two that names have.
func (m *matcher) split(w string) (left, right string, ok bool) {
	if m.w.names[w] > 0 {
		return "", "", false
	}
	return words.New(m.w.names).Split(w)
}

// wide are the stems of everything that is written of an event.
func wide(e *search.Event) []string {
	v := &e.Venue
	all := []string{e.Title, e.Genre, e.Description, v.Name, v.City, v.Region, v.Country}
	for _, p := range e.Performers {
		all = append(all, p.Name)
	}
	var stems []string
	for _, s := range all {
		stems = append(stems, text.Stems(s)...)
	}
	return stems
}

// edits tells whether at most so many edits make one word the other: by the table of
// all prefixes, where an edit is a letter too many, missing, another, or two swapped.
func edits(a, b string, most int) bool {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
				continue
			case x[i-1] == y[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + d[i-1][j-1]
			}
			d[i][j] = min(d[i][j], d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)] <= most
}

// month is the month of a time, in UTC.
func month(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01") }
