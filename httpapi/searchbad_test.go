package httpapi

import (
	"fmt"
	"math"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"boxoffice/actors/sale/catalog"
	"boxoffice/storage/search"

	"pgregory.net/rapid"
)

// faults are all places that an answer of 400 names, in their order.
func (r *reply) faults() string {
	r.t.Helper()
	var at []string
	for _, e := range r.list("errors") {
		at = append(at, e.(map[string]any)["at"].(string))
	}
	return strings.Join(at, " ")
}

// badNumbers are what no number of a query may be: what a parser of floats takes and
// people do not write, and what it does not take.
var badNumbers = []string{"", "NaN", "nan", "Inf", "-Inf", "%2BInf", "infinity", "0x1p-2", "0X1P4", "1_0", "1e1", "1E1",
	"%2B1", "+1", "1+", ".5", "5.", "-", "--1", "1.2.3", "1,5", "%D9%A1", "%EF%BC%91", "one", "1%00", "1%0A",
	"181", "-181", "1e400", "9999999999999999999999999999999999", "4242424242424242", "null", "1.0f"}

// TestSearchBadInput has a row for each way in which a search can be wrong, and each
// wrong parameter must be named.
func TestSearchBadInput(t *testing.T) {
	w, x := newSearchWorld(t, nil, three()...)
	rows := map[string]string{
		// Names.
		"q=a": "?q", "SearchText=a": "?SearchText", "searchtext=a": "?searchtext", "limit=1": "?limit",
		"=": "?", "&=&": "?", "%zz=1": "?", "%73ize=0": "?size", "a%00b=1": "?", "page=1&offset=2": "?page ?offset",
		// Twice.
		"size=1&size=1": "?size", "searchText=a&searchText=": "?searchText", "lat=1&lat=2&lon=1": "?lat",
		"lat=x&lat=1&lon=1": "?lat ?lat",
		// Nothing where something is meant.
		"genre=+": "?genre", "venueId=+": "?venueId", "size=+": "?size", "lat=&lon=1": "?lat", "lat=1&lon": "?lon",
		"lat=&lon=&radius=5": "?radius", "lat=&lon=&sort=distance": "?sort", "size=&size=1": "?size",
		// Places.
		"lat=1": "?lon", "lon=1": "?lat", "lat=1&radius=5": "?lon", "lat=x": "?lat ?lon", "radius=5": "?radius",
		"sort=distance": "?sort", "radius=5&sort=distance": "?radius ?sort", "lat=91&lon=-181": "?lat ?lon",
		"lat=-90.0001&lon=180.0001": "?lat ?lon", "lat=1&lon=1&radius=0": "?radius", "lat=1&lon=1&radius=-1": "?radius",
		"lat=1&lon=1&radius=0.000": "?radius", "lat=1&lon=1&radius=12437": "?radius",
		"lat=1&lon=1&unit=km&radius=20015.2": "?radius", "lat=1&lon=1&radius=20000": "?radius",
		"lat=1&lon=1&radius=1000000000": "?radius", "lat=1&lon=1&unit=m": "?unit", "unit=KM": "?unit",
		// Words of their own.
		"sort=price": "?sort", "sort=DATE": "?sort", "sort=date,name": "?sort", "availability=none": "?availability",
		"fuzzy=on": "?fuzzy", "fuzzy=1": "?fuzzy", "facets=color": "?facets", "facets=genre,": "?facets",
		"facets=genre,genre": "?facets", "facets=genre%2Ccity%2Cgenre": "?facets", "facets=genre+city": "?facets",
		"size=0": "?size", "size=201": "?size", "size=-1": "?size", "size=1.0": "?size", "size=1e1": "?size",
		"size=1000000": "?size", "size=%31%30%30%30": "?size", "size=99999999999999999999": "?size",
		// Ids and cursors.
		"venueId=a/b": "?venueId", "venueId=a%20b": "?venueId", "performerId=%C3%A9": "?performerId",
		"venueId=" + strings.Repeat("a", 65): "?venueId", "venueId=4242424242424242": "?venueId", "after=a.b": "?after",
		"after=forged": "?after", "after=" + strings.Repeat("a", 1025): "?after", "performerId=*": "?performerId",
		// Times.
		"startsAfter=2027": "?startsAfter", "startsAfter=2027-06-01": "?startsAfter",
		"startsAfter=2027-06-01T19:30:00": "?startsAfter", "startsAfter=1811836800": "?startsAfter",
		"startsBefore=2027-06-01T19:30:00+02:00": "?startsBefore", "startsBefore=2027-02-30T00:00:00Z": "?startsBefore",
		"startsBefore=2027-06-01T24:00:00Z": "?startsBefore", "startsBefore=2027-06-01T9:30:00.25Z": "?startsBefore",
		"startsBefore=2027-06-01T19:30:00,5Z":                                "?startsBefore",
		"startsAfter=2027-06-02T00:00:00Z&startsBefore=2027-06-01T00:00:00Z": "?startsBefore",
		"startsAfter=2027-06-01T00:00:00Z&startsBefore=2027-06-01T00:00:00Z": "?startsBefore",
		"startsAfter=" + strings.Repeat("2", 100):                            "?startsAfter",
		// Texts.
		"searchText=%": "?searchText", "searchText=%4": "?searchText", "searchText=%zz": "?searchText",
		"searchText=%ff": "?searchText", "searchText=%C3": "?searchText", "searchText=%ED%A0%80": "?searchText",
		"searchText=%C0%80": "?searchText", "searchText=a%00b": "?searchText", "searchText=a%0Ab": "?searchText",
		"searchText=a%09b": "?searchText", "searchText=%7F": "?searchText", "searchText=%C2%85": "?searchText",
		"searchText=" + strings.Repeat("a", 513):  "?searchText",
		"searchText=" + strings.Repeat("a+", 600): "?searchText",
		"searchText=" + strings.Repeat("b+", 200): "?searchText", // within the bytes: the index counts the words
		"searchText=4242+4242+4242+4242":          "?searchText",
		"genre=" + strings.Repeat("%C3%A9", 257):  "?genre",
		"genre=%C3%28":                            "?genre",
		// All at once.
		"lat=91&lon=NaN&radius=-1&size=0&sort=x&facets=y&unit=z&venueId=%20&color=red&startsAfter=now&after=!": "" +
			"?lat ?lon ?radius ?size ?sort ?facets ?unit ?venueId ?color ?startsAfter ?after",
	}
	for _, bad := range badNumbers {
		rows["lat=1&radius=1&lon="+bad] = "?lon"
		if bad != "181" {
			rows["lon=1&lat="+bad] = "?lat"
		}
		if bad != "181" && bad != "-181" && bad != "" {
			rows["lat=1&lon=1&size="+bad] = "?size"
		}
	}
	for query, want := range rows {
		x.asked.Store(nil)
		r := w.do("GET", "/events?"+query, "")
		if r.status != 400 {
			t.Errorf("%s: %d", clip(query), r.status)
			continue
		}
		r.want(400, codeInvalid)
		if r.faults() != want {
			t.Errorf("%s: at %q, want %q: %s", clip(query), r.faults(), want, r.body)
		}
		if r.get("executed") != false || r.get("retryable") != false || echoes(r, "4242") {
			t.Errorf("%s: %s", clip(query), r.body)
		}
		// What the index must judge: how many words a text has, and its cursors.
		judged := query == "after=forged" || strings.HasPrefix(query, "searchText=b+")
		if !judged && x.asked.Load() != nil {
			t.Errorf("%s: the index was asked", clip(query))
		}
	}
}

