package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"boxoffice/storage"
)

// The events of these tests are all in shard 1, so that they have one order. Other tests
// have written there before: each begins at the end of the feed, or looks for its own.

// testFeed reads what was written, page by page, however large a page is.
func testFeed(t *testing.T, h *harness) {
	ids := h.inOneShard("feed", 5)
	shard, begin := h.log.Shard(ids[0]), h.end(t, h.log.Shard(ids[0]))
	for i, id := range ids {
		h.describe(t, id, 0, fmt.Sprint("details of ", i))
	}
	plain := h.inOneShard("feed-plain", 1)[0]
	h.append(t, plain, 0, "it has no details")
	h.append(t, ids[1], 1, "two") // neither has this append
	for limit := range 7 {
		var got []string
		last := begin.Index
		for _, c := range h.feed(t, shard, begin, limit) {
			if got = append(got, c.Event); c.At <= last {
				t.Errorf("%s is at %d, after one at %d", c.Event, c.At, last)
			}
			last = c.At
			i, version := slices.Index(ids, c.Event), 1
			if i == 1 {
				version = 2
			}
			v := fmt.Sprintf("%d summary at %d, details of %d", version, version, i)
			if got := fmt.Sprintf("%d %s, %s", c.View.Version, c.View.Summary, c.View.Details); got != v {
				t.Errorf("the view of %s is %s, want %s", c.Event, got, v)
			}
			clear(c.View.Details) // it is the caller's
		}
		if want := ids[:min(len(ids), limit*len(ids))]; !slices.Equal(got, want) {
			t.Errorf("the feed in pages of %d is %q, want %q", limit, got, want)
		}
	}
}

// testFeedMoves writes details again: the event is in the feed once, as it is now. Who
// has read a part before may have it twice, before and after.
func testFeedMoves(t *testing.T, h *harness) {
	ids := h.inOneShard("moves", 3)
	shard := h.log.Shard(ids[0])
	for _, id := range ids {
		h.describe(t, id, 0, "old")
	}
	page, middle, err := h.log.Changes(shard, storage.Position{}, 1)
	must(t, err)
	if len(page) != 1 {
		t.Fatalf("a page of one has %d", len(page))
	}
	end := h.end(t, shard)
	h.describe(t, ids[0], 1, "new")
	h.describe(t, ids[2], 1, "") // empty details are details
	h.describe(t, ids[0], 2, "newer")
	got := h.feed(t, shard, end, 10)
	if len(got) != 2 || got[0].Event != ids[2] || got[1].Event != ids[0] || string(got[1].View.Details) != "newer" {
		t.Errorf("after the end of before there is %+v", got)
	}
	for _, from := range []storage.Position{{}, middle} {
		times := map[string]int{}
		for _, c := range h.feed(t, shard, from, 2) {
			times[c.Event]++
		}
		for _, id := range ids {
			if times[id] != 1 && (times[id] != 0 || from == storage.Position{} || page[0].Event != id) {
				t.Errorf("%s is in the feed %d times", id, times[id])
			}
		}
	}
}

// testFeedBehind gives positions that this log has not reached, as a replica that is behind
// is given them; shards that are not there; and positions that are kept as bytes, or were
// damaged there.
func testFeedBehind(t *testing.T, h *harness) {
	shard := uint64(1)
	ahead := h.end(t, shard)
	ahead.Index += 1000
	got, next, err := h.log.Changes(shard, ahead, 10)
	must(t, err)
	if len(got) != 0 || next != ahead {
		t.Errorf("a reader that is ahead got %d changes and position %+v", len(got), next)
	}
	touches, index, err := h.log.Touched(shard, ahead.Index, 10)
	must(t, err)
	if len(touches) != 0 || index != ahead.Index {
		t.Errorf("a reader that is ahead got %d touches and index %d", len(touches), index)
	}
	for _, none := range []uint64{0, h.log.Shards() + 2} {
		_, _, changes := h.log.Changes(none, storage.Position{}, 10)
		_, _, touched := h.log.Touched(none, 0, 10)
		_, _, summaries := h.log.Summaries(none, "", 10)
		_, wait := h.log.Wait(t.Context(), none, 0)
		for _, err := range []error{changes, touched, summaries, wait} {
			wantErr(t, fmt.Sprint("follow shard ", none), err, storage.ErrUnavailable)
		}
	}
	for _, p := range []storage.Position{{}, {Index: 7}, {Index: 1 << 60, Event: "e"}} {
		back, err := storage.ParsePosition(p.Bytes())
		must(t, err)
		if back != p {
			t.Errorf("position %+v comes back as %+v", p, back)
		}
	}
	p, err := storage.ParsePosition(nil)
	if err != nil || p != (storage.Position{}) {
		t.Errorf("no position is %+v, %v", p, err)
	}
	_, err = storage.ParsePosition(make([]byte, 7))
	wantErr(t, "a short position", err, storage.ErrUnavailable)
}

