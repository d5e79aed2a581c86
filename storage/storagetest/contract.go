package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"boxoffice/storage"
)

// testNothing reads what nobody has written: for the owner it is a fresh start, for
// everybody else it is not there.
func testNothing(t *testing.T, h *harness) {
	h.wantHistory(t, "nothing", 0, "")
	_, err := h.log.View("nothing")
	wantErr(t, "view", err, storage.ErrNotFound)
	_, err = h.log.Records("nothing", 1, 10)
	wantErr(t, "records", err, storage.ErrNotFound)
}

// testReadBack keeps order and bytes, those of an empty record too.
func testReadBack(t *testing.T, h *harness) {
	const event = "read-back"
	h.append(t, event, 0, "one")
	h.append(t, event, 1, "two", "", "four")
	h.append(t, event, 4, strings.Repeat("long", 300_000))
	h.wantHistory(t, event, 0, "", "one", "two", "", "four", strings.Repeat("long", 300_000))
}

// testView tells a nil that leaves the details from an empty slice that replaces
// them.
func testView(t *testing.T, h *harness) {
	const event = "view"
	check := func(version uint64, summary, details string) {
		t.Helper()
		v, err := h.log.View(event)
		must(t, err)
		if v.Version != version || string(v.Summary) != summary || string(v.Details) != details {
			t.Errorf("the view is %d %q %q, want %d %q %q", v.Version, v.Summary, v.Details, version, summary, details)
		}
	}
	h.append(t, event, 0, "one")
	check(1, "summary at 1", "")
	b := h.batch(event, 1, "two")
	b.Details = []byte("details")
	must(t, h.log.Append(t.Context(), b))
	check(2, "summary at 2", "details")
	h.append(t, event, 2, "three") // nil details: as they were
	check(3, "summary at 3", "details")
	b = h.batch(event, 3, "four")
	b.Summary, b.Details = nil, []byte{}
	must(t, h.log.Append(t.Context(), b))
	check(4, "", "")
}

// testRecords reads every range, across and inside batches.
func testRecords(t *testing.T, h *harness) {
	const event = "records"
	var all []string
	for _, n := range []int{1, 3, 1, 5, 2} { // batches
		var batch []string
		for range n {
			batch = append(batch, fmt.Sprint("record ", len(all)+len(batch)+1))
		}
		h.append(t, event, uint64(len(all)), batch...)
		all = append(all, batch...)
	}
	for from := 1; from <= len(all); from++ {
		for limit := range len(all) + 2 {
			got, err := h.log.Records(event, uint64(from), limit)
			must(t, err)
			wantRecords(t, got, all[from-1:min(from-1+limit, len(all))]...)
		}
	}
	for _, from := range []uint64{uint64(len(all)) + 1, 1 << 40, 1<<64 - 1} {
		got, err := h.log.Records(event, from, 10)
		must(t, err)
		wantRecords(t, got)
	}
	got, err := h.log.Records(event, 0, 2) // there is no record 0: from the first
	must(t, err)
	wantRecords(t, got, all[:2]...)
	got, err = h.log.Records(event, 1, -1)
	must(t, err)
	wantRecords(t, got)
}

// testBaseFence is half of the promise that a history is extended once.
func testBaseFence(t *testing.T, h *harness) {
	const event = "base"
	h.append(t, event, 0, "one", "two")
	for _, base := range []uint64{0, 1, 3, 1 << 40, 1<<64 - 1} {
		err := h.log.Append(t.Context(), h.batch(event, base, "no"))
		wantErr(t, fmt.Sprint("append at ", base), err, storage.ErrFenced)
	}
	wantErr(t, "a gap", h.log.Append(t.Context(), h.batch("base-2", 1, "no")), storage.ErrFenced)
	h.wantHistory(t, "base-2", 0, "")
	h.append(t, event, 2, "three")
	h.wantHistory(t, event, 0, "", "one", "two", "three")
}

// testEpochFence is the other half: an owner of before writes nothing.
func testEpochFence(t *testing.T, h *harness) {
	const event = "epoch"
	h.append(t, event, 0, "one")
	b := h.batch(event, 1, "no")
	for _, epoch := range []uint64{b.Epoch - 1, b.Epoch + 1, 1<<64 - 1} {
		if epoch == 0 {
			continue // out of bounds, see testBounds
		}
		b.Epoch = epoch
		wantErr(t, fmt.Sprint("append in epoch ", epoch), h.log.Append(t.Context(), b), storage.ErrFenced)
	}
	h.wantHistory(t, event, 0, "", "one")
}

