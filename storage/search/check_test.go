package search

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// Every bound has a parameter that its refusal names.
func TestBadQueries(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	here := &Point{}
	for _, c := range []struct {
		at string
		q  Query
	}{
		{"?searchText", Query{Size: 1, Text: strings.Repeat("x", MaxTextBytes+1)}},
		{"?searchText", Query{Size: 1, Text: "\xff"}},
		{"?searchText", Query{Size: 1, Text: "a b c d e f g h i j k"}},
		{"?venueId", Query{Size: 1, Venue: strings.Repeat("v", 257)}},
		{"?performerId", Query{Size: 1, Performer: strings.Repeat("v", 257)}},
		{"?genre", Query{Size: 1, Genre: strings.Repeat("v", 257)}},
		{"?lat", Query{Size: 1, Near: &Point{Lat: nan}}},
		{"?lat", Query{Size: 1, Near: &Point{Lat: 90.001}}},
		{"?lat", Query{Size: 1, Near: &Point{Lat: -inf}}},
		{"?lon", Query{Size: 1, Near: &Point{Lon: nan}}},
		{"?lon", Query{Size: 1, Near: &Point{Lon: -180.001}}},
		{"?radius", Query{Size: 1, Near: here, Radius: nan}},
		{"?radius", Query{Size: 1, Near: here, Radius: -1}},
		{"?radius", Query{Size: 1, Near: here, Radius: inf}},
		{"?radius", Query{Size: 1, Near: here, Radius: 1.0001e8}},
		{"?radius", Query{Size: 1, Radius: 1}},
		{"?startsBefore", Query{Size: 1, StartsAfter: 5, StartsBefore: 5}},
		{"?availability", Query{Size: 1, Availability: 3}},
		{"?facets", Query{Size: 1, Facets: []Facet{6}}},
		{"?facets", Query{Size: 1, Facets: []Facet{FacetCity, FacetCity}}},
		{"?facets", Query{Size: 1, Facets: make([]Facet, 7)}},
		{"?sort", Query{Size: 1, Sort: 5}},
		{"?sort", Query{Size: 1, Sort: ByDistance}},
		{"?size", Query{}},
		{"?size", Query{Size: -1}},
		{"?size", Query{Size: MaxSize + 1}},
		{"?after", Query{Size: 1, After: strings.Repeat("A", maxCursor+1)}},
	} {
		var bad *BadQuery
		if err := c.q.Check(); !errors.As(err, &bad) || bad.At != c.at || bad.Detail == "" {
			t.Errorf("%+v: %v, want one at %s", c.q, err, c.at)
		}
	}
	for _, c := range []struct {
		at string
		q  SuggestQuery
	}{
		{"?text", SuggestQuery{Size: 1}},
		{"?text", SuggestQuery{Size: 1, Text: strings.Repeat("x", MaxTextBytes+1)}},
		{"?lat", SuggestQuery{Size: 1, Text: "x", Near: &Point{Lat: nan}}},
		{"?size", SuggestQuery{Text: "x"}},
		{"?size", SuggestQuery{Text: "x", Size: MaxSuggest + 1}},
	} {
		var bad *BadQuery
		if err := c.q.Check(); !errors.As(err, &bad) || bad.At != c.at {
			t.Errorf("%+v: %v, want one at %s", c.q, err, c.at)
		}
	}
}

