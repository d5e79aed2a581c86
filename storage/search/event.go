package search

// Event is what is indexed of an event. Apply keeps no part of it.
type Event struct {
	ID      string // 1 to 64 bytes of [A-Za-z0-9_-]; case matters
	Version uint64 // of the event that this describes

	Title       string
	Description string
	Genre       string
	Performers  []Performer // in order of billing
	Venue       Venue
	StartsAt    int64 // milliseconds since 1970
	OnSaleAt    int64 // milliseconds since 1970; 0: on sale at once
	Cancelled   bool
	Capacity    int // tickets in all: the larger house is the more popular event

	// Source is kept as it is, and comes back with every hit.
	Source []byte
}

// Performer is who appears at an event.
type Performer struct{ ID, Name string }

// Venue is where an event takes place; the zero Venue is not known.
type Venue struct {
	ID, Name, City, Region, Country string
	Location                        *Point // nil: not known
}

// Point is a point on Earth: degrees, WGS 84.
type Point struct {
	Lat float64 // -90 to 90
	Lon float64 // -180 to 180
}

// Live is what a sale changes of an event.
type Live struct {
	Version                        uint64 // of the event that this describes
	Total, Available, Held, Booked int32  // tickets
	// Waiting is how many people wait in the event's waiting room.
	Waiting int32
}

// Batch is what Apply takes in one step: changes from one source, and how far the
// source is with them.
type Batch struct {
	Source   uint64 // a shard's number
	Position []byte // opaque, 1 to 256 bytes; Position gives it back
	Events   []Event
	Removed  []Removed
}

// Removed is an event that is no more.
type Removed struct {
	ID      string
	Version uint64 // in which it was removed
}
