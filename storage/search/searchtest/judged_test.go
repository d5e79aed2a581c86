package searchtest

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"boxoffice/storage/search"
)

var worse = flag.Float64("worse", 0, "show the hits of judged queries whose nDCG is below this")

// smallCatalog reads testdata/small.txt.
func smallCatalog(t testing.TB) []search.Event {
	t.Helper()
	content, err := os.ReadFile("testdata/small.txt")
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]search.Venue{}
	var events []search.Event
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if place, ok := strings.CutPrefix(line, "@ "); ok {
			f := fields(place, 4)
			v := search.Venue{ID: fmt.Sprint("v", len(places)), Region: f[1], Country: f[2]}
			v.Location = new(search.Point)
			v.Name, v.City, _ = strings.Cut(f[0], ", ")
			if _, err := fmt.Sscanf(f[3], "%g,%g", &v.Location.Lat, &v.Location.Lon); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			places[f[0]] = v
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		f := fields(line, 7)
		days, err1 := strconv.Atoi(f[0])
		capacity, err2 := strconv.Atoi(f[1])
		venue, ok := places[f[3]]
		if err1 != nil || err2 != nil || !ok {
			t.Fatalf("%s: what day, how large, or where?", line)
		}
		e := search.Event{
			ID: fmt.Sprint("e", len(events)), Version: 1, StartsAt: now + int64(days)*day, Capacity: capacity,
			Genre: f[2], Venue: venue, Title: f[4], Description: f[6],
		}
		for name := range strings.SplitSeq(f[5], "; ") {
			e.Performers = append(e.Performers, search.Performer{ID: "p-" + name, Name: name})
		}
		if e.Title == "" {
			e.Title = e.Performers[0].Name
		}
		events = append(events, e)
	}
	return events
}

// fields are the parts of a line, at least n.
func fields(line string, n int) []string {
	f := strings.Split(line, "|")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	return append(f, make([]string, n)...)
}

// judge asks the judged queries of a file.
func (g *rig) judge(name string, events []search.Event) Marks {
	g.Helper()
	file, err := os.Open(name)
	if err != nil {
		g.Fatal(err)
	}
	defer file.Close()
	queries, err := ReadJudged(file)
	if err != nil {
		g.Fatal(err)
	}
	marks := Judge(queries, events, func(q search.Query) []string {
		page, err := g.x.Search(g.Context(), q)
		if err != nil {
			g.Fatal(err)
		}
		ids := make([]string, 0, len(page.Hits))
		for _, h := range page.Hits {
			ids = append(ids, h.ID)
		}
		return ids
	})
	if len(marks) != len(queries) {
		g.Errorf("%d of %d queries have an answer", len(marks), len(queries))
	}
	return marks
}

// The ranking, by what people would expect of it. The floors are a little below what it
// reached when it was last made better, 0.998 and 1.000.
func TestJudgedSmall(t *testing.T) {
	g := newRig(t)
	events := smallCatalog(t)
	g.feed(events, nil)
	marks := g.judge("testdata/small_judged.txt", events)
	t.Logf("%d events\n%s", len(events), marks.Report(*worse))
	const leastNDCG, leastRank = 0.985, 0.985
	if ndcg, rank := marks.Means(); ndcg < leastNDCG || rank < leastRank {
		t.Errorf("nDCG %.3f, MRR %.3f; at least %.3f and %.3f are wanted", ndcg, rank, leastNDCG, leastRank)
	}
}

// The queries on real events can be read, and each says what it wants.
func TestJudgedFile(t *testing.T) {
	file, err := os.Open("testdata/judged.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	queries, err := ReadJudged(file)
	if err != nil || len(queries) < 100 {
		t.Fatalf("%d queries, %v", len(queries), err)
	}
	for i := range queries {
		q := queries[i].Query(10)
		if err := q.Check(); err != nil || queries[i].Class == "" || len(queries[i].rules) == 0 {
			t.Errorf("%s: %v", &queries[i], err)
		}
	}
}

// Lines that say nothing are told.
func TestJudgedRefused(t *testing.T) {
	for _, line := range []string{
		"text", "text => 4 any:x", "text => 1 words", "text => any:x", "text @ here 5 => 1 any:x",
		"text => 1 any:x | 0 any:y",
	} {
		if _, err := ReadJudged(strings.NewReader("# Class.\n" + line + "\n")); err == nil {
			t.Errorf("%q was read", line)
		}
	}
}

// A grade is the highest whose conditions all hold, within the radius.
func TestGrades(t *testing.T) {
	events := []search.Event{
		{ID: "a", Title: "P!nk: Live", Performers: []search.Performer{{Name: "P!nk"}}, Venue: search.Venue{City: "Łódź",
			Location: &search.Point{Lat: 51.77, Lon: 19.46}}},
		{ID: "b", Title: "Pink Floyd Night", Venue: search.Venue{City: "Lodz"}, Genre: "Rock"},
		{ID: "c", Title: "Pinky"},
	}
	for line, want := range map[string][]int{
		"q => 3 =performer:p!nk | 1 any:pink":               {3, 1, 0},
		"q => 2 city:lodz | 3 city:lodz genre:rock":         {2, 3, 0},
		"q @ 51.8,19.5 10 => 1 any:p nk | 1 any:pink floyd": {1, 0, 0},
		"q => 1 title:night | 1 place:lodz":                 {1, 1, 0},
	} {
		queries, err := ReadJudged(strings.NewReader(line))
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for i := range events {
			got = append(got, queries[0].grade(&events[i]))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", line, got, want)
		}
	}
}

// Marks are those of the definitions.
func TestMarks(t *testing.T) {
	events := []search.Event{{ID: "a", Title: "one"}, {ID: "b", Title: "two"}, {ID: "c", Title: "none"}}
	queries, err := ReadJudged(strings.NewReader("# C.\nq => 3 title:one | 1 title:two\nq => 3 title:nowhere\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		found      []string
		ndcg, rank string
	}{
		{[]string{"a", "b"}, "1.000", "1.000"},
		{[]string{"b", "a"}, "0.710", "0.500"}, // (1 + 7/log2(3)) / (7 + 1/log2(3))
		{[]string{"c", "c", "b"}, "0.066", "0.000"},
		{nil, "0.000", "0.000"},
	} {
		marks := Judge(queries, events, func(search.Query) []string { return c.found })
		ndcg, rank := marks.Means()
		if got := fmt.Sprintf("%.3f %.3f", ndcg, rank); len(marks) != 1 || got != c.ndcg+" "+c.rank {
			t.Errorf("%v: %d marks, %s, want %s %s", c.found, len(marks), got, c.ndcg, c.rank)
		}
	}
}
