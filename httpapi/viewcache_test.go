package httpapi

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestCacheAge: a value is shown until it is too old, and its age counts from the
// beginning of its load.
func TestCacheAge(t *testing.T) {
	vc := newViewCache[string](64, 1<<20, time.Second)
	start := time.Now()
	vc.put("a", "1", 1, start)
	for age, want := range map[time.Duration]bool{0: true, time.Second - 1: true, time.Second: false} {
		if _, ok := vc.get([]byte("a"), start.Add(age)); ok != want {
			t.Errorf("at %v: %v", age, ok)
		}
	}
	if v, ok := vc.stale([]byte("a")); !ok || v != "1" {
		t.Error("the old value is lost")
	}
	vc.put("a", "2", 1, start.Add(time.Second))
	if v, _ := vc.get([]byte("a"), start.Add(time.Second)); v != "2" {
		t.Error(v)
	}
}

// TestCacheBound: whatever is put in, the bytes stay within the bound, and the sum
// is that of what is there.
func TestCacheBound(t *testing.T) {
	const max = 10_000
	vc := newViewCache[int](64, max, time.Hour)
	now := time.Now()
	for i := range 5000 {
		vc.put(fmt.Sprint("k", i%300), i, int64(i%700), now.Add(time.Duration(i)))
		if n := vc.bytes.Load(); n > max || n < 0 {
			t.Fatalf("%d bytes", n)
		}
	}
	var sum int64
	for i := range vc.slots {
		if e := vc.slots[i].Load(); e != nil {
			sum += e.size
		}
	}
	if sum != vc.bytes.Load() || sum == 0 {
		t.Errorf("%d bytes there, %d counted", sum, vc.bytes.Load())
	}
	vc.put("huge", 1, max, now)
	if _, ok := vc.get([]byte("huge"), now); ok {
		t.Error("a value over a quarter of the bound is kept")
	}
	if vc.tooLarge.Load() != 1 || vc.evicted.Load() == 0 {
		t.Errorf("%d too large, %d evicted", vc.tooLarge.Load(), vc.evicted.Load())
	}
}

// TestCacheFlight: a thousand who miss together make one load, and get its value.
func TestCacheFlight(t *testing.T) {
	vc := newViewCache[int](64, 1<<20, time.Hour)
	var loads atomic.Int64
	release := make(chan struct{})
	var wg sync.WaitGroup
	for range 1000 {
		wg.Go(func() {
			v, err := vc.load("a", func() (int, int64, error) {
				loads.Add(1)
				<-release
				return 7, 1, nil
			})
			if v != 7 || err != nil {
				t.Error(v, err)
			}
		})
	}
	waitFor(t, func() bool { return vc.misses.Load() == 1000 })
	close(release)
	wg.Wait()
	if loads.Load() != 1 {
		t.Errorf("%d loads", loads.Load())
	}
	if v, ok := vc.get([]byte("a"), time.Now()); !ok || v != 7 {
		t.Error("the value is not kept")
	}
}

// TestCacheFailure: an error is told to all who wait and is not kept; so is a panic.
func TestCacheFailure(t *testing.T) {
	vc := newViewCache[int](64, 1<<20, time.Hour)
	bad := errors.New("bad")
	if _, err := vc.load("a", func() (int, int64, error) { return 0, 0, bad }); !errors.Is(err, bad) {
		t.Error(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		_, _ = vc.load("a", func() (int, int64, error) { panic("bug") })
	}()
	if v, err := vc.load("a", func() (int, int64, error) { return 3, 1, nil }); v != 3 || err != nil {
		t.Error(v, err)
	}
}

// TestCacheDrop: what was loaded before a drop is not shown after it.
func TestCacheDrop(t *testing.T) {
	vc := newViewCache[int](64, 1<<20, time.Hour)
	vc.put("a", 1, 1, time.Now())
	vc.drop("a")
	if _, ok := vc.stale([]byte("a")); ok || vc.bytes.Load() != 0 {
		t.Error("the dropped value is there")
	}
	started, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = vc.load("a", func() (int, int64, error) { close(started); <-release; return 1, 1, nil })
	}()
	<-started
	vc.drop("a")
	v, err := vc.load("a", func() (int, int64, error) { return 2, 1, nil })
	if v != 2 || err != nil {
		t.Fatal("a load after the drop joined one from before")
	}
	close(release)
	<-done
	if v, ok := vc.get([]byte("a"), time.Now()); !ok || v != 2 {
		t.Errorf("the earlier load overwrote the later one: %d %v", v, ok)
	}
}

// TestCacheConcurrently: readers and writers at once, for the race detector.
func TestCacheConcurrently(t *testing.T) {
	vc := newViewCache[string](64, 20_000, time.Nanosecond)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				key := fmt.Sprint("k", (i*7+g)%50)
				if v, ok := vc.get([]byte(key), time.Now()); ok && v != key {
					t.Error(key, v)
				}
				v, err := vc.load(key, func() (string, int64, error) { return key, 100, nil })
				if v != key || err != nil {
					t.Error(key, v, err)
				}
				if i%97 == 0 {
					vc.drop(key)
				}
			}
		})
	}
	wg.Wait()
	if n := vc.bytes.Load(); n > 20_000 || n < 0 {
		t.Errorf("%d bytes", n)
	}
}

// TestEventsShareALoad: over HTTP, too, a crowd makes one load.
func TestEventsShareALoad(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ViewAge = time.Hour })
	w.put(arena("ev-1"))
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			path := []string{"/events/ev-1", "/events/none", "/events/ev-1/tickets?section=101"}[i%3]
			resp, err := w.client.Get("http://" + w.addr + path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.seller.viewed.Load(); n != 2 {
		t.Errorf("%d loads of 2 events", n)
	}
	if n := w.seller.done.Load(); n != 2 { // the PUT and one snapshot
		t.Errorf("%d commands", n)
	}
}
