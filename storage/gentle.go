package storage

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// The state store writes a table as fast as a processor makes one: every few seconds of
// a sale one processor, or two, is gone for 100 to 300 ms, and where there are two all
// that come meanwhile wait. Nobody waits for a table. So who writes one rests in
// between: for every stretch of work, restsFor times as long. DESIGN.md has the numbers.
//
// It must not fall behind what is written: then it does not rest.
const (
	// restsEvery is how many bytes of a table are written between two rests, about a
	// millisecond's work.
	restsEvery = 32 << 10
	// restsFor is how long a rest takes, in times of the work before it.
	restsFor = 3
	// restsMost bounds a rest: work takes long where the disk or the processors are
	// busy with something else.
	restsMost = 20 * time.Millisecond
	// behindBuffers is how many write buffers there are when the store is behind: one is
	// written to, one becomes a table. At stateBuffers writes wait.
	behindBuffers = 3
	// behindLevels is how many tables a read may have to look at on level 0 then.
	// Compactions begin at compactAt of them.
	behindLevels = 2 * compactAt
	// behindEvery is how often a table that is written asks for both.
	behindEvery = 100 * time.Millisecond
)

// RestAfter is how long who works at what nobody waits for rests after a stretch of work:
// three times as long, and at most 20 ms.
func RestAfter(work time.Duration) time.Duration { return min(restsFor*work, restsMost) }

// gentleFS is a file system whose tables are written gently.
type gentleFS struct {
	vfs.FS
	ending context.Context              // nobody rests when it is over
	db     atomic.Pointer[pebble.DB]    // nil: the store is being opened, and does not rest
	rest   func(time.Duration)          // pause, but in tests
	behind func(m *pebble.Metrics) bool // isBehind, but in tests
}

func newGentleFS(ending context.Context, fs vfs.FS) *gentleFS {
	return &gentleFS{FS: fs, ending: ending, behind: isBehind,
		rest: func(d time.Duration) { pause(ending, d) }}
}

// isBehind says whether the store has more to write than it should.
func isBehind(m *pebble.Metrics) bool {
	return m.MemTable.Count >= behindBuffers || m.Levels[0].Sublevels >= behindLevels
}

// Create implements vfs.FS.
func (fs *gentleFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := fs.FS.Create(name, category)
	if err != nil || filepath.Ext(name) != ".sst" {
		return f, err
	}
	return &gentleFile{File: f, fs: fs, since: time.Now()}, nil
}

// Unwrap implements vfs.FS.
func (fs *gentleFS) Unwrap() vfs.FS { return fs.FS }

// gentleFile is a table that is being written, by one goroutine.
type gentleFile struct {
	vfs.File
	fs      *gentleFS
	written int       // bytes since the last rest
	since   time.Time // when that ended
	asked   time.Time // when it was last asked whether the store is behind
	hurries bool      // it was
}

// Write implements vfs.File.
func (f *gentleFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if f.written += n; f.written < restsEvery || err != nil {
		return n, err
	}
	f.written = 0
	now := time.Now()
	if db := f.fs.db.Load(); db != nil && now.Sub(f.asked) >= behindEvery && f.fs.ending.Err() == nil {
		f.asked, f.hurries = now, f.fs.behind(db.Metrics())
	}
	if !f.asked.IsZero() && !f.hurries {
		f.fs.rest(RestAfter(now.Sub(f.since)))
		now = time.Now()
	}
	f.since = now
	return n, err
}
