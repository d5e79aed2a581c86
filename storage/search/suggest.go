package search

import (
	"context"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/geo"
	"boxoffice/storage/search/internal/suggest"
	"boxoffice/storage/search/internal/text"
)

// namesTime is how often the names are collected anew: until then names that are gone
// are still suggested, and counts are old. New names come at once.
const namesTime = 5 * time.Minute

// namesPause is the least time between two collections: with a million events one takes
// a few seconds of a processor.
const namesPause = 15 * time.Second

// Suggest gives the names of events, performers, venues and cities that begin like what
// was typed, words in any order: those that have events to come first, then those whose
// events are over; of each the popular and near ones first. It gives a *BadQuery where
// the query makes no sense, and ErrClosed. It takes some microseconds, and as much again
// for each title of an event.
func (x *Index) Suggest(_ context.Context, q SuggestQuery) ([]Suggestion, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	m, err := x.moment()
	if err != nil {
		return nil, err
	}
	defer m.release()
	b := x.serving.Load()
	index := b.names.now.Load()
	if index == nil {
		return nil, nil // being collected for the first time
	}
	found := index.Find(text.Plain(q.Text), (*suggest.Point)(q.Near), q.Size)
	out := make([]Suggestion, 0, len(found))
	for i := range found {
		f := &found[i]
		s := Suggestion{
			Kind: Kind(f.Kind), ID: f.Key, Name: f.Name, Place: f.Place, Events: f.Events, Distance: f.Distance,
		}
		switch s.Kind {
		case KindCity:
			s.ID = ""
		case KindEvent:
			var ok bool
			if s.Name, ok = m.title(s.ID, b.table.Ordinal(s.ID)); !ok || s.Events == 0 && isNamed(out, s.Name) {
				continue // removed since; or over, and one to come has the title since
			}
		}
		if strings.HasPrefix(s.ID, "\x00") {
			s.ID = "" // known by its name alone
		}
		out = append(out, s)
	}
	return out, nil
}

// isNamed tells whether an event with a title is among suggestions.
func isNamed(list []Suggestion, title string) bool {
	return slices.ContainsFunc(list, func(s Suggestion) bool { return s.Kind == KindEvent && s.Name == title })
}

// title reads the title of an event, as it is written.
func (m *moment) title(id string, ordinal uint32) (string, bool) {
	segment, doc, ok, err := m.view.Locate(id, ordinal)
	if err != nil || !ok {
		return "", false
	}
	stored, err := m.view.Segments()[segment].Source(doc, nil)
	if err != nil {
		return "", false
	}
	e, err := decodeRecord(stored)
	return e.Title, err == nil
}

// names are the names of a body.
type names struct {
	now     atomic.Pointer[suggest.Index] // nil: not collected yet
	mu      sync.Mutex                    // guards recent, and changes of now
	recent  []suggest.Entry               // that came while all are collected
	running bool                          // they are being collected
	known   map[uint64]struct{}           // hashes of titles and cities that now has
	dirty   atomic.Bool                   // something changed since
}

// add adds names, until all are collected anew. It is false where there is no room.
func (n *names) add(entries []suggest.Entry) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dirty.Store(true)
	if n.running {
		n.recent = append(n.recent, entries...)
	}
	now := n.now.Load()
	if now == nil {
		return true
	}
	next, ok := now.With(entries, nil)
	n.now.Store(next)
	return ok
}

// nameSeed is of the hashes of names.
var nameSeed = maphash.MakeSeed()

// isNew tells whether a title or the key of a city was not there when the names were
// collected, nor asked for since; one with events to come is new where the others that
// there were are over. That two have one hash happens to one in a billion.
func (n *names) isNew(name string, coming bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	hash := maphash.String(nameSeed, name)
	_, ok := n.known[hash]
	if !coming && !ok {
		hash = ^hash // of a name whose events are over
		_, ok = n.known[hash]
	}
	if n.known != nil {
		n.known[hash] = struct{}{}
	}
	return !ok
}

// known are the hashes of titles and cities.
func (c *collector) known() map[uint64]struct{} {
	known := make(map[uint64]struct{}, len(c.titles)+len(c.cities))
	enter := func(name string, t *tally) {
		hash := maphash.String(nameSeed, name)
		if t.events == 0 {
			hash = ^hash
		}
		known[hash] = struct{}{}
	}
	for title, t := range c.titles {
		enter(title, t)
	}
	for name, t := range c.cities {
		enter(name.key(), t)
	}
	return known
}

// keepNames collects the names, at first, now and then, and when there is no room for
// more of them.
func (b *body) keepNames() {
	tick := time.NewTicker(namesTime)
	defer tick.Stop()
	for {
		if err := b.collect(); err != nil && !b.stopped() {
			b.failed(err)
		}
		if !b.wantNames(tick.C) {
			return
		}
	}
}

// wantNames waits until names are to be collected again; false: close was called.
func (b *body) wantNames(tick <-chan time.Time) bool {
	pause := time.NewTimer(namesPause)
	defer pause.Stop()
	select {
	case <-b.stop:
		return false
	case <-pause.C:
	}
	for {
		select {
		case <-b.stop:
			return false
		case <-b.crowded:
			return true
		case <-tick:
			if b.names.dirty.Load() {
				return true
			}
		}
	}
}

// stopped tells whether close was called.
func (b *body) stopped() bool {
	select {
	case <-b.stop:
		return true
	default:
		return false
	}
}

// collect collects all names.
func (b *body) collect() error {
	n := &b.names
	n.mu.Lock()
	n.running, n.recent = true, nil
	n.dirty.Store(false)
	n.mu.Unlock()
	m, err := b.moment()
	if err != nil {
		return err
	}
	c := collectNames(m.columns, b.clock())
	entries := c.entries()
	m.release()
	index := suggest.Build(entries, func(a, b suggest.Point) float64 {
		return geo.Haversine(geo.Point(a), geo.Point(b))
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	if next, ok := index.With(n.recent, nil); ok {
		index = next
	} else {
		signal(b.crowded)
	}
	n.now.Store(index)
	n.known = c.known()
	n.running, n.recent = false, nil
	return nil
}

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
		out = append(out, t.entry(KindEvent, now.ID(t.first), "", forms(title), p.City, pointOf(p)))
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
