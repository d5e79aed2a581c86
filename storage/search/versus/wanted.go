package versus

import (
	"unicode/utf8"

	"boxoffice/storage/search"
	"boxoffice/storage/search/internal/text"
	"boxoffice/storage/search/internal/words"
)

// The fields of the plain indexes.
const (
	nameField  = "name"  // words of the title and the performers
	whereField = "where" // words of the venue and the city
	wideField  = "wide"  // stems of everything that is written
	startField = "start" // a date
	placeField = "place" // a point
	genreField = "genre" // keywords from here on
	cityField  = "city"
	stockField = "stock"
	sourceKept = "source" // stored, not indexed
)

// What a way to have a word counts in a score, as much as a plain index can say it.
const (
	nameBoost  = 4
	beginBoost = 2
	wideBoost  = 1
	likeBoost  = 0.5
)

const (
	minPrefix  = 3   // letters of a word that others may begin with
	facetSize  = 100 // values of a facet
	firstFixed = 1   // letters that words that look alike have in common at the beginning
)

// wanted is one word of a text. An event has it in any of these ways, which are those of
// search.Index.
type wanted struct {
	exact []string // words of names
	stems []string // of wide text
	begin []string // beginnings of words of names, of venues and of cities
	parts []part   // words that together are it; nil: none
	like  string   // one of these words looks like this; "": none
	edits int      // by so many, at most
}

// part is a part of a word: a stem, or the beginning of a word as of begin unless that is "".
type part struct{ stem, begin string }

// parse gives the words of a text, all of which an event must have.
func parse(s string, fuzzy bool) []wanted {
	q, _ := text.Parse(s, search.MaxWords)
	all := true
	for i := range q.Words {
		all = all && q.Words[i].Stop
	}
	var out []wanted
	for i := range q.Words {
		if w := &q.Words[i]; all || !w.Stop {
			out = append(out, want(&q, i, fuzzy))
		}
	}
	return out
}

// want gives word i of a query.
func want(q *text.Query, i int, fuzzy bool) wanted {
	w, last := &q.Words[i], i == len(q.Words)-1
	var out wanted
	for _, s := range append([]string{w.Text}, w.Alternatives...) {
		out.add(s, last && !w.Symbols)
	}
	for _, j := range q.Joins {
		if j.First <= i && i < j.First+j.Count {
			out.add(j.Text, j.First+j.Count == len(q.Words))
		}
	}
	if len(w.Parts) > 1 {
		for k, s := range w.Parts {
			p := part{stem: text.Stem(s)}
			if last && k == len(w.Parts)-1 && begins(s) {
				p.begin = s
			}
			out.parts = append(out.parts, p)
		}
	}
	if fuzzy && !w.Symbols && words.Edits(w.Text) > 0 {
		out.like, out.edits = w.Text, words.Edits(w.Text)
	}
	return out
}

// add lets the word be another; open says that it may be unfinished.
func (w *wanted) add(s string, open bool) {
	w.exact = append(w.exact, s)
	w.stems = append(w.stems, text.Stem(s))
	if open && begins(s) {
		w.begin = append(w.begin, s)
	}
}

// begins tells whether a word is long enough for others to begin with it.
func begins(s string) bool { return utf8.RuneCountInString(s) >= minPrefix }

// document is an event as the plain indexes have it.
type document struct {
	names, where, wide []string // texts, a value each
	stock              []string
}

// newDocument makes the document of an event, and of what a sale has done to it.
func newDocument(e *search.Event, l search.Live) document {
	d := document{names: []string{e.Title}}
	for _, p := range e.Performers {
		d.names = append(d.names, p.Name)
	}
	v := &e.Venue
	d.where = []string{v.Name, v.City}
	d.wide = append(d.wide, d.names...)
	d.wide = append(d.wide, v.Name, v.City, v.Region, v.Country, e.Genre, e.Description)
	switch {
	case e.Cancelled || l.Available <= 0:
		d.stock = []string{"none"}
	case l.Available*10 <= l.Total:
		d.stock = []string{"available", "few"}
	default:
		d.stock = []string{"available"}
	}
	return d
}