// The fields of a form that nobody filled in are no conditions, and what is between two
// ampersands is no parameter.
func TestSearchEmptyFields(t *testing.T) {
	w, x := newSearchWorld(t, nil, three()...)
	for _, query := range []string{
		"searchText=&venueId=&performerId=&lat=&lon=&radius=",
		"genre=&unit=&startsAfter=&startsBefore=&availability=&fuzzy=&facets=&sort=&size=&after=",
		"lat=&lon", "&", "&&size=&", "searchText",
	} {
		w.do("GET", "/events?"+query, "").want(200)
		if asked := x.asked.Load(); asked == nil || !reflect.DeepEqual(*asked, search.Query{Size: pageSize}) {
			t.Errorf("%s: asked %+v", query, asked)
		}
	}
	for _, query := range []string{"text=a&lat=&lon=&unit=&size=", "text=a&"} {
		w.do("GET", "/suggest?"+query, "").want(200)
	}
	w.do("GET", "/events/ev-1?&", "").want(200)
	w.do("GET", "/events/ev-1/tickets?section=", "").want(400, codeInvalid)
}

// The same for suggestions.
func TestSuggestBadInput(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	for query, want := range map[string]string{
		"": "?text", "text=": "?text", "text=+": "?text", "text=a&text=b": "?text", "text=%ff": "?text",
		"text=a%00": "?text", "text=" + strings.Repeat("a", 513): "?text", "searchText=a": "?searchText ?text",
		"text=a&radius=5": "?radius", "text=a&size=51": "?size", "text=a&size=0": "?size", "text=a&lat=1": "?lon",
		"text=a&lon=1": "?lat", "text=a&lat=NaN&lon=0x1p-2": "?lat ?lon", "size=0&lat=91": "?size ?lat ?lon ?text",
		"text=a&unit=yd": "?unit", "text=4242424242424242": "?text", "text=a&size=+": "?size",
	} {
		if r := w.do("GET", "/suggest?"+query, "").want(400, codeInvalid); r.faults() != want {
			t.Errorf("%s: at %q, want %q: %s", clip(query), r.faults(), want, r.body)
		}
	}
}

