package words

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var small = map[string]int{
	"beyonce": 12, "beyond": 40, "bon": 5, "born": 7, "bonnie": 3, "foo": 9, "fighters": 8, "adele": 20, "who": 2,
	"łoś": 1, "björk": 2, "周杰倫": 4, "周杰": 1,
}

func texts(matches []Match) string {
	var out []string
	for _, m := range matches {
		out = append(out, fmt.Sprint(m.Text, m.Edits))
	}
	return strings.Join(out, " ")
}

func TestFuzzy(t *testing.T) {
	v := New(small)
	for typed, want := range map[string]string{
		"beyonce":  "beyond2",
		"beyocne":  "beyonce1 beyond2",
		"beyonc":   "beyond1 beyonce1",
		"beyoncee": "beyonce1",
		"peyonce":  "beyonce1", // the first letter, one edit
		"eyonce":   "beyonce1",
		"ebyonce":  "beyonce1",
		"abeyonce": "beyonce1",
		"peyonec":  "", // the first letter and another one
		"foi":      "foo1",
		"boo":      "bon1", // foo is another word, not a slip of three letters
		"bjork":    "björk1",
		"周傑倫":      "周杰倫1",
		"adlee":    "adele1",
	} {
		edits := 1
		if Edits(typed) == 2 {
			edits = 2
		}
		if got := texts(v.Fuzzy(typed, edits, 10)); got != want {
			t.Errorf("%s: got %q, want %q", typed, got, want)
		}
	}
	for _, typed := range []string{"", "\xff", strings.Repeat("b", 63)} {
		if got := v.Fuzzy(typed, 2, 10); got != nil {
			t.Errorf("%q: got %v", typed, got)
		}
	}
	if v.Fuzzy("bon", 0, 10) != nil || v.Fuzzy("bon", -1, 10) != nil || v.Fuzzy("bon", 1, 0) != nil {
		t.Error("no edits, or no matches, were asked for")
	}
	if got := texts(v.Fuzzy("beyonc", 9, 1)); got != "beyond1" {
		t.Errorf("got %q", got)
	}
}

