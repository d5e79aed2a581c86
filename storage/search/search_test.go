package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

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
		{
			ID: "bey", Title: "Beyoncé: Renaissance World Tour", Genre: "Pop", Venue: msg,
			Performers: []Performer{{"p1", "Beyoncé"}},
		},
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
	x := begin(t, t.TempDir())
	apply(t, x, batch("1", someEvents()...))
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
		{Query{Text: "madison squ beyonce"}, "[]"}, // only the last word may be unfinished
		{Query{Text: "beyonce madison squ"}, "[bey]"},
		{Query{Text: "madison sqaure"}, "[bey ham who]"},
		{Query{Text: "lodnon"}, "[acdc chk pink]"},
		{Query{Text: "lodnon", Exact: true}, "[]"},
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

// A likeness comes after everything exact, and is said.
func TestCorrected(t *testing.T) {
	x := begin(t, t.TempDir())
	apply(t, x, batch("1", someEvents()...))
	page, err := x.Search(t.Context(), Query{Text: "beyocne tour", Size: 5})
	if err != nil {
		t.Fatal(err)
	}
	want := "[{beyocne [beyonce]}]"
	if got := fmt.Sprint(page.Corrected); len(page.Hits) != 1 || got != want {
		t.Errorf("%d hits, corrected %v, want %v", len(page.Hits), got, want)
	}
	if page, err = x.Search(t.Context(), Query{Text: "beyonce tour", Size: 1}); err != nil || page.Corrected != nil {
		t.Errorf("corrected %v, %v", page.Corrected, err)
	}
	apply(t, x, batch("2", named("like", 1, "Who Whoa"), named("other", 1, "Whoa")))
	if page, err = x.Search(t.Context(), Query{Text: "whoa", Size: 9}); err != nil {
		t.Fatal(err)
	}
	for i, h := range page.Hits {
		if exact := h.ID == "like" || h.ID == "other"; exact != (i < 2) || exact != (h.Score > 1) || h.Score < 0.01 {
			t.Errorf("hit %d is %s with a score of %v", i, h.ID, h.Score)
		}
	}
}

// Names side by side, or nothing else than the query, come first.
func TestPhrases(t *testing.T) {
	x := begin(t, t.TempDir())
	apply(t, x, batch("1",
		named("both", 1, "Foxes and the Blue"), named("phrase", 1, "A Night with Blue Foxes"),
		named("whole", 1, "Blue Foxes"),
		named("rare", 1, "Blue Zebra"),
	))
	if got := fmt.Sprint(titledBy(t, x, "blue foxes")); got != "[whole phrase both]" {
		t.Errorf("found %s", got)
	}
	if got := fmt.Sprint(titledBy(t, x, "foxes blue")); got != "[whole both phrase]" && got != "[both whole phrase]" {
		t.Errorf("the other way round found %s", got)
	}
}

// The same performer's next event comes before the last one, however short the last one's
// name was; and who is meant before who sings his songs, also where he is over.
func TestNextBeforeLast(t *testing.T) {
	cfg := quiet(t.TempDir())
	cfg.Now = func() int64 { return 1e12 }
	x, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer end(t, x)
	show := func(id, title string, startsAt int64, who ...string) Event {
		e := named(id, 1, title)
		e.StartsAt = startsAt
		for _, name := range who {
			e.Performers = append(e.Performers, Performer{Name: name})
		}
		return e
	}
	events := []Event{
		show("last", "Blue Foxes", 9e11, "Blue Foxes"),
		show("next", "A long night by the harbour, with friends", 2e12, "Red Hens", "Green Owls", "Blue Foxes"),
		show("tribute", "Songs of the Blue Foxes", 2e12, "Grey Mice"),
	}
	for i := range 40 {
		events = append(events, named(fmt.Sprint("other", i), 1, "Something else"))
	}
	apply(t, x, batch("1", events...))
	for _, text := range []string{"blue foxes", "foxes blue", "blue foxse", "the blue foxes"} {
		page, err := x.Search(t.Context(), Query{Text: text, Size: 9})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range page.Hits {
			got = append(got, h.ID)
		}
		if fmt.Sprint(got) != "[next last tribute]" {
			t.Errorf("%q found %v", text, got)
		}
	}
}

// Two cities of one name are two; one that is written in two ways is one.
func TestCitiesOfOneName(t *testing.T) {
	x := begin(t, t.TempDir())
	in := func(id, city, region, country string) Event {
		e := named(id, 1, "Show")
		e.Venue = Venue{ID: id, Name: id, City: city, Region: region, Country: country}
		return e
	}
	apply(t, x, batch("1", in("a", "Portland", "OR", "US"), in("b", "Portland", "ME", "US"),
		in("c", "PORTLAND", "or", "US"), in("d", "Portland", "", ""), in("e", "", "OR", "US")))
	page, err := x.Search(t.Context(), Query{Text: "show", Size: 9, Facets: []Facet{FacetCity}})
	if err != nil {
		t.Fatal(err)
	}
	got := page.Facets[0].Values
	slices.SortFunc(got, func(a, b FacetCount) int { return strings.Compare(a.Place, b.Place) })
	if len(got) != 3 || got[0].Count != 1 || got[1].Count != 1 || got[2].Count != 2 || got[0].Place != "" ||
		got[1].Place != "ME, US" || !strings.EqualFold(got[2].Place, "OR, US") {
		t.Errorf("%+v", got)
	}
}

