package searchtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"boxoffice/storage/search"
)

// While some events change, the others are found as ever: each once, in its order, on
// however many pages. With -race it also says that nobody reads what another writes.
func TestWhileEventsChange(t *testing.T) {
	if *seed == 0 {
		*seed = 5
	}
	g := newRig(t)
	const staying, changing = 250, 250
	var events []search.Event
	for i := range staying {
		events = append(events, g.event(i, 1))
	}
	g.apply(events, nil)
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { g.change(done, staying, changing) })
	all.Go(func() { g.sell(done, staying+changing) })
	r := rand.New(rand.NewPCG(*seed, 1))
	for range 60 {
		q := g.catalog.Random(r, staying)
		q.Exact, q.Availability = true, search.AnyAvailability
		want := g.twin.Search(q)
		if want.Capped {
			continue
		}
		hits, _ := g.all(q)
		var got []string
		for _, h := range hits {
			if h.ID < fmt.Sprintf("e%07d", staying) {
				got = append(got, h.ID)
			}
		}
		if !want.Ordered {
			slices.Sort(got)
			slices.Sort(want.IDs)
		}
		if !slices.Equal(got, want.IDs) {
			t.Fatalf("seed %d: %+v near %v\nfound %v,\nwant  %v", *seed, q, q.Near, got, want.IDs)
		}
	}
	close(done)
	all.Wait()
}

// change changes events, puts new ones and removes some, until done.
func (g *rig) change(done <-chan struct{}, from, n int) {
	r := rand.New(rand.NewPCG(*seed, 2))
	versions := map[int]uint64{}
	for {
		var batch []search.Event
		var removed []search.Removed
		for _, i := range r.Perm(n)[:20] {
			versions[i]++
			e := g.event(from+i, versions[i])
			if r.IntN(8) == 0 {
				removed = append(removed, search.Removed{ID: e.ID, Version: e.Version})
				continue
			}
			batch = append(batch, e)
		}
		select {
		case <-done:
			return
		default:
			g.feed(batch, removed)
		}
	}
}

// sell changes live values, until done.
func (g *rig) sell(done <-chan struct{}, n int) {
	r := rand.New(rand.NewPCG(*seed, 3))
	for version := uint64(1); ; version++ {
		select {
		case <-done:
			return
		default:
			i := r.IntN(n)
			g.x.SetLive(fmt.Sprintf("e%07d", i), g.catalog.Live(i, version))
		}
	}
}
