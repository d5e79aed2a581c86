package searchtest

import (
	"math/rand/v2"
	"strings"
	"unicode"

	"boxoffice/storage/search"
)

// Random makes a query of any kind about the first n events: mostly one that finds
// something, with any conditions together.
func (c *Catalog) Random(r *rand.Rand, n int) search.Query {
	e := c.Event(r.IntN(n))
	q := search.Query{Size: 1 + r.IntN(12)}
	if r.IntN(3) > 0 {
		q.Text, q.Exact = c.randomText(r, &e), r.IntN(4) == 0
	}
	if r.IntN(6) == 0 {
		q.Venue = e.Venue.ID
	}
	if r.IntN(6) == 0 {
		q.Performer = e.Performers[r.IntN(len(e.Performers))].ID
	}
	if r.IntN(6) == 0 {
		q.Genre = strings.ToUpper(e.Genre)
	}
	c.randomPlace(r, &e, &q)
	if r.IntN(4) == 0 {
		q.StartsAfter = e.StartsAt - int64(r.IntN(60))*day
	}
	if r.IntN(4) == 0 {
		q.StartsBefore = e.StartsAt + int64(1+r.IntN(60))*day
	}
	q.Availability = search.Availability(max(0, r.IntN(6)-3))
	q.Sort = search.Sort(r.IntN(int(search.ByOnSale) + 1))
	if q.Sort == search.ByDistance && q.Near == nil {
		q.Sort = search.ByRelevance
	}
	for f := range search.FacetAvailability + 1 {
		if r.IntN(3) == 0 {
			q.Facets = append(q.Facets, f)
		}
	}
	return q
}

// randomPlace asks for a centre, mostly with a radius.
func (c *Catalog) randomPlace(r *rand.Rand, e *search.Event, q *search.Query) {
	if r.IntN(3) > 0 {
		return
	}
	q.Near = &search.Point{
		Lat: min(90, max(-90, e.Venue.Location.Lat+r.NormFloat64()*0.2)),
		Lon: min(180, max(-180, e.Venue.Location.Lon+r.NormFloat64()*0.2)),
	}
	if r.IntN(4) > 0 {
		q.Radius = []float64{500, 20_000, 40_000, 300_000, 5e6, 2e7}[r.IntN(6)]
	}
}

// randomText makes a text of words of an event: some of them, in any order, sometimes
// misspelt, unfinished, or of something else.
func (c *Catalog) randomText(r *rand.Rand, e *search.Event) string {
	from := []string{e.Title, e.Performers[0].Name, e.Venue.Name, e.Venue.City, e.Genre, e.Description}
	words := strings.Fields(from[r.IntN(len(from))] + " " + from[r.IntN(3)])
	r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	words = words[:1+r.IntN(min(3, len(words)))]
	for i, w := range words {
		switch letters := []rune(w); r.IntN(8) {
		case 0, 1:
			words[i] = Misspell(r, w)
		case 2:
			words[i] = string(letters[:1+r.IntN(len(letters))])
		case 3:
			words[i] = c.words[r.IntN(len(c.words))]
		}
	}
	return strings.Join(words, " ")
}

// Kind is a kind of query that people ask.
type Kind string

// The kinds that are measured.
const (
	Term      Kind = "term"           // a word of a name
	TwoWords  Kind = "two words"      // of one name
	Typo      Kind = "fuzzy 1 typo"   // a misspelt word of a name
	Prefix    Kind = "prefix"         // the first letters of one
	Geo       Kind = "geo 25 mi"      // around a city
	TextGeo   Kind = "text+geo 25 mi" // a name or a genre around a city
	AtVenue   Kind = "venueId"
	Of        Kind = "performerId"
	Dated     Kind = "sort by date" // a genre, by date
	Facetted  Kind = "3 facets"     // a name or a city
	Broad     Kind = "broad words"  // that are in many events
	Full      Kind = "full"         // what people type: a name, a city, a slip, half of them near
	Available Kind = "available"    // a genre around a city, tickets left
	Any       Kind = "anything"     // no condition at all
)

