package search

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"boxoffice/storage/search/internal/postings"
)

func TestMain(m *testing.M) {
	if child := os.Getenv(childEnv); child != "" {
		os.Exit(runChild(child))
	}
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// quiet is a configuration for tests: it saves soon, and says nothing.
func quiet(dir string) Config {
	cfg := DefaultConfig(dir)
	cfg.Nap, cfg.unsaved = 5*time.Millisecond, 32
	cfg.Budget = time.Minute // a busy machine is not what is tested
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

// begin opens an index that is closed at the end of the test.
func begin(t testing.TB, dir string) *Index {
	t.Helper()
	x, err := Open(quiet(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, x) })
	return x
}

func end(t testing.TB, x *Index) {
	t.Helper()
	if err := x.Close(); err != nil {
		t.Error(err)
	}
}

// words of made-up names, the first ones more often.
var someWords = func() []string {
	r := rand.New(rand.NewPCG(1, 1))
	list := make([]string, 4000)
	for i := range list {
		w := make([]byte, 3+r.IntN(7))
		for j := range w {
			w[j] = "etaoinshrdlucmfwypvbgk"[r.IntN(22)]
		}
		list[i] = string(w)
	}
	return list
}()

// phrase is some words.
func phrase(r *rand.Rand, n int) string {
	out := make([]byte, 0, n*8)
	for i := range n {
		if i > 0 {
			out = append(out, ' ')
		}
		f := r.Float64()
		out = append(out, someWords[int(f*f*float64(len(someWords)))]...)
	}
	return string(out)
}

// some makes an event: the same for the same number and version.
func some(n int, version uint64) Event {
	r := rand.New(rand.NewPCG(uint64(n), version))
	venue := r.IntN(1 + n/50)
	e := Event{
		ID: fmt.Sprintf("event-%07d", n), Version: version, Title: phrase(r, 4), Description: phrase(r, 30),
		Genre: fmt.Sprint("Genre", r.IntN(12)), Capacity: r.IntN(20_000),
		StartsAt: 1_800_000_000_000 + int64(r.IntN(1e9)),
		Venue: Venue{
			ID: fmt.Sprint("venue-", venue), Name: phrase(rand.New(rand.NewPCG(7, uint64(venue))), 2),
			City: "Springfield", Region: "IL", Country: "US",
			Location: &Point{Lat: float64(venue%120) - 60, Lon: float64(venue % 360)},
		},
	}
	for range 1 + r.IntN(2) {
		who := r.IntN(1 + n/20)
		name := phrase(rand.New(rand.NewPCG(9, uint64(who))), 2)
		e.Performers = append(e.Performers, Performer{ID: fmt.Sprint("performer-", who), Name: name})
	}
	e.Source = fmt.Appendf(nil, `{"id":%q,"version":%d,"title":%q,"genre":%q,"startsAt":"2027-06-01T20:00:00Z",`+
		`"venue":{"id":%q,"name":%q,"city":%q},"performers":%q,"description":%q}`, e.ID, e.Version, e.Title, e.Genre,
		e.Venue.ID, e.Venue.Name, e.Venue.City, fmt.Sprint(e.Performers), e.Description)
	return e
}

// batch is events with a position.
func batch(position string, events ...Event) Batch {
	return Batch{Source: 1, Position: []byte(position), Events: events}
}

// apply applies a batch that must be taken.
func apply(t testing.TB, x *Index, b Batch) {
	t.Helper()
	if err := x.Apply(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// holds gives the events of the index as id@version, and fails where a document, its
// columns and its record do not say the same.
func holds(t testing.TB, x *Index) []string {
	t.Helper()
	m, err := x.body.moment()
	if err != nil {
		t.Fatal(err)
	}
	defer m.release()
	var all []string
	var record []byte
	for i := range m.view.Segments() {
		s := &m.view.Segments()[i]
		for doc, o := range s.Ordinals() {
			if o == postings.NoOrdinal || s.Deleted(uint32(doc)) {
				continue
			}
			if record, err = s.Source(uint32(doc), record[:0]); err != nil {
				t.Fatal(err)
			}
			e, err := decodeRecord(record)
			if err != nil || !m.columns.Alive(o) || e.Version != m.columns.Version(o) {
				t.Fatalf("ordinal %d: version %d stored, %d in columns, alive %v, %v",
					o, e.Version, m.columns.Version(o), m.columns.Alive(o), err)
			}
			all = append(all, fmt.Sprint(m.columns.ID(o), "@", e.Version))
		}
	}
	if len(all) != m.columns.Events() {
		t.Fatalf("%d documents, %d events in columns", len(all), m.columns.Events())
	}
	slices.Sort(all)
	return all
}

// wantHeld says which events the index must hold.
func wantHeld(t testing.TB, x *Index, want ...string) {
	t.Helper()
	if got := holds(t, x); !slices.Equal(got, want) {
		t.Errorf("the index holds %v, want %v", got, want)
	}
}

// named is a small event.
func named(id string, version uint64, title string) Event {
	return Event{ID: id, Version: version, Title: title, Source: []byte(title)}
}

// decodeRecord reads all of a record but for its source.
func decodeRecord(record []byte) (Event, error) {
	var s storedEvent
	if err := s.read(record); err != nil {
		return Event{}, err
	}
	e := Event{
		Version: s.version, Title: string(s.title), Genre: string(s.genre), Venue: s.readVenue(),
		StartsAt: s.startsAt, OnSaleAt: s.onSaleAt, Cancelled: s.cancelled, Capacity: s.capacity,
	}
	for _, raw := range s.performers {
		e.Performers = append(e.Performers, readPerformer(raw))
	}
	return e, nil
}
