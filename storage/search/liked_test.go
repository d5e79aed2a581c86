package search

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"boxoffice/storage/search/internal/text"
)

// Of a word that many events have, those are marked who have a performer whose name is
// something to it, as it is typed, begun, by another spelling or by likeness; and hardly
// any others.
func TestLiked(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	names := []string{
		"Metallica", "The Metallica", "Metallicas", "Metalica", "Mettalica", "Metallica Revival", "P!nk", "Pink",
		"Pinky", "The Pink", "AC/DC", "R.E.M.", "REM", "Björk", "Bjork Trio",
	}
	for len(names) < 300 {
		names = append(names, phrase(r, 1+r.IntN(2)))
	}
	x := begin(t, t.TempDir())
	var events []Event
	for i := range 2000 {
		e := named(fmt.Sprintf("e%04d", i), 1, "Night")
		for range 2 {
			name := names[r.IntN(len(names))]
			e.Performers = append(e.Performers, Performer{ID: "p-" + name, Name: name})
		}
		events = append(events, e)
	}
	apply(t, x, batch("1", events...))
	m, err := x.body.moment()
	if err != nil {
		t.Fatal(err)
	}
	defer m.release()
	for _, typed := range strings.Fields("metallica metalli metallcia emtallica pink p!nk bjork rem r.e.m. acdc") {
		q, ok := text.Parse(typed, MaxWords)
		if !ok {
			t.Fatalf("%q has too many words", typed)
		}
		p := newPlan(q, m.words)
		p.blur(m.words)
		var h phrasing
		h.reset(p, m.columns, new(scratch))
		h.names(0, 0) // makes room for what is known of names
		if len(h.wanted) != 1 {
			continue
		}
		if !h.liked.mark(&h, h.likedNames()) {
			t.Fatalf("%q: too many events", typed)
		}
		something, others := 0, 0
		for o := range uint32(m.columns.Len()) {
			want := false
			for _, b := range m.columns.Billing(o) {
				want = want || h.compare(m.columns.NameOf(b)) != unlike
			}
			switch got := h.liked.mayPlay(&h, o, h.likedNames); {
			case want && !got:
				t.Fatalf("%q: event %d with %v is left out", typed, o, events[o].Performers)
			case want:
				something++
			case got:
				others++
			}
		}
		if something == 0 || others > 0 {
			t.Errorf("%q: %d events, and %d others", typed, something, others)
		}
	}
}

// A name that has the words side by side comes first also where it is the last that is
// looked at, of many that have them apart.
func TestNamesOnAFullPage(t *testing.T) {
	x := begin(t, t.TempDir())
	var events []Event
	for i := range 100 {
		events = append(events, named(fmt.Sprintf("e%03d", i), 1, "Foxes of Blue"))
	}
	apply(t, x, batch("1", append(events, named("last", 1, "Big Blue Foxes"))...))
	page, err := x.Search(t.Context(), Query{Text: "blue foxes", Size: 5})
	if err != nil {
		t.Fatal(err)
	}
	if page.Total != 101 || page.Hits[0].ID != "last" || page.Hits[1].ID != "e000" {
		t.Errorf("%d events, of them first %s, then %s", page.Total, page.Hits[0].ID, page.Hits[1].ID)
	}
}
