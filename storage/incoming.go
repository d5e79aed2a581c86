package storage

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The library keeps a snapshot that comes for a replica in a file, and syncs that once,
// at its end. Until then the kernel keeps it in memory, and that sync of a gigabyte is
// one that the Raft log's syncs, of all shards, wait behind; it also takes so long that
// the leader loses patience and sends all of it once more. So this node looks for such
// files and has them written meanwhile. It takes the time, too: what came in ten
// seconds, so as not to hurt the leader's node, is not to be read in one.

const (
	// incomingPause is the time between two looks at a file that grows: at 100 MB a
	// second it has grown by 2 MB, a chunk of the library's.
	incomingPause = 20 * time.Millisecond
	// incomingStands is how long a file may not grow before it is taken for one that
	// was given up: the library leaves it for a quarter of an hour.
	incomingStands = 5 * time.Second
	// incomingPiece is how much of it is given back to the file system at a time, and
	// incomingKept how long that is waited for: the replica reads it first.
	incomingPiece = 4 << 20
	incomingKept  = 15 * time.Minute
)

// incomingFile finds the file of a snapshot that is coming for a replica; "" if none is.
// Of several the one that was written to last is coming.
func (l *replicated) incomingFile(shard, id uint64) (name string) {
	found, _ := filepath.Glob(filepath.Join(l.dir.path, raftDir, fixedHost, "*", "snapshot-part-*",
		fmt.Sprintf("snapshot-%d-%d", shard, id), "*.receiving", "*.gbsnap")) // the pattern is good
	newest := time.Now().Add(-incomingStands)
	for _, f := range found {
		if info, err := os.Stat(f); err == nil && info.ModTime().After(newest) {
			name, newest = f, info.ModTime()
		}
	}
	return name
}

// lookForIncoming follows the snapshots that come for replicas which have not caught up.
func (l *replicated) lookForIncoming() {
	for _, s := range l.shards[1:] {
		s.mu.Lock()
		id, looks := s.replica, s.replica != 0 && !s.current && !s.incoming
		s.mu.Unlock()
		if !looks {
			continue
		}
		name := l.incomingFile(s.id, id)
		if name == "" {
			continue
		}
		s.comes(true, 0)
		l.wg.Go(func() {
			kept := keep(name)
			gone := l.follow(name, func(rate float64) { s.comes(true, rate) })
			s.comes(false, 0)
			if gone {
				l.giveBack(kept)
			}
			_ = kept.Close() // nothing was written through it
		})
	}
}

// follow has a file written to the disk while it grows, until it is gone, which is when
// it is complete or given up, or grows no more. It tells how fast it grows, in bytes a
// second, and returns whether the file is gone.
func (l *replicated) follow(name string, tell func(rate float64)) (gone bool) {
	f, err := vfs.Default.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return true // it was there a moment ago
	}
	defer func() { _ = f.Close() }() // nothing was written through it
	began, grown, first, size := time.Now(), time.Now(), int64(-1), int64(0)
	for pause(l.ending, incomingPause) && time.Since(grown) < incomingStands {
		info, err := os.Stat(name)
		if err != nil {
			return true
		}
		if first < 0 {
			first = info.Size()
		}
		if info.Size() == size {
			continue
		}
		size, grown = info.Size(), time.Now()
		tell(float64(size-first) / grown.Sub(began).Seconds())
		if _, err := f.SyncTo(size); err != nil {
			return false // the library's own sync will say so
		}
	}
	return false
}

// keep opens a file for giveBack; nil if it is gone, and a nil file refuses everything.
func keep(name string) *os.File {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	return f
}

// giveBack waits until a file has no name any more and then gives its space back, piece by
// piece. The library removes a snapshot's file as soon as the replica has read it, and the
// file system may take long for a large one; see deletionRate.
func (l *replicated) giveBack(f *os.File) {
	for end := time.Now().Add(incomingKept); named(f); {
		if time.Now().After(end) || !pause(l.ending, 5*incomingPause) {
			return
		}
	}
	info, err := f.Stat()
	if err != nil {
		return
	}
	for size := info.Size(); size > 0 && pause(l.ending, incomingPause); {
		size = max(size-incomingPiece, 0)
		if f.Truncate(size) != nil {
			return // closing it gives all of it back
		}
	}
}

// named reports whether an open file still has a name, or may have: who reads it needs it
// whole.
func named(f *os.File) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Nlink > 0
}

// comes takes note of a snapshot that is coming, and how fast; 0 is not known.
func (s *shard) comes(incoming bool, rate float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.incoming = incoming; rate > 0 {
		s.arrived = rate
	}
}

// arrivedAt is how fast the snapshot came that is there now, +Inf if that is not known.
func (s *shard) arrivedAt() (rate float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rate, s.arrived = s.arrived, 0
	if rate == 0 {
		return math.Inf(1)
	}
	return rate
}
