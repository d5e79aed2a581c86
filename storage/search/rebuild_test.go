package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"boxoffice/storage/search/internal/columns"
)

// rebuild begins one.
func rebuild(t testing.TB, x *Index) *Rebuild {
	t.Helper()
	r, err := x.Rebuild()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bodies are the directories of bodies.
func bodies(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, bodyPrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRebuiltBesideTheOld(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	apply(t, x, batch("p1", named("a", 1, "a"), named("ghost", 1, "ghost")))
	x.SetLive("a", Live{Version: 4, Total: 10, Available: 3})
	r := rebuild(t, x)
	if _, err := x.Rebuild(); err == nil {
		t.Error("two rebuilds at a time")
	}
	if r.Position(1) != nil {
		t.Error("a rebuild begins somewhere")
	}
	wantHeld(t, x, "a@1", "ghost@1")
	if err := r.Finish(context.Background()); !errors.Is(err, ErrNotCaughtUp) {
		t.Errorf("finished too early: %v", err)
	}
	if err := r.Apply(context.Background(), batch("p1", named("a", 1, "a"))); err != nil {
		t.Fatal(err)
	}
	apply(t, x, batch("p2", named("b", 1, "b")))
	if err := r.Finish(context.Background()); !errors.Is(err, ErrNotCaughtUp) {
		t.Errorf("finished too early: %v", err)
	}
	if err := r.Apply(context.Background(), batch("p2", named("b", 1, "b"))); err != nil {
		t.Fatal(err)
	}
	x.SetLive("b", Live{Version: 9, Total: 7, Available: 7})
	generation := x.changes.generation()
	if err := r.Finish(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantHeld(t, x, "a@1", "b@1")
	if x.changes.generation() == generation {
		t.Error("cached pages of the old index are good still")
	}
	table := x.serving.Load().table
	if l := table.Live(table.Ordinal("a"), "a"); l != (columns.Live{Version: 4, Total: 10, Available: 3}) {
		t.Errorf("live values of a: %+v", l)
	}
	if l := table.Live(table.Ordinal("b"), "b"); l.Version != 9 {
		t.Errorf("live values of b: %+v", l)
	}
	if left := bodies(t, dir); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
	if err := r.Finish(context.Background()); err == nil {
		t.Error("finished twice")
	}
	if err := r.Abandon(); err != nil {
		t.Error(err)
	}
	apply(t, x, batch("p3", named("c", 1, "c")))
	end(t, x)
	x = begin(t, dir)
	wantHeld(t, x, "a@1", "b@1", "c@1")
}

func TestRebuildThatACrashEnded(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	apply(t, x, batch("p1", named("a", 1, "a")))
	r := rebuild(t, x)
	if err := r.Apply(context.Background(), batch("p0", named("b", 1, "b"))); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*body{x.serving.Load(), r.body} {
		if err := b.store.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	copied := t.TempDir() // what a crash would leave
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if len(bodies(t, copied)) != 2 {
		t.Fatal("there is no rebuild to crash")
	}
	x = begin(t, copied)
	wantHeld(t, x, "a@1")
	if left := bodies(t, copied); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
}

func TestRebuildAbandoned(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	apply(t, x, batch("p1", named("a", 1, "a")))
	r := rebuild(t, x)
	if s, err := x.Stats(); err != nil || !s.Rebuilding {
		t.Errorf("%+v, %v", s, err)
	}
	if err := r.Abandon(); err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(context.Background(), batch("p0", named("b", 1, "b"))); !errors.Is(err, ErrClosed) {
		t.Errorf("Apply after Abandon: %v", err)
	}
	if left := bodies(t, dir); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
	wantHeld(t, x, "a@1")
	rebuild(t, x) // ends with Close
	end(t, x)
	if left := bodies(t, dir); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
}

// The old index is fed and read while the new one is made, and nobody notices.
func TestRebuildUnderLoad(t *testing.T) {
	x := begin(t, t.TempDir())
	for k := range 20 {
		apply(t, x, crashBatch(k))
	}
	r := rebuild(t, x)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if n := len(holds(t, x)); n < 300 {
				t.Errorf("only %d events are there", n)
				return
			}
			x.SetLive("n3", Live{Version: 1})
		}
	})
	wg.Go(func() {
		for k := 20; k < 60; k++ {
			apply(t, x, crashBatch(k))
		}
	})
	for k := range 60 {
		if err := r.Apply(context.Background(), crashBatch(k)); err != nil {
			t.Fatal(err)
		}
	}
	for {
		err := r.Finish(context.Background())
		if err == nil {
			break
		}
		if !errors.Is(err, ErrNotCaughtUp) {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	wantHeld(t, x, crashTwin(60)...)
}

// Close beside everything else comes back, and so does everything else.
func TestClosedUnderLoad(t *testing.T) {
	for round := range *closes {
		x := begin(t, t.TempDir())
		var wg sync.WaitGroup
		started := make(chan struct{}, 3)
		wg.Go(func() {
			for k := 0; ; k++ {
				err := x.Apply(context.Background(), crashBatch(k))
				if k == round%7 {
					started <- struct{}{}
				}
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
		wg.Go(func() {
			started <- struct{}{}
			for {
				m, err := x.moment()
				if err != nil {
					return
				}
				_, _ = m.view.Words(0)
				m.release()
			}
		})
		wg.Go(func() {
			r, err := x.Rebuild()
			started <- struct{}{}
			for k := 0; err == nil; k++ {
				err = r.Apply(context.Background(), crashBatch(k))
			}
			if !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		})
		for range cap(started) {
			<-started
		}
		end(t, x)
		wg.Wait()
	}
}

// What waits for the disk comes back when the index is closed.
func TestWaitingEndsWithClose(t *testing.T) {
	x := begin(t, t.TempDir())
	ctx, cancel := x.until(context.Background())
	defer cancel()
	if ctx.Err() != nil {
		t.Fatal("it ended before Close")
	}
	end(t, x)
	<-ctx.Done()
	if err := context.Cause(ctx); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"directory": func(c *Config) { c.Dir = "" },
		"nap":       func(c *Config) { c.Nap = 0 },
		"cache":     func(c *Config) { c.CacheBytes = -1 },
		"stale":     func(c *Config) { c.MaxStale = 2_000_000_000 },
		"clock":     func(c *Config) { c.Now = nil },
		"logger":    func(c *Config) { c.Logger = nil },
	} {
		cfg := quiet(t.TempDir())
		spoil(&cfg)
		if _, err := Open(cfg); err == nil || !strings.HasPrefix(err.Error(), "search: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTombsAreBounded(t *testing.T) {
	tombs := newTombs()
	for i := range maxTombs + 1 {
		tombs.put(fmt.Sprint(i), tomb{1, int64(i)})
	}
	gone := tombs.surplus()
	if len(gone) != maxForget || gone[0] != "0" || gone[maxForget-1] != fmt.Sprint(maxForget-1) {
		t.Errorf("forgets %d, the first %q", len(gone), gone[0])
	}
}
