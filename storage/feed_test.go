package storage

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// followed is what a naive log knows of an event.
type followed struct {
	changed, touched uint64 // index of the last append with details, and of the last
	view             View
}

// twin is the naive log: it keeps everything in a map and sorts when it is asked.
type twin map[string]followed

// do takes a command that was done at an index.
func (w twin) do(index uint64, cmd []byte) {
	c, err := decodeCommand(cmd)
	if err != nil || c.op != opAppend {
		return
	}
	f := w[string(c.event)]
	f.touched, f.view.Version, f.view.Summary = index, c.base+c.count, c.summary
	if c.hasDetails {
		f.changed, f.view.Details = index, c.details
	}
	w[string(c.event)] = f
}

// feed is what there is after an index, as text.
func (w twin) feed(after uint64) (out []string) {
	ids := slices.Collect(maps.Keys(w))
	ids = slices.DeleteFunc(ids, func(id string) bool { return w[id].changed <= after })
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(w[a].changed, w[b].changed) })
	for _, id := range ids {
		out = append(out, Change{id, w[id].changed, w[id].view}.text())
	}
	return out
}

func (w twin) touched(after uint64) (out []string) {
	ids := slices.Collect(maps.Keys(w))
	ids = slices.DeleteFunc(ids, func(id string) bool { return w[id].touched <= after })
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(w[a].touched, w[b].touched) })
	for _, id := range ids {
		out = append(out, fmt.Sprintf("%s %d %q", id, w[id].view.Version, w[id].view.Summary))
	}
	return out
}

func (c Change) text() string {
	return fmt.Sprintf("%s at %d: %d %q %q", c.Event, c.At, c.View.Version, c.View.Summary, c.View.Details)
}

// appends draws appends that mostly follow each other, after a claim: often several of
// an event in one update.
func appends(t *rapid.T) [][]byte {
	versions := map[string]uint64{}
	cmd := rapid.Custom(func(t *rapid.T) []byte {
		event := rapid.SampledFrom([]string{"a", "ab", "b", "c"}).Draw(t, "event")
		b := Batch{Event: event, Epoch: 1, Base: versions[event], Summary: fmt.Append(nil, "s", versions[event]),
			Records: make([][]byte, rapid.IntRange(1, 2).Draw(t, "records"))}
		if rapid.Bool().Draw(t, "details") {
			b.Details = fmt.Append(nil, "d", b.Base)
		}
		if rapid.IntRange(0, 9).Draw(t, "fits") == 0 {
			b.Base++
		} else {
			versions[event] += uint64(len(b.Records))
		}
		return appendBatch(nil, &b)
	})
	return append([][]byte{encodeClaim(1, alice)}, rapid.SliceOfN(cmd, 1, 40).Draw(t, "appends")...)
}

// changes reads a page of the rig's feed.
func (r *rig) changes(p Position, limit int) (out []Change, next Position) {
	r.t.Helper()
	v := r.view()
	defer v.close()
	out, next, err := v.changes(p, limit)
	if err != nil {
		r.t.Fatal(err)
	}
	return out, next
}

// feed reads the rig's feed from a position to its end, as text.
func (r *rig) feed(p Position, limit int) (out []string, end Position) {
	r.t.Helper()
	for {
		page, next := r.changes(p, limit)
		if len(page) == 0 {
			return out, next
		}
		for _, c := range page {
			out = append(out, c.text())
		}
		p = next
	}
}

// touched is what the rig knows to be touched after an index, as text.
func (r *rig) touched(after uint64, limit int) (out []string, err error) {
	v := r.view()
	defer v.close()
	for {
		events, next, err := r.touches.after(after, limit)
		if err != nil || len(events) == 0 {
			return out, err
		}
		page, next, err := v.touched(events, next)
		if err != nil {
			return nil, err
		}
		for _, t := range page {
			out = append(out, fmt.Sprintf("%s %d %q", t.Event, t.Version, t.Summary))
		}
		after = next
	}
}