// testTouched extends events, with and without details: both touch. Each is read once, with
// the summary of its last append, in the order of those.
func testTouched(t *testing.T, h *harness) {
	ids := h.inOneShard("touched", 4)
	shard := h.log.Shard(ids[0])
	begin := h.end(t, shard).Index
	for _, id := range ids {
		h.append(t, id, 0, "one")
	}
	h.describe(t, ids[2], 1, "details")
	h.append(t, ids[0], 1, "two", "three")
	h.append(t, ids[0], 3, "four")
	for limit := range 6 {
		var got []string
		for after := begin; ; {
			page, next, err := h.log.Touched(shard, after, limit)
			must(t, err)
			for _, touch := range page {
				got = append(got, fmt.Sprint(touch.Event, " at ", touch.Version))
				if want := fmt.Sprint("summary at ", touch.Version); string(touch.Summary) != want {
					t.Errorf("the summary of %s is %q, want %q", touch.Event, touch.Summary, want)
				}
				clear(touch.Summary) // it is the caller's
			}
			if after = next; len(page) == 0 {
				break
			}
		}
		want := []string{ids[1] + " at 1", ids[3] + " at 1", ids[2] + " at 2", ids[0] + " at 4"}
		if limit == 0 {
			want = nil
		}
		if !slices.Equal(got, want) {
			t.Errorf("touched, in pages of %d: %q, want %q", limit, got, want)
		}
	}
}

// testSummaries pages through all events of a shard, those of other tests too. Every page
// says which index it is of.
func testSummaries(t *testing.T, h *harness) {
	ids := h.inOneShard("summaries", 6)
	for i, id := range ids {
		h.append(t, id, 0, make([]string, i+1)...)
	}
	shard := h.log.Shard(ids[0])
	end := h.end(t, shard).Index
	for _, limit := range []int{1, 2, 1000} {
		var got []string
		last := ""
		for {
			page, at, err := h.log.Summaries(shard, last, limit)
			must(t, err)
			if at != end {
				t.Errorf("the page is of index %d, want %d", at, end)
			}
			if len(page) == 0 {
				break
			}
			for _, s := range page {
				if s.Event <= last {
					t.Errorf("%q comes after %q", s.Event, last)
				}
				if last = s.Event; slices.Contains(ids, last) {
					got = append(got, fmt.Sprint(last, " ", s.Version, " ", string(s.Summary)))
				}
			}
		}
		var want []string
		for i, id := range ids {
			want = append(want, fmt.Sprintf("%s %d summary at %d", id, i+1, i+1))
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("summaries in pages of %d are %q, want %q", limit, got, want)
		}
	}
	page, _, err := h.log.Summaries(shard, "", 0)
	must(t, err)
	if len(page) != 0 {
		t.Errorf("a page of none has %d", len(page))
	}
}

