package search

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// open opens an index in a folder of the test's own.
func open(t testing.TB) *Index {
	t.Helper()
	cfg := DefaultConfig(t.TempDir())
	cfg.Nap = 10 * time.Millisecond
	x, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// apply applies events, at a position of its own.
func apply(t testing.TB, x *Index, events ...Event) {
	t.Helper()
	b := Batch{Source: 1, Position: []byte(fmt.Sprint(time.Now().UnixNano())), Events: events}
	if err := x.Apply(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// ids searches and gives the ids of the hits, in order.
func ids(t testing.TB, x *Index, q Query) []string {
	t.Helper()
	if q.Size == 0 {
		q.Size = 20
	}
	page, err := x.Search(context.Background(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	var out []string
	for _, h := range page.Hits {
		out = append(out, h.ID)
		if string(h.Source) != "source of "+h.ID {
			t.Errorf("%s has the source %q", h.ID, h.Source)
		}
	}
	return out
}

// someEvents are a few whose names are hard.
func someEvents() []Event {
	place := func(id, name, city string, lat, lon float64) Venue {
		return Venue{ID: id, Name: name, City: city, Location: &Point{lat, lon}}
	}
	msg := place("msg", "Madison Square Garden", "New York", 40.7505, -73.9934)
	o2 := place("o2", "The O2", "London", 51.503, 0.0032)
	events := []Event{
		{ID: "bey", Title: "Beyoncé: Renaissance World Tour", Genre: "Pop", Venue: msg, Performers: []Performer{{"p1", "Beyoncé"}}},
		{ID: "acdc", Title: "AC/DC — Power Up", Genre: "Rock", Venue: o2, Performers: []Performer{{"p2", "AC/DC"}}},
		{ID: "who", Title: "The Who", Genre: "Rock", Venue: msg, Performers: []Performer{{"p3", "The Who"}}},
		{ID: "chk", Title: "!!! (Chk Chk Chk)", Genre: "Dance", Venue: o2, Performers: []Performer{{"p4", "!!!"}}},
		{ID: "pink", Title: "P!nk: Summer Carnival", Genre: "Pop", Venue: o2, Performers: []Performer{{"p5", "P!nk"}}},
		{ID: "ham", Title: "Hamilton", Genre: "Musical", Venue: msg, Description: "a night in new york"},
		{ID: "tribute", Title: "A Night of Queen", Genre: "Rock", Description: "like the who and beyonce"},
	}
	for i := range events {
		e := &events[i]
		e.Version, e.Source, e.StartsAt, e.Capacity = 1, []byte("source of "+e.ID), 4e12+int64(i), 1000
	}
	return events
}

func TestSearchFinds(t *testing.T) {
	x := open(t)
	apply(t, x, someEvents()...)
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{Text: "beyonce"}, "[bey tribute]"},
		{Query{Text: "BEYONCÉ renaissance"}, "[bey]"},
		{Query{Text: "beyocne"}, "[bey]"},
		{Query{Text: "beyocne", Exact: true}, "[]"},
		{Query{Text: "acdc"}, "[acdc]"},
		{Query{Text: "ac dc"}, "[acdc]"},
		{Query{Text: "AC/DC"}, "[acdc]"},
		{Query{Text: "the who"}, "[who tribute]"},
		{Query{Text: "!!!"}, "[chk]"},
		{Query{Text: "p!nk"}, "[pink]"},
		{Query{Text: "pink"}, "[pink]"},
		{Query{Text: "hami"}, "[ham]"},
		{Query{Text: "new york beyonce"}, "[bey]"},
		{Query{Genre: "ROCK", Sort: ByDate}, "[acdc who tribute]"},
		{Query{Venue: "o2", Sort: ByName}, "[chk acdc pink]"},
		{Query{Performer: "p3"}, "[who]"},
		{Query{Near: &Point{40.7, -74}, Radius: 40_000, Sort: ByDate}, "[bey who ham]"},
		{Query{Near: &Point{40.7, -74}, Sort: ByDistance}, "[bey ham who acdc chk pink tribute]"},
		{Query{Text: "rock", Near: &Point{51, 0}, Radius: 100_000}, "[acdc]"},
		{Query{Sort: ByDate, StartsAfter: 4e12 + 5}, "[ham tribute]"},
		{Query{Sort: ByDate, StartsBefore: 4e12 + 2}, "[bey acdc]"},
	} {
		if got := fmt.Sprint(ids(t, x, c.q)); got != c.want {
			t.Errorf("%+v found %s, want %s", c.q, got, c.want)
		}
	}
}
