package postings

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// churnIDs is how many ids the churn has: few, so that segments empty and merge often.
const churnIDs = 400

// read goes over all of a view, as queries do, and holds it to itself: no id twice, and
// every document with the word that its source says.
func read(t *testing.T, v *View, names *ids) {
	seen := map[uint32]bool{}
	var list List
	for i := range v.Segments() {
		s := &v.Segments()[i]
		dict, err := s.Dictionary(All)
		if err != nil {
			t.Error(err)
			return
		}
		for w := range 10 {
			word := fmt.Sprint("w", w)
			if err := dict.Find(word, &list); err != nil {
				t.Error(err)
				return
			}
			it, err := list.Postings()
			for err == nil && it.Next() {
				ordinal := s.Ordinals()[it.Doc]
				if ordinal == NoOrdinal || seen[ordinal] {
					t.Errorf("ordinal %d is there twice, or none", ordinal)
					return
				}
				seen[ordinal] = true
				source, err := s.Source(it.Doc, nil)
				if err != nil || string(source) != names.name(ordinal)+" "+word {
					t.Errorf("source %q of %q with %q, %v", source, names.name(ordinal), word, err)
					return
				}
			}
			if err := errors.Join(err, it.Err()); err != nil {
				t.Error(err)
				return
			}
		}
	}
	if len(seen) != v.Documents() {
		t.Errorf("%d documents seen, %d counted", len(seen), v.Documents())
	}
}

func (t *ids) name(ordinal uint32) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.names[ordinal]
}

// Writes, deletions, merges and readers at the same time.
func TestChurn(t *testing.T) {
	names := newIDs()
	cfg := testConfig(t.TempDir(), names)
	var merges atomic.Int64
	cfg.Changed = func() { merges.Add(1) }
	cfg.Failed = func(err error) { t.Error(err) }
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, s)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v, err := s.View()
				if err != nil {
					t.Error(err)
					return
				}
				read(t, v, names)
				v.Release()
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 2))
	for merges.Load() < 40 && !t.Failed() {
		var b Batch
		for range 1 + r.IntN(30) {
			id := strconv.Itoa(r.IntN(churnIDs))
			if r.IntN(3) == 0 {
				b.Deletes = append(b.Deletes, id)
				continue
			}
			word := fmt.Sprint("w", r.IntN(10))
			b.Docs = append(b.Docs,
				Doc{ID: id, Name: []string{word}, All: []string{word, word}, Source: []byte(id + " " + word)})
		}
		write(t, s, b)
	}
	close(stop)
	wg.Wait()
}

// What a crash leaves is removed: torn snapshots, and segments that no snapshot names.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir)
	for i := range 5 {
		write(t, s, Batch{Docs: []Doc{{ID: strconv.Itoa(i), Name: []string{"x"}}}})
	}
	shut(t, s)
	for _, name := range []string{"0000000000ff.snp", "000000000fff.snp", "000000000ffe.seg"} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, len(name)*100*(len(name)%2)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, names := open(t, dir)
	want(t, find(t, s, names, Name, "x"), "0", "1", "2", "3", "4")
	for _, name := range []string{"0000000000ff.snp", "000000000fff.snp", "000000000ffe.seg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left (%v)", name, err)
		}
	}
}

// A torn snapshot must not be in the way of a shorter one that is written later under
// its number.
func TestTornSnapshotInTheWay(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir)
	write(t, s, Batch{Docs: []Doc{{ID: "a", Name: []string{"x"}}}})
	shut(t, s)
	for epoch := range 200 {
		name := filepath.Join(dir, fmt.Sprintf("%012x.snp", epoch))
		if _, err := os.Stat(name); err == nil {
			continue
		}
		if err := os.WriteFile(name, make([]byte, 10_000), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, _ = open(t, dir)
	write(t, s, Batch{Docs: []Doc{{ID: "b", Name: []string{"x"}}}})
	shut(t, s)
	s, names := open(t, dir)
	want(t, find(t, s, names, Name, "x"), "a", "b")
}

// Words may be any bytes, as long as ids are not.
func TestOddWords(t *testing.T) {
	s, names := open(t, t.TempDir())
	words := []string{"\x00", "\xff\xff", "a\xffb", "é", "東京", string(make([]byte, 1000))}
	write(t, s, Batch{Docs: []Doc{{ID: "a", Name: words}}})
	if err := s.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, w := range words {
		want(t, find(t, s, names, Name, w), "a")
	}
}

func TestBatchIsBounded(t *testing.T) {
	s, _ := open(t, t.TempDir())
	if err := s.Write(context.Background(), Batch{Deletes: make([]string, MaxBatch+1)}); err == nil {
		t.Error("a batch that is too large was taken")
	}
}
