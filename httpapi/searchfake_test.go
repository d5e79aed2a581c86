package httpapi

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"boxoffice/actors"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/salepb"
	"boxoffice/storage/search"
)

// fakeIndex finds events by looking at every one. It takes the state of a sale from
// the seller, and a hit's static part from RenderHit, as the index does.
type fakeIndex struct {
	t      testing.TB
	seller *fakeSeller
	events []*catalog.Event
	// before, where set, may end a search with an error in the index's stead.
	before atomic.Pointer[func(ctx context.Context) error]
	asked  atomic.Pointer[search.Query]
	typed  atomic.Pointer[search.SuggestQuery]
	unsold bool // nothing is known of any sale
}

// newSearchWorld is a server with an index, and events in it.
func newSearchWorld(t testing.TB, change func(*Config), events ...*catalog.Event) (*world, *fakeIndex) {
	x := &fakeIndex{t: t, events: events}
	w := newWorld(t, func(c *Config) {
		c.Search = x
		if change != nil {
			change(c)
		}
	})
	x.seller = w.seller
	for _, e := range events {
		w.put(e)
	}
	return w, x
}

func (x *fakeIndex) intercept(fn func(ctx context.Context) error) { x.before.Store(&fn) }

func (x *fakeIndex) Search(ctx context.Context, q search.Query) (*search.Page, error) {
	x.asked.Store(&q)
	if fn := x.before.Load(); fn != nil {
		if err := (*fn)(ctx); err != nil {
			return nil, err
		}
	}
	if len(strings.Fields(q.Text)) > search.MaxWords {
		return nil, &search.BadQuery{At: "?searchText", Detail: "has more than 10 words"}
	}
	from, ok := 0, true
	if q.After != "" {
		from, ok = fakeOffset(q.After)
	}
	if !ok {
		return nil, &search.BadQuery{At: "?after", Detail: "is not a cursor of this search"}
	}
	hits, corrected := x.matches(q)
	slices.SortStableFunc(hits, fakeOrder(q.Sort))
	page := &search.Page{Total: len(hits), Corrected: corrected}
	for _, f := range q.Facets {
		page.Facets = append(page.Facets, fakeCounts(f, hits))
	}
	end := min(from+q.Size, len(hits))
	for _, h := range hits[min(from, end):end] {
		page.Hits, page.Live = append(page.Hits, h.Hit), append(page.Live, h.live)
	}
	if end < len(hits) {
		page.Next = "o" + strconv.Itoa(end)
	}
	return page, nil
}

func fakeOffset(cursor string) (int, bool) {
	digits, ok := strings.CutPrefix(cursor, "o")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0
}

// fakeHit is a hit and the event that it is of.
type fakeHit struct {
	search.Hit
	live  search.Live
	event *catalog.Event
}

func fakeOrder(s search.Sort) func(a, b fakeHit) int {
	return func(a, b fakeHit) int {
		switch s {
		case search.ByDate:
			return cmp.Compare(a.StartsAt, b.StartsAt)
		case search.ByDistance:
			far := func(h fakeHit) float64 {
				if h.Distance < 0 {
					return math.Inf(1)
				}
				return h.Distance
			}
			return cmp.Compare(far(a), far(b))
		case search.ByName:
			return strings.Compare(a.event.Title, b.event.Title)
		case search.ByOnSale:
			return cmp.Compare(a.OnSaleAt, b.OnSaleAt)
		}
		return cmp.Compare(b.Score, a.Score)
	}
}

// matches are the hits of a query. A word is found in the title, the venue's name
// and city, the genre and the performers; "lops" is taken for "loops".
func (x *fakeIndex) matches(q search.Query) (hits []fakeHit, corrected []search.Correction) {
	words := strings.Fields(strings.ToLower(q.Text))
	for i, w := range words {
		if w == "lops" && !q.Exact {
			words[i] = "loops"
			corrected = []search.Correction{{Word: "lops", For: []string{"loops"}}}
		}
	}
	for _, e := range x.events {
		h, ok := x.hit(e)
		if !ok || !fakeWanted(q, words, &h) {
			continue
		}
		h.Score = float64(len(words))
		hits = append(hits, h)
	}
	return hits, corrected
}

func (x *fakeIndex) hit(e *catalog.Event) (fakeHit, bool) {
	v, err := x.seller.View(context.Background(), e.ID, 0)
	if err != nil {
		return fakeHit{}, false
	}
	h := fakeHit{event: e, Hit: search.Hit{ID: e.ID, Source: rendered(x.t, v), Version: v.Summary.Version,
		StartsAt: int64(e.StartsAt), OnSaleAt: int64(e.OnSaleAt), Cancelled: e.Cancelled, Distance: -1}}
	if !x.unsold {
		s := v.Summary
		h.live = search.Live{Version: s.Version, Total: int32(s.Total), Available: int32(s.Available),
			Held: int32(s.Held), Booked: int32(s.Booked)}
	}
	return h, true
}

