package search

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"boxoffice/storage/search/internal/postings"
)

// titled gives the ids of events whose name has the word.
func titled(t testing.TB, x *Index, word string) []string {
	t.Helper()
	m, err := x.body.moment()
	if err != nil {
		t.Fatal(err)
	}
	defer m.release()
	ids := []string{}
	var list postings.List
	for i := range m.view.Segments() {
		s := &m.view.Segments()[i]
		dict, err := s.Dictionary(postings.Name)
		if err == nil {
			err = dict.Find(word, &list)
		}
		if err != nil {
			t.Fatal(err)
		}
		it, err := list.Postings()
		for err == nil && it.Next() {
			ids = append(ids, m.columns.ID(s.Ordinals()[it.Doc]))
		}
		if err := errors.Join(err, it.Err()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestApplied(t *testing.T) {
	x := begin(t, t.TempDir())
	if x.Position(1) != nil {
		t.Error("a new index has a position")
	}
	apply(t, x, batch("p1", named("a", 1, "Blue Moon"), named("b", 1, "Blue Sky")))
	if got := string(x.Position(1)); got != "p1" {
		t.Errorf("position %q, want p1", got)
	}
	if got := titled(t, x, "blue"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("blue finds %v", got)
	}
	apply(t, x, batch("p2", named("a", 2, "Red Moon")))
	if got := titled(t, x, "blue"); !slices.Equal(got, []string{"b"}) {
		t.Errorf("blue finds %v", got)
	}
	wantHeld(t, x, "a@2", "b@1")
}

func TestOlderVersionsAreIgnored(t *testing.T) {
	x := begin(t, t.TempDir())
	apply(t, x, batch("p1", named("a", 5, "five"), named("a", 7, "seven"), named("a", 6, "six")))
	wantHeld(t, x, "a@7")
	apply(t, x, batch("p2", named("a", 6, "six"), named("a", 7, "again")))
	if titled(t, x, "seven") == nil || len(titled(t, x, "again")) != 0 {
		t.Error("the same version took the place of itself")
	}
	before := x.changes.generation()
	apply(t, x, batch("p3", named("a", 7, "again")))
	if x.changes.generation() != before {
		t.Error("a batch that changed nothing counts as a change")
	}
	if got := string(x.Position(1)); got != "p3" {
		t.Errorf("position %q, want p3", got)
	}
}

func TestRemovedStaysRemoved(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	apply(t, x, batch("p1", named("a", 3, "a"), named("b", 1, "b")))
	apply(t, x, Batch{Source: 1, Position: []byte("p2"), Removed: []Removed{{"a", 4}, {"never", 9}, {"b", 0}}})
	wantHeld(t, x, "b@1")
	for _, reopened := range []bool{false, true} {
		if reopened {
			end(t, x)
			x = begin(t, dir)
		}
		apply(t, x, batch("p3", named("a", 3, "old"), named("a", 4, "old"), named("never", 8, "old")))
		wantHeld(t, x, "b@1")
		s, err := x.Stats()
		if err != nil || s.Remembered != 2 || s.Events != 1 {
			t.Errorf("%+v, %v; want 2 remembered and 1 event", s, err)
		}
	}
	apply(t, x, batch("p4", named("a", 5, "new")))
	wantHeld(t, x, "a@5", "b@1")
	end(t, x)
	x = begin(t, dir)
	wantHeld(t, x, "a@5", "b@1")
	if s, _ := x.Stats(); s.Remembered != 1 {
		t.Errorf("%d remembered, want 1", s.Remembered)
	}
}

func TestRemovalAndChangeInOneBatch(t *testing.T) {
	x := begin(t, t.TempDir())
	b := batch("p1", named("a", 5, "a"), named("b", 4, "b"))
	b.Removed = []Removed{{"a", 4}, {"b", 4}}
	apply(t, x, b)
	wantHeld(t, x, "a@5")
}

func TestLargeBatchIsTakenInSteps(t *testing.T) {
	x := begin(t, t.TempDir())
	var events []Event
	for i := range 5000 {
		events = append(events, named(fmt.Sprintf("e%d", i), 1, "x"))
	}
	apply(t, x, batch("p1", events...))
	if got := len(holds(t, x)); got != 5000 {
		t.Errorf("%d events, want 5000", got)
	}
	b := Batch{Source: 1, Position: []byte("p2")}
	for i := range 3000 {
		b.Removed = append(b.Removed, Removed{fmt.Sprintf("e%d", i), 2})
	}
	apply(t, x, b)
	if got := len(holds(t, x)); got != 2000 {
		t.Errorf("%d events, want 2000", got)
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	x := begin(t, t.TempDir())
	for _, b := range []Batch{
		{Source: 1},
		{Source: 1, Position: make([]byte, 257)},
		batch("p", named("", 1, "x")),
		batch("p", named("!positions", 1, "x")),
		batch("p", named(strings.Repeat("a", 65), 1, "x")),
		batch("p", named("a\xff", 1, "x")),
		{Source: 1, Position: []byte("p"), Removed: []Removed{{"a b", 1}}},
	} {
		if err := x.Apply(context.Background(), b); err == nil {
			t.Errorf("%+v was taken", b)
		}
	}
	wantHeld(t, x)
}

func TestReopenedIndex(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	for n := range 60 {
		e := some(n, 1)
		events := []Event{e, some(n/2, uint64(2+n))}
		apply(t, x, Batch{Source: uint64(n % 4), Position: fmt.Append(nil, n), Events: events})
	}
	before, positions := holds(t, x), maps.Clone(x.body.store.Positions())
	end(t, x)
	x = begin(t, dir)
	if after := holds(t, x); !slices.Equal(before, after) {
		t.Errorf("%d events before, %d after", len(before), len(after))
	}
	for source, p := range positions {
		if got := x.Position(source); string(got) != string(p) {
			t.Errorf("position %q, want %q", got, p)
		}
	}
	if s, err := x.Stats(); err != nil || s.Rebuilt != "" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestRecord(t *testing.T) {
	for n := range 100 {
		e := some(n, uint64(n*n))
		e.Cancelled, e.OnSaleAt = n%2 == 0, int64(n)-50
		if n%3 == 0 {
			e.Venue.Location = nil
		}
		record := encodeRecord(&e, "spelled")
		got, err := decodeRecord(record)
		if err != nil {
			t.Fatal(err)
		}
		got.ID, got.Description, got.Source = e.ID, e.Description, e.Source
		if fmt.Sprintf("%#v", flat(got)) != fmt.Sprintf("%#v", flat(e)) {
			t.Errorf("%+v came back as %+v", e, got)
		}
		if source, err := sourceOf(record); err != nil || string(source) != string(e.Source) {
			t.Errorf("source %q, %v", source, err)
		}
		for cut := range record {
			_, _ = decodeRecord(record[:cut]) // must not panic
			_, _ = sourceOf(record[:cut])
		}
	}
}

// flat is an event without pointers.
func flat(e Event) any {
	at := Point{}
	if e.Venue.Location != nil {
		at = *e.Venue.Location
	}
	e.Venue.Location = nil
	return []any{e, at}
}

func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	if _, err := Open(quiet(dir)); !errors.Is(err, ErrLocked) {
		t.Errorf("a second Open: %v", err)
	}
	end(t, x)
	begin(t, dir)
}

func TestClosedIndex(t *testing.T) {
	x := begin(t, t.TempDir())
	apply(t, x, batch("p1", named("a", 1, "a")))
	m, err := x.body.moment()
	if err != nil {
		t.Fatal(err)
	}
	end(t, x)
	end(t, x)
	if n, err := m.view.Frequency(postings.Name, "a"); n != 1 || err != nil {
		t.Errorf("a moment that is still held: %d, %v", n, err)
	}
	m.release()
	if err := x.Apply(context.Background(), batch("p2", named("b", 1, "b"))); !errors.Is(err, ErrClosed) {
		t.Errorf("Apply: %v", err)
	}
	if _, err := x.body.moment(); !errors.Is(err, ErrClosed) {
		t.Errorf("moment: %v", err)
	}
	if _, err := x.Stats(); !errors.Is(err, ErrClosed) {
		t.Errorf("Stats: %v", err)
	}
}

func TestLiveValues(t *testing.T) {
	x := begin(t, t.TempDir())
	if x.SetLive("a", Live{Version: 1}) {
		t.Error("an event that is not there has live values")
	}
	apply(t, x, batch("p1", named("a", 1, "a")))
	if !x.SetLive("a", Live{Version: 7, Total: 100, Available: 12}) {
		t.Fatal("an event has no live values")
	}
	x.SetLive("a", Live{Version: 6, Total: 100, Available: 99})
	apply(t, x, batch("p2", named("a", 2, "b")))
	m, err := x.body.moment()
	if err != nil {
		t.Fatal(err)
	}
	defer m.release()
	if total, left := m.columns.Stock(x.body.table.Ordinal("a")); total != 100 || left != 12 {
		t.Errorf("%d of %d are left, want 12 of 100", left, total)
	}
}

func TestOtherSchemaIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	x := begin(t, dir)
	apply(t, x, batch("p1", named("a", 1, "a")))
	end(t, x)
	// The schema is the first byte of what the document with the positions stores: a
	// store of another schema is written in its place.
	name, err := readCurrent(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	cfg := postings.DefaultConfig(filepath.Join(dir, name))
	cfg.Schema, cfg.Nap = schema+1, quiet(dir).Nap
	cfg.Ordinal = func([]byte) uint32 { return 0 }
	cfg.Load = func() func(_, _ []byte) (uint32, error) { return nil }
	cfg.Loaded = func() error { return nil }
	s, err := postings.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(context.Background(), postings.Batch{Docs: []postings.Doc{{ID: "a"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	x = begin(t, dir)
	wantHeld(t, x)
	if s, err := x.Stats(); err != nil || !strings.Contains(s.Rebuilt, "schema") {
		t.Errorf("%+v, %v", s, err)
	}
	apply(t, x, batch("p1", named("b", 1, "b")))
	end(t, x)
	x = begin(t, dir)
	wantHeld(t, x, "b@1")
	if s, err := x.Stats(); err != nil || s.Rebuilt != "" {
		t.Errorf("%+v, %v", s, err)
	}
}
