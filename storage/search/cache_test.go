package search

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// cacheRig is a cache with a clock that only the test moves.
type cacheRig struct {
	*cache
	changes history
	clock   atomic.Int64
	loads   atomic.Int64
}

func newCacheRig(t *testing.T, bytes int64) *cacheRig {
	rig := &cacheRig{}
	rig.clock.Store(1_000_000)
	rig.cache = newCache(bytes, 500*time.Millisecond, rig.clock.Load)
	t.Cleanup(rig.close)
	return rig
}

// ask asks for a page, whose total is the generation that it was made of.
func (r *cacheRig) ask(t *testing.T, key string, live bool) int {
	t.Helper()
	p, err := r.get(context.Background(), request{key: key, live: live, load: r.load}, &r.changes)
	if err != nil {
		t.Fatal(err)
	}
	return p.Total
}

func (r *cacheRig) load(context.Context) (*Page, error) {
	r.loads.Add(1)
	return &Page{Total: int(r.changes.generation())}, nil
}

// settle waits until no page is being made.
func (r *cacheRig) settle() {
	for {
		r.mu.Lock()
		var f *flight
		for _, f = range r.flights {
			break
		}
		r.mu.Unlock()
		if f == nil {
			return
		}
		<-f.done
	}
}

func TestPageIsMadeOnce(t *testing.T) {
	rig := newCacheRig(t, 1<<20)
	for range 5 {
		rig.ask(t, "a", false)
	}
	rig.ask(t, "b", false)
	if n := rig.loads.Load(); n != 2 {
		t.Errorf("%d pages made, want 2", n)
	}
	if s := rig.stats(); s.Hits != 4 || s.Misses != 2 || s.Loads != 2 || s.Pages != 2 || s.Bytes == 0 {
		t.Errorf("%+v", s)
	}
}

// A page that a change is not in is given out for MaxStale after the change, not after
// the page was made, and is made anew in the second half of that.
func TestStalePage(t *testing.T) {
	rig := newCacheRig(t, 1<<20)
	rig.ask(t, "a", false)
	rig.clock.Add(10_000)
	if got := rig.ask(t, "a", false); got != 0 || rig.loads.Load() != 1 {
		t.Error("a page grew old without a change")
	}
	rig.changes.add(rig.clock.Load())
	rig.clock.Add(250)
	got := rig.ask(t, "a", false)
	if rig.settle(); got != 0 || rig.loads.Load() != 1 {
		t.Errorf("in the first half: generation %d, %d loads", got, rig.loads.Load())
	}
	rig.clock.Add(200)
	if got := rig.ask(t, "a", false); got != 0 {
		t.Errorf("in the second half: generation %d", got)
	}
	rig.settle()
	if got := rig.ask(t, "a", false); got != 1 || rig.loads.Load() != 2 {
		t.Errorf("made ahead: generation %d, %d loads", got, rig.loads.Load())
	}
	rig.changes.add(rig.clock.Load())
	rig.changes.add(rig.clock.Load() + 400)
	rig.clock.Add(501) // the first of the two changes counts
	if got := rig.ask(t, "a", false); got != 3 {
		t.Errorf("too stale: generation %d was given out", got)
	}
	if s := rig.stats(); s.Stale != 2 {
		t.Errorf("%+v, want 2 stale", s)
	}
}

func TestPageOfLiveValues(t *testing.T) {
	rig := newCacheRig(t, 1<<20)
	rig.ask(t, "a", true)
	rig.clock.Add(250)
	rig.ask(t, "a", true)
	if rig.loads.Load() != 1 {
		t.Error("a page of live values was not kept at all")
	}
	rig.clock.Add(251)
	rig.ask(t, "a", true)
	if rig.loads.Load() != 2 {
		t.Error("a page of live values was given out too late")
	}
}

func TestOneOfManyDoesTheWork(t *testing.T) {
	for _, bytes := range []int64{0, 1 << 20} {
		rig := newCacheRig(t, bytes)
		ready, goOn := make(chan struct{}), make(chan struct{})
		load := func(context.Context) (*Page, error) {
			rig.loads.Add(1)
			close(ready)
			<-goOn
			return &Page{Total: 7}, nil
		}
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				p, err := rig.get(context.Background(), request{key: "a", load: load}, &rig.changes)
				if err != nil || p.Total != 7 {
					t.Errorf("%+v, %v", p, err)
				}
			})
		}
		<-ready
		for rig.stats().Misses < 200 { // until all wait
			select {
			case <-time.After(time.Millisecond):
			case <-t.Context().Done():
			}
		}
		close(goOn)
		wg.Wait()
		if n := rig.loads.Load(); n != 1 {
			t.Errorf("%d loads for 200 that ask, want 1", n)
		}
	}
}