// testWait has many callers wait for the same append, and one for what does not come. Who
// is woken must find in the feed what it was woken for.
func testWait(t *testing.T, h *harness) {
	id := h.inOneShard("wait", 1)[0]
	shard := h.log.Shard(id)
	h.describe(t, id, 0, "old")
	end := h.end(t, shard)
	applied, err := h.log.Wait(t.Context(), shard, end.Index-1)
	must(t, err)
	if applied < end.Index {
		t.Errorf("%d is applied, want %d", applied, end.Index)
	}
	const waiters = 50
	woken := make(chan error, waiters)
	for range waiters {
		go func() {
			at, err := h.log.Wait(t.Context(), shard, end.Index)
			if err == nil && at <= end.Index {
				err = fmt.Errorf("woken at %d, with nothing after %d", at, end.Index)
			}
			changes, _, readErr := h.log.Changes(shard, end, 10)
			if err == nil && (len(changes) != 1 || string(changes[0].View.Details) != "new") {
				err = fmt.Errorf("woken, and there is %+v, %v", changes, readErr)
			}
			woken <- err
		}()
	}
	over, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = h.log.Wait(over, shard, end.Index+1000)
	wantErr(t, "wait for what does not come", err, storage.ErrUnavailable)
	h.describe(t, id, 1, "new")
	for range waiters {
		must(t, within(t, woken))
	}
	_, err = h.log.Wait(over, shard, 0)
	wantErr(t, "wait with a context that is over", err, storage.ErrUnavailable)
}

// within is what comes from c in time.
func within[T any](t *testing.T, c <-chan T) (got T) {
	t.Helper()
	select {
	case got = <-c:
	case <-time.After(patience):
		t.Fatalf("nothing came in %v", patience)
	}
	return got
}

// describe appends a record, with details.
func (h *harness) describe(t *testing.T, event string, base uint64, details string) {
	t.Helper()
	b := h.batch(event, base, "described")
	b.Details = []byte(details)
	must(t, h.log.Append(t.Context(), b))
}

// inOneShard makes ids of n events that live in the same shard, not in order.
func (h *harness) inOneShard(name string, n int) (ids []string) {
	for i := 0; len(ids) < n; i++ {
		if id := fmt.Sprintf("%s-%03d", name, i*7919%1000); h.log.Shard(id) == 1 {
			ids = append(ids, id)
		}
	}
	return ids
}

// feed reads a shard's feed from a position to its end. With pages of none it is empty.
func (h *harness) feed(t *testing.T, shard uint64, from storage.Position, limit int) (out []storage.Change) {
	t.Helper()
	for {
		page, next, err := h.log.Changes(shard, from, limit)
		must(t, err)
		if len(page) == 0 {
			return out
		}
		if len(page) > limit || next.Index < from.Index {
			t.Fatalf("a page of %d has %d, and leads from %+v to %+v", limit, len(page), from, next)
		}
		out, from = append(out, page...), next
	}
}

// end is the end of a shard's feed.
func (h *harness) end(t *testing.T, shard uint64) (p storage.Position) {
	t.Helper()
	for {
		page, next, err := h.log.Changes(shard, p, 1000)
		must(t, err)
		if p = next; len(page) == 0 {
			return p
		}
	}
}

// testFollowingRestarts goes on reading after a restart: no change is lost, and what
// was touched before is known to be forgotten.
func testFollowingRestarts(t *testing.T, h *harness) {
	ids := h.inOneShard("restarts", 3)
	shard := h.log.Shard(ids[0])
	h.describe(t, ids[0], 0, "before")
	_, at, err := h.log.Summaries(shard, "", 1)
	must(t, err)
	before := storage.Position{Index: at}
	h.describe(t, ids[1], 0, "unread")
	h.restart(t)
	got := h.feed(t, shard, before, 10)
	if len(got) != 1 || got[0].Event != ids[1] || string(got[0].View.Details) != "unread" {
		t.Errorf("after the restart there is %+v", got)
	}
	_, _, err = h.log.Touched(shard, before.Index, 10)
	wantErr(t, "touches of before the restart", err, storage.ErrTrimmed)
	_, at, err = h.log.Summaries(shard, "", 1)
	must(t, err)
	h.append(t, ids[0], 1, "two")
	touches, _, err := h.log.Touched(shard, at, 10)
	must(t, err)
	if len(touches) != 1 || touches[0].Event != ids[0] || touches[0].Version != 2 {
		t.Errorf("touched since the summaries were read: %+v", touches)
	}
	all := map[string]int{}
	for _, c := range h.feed(t, shard, storage.Position{}, 100) {
		all[c.Event]++
	}
	if all[ids[0]] != 1 || all[ids[1]] != 1 {
		t.Errorf("from the beginning: %v", all)
	}
}
