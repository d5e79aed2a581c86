package storage_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"testing"
	"time"

	"boxoffice/storage"
)

// describe appends a record and details to an event, as its shard's owner.
func (n nodes) describe(event string, base uint64, details string) {
	n[0].t.Helper()
	n.do(n[0].Shard(event), "describe "+event, func(p *peer) error {
		call, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err := p.Append(call, storage.Batch{
			Event: event, Epoch: p.epoch(p.Shard(event)), Base: base, Records: [][]byte{[]byte("described")},
			Summary: []byte("described"), Details: []byte(details),
		})
		if v, viewErr := p.View(event); viewErr == nil && v.Version == base+1 && string(v.Details) == details {
			return nil // its outcome may have been unknown
		}
		return err
	})
}

// follower reads feeds, and keeps what it has read.
type follower struct {
	t       testing.TB
	at      storage.Position
	details map[string]string
}

// read reads a page of shard 1 where it is told to. It waits until it can; a node that
// is behind gives nothing.
func (f *follower) read(p *peer, limit int) (n int) {
	f.t.Helper()
	eventually(f.t, p.cfg.Node+" shows its feed", func() bool {
		page, next, err := p.Changes(1, f.at, limit)
		if err != nil {
			return false
		}
		for _, c := range page {
			f.details[c.Event] = string(c.View.Details)
		}
		n, f.at = len(page), next
		return true
	})
	return n
}

// text is a whole feed, with its positions.
func feedOf(t testing.TB, p *peer) (out []string) {
	t.Helper()
	var at storage.Position
	for {
		page, next, err := p.Changes(1, at, 7)
		if err != nil {
			t.Fatal(err)
		}
		if at = next; len(page) == 0 {
			return append(out, fmt.Sprint("end at ", next.Index))
		}
		for _, c := range page {
			out = append(out, fmt.Sprintf("%s at %d: %d %s", c.Event, c.At, c.View.Version, c.View.Details))
		}
	}
}

// Three nodes have the same feed, also one that got it as a snapshot. A reader goes from
// one to another and loses nothing.
func TestAFeedIsTheSameOnAllNodes(t *testing.T) {
	n := trio(t, func(c *storage.Config) {
		c.Shards, c.SnapshotEntries, c.CompactionOverhead = 1, 50, 10
	})
	f := follower{t: t, details: map[string]string{}}
	version, want := map[string]uint64{}, map[string]string{}
	write := func(event, details string) {
		t.Helper()
		if details == "" {
			n.add(event, version[event], "plain")
		} else {
			n.describe(event, version[event], details)
			want[event] = details
		}
		version[event]++
	}
	for i := range 24 {
		write(fmt.Sprint("e-", i%7), fmt.Sprint("details ", i))
		write("e-1", "")
		f.read(n[i%3], 2)
	}
	_, left, err := n[2].Summaries(1, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	n[2].close()
	for i := range 150 {
		details := ""
		if i%10 == 0 {
			details = fmt.Sprint("while n3 was away ", i)
		}
		write(fmt.Sprint("e-", i%9), details)
	}
	for f.read(n[0], 5) > 0 {
	}
	if !maps.Equal(f.details, want) {
		t.Errorf("the reader has %v, want %v", f.details, want)
	}
	n[2].open()
	n[2].shows("e-5", version["e-5"])
	eventually(t, "n3 has what n1 has", func() bool {
		return n[2].status(1).Applied == n[0].status(1).Applied
	})
	for _, p := range n[1:] {
		if got, want := feedOf(t, p), feedOf(t, n[0]); !slices.Equal(got, want) {
			t.Errorf("the feed of %s is\n%q, that of n1\n%q", p.cfg.Node, got, want)
		}
	}
	if _, _, err := n[2].Touched(1, left, 10); !errors.Is(err, storage.ErrTrimmed) {
		t.Errorf("touched since n3 went: %v; a copy cannot know it", err)
	}
	write("e-2", "the last")
	write("new", "the first")
	eventually(t, "the reader goes on at n3", func() bool {
		f.read(n[2], 1)
		return maps.Equal(f.details, want)
	})
}

// Who waits at a replica hears of what the leader commits, and that the replica is gone.
func TestWaitingAtAReplica(t *testing.T) {
	n := trio(t, func(c *storage.Config) { c.Shards = 1 })
	n.add("e", 0, "one")
	follower := n[0]
	if follower == n.owner(1) {
		follower = n[1]
	}
	follower.shows("e", 1)
	_, at, err := follower.Summaries(1, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	n.describe("e", 1, "two")
	for {
		applied, err := follower.Wait(ctx, 1, at)
		if err != nil {
			t.Fatal(err)
		}
		touches, next, err := follower.Touched(1, at, 10)
		if err != nil {
			t.Fatal(err)
		}
		if next < applied {
			t.Errorf("woken at %d, and only %d can be read", applied, next)
		}
		if at = next; len(touches) > 0 {
			if touches[0].Event != "e" || touches[0].Version != 2 {
				t.Errorf("touched: %+v", touches)
			}
			break
		}
	}
	gone := make(chan error, 1)
	go func() {
		_, err := follower.Wait(ctx, 1, 1<<60)
		gone <- err
	}()
	replica := follower.status(1).Replica
	n.do(1, "remove the follower", func(p *peer) error {
		if p == follower {
			return p.Transfer(ctx, 1, n[2].status(1).Replica)
		}
		return p.RemoveReplica(ctx, 1, replica)
	})
	select {
	case err := <-gone:
		if !errors.Is(err, storage.ErrNoReplica) {
			t.Errorf("who waits at a replica that goes is told %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("who waits at a replica that goes is not told")
	}
}

// A directory of the release that knew no feed: its events come first, in the order of
// their ids, once.
func TestADirectoryWithoutAFeed(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Shards = 2
	if out, err := exec.CommandContext(t.Context(), "tar", "xzf", "testdata/unfed.tar.gz", "-C", cfg.Dir).
		CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for range 2 { // it is the same after a restart
		l := own(t, cfg)
		var got []string
		for shard := uint64(1); shard <= cfg.Shards; shard++ {
			var at storage.Position
			for {
				page, next, err := l.Changes(shard, at, 1)
				if err != nil {
					t.Fatal(err)
				}
				if at = next; len(page) == 0 {
					break
				}
				c := page[0]
				got = append(got, fmt.Sprintf("%s at %d: %d %s, %s",
					c.Event, c.At, c.View.Version, c.View.Summary, c.View.Details))
			}
		}
		slices.Sort(got)
		want := []string{
			"old-1 at 0: 1 summary at 1, details of 1",
			"old-2 at 0: 1 summary at 1, details of 2",
			"old-3 at 0: 2 summary at 2, details of 3",
			"old-4 at 0: 1 summary at 1, details of 4",
			"old-5 at 0: 1 summary at 1, details of 5",
		}
		if !slices.Equal(got, want) {
			t.Errorf("the feed is %q, want %q", got, want)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := storage.OpenReadOnly(cfg.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.CheckFeed(), r.Close()); err != nil {
			t.Error(err)
		}
	}
}