// What was typed beside a name is where it is, or what it is.
func TestAroundNames(t *testing.T) {
	x := begin(t, t.TempDir())
	at := func(id, title, city, venue, genre string) Event {
		e := named(id, 1, title)
		e.Venue, e.Genre = Venue{ID: venue, Name: venue, City: city}, genre
		return e
	}
	apply(t, x, batch("1",
		at("jazz", "Late Set", "New York", "Blue Cellar", "Jazz"),
		at("named", "New York Jazz Voices", "Oslo", "Blå", "Pop"),
		at("folk", "Jazz Band", "New York", "Blue Cellar", "Folk"),
		at("arena", "Blue", "Leeds", "Arena", "Pop"),
		at("cellar", "Trio", "Leeds", "Cellar", "Pop"),
		at("song", "Cellar of my blue days", "Leeds", "Arena", "Pop"),
	))
	for text, want := range map[string]string{
		"jazz in new york": "[jazz folk named]",
		"new york":         "[named folk jazz]",
		"leeds cellar":     "[cellar song]",
		"blue cellar":      "[folk jazz song]",
		"blue":             "[arena song folk jazz]",
	} {
		if got := fmt.Sprint(titledBy(t, x, text)); got != want {
			t.Errorf("%q found %s, want %s", text, got, want)
		}
	}
}

// titledBy searches a text and gives the ids.
func titledBy(t *testing.T, x *Index, s string) []string {
	t.Helper()
	page, err := x.Search(t.Context(), Query{Text: s, Exact: true, Size: 20})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, h := range page.Hits {
		ids = append(ids, h.ID)
	}
	return ids
}

// What is over, and what was cancelled, comes after what is to come.
func TestToComeFirst(t *testing.T) {
	cfg := quiet(t.TempDir())
	cfg.Now = func() int64 { return 1e12 }
	x, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer end(t, x)
	apply(t, x, batch("1",
		Event{ID: "over", Version: 1, Title: "Show", StartsAt: 1e12 - 100_000_000, Capacity: 9000},
		Event{ID: "late", Version: 1, Title: "Show", StartsAt: 1e12 - 99_999_999, Capacity: 1},
		Event{ID: "gone", Version: 1, Title: "Show", StartsAt: 2e12, Cancelled: true, Capacity: 8000},
		Event{ID: "small", Version: 1, Title: "Show", StartsAt: 2e12, Capacity: 10},
		Event{ID: "large", Version: 1, Title: "Show", StartsAt: 2e12, Capacity: 5000},
	))
	for text, want := range map[string]string{
		"":     "[large small late over gone]", // what is over by date
		"show": "[large small over gone late]", // or by popularity
	} {
		page, err := x.Search(t.Context(), Query{Text: text, Size: 9})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range page.Hits {
			got = append(got, h.ID)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%q found %v, want %s", text, got, want)
		}
	}
}

// Live values are those of now, also on a page that is kept.
func TestLiveOnPages(t *testing.T) {
	x := begin(t, t.TempDir())
	apply(t, x, batch("1", named("a", 1, "Show"), named("b", 1, "Show")))
	for n := range int32(12) {
		l := Live{Version: uint64(n), Total: 100, Available: n, Held: 1, Booked: 99 - n, Waiting: 5}
		if !x.SetLive("a", l) {
			t.Fatal("a is not there")
		}
		page, err := x.Search(t.Context(), Query{Text: "show", Sort: ByName, Size: 2})
		if err != nil || len(page.Hits) != 2 {
			t.Fatal(page, err)
		}
		if page.Live[0] != l || page.Live[1] != (Live{}) {
			t.Errorf("live is %+v and %+v", page.Live[0], page.Live[1])
		}
	}
}

// Few is a tenth or less, at least one.
func TestAvailability(t *testing.T) {
	cfg := quiet(t.TempDir())
	cfg.MaxStale = 0
	x, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer end(t, x)
	apply(t, x, batch("1", named("none", 1, "A"), named("one", 1, "A"), named("tenth", 1, "A"), named("more", 1, "A"),
		named("unsaid", 1, "A"), Event{ID: "off", Version: 1, Title: "A", Cancelled: true}))
	for id, left := range map[string]int32{"none": 0, "one": 1, "tenth": 10, "more": 11, "off": 50} {
		x.SetLive(id, Live{Version: 1, Total: 100, Available: left})
	}
	for a, want := range map[Availability]string{
		AnyAvailability: "[more none off one tenth unsaid]", Available: "[more one tenth]", Few: "[one tenth]",
	} {
		q := Query{Availability: a, Sort: ByName, Size: 9, Facets: []Facet{FacetAvailability}}
		page, err := x.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range page.Hits {
			got = append(got, h.ID)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("availability %d found %v, want %s", a, got, want)
		}
		if a == AnyAvailability {
			if got := fmt.Sprint(page.Facets[0].Values); got != "[{ available  3} { none  3} { few  2}]" {
				t.Errorf("counted %s", got)
			}
		}
	}
}

// A query that takes too long ends, and says so.
func TestBudget(t *testing.T) {
	x := begin(t, t.TempDir())
	apply(t, x, batch("1", someEvents()...))
	x.cfg.Budget = 0
	for _, q := range []Query{{Size: 1}, {Size: 1, Text: "rock"}, {Size: 1, Venue: "o2"}} {
		if _, err := x.Search(t.Context(), q); !errors.Is(err, ErrBudget) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := x.Search(ctx, Query{Size: 1}); !errors.Is(err, ErrBudget) {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, Query{Size: 1}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
