package httpapi

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale/catalog"
	"boxoffice/storage/search"

	"github.com/valyala/fasthttp"
)

// cachedIndex has the answer to every search ready, as an index has whose cache knows
// the query.
type cachedIndex struct {
	page  *search.Page
	names []search.Suggestion
}

func (x *cachedIndex) Search(context.Context, search.Query) (*search.Page, error) { return x.page, nil }

func (x *cachedIndex) Suggest(context.Context, search.SuggestQuery) ([]search.Suggestion, error) {
	return x.names, nil
}

// newCachedIndex has a page of so many events of a usual size: 0.7 kB as JSON.
func newCachedIndex(t testing.TB, hits int) *cachedIndex {
	e := arena("ev-1")
	e.Description = strings.Repeat("An evening with a band that you know. ", 4)
	e.Venue.Region = "East Flanders"
	e.Performers = append(e.Performers, catalog.Performer{ID: "p-2", Name: "The Loops"})
	source := rendered(t, actors.View{Event: e, MinPrice: 9900, MaxPrice: 12500})
	page := &search.Page{Total: 12_345, Next: strings.Repeat("cursor", 20)}
	for i := range hits {
		page.Hits = append(page.Hits, search.Hit{ID: e.ID, Source: source, StartsAt: int64(e.StartsAt),
			OnSaleAt: int64(e.OnSaleAt), Distance: 1234.5 * float64(i), Score: 17.25 / float64(i+1)})
		page.Live = append(page.Live, search.Live{Version: 7, Total: 20_000, Available: 12_345, Held: 1000,
			Booked: 6655, Waiting: 17})
	}
	x := &cachedIndex{page: page}
	for i := range suggestSize {
		x.names = append(x.names, search.Suggestion{Kind: search.KindPerformer, ID: fmt.Sprint("p-", i),
			Name: "Ada and the Loops", Events: i, Distance: -1})
	}
	return x
}

const searchPath = "/events?searchText=ada+loops&lat=51.05&lon=3.72&radius=25"

// TestSearchCosts: what a page costs beside the index, in allocations: the query's
// own text and point, which the index may keep, and its deadline; nothing a hit.
func TestSearchCosts(t *testing.T) {
	const query, pools = 2 + 1, 2 // what the collector takes from pools is made anew
	// No call keeps the memory for 200 hits.
	for hits, most := range map[int]float64{0: query, 20: query, 200: query + 3} {
		w := newWorld(t, func(c *Config) { c.Search = newCachedIndex(t, hits) })
		ctx := newCtx()
		ctx.Request.SetRequestURI(searchPath)
		if n := testing.AllocsPerRun(500, func() {
			ctx.Response.Reset()
			w.srv.serve(ctx)
		}); n > most+pools {
			t.Errorf("%d hits: %v allocations, at most %v", hits, n, most)
		}
		if ctx.Response.StatusCode() != 200 {
			t.Fatalf("%s", ctx.Response.Body())
		}
	}
}

// BenchmarkPage encodes a page of twenty hits, and what is made of each once.
func BenchmarkPage(b *testing.B) {
	x := newCachedIndex(b, 20)
	q := &searchQuery{ask: search.Query{Text: "ada", Near: &search.Point{}}}
	b.Run("page", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf = appendPage(buf[:0], x.page, q, testNow.UnixMilli())
		}
		b.SetBytes(int64(len(buf)))
	})
	b.Run("query", func(b *testing.B) {
		raw := []byte(searchPath[len("/events?"):])
		scratch := make([]byte, 64)
		b.ReportAllocs()
		for b.Loop() {
			*q = searchQuery{}
			if errs := readQuery(raw, q, scratch); len(errs) > 0 {
				b.Fatal(errs)
			}
		}
	})
	b.Run("handler", func(b *testing.B) {
		w := newWorld(b, func(c *Config) { c.Search = x })
		ctx := newCtx()
		ctx.Request.SetRequestURI(searchPath)
		b.ReportAllocs()
		for b.Loop() {
			ctx.Response.Reset()
			w.srv.serve(ctx)
		}
	})
}

// BenchmarkSearch compares a search that the index has in its cache with a handler
// that answers the same bytes as a constant, over loopback and in one run. The ratio
// is what HTTP, the query and the live parts of twenty hits cost.
func BenchmarkSearch(b *testing.B) {
	w := newWorld(b, func(c *Config) { c.Search = newCachedIndex(b, 20) })
	for name, path := range map[string]string{"page": searchPath, "suggest": "/suggest?text=ada"} {
		b.Run(name, func(b *testing.B) {
			body := w.do("GET", path, "").want(200).body
			constant := &fasthttp.Server{Handler: func(ctx *fasthttp.RequestCtx) {
				ctx.SetContentType(jsonType)
				ctx.SetBody(body)
			}, NoDefaultServerHeader: true}
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer ln.Close()
			go func() { _ = constant.Serve(ln) }() // ends with the listener
			const conns, each, rounds = 16, 400, 40
			for b.Loop() {
				var took, used [2]time.Duration
				for round := range rounds {
					// Turn about, so that a slow moment of the machine hits both.
					before := cpuTime()
					took[round%2] += drive(b, []string{ln.Addr().String(), w.addr}[round%2], path, conns, each)
					used[round%2] += cpuTime() - before
				}
				total := float64(conns * each * rounds / 2)
				b.ReportMetric(total/took[0].Seconds(), "constant/s")
				b.ReportMetric(total/took[1].Seconds(), "search/s")
				b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
				b.ReportMetric(used[0].Seconds()/used[1].Seconds(), "cpu-ratio")
			}
			b.ReportMetric(float64(len(body)), "bytes")
		})
	}
}

// cpuTime is what this process has used so far, the driver included: a ratio of it
// holds on a machine that does other things too.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSearchRequest is all that HTTP adds to a search but the sockets.
func BenchmarkSearchRequest(b *testing.B) {
	w := newWorld(b, func(c *Config) { c.Search, c.MaxRequestsPerConn = newCachedIndex(b, 20), 0 })
	body := w.do("GET", searchPath, "").want(200).body
	constant := &fasthttp.Server{NoDefaultServerHeader: true, Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType(jsonType)
		ctx.SetBody(body)
	}}
	for name, srv := range map[string]*fasthttp.Server{"search": w.srv.http, "constant": constant} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			nc := &pages{&replayed{b: b, request: []byte("GET " + searchPath +
				" HTTP/1.1\r\nHost: x\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")}}
			g := newGate(nil, 1, 0, &connCounts{}, new(atomic.Bool))
			if err := srv.ServeConn(&conn{Conn: nc, gate: g}); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// pages is a replayed connection whose answers come in several writes.
type pages struct{ *replayed }

func (c *pages) Write(p []byte) (int, error) { return len(p), nil }
