package httpapi

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"boxoffice/storage/search"
)

// The sizes of a page of events, and of a list of suggestions, where the client
// names none.
const (
	pageSize    = 20
	suggestSize = 10
)

// searchQuery is what GET /events asks for.
type searchQuery struct {
	ask search.Query
	near
}

// The parameters of GET /events, by their places in searchParams.
const (
	paramText = iota
	paramVenue
	paramPerformer
	paramGenre
	paramLat
	paramLon
	paramRadius
	paramUnit
	paramAfterTime
	paramBeforeTime
	paramAvailability
	paramFuzzy
	paramFacets
	paramSort
	paramSize
	paramCursor
)

// searchParams are the parameters of GET /events. A browser's position has as many
// digits as a card number. What is empty is no condition, as the fields of a form are.
var searchParams = []param{
	paramText:         {name: "searchText", blank: true},
	paramVenue:        {name: "venueId", cards: asWhole, blank: true},
	paramPerformer:    {name: "performerId", cards: asWhole, blank: true},
	paramGenre:        {name: "genre", blank: true},
	paramLat:          {name: "lat", cards: nowhere, blank: true},
	paramLon:          {name: "lon", cards: nowhere, blank: true},
	paramRadius:       {name: "radius", cards: nowhere, blank: true},
	paramUnit:         {name: "unit", blank: true},
	paramAfterTime:    {name: "startsAfter", blank: true},
	paramBeforeTime:   {name: "startsBefore", blank: true},
	paramAvailability: {name: "availability", blank: true},
	paramFuzzy:        {name: "fuzzy", blank: true},
	paramFacets:       {name: "facets", blank: true},
	paramSort:         {name: "sort", blank: true},
	paramSize:         {name: "size", blank: true},
	paramCursor:       {name: "after", cards: nowhere, blank: true},
}

// What parameters may say, in the order of the values of package search.
var (
	units          = []string{"mi", "km"}
	availabilities = []string{search.AnyAvailability: "any", search.Available: "available", search.Few: "few"}
	fuzziness      = []string{"auto", "off"}
	sorts          = []string{search.ByRelevance: "relevance", search.ByDate: "date", search.ByDistance: "distance",
		search.ByName: "name", search.ByOnSale: "onSale"}
	facets = []string{search.FacetGenre: "genre", search.FacetCity: "city", search.FacetVenue: "venue",
		search.FacetPerformer: "performer", search.FacetMonth: "month", search.FacetAvailability: "availability"}
)

func (q *searchQuery) params() []param { return searchParams }

// set copies every value: the index may keep what it is asked.
func (q *searchQuery) set(i int, v []byte) string {
	switch i {
	case paramText:
		// Nor is a search box with blanks alone.
		q.ask.Text = string(bytes.TrimSpace(v))
		return tooLong(v, search.MaxTextBytes)
	case paramVenue:
		return setID(&q.ask.Venue, v)
	case paramPerformer:
		return setID(&q.ask.Performer, v)
	case paramGenre:
		return setName(&q.ask.Genre, v)
	case paramLat, paramLon, paramRadius, paramUnit:
		return q.near.set(searchParams[i].name, v)
	case paramAfterTime:
		return setTime(&q.ask.StartsAfter, v, 0)
	case paramBeforeTime:
		return setTime(&q.ask.StartsBefore, v, 1)
	case paramAvailability:
		return setChoice(&q.ask.Availability, v, availabilities)
	case paramFuzzy:
		var choice uint8
		wrong := setChoice(&choice, v, fuzziness)
		q.ask.Exact = choice == 1
		return wrong
	case paramFacets:
		return q.setFacets(v)
	case paramSort:
		return setChoice(&q.ask.Sort, v, sorts)
	case paramSize:
		return setSize(&q.ask.Size, v, search.MaxSize)
	}
	return setCursor(&q.ask.After, v)
}

// whole holds the parameters to each other, and makes the point of lat and lon.
func (q *searchQuery) whole(given uint32) []fieldError {
	has := func(i int) bool { return given&(1<<i) != 0 }
	errs := q.near.whole(has(paramLat), has(paramLon))
	if !has(paramLat) && !has(paramLon) {
		if has(paramRadius) {
			errs = append(errs, fieldError{At: "?radius", Detail: "needs a point: lat and lon"})
		}
		if q.ask.Sort == search.ByDistance {
			errs = append(errs, fieldError{At: "?sort", Detail: "distance needs a point: lat and lon"})
		}
	}
	if q.metres() > maxRadius {
		errs = append(errs, fieldError{At: "?radius", Detail: "must be at most half of Earth's circumference: " +
			"12,436 mi or 20,015 km"})
	}
	if q.ask.StartsAfter > 0 && q.ask.StartsBefore > 0 && q.ask.StartsBefore <= q.ask.StartsAfter {
		errs = append(errs, fieldError{At: "?startsBefore", Detail: "must be later than startsAfter"})
	}
	q.ask.Near, q.ask.Radius = q.point(), q.metres()
	return errs
}