// What is just within the bounds is taken.
func TestGoodQueries(t *testing.T) {
	for _, q := range []Query{
		{Size: 1}, {Size: MaxSize, Text: "a b c d e f g h i j"},
		{Size: 1, Near: &Point{90, 180}, Radius: 1e8},
		{Size: 1, Near: &Point{-90, -180}, Radius: 1e-9, Sort: ByDistance},
		{Size: 1, StartsAfter: -5, StartsBefore: -4},
		{Size: 1, Facets: []Facet{0, 1, 2, 3, 4, 5}},
	} {
		if err := q.Check(); err != nil {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// cursorIndex has events that make several pages of everything.
func cursorIndex(t *testing.T) *Index {
	x := begin(t, t.TempDir())
	var events []Event
	for i := range 60 {
		e := named(fmt.Sprintf("e%02d", i), 1, fmt.Sprintf("Show %d of Alpha", i%7))
		if i%3 == 0 {
			e.Title = "Alphe" // like alpha
		}
		events = append(events, e)
	}
	apply(t, x, batch("1", events...))
	return x
}

// A cursor is good for its query alone; cut, altered or made up it is refused.
func TestForgedCursors(t *testing.T) {
	x := cursorIndex(t)
	for _, q := range []Query{
		{Size: 5}, {Size: 5, Sort: ByName}, {Size: 5, Text: "alpha show"}, {Size: 45, Text: "alpha"},
	} {
		page, err := x.Search(t.Context(), q)
		if err != nil || page.Next == "" {
			t.Fatalf("%+v: no next page, %v", q, err)
		}
		refused := func(q Query) {
			t.Helper()
			var bad *BadQuery
			if _, err := x.Search(t.Context(), q); !errors.As(err, &bad) || bad.At != "?after" {
				t.Errorf("%+v: %v", q, err)
			}
		}
		good := page.Next
		for i := range good {
			begin, end := good[:i], good[i+1:]
			for _, forged := range []string{begin, begin + "A" + end, begin + "~" + end, good[i:]} {
				if forged != good && forged != "" {
					q.After = forged
					refused(q)
				}
			}
		}
		q.After = good
		if _, err := x.Search(t.Context(), q); err != nil {
			t.Errorf("%+v: %v", q, err)
		}
		other := q
		other.Venue = "v"
		refused(other)
		other = q
		other.Sort = ByOnSale
		refused(other)
		other = q
		other.Text += " tour"
		refused(other)
		other = q
		other.Size, other.Facets = 7, []Facet{FacetCity}
		if _, err := x.Search(t.Context(), other); err != nil {
			t.Errorf("another size: %v", err)
		}
	}
}

// Pages go on where the last one ended, with likenesses too, while the index changes:
// an event that stays as it is comes once, in its place.
func TestPagesWhileTheIndexChanges(t *testing.T) {
	for _, q := range []Query{
		{Size: 7, Text: "alpha"}, {Size: 50, Text: "alpha"}, {Size: 7, Text: "show alp"}, {Size: 7},
		{Size: 7, Sort: ByName}, {Size: 7, Sort: ByDate}, {Size: 7, Text: "alpha", Sort: ByOnSale},
	} {
		x := cursorIndex(t)
		want := pages(t, x, q, func() {})
		n := 0
		got := pages(t, x, q, func() {
			if n++; n > 6 {
				return
			}
			var more []Event
			for i := range 25 { // words become frequent, names become long, and some are in between
				title := "Alpha Show Alpine Alphas " + strings.Repeat("x ", i)
				more = append(more, named(fmt.Sprintf("e%02d-%d", i, n), 1, title))
			}
			apply(t, x, batch(fmt.Sprint(n+1), more...))
		})
		stayed := got[:0]
		for _, id := range got {
			if !strings.Contains(id, "-") {
				stayed = append(stayed, id)
			}
		}
		if fmt.Sprint(stayed) != fmt.Sprint(want) {
			t.Errorf("%+v: found\n%v, want\n%v", q, stayed, want)
		}
	}
}

// pages reads all pages, and does something between them.
func pages(t *testing.T, x *Index, q Query, between func()) (ids []string) {
	t.Helper()
	for {
		page, err := x.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		for _, h := range page.Hits {
			ids = append(ids, h.ID)
		}
		if q.After = page.Next; q.After == "" {
			return ids
		}
		between()
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("AQAAAAAAAAAAAA")
	f.Add((&cursor{last: spot{key: 7, id: "e"}, frozen: frozen{length: 2, idf: []float64{1}}}).encode(7))
	f.Fuzz(func(t *testing.T, s string) {
		c, err := decodeCursor(s, 7)
		if err == nil && c.encode(7) != s {
			t.Errorf("%q is read and written as %q", s, c.encode(7))
		}
	})
}

// Texts are told apart by their words, not by what is between them.
func TestSameText(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "  ": "", "A b": "a b", " a  b ": "a b", "a\tb\n": "a b", "É  é": "e e", "ａ\u3000ｂ": "a b",
		"a\u00a0\u00a0b": "a b",
	} {
		if got := sameText(s); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
}