// What is no request at all, or is too long to be one.
func TestSearchFraming(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	for query, status := range map[string]int{
		"searchText=a\x00b":                        400,
		"searchText=a\x7f":                         400,
		"searchText=\xff\xfe":                      400,
		"searchText=a b":                           400,
		"searchText=a#b":                           400,
		"searchText=Zo\u00eb":                      200, // UTF-8 as it is: curl sends it so
		"searchText=" + strings.Repeat("a+", 1000): 400,
		"searchText=" + strings.Repeat("a+", 2000): 414,
		"searchText=" + strings.Repeat("a+", 5000): 414,
		strings.Repeat("size=1&", 250):             400,
	} {
		resp, body, _ := w.raw("GET /events?" + query + " HTTP/1.1\r\nHost: x\r\n\r\n")
		if resp.StatusCode != status || resp.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %d, want %d: %s", clip(query), resp.StatusCode, status, body)
		}
	}
}

// TestSearchPolesAndBack: places at the edges of the map are places.
func TestSearchPolesAndBack(t *testing.T) {
	w, _ := newSearchWorld(t, nil, three()...)
	for query, want := range map[string]string{
		"lat=89.9&lon=0&radius=200&unit=km": "", "lat=-90&lon=0&radius=1": "", "lat=0&lon=179.9&radius=50": "",
		"lat=0&lon=-180&radius=1": "", "lat=51&lon=4&radius=12436": "ev-1 ev-2",
		"lat=51&lon=4&radius=20015&unit=km": "ev-1 ev-2", "lat=51&lon=4&radius=0.000001": "",
		"lat=-0.0&lon=00012.5": "ev-1 ev-2 ev-3", "lat=40.712776200000001&lon=-74.00597400000001": "ev-1 ev-2 ev-3",
	} {
		if r := w.do("GET", "/events?"+query, "").want(200); r.ids() != want {
			t.Errorf("%s: %q, want %q", query, r.ids(), want)
		}
	}
}

// FuzzSearchQuery: whatever is accepted is within the bounds of package search, and
// means the same when it is written anew.
func FuzzSearchQuery(f *testing.F) {
	for _, query := range []string{"", "searchText=AC%2FDC+live&lat=51.05&lon=-3.7&radius=25&unit=km&sort=distance",
		"startsAfter=2027-06-01T00:00:00Z&startsBefore=2027-07-01T00:00:00%2B02:00", "facets=genre,city&after=x",
		"venueId=v&performerId=p&genre=Rock&availability=few&fuzzy=off&sort=onSale", "lat=NaN&lon=0x1", "size=1_0&&=",
		"searchText=%zz&searchText=%C2%85", "radius=1&lat=1", "startsBefore=0001-01-01T00:00:00Z"} {
		f.Add([]byte(query))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { checkQuery(t, raw) })
}

