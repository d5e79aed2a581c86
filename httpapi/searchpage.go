package httpapi

import (
	"errors"
	"math"
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/salepb"
	"boxoffice/storage/search"
)

// RenderHit makes what a page of search results shows of an event whatever happens
// to its sale, from salepb.EncodeDetails' bytes. It is search.Config's Render: made
// once for each hit of a page, and kept with it. The result is the beginning of a
// JSON object, of no use to others. It keeps no part of source.
func RenderHit(source []byte) ([]byte, error) {
	d, err := salepb.DecodeDetails(source)
	if err != nil {
		return nil, err
	}
	if d.Event == nil {
		return nil, errNoEvent
	}
	// It is kept as long as the page is: without the room that it grew in.
	return slices.Clone(appendWritten(nil, d.Event, d.MinPrice, d.MaxPrice)), nil
}

var errNoEvent = errors.New("httpapi: details without an event")

// hitRoom is more than is written of a hit behind its Source.
const hitRoom = 256

// appendPage appends a page as the contract shows it, at a time in milliseconds.
func appendPage(b []byte, p *search.Page, q *searchQuery, now int64) []byte {
	room := 1024
	for i := range p.Hits {
		room += len(p.Hits[i].Source) + hitRoom
	}
	b = append(slices.Grow(b, room), `{"events":[`...)
	for i := range p.Hits {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendHit(b, &p.Hits[i], &p.Live[i], q, now)
	}
	b = appendCount(append(b, `],"total":`...), p.Total)
	b = appendOptional(b, "next", p.Next)
	if len(q.ask.Facets) > 0 {
		b = appendFacets(append(b, `,"facets":{`...), p.Facets)
	}
	if len(p.Corrected) > 0 {
		b = appendCorrections(append(b, `,"corrected":[`...), p.Corrected)
	}
	return append(b, '}')
}

// appendHit appends an event: what RenderHit made, and what is true now.
func appendHit(b []byte, h *search.Hit, l *search.Live, q *searchQuery, now int64) []byte {
	b = appendNow(append(b, h.Source...), &saleNow{
		cancelled: h.Cancelled, startsAt: catalog.Time(h.StartsAt), onSaleAt: catalog.Time(h.OnSaleAt),
		now:   catalog.Time(now),
		total: int64(l.Total), available: int64(l.Available),
		held: int64(l.Held), booked: int64(l.Booked), waiting: int64(l.Waiting),
	})
	if q.ask.Near != nil && h.Distance >= 0 {
		b = appendFixed(append(b, `,"distance":`...), h.Distance/q.inUnit())
	}
	if q.ask.Text != "" {
		b = appendFixed(append(b, `,"score":`...), h.Score)
	}
	return append(b, '}')
}

// appendFixed appends a number with three digits behind the point: a distance to a
// metre or two. The shortest form that reads back the same takes ten times as long.
func appendFixed(b []byte, v float64) []byte {
	const most = 1e15 // thousandths fit an int64
	if !(math.Abs(v) < most) {
		return append(b, '0') // JSON has no NaN and no infinity
	}
	n := int64(math.Round(v * 1000))
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = appendCount(b, n/1000)
	n %= 1000
	return append(b, '.', digit(int(n)/100), digit(int(n)/10), digit(int(n)))
}

// appendFacets appends the members of facets, by name, and the closing brace.
func appendFacets(b []byte, counts []search.FacetCounts) []byte {
	for i, fc := range counts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), facets[fc.Facet]...), `":[`...)
		for k, v := range fc.Values {
			if k > 0 {
				b = append(b, ',')
			}
			b = append(b, '{')
			if v.ID != "" {
				b = append(appendString(append(b, `"id":`...), v.ID), ',')
			}
			b = appendString(append(b, `"value":`...), v.Value)
			if v.Place != "" {
				b = appendString(append(b, `,"place":`...), v.Place)
			}
			b = append(appendCount(append(b, `,"count":`...), v.Count), '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendCorrections appends the items of corrected and the closing bracket.
func appendCorrections(b []byte, all []search.Correction) []byte {
	for i, k := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"word":`...), k.Word)
		b = append(appendIDs(append(b, `,"for":`...), k.For), '}')
	}
	return append(b, ']')
}
