package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/salepb"
	"boxoffice/storage/search"
	"boxoffice/storage/search/searchtest"

	"github.com/valyala/fasthttp"
)

// The benchmarks of a real index have so many events, unless SEARCH_EVENTS says another
// number. With SEARCH_MILLION the index is kept in that folder for the next time:
//
//	SEARCH_MILLION=folder SEARCH_EVENTS=1000000 go test ./httpapi -run - -bench RealIndex -benchtime 1x -timeout 1h
const fewEvents = 20_000

// realIndex is an index of made-up events on disk, with what sales have done to them.
type realIndex struct {
	*search.Index
	catalog *searchtest.Catalog
	events  int
}

// openReal opens an index that keeps pages in so many bytes, and makes what is missing
// of it.
func openReal(b *testing.B, cache int64) *realIndex {
	x := &realIndex{catalog: searchtest.NewCatalog(searchtest.Large), events: fewEvents}
	if n, err := strconv.Atoi(os.Getenv("SEARCH_EVENTS")); err == nil {
		x.events = n
	}
	folder := os.Getenv("SEARCH_MILLION")
	if folder == "" {
		folder = b.TempDir()
	}
	cfg := search.DefaultConfig(filepath.Join(folder, fmt.Sprint("http-", x.events)))
	cfg.CacheBytes, cfg.Render = cache, RenderHit
	cfg.Now = func() int64 { return searchtest.Epoch }
	var err error
	if x.Index, err = search.Open(cfg); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := x.Close(); err != nil {
			b.Error(err)
		}
	})
	at, _ := strconv.Atoi(string(x.Position(1)))
	for ; at < x.events; at = min(x.events, at+2000) {
		batch := search.Batch{Source: 1, Position: []byte(strconv.Itoa(min(x.events, at+2000)))}
		for i := at; i < min(x.events, at+2000); i++ {
			e := x.catalog.Event(i)
			e.Source = stored(&e)
			batch.Events = append(batch.Events, e)
		}
		if err := x.Apply(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
	for i := range x.events {
		x.SetLive(fmt.Sprintf("e%07d", i), x.catalog.Live(i, 1))
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C { // for names: collecting them would be measured too
		names, err := x.Suggest(b.Context(), search.SuggestQuery{Text: "new york", Size: 1})
		if len(names) > 0 {
			return x
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// stored is what a node's index keeps of an event for its pages.
func stored(e *search.Event) []byte {
	c := &catalog.Event{
		ID: e.ID, Title: e.Title, Description: e.Description, Genre: e.Genre,
		StartsAt: catalog.Time(e.StartsAt), OnSaleAt: catalog.Time(e.OnSaleAt), Cancelled: e.Cancelled,
		Venue: catalog.Venue{ID: e.Venue.ID, Name: e.Venue.Name, City: e.Venue.City, Region: e.Venue.Region,
			Country:  e.Venue.Country,
			Location: &catalog.Location{Lat: e.Venue.Location.Lat, Lon: e.Venue.Location.Lon}},
		Inventory: catalog.Inventory{Currency: "USD"},
	}
	for _, p := range e.Performers {
		c.Performers = append(c.Performers, catalog.Performer{ID: p.ID, Name: p.Name})
	}
	return salepb.EncodeDetails(salepb.Details{Event: c, MinPrice: 4500, MaxPrice: 12500})
}

// pathOf is the request of a query of searchtest's kinds.
func pathOf(q *search.Query) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	set("searchText", q.Text)
	set("venueId", q.Venue)
	set("performerId", q.Performer)
	set("genre", q.Genre)
	if q.Near != nil {
		set("lat", fmt.Sprint(q.Near.Lat))
		set("lon", fmt.Sprint(q.Near.Lon))
		set("radius", fmt.Sprintf("%.3f", q.Radius/1000))
		set("unit", "km")
	}
	if q.StartsAfter != 0 {
		set("startsAfter", time.UnixMilli(q.StartsAfter).UTC().Format(time.RFC3339))
	}
	if q.Availability == search.Available {
		set("availability", "available")
	}
	return "/events?" + v.Encode()
}

// usual are queries as people ask them: half of them in full, the others by a word, by
// name and place, at a venue, or of a performer.
func (x *realIndex) usual(n int) []search.Query {
	kinds := []searchtest.Kind{
		searchtest.Full, searchtest.Full, searchtest.Full, searchtest.Full,
		searchtest.TextGeo, searchtest.TwoWords, searchtest.AtVenue, searchtest.Of,
	}
	lists := map[searchtest.Kind][]search.Query{}
	for _, k := range kinds {
		lists[k] = x.catalog.Queries(k, x.events, n)
	}
	var all []search.Query
	for i := range n {
		all = append(all, lists[kinds[i%len(kinds)]][i])
	}
	return all
}

// driveAll sends requests, one after the other on each of so many connections, for a time,
// and gives how many were answered.
func driveAll(b *testing.B, addr string, paths []string, conns int, each time.Duration) int {
	b.Helper()
	requests := make([][]byte, len(paths))
	for i, p := range paths {
		requests[i] = []byte("GET " + p + " HTTP/1.1\r\nHost: x\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
	}
	var next, failed atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range conns {
		all.Go(func() {
			nc, err := net.Dial("tcp", addr)
			if err != nil {
				failed.Add(1)
				return
			}
			defer nc.Close()
			br := bufio.NewReader(nc)
			var resp fasthttp.Response
			for time.Since(began) < each {
				request := requests[int(next.Add(1))%len(requests)]
				if _, err := nc.Write(request); err != nil || resp.Read(br) != nil || resp.StatusCode() != 200 {
					failed.Add(1)
					return
				}
			}
		})
	}
	all.Wait()
	if failed.Load() > 0 {
		b.Fatal(failed.Load(), "connections failed")
	}
	return int(next.Load())
}

// BenchmarkRealIndexCached asks what a real index has in its cache, a whole page and one of
// a few hits, beside a handler that answers the same bytes as a constant: ratio is of
// answers in the same time, by turns.
func BenchmarkRealIndexCached(b *testing.B) {
	x := openReal(b, 64<<20)
	w := newWorld(b, func(c *Config) { c.Search, c.MaxRequestsPerConn = x, 0 })
	for name, wanted := range map[string]func(hits int) bool{
		"page": func(hits int) bool { return hits == pageSize },
		"few":  func(hits int) bool { return hits > 0 && hits < 4 },
	} {
		b.Run(name, func(b *testing.B) { x.cached(b, w, wanted) })
	}
}

// cached asks a query whose page has as many hits as wanted.
func (x *realIndex) cached(b *testing.B, w *world, wanted func(hits int) bool) {
	path := ""
	for _, q := range x.usual(4000) {
		if page, err := x.Search(b.Context(), q); err == nil && wanted(len(page.Hits)) {
			path = pathOf(&q)
			break
		}
	}
	body := w.do("GET", path, "").want(200).body
	constant := &fasthttp.Server{NoDefaultServerHeader: true, Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType(jsonType)
		ctx.SetBody(body)
	}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	go func() { _ = constant.Serve(ln) }() // ends with the listener
	const conns, rounds, turn = 16, 20, 250 * time.Millisecond
	for b.Loop() {
		var answers [2]int
		var used [2]time.Duration
		for round := range rounds {
			before := cpuTime()
			answers[round%2] += driveAll(b, []string{ln.Addr().String(), w.addr}[round%2], []string{path}, conns, turn)
			used[round%2] += cpuTime() - before
		}
		seconds := (rounds / 2 * turn).Seconds()
		b.ReportMetric(float64(answers[0])/seconds, "constant/s")
		b.ReportMetric(float64(answers[1])/seconds, "search/s")
		b.ReportMetric(float64(answers[1])/float64(answers[0]), "ratio")
		b.ReportMetric(float64(used[0])/float64(answers[0])/float64(used[1])*float64(answers[1]), "cpu-ratio")
	}
	b.ReportMetric(float64(len(body)), "bytes")
}

// BenchmarkRealIndexMix asks usual queries of an index that keeps no pages, over loopback
// and, by turns, as calls: share is what HTTP leaves of them.
func BenchmarkRealIndexMix(b *testing.B) {
	x := openReal(b, 0)
	w := newWorld(b, func(c *Config) { c.Search, c.MaxRequestsPerConn = x, 0 })
	queries := x.usual(4000)
	var paths []string
	for i := range queries {
		paths = append(paths, pathOf(&queries[i]))
	}
	for _, p := range paths[:8] {
		if body := string(w.do("GET", p, "").want(200).body); !strings.HasPrefix(body, `{"events":[`) {
			b.Fatalf("%s: %s", p, body)
		}
	}
	const conns, rounds, turn = 16, 10, time.Second
	for b.Loop() {
		var calls, answers int
		for range rounds / 2 {
			answers += driveAll(b, w.addr, paths, conns, turn)
			calls += x.callAll(b, queries, 2, turn)
		}
		seconds := (rounds / 2 * turn).Seconds()
		b.ReportMetric(float64(calls)/seconds, "calls/s")
		b.ReportMetric(float64(answers)/seconds, "search/s")
		b.ReportMetric(float64(answers)/float64(calls), "share")
	}
}

// callAll asks queries from so many goroutines, for a time, and gives how many were
// answered.
func (x *realIndex) callAll(b *testing.B, queries []search.Query, workers int, each time.Duration) int {
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range workers {
		all.Go(func() {
			for time.Since(began) < each {
				if _, err := x.Search(context.Background(), queries[int(next.Add(1))%len(queries)]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return int(next.Load())
}