func (r *rig) checkFeed() error {
	v := r.view()
	defer v.close()
	return v.checkFeed()
}

// Whatever is appended, in whatever updates: the feed and the touches are those of the
// naive log. Somebody who reads now here and now at a replica that is behind, or was
// copied, or restarts, has in the end the last details of every event.
func TestTheFeedAgainstATwin(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fs := vfs.NewMem()
		one, other := newRig(t, fs), newRig(t, vfs.NewMem())
		defer func() { one.close(); other.close() }()
		commands, naive := appends(rt), twin{}
		limit := rapid.IntRange(1, 3)
		var at Position
		model := map[string]string{}
		read := func(r *rig) {
			page, next := r.changes(at, limit.Draw(rt, "limit"))
			for _, c := range page {
				model[c.Event] = fmt.Sprintf("%d %q", c.At, c.View.Details)
			}
			at = next
		}
		for done := 0; done < len(commands); {
			n := rapid.IntRange(1, min(8, len(commands)-done)).Draw(rt, "update")
			for i, result := range one.do(commands[done : done+n]...) {
				if result == resultDone {
					naive.do(uint64(done+i+1), commands[done+i])
				}
			}
			done += n
			switch rapid.IntRange(0, 4).Draw(rt, "then") {
			case 0:
				read(one)
			case 1:
				read(other)
			case 2:
				other.do(commands[other.index:rapid.Uint64Range(other.index, one.index).Draw(rt, "to")]...)
			case 3:
				if err := other.RecoverFromSnapshot(bytes.NewReader(save(t, one)), nil); err != nil {
					rt.Fatal(err)
				}
				other.index = one.index
			case 4:
				one.close()
				one = newRig(t, fs)
			}
		}
		other.do(commands[other.index:]...)
		compareFeeds(rt, naive, one, other)
		_, end := one.feed(Position{}, 9)
		for at != end {
			read(one)
		}
		for event, f := range naive {
			if want := fmt.Sprintf("%d %q", f.changed, f.view.Details); f.changed > 0 && model[event] != want {
				rt.Fatalf("the reader has %q, want %q", model[event], want)
			}
		}
	})
}

// compareFeeds reads everything from everywhere.
func compareFeeds(rt *rapid.T, naive twin, rigs ...*rig) {
	for _, r := range rigs {
		for after := range r.index + 1 {
			p := Position{Index: after}
			if got, end := r.feed(p, 2); !slices.Equal(got, naive.feed(after)) || end.Index != r.index {
				rt.Fatalf("the feed after %d is\n%q up to %+v, want\n%q", after, got, end, naive.feed(after))
			}
			got, err := r.touched(after, 2)
			if known := after >= r.touches.floor; known != (err == nil) || err != nil && !errors.Is(err, ErrTrimmed) {
				rt.Fatalf("touched after %d, known after %d: %v", after, r.touches.floor, err)
			}
			if err == nil && !slices.Equal(got, naive.touched(after)) {
				rt.Fatalf("touched after %d: %q, want %q", after, got, naive.touched(after))
			}
		}
		if err := r.checkFeed(); err != nil {
			rt.Fatal(err)
		}
	}
}

// described is an append with details.
func described(event string, base uint64, details string) []byte {
	b := Batch{Event: event, Epoch: 1, Base: base, Records: [][]byte{{1}}, Summary: []byte("s")}
	b.Details = []byte(details)
	return appendBatch(nil, &b)
}

// age makes of a rig's store one that an older version has written: without a feed, or
// with a stale one.
func (r *rig) age(stale bool) {
	r.t.Helper()
	b := r.db.NewBatch()
	var errs []error
	for _, kind := range []byte{kindFeed, kindPlace, kindOrigin} {
		if !stale {
			errs = append(errs, b.DeleteRange(r.keys.kind(kind), after(r.keys.kind(kind)), nil))
		}
	}
	r.at.feed = false
	errs = append(errs, b.Set(appliedKey(r.shard), r.at.encode(), nil), b.Commit(nil))
	if err := errors.Join(errs...); err != nil {
		r.t.Fatal(err)
	}
}