// testBounds goes one beyond each bound. What is refused must be ErrUnavailable, so
// that the caller knows that nothing was written.
func testBounds(t *testing.T, h *harness) {
	refused := func(what string, b storage.Batch) {
		t.Helper()
		wantErr(t, what, h.log.Append(t.Context(), b), storage.ErrUnavailable)
	}
	b := h.batch("bounds", 0, "one")
	b.Epoch = 0
	refused("no epoch", b)
	refused("no record", h.batch("bounds", 0))
	refused("too many records", h.batch("bounds", 0, make([]string, storage.MaxBatchRecords+1)...))
	refused("too large", h.batch("bounds", 0, strings.Repeat("x", storage.MaxBatchBytes+1)))
	for _, event := range []string{"", "a\x00b", strings.Repeat("x", storage.MaxEventBytes+1)} {
		refused(fmt.Sprintf("event %.20q", event), h.batch(event, 0, "one"))
		_, err := h.log.Load(t.Context(), event)
		wantErr(t, "load", err, storage.ErrUnavailable)
		shard := h.log.Shard(event)
		err = h.log.SaveCheckpoint(t.Context(), event, h.epoch[shard], 1, []byte("x"))
		wantErr(t, "checkpoint", err, storage.ErrUnavailable)
	}
	h.wantHistory(t, "bounds", 0, "")
	h.append(t, strings.Repeat("x", storage.MaxEventBytes), 0, "one")
	b = h.batch("bounds", 0, strings.Repeat("x", storage.MaxBatchBytes))
	b.Summary = nil
	must(t, h.log.Append(t.Context(), b))
	h.append(t, "bounds", 1, make([]string, storage.MaxBatchRecords)...)
	if v := h.load(t, "bounds").Version; v != storage.MaxBatchRecords+1 {
		t.Errorf("the version is %d", v)
	}
}

// testCancelled calls with a context that is over: nothing was sent, so the outcome
// is known.
func testCancelled(t *testing.T, h *harness) {
	const event = "cancelled"
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	shard := h.log.Shard(event)
	wantErr(t, "append", h.log.Append(ctx, h.batch(event, 0, "one")), storage.ErrUnavailable)
	wantErr(t, "tick", h.log.Tick(ctx, shard, h.epoch[shard], 1), storage.ErrUnavailable)
	wantErr(t, "confirm", h.log.Confirm(ctx, shard, h.epoch[shard]), storage.ErrUnavailable)
	err := h.log.SaveCheckpoint(ctx, event, h.epoch[shard], 1, []byte("x"))
	wantErr(t, "checkpoint", err, storage.ErrUnavailable)
	h.append(t, event, 0, "first")
	h.wantHistory(t, event, 0, "", "first")
}

// testRace extends one event from many goroutines, each with the version it saw
// last: every version is won once.
func testRace(t *testing.T, h *harness) {
	const event, writers, versions = "race", 8, 40
	var wg sync.WaitGroup
	var wins atomic.Int64
	for w := range writers {
		wg.Go(func() {
			for v := range uint64(versions) {
				switch err := h.log.Append(t.Context(), h.batch(event, v, fmt.Sprint("writer ", w))); {
				case err == nil:
					wins.Add(1)
				case !errors.Is(err, storage.ErrFenced):
					t.Errorf("writer %d at %d: %v", w, v, err)
				}
			}
		})
	}
	wg.Wait()
	if v := h.load(t, event).Version; v != uint64(wins.Load()) || v != versions {
		t.Errorf("%d appends won, the version is %d, want %d", wins.Load(), v, versions)
	}
}

// testAliasing scribbles over all that went in and all that came out.
func testAliasing(t *testing.T, h *harness) {
	const event = "aliasing"
	shard := h.log.Shard(event)
	b := h.batch(event, 0, "one", "two")
	b.Details = []byte("details")
	must(t, h.log.Append(t.Context(), b))
	state := []byte("state")
	must(t, h.log.SaveCheckpoint(t.Context(), event, h.epoch[shard], 1, state))
	v, err := h.log.View(event)
	must(t, err)
	got := h.load(t, event)
	records, err := h.log.Records(event, 1, 10)
	must(t, err)
	values := [][]byte{b.Summary, b.Details, state, v.Summary, v.Details, got.Checkpoint}
	for _, s := range slices.Concat(values, b.Records, got.Records, records) {
		for i := range s {
			s[i] = '!'
		}
	}
	h.wantHistory(t, event, 1, "state", "two")
	v, err = h.log.View(event)
	must(t, err)
	if string(v.Summary) != "summary at 2" || string(v.Details) != "details" {
		t.Errorf("the view is %q %q", v.Summary, v.Details)
	}
}

