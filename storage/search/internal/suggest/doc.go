// Package suggest finds names while they are typed: of events, performers, venues,
// cities.
//
//	x := suggest.Build(entries, geo.Haversine)
//	x.Find("beat tri", near, 10) // The Beatles Tribute …
//	x, ok := x.With(changed, removed)
//
// An Index never changes; With makes one that shares all but a small overlay. Readers
// load the pointer once per query and need no lock. Build is for the background.
//
// # How names are kept
//
// Entries have ranks: the most popular is 0. The forms of all names stand in one string,
// and a sorted list has the place of each word in it, with the rank of its entry. What
// begins with a typed word is a run of that list, and the best of a run are the least
// numbers in it: a run of thousands is looked through in microseconds. For runs beyond
// longRun, as all one-letter beginnings are, and "an evening with", the best are kept
// ready: they are looked at first, and mostly nobody else of the run can be better.
//
// Of several typed words the one with the shortest run is looked through. An entry of it
// must have the others, as beginnings of its words too: first by a mask of the letters
// with which its words begin, then by reading it.
//
// # Popularity and nearness
//
// An entry has its popularity, 0 to MostPopular: what is less by 1 is never before it
// by nearness, nor by its beginning. With a place to be near to, entries within Reach
// have up to Nearness more, the nearer the more. So the best of all are the best by
// popularity, which the ranks give, and the best of those within Reach. For these, the
// Earth is cut into cells of a degree, and each cell has its words in the order of the
// list: the part of a run that is in a cell is found by two searches, and the best of the
// long ones are kept ready too. The result is exactly that of looking at every entry,
// which is what the tests do.
//
// # What it takes
//
// 100 bytes an entry, 8 for each word and 16 more where the entry has a place, and the
// strings, the forms once: see Bytes. That is about 190 bytes an entry where half have a
// place, 76 MB for MaxEntries. Time is bounded by the run of the
// typed word that begins the fewest words: 1 to 2 ns for each word in it, 5 to 10 ns for
// each that is near. With 170,000 words, a 99th percentile of 60 us.
//
// Names in scripts without blanks are found by their beginning only. A word that was
// typed twice needs to be in the name once.
package suggest

// The bounds of an index.
const (
	MaxEntries = 400_000 // the most popular ones are kept
	MaxChanged = 4096    // entries that With changed, and entries that it took away, since Build
	MaxFound   = 50      // matches of one Find
	MaxWords   = 10      // of a text; more are not looked at
	// MostPopular is the greatest popularity.
	MostPopular = 3
	// Reach is how far away things have something from being near, in metres.
	Reach = 100_000
	// Nearness is how much more popular a thing is that is right here.
	Nearness = 0.5
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
	// blank between them, folded: "ac dc", "acdc". Of each, about 256 bytes are looked at.
	// A Match has none.
	Forms      []string
	Name       string  // as it is shown
	Place      string  // as it is shown: a venue's city
	Events     int     // how many events have it; the caller's
	Popularity float32 // 0 to MostPopular
	Ordinal    uint32  // the caller's
	Version    uint64  // the caller's
	At         *Point  // where it is; nil, or what is no point: nowhere in particular
}

// Match is an entry that was found.
type Match struct {
	ID
	Name, Place string
	Events      int
	Ordinal     uint32
	Version     uint64
	Distance    float64 // metres; below 0: not known
}