// What was there before the feed comes first, whole, to everybody whose position is
// older; what is described later moves.
func TestAStoreWithoutAFeed(t *testing.T) {
	fs := vfs.NewMem()
	r := newRig(t, fs)
	r.do(encodeClaim(1, alice), described("b", 0, "B"), described("a", 0, "A"), appendOf("plain", 1, 0, "p"),
		described("c", 0, "C"), described("a", 1, "AA"))
	_, early := r.feed(Position{Index: 2}, 9)
	early.Index--
	r.age(false)
	r.close()
	r = newRig(t, fs)
	old := []string{`a at 0: 2 "s" "AA"`, `b at 0: 1 "s" "B"`, `c at 0: 1 "s" "C"`}
	want := func(from Position, want ...string) (end Position) {
		t.Helper()
		for limit := 1; limit < 6; limit++ {
			var got []string
			if got, end = r.feed(from, limit); !slices.Equal(got, want) {
				t.Errorf("in pages of %d the feed from %+v is %q, want %q", limit, from, got, want)
			}
		}
		return end
	}
	end := want(Position{}, old...)
	want(early, old...)
	want(end)
	_, first := r.changes(Position{}, 1)
	want(first, old[1:]...)
	elsewhere := Position{first.Index - 1, first.Event} // of a replica that got its feed earlier
	want(elsewhere, old...)
	ahead := Position{first.Index + 100, first.Event}
	if got, next := r.changes(ahead, 9); len(got) != 0 || next != ahead {
		t.Errorf("a reader that is ahead got %d changes, and %+v", len(got), next)
	}

	r.do(described("b", 1, "BB"), described("new", 0, "N"))
	moved := []string{old[0], old[2], `b at 7: 2 "s" "BB"`, `new at 8: 1 "s" "N"`}
	want(Position{}, moved...)
	want(first, moved[1:]...)
	want(end, moved[2:]...)
	before := r.dump()
	r.close()
	r = newRig(t, fs) // it is done once
	if got := r.dump(); got != before {
		t.Errorf("a restart made of\n%s\n%s", before, got)
	}
	want(Position{}, moved...)
	if err := r.checkFeed(); err != nil {
		t.Error(err)
	}
}

// A feed that an older version was given, and did not keep, is made anew; so is one
// that was begun when the process ended.
func TestAStaleFeedIsMadeAnew(t *testing.T) {
	fs := vfs.NewMem()
	r := newRig(t, fs)
	r.do(encodeClaim(1, alice), described("a", 0, "A"), described("b", 0, "B"))
	set := func(key, value []byte) {
		t.Helper()
		if err := r.db.Set(key, value, nil); err != nil {
			t.Fatal(err)
		}
	}
	set(r.keys.feed(99, []byte("gone")), []byte{valueFormat})
	set(r.keys.event(kindPlace, []byte("gone")), encodeIndex(99))
	if err := r.checkFeed(); err == nil {
		t.Error("the stale feed was called whole")
	}
	r.age(true)
	r.close()
	r = newRig(t, fs)
	if got, _ := r.feed(Position{}, 1); !slices.Equal(got, []string{`a at 0: 1 "s" "A"`, `b at 0: 1 "s" "B"`}) {
		t.Errorf("the feed is %q", got)
	}
	if err := r.checkFeed(); err != nil {
		t.Error(err)
	}
}

