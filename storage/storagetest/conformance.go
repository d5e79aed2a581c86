package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"boxoffice/storage"
)

// Opener opens the log that lives in a directory, which is empty at first.
// Conformance closes every log, and before it opens the same directory again. The
// log leads all its shards soon after.
type Opener func(t *testing.T, dir string) storage.Log

// patience is how long the suite waits for anything before it calls it a failure.
const patience = 20 * time.Second

// Conformance tests that what open opens is a log. Sub-tests are named by the
// sentence of the contract that they hold it to.
func Conformance(t *testing.T, open Opener) {
	h := start(t, open)
	for _, c := range []struct {
		name string
		test func(*testing.T, *harness)
	}{
		{"an event without records is nothing", testNothing},
		{"what is appended is read back", testReadBack},
		{"the view is the last batch's", testView},
		{"records are read from anywhere", testRecords},
		{"an append with another base is fenced", testBaseFence},
		{"an append with another epoch is fenced", testEpochFence},
		{"the feed has what was described, in order, once", testFeed},
		{"what is described again moves in the feed", testFeedMoves},
		{"a reader that is ahead gets nothing", testFeedBehind},
		{"what was extended is touched, once", testTouched},
		{"summaries are read in the order of ids", testSummaries},
		{"who waits is woken", testWait},
		{"an append out of bounds is refused", testBounds},
		{"an append that is over before it starts is not written", testCancelled},
		{"of overlapping appends one wins", testRace},
		{"what a caller does to its slices later is its own affair", testAliasing},
		{"only this term is claimed, and again if need be", testClaim},
		{"confirm knows the owner", testConfirm},
		{"the clock goes forward", testClock},
		{"a checkpoint shortens the load", testCheckpoint},
		{"a large checkpoint is stored whole", testLargeCheckpoint},
		{"a checkpoint cannot be where no record is", testCheckpointBounds},
		{"busy events are listed by shard", testBusy},
		{"many events do not mix", testManyEvents},
		{"the system shard has its event", testSystemShard},
		{"the log is healthy", func(t *testing.T, h *harness) { must(t, h.log.Healthy()) }},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, h) })
	}
	t.Run("everything is there after a restart", func(t *testing.T) { testRestart(t, h) })
	t.Run("who follows goes on after a restart", func(t *testing.T) { testFollowingRestarts(t, h) })
	t.Run("a closed log answers", func(t *testing.T) { testClosed(t, h) })
}

// harness is a log under test, its shards claimed.
type harness struct {
	open  Opener
	dir   string
	log   storage.Log
	epoch map[uint64]uint64 // by shard
	clock map[uint64]int64  // by shard, as Claim returned it
}

// start opens a log in a new directory.
func start(t *testing.T, open Opener) *harness {
	h := &harness{open: open, dir: t.TempDir()}
	h.restart(t)
	t.Cleanup(func() {
		if err := h.log.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return h
}

// restart closes the log, opens it again and claims all its shards.
func (h *harness) restart(t *testing.T) {
	t.Helper()
	if h.log != nil {
		must(t, h.log.Close())
	}
	h.log = h.open(t, h.dir)
	h.epoch, h.clock = map[uint64]uint64{}, map[uint64]int64{}
	ctx := t.Context()
	timeout := time.After(patience)
	for uint64(len(h.epoch)) < h.log.Shards()+1 {
		select {
		case n := <-h.log.Leaderships():
			if !n.Leader {
				continue
			}
			clock, err := h.log.Claim(ctx, n.Shard, n.Term)
			if errors.Is(err, storage.ErrFenced) {
				continue // there is a later term; its news comes
			}
			if err != nil {
				t.Fatalf("claim shard %d in term %d: %v", n.Shard, n.Term, err)
			}
			h.epoch[n.Shard], h.clock[n.Shard] = n.Term, clock
		case <-timeout:
			t.Fatalf("%d of %d shards have a leader after %v", len(h.epoch), h.log.Shards()+1, patience)
		}
	}
}

// batch makes a batch of an event with the epoch of its shard. Its summary says
// which version it leads to, so that a view can be checked.
func (h *harness) batch(event string, base uint64, records ...string) storage.Batch {
	b := storage.Batch{Event: event, Epoch: h.epoch[h.log.Shard(event)], Base: base}
	for _, r := range records {
		b.Records = append(b.Records, []byte(r))
	}
	b.Summary = fmt.Appendf(nil, "summary at %d", base+uint64(len(records)))
	return b
}

// append appends records to an event, one batch.
func (h *harness) append(t *testing.T, event string, base uint64, records ...string) {
	t.Helper()
	must(t, h.log.Append(t.Context(), h.batch(event, base, records...)))
}

// load loads an event.
func (h *harness) load(t *testing.T, event string) storage.History {
	t.Helper()
	got, err := h.log.Load(t.Context(), event)
	must(t, err)
	return got
}

// wantHistory checks what an event loads as: its checkpoint, and the records after
// it. Its version follows from them.
func (h *harness) wantHistory(t *testing.T, event string, at uint64, checkpoint string, records ...string) {
	t.Helper()
	got := h.load(t, event)
	if want := at + uint64(len(records)); got.Version != want {
		t.Errorf("%s is at version %d, want %d", event, got.Version, want)
	}
	if got.At != at || string(got.Checkpoint) != checkpoint || (got.Checkpoint == nil) != (at == 0) {
		t.Errorf("%s has checkpoint %.40q at %d, want %.40q at %d", event, got.Checkpoint, got.At, checkpoint, at)
	}
	wantRecords(t, got.Records, records...)
}

// wantRecords compares records with text.
func wantRecords(t *testing.T, got [][]byte, want ...string) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(g []byte, w string) bool { return string(g) == w }) {
		t.Errorf("records are %.200q, want %.200q", got, want)
	}
}