// The same with queries that are made of what queries are made of, so that most are
// nearly right and some are.
func TestSearchQueryRandomly(t *testing.T) {
	values := append([]string{"1", "-45.5", "179.9", "20", "200", "12436", "a", "AC%2FDC", "x+y", "%C3%A9", "km", "few",
		"available", "off", "genre,city", "month", "date", "distance", "onSale", "2027-06-01T00:00:00Z",
		"2026-01-01T12:30:00.25%2B02:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}, badNumbers...)
	accepted, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var pairs []string
		names := rapid.SliceOfNDistinct(rapid.IntRange(0, len(searchParams)-1), 0, 4, rapid.ID)
		number := rapid.StringMatching(`-?[0-9]{1,3}\.?[0-9]{0,9}`)
		for _, i := range names.Draw(t, "names") {
			value := rapid.OneOf(rapid.SampledFrom(values), rapid.String(), number)
			pairs = append(pairs, searchParams[i].name+"="+value.Draw(t, "value"))
		}
		all++
		if checkQuery(t, []byte(strings.Join(pairs, "&"))) {
			accepted++
		}
	})
	if accepted*20 < all {
		t.Errorf("%d of %d are accepted: the others test nothing", accepted, all)
	}
}

// checkQuery reports whether a query is accepted, and holds it to what that means.
func checkQuery(t rapid.TB, raw []byte) bool {
	t.Helper()
	q, ok := readSearch(raw)
	if !ok {
		return false
	}
	checkBounds(t, &q.ask)
	again, ok := readSearch([]byte(written(q)))
	if !ok || !reflect.DeepEqual(again.ask, q.ask) {
		t.Errorf("%q: %+v, written %q: %+v %v", raw, q.ask, written(q), again.ask, ok)
	}
	return true
}

func readSearch(raw []byte) (*searchQuery, bool) {
	q := &searchQuery{ask: search.Query{Size: pageSize}}
	return q, len(readQuery(raw, q, nil)) == 0
}

func checkBounds(t rapid.TB, q *search.Query) {
	t.Helper()
	inside := func(v, least, most float64) bool { return v >= least && v <= most }
	if q.Near != nil && (!inside(q.Near.Lat, -90, 90) || !inside(q.Near.Lon, -180, 180)) ||
		!inside(q.Radius, 0, maxRadius) || math.IsNaN(q.Radius) || q.Near == nil && q.Radius != 0 ||
		q.Size < 1 || q.Size > search.MaxSize || len(q.Text) > search.MaxTextBytes || len(q.Facets) > len(facets) ||
		q.StartsAfter < 0 || q.StartsBefore < 0 || q.StartsBefore > 0 && q.StartsBefore <= q.StartsAfter ||
		q.Sort == search.ByDistance && q.Near == nil || int(q.Sort) >= len(sorts) || len(q.Venue) > maxID {
		t.Errorf("%+v", q)
	}
}

// written is a query as a client would write it.
func written(q *searchQuery) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	set("searchText", q.ask.Text)
	set("venueId", q.ask.Venue)
	set("performerId", q.ask.Performer)
	set("genre", q.ask.Genre)
	if q.known {
		set("lat", number(q.lat))
		set("lon", number(q.lon))
		if q.radius > 0 {
			set("radius", number(q.radius))
		}
	}
	set("unit", units[q.unit])
	for name, ms := range map[string]int64{"startsAfter": q.ask.StartsAfter, "startsBefore": q.ask.StartsBefore} {
		if ms > 0 {
			set(name, strings.Trim(string(appendTime(nil, catalog.Time(ms))), `"`))
		}
	}
	set("availability", availabilities[q.ask.Availability])
	if q.ask.Exact {
		set("fuzzy", "off")
	}
	var names []string
	for _, f := range q.ask.Facets {
		names = append(names, facets[f])
	}
	set("facets", strings.Join(names, ","))
	set("sort", sorts[q.ask.Sort])
	set("size", fmt.Sprint(q.ask.Size))
	set("after", q.ask.After)
	return v.Encode()
}

// echoes reports whether an answer has a text anywhere but in its id, which is random.
func echoes(r *reply, text string) bool {
	id, _ := r.get("requestId").(string)
	return strings.Contains(strings.ReplaceAll(string(r.body), id, ""), text)
}
