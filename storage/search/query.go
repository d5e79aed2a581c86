package search

// The bounds of a query. Check names what is beyond them.
const (
	MaxTextBytes = 512 // of Text
	MaxWords     = 10  // of Text, as they are indexed
	MaxSize      = 200 // of a page
	MaxSuggest   = 50  // suggestions in one answer
)

// Query says which events to find, all conditions together. The zero Query finds all.
type Query struct {
	Text      string // words in any order; "": no condition
	Exact     bool   // no words that are only like those of Text
	Venue     string // id; "": any
	Performer string // id; "": any
	Genre     string // as it is written, but for case and accents; "": any

	Near   *Point  // distances are from here; nil: none
	Radius float64 // metres from Near, above 0; 0: however far

	StartsAfter  int64 // milliseconds since 1970, included; 0: however early
	StartsBefore int64 // milliseconds since 1970, excluded; 0: however late

	Availability Availability
	Facets       []Facet // to be counted over all hits
	Sort         Sort
	Size         int    // hits on a page, 1 to MaxSize
	After        string // the Next of the page before, of the same query; "": the first page
}

// Availability is a condition on the tickets that are left.
type Availability uint8

// The availabilities. Few is a tenth of all tickets or less, and at least one.
const (
	AnyAvailability Availability = iota
	Available
	Few
)

// Sort is an order of hits. Hits that are equal by it are in the order of their ids.
type Sort uint8

// The orders. ByRelevance without Text is the more popular event first, of those to come,
// then what is over, the last of it first, then what was cancelled.
const (
	ByRelevance Sort = iota
	ByDate
	ByDistance // needs Near; events without a place come last
	ByName
	ByOnSale
)

// Facet is a property of events whose values are counted.
type Facet uint8

// The facets.
const (
	FacetGenre Facet = iota
	FacetCity
	FacetVenue
	FacetPerformer
	FacetMonth // of the start, in UTC: "2027-06"
	FacetAvailability
)

// SuggestQuery asks for names that begin like what somebody has typed so far.
type SuggestQuery struct {
	Text string // 1 to MaxTextBytes bytes
	Near *Point // names that are near come first; nil: no matter where
	Size int    // 1 to MaxSuggest
}
