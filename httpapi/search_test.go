package httpapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale/catalog"
	"boxoffice/storage/search"
)

// club is an event of twenty tickets in another place, and months later than arena's.
func club(id, title string, at *catalog.Location, starts time.Time) *catalog.Event {
	e := arena(id)
	e.Title, e.Genre, e.StartsAt = title, "Jazz", catalog.At(starts)
	e.Venue = catalog.Venue{ID: "v-" + id, Name: "Club " + id, City: "Antwerp", Location: at}
	e.Performers = []catalog.Performer{{ID: "p-" + id, Name: "Zoë " + id}}
	e.Inventory.Sections = e.Inventory.Sections[1:]
	return e
}

// three are the events of most tests: ev-1 in Ghent, ev-2 50 km away, ev-3 nowhere.
func three() []*catalog.Event {
	return []*catalog.Event{arena("ev-1"),
		club("ev-2", "Loops at Night", &catalog.Location{Lat: 51.2194, Lon: 4.4025}, testNow.AddDate(0, 8, 0)),
		club("ev-3", "An Evening", nil, testNow.AddDate(0, 10, 0))}
}

// ids are the ids of a page's events in their order.
func (r *reply) ids() string {
	r.t.Helper()
	var all []string
	for _, e := range r.list("events") {
		all = append(all, e.(map[string]any)["id"].(string))
	}
	return strings.Join(all, " ")
}

// event is the i-th event of a page.
func (r *reply) event(i int) map[string]any {
	r.t.Helper()
	return r.list("events")[i].(map[string]any)
}

// GET /events: an event of a page is what GET /events/{eventId} shows of it, with
// the distance and the score where they were asked for.
func TestSearchShowsEvents(t *testing.T) {
	w, _ := newSearchWorld(t, func(c *Config) { c.ViewAge = time.Nanosecond }, three()...)
	w.do("POST", "/events/ev-1/holds", `{"quantity":3}`).want(201)
	for _, q := range []string{"", "?searchText=ada", "?lat=51&lon=4", "?searchText=loops&lat=51&lon=4&unit=km"} {
		r := w.do("GET", "/events"+q, "").want(200)
		if len(r.list("events")) == 0 {
			t.Fatalf("%s: %s", q, r.body)
		}
		for i := range r.list("events") {
			found := r.event(i)
			_, far := found["distance"]
			_, score := found["score"]
			if far != (strings.Contains(q, "lat") && found["id"] != "ev-3") || score != strings.Contains(q, "Text") {
				t.Errorf("%s: %v", q, found)
			}
			delete(found, "distance")
			delete(found, "score")
			if shown := w.do("GET", "/events/"+found["id"].(string), "").get(); !reflect.DeepEqual(found, shown) {
				t.Errorf("%s: found %v, shown %v", q, found, shown)
			}
		}
	}
	r := w.do("GET", "/events?searchText=ada", "").want(200)
	if held := r.event(0)["availability"].(map[string]any)["held"]; held != 3.0 || r.get("total") != 1.0 {
		t.Errorf("%s", r.body)
	}
	if _, has := r.get().(map[string]any)["next"]; has || r.get("facets") != nil || r.get("corrected") != nil {
		t.Errorf("members that nobody asked for: %s", r.body)
	}
	if r := w.do("GET", "/events?searchText=nothing", "").want(200); string(r.body) != `{"events":[],"total":0}` {
		t.Errorf("%s", r.body)
	}
}

