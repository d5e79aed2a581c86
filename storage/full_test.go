package storage_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/storage"
)

// A node whose disk is nearly full can give its leaderships away, and the next owner
// writes.
func TestAFullNodeGivesItsLeadershipAway(t *testing.T) {
	var full atomic.Pointer[string] // the directory of the node that is
	n := trio(t, func(cfg *storage.Config) {
		cfg.SpaceInterval = time.Millisecond
		storage.SetFreeSpace(cfg, func(dir string) (uint64, error) {
			if f := full.Load(); f != nil && *f == dir {
				return 0, nil
			}
			return 1 << 30, nil
		})
	})
	const event = "e"
	shard := n[0].Shard(event)
	n.add(event, 0, "one")
	from := n.owner(shard)
	to := n[0]
	if from == to {
		to = n[1]
	}
	full.Store(&from.cfg.Dir)
	eventually(t, "the disk is full", func() bool { return errors.Is(from.Healthy(), storage.ErrNoSpace) })
	if err := from.give(shard, to); err != nil {
		t.Fatalf("giving the leadership away: %v", err)
	}
	n.add(event, 1, "two")
	if owner := n.owner(shard); owner == from {
		t.Error("the full node owns the shard")
	}
}
