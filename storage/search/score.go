package search

import (
	"math"
	"strings"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/postings"
)

// The weights of a score. For each word the best way in which a name has it counts: as
// it was typed, by its parts, by a word that begins so, by one that looks like it. So an
// exact word is before a beginning, and that before a likeness. To have it in the wide
// text counts a little more, and is all there is for words that are in no name.
const (
	exactBase   = 2.5 // a name has the word, however common it is
	exactWeight = 4   // and this times BM25: by how rare it is and how short the name
	partsWeight = 2.25
	beginWeight = 2
	fuzzyWeight = 0.5 // for an edit, the half of it for two
	wideWeight  = 1

	comingWeight = 3 // it is to come and not cancelled
	nearWeight   = 2 // it is here; less with distance
	nearMetres   = 100_000

	// An event that has a word only by likeness comes after all that do not need it:
	// no score is so large that this does not bring it below 1.
	likeness = 1.0 / 4096
)

// BM25's usual constants: a second occurrence counts little, and a long name makes each
// word count less.
const bm25K, bm25B = 1.2, 0.75

// Marks of a document while a segment is scored.
const (
	allNamed = 1 << iota // a name has all words so far, exactly
	alike                // some word is there by likeness only
)

// scoring is what scores need of the query.
type scoring struct {
	coming int64 // what starts from here on is to come
	phrase phrasing
	away   *distances
}

// standing is how well an event does without a text: what is to come first, then what
// is popular. It never changes with a sale.
func (s *scoring) standing(now *columns.Snapshot, o uint32) float64 {
	v := float64(now.Popularity(o))
	if s.isComing(now, o) {
		v++
	}
	return v
}

// isComing tells whether an event is to come.
func (s *scoring) isComing(now *columns.Snapshot, o uint32) bool {
	return now.Start(o) >= s.coming && !now.Cancelled(o)
}

// rank scores the documents that passed, and offers them.
func (e *evaluation) rank(s *postings.Segment, number int32, sets *matches) error {
	e.room()
	for i := range e.marks {
		e.marks[i] = allNamed
	}
	idf := e.plan.frozen.idf
	for i := range e.plan.groups {
		g := &e.plan.groups[i]
		if err := e.budget.spent(); err != nil {
			return err
		}
		if err := e.rankGroup(&sets.names, g, &sets.groups[i], idf[:len(g.exact)]); err != nil {
			return err
		}
		idf = idf[len(g.exact):]
	}
	ordinals := s.Ordinals()
	for i, doc := range e.docs {
		if i%stride == stride-1 {
			if err := e.budget.spent(); err != nil {
				return err
			}
		}
		e.offer(hit{ordinal: ordinals[doc], segment: number, doc: doc}, e.scores[i], e.marks[i])
	}
	return nil
}

// rankGroup adds what a group is worth to the scores of the documents.
func (e *evaluation) rankGroup(names *postings.Dictionary, g *group, sets *groupSets, idf []float64) error {
	clear(e.best)
	for i, t := range g.exact {
		if err := e.rankExact(names, t, idf[i]); err != nil {
			return err
		}
	}
	for i, best := range e.best {
		if best == 0 {
			e.marks[i] &^= allNamed
		}
	}
	e.atLeast(sets.parts, partsWeight)
	e.atLeast(sets.begin, beginWeight)
	onlyWide := sets.begin == nil && sets.parts == nil && sets.fuzzy[1] == nil && sets.fuzzy[2] == nil
	for i, doc := range e.docs {
		switch {
		case onlyWide || sets.wide != nil && sets.wide.Contains(doc):
			e.best[i] += wideWeight
		case e.best[i] == 0:
			e.marks[i] |= alike
		}
	}
	e.likeness(sets)
	for i := range e.scores {
		e.scores[i] += e.best[i]
	}
	return nil
}

// rankExact sees which documents have a word in a name, and how much it says of them.
func (e *evaluation) rankExact(names *postings.Dictionary, t nameTerm, idf float64) error {
	if err := names.Find(t.word, &e.list); err != nil || e.list.Count() == 0 {
		return err
	}
	it, err := e.list.Postings()
	if err != nil {
		return err
	}
	base := bm25K * (1 - bm25B)
	perWord := bm25K * bm25B / e.plan.frozen.length
	for i := 0; i < len(e.docs) && it.Advance(e.docs[i]); {
		for i < len(e.docs) && e.docs[i] < it.Doc {
			i++
		}
		if i < len(e.docs) && e.docs[i] == it.Doc {
			f := float64(it.Freq)
			weight := t.share * (exactBase + exactWeight*idf*f/(f+base+perWord*float64(it.Length)))
			e.best[i] = max(e.best[i], weight)
			i++
		}
	}
	return it.Err()
}

// atLeast makes a weight the least that documents of a set get for the group.
func (e *evaluation) atLeast(set *postings.Bitmap, weight float64) {
	if set == nil {
		return
	}
	for i, doc := range e.docs {
		if e.best[i] < weight && set.Contains(doc) {
			e.best[i] = weight
		}
	}
}

// likeness gives something to documents that have nothing else of the group.
func (e *evaluation) likeness(sets *groupSets) {
	for edits, weight := range [...]float64{1: fuzzyWeight, 2: fuzzyWeight / 2} {
		set := sets.fuzzy[edits]
		if set == nil {
			continue
		}
		for i, doc := range e.docs {
			if e.best[i] == 0 && set.Contains(doc) {
				e.best[i] = weight
			}
		}
	}
}

// offer completes a score and offers the hit.
func (e *evaluation) offer(h hit, score float64, marks uint8) {
	o := h.ordinal
	if e.score.isComing(e.columns, o) {
		score += comingWeight
	}
	score += float64(e.columns.Popularity(o))
	if d := e.score.away.of(o); d >= 0 {
		score += nearWeight * math.Exp(-d/nearMetres)
	}
	if marks&alike != 0 {
		score *= likeness
	} else if marks&allNamed != 0 && e.top.wants(scoreKey(score+wholeBonus)) {
		score += e.score.phrase.bonus(e.columns, o)
	}
	h.key = scoreKey(score)
	if e.top.wants(h.key) {
		e.top.add(h)
	}
}

// sortName is what a title is ordered by.
func sortName(title string) string {
	first, _, _ := strings.Cut(title, columns.SpellingEnd)
	return first[:min(len(first), nameBytes)]
}