// A snapshot of an older version gets a feed where it arrives; one that has a feed
// keeps it.
func TestASnapshotWithoutAFeed(t *testing.T) {
	from, to := newRig(t, vfs.NewMem()), newRig(t, vfs.NewMem())
	from.do(encodeClaim(1, alice), described("b", 0, "B"), described("a", 0, "A"))
	whole := save(t, from)
	for _, c := range []struct {
		snapshot []byte
		want     []string
		origin   uint64
	}{
		{whole, []string{`b at 2: 1 "s" "B"`, `a at 3: 1 "s" "A"`}, 0},
		{whole[:len(whole)-1], []string{`a at 0: 1 "s" "A"`, `b at 0: 1 "s" "B"`}, 3},
	} {
		if err := to.RecoverFromSnapshot(bytes.NewReader(c.snapshot), nil); err != nil {
			t.Fatal(err)
		}
		v := to.view()
		origin, err := v.origin()
		v.close()
		if got, _ := to.feed(Position{}, 1); !slices.Equal(got, c.want) || origin != c.origin || err != nil {
			t.Errorf("the copy's feed is %q since %d, want %q since %d: %v", got, origin, c.want, c.origin, err)
		}
		if _, err := to.touched(2, 9); !errors.Is(err, ErrTrimmed) {
			t.Errorf("touched before the copy: %v", err)
		}
	}
	to.index = 3
	to.do(described("b", 1, "BB"))
	if got, _ := to.feed(Position{Index: 3}, 9); !slices.Equal(got, []string{`b at 4: 2 "s" "BB"`}) {
		t.Errorf("after the copy there is %q", got)
	}
	if got, err := to.touched(3, 9); !slices.Equal(got, []string{`b 2 "s"`}) || err != nil {
		t.Errorf("touched after the copy: %q, %v", got, err)
	}
}

// The check finds every way in which a feed can differ from the events.
func TestADamagedFeedIsFound(t *testing.T) {
	for name, damage := range map[string]func(b *pebble.Batch, k keyspace) error{
		"an entry twice": func(b *pebble.Batch, k keyspace) error {
			return b.Set(k.feed(1, []byte("a")), []byte{valueFormat}, nil)
		},
		"no entry": func(b *pebble.Batch, k keyspace) error { return b.Delete(k.feed(2, []byte("a")), nil) },
		"no place": func(b *pebble.Batch, k keyspace) error {
			return b.Delete(k.event(kindPlace, []byte("a")), nil)
		},
		"no details": func(b *pebble.Batch, k keyspace) error {
			return b.Delete(k.event(kindDetails, []byte("a")), nil)
		},
		"no feed": func(b *pebble.Batch, k keyspace) error {
			return errors.Join(b.Delete(k.feed(2, []byte("a")), nil), b.Delete(k.event(kindPlace, []byte("a")), nil))
		},
	} {
		r := newRig(t, vfs.NewMem())
		r.do(encodeClaim(1, alice), described("a", 0, "A"), appendOf("plain", 1, 0, "p"))
		if err := r.checkFeed(); err != nil {
			t.Error(err)
		}
		b := r.db.NewBatch()
		if err := errors.Join(damage(b, r.keys), b.Commit(nil)); err != nil {
			t.Fatal(err)
		}
		if err := r.checkFeed(); !errors.Is(err, errValue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A page ends after some megabytes, whatever its limit.
func TestAPageIsBounded(t *testing.T) {
	r := newRig(t, vfs.NewMem())
	r.do(encodeClaim(1, alice))
	large := strings.Repeat("x", pageBytes/2)
	for i := range 5 {
		b := Batch{Event: fmt.Sprint(i), Epoch: 1, Records: [][]byte{{1}}, Summary: []byte(large), Details: []byte{}}
		r.do(appendBatch(nil, &b))
	}
	page, next := r.changes(Position{}, 100)
	if len(page) != 2 || next != (Position{Index: 3}) {
		t.Errorf("a page has %d changes, and leads to %+v", len(page), next)
	}
	v := r.view()
	defer v.close()
	events, _, err := r.touches.after(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if touched, next, err := v.touched(events, 99); len(touched) != 2 || next != 3 || err != nil {
		t.Errorf("a page has %d touches, and leads to %d: %v", len(touched), next, err)
	}
	if page, err := v.summaries("", 100); len(page) != 2 || err != nil {
		t.Errorf("a page has %d summaries: %v", len(page), err)
	}
	if page, err := v.summaries("1", 100); len(page) != 2 || page[0].Event != "2" || err != nil {
		t.Errorf("the next page has %d summaries: %v", len(page), err)
	}
}