// All filters, sorts and their combinations reach the index.
func TestSearchFilters(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	for range 19 {
		w.do("POST", "/events/ev-2/holds", `{"quantity":1}`).want(201)
	}
	for query, want := range map[string]string{
		"":                                     "ev-1 ev-2 ev-3",
		"searchText=":                          "ev-1 ev-2 ev-3",
		"searchText=++":                        "ev-1 ev-2 ev-3",
		"searchText=night+loops":               "ev-2",
		"searchText=Zo%C3%AB+ev-3":             "ev-3",
		"searchText=lops&fuzzy=off":            "",
		"venueId=v-ev-2":                       "ev-2",
		"performerId=p-1":                      "ev-1",
		"genre=jazz&sort=name":                 "ev-3 ev-2",
		"lat=51.05&lon=3.72&radius=10":         "ev-1",
		"lat=51.05&lon=3.72&radius=32":         "ev-1 ev-2",
		"lat=51.05&lon=3.72&radius=32&unit=km": "ev-1",
		"lat=51.05&lon=3.72&radius=52&unit=km": "ev-1 ev-2",
		"lat=51.2&lon=4.4&sort=distance":       "ev-2 ev-1 ev-3",
		"startsAfter=2027-08-01T12:00:00Z":     "ev-2 ev-3",
		"startsBefore=2027-08-01T12:00:00Z":    "ev-1",
		"startsBefore=1969-01-01T00:00:00Z":    "",
		"startsAfter=1969-01-01T00:00:00Z":     "ev-1 ev-2 ev-3",
		"startsAfter=2027-08-01T14:00:00.1%2B02:00&startsBefore=2028-01-01T00:00:00Z": "ev-3",
		"availability=any": "ev-1 ev-2 ev-3",
		"availability=few": "ev-2",
		"availability=available&sort=onSale&size=1&genre=ROCK": "ev-1",
		"sort=date&after=o2": "ev-3",
	} {
		if r := w.do("GET", "/events?"+query, "").want(200); r.ids() != want {
			t.Errorf("%s: %q, want %q", query, r.ids(), want)
		}
	}
}

// What the index is asked, member by member.
func TestSearchQuery(t *testing.T) {
	w, x := newSearchWorld(t, nil)
	at := func(s string) int64 {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMilli()
	}
	for query, want := range map[string]search.Query{
		"":                                 {Size: 20},
		"searchText=+AC%2FDC+":             {Size: 20, Text: "AC/DC"},
		"searchText=!!!&fuzzy=off":         {Size: 20, Text: "!!!", Exact: true},
		"lat=-0&lon=-180&radius=1&unit=km": {Size: 20, Near: &search.Point{Lon: -180}, Radius: 1000},
		"lat=90&lon=180":                   {Size: 20, Near: &search.Point{Lat: 90, Lon: 180}},
		"lat=51.0500001234567&lon=3.7200004242424242424242&radius=10": {Size: 20,
			Near: &search.Point{Lat: 51.0500001234567, Lon: 3.7200004242424242424242}, Radius: 16093.44},
		"radius=20015.114&unit=km&lat=1&lon=2": {Size: 20, Near: &search.Point{Lat: 1, Lon: 2}, Radius: 20015114},
		"startsAfter=2027-06-01T00:00:00Z&startsBefore=2027-07-01T00:00:00-05:00": {Size: 20,
			StartsAfter: at("2027-06-01T00:00:00Z"), StartsBefore: at("2027-07-01T05:00:00Z")},
		"facets=genre,city,venue,performer,month,availability": {Size: 20, Facets: []search.Facet{0, 1, 2, 3, 4, 5}},
		"availability=few&sort=onSale&size=200&after=o0&genre=a%20b&venueId=v&performerId=p": {Size: 200,
			Availability: search.Few, Sort: search.ByOnSale, After: "o0", Genre: "a b", Venue: "v", Performer: "p"},
	} {
		w.do("GET", "/events?"+query, "").want(200)
		if got := x.asked.Load(); !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: %+v, want %+v", query, *got, want)
		}
	}
	w.do("GET", "/events?lat=-0&lon=-0.0", "").want(200)
	if p := x.asked.Load().Near; math.Signbit(p.Lat) || math.Signbit(p.Lon) {
		t.Error("a point has two names: 0 and -0")
	}
	for query, want := range map[string]search.SuggestQuery{
		"text=be":   {Text: "be", Size: 10},
		"text=the+": {Text: "the ", Size: 10},
		"text=%E6%9D%B1&lat=1&lon=2&unit=km&size=50": {Text: "東", Size: 50, Near: &search.Point{Lat: 1, Lon: 2}},
	} {
		w.do("GET", "/suggest?"+query, "").want(200)
		if got := x.typed.Load(); !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: %+v, want %+v", query, *got, want)
		}
	}
}

