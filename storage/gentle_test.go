package storage

import (
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Who writes a table rests after every stretch of it, unless the store is behind, is
// being opened or is about to be closed. Other files are written at once.
func TestTablesAreWrittenGently(t *testing.T) {
	db, err := pebble.Open("", &pebble.Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, c := range []struct {
		what, name     string
		opened, behind bool
		asks           bool
		rests          int
	}{
		{"a table", "000007.sst", true, false, true, 3},
		{"a table of a store that is behind", "000007.sst", true, true, true, 0},
		{"a table of a store that is being opened", "000007.sst", false, false, false, 0},
		{"a log", "000007.log", true, false, false, 0},
	} {
		asks, rests := 0, 0
		fs := newGentleFS(t.Context(), vfs.NewMem())
		fs.behind = func(*pebble.Metrics) bool { asks++; return c.behind }
		fs.rest = func(d time.Duration) {
			if rests++; d < 0 || d > restsMost {
				t.Errorf("%s: a rest of %v", c.what, d)
			}
		}
		if c.opened {
			fs.db.Store(db)
		}
		f, err := fs.Create(c.name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		for range 3*restsEvery/4096 + 1 {
			if _, err := f.Write(make([]byte, 4096)); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if asks > 0 != c.asks || rests != c.rests {
			t.Errorf("%s: %d rests, asked %d times; wanted %d, and to ask: %v", c.what, rests, asks, c.rests, c.asks)
		}
		if info, err := fs.Stat(c.name); err != nil || info.Size() != 3*restsEvery+4096 {
			t.Errorf("%s: %v, %v", c.what, info, err)
		}
	}
}

// A store is behind when a buffer waits that no table is made of, or when tables pile up.
func TestIsBehind(t *testing.T) {
	for _, c := range []struct {
		buffers int64
		levels  int32
		want    bool
	}{{1, 0, false}, {2, compactAt, false}, {3, 0, true}, {1, 2*compactAt - 1, false}, {1, 2 * compactAt, true}} {
		var m pebble.Metrics
		m.MemTable.Count, m.Levels[0].Sublevels = c.buffers, c.levels
		if got := isBehind(&m); got != c.want {
			t.Errorf("%d buffers, %d levels: %v", c.buffers, c.levels, got)
		}
	}
}
