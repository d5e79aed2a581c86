package search

import (
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"boxoffice/storage/search/internal/geo"
	"boxoffice/storage/search/internal/text"
)

// Bounds of a query that are not in its comments.
const (
	maxIDBytes = 256 // of a venue's or performer's id, and of a genre
	maxRadius  = 1e8 // metres: more than any way around Earth
	maxFacets  = 6
)

// BadQuery refuses a query that makes no sense, or that is beyond a bound.
type BadQuery struct {
	At     string // the parameter, as in the address: "?lat"
	Detail string // what is wrong with it, for the caller
}

// Error says both.
func (e *BadQuery) Error() string { return e.At + ": " + e.Detail }

// bad makes a BadQuery.
func bad(at, format string, args ...any) error {
	return &BadQuery{At: at, Detail: fmt.Sprintf(format, args...)}
}

// Check refuses a query with a *BadQuery that names the first parameter that is wrong.
// Search does so too. What a cursor holds is only known to Search.
func (q *Query) Check() error {
	if err := checkText("?searchText", q.Text); err != nil {
		return err
	}
	if _, err := q.words(); err != nil {
		return err
	}
	return q.checkRest()
}

// words are the words of the text. Texts that are told apart by nothing have the same, so
// whoever has the page of one need not look at those of another.
func (q *Query) words() (text.Query, error) {
	words, ok := text.Parse(q.Text, MaxWords)
	if !ok {
		return words, bad("?searchText", "has more than %d words", MaxWords)
	}
	return words, nil
}

// checkRest checks all but the text.
func (q *Query) checkRest() error {
	for _, id := range []struct{ at, value string }{
		{"?venueId", q.Venue}, {"?performerId", q.Performer}, {"?genre", q.Genre},
	} {
		if len(id.value) > maxIDBytes {
			return bad(id.at, "has %d bytes, at most %d", len(id.value), maxIDBytes)
		}
	}
	if err := q.checkPlace(); err != nil {
		return err
	}
	if q.StartsAfter != 0 && q.StartsBefore != 0 && q.StartsAfter >= q.StartsBefore {
		return bad("?startsBefore", "is not later than startsAfter")
	}
	return q.checkPage()
}

// checkPlace checks the centre and the radius.
func (q *Query) checkPlace() error {
	if err := checkPoint(q.Near); err != nil {
		return err
	}
	switch {
	case q.Radius == 0:
		return nil
	case !(q.Radius > 0 && q.Radius <= maxRadius): // NaN too
		return bad("?radius", "is not above 0 and at most %.0f km", maxRadius/1000)
	case q.Near == nil:
		return bad("?radius", "needs lat and lon")
	}
	return nil
}

// checkPage checks what is asked about the answer.
func (q *Query) checkPage() error {
	if q.Availability > Few {
		return bad("?availability", "is not known")
	}
	if len(q.Facets) > maxFacets {
		return bad("?facets", "has %d facets, at most %d", len(q.Facets), maxFacets)
	}
	for i, f := range q.Facets {
		if f > FacetAvailability {
			return bad("?facets", "is not known")
		}
		if slices.Contains(q.Facets[:i], f) {
			return bad("?facets", "has one twice")
		}
	}
	if q.Sort > ByOnSale {
		return bad("?sort", "is not known")
	}
	if q.Sort == ByDistance && q.Near == nil {
		return bad("?sort", "by distance needs lat and lon")
	}
	if q.Size < 1 || q.Size > MaxSize {
		return bad("?size", "is not 1 to %d", MaxSize)
	}
	if len(q.After) > maxCursor {
		return bad("?after", "is not the next of a page")
	}
	return nil
}

// checkText checks what somebody typed.
func checkText(at, s string) error {
	if len(s) > MaxTextBytes {
		return bad(at, "has %d bytes, at most %d", len(s), MaxTextBytes)
	}
	if !utf8.ValidString(s) {
		return bad(at, "is not UTF-8")
	}
	return nil
}

// checkPoint checks a centre, if there is one.
func checkPoint(p *Point) error {
	switch {
	case p == nil:
		return nil
	case !(math.Abs(p.Lat) <= 90): // NaN too
		return bad("?lat", "is not -90 to 90")
	case !(math.Abs(p.Lon) <= 180):
		return bad("?lon", "is not -180 to 180")
	}
	return nil
}

// Check refuses a query with a *BadQuery that names the parameter. Suggest calls it.
func (q *SuggestQuery) Check() error {
	if err := checkText("?text", q.Text); err != nil {
		return err
	}
	if q.Text == "" {
		return bad("?text", "is empty")
	}
	if err := checkPoint(q.Near); err != nil {
		return err
	}
	if q.Size < 1 || q.Size > MaxSuggest {
		return bad("?size", "is not 1 to %d", MaxSuggest)
	}
	return nil
}

// at is a point as the grid takes it.
func (p Point) at() geo.Point { return geo.Point(p) }