func TestEdits(t *testing.T) {
	for w, want := range map[string]int{"": 0, "ab": 0, "abc": 1, "éàü": 1, "abcde": 1, "abcdef": 2, "周杰倫演唱會": 2} {
		if got := Edits(w); got != want {
			t.Errorf("%q: got %d, want %d", w, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	v := New(small)
	for typed, want := range map[string]string{
		"foofighters": "foo fighters", "foofoo": "foo foo", "bonwho": "bon who", "周杰倫who": "周杰倫 who",
		"foo": "", "foox": "", "xfoo": "", "": "", "\xff\xff\xff\xff": "",
		strings.Repeat("foo", 50): "",
	} {
		left, right, ok := v.Split(typed)
		if got := strings.TrimSpace(left + " " + right); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestAddStopsAtItsBound(t *testing.T) {
	v := New(small)
	full, ok := v.Add(generate(MaxAdded))
	if !ok || full.Added() != MaxAdded {
		t.Fatalf("got %v, %d words", ok, full.Added())
	}
	same, ok := full.Add(map[string]int{"one more": 1})
	if ok || same != full {
		t.Error("one more word than MaxAdded was added")
	}
	if _, ok := full.Add(map[string]int{full.added.word(7): 1}); !ok {
		t.Error("a word that the overlay has needs no room")
	}
	if compact := full.Compact(); compact.Added() != 0 || compact.Len() != full.Len() {
		t.Errorf("compacted: %d added, %d of %d words", compact.Added(), compact.Len(), full.Len())
	}
	if v.Added() != 0 || v.Len() != len(small) {
		t.Error("Add changed the vocabulary")
	}
}

func TestWhatCannotBeAWordIsLeftOut(t *testing.T) {
	v := New(map[string]int{"": 1, "\xff": 1, strings.Repeat("x", 63): 1, strings.Repeat("x", 62): 1, "zero": 0})
	if v.Len() != 2 || v.Frequency("zero") != 1 {
		t.Errorf("%d words, zero %d times", v.Len(), v.Frequency("zero"))
	}
	if got := texts(v.Fuzzy(strings.Repeat("x", 61), 2, 9)); got != strings.Repeat("x", 62)+"1" {
		t.Errorf("got %q", got)
	}
}

// compare holds a vocabulary to its twin for what was typed.
func compare(t interface{ Errorf(string, ...any) }, v *Vocabulary, slow twin, typed string, limit int) {
	for edits := range 3 {
		if got, want := v.Fuzzy(typed, edits, limit), slow.fuzzy(typed, edits, limit); !slices.Equal(got, want) {
			t.Errorf("Fuzzy(%q, %d, %d): got %v, want %v", typed, edits, limit, got, want)
		}
	}
	if got, want := v.Prefix(typed, limit), slow.prefix(typed, limit); !slices.Equal(got, want) {
		t.Errorf("Prefix(%q, %d): got %v, want %v", typed, limit, got, want)
	}
	if got := v.Frequency(typed); got != slow[typed] {
		t.Errorf("Frequency(%q): got %d, want %d", typed, got, slow[typed])
	}
	left, right, ok := v.Split(typed)
	if l, r := slow.split(typed); l != left || r != right || ok != (l != "") {
		t.Errorf("Split(%q): got %q %q %v, want %q %q", typed, left, right, ok, l, r)
	}
}

// Words of few letters have many neighbours: every rule of the distance is needed.
func TestTwin(t *testing.T) {
	word := rapid.StringMatching(`[abéè周]{1,7}`)
	counts := rapid.MapOf(word, rapid.IntRange(1, 4))
	rapid.Check(t, func(t *rapid.T) {
		slow := twin{}
		base, added := counts.Draw(t, "base"), counts.Draw(t, "added")
		slow.add(base)
		slow.add(added)
		v, _ := New(base).Add(added)
		limit := rapid.IntRange(1, 9).Draw(t, "limit")
		for range 5 {
			typed := word.Draw(t, "typed")
			compare(t, v, slow, typed, limit)
			compare(t, v.Compact(), slow, typed, limit)
		}
	})
}

// Words like names, thousands of them, typed with slips anywhere.
func TestTwinOfAVocabulary(t *testing.T) {
	slow, base, added := twin{}, generate(3000), map[string]int{}
	for i, w := range slices.Sorted(maps.Keys(base)) {
		switch i % 7 {
		case 0:
			added[w] = 1 + i%3
		case 1:
			added[w] = base[w]
			delete(base, w)
		}
	}
	slow.add(base)
	slow.add(added)
	v, ok := New(base).Add(added)
	if !ok {
		t.Fatal("the overlay is full")
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, typed := range slips(v, 30, 0) {
		compare(t, v, slow, typed, 32)
		compare(t, v, slow, typed[:1+r.IntN(3)], 32)
		compare(t, v, slow, slip(r, typed, 0), 1000)
	}
}

// FuzzVocabulary takes any words and anything typed.
func FuzzVocabulary(f *testing.F) {
	f.Add("beyonce beyond bon", "born bon", "beyocne")
	f.Add("ab abc abcd ba bac", "abdc", "abdc")
	f.Add("é éa 周 周杰 \xff", "a", "é")
	f.Add("a aa aaa aaaa aaaaa", "aa aa", "aaa")
	f.Fuzz(func(t *testing.T, base, added, typed string) {
		first, second, slow := map[string]int{}, map[string]int{}, twin{}
		for _, w := range strings.Split(base, " ") {
			first[w]++
		}
		for _, w := range strings.Split(added, " ") {
			second[w]++
		}
		slow.add(first)
		slow.add(second)
		v, ok := New(first).Add(second)
		if !ok || len(typed) > MaxWordBytes {
			return
		}
		compare(t, v, slow, typed, 5)
		compare(t, v.Compact(), slow, typed, 5)
	})
}

// A word costs what the package says.
func TestMemory(t *testing.T) {
	v := New(generate(10_000))
	letters := len(v.base.text)
	if got := v.Bytes() - letters; got > 14*v.Len() {
		t.Errorf("%d bytes a word beside its letters", got/v.Len())
	}
}

// Looking for words needs memory for the result only.
func TestFuzzyAllocatesItsResultOnly(t *testing.T) {
	v := New(generate(10_000))
	typed := slips(v, 1, 0)[0]
	if n := testing.AllocsPerRun(100, func() { v.Fuzzy(typed, 2, 32) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