// setFacets reads a list of facets with commas between them, none twice.
func (q *searchQuery) setFacets(v []byte) string {
	seen := 0
	for rest, more := v, true; more; {
		var name []byte
		name, rest, more = bytes.Cut(rest, []byte{','})
		var f search.Facet
		if setChoice(&f, name, facets) != "" {
			return "must be a list of: " + strings.Join(facets, ", ")
		}
		if seen&(1<<f) != 0 {
			return "names a facet twice"
		}
		seen |= 1 << f
		q.ask.Facets = append(q.ask.Facets, f)
	}
	return ""
}

const (
	metresPerMile = 1609.344
	// maxRadius is half of Earth's circumference in metres, by its mean radius:
	// nothing is farther away.
	maxRadius = math.Pi * 6_371_008.8
)

// near is where a client is, and how far it would go.
type near struct {
	lat, lon, radius float64
	unit             uint8 // of units
	known            bool  // there is a point
}

// set takes the value of a parameter by its name.
func (n *near) set(name string, v []byte) string {
	switch name {
	case "lat":
		return setNumber(&n.lat, v, -90, 90, "must be a decimal number of degrees from -90 to 90")
	case "lon":
		return setNumber(&n.lon, v, -180, 180, "must be a decimal number of degrees from -180 to 180")
	case "radius":
		const wrong = "must be a decimal number above 0"
		if setNumber(&n.radius, v, 0, math.MaxFloat64, wrong) != "" || n.radius == 0 {
			return wrong
		}
		return ""
	}
	return setChoice(&n.unit, v, units)
}

// whole holds lat and lon to each other, by whether each was given.
func (n *near) whole(lat, lon bool) []fieldError {
	n.known = lat && lon
	switch {
	case lat && !lon:
		return []fieldError{{At: "?lon", Detail: "is missing: lat and lon go together"}}
	case lon && !lat:
		return []fieldError{{At: "?lat", Detail: "is missing: lat and lon go together"}}
	}
	return nil
}

// point is the point; nil: there is none.
func (n *near) point() *search.Point {
	if !n.known {
		return nil
	}
	return &search.Point{Lat: n.lat, Lon: n.lon}
}

// inUnit is how many metres the unit has.
func (n *near) inUnit() float64 {
	if units[n.unit] == "km" {
		return 1000
	}
	return metresPerMile
}

// metres is the radius; 0: however far.
func (n *near) metres() float64 { return n.radius * n.inUnit() }

// setNumber reads a number as people write it: digits, and more behind a point. What
// ParseFloat takes besides (NaN, Inf, exponents, hexadecimals, underscores) is refused.
func setNumber(to *float64, v []byte, least, most float64, wrong string) string {
	const longest = 32
	whole, fraction, point := bytes.Cut(bytes.TrimPrefix(v, []byte{'-'}), []byte{'.'})
	if len(v) > longest || !isDigits(whole) || point && !isDigits(fraction) {
		return wrong
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f < least || f > most {
		return wrong
	}
	*to = f + 0 // -0 is 0
	return ""
}

func isDigits(b []byte) bool {
	for _, ch := range b {
		if ch < '0' || ch > '9' {
			return false
		}
	}
	return len(b) > 0
}

// setTime reads RFC 3339 to milliseconds since 1970, and brings what is earlier up
// to least: 0 is no condition, which is right for a beginning and wrong for an end.
// The standard library takes hours of one digit and fractions behind a comma too.
func setTime(to *int64, v []byte, least int64) string {
	var t time.Time
	const shortest, longest, minutes = len("2006-01-02T15:04:05Z"), 40, len("2006-01-02T15")
	if len(v) < shortest || len(v) > longest || v[minutes] != ':' || bytes.IndexByte(v, ',') >= 0 ||
		t.UnmarshalText(v) != nil {
		return "must be a time as in 2027-06-01T19:30:00Z (RFC 3339; write a + as %2B)"
	}
	*to = max(t.UnixMilli(), least)
	return ""
}

// setChoice takes one of some words: the value is the word's place among them.
func setChoice[T ~uint8](to *T, v []byte, words []string) string {
	for i, w := range words {
		if w == string(v) {
			*to = T(i)
			return ""
		}
	}
	return "must be one of: " + strings.Join(words, ", ")
}

func setID(to *string, v []byte) string {
	if !isToken(v, maxID) {
		return "must be an id: 1 to 64 letters, digits, _ and -"
	}
	*to = string(v)
	return ""
}

func setName(to *string, v []byte) string {
	if *to = string(bytes.TrimSpace(v)); *to == "" {
		return "must not be empty"
	}
	return tooLong(v, search.MaxTextBytes)
}

func setSize(to *int, v []byte, most uint64) string {
	n, ok := parseUint(v, most)
	if !ok || n == 0 {
		return "must be a whole number from 1 to " + strconv.FormatUint(most, 10)
	}
	*to = int(n)
	return ""
}

// setCursor takes a cursor by its letters; what it says is the index's to judge.
func setCursor(to *string, v []byte) string {
	if !isToken(v, maxValue) {
		return "must be the next of a page of this search"
	}
	*to = string(v)
	return ""
}

func tooLong(v []byte, most int) string {
	if len(v) > most {
		return "must be at most " + strconv.Itoa(most) + " bytes"
	}
	return ""
}
