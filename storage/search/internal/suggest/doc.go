// Package suggest finds names while they are typed: of events, performers, venues,
// cities.
//
//	x := suggest.Build(entries, geo.Haversine)
//	x.Find("beat tri", near, 10) // The Beatles Tribute …
//
// An Index never changes; With makes one that shares all but a small overlay. Readers
// load the pointer once per query and need no lock.
package suggest

// The bounds of an index.
const (
	MaxEntries = 400_000 // the most popular ones are kept
	MaxChanged = 4096    // entries that With changed or removed since Build
	MaxFound   = 50      // matches of one Find
	MaxWords   = 10      // of a text; more are not looked at
)

// Point is a point on Earth, in degrees.
type Point struct{ Lat, Lon float64 }

// ID tells a thing from all others of an index.
type ID struct {
	Kind uint8  // the caller's: what the name is of
	Key  string // unique among things of the kind
}

// Entry is a thing that has a name.
type Entry struct {
	ID
	// Forms are the spellings of the name by which it is found, in plain words with one
	// blank between them, folded: "ac dc", "acdc".
	Forms      []string
	Name       string  // as it is shown
	Place      string  // as it is shown: a venue's city
	Events     int     // how many events have it; the caller's
	Popularity float32 // 0 to 1
	At         *Point  // where it is; nil: nowhere in particular
}

// Match is an entry that was found.
type Match struct {
	*Entry           // only to be read
	Distance float64 // metres; below 0: not known
}

// Index is a set of entries by the beginnings of their words. It never changes.
type Index struct{}

// Build makes an index of entries; of two with the same ID it takes the later. Where
// there are more than MaxEntries, the least popular are left out. It takes about a
// second for MaxEntries, and keeps the strings and points. Distance gives metres.
func Build(entries []Entry, distance func(a, b Point) float64) *Index { return &Index{} }

// With gives the index with entries changed, added, and removed. It copies the overlay,
// not the rest. It gives x and false where that would be more than MaxChanged: then
// Build anew.
func (x *Index) With(changed []Entry, removed []ID) (*Index, bool) { return x, true }

// Find gives the entries that have, for each word of text, a word that begins so, in
// any order; at most k, at most MaxFound. Text is plain, like Entry.Forms. Names that
// are all of text come first, then by popularity and, with near, nearness.
func (x *Index) Find(text string, near *Point, k int) []Match { return nil }

// Len is how many entries there are.
func (x *Index) Len() int { return 0 }

// Bytes is about how much memory the index has.
func (x *Index) Bytes() int { return 0 }
