package searchtest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"boxoffice/storage/search"
	"boxoffice/storage/search/internal/geo"
	"boxoffice/storage/search/internal/text"
)

// Twin answers by looking at every event. For one goroutine.
type Twin struct {
	now    int64
	events map[string]search.Event
	live   map[string]search.Live
	names  map[string]int // words of names and places, of all events there ever were, and how many had them
}

// NewTwin has no events. Now tells what is to come, in milliseconds since 1970.
func NewTwin(now int64) *Twin {
	return &Twin{now: now, events: map[string]search.Event{}, live: map[string]search.Live{}, names: map[string]int{}}
}

// Put enters an event, new or changed.
func (w *Twin) Put(e search.Event) {
	w.events[e.ID] = e
	for _, word := range unique(named(&e)) {
		w.names[word]++
	}
}

// Remove takes an event out.
func (w *Twin) Remove(id string) {
	delete(w.events, id)
	delete(w.live, id)
}

// SetLive sets what a sale has done.
func (w *Twin) SetLive(id string, l search.Live) { w.live[id] = l }

// Result is what a query must find.
type Result struct {
	IDs     []string // of all pages; in order, unless the order is by score
	Ordered bool
	Facets  map[search.Facet]map[string]int
	// Capped: a word stands for more words than an index looks at. Then the twin does not
	// know which ones it takes.
	Capped bool
}

// Search answers a query. An event matches a text when it has every word of it. Stop
// words and punctuation are left out, unless there is nothing else. It has a word
//
//   - if its wide text (title, performers, venue, city, region, country, genre,
//     description) has the stem of the word, of another spelling of it, or of a run of
//     typed words that is one ("ac dc");
//   - if its wide text has the stems of all parts of the word ("AC/DC");
//   - if the word is the last one and a name's word (of title, performers, venue, city)
//     begins with it, for words of three letters or more;
//   - if without this the query has less than a page of hits, and is not Exact: if such
//     a word looks like it, or it falls into two words of names and the wide text
//     has the stems of both.
func (w *Twin) Search(q search.Query) Result {
	var out Result
	parsed, _ := text.Parse(q.Text, search.MaxWords)
	m := matcher{w: w, q: parsed}
	found := w.matching(&q, &m)
	if len(found) < q.Size && !q.Exact && len(parsed.Words) > 0 {
		m.fuzzy = true
		found = w.matching(&q, &m)
	}
	out.Capped = m.capped
	out.Ordered = q.Sort != search.ByRelevance || len(parsed.Words) == 0
	slices.SortFunc(found, func(a, b *search.Event) int {
		return cmp.Or(w.compare(&q, a, b), strings.Compare(a.ID, b.ID))
	})
	for _, e := range found {
		out.IDs = append(out.IDs, e.ID)
	}
	out.Facets = map[search.Facet]map[string]int{}
	for _, f := range q.Facets {
		counts := map[string]int{}
		for _, e := range found {
			for _, v := range unique(w.values(e, f)) {
				counts[v]++
			}
		}
		out.Facets[f] = counts
	}
	return out
}

// matching are the events that match.
func (w *Twin) matching(q *search.Query, m *matcher) []*search.Event {
	m.prepare()
	var found []*search.Event
	for _, e := range w.events {
		if w.passes(q, &e) && m.has(&e) {
			found = append(found, &e)
		}
	}
	return found
}

// passes tells whether an event meets all conditions but the text.
func (w *Twin) passes(q *search.Query, e *search.Event) bool {
	performs := func(p search.Performer) bool { return p.ID == q.Performer }
	switch {
	case q.Venue != "" && e.Venue.ID != q.Venue,
		q.Performer != "" && !slices.ContainsFunc(e.Performers, performs),
		q.Genre != "" && text.Fold(e.Genre) != text.Fold(q.Genre),
		q.StartsAfter != 0 && e.StartsAt < q.StartsAfter,
		q.StartsBefore != 0 && e.StartsAt >= q.StartsBefore,
		q.Radius > 0 && !(distance(q, e) >= 0 && distance(q, e) <= q.Radius):
		return false
	}
	left := w.values(e, search.FacetAvailability)
	switch q.Availability {
	case search.Available:
		return slices.Contains(left, "available")
	case search.Few:
		return slices.Contains(left, "few")
	}
	return true
}