// Kinds are all kinds.
var Kinds = []Kind{
	Term, TwoWords, Typo, Prefix, Geo, TextGeo, AtVenue, Of, Dated, Facetted, Broad, Full, Available, Any,
}

const mile = 1609.344 // metres

// Queries makes n queries of a kind about the first events.
func (c *Catalog) Queries(kind Kind, events, n int) []search.Query {
	r := rand.New(rand.NewPCG(c.shape.Seed, uint64(len(kind))))
	out := make([]search.Query, n)
	for i := range out {
		out[i].Size = 20
		c.ask(r, kind, events, &out[i])
	}
	return out
}

// ask fills a query of a kind.
func (c *Catalog) ask(r *rand.Rand, kind Kind, events int, q *search.Query) {
	switch kind {
	case Term:
		q.Text = c.nameWord(r, events, 3)
	case TwoWords:
		q.Text = c.nameWords(r, events)
	case Typo:
		q.Text = Misspell(r, c.nameWord(r, events, 5))
	case Prefix:
		w := []rune(c.nameWord(r, events, 4))
		q.Text = string(w[:3+r.IntN(len(w)-3)])
	case Geo:
		c.around(r, q)
	case TextGeo:
		q.Text = c.nameWord(r, events, 3)
		if r.IntN(2) == 0 {
			q.Text = c.performers[c.performerLaw.pick(r)].genre
		}
		c.around(r, q)
	case AtVenue:
		q.Venue = c.venues[c.venueLaw.pick(r)].ID
	case Of:
		q.Performer = c.performers[c.performerLaw.pick(r)].id
	case Dated:
		q.Text, q.Sort, q.StartsAfter = c.performers[c.performerLaw.pick(r)].genre, search.ByDate, Epoch
	case Facetted:
		q.Text = c.nameWord(r, events, 3)
		if r.IntN(2) == 0 {
			q.Text = c.venues[c.venueLaw.pick(r)].City
		}
		q.Facets = []search.Facet{search.FacetGenre, search.FacetCity, search.FacetAvailability}
	case Broad:
		all := strings.Split("live,tour,music,rock,night,world tour,rock concert,summer festival,live music tour", ",")
		q.Text = all[r.IntN(len(all))]
	case Full:
		c.full(r, events, q)
	case Available:
		q.Genre, q.Availability = c.performers[c.performerLaw.pick(r)].genre, search.Available
		c.around(r, q)
	case Any:
		q.Sort = search.Sort([]search.Sort{search.ByRelevance, search.ByDate, search.ByName}[r.IntN(3)])
	}
}

// around asks for 25 miles around a city.
func (c *Catalog) around(r *rand.Rand, q *search.Query) {
	at := c.venues[c.venueLaw.pick(r)].city
	q.Near = &search.Point{Lat: at.lat + r.NormFloat64()*0.05, Lon: at.lon + r.NormFloat64()*0.05}
	q.Radius = 25 * mile
}

// full asks what people ask.
func (c *Catalog) full(r *rand.Rand, events int, q *search.Query) {
	e := c.Event(r.IntN(events))
	q.Text = strings.ToLower(e.Performers[0].Name)
	if r.IntN(3) == 0 {
		q.Text += " " + strings.ToLower(e.Venue.City)
	}
	if r.IntN(5) == 0 {
		q.Text = Misspell(r, q.Text)
	}
	if r.IntN(2) == 0 {
		q.Near, q.Radius = e.Venue.Location, 50*mile
	}
	q.StartsAfter = Epoch
}

// nameWords are the last two words of a performer's name.
func (c *Catalog) nameWords(r *rand.Rand, events int) string {
	for {
		words := letters(c.Event(r.IntN(events)).Performers[0].Name)
		if n := len(words); n >= 2 {
			return strings.ToLower(words[n-2] + " " + words[n-1])
		}
	}
}

// nameWord is a word of a performer's name, with so many letters at least.
func (c *Catalog) nameWord(r *rand.Rand, events, least int) string {
	for {
		words := letters(c.Event(r.IntN(events)).Performers[0].Name)
		if w := strings.ToLower(words[r.IntN(len(words))]); len([]rune(w)) >= least && w != "the" {
			return w
		}
	}
}

// letters are the words of a name.
func letters(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
}