// testClaim repeats a claim, as after an answer that was lost, and claims what this
// node does not lead.
func testClaim(t *testing.T, h *harness) {
	const event = "claim"
	shard := h.log.Shard(event)
	epoch := h.epoch[shard]
	for range 3 {
		_, err := h.log.Claim(t.Context(), shard, epoch)
		must(t, err)
	}
	_, err := h.log.Claim(t.Context(), shard, epoch+1)
	wantErr(t, "claim of a term to come", err, storage.ErrUnavailable)
	_, err = h.log.Claim(t.Context(), shard, epoch-1)
	wantErr(t, "claim of a term that is over", err, storage.ErrFenced)
	for _, none := range []uint64{0, h.log.Shards() + 2} {
		_, err = h.log.Claim(t.Context(), none, 1)
		wantErr(t, fmt.Sprint("claim of shard ", none), err, storage.ErrUnavailable)
	}
	h.append(t, event, 0, "one")
}

// testConfirm asks for every shard.
func testConfirm(t *testing.T, h *harness) {
	for shard, epoch := range h.epoch {
		must(t, h.log.Confirm(t.Context(), shard, epoch))
		wantErr(t, "confirm of another epoch", h.log.Confirm(t.Context(), shard, epoch+1), storage.ErrFenced)
		wantErr(t, "confirm of no epoch", h.log.Confirm(t.Context(), shard, 0), storage.ErrFenced)
	}
	wantErr(t, "confirm of no shard", h.log.Confirm(t.Context(), 0, 1), storage.ErrUnavailable)
}

// testClock reads the clock by claiming again.
func testClock(t *testing.T, h *harness) {
	const shard = 1
	epoch := h.epoch[shard]
	clock := func() int64 {
		now, err := h.log.Claim(t.Context(), shard, epoch)
		must(t, err)
		return now
	}
	for _, c := range []struct{ tick, want int64 }{{1000, 1000}, {3000, 3000}, {2000, 3000}, {3001, 3001}} {
		must(t, h.log.Tick(t.Context(), shard, epoch, c.tick))
		if got := clock(); got != c.want {
			t.Errorf("after tick %d the clock is %d, want %d", c.tick, got, c.want)
		}
	}
	wantErr(t, "tick in another epoch", h.log.Tick(t.Context(), shard, epoch+1, 9000), storage.ErrFenced)
	if got := clock(); got != 3001 {
		t.Errorf("a fenced tick moved the clock to %d", got)
	}
}

// testCheckpoint saves at the ends and in the middle of batches.
func testCheckpoint(t *testing.T, h *harness) {
	const event = "checkpoint"
	epoch := h.epoch[h.log.Shard(event)]
	save := func(version uint64, data string) error {
		return h.log.SaveCheckpoint(t.Context(), event, epoch, version, []byte(data))
	}
	h.append(t, event, 0, "one", "two")
	h.append(t, event, 2, "three", "four", "five")
	must(t, save(1, "state 1"))
	h.wantHistory(t, event, 1, "state 1", "two", "three", "four", "five")
	must(t, save(4, "state 4")) // in the middle of a batch
	h.wantHistory(t, event, 4, "state 4", "five")
	must(t, save(4, "state 4 again"))
	h.wantHistory(t, event, 4, "state 4 again", "five")
	must(t, save(5, "state 5"))
	h.wantHistory(t, event, 5, "state 5")
	h.append(t, event, 5, "six")
	h.wantHistory(t, event, 5, "state 5", "six")
	all, err := h.log.Records(event, 1, 100) // they stay
	must(t, err)
	wantRecords(t, all, "one", "two", "three", "four", "five", "six")
}

// testLargeCheckpoint goes around the sizes at which a log may cut a checkpoint in
// pieces, up and down, so that pieces of a larger one before would show.
func testLargeCheckpoint(t *testing.T, h *harness) {
	const event = "large-checkpoint"
	epoch := h.epoch[h.log.Shard(event)]
	h.append(t, event, 0, "one", "two")
	for i, size := range []int{1 << 20, 1<<20 + 1, 5_000_000, 10, 3<<20 - 1} {
		data := bytes.Repeat([]byte{byte('a' + i)}, size)
		must(t, h.log.SaveCheckpoint(t.Context(), event, epoch, 2, data))
		h.wantHistory(t, event, 2, string(data))
	}
}

