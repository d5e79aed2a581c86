package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/storage/search"
	"boxoffice/storage/search/searchtest"
)

const (
	sampledNames = 500
	namesSeed    = 11
	firstHits    = 10

	// Floors, of the shares that are found first and among the first hits. When they were
	// measured, all were found, 0.988 and more first, of names begun 0.935.
	leastFound = 0.995
	leastFirst = 0.98
	leastBegun = 0.92
)

// knownName is a name of the real events, of a performer or a venue.
type knownName struct {
	name  string
	venue bool
}

// has tells whether an event has the name.
func (n knownName) has(e *search.Event) bool {
	if n.venue {
		return e.Venue.Name == n.name
	}
	return slices.ContainsFunc(e.Performers, func(p search.Performer) bool { return p.Name == n.name })
}

// sampleNames draws names, three of performers to one of venues, each with an event.
func sampleNames(r *rand.Rand, events []search.Event) (names []knownName, with map[knownName]*search.Event) {
	with = map[knownName]*search.Event{}
	var performers, venues []knownName
	enter := func(list *[]knownName, n knownName, e *search.Event) {
		if _, ok := with[n]; !ok && n.name != "" {
			with[n] = e
			*list = append(*list, n)
		}
	}
	for i := range events {
		e := &events[i]
		enter(&venues, knownName{e.Venue.Name, true}, e)
		for _, p := range e.Performers {
			enter(&performers, knownName{p.Name, false}, e)
		}
	}
	shuffle := func(list []knownName) {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	shuffle(performers)
	shuffle(venues)
	return slices.Concat(performers[:sampledNames*3/4], venues[:sampledNames/4]), with
}

// recalled counts how often a name was found that somebody looked for.
type recalled struct{ asked, first, found int }

// count counts an answer: hits are in order, right tells which are what was meant.
func (c *recalled) count(hits []string, right func(id string) bool) bool {
	c.asked++
	at := slices.IndexFunc(hits, right)
	if at == 0 {
		c.first++
	}
	if at >= 0 {
		c.found++
	}
	return at >= 0
}

// share is a number of those asked.
func (c *recalled) share(n int) float64 { return float64(n) / float64(max(1, c.asked)) }

// Names of the real events are found however they are typed, alone, near their place, and
// with their city and their venue. What is right is told by looking at every event.
func TestRealNames(t *testing.T) {
	events := realEvents(t)
	byID := map[string]*search.Event{}
	for i := range events {
		byID[events[i].ID] = &events[i]
	}
	x := indexed(t, events, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	r := rand.New(rand.NewPCG(namesSeed, 0))
	names, with := sampleNames(r, events)
	for _, way := range searchtest.Ways {
		for _, c := range namePlaces {
			var all recalled
			var missed []string
			for _, n := range names {
				e := with[n]
				typed, ok := searchtest.Type(r, way, n.name)
				q := search.Query{Text: typed, Size: firstHits}
				if !ok || !c.put(&q, e, n) || q.Check() != nil {
					continue
				}
				right := func(id string) bool { return n.has(byID[id]) && c.right(byID[id], e) }
				if !all.count(hitsOf(t, x, q), right) {
					missed = append(missed, fmt.Sprintf("%q for %q", q.Text, n.name))
				}
			}
			what := string(way) + c.name
			t.Logf("%3d names %s: first %.3f, of the first ten %.3f", all.asked, what, all.share(all.first),
				all.share(all.found))
			least := leastFirst
			if way == searchtest.Begun {
				least = leastBegun
			}
			if all.share(all.found) < leastFound || all.share(all.first) < least {
				t.Errorf("%s: at least %.3f and %.3f are wanted; not found: %s", what, least, leastFound,
					strings.Join(missed, ", "))
			}
		}
	}
}

// namePlace is what is asked beside a name.
type namePlace struct {
	name  string
	put   func(q *search.Query, e *search.Event, n knownName) bool
	right func(hit, e *search.Event) bool
}

// namePlaces are the ways to say where.
var namePlaces = []namePlace{
	{
		"", func(*search.Query, *search.Event, knownName) bool { return true },
		func(*search.Event, *search.Event) bool { return true },
	},
	{
		", near", func(q *search.Query, e *search.Event, _ knownName) bool {
			q.Near, q.Radius = e.Venue.Location, 25*1609.344
			return q.Near != nil
		},
		func(hit, e *search.Event) bool { return hit.Venue.Location != nil },
	},
	{
		", after its city", func(q *search.Query, e *search.Event, _ knownName) bool {
			q.Text = e.Venue.City + " " + q.Text
			return e.Venue.City != ""
		},
		func(hit, e *search.Event) bool { return hit.Venue.City == e.Venue.City },
	},
	{
		", after its venue", func(q *search.Query, e *search.Event, n knownName) bool {
			q.Text = e.Venue.Name + " " + q.Text
			return e.Venue.Name != "" && !n.venue
		},
		func(hit, e *search.Event) bool { return hit.Venue.Name == e.Venue.Name },
	},
}
