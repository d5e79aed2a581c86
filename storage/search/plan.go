package search

import (
	"math"
	"slices"
	"unicode/utf8"

	"boxoffice/storage/search/internal/text"
	"boxoffice/storage/search/internal/words"
)

// The bounds of what a word may stand for.
const (
	maxPrefixed = 64 // words that begin with the last one, the most frequent
	maxFuzzy    = 32 // words that look like one, the nearest and most frequent
	minPrefix   = 3  // letters of a word that others may begin with

	maxCorrection = 5 // words that a Correction names
)

// plan is a query made ready: what an event must have, and what it is worth. It is made
// once, and only read.
//
// The text is an AND of groups, one for each word; a group is an OR of what the word may
// be in the index. Words that are in every text ("the") make no group beside others.
type plan struct {
	groups []group
	typed  []text.Word
	place  []int  // of a typed word among the groups; -1: it has none
	joined string // the text in plain words, as names are in the columns, without blanks
	fuzzy  bool   // groups have words that only look like theirs
	frozen frozen
}

// frozen is what scores depend on besides the event and the query. The pages that
// follow the first take it from the cursor, so that an event keeps its score while the
// index changes.
type frozen struct {
	now    int64     // milliseconds since 1970: what is to come starts from here
	length float64   // words of a name on average
	idf    []float64 // of exact words, group by group
	kept   []expansion
}

// group is what one word may be in the index. All sets of it are united.
type group struct {
	word  text.Word
	stems []string    // of wide text: the word, its spellings, runs of words that are one
	exact []nameTerm  // words of names; events that have them have a stem too
	begin []string    // words of names and places that begin with it
	parts [][]part    // words that together are it
	fuzzy [3][]string // by edits, 1 or 2: words of names and places that look like it
	split [][]part    // like parts, found in the vocabulary: as good as one edit

	// Those of begin and fuzzy that places have: looking all up there would cost as much
	// as looking them up in names.
	beginAt []string
	fuzzyAt [3][]string
}

// nameTerm is a word of names that counts by how rare it is.
type nameTerm struct {
	word  string
	share float64 // of the score: a run of three words counts a third for each
}

// part is a part of a word: its stem in wide text, or a name's word that begins so.
type part struct {
	word           string // for Correction
	stem           string
	begin, beginAt []string // as of a group
}

// locate finds the words that places have. It is called before each evaluation.
func (p *plan) locate(places *words.Vocabulary) {
	for i := range p.groups {
		g := &p.groups[i]
		g.beginAt = placed(g.begin, places)
		for edits := range g.fuzzy {
			g.fuzzyAt[edits] = placed(g.fuzzy[edits], places)
		}
		if end := g.end(); end != nil {
			end.beginAt = placed(end.begin, places)
		}
	}
}

// placed gives the words that places have.
func placed(list []string, places *words.Vocabulary) []string {
	var out []string
	for _, w := range list {
		if places.Frequency(w) > 0 {
			out = append(out, w)
		}
	}
	return out
}

// newPlan makes the plan of a text that has words.
func newPlan(q text.Query, vocabulary *words.Vocabulary) *plan {
	p := &plan{typed: q.Words, place: make([]int, len(q.Words))}
	all := !slices.ContainsFunc(q.Words, func(w text.Word) bool { return !w.Stop })
	for i, w := range q.Words {
		p.place[i] = -1
		p.joined += w.Text
		if all || !w.Stop {
			p.place[i] = len(p.groups)
			p.groups = append(p.groups, newGroup(w, i == len(q.Words)-1, vocabulary))
		}
	}
	for _, j := range q.Joins {
		p.join(j, p.place, j.First+j.Count == len(q.Words), vocabulary)
	}
	for i := range p.groups {
		p.groups[i].settle()
	}
	return p
}

// newGroup is the group of a word by itself; last says that it may be unfinished.
func newGroup(w text.Word, last bool, vocabulary *words.Vocabulary) group {
	g := group{word: w, stems: []string{w.Stem}, exact: []nameTerm{{w.Text, 1}}}
	for _, other := range w.Alternatives {
		g.stems = append(g.stems, text.Stem(other))
		g.exact = append(g.exact, nameTerm{other, 1})
	}
	if len(w.Parts) > 1 {
		var parts []part
		for i, word := range w.Parts {
			pt := part{stem: text.Stem(word)}
			if last && i == len(w.Parts)-1 {
				pt.begin = begins(word, vocabulary)
			}
			parts = append(parts, pt)
		}
		g.parts = append(g.parts, parts)
	}
	if last && !w.Symbols {
		g.begin = begins(w.Text, vocabulary)
		for _, other := range w.Alternatives {
			g.begin = append(g.begin, begins(other, vocabulary)...)
		}
	}
	return g
}

