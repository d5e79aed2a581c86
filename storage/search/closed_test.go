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
)

// A body that a crash left before it served is removed; the one that serves stays.
func TestBodyThatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	apply(t, x, batch("p1", named("a", 1, "a")))
	end(t, x)
	name, err := readCurrent(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, nextName(name)), os.DirFS(filepath.Join(dir, name))); err != nil {
		t.Fatal(err)
	}
	x = begin(t, dir)
	wantHeld(t, x, "a@1")
	left, err := filepath.Glob(filepath.Join(dir, bodyPrefix+"*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != name {
		t.Errorf("left are %v, %v", left, err)
	}
}

// Close beside everything else comes back, and so does everything else.
func TestClosedUnderLoad(t *testing.T) {
	for round := range *closes {
		x := begin(t, t.TempDir())
		var wg sync.WaitGroup
		started := make(chan struct{}, 2)
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
				m, err := x.body.moment()
				if err != nil {
					return
				}
				_, _ = m.view.Words(0)
				m.release()
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
