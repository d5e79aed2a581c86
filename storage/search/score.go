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
	placeWeight = 1   // a venue's or a city's word begins so
	fuzzyWeight = 0.5 // for an edit, the half of it for two
	wideWeight  = 1

	nearWeight = 2 // it is here; less with distance
	nearMetres = 100_000

	// What is to come and not cancelled has something more, and what is over a part of what
	// it would have: so the same performer's next show comes before the last one, however
	// short the last one's name was, and a tribute that is to come may stay behind both.
	comingWeight = 3
	overShare    = 0.75

	// An event that has a word only by likeness comes after all that do not need it: its
	// score is below 1, and the one that has everything exactly above it. Half of 1 is what
	// a likeness has whose score would else be this.
	likenessHalf = 10
)

// BM25's usual constants: a second occurrence counts little, and a long name makes each
// word count less.
const bm25K, bm25B = 1.2, 0.75

// Marks of a document while a segment is scored.
const (
	allNamed = 1 << iota // names have all words so far, exactly
	inName               // a name has some word, or one that begins or looks like it
	begun                // of some word a name has only one that begins so
	alike                // some word is there by likeness only
)

// scoring is what scores need of the query.
type scoring struct {
	coming int64 // what starts from here on is to come
	phrase phrasing
	away   *distances
}

// standing is how well an event does without a text: what is to come first, of that the
// more popular; then what is over, the last of it first; then what was cancelled. It
// never changes with a sale.
func (s *scoring) standing(now *columns.Snapshot, o uint32) float64 {
	if s.isComing(now, o) {
		return 1 + float64(now.Popularity(o))
	}
	const most = 1 << 46 // milliseconds: more than two thousand years
	late := float64(min(max(now.Start(o), -most), most-1)+most) / (2 * most)
	if now.Cancelled(o) {
		return late - 1
	}
	return late
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
	most := e.mostBeside()
	for i, doc := range e.docs {
		if i%stride == stride-1 {
			if err := e.budget.spent(); err != nil {
				return err
			}
		}
		if e.top.full() && !e.top.wants(scoreKey(e.atMost(e.scores[i]+most, e.marks[i]))) {
			continue // whatever its columns say, and they are somewhere else in memory
		}
		e.offer(hit{ordinal: ordinals[doc], segment: number, doc: doc}, e.scores[i], e.marks[i])
	}
	return nil
}

// mostBeside is the most that anything adds to what words are worth, but for a name:
// popularity, nearness, place and genre.
func (e *evaluation) mostBeside() float64 {
	most := 1.001 // popularity, and what adding in another order may make of it
	if e.score.away.from != nil {
		most += nearWeight
	}
	if len(e.score.phrase.genres) > 0 {
		most += genreBonus
	}
	return most + e.score.phrase.mostAtPlaces(len(e.docs))
}

// atMost is the most that a score can become with a name and in what is to come.
func (e *evaluation) atMost(score float64, marks uint8) float64 {
	if marks&inName != 0 {
		score += wholeBonus
	}
	return whole(score, marks, true)
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
	e.atLeast(sets.place, placeWeight)
	onlyWide := sets.begin == nil && sets.place == nil && sets.parts == nil &&
		sets.fuzzy[1] == nil && sets.fuzzy[2] == nil
	for i, doc := range e.docs {
		if e.best[i] > 0 {
			e.marks[i] |= inName
		}
		if e.best[i] == beginWeight {
			e.marks[i] |= begun
		}
		switch {
		case onlyWide || sets.wide != nil && sets.wide.Contains(doc):
			e.best[i] += wideWeight
		case e.best[i] == 0:
			e.marks[i] |= alike | inName
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
	score += float64(e.columns.Popularity(o))
	if d := e.score.away.of(o); d >= 0 {
		score += nearWeight * math.Exp(-d/nearMetres)
	}
	coming := e.score.isComing(e.columns, o)
	score += e.score.phrase.around(o)
	if marks&inName != 0 && e.top.wants(scoreKey(whole(score+wholeBonus, marks, coming))) {
		score += e.named(o, score, marks, coming)
	}
	h.key = scoreKey(whole(score, marks, coming))
	if e.top.wants(h.key) {
		e.top.add(h)
	}
}

// named is what the names of an event add to its score; less where no more than that
// keeps it from the page. First comes what is in the columns that were read anyway.
func (e *evaluation) named(o uint32, score float64, marks uint8, coming bool) float64 {
	h := &e.score.phrase
	best := h.wholeName(o)
	if best < wholeThe && e.top.wants(scoreKey(whole(score+h.most, marks, coming))) {
		best = h.names(o, marks)
	}
	return nameBonus[best]
}

// whole is a score with what belongs to all of it. It grows with the score.
func whole(score float64, marks uint8, coming bool) float64 {
	if coming {
		score += comingWeight
	} else {
		score *= overShare
	}
	if marks&alike != 0 {
		return score / (score + likenessHalf)
	}
	return 1 + score
}

// sortName is what a title is ordered by.
func sortName(title string) string {
	first, _, _ := strings.Cut(title, columns.SpellingEnd)
	return first[:min(len(first), nameBytes)]
}