// A caller that gives up leaves the work to the others; the last one ends it.
func TestCallerGivesUp(t *testing.T) {
	rig := newCacheRig(t, 1<<20)
	ready, ended := make(chan struct{}), make(chan error, 1)
	load := func(ctx context.Context) (*Page, error) {
		close(ready)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	}
	ask := func(ctx context.Context) chan error {
		answer := make(chan error, 1)
		go func() {
			_, err := rig.get(ctx, request{key: "a", load: load}, &rig.changes)
			answer <- err
		}()
		return answer
	}
	gone := errors.New("gone")
	first, cancelFirst := context.WithCancelCause(context.Background())
	second, cancelSecond := context.WithCancelCause(context.Background())
	one := ask(first)
	<-ready
	two := ask(second)
	for rig.stats().Misses < 2 {
		select {
		case <-time.After(time.Millisecond):
		case <-t.Context().Done():
		}
	}
	cancelFirst(gone)
	if err := <-one; !errors.Is(err, gone) {
		t.Errorf("the first: %v", err)
	}
	select {
	case <-ended:
		t.Error("the work ended while somebody waited")
	default:
	}
	cancelSecond(gone)
	if err := <-two; !errors.Is(err, gone) {
		t.Errorf("the second: %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the work ended with %v", err)
	}
}

func TestErrorsAndPanicsAreNotKept(t *testing.T) {
	rig := newCacheRig(t, 1<<20)
	bad := errors.New("bad")
	_, err := rig.get(context.Background(), request{key: "a",
		load: func(context.Context) (*Page, error) { return nil, bad }}, &rig.changes)
	if !errors.Is(err, bad) {
		t.Error(err)
	}
	_, err = rig.get(context.Background(), request{key: "a",
		load: func(context.Context) (*Page, error) { panic("oh") }}, &rig.changes)
	if err == nil || !strings.Contains(err.Error(), "oh") {
		t.Error(err)
	}
	rig.settle()
	if rig.ask(t, "a", false); rig.loads.Load() != 1 {
		t.Error("an error was kept")
	}
}

func TestCacheIsBoundedByBytes(t *testing.T) {
	rig := newCacheRig(t, 100_000)
	source := make([]byte, 1000)
	for i := range 1000 {
		_, err := rig.get(context.Background(), request{key: fmt.Sprint(i), load: func(context.Context) (*Page, error) {
			return &Page{Hits: []Hit{{Source: source}}}, nil
		}}, &rig.changes)
		if err != nil {
			t.Fatal(err)
		}
	}
	rig.pages.CleanUp()
	if s := rig.stats(); s.Bytes > 100_000 || s.Pages > 100 || s.Pages < 20 {
		t.Errorf("%+v", s)
	}
}

func TestClosedCache(t *testing.T) {
	rig := newCacheRig(t, 1<<20)
	ready := make(chan struct{})
	go func() {
		<-ready
		rig.close()
	}()
	_, err := rig.get(context.Background(), request{key: "a", load: func(ctx context.Context) (*Page, error) {
		close(ready)
		<-ctx.Done()
		return nil, ErrClosed
	}}, &rig.changes)
	if !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	rig.close()
	_, err = rig.get(context.Background(), request{key: "b", load: rig.load}, &rig.changes)
	if !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestHistory(t *testing.T) {
	var h history
	if _, ok := h.outdated(0); ok {
		t.Error("outdated without a change")
	}
	for i := range historyLength + 10 {
		h.add(int64(i + 1))
	}
	if since, ok := h.outdated(historyLength); !ok || since != historyLength+1 {
		t.Errorf("%d, %v", since, ok)
	}
	if since, ok := h.outdated(5); !ok || since != 0 {
		t.Errorf("what is forgotten: %d, %v", since, ok)
	}
	if _, ok := h.outdated(historyLength + 10); ok {
		t.Error("the newest is outdated")
	}
}

func BenchmarkCacheHit(b *testing.B) {
	c := newCache(1<<20, time.Second, func() int64 { return 0 })
	defer c.close()
	var changes history
	r := request{key: "some query of about this length|venue|date", load: func(context.Context) (*Page, error) {
		return &Page{}, nil
	}}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.get(context.Background(), r, &changes); err != nil {
				b.Error(err)
			}
		}
	})
}
