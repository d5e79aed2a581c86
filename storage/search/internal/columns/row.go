package columns

import "boxoffice/storage/search/internal/geo"

// None is no ordinal.
const None = ^uint32(0)

// Row is what Put takes of an event. The table keeps the strings, and no slice.
type Row struct {
	ID            string
	Version       uint64
	Start, OnSale int64 // milliseconds since 1970
	Cancelled     bool
	Popularity    float32 // of the event alone: larger is better known
	Title         string  // its spellings, see SpellingEnd
	Genre         Value
	Place         Place
	Performers    []Performer
}

// Value is a value of a facet: Key is what makes it the same as another, Name what
// people call it, Place where it is, of a city. The last that were given stand for all.
type Value struct{ Key, Name, Place string }

// Place is where an event takes place. The zero Place is not known.
type Place struct {
	ID, Name              string // of the venue
	City, Region, Country string
	CityKey               string // what makes a city the same as another; empty: none
	CityPlace             string // where the city is: its region and country
	Named, CityNamed      string // the spellings of Name and City
	At                    geo.Point
	Located               bool // At is known; it must be Valid then
}

// Performer is who appears. ID may be empty: then Name is what makes it the same.
type Performer struct {
	ID, Name string
	Folded   string // the spellings of Name
}

// Live is what a sale changes of an event.
type Live struct {
	Version                                 uint64
	Total, Available, Held, Booked, Waiting int32
}