// must ends the test on an error that nothing in the contract allows.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantErr checks that err is want. None of the errors may be another one too,
// except that ErrNoSpace may be ErrUnavailable.
func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
	for _, other := range []error{storage.ErrFenced, storage.ErrUnavailable, storage.ErrUnknown, storage.ErrNotFound} {
		if other != want && errors.Is(err, other) {
			t.Errorf("%s: %v is %v too", what, err, other)
		}
	}
}

// testRestart writes one of everything, opens the log anew, and reads it. Then what
// the process of before could still send must be fenced.
func testRestart(t *testing.T, h *harness) {
	ctx := t.Context()
	const event = "restart"
	shard := h.log.Shard(event)
	b := h.batch(event, 0, "one", "two", "three")
	b.Busy, b.Details = true, []byte("details")
	must(t, h.log.Append(ctx, b))
	checkpoint := bytes.Repeat([]byte("state "), 400_000)
	must(t, h.log.SaveCheckpoint(ctx, event, h.epoch[shard], 2, checkpoint))
	must(t, h.log.Tick(ctx, shard, h.epoch[shard], 5_000_000))
	old := h.epoch[shard] // a paused process would go on with it

	h.restart(t)
	if h.epoch[shard] <= old {
		t.Fatalf("the term after the restart is %d, before it was %d", h.epoch[shard], old)
	}
	if h.clock[shard] != 5_000_000 {
		t.Errorf("the clock is %d, want 5000000", h.clock[shard])
	}
	h.wantHistory(t, event, 2, string(checkpoint), "three")
	busy, err := h.log.Busy(shard)
	must(t, err)
	if !slices.Contains(busy, event) {
		t.Errorf("busy events are %q, without %q", busy, event)
	}
	v, err := h.log.View(event)
	must(t, err)
	if v.Version != 3 || string(v.Details) != "details" || string(v.Summary) != "summary at 3" {
		t.Errorf("the view is %d %q %q", v.Version, v.Summary, v.Details)
	}
	stale := h.batch(event, 3, "from the past")
	stale.Epoch = old
	wantErr(t, "append in the old epoch", h.log.Append(ctx, stale), storage.ErrFenced)
	wantErr(t, "confirm of the old epoch", h.log.Confirm(ctx, shard, old), storage.ErrFenced)
	_, err = h.log.Claim(ctx, shard, old)
	wantErr(t, "claim of the old term", err, storage.ErrFenced)
	h.append(t, event, 3, "four")
	h.wantHistory(t, event, 2, string(checkpoint), "three", "four")
}

// testClosed closes the log, twice, and calls everything.
func testClosed(t *testing.T, h *harness) {
	const event = "closed"
	h.append(t, event, 0, "one")
	ctx, shard := context.Background(), h.log.Shard(event)
	waiting := make(chan error, 1)
	go func() {
		_, err := h.log.Wait(ctx, shard, 1<<60)
		waiting <- err
	}()
	must(t, h.log.Close())
	must(t, h.log.Close())
	wantErr(t, "a wait when the log is closed", within(t, waiting), storage.ErrUnavailable)
	_, claim := h.log.Claim(ctx, shard, h.epoch[shard])
	_, load := h.log.Load(ctx, event)
	_, view := h.log.View(event)
	_, records := h.log.Records(event, 1, 1)
	_, busy := h.log.Busy(shard)
	_, _, changes := h.log.Changes(shard, storage.Position{}, 1)
	_, _, touched := h.log.Touched(shard, 0, 1)
	_, _, summaries := h.log.Summaries(shard, "", 1)
	_, wait := h.log.Wait(ctx, shard, 0)
	for what, err := range map[string]error{
		"claim":      claim,
		"append":     h.log.Append(ctx, h.batch(event, 1, "two")),
		"confirm":    h.log.Confirm(ctx, shard, h.epoch[shard]),
		"tick":       h.log.Tick(ctx, shard, h.epoch[shard], 1),
		"checkpoint": h.log.SaveCheckpoint(ctx, event, h.epoch[shard], 1, []byte("x")),
		"load":       load,
		"view":       view,
		"records":    records,
		"busy":       busy,
		"changes":    changes,
		"touched":    touched,
		"summaries":  summaries,
		"wait":       wait,
		"healthy":    h.log.Healthy(),
	} {
		wantErr(t, what+" of a closed log", err, storage.ErrUnavailable)
	}
	timeout := time.After(patience)
	for open := true; open; {
		select {
		case _, open = <-h.log.Leaderships():
		case <-timeout:
			t.Fatal("Leaderships is not closed")
		}
	}
}
