package storage

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
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
			l.follow(name, func(rate float64) { s.comes(true, rate) })
			s.comes(false, 0)
		})
	}
}

// follow has a file written to the disk while it grows, until it is gone, which is when
// it is complete or given up, or grows no more. It tells how fast it grows, in bytes a
// second.
func (l *replicated) follow(name string, tell func(rate float64)) {
	f, err := vfs.Default.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return // it was there a moment ago
	}
	defer func() { _ = f.Close() }() // nothing was written through it
	began, grown, first, size := time.Now(), time.Now(), int64(-1), int64(0)
	for pause(l.ending, incomingPause) && time.Since(grown) < incomingStands {
		info, err := os.Stat(name)
		if err != nil {
			return
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
			return // the library's own sync will say so
		}
	}
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
