package postings

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	segment "github.com/blugelabs/bluge_segment_api"
	"go.uber.org/goleak"
)

// ids is the smallest thing that gives ordinals: an id keeps its own for ever.
type ids struct {
	mu      sync.Mutex // guards all below
	numbers map[string]uint32
	names   []string
	sources map[string]string // what Load was given
}

func newIDs() *ids { return &ids{numbers: map[string]uint32{}, sources: map[string]string{}} }

func (t *ids) of(id string) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.numbers[id]
	if !ok {
		n = uint32(len(t.names))
		t.numbers[id], t.names = n, append(t.names, id)
	}
	return n
}

func (t *ids) ordinal(id []byte) uint32 { return t.of(string(id)) }

func (t *ids) load(id, source []byte) (uint32, error) {
	n := t.of(string(id))
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, twice := t.sources[string(id)]; twice {
		return 0, fmt.Errorf("%q is there twice", id)
	}
	t.sources[string(id)] = string(source)
	return n, nil
}

// testConfig naps shortly.
func testConfig(dir string, names *ids) Config {
	cfg := DefaultConfig(dir)
	cfg.Schema, cfg.Nap = 1, 5*time.Millisecond
	cfg.Load = func() func(id, source []byte) (uint32, error) { return names.load }
	cfg.Loaded = func() error { return nil }
	cfg.Ordinal = names.ordinal
	return cfg
}

// open opens an index and closes it at the end of the test.
func open(t testing.TB, dir string) (*Store, *ids) {
	t.Helper()
	names := newIDs()
	s, err := Open(testConfig(dir, names))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, s) })
	return s, names
}

