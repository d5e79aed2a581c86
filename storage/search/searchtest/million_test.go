package searchtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"boxoffice/storage/search"
)

// The measurements want a folder, in which the index of a million events is kept for
// the next time:
//
//	SEARCH_MILLION=folder go test ./storage/search/searchtest -run Million -v -timeout 1h
//
// SEARCH_EVENTS makes it another number of events, SEARCH_TIME another time for each row.
const (
	folderVariable = "SEARCH_MILLION"
	eventsVariable = "SEARCH_EVENTS"
	timeVariable   = "SEARCH_TIME"
)

// million is a large index that is measured.
type million struct {
	testing.TB
	x       *search.Index
	catalog *Catalog
	events  int
	each    time.Duration // for a row
}

// openMillion opens the index, and makes what is missing of it.
func openMillion(t testing.TB) *million {
	t.Helper()
	folder := os.Getenv(folderVariable)
	if folder == "" {
		t.Skip("set " + folderVariable + " to a folder for the index of a million events")
	}
	m := &million{TB: t, catalog: NewCatalog(Large), events: 1_000_000, each: 2 * time.Second}
	if n, err := strconv.Atoi(os.Getenv(eventsVariable)); err == nil {
		m.events = n
	}
	if d, err := time.ParseDuration(os.Getenv(timeVariable)); err == nil {
		m.each = d
	}
	cfg := search.DefaultConfig(filepath.Join(folder, strconv.Itoa(m.events)))
	cfg.CacheBytes = 0
	cfg.Now = func() int64 { return Epoch + time.Now().UnixMilli()%day }
	before := heap()
	began := time.Now()
	x, err := search.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	m.x = x
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	if stats := m.stats(); stats.Events > 0 {
		t.Logf("start with %d events: %.1f s", stats.Events, time.Since(began).Seconds())
	}
	m.build()
	waitUntil(t, 10*time.Minute, func() bool { // for names: collecting them would be measured too
		found, err := x.Suggest(t.Context(), search.SuggestQuery{Text: "new york", Size: 1})
		return len(found) > 0 || err != nil
	})
	t.Logf("the index has %d MB of heap, with %d segments", int64(heap()-before)>>20, m.stats().Segments)
	return m
}

// stats are the index's.
func (m *million) stats() search.Stats {
	m.Helper()
	s, err := m.x.Stats()
	if err != nil {
		m.Fatal(err)
	}
	return s
}

// build applies what is missing, as the feed would: batches of 2,000.
func (m *million) build() {
	m.Helper()
	const size = 2000
	from, _ := strconv.Atoi(string(m.x.Position(1)))
	if from >= m.events {
		return
	}
	batches := make(chan []search.Event, 4)
	go func() {
		defer close(batches)
		for i := from; i < m.events; i += size {
			batch := make([]search.Event, 0, size)
			for j := i; j < min(m.events, i+size); j++ {
				batch = append(batch, m.catalog.Event(j))
			}
			batches <- batch
		}
	}()
	began, n := time.Now(), from
	for batch := range batches {
		n += len(batch)
		b := search.Batch{Source: 1, Position: []byte(strconv.Itoa(n)), Events: batch}
		if err := m.x.Apply(context.Background(), b); err != nil {
			m.Fatal(err)
		}
	}
	took := time.Since(began)
	stats := m.stats()
	m.Logf("build: %d events in %.0f s, %.0f/s; %.2f KB each on disk, %d segments",
		n-from, took.Seconds(), float64(n-from)/took.Seconds(),
		float64(stats.Bytes)/1e3/float64(stats.Events), stats.Segments)
}

// heap is how much memory Go has given out and not back.
func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// live gives every event what a sale has done to it.
func (m *million) live() {
	for i := range m.events {
		m.x.SetLive(fmt.Sprintf("e%07d", i), m.catalog.Live(i, 1))
	}
}

// Every row of the table of targets.
func TestMillionQueries(t *testing.T) {
	m := openMillion(t)
	m.live()
	only := os.Getenv("SEARCH_KIND")
	// A busy machine shows in all of them, least in p10.
	t.Logf("%-16s %9s %9s %9s %9s %9s %9s %9s",
		"kind", "p10 ms", "p50 ms", "p99 ms", "q/s 1", "q/s 2", "cpu ms", "hits")
	for _, kind := range Kinds {
		if only != "" && !strings.HasPrefix(string(kind), only) {
			continue
		}
		queries := m.catalog.Queries(kind, m.events, 2000)
		one := m.measure(queries, 1)
		two := m.measure(queries, 2)
		t.Logf("%-16s %9.2f %9.2f %9.2f %9.0f %9.0f %9.2f %9.0f",
			kind, one.at(10), one.at(50), one.at(99), one.rate, two.rate, one.cpu, one.hits)
	}
}

// measured is what a row says.
type measured struct {
	times     []time.Duration // in order
	rate, cpu float64         // queries a second, milliseconds of a processor for each
	hits      float64         // on average
}

// at is a percentile in milliseconds.
func (m *measured) at(p int) float64 {
	return float64(m.times[min(len(m.times)-1, len(m.times)*p/100)].Nanoseconds()) / 1e6
}

// measure asks queries, again and again, from so many goroutines on as many processors.
func (m *million) measure(queries []search.Query, workers int) measured {
	m.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
	for i := range 50 {
		m.ask(queries[len(queries)-1-i])
	}
	runtime.GC()
	var out measured
	var mu sync.Mutex
	var next, hits atomic.Int64
	began, cpu := time.Now(), cpuTime()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			var times []time.Duration
			for time.Since(began) < m.each {
				q := queries[int(next.Add(1)-1)%len(queries)]
				start := time.Now()
				hits.Add(int64(m.ask(q)))
				times = append(times, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			out.times = append(out.times, times...)
		})
	}
	all.Wait()
	n := float64(len(out.times))
	out.rate = n / time.Since(began).Seconds()
	out.cpu = float64((cpuTime() - cpu).Nanoseconds()) / 1e6 / n
	out.hits = float64(hits.Load()) / n
	slices.Sort(out.times)
	return out
}

// ask asks a query and gives the number of hits.
func (m *million) ask(q search.Query) int {
	page, err := m.x.Search(context.Background(), q)
	if err != nil {
		m.Errorf("%+v: %v", q, err)
		return 0
	}
	return page.Total
}

// cpuTime is how long processors have worked for this process.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Availability is seen at once, at a thousand changes a second beside searches.
func TestMillionLive(t *testing.T) {
	m := openMillion(t)
	r := rand.New(rand.NewPCG(1, 1))
	var times []time.Duration
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < m.each; <-tick.C {
		for range 10 {
			i := r.IntN(m.events)
			start := time.Now()
			if !m.x.SetLive(fmt.Sprintf("e%07d", i), m.catalog.Live(i, uint64(2+len(times)))) {
				t.Fatalf("event %d is not there", i)
			}
			times = append(times, time.Since(start))
		}
	}
	slices.Sort(times)
	n := len(times)
	t.Logf("%d changes: p50 %v, p99 %v, max %v", n, times[n/2], times[n*99/100], times[n-1])
}
