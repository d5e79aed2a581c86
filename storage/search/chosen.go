package search

// A query that has words and a place, a venue or a performer finds events twice: by the
// words, and in the lists that columns have. Where the lists are shorter they become a
// set of bits by ordinal, an eighth of a megabyte for a million events, and a found event
// is looked for there, before its columns are read from all over the memory.

// worthwhile is for which part of all events, found, the set may be made, at least: to
// empty it costs as much as to look at so many.
const worthwhile = 512

// choose makes the set of the events that the filter's performer or places leave, once,
// where so many found ones are to be looked at, in all segments, that it pays: to enter
// one costs less than half of what it costs to look at one.
func (e *evaluation) choose(found int) {
	f := &e.filter
	if f.chosen != nil || found < f.now.Len()/worthwhile || f.performer == 0 && f.places == nil {
		return
	}
	if f.performer != 0 {
		if list := e.columns.EventsOf(f.performer); len(list) < 2*found {
			f.chosen = e.bits(f.now.Len())
			f.enter(list)
			f.performer = 0 // all of the set have it
		}
		return
	}
	if len(f.places.list) > 2*found {
		return
	}
	if f.size == 0 {
		for _, place := range f.places.list {
			f.size += len(e.columns.AtPlace(place))
		}
	}
	if f.size > 2*found {
		return
	}
	f.chosen = e.bits(f.now.Len())
	for _, place := range f.places.list {
		f.enter(e.columns.AtPlace(place))
	}
	f.places = nil // all of the set are there
}

// enter adds the events of a list to the set.
func (f *filter) enter(list []uint32) {
	for _, o := range list {
		f.chosen[o/64] |= 1 << (o % 64)
	}
}

// sift leaves the documents of a list whose events were chosen, in the list's memory: of
// a hundred thousand few are, so it takes no branch for each.
func (f *filter) sift(docs, ordinals []uint32) []uint32 {
	kept := 0
	for _, doc := range docs {
		docs[kept] = doc
		if o := ordinals[doc]; int(o/64) < len(f.chosen) {
			kept += int(f.chosen[o/64] >> (o % 64) & 1)
		}
	}
	return docs[:kept]
}

// bits is a set of n bits, all nought.
func (s *scratch) bits(n int) []uint64 {
	s.chosen = zeros(s.chosen, (n+63)/64)
	return s.chosen
}
