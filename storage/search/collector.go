package search

import (
	"math"
	"strings"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/suggest"
	"boxoffice/storage/search/internal/text"
)

// collectNames collects the names of all events that are not cancelled.
func collectNames(now *columns.Snapshot, from int64) *collector {
	c := newCollector(now, from)
	for _, o := range now.ByStart(math.MinInt64, math.MaxInt64) {
		if !now.Cancelled(o) {
			c.event(o)
		}
	}
	return c
}

// tally is what the events of a name add up to.
type tally struct {
	events     int     // to come
	popularity float64 // of these together
	over       float64 // the same of events that are over
	first      uint32  // the first event to come; where there is none the last one
	billed     uint32  // of a performer: an entry of a billing
}

// newTally has no events.
func newTally() *tally { return &tally{first: columns.None} }

// add adds an event.
func (t *tally) add(c *collector, o uint32) {
	popularity := float64(c.now.Popularity(o))
	switch coming := c.now.Start(o) >= c.from; {
	case coming:
		if t.events == 0 || c.now.Start(o) < c.now.Start(t.first) {
			t.first = o
		}
		t.events++
		t.popularity += popularity
	default:
		if t.events == 0 {
			t.first = o
		}
		t.over += popularity
	}
}

// empty tells whether no event was added.
func (t *tally) empty() bool { return t.first == columns.None }

// cityName is what makes a city.
type cityName struct{ city, region, country string }

// collector adds up names.
type collector struct {
	now                *columns.Snapshot
	from               int64 // what starts from here on is to come
	performers, venues map[uint32]*tally
	cities             map[cityName]*tally
	titles             map[string]*tally
}

// newCollector has no names.
func newCollector(now *columns.Snapshot, from int64) *collector {
	return &collector{
		now: now, from: from, performers: map[uint32]*tally{}, venues: map[uint32]*tally{},
		cities: map[cityName]*tally{}, titles: map[string]*tally{},
	}
}

// tallyOf is the tally of a key, made where there is none.
func tallyOf[K comparable](all map[K]*tally, key K) *tally {
	t := all[key]
	if t == nil {
		t = newTally()
		all[key] = t
	}
	return t
}

// title is the tally of a title.
func (c *collector) title(title string) *tally { return tallyOf(c.titles, title) }

// city is the tally of a city.
func (c *collector) city(name cityName) *tally { return tallyOf(c.cities, name) }

// event adds an event to its names. They come in the order of their starts.
func (c *collector) event(o uint32) {
	now := c.now
	for _, b := range now.Billing(o) {
		t := tallyOf(c.performers, now.PerformerOf(b))
		t.add(c, o)
		t.billed = b
	}
	if title := now.Title(o); !c.billedAs(o, title) {
		c.title(title).add(c, o)
	}
	place := now.Place(o)
	if v := now.Places().Venue(place); v != 0 {
		tallyOf(c.venues, v).add(c, o)
	}
	if p := now.Places().Place(place); p.City != "" {
		c.city(cityName{p.City, p.Region, p.Country}).add(c, o)
	}
}

// billedAs tells whether a title is nothing but a performer's name.
func (c *collector) billedAs(o uint32, title string) bool {
	for _, b := range c.now.Billing(o) {
		if c.now.NameOf(b) == title {
			return true
		}
	}
	return false
}

// entries are the entries of all names.
func (c *collector) entries() []suggest.Entry {
	var out []suggest.Entry
	now := c.now
	for who, t := range c.performers {
		if !t.empty() {
			v := now.Performers().Value(who)
			out = append(out, t.entry(KindPerformer, v.Key, v.Name, forms(now.NameOf(t.billed)), "", nil))
		}
	}
	for venue, t := range c.venues {
		if !t.empty() {
			v, p := now.Venues().Value(venue), now.Places().Place(now.Place(t.first))
			out = append(out, t.entry(KindVenue, v.Key, v.Name, text.Spellings(v.Name), p.City, pointOf(p)))
		}
	}
	for name, t := range c.cities {
		p := now.Places().Place(now.Place(t.first))
		out = append(out, t.entry(KindCity, name.key(), name.city, text.Spellings(name.city), name.place(), pointOf(p)))
	}
	for title, t := range c.titles {
		p := now.Places().Place(now.Place(t.first))
		e := t.entry(KindEvent, now.ID(t.first), "", forms(title), p.City, pointOf(p))
		e.Ordinal = t.first
		out = append(out, e)
	}
	return out
}

