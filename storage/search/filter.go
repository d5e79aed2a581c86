package search

import (
	"math"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/geo"
)

// filter is the conditions of a query that are not about words. It never scores.
type filter struct {
	now           *columns.Snapshot
	after, before int64   // start: from after on, before before
	dated         bool    // one of them was given
	places        *places // nil: wherever
	genre         uint32  // 0: any
	performer     uint32  // 0: any
	availability  Availability
	nothing       bool // no event can pass: a venue that nobody knows

	chosen []uint64 // by ordinal, a bit each: those that may pass; nil: all, see choose
	size   int      // events at the places; 0: not counted
}

// places are the places that are near enough or at the venue, with their distances.
type places struct {
	in       []bool // by place
	list     []uint32
	distance []float64 // by place, from the centre; only of those in the list
}

// newFilter makes the filter of a query; near is filled with the places of its radius
// or venue, where it has one.
func newFilter(q *Query, now *columns.Snapshot, genre string, near *places) filter {
	f := filter{
		now: now, after: math.MinInt64, before: math.MaxInt64, availability: q.Availability,
		dated: q.StartsAfter != 0 || q.StartsBefore != 0,
	}
	if q.StartsAfter != 0 {
		f.after = q.StartsAfter
	}
	if q.StartsBefore != 0 {
		f.before = q.StartsBefore
	}
	if genre != "" {
		f.genre = now.Genres().Find(genre)
		f.nothing = f.nothing || f.genre == 0
	}
	if q.Performer != "" {
		f.performer = now.Performers().Find(q.Performer)
		f.nothing = f.nothing || f.performer == 0
	}
	f.place(q, near)
	return f
}

// place sets the condition on the place, of a radius and a venue together.
func (f *filter) place(q *Query, near *places) {
	if q.Radius == 0 && q.Venue == "" {
		return
	}
	f.places = near
	near.reset(f.now.Places().Len())
	if q.Radius > 0 {
		f.now.Places().Within(q.Near.at(), q.Radius, near.add)
	}
	if q.Venue != "" {
		venue := f.now.Venues().Find(q.Venue)
		var at []uint32
		if venue != 0 {
			at = f.now.PlacesOf(venue)
		}
		near.keep(at, q.Radius > 0)
	}
	f.nothing = f.nothing || len(near.list) == 0
}

// reset empties the set and makes room for n places.
func (p *places) reset(n int) {
	if cap(p.in) < n {
		p.in, p.distance = make([]bool, n+n/4), make([]float64, n+n/4)
	}
	for _, place := range p.list {
		p.in[place] = false
	}
	p.in, p.distance, p.list = p.in[:cap(p.in)], p.distance[:cap(p.in)], p.list[:0]
}

// add adds a place.
func (p *places) add(place uint32, distance float64) {
	p.in[place], p.distance[place] = true, distance
	p.list = append(p.list, place)
}

// keep leaves only those of a list in the set; where the set had no condition, exactly
// those are in it.
func (p *places) keep(list []uint32, within bool) {
	var kept []uint32
	for _, place := range list {
		if !within || p.in[place] {
			kept = append(kept, place)
		}
	}
	for _, place := range p.list {
		p.in[place] = false
	}
	p.list = append(p.list[:0], kept...)
	for _, place := range p.list {
		p.in[place] = true
	}
}

// accepts tells whether an event passes that is among the chosen ones.
func (f *filter) accepts(o uint32) bool {
	if f.places != nil && !f.places.in[f.now.Place(o)] {
		return false
	}
	if f.dated {
		if start := f.now.Start(o); start < f.after || start >= f.before {
			return false
		}
	}
	return (f.genre == 0 || f.now.Genre(o) == f.genre) &&
		(f.performer == 0 || f.now.Plays(o, f.performer)) &&
		(f.availability == AnyAvailability || f.left(o))
}

// open tells whether there is no condition but on the start.
func (f *filter) open() bool {
	return f.places == nil && f.genre == 0 && f.performer == 0 && f.availability == AnyAvailability
}

// left tells whether as many tickets are left as the query wants.
func (f *filter) left(o uint32) bool {
	a := availabilityOf(f.now, o)
	return a == Few || a == Available && f.availability == Available
}

// availabilityOf is Few where few tickets of an event are left, Available where more
// are, and AnyAvailability where none can be had: sold out, cancelled, or never said. It
// takes no branch: which of them an event is cannot be foreseen, and whoever counts them
// wants to read the next one meanwhile.
func availabilityOf(now *columns.Snapshot, o uint32) Availability {
	total, available := now.Stock(o)
	left := one(available > 0) &^ one(now.Cancelled(o))
	return left + left&one(int64(available)*10 <= int64(total))
}

// one is 1 where something is so, and else 0: Available and AnyAvailability, and 1 more is
// Few.
func one(so bool) Availability {
	var n Availability
	if so {
		n = 1
	}
	return n
}

// distances knows how far the places are from a centre.
type distances struct {
	now  *columns.Snapshot
	from *Point  // nil: no distances
	near *places // that were measured already; nil: none
}

// of is the distance of an event in metres; unknown where it has no place, or there is
// no centre.
func (d *distances) of(o uint32) float64 {
	if d.from == nil {
		return unknown
	}
	place := d.now.Place(o)
	if d.near != nil && d.near.in[place] {
		return d.near.distance[place]
	}
	p := d.now.Places().Place(place)
	if !p.Located {
		return unknown
	}
	return geo.Haversine(d.from.at(), p.At)
}

// unknown is the distance of what is nowhere.
const unknown = -1
