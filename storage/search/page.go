package search

// Page is what a query found. It may be shared with other callers: it is only read.
type Page struct {
	Hits   []Hit
	Live   []Live // of each of Hits, as of now, not of when the page was made
	Total  int    // hits on all pages, exact
	Next   string // asks for the next page; "": this is the last one
	Facets []FacetCounts
	// Corrected tells which words of the text had no hits of their own, or fewer than
	// a page, and what was looked for as well.
	Corrected []Correction
}

// Hit is an event that was found.
type Hit struct {
	ID     string
	Source []byte // Event.Source, as Config.Render made it
	// Version is of the event that Source describes.
	Version   uint64
	StartsAt  int64
	OnSaleAt  int64
	Cancelled bool
	Distance  float64 // metres from Query.Near; below 0: not known
	Score     float64 // with Query.Text only; larger is better; below 1 where a word is only like one typed

	ordinal uint32 // of the event's columns, where Live is read
}

// FacetCounts are the values of a facet among all hits, the most frequent first, at
// most a hundred.
type FacetCounts struct {
	Facet  Facet
	Values []FacetCount
}

// FacetCount is how many hits have a value. ID is the value's id where it has one: a
// venue's, a performer's; Value is what people call it. Place is of a city only: its
// region and country, which tell it from another of its name.
type FacetCount struct {
	ID, Value string
	Place     string
	Count     int
}

// Correction is a word, and the words that were taken for it too.
type Correction struct {
	Word string
	For  []string // the likeliest first, at most five
}

// Kind is what a suggestion names.
type Kind uint8

// The kinds.
const (
	KindEvent Kind = iota
	KindPerformer
	KindVenue
	KindCity
)

// Suggestion is a name that begins like what was typed. ID is "" for a city.
type Suggestion struct {
	Kind     Kind
	ID, Name string
	Place    string  // of a venue or an event: its city; of a city: region and country
	Events   int     // how many events to come have it
	Distance float64 // metres from SuggestQuery.Near; below 0: not known
}
