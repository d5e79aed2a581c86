package columns

import (
	"fmt"
	"strings"
	"testing"
)

// What a name's Letters say of its spellings: never that it has not one that it has, seldom
// that it may have one that it has not.
func TestLetters(t *testing.T) {
	wrong := 0
	for i := range 1000 {
		one, two, three := fmt.Sprint("some name ", i), fmt.Sprint("somename", i, "b"), fmt.Sprint("c ", i)
		single, several := Letters(one), Letters(strings.Join([]string{one, two, three}, SpellingEnd))
		if HasSeveral(single) || !HasSeveral(several) {
			t.Fatalf("%d: how many spellings there are is not told", i)
		}
		for _, s := range []string{one, two, three} {
			if !MayBe(several, Letters(join(s))) {
				t.Fatalf("%d: a spelling cannot be %q", i, s)
			}
		}
		if !MayBe(single, Letters(join(one))) || MayBe(single, Letters(two)) {
			t.Fatalf("%d: a single spelling is taken for another", i)
		}
		if MayBe(several, Letters(fmt.Sprint("other", i))) {
			wrong++
		}
	}
	if wrong > 200 {
		t.Errorf("%d of 1000 names may be what they are not", wrong)
	}
}

// A set of spellings is never told to lack one that a name has.
func TestLettersSet(t *testing.T) {
	wrong := 0
	for i := range 1000 {
		var set LettersSet
		one, two, three := fmt.Sprint("one", i), fmt.Sprint("two", i), fmt.Sprint("three", i)
		set.Add(one)
		set.Add(two)
		other := fmt.Sprint("other ", i)
		for _, name := range []string{one, two, strings.Join([]string{other, two}, SpellingEnd)} {
			if !set.MayBe(Letters(name)) {
				t.Fatalf("%d: %q cannot be one of them", i, name)
			}
		}
		if set.MayBe(Letters(three)) {
			t.Fatalf("%d: a single spelling is taken for another", i)
		}
		if set.MayBe(Letters(strings.Join([]string{three, other}, SpellingEnd))) {
			wrong++
		}
	}
	if wrong > 250 {
		t.Errorf("%d of 1000 names may be what they are not", wrong)
	}
}

func TestShortTitle(t *testing.T) {
	for title, want := range map[string]bool{
		"": true, "cher": true, "the who": true, "the": true, "the the": true, "blue man": false, "ac dc\nacdc": true,
		"the big band": false, "a b\nc d": false,
	} {
		if isShort(title) != want {
			t.Errorf("%q: %v", title, !want)
		}
	}
}
