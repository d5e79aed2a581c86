package search

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/text"
	"boxoffice/storage/search/internal/words"
)

// phrasingOf is the phrasing of a text, with the words that look alike among those of names.
func phrasingOf(typed string, names ...string) *phrasing {
	counts := map[string]int{}
	for _, n := range names {
		for _, w := range text.Words(n) {
			counts[w]++
		}
	}
	vocabulary := words.New(counts)
	q, _ := text.Parse(typed, MaxWords)
	p := newPlan(q, vocabulary)
	p.blur(vocabulary)
	h := &phrasing{}
	h.wanted, h.the = wantedOf(p)
	return h
}

// What a name is to a text.
func TestLikenesses(t *testing.T) {
	long := strings.Repeat("la ", longName) + "blue foxes"
	for _, c := range []struct {
		typed, name string
		want        likeness
	}{
		{"blue foxes", "Blue Foxes", wholeSame},
		{"blue foxes", "The Blue Foxes", wholeThe},
		{"the blue foxes", "Blue Foxes", wholeThe},
		{"the blue foxes", "The Blue Foxes", wholeSame},
		{"foxes blue", "Blue Foxes", wholeMixed},
		{"blue fox", "Blue Foxtrot", wholeBegun},
		{"blue foxse", "Blue Foxes", wholeAlike},
		{"bleu foxse", "Blue Foxes", wholeAlike},
		{"blue foxes", "Night of the Blue Foxes", side},
		{"blue fox", "Blue Foxtrot Night", sideBegun},
		{"bleu foxes", "Blue Foxes Night", sideAlike},
		{"blue foxes chicago", "Blue Foxes", partSame},
		{"chicago blue foxes", "Blue Foxes", partSame},
		{"bleu foxes chicago", "Blue Foxes", partAlike},
		{"blue foxes", "Foxes and Blue", unlike},
		{"blue foxes", "Blue Foxes Foxes", side},
		{"blue blue", "Blue Foxes", unlike},
		{"foxes", "Blue Foxes", unlike},
		{"fox", "The Foxes", wholeBegun},
		{"fo", "Foxes", unlike}, // too short to be a beginning
		{"the", "The", wholeSame},
		{"the the", "The The", wholeSame},
		{"ac dc", "AC/DC", wholeSame},
		{"p!nk", "Pink", wholeSame},
		{"blue foxes", "", unlike},
		{"blue foxes", long, unlike}, // beyond what is looked at
		{"la la", long, side},
	} {
		h := phrasingOf(c.typed, c.name)
		if got := h.compare(spellings(c.name)); got != c.want {
			t.Errorf("%q for %q: %d, want %d", c.name, c.typed, got, c.want)
		}
		if c.want != unlike && h.cannotBe(columns.InitialsOf(spellings(c.name))) {
			t.Errorf("%q for %q: not by its initials", c.name, c.typed)
		}
	}
}

// Initials tell most names apart that are nothing to a text.
func TestCannotBe(t *testing.T) {
	for typed, names := range map[string][]string{
		"foxes":            {"Blue Foxes", "Harbour", "The Blue"},
		"blue foxes":       {"Red Foxes", "Night", "Blue Hens and Owls"},
		"blue foxes lodge": {"Red Foxes", "Blue Hens"},
	} {
		h := phrasingOf(typed, names...)
		for _, name := range names {
			if !h.cannotBe(columns.InitialsOf(spellings(name))) {
				t.Errorf("%q for %q may be", name, typed)
			}
		}
	}
}

// The best likeness of several names is the one that adds the most.
func TestBonusesGrow(t *testing.T) {
	for l := range likenesses - 1 {
		if nameBonus[l] > nameBonus[l+1] {
			t.Errorf("likeness %d adds %v, the next one %v", l, nameBonus[l], nameBonus[l+1])
		}
	}
	if nameBonus[wholeSame] != wholeBonus {
		t.Errorf("%v is not the most that a name adds", wholeBonus)
	}
}

// A score grows with its parts, is above 1 with exact words and in (0, 1) with others, and
// is more for what is to come.
func TestWholeScores(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 10_000 {
		v := math.Exp(r.Float64()*14 - 7) // 0.001 to 1,000
		for _, marks := range []uint8{0, allNamed, alike} {
			over, coming := whole(v, marks, false), whole(v, marks, true)
			more := whole(v*(1+1e-9), marks, true)
			low := marks == alike
			if over >= coming || coming >= more || over <= 0 || low != (more < 1) || low == (over > 1) {
				t.Fatalf("%v with marks %d: %v over, %v to come, %v for a little more", v, marks, over, coming, more)
			}
		}
	}
}
