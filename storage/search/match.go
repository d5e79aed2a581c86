package search

import "boxoffice/storage/search/internal/postings"

// groupSets are the documents of a segment that have a group's word, by how they have
// it. A set that is nil is empty. The sets may have deleted documents.
type groupSets struct {
	wide  *postings.Bitmap    // a stem in the wide text: all that have an exact name are here
	begin *postings.Bitmap    // a name's word that begins so
	place *postings.Bitmap    // a venue's or a city's word that begins so
	parts *postings.Bitmap    // all parts
	fuzzy [3]*postings.Bitmap // by edits, 1 or 2
}

// each calls f with every set that there is.
func (g *groupSets) each(f func(*postings.Bitmap)) {
	for _, set := range [...]*postings.Bitmap{g.wide, g.begin, g.place, g.parts, g.fuzzy[1], g.fuzzy[2]} {
		if set != nil {
			f(set)
		}
	}
}

// matches are the sets of all groups of a segment.
type matches struct {
	groups []groupSets
	union  []*postings.Bitmap // of each group
	names  postings.Dictionary
}

// intersect puts the documents that have all groups into an empty set.
func (m *matches) intersect(into *postings.Bitmap) {
	least := 0
	for i := range m.union {
		if m.union[i].GetCardinality() < m.union[least].GetCardinality() {
			least = i
		}
	}
	into.Or(m.union[least])
	for i, set := range m.union {
		if i != least {
			into.And(set)
		}
	}
}

// match looks the words of all groups up in a segment. It is false where a group has no
// document there.
func (e *evaluation) match(s *postings.Segment) (*matches, bool, error) {
	wide, err := s.Dictionary(postings.All)
	if err != nil {
		return nil, false, err
	}
	names, err := s.Dictionary(postings.Name)
	if err != nil {
		return nil, false, err
	}
	places, err := s.Dictionary(postings.Place)
	if err != nil {
		return nil, false, err
	}
	l := lookup{scratch: e.scratch, wide: wide, names: names, places: places}
	m := &matches{
		groups: make([]groupSets, len(e.plan.groups)),
		union:  make([]*postings.Bitmap, len(e.plan.groups)),
		names:  names,
	}
	for i := range e.plan.groups {
		if err := e.budget.spent(); err != nil {
			return nil, false, err
		}
		g := &m.groups[i]
		l.group(&e.plan.groups[i], g)
		if l.err != nil {
			return nil, false, l.err
		}
		m.union[i] = l.union(g)
		if m.union[i].IsEmpty() {
			return nil, false, nil
		}
	}
	return m, true, nil
}

// lookup looks words up in the dictionaries of a segment. The first error stays.
type lookup struct {
	*scratch
	wide, names, places postings.Dictionary
	err                 error
}

// group fills the sets of a group.
func (l *lookup) group(g *group, sets *groupSets) {
	sets.wide = l.any(&l.wide, g.stems)
	sets.begin = l.any(&l.names, g.begin)
	sets.place = l.any(&l.places, g.beginAt)
	for _, parts := range g.parts {
		sets.parts = l.all(sets.parts, parts)
	}
	for edits := 1; edits <= 2; edits++ {
		sets.fuzzy[edits] = l.either(g.fuzzy[edits], g.fuzzyAt[edits])
	}
	for _, parts := range g.split {
		sets.fuzzy[1] = l.all(sets.fuzzy[1], parts)
	}
}

// union is all documents of a group: a set of its own where there are several.
func (l *lookup) union(g *groupSets) *postings.Bitmap {
	var one *postings.Bitmap
	many := false
	g.each(func(set *postings.Bitmap) { one, many = set, many || one != nil })
	if one != nil && !many {
		return one
	}
	all := l.bitmap()
	g.each(func(set *postings.Bitmap) { all.Or(set) })
	return all
}

// any is the documents that have one of the words, nil where there are none.
func (l *lookup) any(dict *postings.Dictionary, words []string) *postings.Bitmap {
	var set *postings.Bitmap
	for _, w := range words {
		if l.err != nil {
			return nil
		}
		if l.err = dict.Find(w, &l.list); l.err != nil || l.list.Count() == 0 {
			continue
		}
		if set == nil {
			set = l.bitmap()
		}
		l.list.OrInto(set)
	}
	return set
}

// either is the documents that have one of the words in a name, or one of the others in
// a place, nil where there are none.
func (l *lookup) either(inNames, inPlaces []string) *postings.Bitmap {
	named, placed := l.any(&l.names, inNames), l.any(&l.places, inPlaces)
	switch {
	case named == nil:
		return placed
	case placed != nil:
		named.Or(placed)
	}
	return named
}

// all adds the documents that have all parts to a set, which may be nil.
func (l *lookup) all(set *postings.Bitmap, parts []part) *postings.Bitmap {
	var both *postings.Bitmap
	for i := range parts {
		one := l.any(&l.wide, []string{parts[i].stem})
		if begin := l.either(parts[i].begin, parts[i].beginAt); one == nil {
			one = begin
		} else if begin != nil {
			one.Or(begin)
		}
		switch {
		case one == nil:
			return set
		case both == nil:
			both = one
		default:
			both.And(one)
		}
	}
	if set == nil {
		return both
	}
	set.Or(both)
	return set
}
