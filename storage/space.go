package storage

import (
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// space watches the free space of the data directory's disk. On a full disk the
// state store hangs for ever, so writes stop before it is full.
type space struct {
	dir  string
	min  uint64
	free func(dir string) (uint64, error)
	log  *slog.Logger
	low  atomic.Bool
}

// largeWrite is the size of a write that looks at the disk itself first.
const largeWrite = 256 << 10

func freeSpace(dir string) (uint64, error) {
	u, err := vfs.Default.GetDiskUsage(dir)
	return u.AvailBytes, err
}

// watch looks at the disk every interval until stop is closed.
func (s *space) watch(interval time.Duration, stop <-chan struct{}) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			s.look()
		}
	}
}

// look compares the disk with the mark. A disk that cannot be looked at counts as
// full. It is called by one goroutine at a time.
func (s *space) look() {
	free, err := s.free(s.dir)
	mark := s.min
	if s.low.Load() {
		mark += s.min / 8
	}
	low := err != nil || free < mark
	if s.low.Swap(low) == low {
		return
	}
	if low {
		s.log.Error("the disk is nearly full: writes are refused", "dir", s.dir, "free", free, "min", s.min, "err", err)
	} else {
		s.log.Info("the disk has space again: writes are accepted", "dir", s.dir, "free", free)
	}
}

// check is nil if size more bytes may be written. A large write looks at the disk
// itself: it is written twice, to the Raft log and to the store.
func (s *space) check(size int) error {
	if s.low.Load() {
		return fmt.Errorf("%w (less than %d MiB free)", ErrNoSpace, s.min>>20)
	}
	if size < largeWrite {
		return nil
	}
	if free, err := s.free(s.dir); err != nil || free < s.min+2*uint64(size) {
		return fmt.Errorf("%w (%d MiB free are too little for %d more bytes)", ErrNoSpace, free>>20, size)
	}
	return nil
}
