package search

import (
	"math"
	"strings"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/geo"
	"boxoffice/storage/search/internal/postings"
	"boxoffice/storage/search/internal/text"
)

// docOf is what is found of an event, and its record; spelled are the spellings of its title.
func docOf(e *Event, spelled string) postings.Doc {
	d := postings.Doc{
		ID:     e.ID,
		Name:   text.Words(e.Title),
		All:    text.Stems(e.Title),
		Venue:  e.Venue.ID,
		Genre:  genreKey(e.Genre),
		Source: encodeRecord(e, spelled),
	}
	for _, p := range e.Performers {
		d.Name = append(d.Name, text.Words(p.Name)...)
		d.All = append(d.All, text.Stems(p.Name)...)
		d.Performers = append(d.Performers, p.ID)
	}
	v := &e.Venue
	d.Place = append(text.Words(v.Name), text.Words(v.City)...)
	for _, s := range []string{v.Name, v.City, v.Region, v.Country, e.Genre, e.Description} {
		d.All = append(d.All, text.Stems(s)...)
	}
	return d
}

// rowOf is what columns have of an event.
func rowOf(e *Event) columns.Row {
	row := columns.Row{
		ID:         e.ID,
		Version:    e.Version,
		Start:      e.StartsAt,
		OnSale:     e.OnSaleAt,
		Cancelled:  e.Cancelled,
		Popularity: popularity(e.Capacity),
		Title:      spellings(e.Title),
		Genre:      genreOf(e.Genre),
		Place:      placeOf(e.Venue),
	}
	for _, p := range e.Performers {
		row.Performers = append(row.Performers, performerOf(p))
	}
	return row
}

// performerOf is a performer as columns have it.
func performerOf(p Performer) columns.Performer {
	return columns.Performer{ID: p.ID, Name: p.Name, Folded: spellings(p.Name)}
}

// genreOf is a genre as columns have it.
func genreOf(genre string) columns.Value { return columns.Value{Key: genreKey(genre), Name: genre} }

// spellings are the ways to write a name in plain words, as columns have them: the
// bonus for a phrase looks into each, and the first is what names are ordered by.
func spellings(name string) string {
	all := text.Spellings(name)
	if all == nil {
		return text.Fold(name)
	}
	return strings.Join(all, columns.SpellingEnd)
}

// placeOf is a venue as columns have it. One whose location makes no sense has none.
func placeOf(v Venue) columns.Place {
	p := columns.Place{ID: v.ID, Name: v.Name, City: v.City, Region: v.Region, Country: v.Country}
	if v.City != "" {
		p.CityKey = cityName{text.Fold(v.City), text.Fold(v.Region), text.Fold(v.Country)}.key()
		p.CityPlace = cityName{v.City, v.Region, v.Country}.place()
	}
	p.Named, p.CityNamed = spellings(v.Name), spellings(v.City)
	if at := v.Location; at != nil {
		p.At = geo.Point{Lat: at.Lat, Lon: at.Lon}
		p.Located = p.At.Valid()
	}
	if !p.Located {
		p.At = geo.Point{}
	}
	return p
}

// genreKey is what makes a genre the same as another: not its case, nor its accents.
func genreKey(genre string) string { return text.Fold(genre) }

// popularity is how well known an event is by itself, 0 to 1, from its capacity: a house
// of a million has 1, one of a thousand half as much.
func popularity(capacity int) float32 {
	return float32(min(1, math.Log1p(float64(max(0, capacity)))/math.Log(1e6)))
}