// begins are the words that begin with one, without it.
func begins(word string, vocabulary *words.Vocabulary) []string {
	if utf8.RuneCountInString(word) < minPrefix {
		return nil
	}
	var out []string
	for _, w := range vocabulary.Prefix(word, maxPrefixed+1) {
		if w.Text != word {
			out = append(out, w.Text)
		}
	}
	return out[:min(len(out), maxPrefixed)]
}

// join lets a run of words be one word of the index.
func (p *plan) join(j text.Join, place []int, last bool, vocabulary *words.Vocabulary) {
	var begin []string
	if last {
		begin = begins(j.Text, vocabulary)
	}
	for _, at := range place[j.First : j.First+j.Count] {
		if at < 0 {
			continue
		}
		g := &p.groups[at]
		g.stems = append(g.stems, text.Stem(j.Text))
		g.exact = append(g.exact, nameTerm{j.Text, 1 / float64(j.Count)})
		g.begin = append(g.begin, begin...)
	}
}

// settle takes out what is there twice, or found anyway by its stem.
func (g *group) settle() {
	g.stems = unique(g.stems)
	g.begin = unique(g.begin)
	g.begin = slices.DeleteFunc(g.begin, func(w string) bool {
		return slices.ContainsFunc(g.exact, func(t nameTerm) bool { return t.word == w })
	})
	g.begin = g.begin[:min(len(g.begin), maxPrefixed)]
}

// blur lets words that look alike count. It is false where there are none.
func (p *plan) blur(vocabulary *words.Vocabulary) bool {
	for i := range p.groups {
		g := &p.groups[i]
		g.blur(vocabulary)
		p.fuzzy = p.fuzzy || len(g.fuzzy[1])+len(g.fuzzy[2])+len(g.split) > 0
	}
	return p.fuzzy
}

// corrections tells what was looked for besides words that less than a page of names
// has; besides every word where all are more frequent than that.
func (p *plan) corrections(vocabulary *words.Vocabulary, size int) []Correction {
	var rare, all []Correction
	for i := range p.groups {
		g := &p.groups[i]
		c := Correction{Word: g.word.Text, For: slices.Concat(g.fuzzy[1], g.fuzzy[2])}
		for _, parts := range g.split {
			c.For = slices.Insert(c.For, 0, parts[0].word+" "+parts[1].word)
		}
		if len(c.For) == 0 {
			continue
		}
		c.For = c.For[:min(len(c.For), maxCorrection)]
		all = append(all, c)
		if vocabulary.Frequency(g.word.Text) < size {
			rare = append(rare, c)
		}
	}
	if len(rare) > 0 {
		return rare
	}
	return all
}

// blur adds the words that look like the group's.
func (g *group) blur(vocabulary *words.Vocabulary) {
	if g.word.Symbols {
		return
	}
	w := g.word.Text
	for _, m := range vocabulary.Fuzzy(w, words.Edits(w), maxFuzzy) {
		g.fuzzy[m.Edits] = append(g.fuzzy[m.Edits], m.Text)
	}
	if left, right, ok := vocabulary.Split(w); ok && vocabulary.Frequency(w) == 0 {
		g.split = append(g.split, []part{
			{word: left, stem: text.Stem(left)}, {word: right, stem: text.Stem(right)},
		})
	}
}

// unique is a list without repetitions, in its order.
func unique(list []string) []string {
	out := list[:0]
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// weigh sets what scores depend on, as of now: how rare each word is among documents.
func (p *plan) weigh(vocabulary *words.Vocabulary, documents int, length float64, now int64) {
	p.frozen = frozen{now: now, length: max(1, length)}
	n := float64(documents)
	for i := range p.groups {
		for _, t := range p.groups[i].exact {
			df := min(n, float64(vocabulary.Frequency(t.word)))
			p.frozen.idf = append(p.frozen.idf, math.Log(1+(n-df+0.5)/(df+0.5)))
		}
	}
}
