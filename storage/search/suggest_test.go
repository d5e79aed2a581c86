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

// A title is suggested as it is now, also where it was written in another way when names
// were collected, and where the event's place in the columns is another one's by now.
func TestSuggestedTitleIsOfNow(t *testing.T) {
	x := begin(t, t.TempDir())
	apply(t, x, batch("1", named("e1", 1, "Zanzibar nights"), named("e2", 1, "Quagga Days")))
	collected(t, x)
	if got := suggested(t, x, "zanz", nil); fmt.Sprint(got) != "[0:e1:Zanzibar nights:0]" {
		t.Error(got)
	}
	apply(t, x, batch("2", named("e1", 2, "ZANZIBAR Nights")))
	if got := suggested(t, x, "zanz", nil); fmt.Sprint(got) != "[0:e1:ZANZIBAR Nights:0]" {
		t.Error(got)
	}
	collected(t, x)
	apply(t, x, Batch{Source: 1, Position: []byte("3"), Removed: []Removed{{"e1", 3}}})
	apply(t, x, batch("4", named("e3", 2, "Something Else")))
	if got := suggested(t, x, "zanz", nil); len(got) > 0 {
		t.Error(got, "is gone")
	}
	if got := suggested(t, x, "quag", nil); fmt.Sprint(got) != "[0:e2:Quagga Days:0]" {
		t.Error(got)
	}
}

// collected waits until an index has names.
func collected(t *testing.T, x *Index) {
	t.Helper()
	if err := x.body.collect(); err != nil {
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

// Names whose events are over come after all that have events to come, however near and
// popular they are, and before nothing at all; what was cancelled does not count.
func TestSuggestWhatIsOver(t *testing.T) {
	here := &Point{Lat: 1, Lon: 1}
	at := Venue{ID: "v", Name: "Overton Hall", City: "Overton", Location: here}
	over := func(id, title string) Event {
		e := named(id, 1, title)
		e.StartsAt, e.Capacity, e.Venue = 1e11, 100_000, at
		return e
	}
	off := over("off", "Overlook")
	off.StartsAt, off.Cancelled = 4e12, true
	small := named("small", 1, "A small Overture")
	small.StartsAt = 4e12
	x := begin(t, t.TempDir())
	collected(t, x)
	apply(t, x, batch("1", over("a", "Overboard"), over("b", "Overboard"), off, small))
	want := "[0:small:A small Overture:1 3::Overton:0 2:v:Overton Hall:0 0:b:Overboard:0]"
	if got := suggested(t, x, "over", here); len(got) != 4 || got[0] != "0:small:A small Overture:1" {
		t.Errorf("at once: suggested %v", got)
	}
	collected(t, x)
	if got := fmt.Sprint(suggested(t, x, "over", here)); got != want {
		t.Errorf("suggested %s, want %s", got, want)
	}
	apply(t, x, batch("2", over("d", "Overcast")))
	for i, title := range []string{"Overboard", "Overcast"} { // that was known, or came since
		coming := over(fmt.Sprint("next", i), title)
		coming.StartsAt = 4e12
		apply(t, x, batch(fmt.Sprint(3+i), coming))
		want := fmt.Sprintf("[0:next%d:%s:1]", i, title)
		if got := fmt.Sprint(suggested(t, x, title, nil)); got != want {
			t.Errorf("with one to come: suggested %s, want %s", got, want)
		}
	}
}

// Names that begin with the text come before others as popular, and a city that is the
// text comes first.
func TestSuggestBeginnings(t *testing.T) {
	var events []Event
	for i, v := range []Venue{
		{ID: "louis", Name: "The Dome", City: "St. Louis"}, {ID: "line", Name: "Line St", City: "Lyon"},
		{ID: "lon", Name: "London Palladium", City: "London"},
	} {
		e := named(fmt.Sprint("e", i), 1, "Stella Lo")
		e.StartsAt, e.Venue = 4e12, v
		events = append(events, e)
	}
	x := begin(t, t.TempDir())
	apply(t, x, batch("1", events...))
	collected(t, x)
	if got := suggested(t, x, "st l", nil); got[0] != "3::St. Louis:1" {
		t.Errorf("suggested %v", got)
	}
	if got := suggested(t, x, "london", nil); got[0] != "3::London:1" {
		t.Errorf("suggested %v", got)
	}
	if got := suggested(t, x, "dom", nil); fmt.Sprint(got) != "[2:louis:The Dome:1]" {
		t.Errorf("suggested %v", got)
	}
}
