package searchtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"boxoffice/storage/search"
)

// Names as they are typed.
func TestMillionSuggest(t *testing.T) {
	m := openMillion(t)
	r := rand.New(rand.NewPCG(1, 2))
	ask := func(q search.SuggestQuery) []search.Suggestion {
		found, err := m.x.Suggest(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	var times []time.Duration
	found := 0
	for began := time.Now(); time.Since(began) < m.each; {
		e := m.catalog.Event(r.IntN(m.events))
		from := []string{e.Title, e.Performers[0].Name, e.Venue.Name, e.Venue.City}[r.IntN(4)]
		letters := []rune(strings.ToLower(from))
		q := search.SuggestQuery{Text: string(letters[:1+r.IntN(min(12, len(letters)))]), Size: 10}
		if r.IntN(2) == 0 {
			q.Near = e.Venue.Location
		}
		if strings.TrimSpace(q.Text) == "" {
			continue
		}
		start := time.Now()
		found += len(ask(q))
		times = append(times, time.Since(start))
	}
	t.Logf("%d questions, %.1f suggestions each: %s", len(times), float64(found)/float64(len(times)), spread(times))
}

// spread says how long something took.
func spread(times []time.Duration) string {
	slices.Sort(times)
	n := len(times)
	return fmt.Sprintf("p50 %v, p99 %v, max %v", times[n/2], times[n*99/100], times[n-1])
}

// waitUntil waits for a condition.
func waitUntil(t testing.TB, most time.Duration, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(most); !done(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("waited for too long")
		}
	}
}

// Changed documents are found soon, at two rates, and searches beside stay quick.
func TestMillionFresh(t *testing.T) {
	m := openMillion(t)
	queries := m.catalog.Queries(Full, m.events, 2000)
	for i, rate := range []int{0, 20, 1000} {
		var fresh []time.Duration
		done := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() { fresh = m.change(done, rate, uint64(i)) })
		var times []time.Duration
		tick := time.NewTicker(20 * time.Millisecond) // 50 searches a second
		for began := time.Now(); time.Since(began) < 3*m.each; <-tick.C {
			start := time.Now()
			m.ask(queries[len(times)%len(queries)])
			times = append(times, time.Since(start))
		}
		tick.Stop()
		close(done)
		all.Wait()
		t.Logf("%d documents/s: searches %s", rate, spread(times))
		if rate > 0 {
			t.Logf("%d documents/s: found after %s; %d segments", rate, spread(fresh), m.stats().Segments)
		}
	}
}

// change changes so many events a second, a batch each 100 ms, and says how long it took
// from the tick until they were found.
func (m *million) change(done <-chan struct{}, rate int, round uint64) []time.Duration {
	var fresh []time.Duration
	if rate == 0 {
		<-done
		return nil
	}
	r := rand.New(rand.NewPCG(uint64(rate), 1))
	version := uint64(time.Now().UnixNano()) + round
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return fresh
		case <-tick.C:
		}
		start := time.Now()
		var batch []search.Event
		for range max(1, rate/10) {
			e := m.catalog.Event(r.IntN(m.events))
			version++
			e.Version = version
			e.Title += " (new)"
			batch = append(batch, e)
		}
		b := search.Batch{Source: 1, Position: m.x.Position(1), Events: batch}
		if err := m.x.Apply(context.Background(), b); err != nil {
			m.Error(err)
			return fresh
		}
		fresh = append(fresh, time.Since(start))
	}
}