// distance is in the unit; an event without a place has none.
func TestSearchDistance(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	for query, want := range map[string]any{"": 31.821, "&unit=mi": 31.821, "&unit=km": 51.211} {
		r := w.do("GET", "/events?sort=distance&lat=51.05&lon=3.72"+query, "").want(200)
		if r.ids() != "ev-1 ev-2 ev-3" || r.event(0)["distance"] != 0.0 || r.event(2)["distance"] != nil {
			t.Fatalf("%s: %s", query, r.body)
		}
		if got := r.event(1)["distance"]; got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

// next goes through all pages, and is absent on the last.
func TestSearchPages(t *testing.T) {
	var events []*catalog.Event
	for i := range 7 {
		events = append(events, arena(fmt.Sprint("ev-", i)))
	}
	w, _ := newSearchWorld(t, nil, events...)
	var all []string
	path, pages := "/events?sort=name&size=3", 0
	for after := ""; ; pages++ {
		r := w.do("GET", path+after, "").want(200)
		all = append(all, strings.Fields(r.ids())...)
		if r.get("total") != 7.0 {
			t.Errorf("%s", r.body)
		}
		if r.str("next") == "" {
			break
		}
		after = "&after=" + r.str("next")
	}
	if pages != 2 || len(slices.Compact(all)) != 7 {
		t.Errorf("%d pages, %q", pages+1, all)
	}
	if r := w.do("GET", path+"&after=forged", "").want(400, codeInvalid); r.at() != "?after" {
		t.Errorf("%s", r.body)
	}
}

// facets by name, in the index's order; corrected says what was taken for what.
func TestSearchFacets(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	r := w.do("GET", "/events?searchText=lops&facets=city,venue,month,performer&size=1", "").want(200)
	want := `"facets":{"city":[{"value":"Antwerp","count":1},{"value":"Ghent","place":"BE","count":1}],` +
		`"venue":[{"id":"v-ev-2","value":"Club ev-2","count":1},{"id":"v-1","value":"The Hall","count":1}],` +
		`"month":[{"value":"2027-06","count":1},{"value":"2027-08","count":1}],"performer":[]},` +
		`"corrected":[{"word":"lops","for":["loops"]}]}`
	if !strings.HasSuffix(string(r.body), want) {
		t.Errorf("%s\nwant …%s", r.body, want)
	}
}

// status follows the clock and the sale, though the rest of a hit was made long ago.
func TestSearchStatus(t *testing.T) {
	e := arena("ev-1")
	e.OnSaleAt = catalog.At(testNow.Add(time.Hour))
	off := arena("ev-2")
	off.Cancelled = true
	w, x := newSearchWorld(t, nil, e, off)
	status := func(want string) {
		t.Helper()
		r := w.do("GET", "/events", "").want(200)
		if got := r.event(0)["status"]; got != want || r.event(1)["status"] != "cancelled" {
			t.Errorf("%v, want %v: %s", got, want, r.body)
		}
	}
	status("scheduled")
	w.clock.advance(time.Hour)
	status("on-sale")
	for i := range 5 {
		w.do("POST", "/events/ev-1/holds", `{"quantity":8}`, "X-User-Id", fmt.Sprint("u", i)).want(201)
	}
	status("sold-out")
	x.unsold = true
	status("on-sale")
	if r := w.do("GET", "/events", "").want(200); r.event(0)["availability"] != nil {
		t.Errorf("a sale that is not known: %s", r.body)
	}
	w.clock.advance(365 * 24 * time.Hour)
	status("ended")
}

// A list is no single event: no version, no ETag; caches may keep it for a moment.
func TestSearchHeaders(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	for path, age := range map[string]string{"/events": "public, max-age=1", "/suggest?text=a": "public, max-age=10"} {
		r := w.do("GET", path, "", "If-None-Match", "*", "Min-Event-Version", "7").want(200)
		if r.header.Get("Cache-Control") != age || r.header.Get("Event-Version") != "" || r.header.Get("ETag") != "" {
			t.Errorf("%s: %v", path, r.header)
		}
		head := w.do("HEAD", path, "").want(200)
		if len(head.body) != 0 || head.header.Get("Content-Length") != fmt.Sprint(len(r.body)) {
			t.Errorf("%s: HEAD %v %q", path, head.header, head.body)
		}
		if r := w.do("POST", path, "{}").want(405, codeMethod); r.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %v", path, r.header)
		}
		w.do("GET", path, "{}").want(400)
	}
	w.do("GET", "/events/", "").want(404)
}

// A page of long events is whole, and the next one after it too.
func TestSearchLargePage(t *testing.T) {
	var events []*catalog.Event
	for i := range 200 {
		e := arena(fmt.Sprint("ev-", i))
		e.Description = strings.Repeat("long ", 4000)
		events = append(events, e)
	}
	w, _ := newSearchWorld(t, nil, events...)
	for range 2 {
		if r := w.do("GET", "/events?size=200", "").want(200); len(r.list("events")) != 200 || len(r.body) < 4_000_000 {
			t.Errorf("%d bytes", len(r.body))
		}
		w.do("GET", "/events?size=1", "").want(200)
	}
}

// What a search can end with: the query's own fault, time, no index.
func TestSearchFailures(t *testing.T) {
	w, x := newSearchWorld(t, nil, three()...)
	for _, path := range []string{"/events", "/suggest?text=a"} {
		for _, row := range []struct {
			err    error
			status int
			code   string
		}{
			{fmt.Errorf("ask: %w", &search.BadQuery{At: "?after", Detail: "is old"}), 400, codeInvalid},
			{fmt.Errorf("walk: %w", search.ErrBudget), 503, codeOverloaded},
			{context.DeadlineExceeded, 503, codeOverloaded},
			{search.ErrClosed, 503, codeUnavailable},
			{context.Canceled, 503, codeUnavailable},
			{fmt.Errorf("%w: n2", actors.ErrUnavailable), 503, codeUnavailable},
			{actors.ErrOverloaded, 503, codeOverloaded},
			{actors.ErrUnknown, 503, codeUnavailable},
		} {
			x.intercept(func(context.Context) error { return row.err })
			r := w.do("GET", path, "").want(row.status, row.code)
			if r.get("executed") != false || strings.Contains(string(r.body), "n2") {
				t.Errorf("%s: %s", path, r.body)
			}
			if row.status == 400 && (r.at() != "?after" || !strings.Contains(string(r.body), "is old")) {
				t.Errorf("%s: %s", path, r.body)
			}
		}
		x.intercept(func(context.Context) error { return errors.New("a secret") })
		if r := w.do("GET", path, "").want(500, codeInternal); strings.Contains(string(r.body), "secret") {
			t.Errorf("%s: %s", path, r.body)
		}
		x.intercept(func(context.Context) error { panic("a bug") })
		w.do("GET", path, "").want(500, codeInternal)
		x.before.Store(nil)
		w.do("GET", path, "").want(200)
	}
	none := newWorld(t, nil)
	for _, path := range []string{"/events", "/suggest?text=a"} {
		if r := none.do("GET", path, "").want(503, codeUnavailable); r.get("executed") != false {
			t.Errorf("%s", r.body)
		}
	}
	none.do("GET", "/events?lat=91", "").want(400, codeInvalid)
}

// A search that takes too long is ended: by the node's bound or the client's, which
// ever is less.
func TestSearchDeadline(t *testing.T) {
	w, x := newSearchWorld(t, func(c *Config) { c.SearchTimeout = 100 * time.Millisecond }, three()...)
	var left time.Duration
	x.intercept(func(ctx context.Context) error {
		end, ok := ctx.Deadline()
		if left = time.Until(end); !ok {
			left = time.Hour
		}
		<-ctx.Done()
		return search.ErrBudget
	})
	for ms, most := range map[string]time.Duration{"": 100, "30000": 100, "20": 20} {
		r := w.do("GET", "/events?searchText=a", "", headerDeadline, ms).want(503, codeOverloaded)
		if left > most*time.Millisecond || left <= 0 || r.header.Get("Retry-After") == "" {
			t.Errorf("%sms: %v left: %v", ms, left, r.header)
		}
	}
	for _, bad := range []string{"0", "x", "30001"} {
		if r := w.do("GET", "/events", "", headerDeadline, bad).want(400, codeInvalid); r.at() != headerDeadline {
			t.Errorf("%s", r.body)
		}
	}
}

// The context of a search is one: what is made of it ends with it.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &budget{Context: context.Background(), deadline: time.Now().Add(time.Second)}
		child, cancel := context.WithTimeout(b, time.Hour)
		defer cancel()
		<-time.After(time.Second - 1)
		if b.Err() != nil || child.Err() != nil {
			t.Error("it ended before its time")
		}
		began := time.Now()
		<-child.Done()
		<-b.Done()
		if time.Since(began) != 1 || b.Err() != context.DeadlineExceeded || child.Err() != context.DeadlineExceeded {
			t.Errorf("after %v: %v, %v", time.Since(began), b.Err(), child.Err())
		}
		late := &budget{Context: context.Background(), deadline: time.Now().Add(-time.Second)}
		<-late.Done()
	})
}