// distance is how far an event is, below 0 where that is not known.
func distance(q *search.Query, e *search.Event) float64 {
	if q.Near == nil || e.Venue.Location == nil {
		return -1
	}
	return geo.Haversine(geo.Point(*q.Near), geo.Point(*e.Venue.Location))
}

// compare is the order of a query, but for the ids.
func (w *Twin) compare(q *search.Query, a, b *search.Event) int {
	switch q.Sort {
	case search.ByDate:
		return cmp.Compare(a.StartsAt, b.StartsAt)
	case search.ByOnSale:
		return cmp.Compare(a.OnSaleAt, b.OnSaleAt)
	case search.ByName:
		return strings.Compare(sortName(a), sortName(b))
	case search.ByDistance:
		x, y := distance(q, a), distance(q, b)
		if x < 0 || y < 0 {
			return cmp.Compare(y, x) // the one that is nowhere is last
		}
		return cmp.Compare(x, y)
	}
	coming := func(e *search.Event) int {
		if e.StartsAt >= w.now && !e.Cancelled {
			return 1
		}
		return 0
	}
	if x, y := coming(a), coming(b); x != y || x == 1 {
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(b.Capacity, a.Capacity))
	}
	if a.Cancelled != b.Cancelled {
		if a.Cancelled {
			return 1
		}
		return -1
	}
	return cmp.Compare(b.StartsAt, a.StartsAt)
}

// sortName is what a title is ordered by: its first spelling, or else its letters.
func sortName(e *search.Event) string {
	if all := text.Spellings(e.Title); len(all) > 0 {
		return all[0]
	}
	return text.Fold(e.Title)
}

// values are the values of a facet that an event has.
func (w *Twin) values(e *search.Event, f search.Facet) []string {
	var v []string
	switch f {
	case search.FacetGenre:
		v = []string{e.Genre}
	case search.FacetCity:
		v = []string{cityOf(&e.Venue)}
	case search.FacetVenue:
		v = []string{e.Venue.ID}
	case search.FacetPerformer:
		for _, p := range e.Performers {
			v = append(v, p.ID)
		}
	case search.FacetMonth:
		v = []string{month(e.StartsAt)}
	case search.FacetAvailability:
		return w.stock(e)
	}
	return slices.DeleteFunc(v, func(s string) bool { return s == "" })
}

// cityOf is a city as counted has it: two of one name are two.
func cityOf(v *search.Venue) string {
	switch {
	case v.City == "" || v.Region == "" && v.Country == "":
		return v.City
	case v.Region == "" || v.Country == "":
		return v.City + " in " + v.Region + v.Country
	}
	return v.City + " in " + v.Region + ", " + v.Country
}

// stock says what is left of an event.
func (w *Twin) stock(e *search.Event) []string {
	l := w.live[e.ID]
	switch {
	case e.Cancelled || l.Available <= 0:
		return []string{"none"}
	case l.Available*10 <= l.Total:
		return []string{"available", "few"}
	}
	return []string{"available"}
}

// Events are the events that there are.
func (w *Twin) Events() []search.Event {
	return slices.SortedFunc(maps.Values(w.events), func(a, b search.Event) int { return strings.Compare(a.ID, b.ID) })
}

// named are the words of the names of an event and its place.
func named(e *search.Event) []string {
	words := slices.Concat(text.Words(e.Title), text.Words(e.Venue.Name), text.Words(e.Venue.City))
	for _, p := range e.Performers {
		words = append(words, text.Words(p.Name)...)
	}
	return words
}

// unique is a list without repetitions.
func unique(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}