func shut(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// write writes a batch that must succeed.
func write(t testing.TB, s *Store, b Batch) {
	t.Helper()
	if err := s.Write(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// find gives the ids that have the word, sorted.
func find(t testing.TB, s *Store, names *ids, f Field, word string) []string {
	t.Helper()
	v, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	found := []string{}
	var list List
	for i := range v.Segments() {
		seg := &v.Segments()[i]
		dict, err := seg.Dictionary(f)
		if err == nil {
			err = dict.Find(word, &list)
		}
		if err != nil {
			t.Fatal(err)
		}
		set := NewBitmap()
		list.OrInto(set)
		seg.DropDeleted(set)
		if n := int(set.GetCardinality()); n != list.Count() {
			t.Errorf("%q: %d documents in the set, %d counted", word, n, list.Count())
		}
		for _, doc := range set.ToArray() {
			found = append(found, names.names[seg.Ordinals()[doc]])
		}
	}
	slices.Sort(found)
	return found
}

func want(t testing.TB, got []string, ids ...string) {
	t.Helper()
	if !slices.Equal(got, ids) && len(got)+len(ids) > 0 {
		t.Errorf("found %q, want %q", got, ids)
	}
}

func TestFieldsAreFoundApart(t *testing.T) {
	s, names := open(t, t.TempDir())
	write(t, s, Batch{Docs: []Doc{
		{ID: "a", Name: []string{"blue", "moon"}, All: []string{"moon", "hall"}, Performers: []string{"p1", "p2"},
			Venue: "v1", Genre: "jazz", Source: []byte("A")},
		{ID: "b", Name: []string{"red"}, All: []string{"blue"}, Performers: []string{"p2"}, Venue: "v2"},
	}})
	want(t, find(t, s, names, Name, "blue"), "a")
	want(t, find(t, s, names, All, "blue"), "b")
	want(t, find(t, s, names, Performer, "p2"), "a", "b")
	want(t, find(t, s, names, Venue, "v1"), "a")
	want(t, find(t, s, names, Genre, "jazz"), "a")
	want(t, find(t, s, names, Genre, ""))
	want(t, find(t, s, names, Name, "nothing"))
}

func TestFrequencyAndLength(t *testing.T) {
	s, _ := open(t, t.TempDir())
	write(t, s, Batch{Docs: []Doc{
		{ID: "a", Name: []string{"new", "york", "new", "wave"}, All: []string{"new", "new"}},
		{ID: "b", Name: []string{"new"}},
	}})
	v, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	check := func(f Field, freq, length int) {
		t.Helper()
		var list List
		dict, _ := v.Segments()[0].Dictionary(f)
		if err := dict.Find("new", &list); err != nil {
			t.Fatal(err)
		}
		it, err := list.Postings()
		if err != nil || !it.Next() || it.Doc != 0 || it.Freq != freq || it.Length != length {
			t.Errorf("%d: %+v, %v; want document 0, %d times among %d", f, it, err, freq, length)
		}
	}
	check(Name, 2, 4)
	check(All, 1, 1)
	if m := v.MeanNameLength(); m != 2.5 {
		t.Errorf("names have %v words on average, want 2.5", m)
	}
	if n, err := v.Frequency(Name, "new"); n != 2 || err != nil {
		t.Errorf("%d documents have it (%v), want 2", n, err)
	}
	if v.Documents() != 2 {
		t.Errorf("%d documents, want 2", v.Documents())
	}
}

func TestLastChangeOfAnIDCounts(t *testing.T) {
	s, names := open(t, t.TempDir())
	write(t, s, Batch{Docs: []Doc{{ID: "a", Name: []string{"one"}}, {ID: "b"}, {ID: "a", Name: []string{"two"}}}})
	want(t, find(t, s, names, Name, "one"))
	want(t, find(t, s, names, Name, "two"), "a")
	write(t, s, Batch{Deletes: []string{"a"}, Docs: []Doc{{ID: "a", Name: []string{"three"}}}})
	want(t, find(t, s, names, Name, "two"))
	want(t, find(t, s, names, Name, "three"), "a")
	write(t, s, Batch{Deletes: []string{"a", "never"}})
	want(t, find(t, s, names, Name, "three"))
	write(t, s, Batch{Docs: []Doc{{ID: "a", Name: []string{"four"}}}})
	want(t, find(t, s, names, Name, "four"), "a")
	v, _ := s.View()
	defer v.Release()
	if v.Documents() != 2 {
		t.Errorf("%d documents, want 2", v.Documents())
	}
}

func TestReopened(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir)
	for i := range 10 {
		write(t, s, Batch{
			Docs:      []Doc{{ID: fmt.Sprint(i), Name: []string{"x"}, Source: fmt.Append(nil, "source ", i)}},
			Positions: map[uint64][]byte{uint64(i % 3): fmt.Append(nil, i)},
		})
	}
	write(t, s, Batch{Deletes: []string{"3"}})
	shut(t, s)
	s, names := open(t, dir)
	for source, p := range map[uint64]string{0: "9", 1: "7", 2: "8"} {
		if got := string(s.Position(source)); got != p {
			t.Errorf("position of %d is %q, want %q", source, got, p)
		}
	}
	if s.Position(7) != nil {
		t.Error("a source that was never written has a position")
	}
	want(t, find(t, s, names, Name, "x"), "0", "1", "2", "4", "5", "6", "7", "8", "9")
	if len(names.sources) != 9 || names.sources["4"] != "source 4" {
		t.Errorf("loaded %v", names.sources)
	}
}

func TestSourceAndWords(t *testing.T) {
	s, names := open(t, t.TempDir())
	for i := range 100 {
		write(t, s, Batch{Docs: []Doc{{ID: fmt.Sprint(i), Name: []string{"all", fmt.Sprint("w", i%7)},
			Source: fmt.Append(nil, "s", i)}}})
	}
	write(t, s, Batch{Deletes: []string{"0", "7"}})
	v, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	defer v.Release()
	words, err := v.Words(Name)
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]int{"all": 98, "w0": 13, "w1": 15, "w2": 14, "w3": 14, "w4": 14, "w5": 14, "w6": 14}
	if !maps.Equal(words, wanted) {
		t.Errorf("words %v, want %v", words, wanted)
	}
	seen := 0
	for i := range v.Segments() {
		seg := &v.Segments()[i]
		for doc, ordinal := range seg.Ordinals() {
			if ordinal == NoOrdinal || seg.Deleted(uint32(doc)) {
				continue
			}
			seen++
			source, err := seg.Source(uint32(doc), nil)
			if err != nil || string(source) != "s"+names.names[ordinal] {
				t.Errorf("source of %q is %q (%v)", names.names[ordinal], source, err)
			}
		}
	}
	if seen != 98 {
		t.Errorf("%d documents seen, want 98", seen)
	}
}

// A word of one document says nothing of the words after it, not even in a merged
// segment, where such a word has a form of its own.
func TestWordsAfterASingleOne(t *testing.T) {
	p := plugin(func([]byte) uint32 { return 0 }, func() bool { return true })
	var parts []segment.Segment
	for i, words := range [][]string{{"a", "c"}, {"b", "c"}} {
		one, _, err := p.New([]segment.Document{newDocument(&Doc{ID: fmt.Sprint(i), Name: words})}, norm)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, one)
	}
	var file bytes.Buffer
	if _, err := p.Merge(parts, make([]*Bitmap, 2), 1024).WriteTo(&file, nil); err != nil {
		t.Fatal(err)
	}
	merged, err := p.Load(segment.NewDataBytes(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]int{}
	err = (&Segment{part: merged.(*part)}).words(Name, words)
	if err != nil || !maps.Equal(words, map[string]int{"a": 1, "b": 1, "c": 2}) {
		t.Errorf("words %v (%v)", words, err)
	}
}

func TestClosed(t *testing.T) {
	defer goleak.VerifyNone(t)
	s, _ := open(t, t.TempDir())
	write(t, s, Batch{Docs: []Doc{{ID: "a", Name: []string{"x"}}}})
	v, err := s.View()
	if err != nil {
		t.Fatal(err)
	}
	shut(t, s)
	shut(t, s)
	if err := s.Write(context.Background(), Batch{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Write after Close: %v", err)
	}
	if _, err := s.View(); !errors.Is(err, ErrClosed) {
		t.Errorf("View after Close: %v", err)
	}
	if n, err := v.Frequency(Name, "x"); n != 1 || err != nil {
		t.Errorf("a view that is still held: %d, %v", n, err)
	}
	v.Release()
}

func TestSchema(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir)
	write(t, s, Batch{Docs: []Doc{{ID: "a"}}})
	shut(t, s)
	cfg := testConfig(dir, newIDs())
	cfg.Schema = 2
	if _, err := Open(cfg); !errors.Is(err, ErrSchema) {
		t.Errorf("another schema: %v", err)
	}
}

func TestLocate(t *testing.T) {
	s, names := open(t, t.TempDir())
	for i := range 50 {
		write(t, s, Batch{Docs: []Doc{
			{ID: fmt.Sprint(i % 20), Source: fmt.Append(nil, "s", i)},
			{ID: fmt.Sprint("f", i)},
		}})
	}
	write(t, s, Batch{Deletes: []string{"3"}})
	check := func() {
		t.Helper()
		v, err := s.View()
		if err != nil {
			t.Fatal(err)
		}
		defer v.Release()
		for i := range 20 {
			id := fmt.Sprint(i)
			seg, doc, ok, err := v.Locate(id, names.of(id))
			if err != nil || ok != (i != 3) {
				t.Fatalf("%q: %v, %v", id, ok, err)
			}
			if !ok {
				continue
			}
			last := i + 20
			if last+20 < 50 {
				last += 20
			}
			source, err := v.Segments()[seg].Source(doc, nil)
			if err != nil || string(source) != fmt.Sprint("s", last) {
				t.Errorf("source of %q is %q, %v", id, source, err)
			}
		}
	}
	check()
	if err := s.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	check()
}
