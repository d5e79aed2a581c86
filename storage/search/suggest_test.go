package search

import (
	"fmt"
	"testing"
)

// suggested asks for suggestions, as kind:id:name:events.
func suggested(t *testing.T, x *Index, text string, near *Point) []string {
	t.Helper()
	found, err := x.Suggest(t.Context(), SuggestQuery{Text: text, Near: near, Size: 10})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range found {
		out = append(out, fmt.Sprintf("%d:%s:%s:%d", s.Kind, s.ID, s.Name, s.Events))
	}
	return out
}

// collected waits until an index has names.
func collected(t *testing.T, x *Index) {
	t.Helper()
	if err := x.serving.Load().collect(); err != nil {
		t.Fatal(err)
	}
}

// Names are suggested by kind, those of the catalog and those that came since.
func TestSuggest(t *testing.T) {
	x := begin(t, t.TempDir())
	apply(t, x, batch("1", someEvents()...))
	collected(t, x)
	check := func() {
		t.Helper()
		for text, want := range map[string]string{
			"beyo":     "[1:p1:Beyoncé:1 0:bey:Beyoncé: Renaissance World Tour:1]",
			"mad gar":  "[2:msg:Madison Square Garden:3]",
			"new":      "[3::New York:3]",
			"acd":      "[1:p2:AC/DC:1 0:acdc:AC/DC — Power Up:1]",
			"the who":  "[1:p3:The Who:1]",
			"hamil":    "[0:ham:Hamilton:1]",
			"nobody":   "[]",
			"londo":    "[3::London:3]",
			"BEYONCÉ ": "[1:p1:Beyoncé:1 0:bey:Beyoncé: Renaissance World Tour:1]",
		} {
			if got := fmt.Sprint(suggested(t, x, text, nil)); got != want {
				t.Errorf("%q: %s, want %s", text, got, want)
			}
		}
	}
	check()
	late := named("late", 1, "Zanzibar Nights")
	late.StartsAt, late.Performers = 4e12, []Performer{{"pz", "Zanzibar"}}
	late.Venue = Venue{ID: "vz", Name: "Zanzibar Hall", City: "Zanzibar City", Country: "TZ"}
	apply(t, x, batch("2", late))
	want := "[0:late:Zanzibar Nights:1 1:pz:Zanzibar:1 2:vz:Zanzibar Hall:1 3::Zanzibar City:1]"
	got := suggested(t, x, "zanz", nil)
	if len(got) != 4 {
		t.Errorf("new names: %v, want %s in some order", got, want)
	}
	check()
	collected(t, x)
	check()
	if got := suggested(t, x, "zanz", nil); len(got) != 4 {
		t.Errorf("after collecting: %v", got)
	}
}

// What is over is not suggested.
func TestSuggestOnlyToCome(t *testing.T) {
	x := begin(t, t.TempDir())
	over := named("over", 1, "Overture")
	over.StartsAt = 1e11
	apply(t, x, batch("1", over))
	collected(t, x)
	if got := suggested(t, x, "over", nil); got != nil {
		t.Errorf("suggested %v", got)
	}
}