// testCheckpointBounds checks that what is refused leaves the checkpoint of before.
func testCheckpointBounds(t *testing.T, h *harness) {
	const event = "checkpoint-bounds"
	ctx, epoch := t.Context(), h.epoch[h.log.Shard(event)]
	large := make([]byte, 3<<20)
	wantErr(t, "without a record", h.log.SaveCheckpoint(ctx, event, epoch, 1, []byte("x")), storage.ErrUnavailable)
	h.append(t, event, 0, "one", "two", "three")
	must(t, h.log.SaveCheckpoint(ctx, event, epoch, 2, []byte("state 2")))
	some := []byte("x")
	for version, data := range map[uint64][]byte{0: some, 1: some, 4: large, 1<<64 - 1: some, 3: nil} {
		err := h.log.SaveCheckpoint(ctx, event, epoch, version, data)
		wantErr(t, fmt.Sprintf("%d bytes at %d", len(data), version), err, storage.ErrUnavailable)
	}
	wantErr(t, "another epoch", h.log.SaveCheckpoint(ctx, event, epoch+1, 3, large), storage.ErrFenced)
	h.wantHistory(t, event, 2, "state 2", "three")
}

// testBusy turns the mark on, off, and neither, in all four orders.
func testBusy(t *testing.T, h *harness) {
	want := map[uint64][]string{}
	for i := range 40 {
		event := fmt.Sprint("busy-", i)
		b := h.batch(event, 0, "one")
		b.Busy = i%2 == 0
		must(t, h.log.Append(t.Context(), b))
		b = h.batch(event, 1, "two")
		if b.Busy = i%4 == 0 || i%4 == 1; b.Busy {
			want[h.log.Shard(event)] = append(want[h.log.Shard(event)], event)
		}
		must(t, h.log.Append(t.Context(), b))
	}
	for shard := uint64(1); shard <= h.log.Shards(); shard++ {
		got, err := h.log.Busy(shard)
		must(t, err)
		got = slices.DeleteFunc(got, func(id string) bool { return !strings.HasPrefix(id, "busy-") })
		slices.Sort(got)
		slices.Sort(want[shard])
		if !slices.Equal(got, want[shard]) {
			t.Errorf("busy in shard %d: %q, want %q", shard, got, want[shard])
		}
	}
}

// testManyEvents writes events whose ids begin with each other, at the same time.
func testManyEvents(t *testing.T, h *harness) {
	const events, batches = 24, 10
	id := func(i int) string { return "many" + strings.Repeat("-", i) }
	var wg sync.WaitGroup
	for i := range events {
		wg.Go(func() {
			for v := range uint64(batches) {
				if err := h.log.Append(t.Context(), h.batch(id(i), v, fmt.Sprint(i, "/", v))); err != nil {
					t.Errorf("append to %s: %v", id(i), err)
					return
				}
			}
		})
	}
	wg.Wait()
	for i := range events {
		var want []string
		for v := range batches {
			want = append(want, fmt.Sprint(i, "/", v))
		}
		h.wantHistory(t, id(i), 0, "", want...)
	}
}

// testSystemShard writes and reads the event that no hash of an id leads to.
func testSystemShard(t *testing.T, h *harness) {
	const event = storage.SystemEvent
	shard := h.log.Shards() + 1
	if got := h.log.Shard(event); got != shard {
		t.Fatalf("the system event lives in shard %d, want %d", got, shard)
	}
	b := h.batch(event, 0, "n1 is a member")
	b.Busy = true
	must(t, h.log.Append(t.Context(), b))
	for s := uint64(1); s <= shard; s++ {
		busy, err := h.log.Busy(s)
		must(t, err)
		if slices.Contains(busy, event) != (s == shard) {
			t.Errorf("busy in shard %d: %q", s, busy)
		}
	}
	h.append(t, event, 1, "n2 is a member")
	h.wantHistory(t, event, 0, "", "n1 is a member", "n2 is a member")
	must(t, h.log.SaveCheckpoint(t.Context(), event, h.epoch[shard], 1, []byte("n1")))
	h.wantHistory(t, event, 1, "n1", "n2 is a member")
	must(t, h.log.Confirm(t.Context(), shard, h.epoch[shard]))
}
