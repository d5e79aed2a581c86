package searchtest

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"boxoffice/storage/search"
)

var seed = flag.Uint64("seed", 0, "of the random tests; 0: the usual ones")

// now is what the tests' time is.
const now = Epoch + 20*day

// rig is an index and its twin.
type rig struct {
	testing.TB
	x       *search.Index
	twin    *Twin
	catalog *Catalog
	applied int
}

// newRig opens an index in a folder of the test's own.
func newRig(t testing.TB) *rig {
	t.Helper()
	cfg := search.DefaultConfig(t.TempDir())
	cfg.Nap, cfg.CacheBytes = 5*time.Millisecond, 0
	cfg.Now = func() int64 { return now }
	cfg.Budget = time.Minute
	x, err := search.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return &rig{t, x, NewTwin(now), NewCatalog(Small), 0}
}

// apply gives both the same.
func (g *rig) apply(events []search.Event, removed []search.Removed) {
	g.Helper()
	for _, e := range events {
		g.twin.Put(e)
	}
	for _, r := range removed {
		g.twin.Remove(r.ID)
	}
	g.feed(events, removed)
}

// feed gives them to the index only.
func (g *rig) feed(events []search.Event, removed []search.Removed) {
	g.Helper()
	g.applied++
	b := search.Batch{Source: 1, Position: fmt.Append(nil, g.applied), Events: events, Removed: removed}
	if err := g.x.Apply(context.Background(), b); err != nil {
		g.Fatal(err)
	}
}

// event is event i as it is in a version: one of the catalog's, nothing like the last.
func (g *rig) event(i int, version uint64) search.Event {
	e := g.catalog.Event(i + int(version-1)*10_000)
	e.ID, e.Version = fmt.Sprintf("e%07d", i), version
	if i%17 == 0 {
		e.Venue = search.Venue{}
	}
	if i%9 == 0 {
		e.Capacity = 5000 // many are as popular as others
	}
	return e
}

// all reads all pages of a query.
func (g *rig) all(q search.Query) (hits []search.Hit, first *search.Page) {
	g.Helper()
	for {
		page, err := g.x.Search(context.Background(), q)
		if err != nil {
			g.Fatalf("%+v: %v", q, err)
		}
		if first == nil {
			first = page
		}
		hits = append(hits, page.Hits...)
		if page.Next == "" {
			return hits, first
		}
		if len(page.Hits) != q.Size {
			g.Fatalf("%+v: a page of %d hits that has a next", q, len(page.Hits))
		}
		q.After = page.Next
	}
}

// check holds the index to the twin for one query.
func (g *rig) check(q search.Query) (capped bool) {
	g.Helper()
	want := g.twin.Search(q)
	if want.Capped {
		return true
	}
	hits, first := g.all(q)
	var got []string
	for i, h := range hits {
		got = append(got, h.ID)
		if i > 0 && q.Text != "" && q.Sort == search.ByRelevance && h.Score > hits[i-1].Score {
			g.Errorf("%+v: a score of %v after %v", q, h.Score, hits[i-1].Score)
		}
		if e := g.twin.events[h.ID]; string(h.Source) != string(e.Source) || h.Version != e.Version {
			g.Errorf("%+v: %s has version %d and source %s", q, h.ID, h.Version, h.Source)
		}
	}
	if !want.Ordered {
		slices.Sort(got)
		slices.Sort(want.IDs)
	}
	if !slices.Equal(got, want.IDs) || first.Total != len(want.IDs) {
		g.Fatalf("seed %d: %+v near %v\nfound %v of %d,\nwant  %v", *seed, q, q.Near, got, first.Total, want.IDs)
	}
	for _, f := range first.Facets {
		if got := counted(f); !maps.Equal(got, want.Facets[f.Facet]) {
			g.Fatalf("seed %d: %+v: facet %d is %v, want %v", *seed, q, f.Facet, got, want.Facets[f.Facet])
		}
	}
	return false
}

// counted are the counts of a facet.
func counted(f search.FacetCounts) map[string]int {
	counts := map[string]int{}
	for _, v := range f.Values {
		key := v.ID
		if key == "" {
			key = v.Value
		}
		if v.Place != "" {
			key += " in " + v.Place
		}
		counts[key] = v.Count
	}
	return counts
}

// An index answers like the twin, whatever is asked and whatever has changed before.
func TestLikeTheTwin(t *testing.T) {
	if *seed == 0 {
		*seed = 3
	}
	r := rand.New(rand.NewPCG(*seed, 0))
	g := newRig(t)
	const events = 500
	versions := map[int]uint64{}
	var capped, asked int
	for range 12 {
		var batch []search.Event
		var removed []search.Removed
		touched := map[int]bool{}
		for range r.IntN(150) {
			i := r.IntN(events)
			if touched[i] {
				continue
			}
			touched[i] = true
			versions[i]++
			e := g.event(i, versions[i])
			if r.IntN(8) == 0 {
				removed = append(removed, search.Removed{ID: e.ID, Version: e.Version})
				continue
			}
			batch = append(batch, e)
		}
		g.apply(batch, removed)
		for _, e := range batch {
			l := g.catalog.Live(r.IntN(1000), e.Version)
			if r.IntN(3) > 0 && g.x.SetLive(e.ID, l) {
				g.twin.SetLive(e.ID, l)
			}
		}
		for range 60 {
			asked++
			if g.check(g.catalog.Random(r, 2*events)) {
				capped++
			}
		}
	}
	t.Logf("%d queries, %d of them beyond a bound", asked, capped)
	if capped*3 > asked {
		t.Error("too many queries are beyond a bound")
	}
}