// entry is the entry of a name.
func (t *tally) entry(kind Kind, key, name string, forms []string, place string, at *suggest.Point) suggest.Entry {
	const most = 1e4 // popular events: nothing is better known than a name with as many
	popularity := min(1, math.Log1p(t.popularity)/math.Log1p(most))
	if t.events == 0 {
		popularity = min(1, math.Log1p(t.over)/math.Log1p(most))
	}
	if kind == KindEvent {
		popularity *= 0.9 // behind whoever plays it
	}
	if t.events > 0 {
		popularity += suggest.MostPopular - 1 // before all that is over, however near that is
	}
	return suggest.Entry{
		ID: suggest.ID{Kind: uint8(kind), Key: key}, Forms: forms, Name: name, Place: place, Events: t.events, At: at,
		Popularity: float32(popularity),
	}
}

// forms are the spellings of a name in the columns.
func forms(spellings string) []string { return strings.Split(spellings, columns.SpellingEnd) }

// key is a city as a key.
func (n cityName) key() string { return n.city + "\x00" + n.region + "\x00" + n.country }

// place is where a city is.
func (n cityName) place() string {
	switch {
	case n.region == "":
		return n.country
	case n.country == "":
		return n.region
	}
	return n.region + ", " + n.country
}

// pointOf is where a place is, nil where that is not known.
func pointOf(p columns.Place) *suggest.Point {
	if !p.Located {
		return nil
	}
	at := suggest.Point(p.At)
	return &at
}

// few is how many events a name has at most that is taken for new: the others were
// there when names were collected, or will be soon.
const few = 4

// learnNames adds the names of edits that are new. It is called before anybody else
// sees the edits; columns have them.
func (b *body) learnNames(edits []edit, now *columns.Snapshot, from int64) {
	c := newCollector(now, from)
	fresh := func(list []uint32) bool { return len(list) <= few }
	for i := range edits {
		e := edits[i].event
		if e == nil || e.Cancelled {
			continue
		}
		o := b.table.Ordinal(e.ID)
		for _, billed := range now.Billing(o) {
			if who := now.PerformerOf(billed); fresh(now.EventsOf(who)) {
				c.performer(who, billed, now.EventsOf(who))
			}
		}
		place := now.Place(o)
		if venue := now.Places().Venue(place); venue != 0 && fresh(now.AtPlace(place)) {
			c.venue(venue, now.AtPlace(place))
		}
		c.news(o, &b.names)
	}
	if entries := c.entries(); len(entries) > 0 && !b.names.add(entries) {
		signal(b.crowded)
	}
}

// performer counts the events of a performer anew.
func (c *collector) performer(who, billed uint32, events []uint32) {
	t := newTally()
	t.billed = billed
	t.addAll(c, events)
	c.performers[who] = t
}

// venue counts the events of a venue anew.
func (c *collector) venue(venue uint32, events []uint32) {
	t := newTally()
	t.addAll(c, events)
	c.venues[venue] = t
}

// addAll adds the events of a list that are not cancelled.
func (t *tally) addAll(c *collector, events []uint32) {
	for _, o := range events {
		if !c.now.Cancelled(o) {
			t.add(c, o)
		}
	}
}

// news adds an event to its title and its city where names have neither yet.
func (c *collector) news(o uint32, known *names) {
	title, coming := c.now.Title(o), c.now.Start(o) >= c.from
	if !c.billedAs(o, title) && known.isNew(title, coming) {
		c.title(title).add(c, o)
	}
	p := c.now.Places().Place(c.now.Place(o))
	if name := (cityName{p.City, p.Region, p.Country}); p.City != "" && known.isNew(name.key(), coming) {
		c.city(name).add(c, o)
	}
}
