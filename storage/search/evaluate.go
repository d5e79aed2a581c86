package search

import (
	"boxoffice/storage/search/internal/postings"
)

// evaluation is the work on one query: it walks the events that have the words, or where
// there are none those that the narrowest condition leaves, and keeps the first.
type evaluation struct {
	*moment
	*scratch
	plan   *plan // nil: the query has no text
	filter filter
	away   distances
	sort   Sort
	top    top
	total  int
	budget budget
	score  scoring

	corrections []Correction
}

// run finds the hits: total, top and counters have them afterwards.
func (e *evaluation) run() error {
	if err := e.budget.spent(); err != nil || e.filter.nothing {
		return err
	}
	if e.plan == nil {
		return e.runColumns()
	}
	segments := e.view.Segments()
	for i := range segments {
		if err := e.runSegment(&segments[i], int32(i)); err != nil {
			return err
		}
	}
	return nil
}

// runColumns answers without the postings. The narrowest list wins: a performer's
// events, those at the places, those in the time, and else all.
func (e *evaluation) runColumns() error {
	now := e.columns
	if who := e.filter.performer; who != 0 {
		e.filter.performer = 0 // all of the list have it
		return e.walk(now.EventsOf(who))
	}
	if at := e.filter.places; at != nil {
		e.filter.places = nil // all of the lists have it
		for _, place := range at.list {
			if err := e.walk(now.AtPlace(place)); err != nil {
				return err
			}
		}
		return nil
	}
	dated := now.ByStart(e.filter.after, e.filter.before)
	if e.sort == ByDate && e.filter.open() && len(e.counters.facets) == 0 {
		return e.runDated(dated)
	}
	// In the order of ordinals memory is read in a row; by start it is not, so that pays
	// only where it leaves most events out.
	if len(dated) < now.Len()/4 {
		return e.walk(dated)
	}
	for o := range uint32(now.Len()) {
		if o%stride == 0 {
			if err := e.budget.spent(); err != nil {
				return err
			}
		}
		if now.Alive(o) && e.filter.accepts(o) {
			e.take(o, -1, 0)
		}
	}
	return nil
}

// runDated answers from events in the order of the answer: all of them are hits, and the
// first are the page.
func (e *evaluation) runDated(list []uint32) error {
	e.total = len(list)
	if e.top.after != nil {
		list = e.columns.ByStart(max(e.filter.after, dateOf(e.top.after.key)), e.filter.before)
	}
	for i, o := range list {
		key := dateKey(e.columns.Start(o))
		if !e.top.wants(key) {
			return nil
		}
		if i%stride == stride-1 { // thousands that start at once
			if err := e.budget.spent(); err != nil {
				return err
			}
		}
		e.top.add(hit{key: key, ordinal: o, segment: -1})
	}
	return nil
}

// walk offers the events of a list.
func (e *evaluation) walk(list []uint32) error {
	for i, o := range list {
		if i%stride == stride-1 {
			if err := e.budget.spent(); err != nil {
				return err
			}
		}
		if e.filter.accepts(o) {
			e.take(o, -1, 0)
		}
	}
	return nil
}

// take counts an event that passed, and offers it by an order that is not the score.
func (e *evaluation) take(o uint32, segment int32, doc uint32) {
	e.total++
	if len(e.counters.facets) > 0 {
		e.counters.add(o)
	}
	if key := e.key(o); e.top.wants(key) {
		e.top.add(hit{key, o, segment, doc})
	}
}

// key is the key of an event by an order that is not the score.
func (e *evaluation) key(o uint32) uint64 {
	switch e.sort {
	case ByDate:
		return dateKey(e.columns.Start(o))
	case ByDistance:
		return distanceKey(e.away.of(o))
	case ByName:
		return nameKey(e.columns.Title(o))
	case ByOnSale:
		return dateKey(e.columns.OnSale(o))
	}
	return scoreKey(e.score.standing(e.columns, o))
}

// runSegment answers from one segment: documents that have the words, of those the ones
// that pass the filter, and of those the scores, if the order is by score.
func (e *evaluation) runSegment(s *postings.Segment, number int32) error {
	defer e.reclaim()
	sets, ok, err := e.match(s)
	if err != nil || !ok {
		return err
	}
	found := e.bitmap()
	sets.intersect(found)
	s.DropDeleted(found)
	// As many as in the other segments, about.
	e.choose(int(float64(found.GetCardinality()) / float64(s.Len()) * float64(e.view.Documents())))
	ordinals := s.Ordinals()
	scored := e.sort == ByRelevance
	e.docs = e.docs[:0]
	it := found.ManyIterator()
	for n := it.NextMany(e.numbers[:]); n > 0; n = it.NextMany(e.numbers[:]) {
		if err := e.budget.spent(); err != nil {
			return err
		}
		docs := e.numbers[:n]
		if e.filter.chosen != nil {
			docs = e.filter.sift(docs, ordinals)
		}
		// What is no event of these columns is the positions; or one of a batch that Write
		// gave up, and that is written again.
		for _, doc := range e.columns.Living(docs, ordinals) {
			o := ordinals[doc]
			if !e.filter.accepts(o) {
				continue
			}
			if !scored {
				e.take(o, number, doc)
				continue
			}
			e.docs = append(e.docs, doc)
		}
	}
	if len(e.docs) == 0 {
		return nil
	}
	e.total += len(e.docs)
	if len(e.counters.facets) > 0 {
		for _, doc := range e.docs {
			e.counters.add(ordinals[doc])
		}
	}
	return e.rank(s, number, sets)
}