// rendered is what RenderHit makes of an event's view.
func rendered(t testing.TB, v actors.View) []byte {
	b, err := RenderHit(salepb.EncodeDetails(
		salepb.Details{Event: v.Event, MinPrice: v.MinPrice, MaxPrice: v.MaxPrice}))
	if err != nil {
		t.Error(err)
	}
	return b
}

// fakeWanted reports whether a hit meets a query's conditions, and notes how far it is.
func fakeWanted(q search.Query, words []string, h *fakeHit) bool {
	e := h.event
	text := strings.ToLower(e.Title + " " + e.Venue.Name + " " + e.Venue.City + " " + e.Genre)
	performer := q.Performer == ""
	for _, p := range e.Performers {
		text += " " + strings.ToLower(p.Name)
		performer = performer || p.ID == q.Performer
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	if q.Near != nil && e.Venue.Location != nil {
		h.Distance = haversine(*q.Near, search.Point(*e.Venue.Location))
	}
	switch {
	case !performer, q.Venue != "" && q.Venue != e.Venue.ID, q.Genre != "" && !strings.EqualFold(q.Genre, e.Genre),
		q.Radius > 0 && (h.Distance < 0 || h.Distance > q.Radius),
		q.StartsAfter > 0 && h.StartsAt < q.StartsAfter, q.StartsBefore > 0 && h.StartsAt >= q.StartsBefore,
		q.Availability != search.AnyAvailability && h.live.Available == 0,
		q.Availability == search.Few && h.live.Available*10 > h.live.Total:
		return false
	}
	return true
}

func haversine(a, b search.Point) float64 {
	const rad = math.Pi / 180
	lat, lon := math.Sin((b.Lat-a.Lat)*rad/2), math.Sin((b.Lon-a.Lon)*rad/2)
	h := lat*lat + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*lon*lon
	return 2 * 6_371_008.8 * math.Asin(math.Sqrt(h))
}

// placeOf is where a city is.
func placeOf(region, country string) string {
	if region == "" || country == "" {
		return region + country
	}
	return region + ", " + country
}

// fakeCounts counts a facet's values.
func fakeCounts(f search.Facet, hits []fakeHit) search.FacetCounts {
	type key struct{ id, value, place string }
	n := map[key]int{}
	for _, h := range hits {
		switch e := h.event; f {
		case search.FacetGenre:
			n[key{value: e.Genre}]++
		case search.FacetCity:
			n[key{"", e.Venue.City, placeOf(e.Venue.Region, e.Venue.Country)}]++
		case search.FacetVenue:
			n[key{id: e.Venue.ID, value: e.Venue.Name}]++
		case search.FacetMonth:
			n[key{value: e.StartsAt.Std().Format("2006-01")}]++
		}
	}
	counts := search.FacetCounts{Facet: f}
	for k, c := range n {
		counts.Values = append(counts.Values, search.FacetCount{ID: k.id, Value: k.value, Place: k.place, Count: c})
	}
	slices.SortFunc(counts.Values, func(a, b search.FacetCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value),
			strings.Compare(a.Place, b.Place))
	})
	return counts
}

func (x *fakeIndex) Suggest(ctx context.Context, q search.SuggestQuery) (list []search.Suggestion, err error) {
	x.typed.Store(&q)
	if fn := x.before.Load(); fn != nil {
		if err := (*fn)(ctx); err != nil {
			return nil, err
		}
	}
	for _, e := range x.events {
		g := search.Suggestion{Kind: search.KindEvent, ID: e.ID, Name: e.Title, Place: e.Venue.City, Events: 1,
			Distance: -1}
		if q.Near != nil && e.Venue.Location != nil {
			g.Distance = haversine(*q.Near, search.Point(*e.Venue.Location))
		}
		list = append(list, g)
		g.Kind, g.ID, g.Name = search.KindVenue, e.Venue.ID, e.Venue.Name
		list = append(list, g)
		g.Kind, g.ID, g.Name, g.Place = search.KindCity, "", e.Venue.City, e.Venue.Country
		list = append(list, g)
		for _, p := range e.Performers {
			list = append(list, search.Suggestion{Kind: search.KindPerformer, ID: p.ID, Name: p.Name, Events: 1,
				Distance: -1})
		}
	}
	list = slices.DeleteFunc(list, func(g search.Suggestion) bool {
		return !strings.HasPrefix(strings.ToLower(g.Name), strings.ToLower(q.Text))
	})
	return list[:min(q.Size, len(list))], nil
}