// A drained node sends new connections elsewhere.
func TestSearchDrained(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	w.client.CloseIdleConnections()
	w.srv.Drain()
	resp, err := http.Get("http://" + w.addr + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 503 || !resp.Close {
		t.Errorf("%v", resp)
	}
	w.srv.Undrain()
}

// Latency is told by what a search is made of.
func TestSearchMetrics(t *testing.T) {
	w, x := newSearchWorld(t, nil, three()...)
	for _, query := range []string{"events", "events?searchText=a", "events?searchText=++", "events?lat=1&lon=1",
		"events?lat=1&lon=1&searchText=a", "events?lat=1&lon=1&searchText=b", "suggest?text=a", "suggest?text=b",
		"suggest?text=c"} {
		w.do("GET", "/"+query, "").want(200)
	}
	w.do("GET", "/events?lat=91&lon=1", "").want(400) // never reached the index
	x.intercept(func(context.Context) error { return search.ErrBudget })
	w.do("GET", "/events?venueId=v", "").want(503)
	const count = `boxoffice_http_search_duration_seconds_count{kind=`
	w.told(count+`"filter"} 3`, count+`"text"} 1`, count+`"geo"} 1`, count+`"text+geo"} 2`, count+`"suggest"} 3`,
		`boxoffice_http_requests_total{method="GET",route="/events",status="200"} 6`)
}

// GET /suggest: names of all kinds.
func TestSuggest(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	for query, want := range map[string]string{
		"ada":                              `{"kind":"event","id":"ev-1","name":"Ada and the Loops","place":"Ghent",`,
		"The+Ha":                           `{"kind":"venue","id":"v-1","name":"The Hall","place":"Ghent","events":1}`,
		"zo%C3%AB":                         `{"kind":"performer","id":"p-ev-2","name":"Zoë ev-2","events":1}`,
		"gh&lat=51.05&lon=3.72":            `{"kind":"city","name":"Ghent","place":"BE","events":1,"distance":0.000}`,
		"loops&unit=km&lat=51.05&lon=3.72": `"place":"Antwerp","events":1,"distance":51.211}`,
		"none":                             `{"suggestions":[]}`,
	} {
		if r := w.do("GET", "/suggest?text="+query, "").want(200); !strings.Contains(string(r.body), want) {
			t.Errorf("%s: %s, want %s", query, r.body, want)
		}
	}
	if r := w.do("GET", "/suggest?text=a&size=2", "").want(200); len(r.list("suggestions")) != 2 {
		t.Errorf("%s", r.body)
	}
}
