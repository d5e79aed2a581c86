package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// variants are the ways in which people type a name that they know.
var variants = map[string]func(string) string{
	"itself":                  func(s string) string { return s },
	"folded":                  Fold,
	"upper case":              strings.ToUpper,
	"decomposed":              norm.NFD.String,
	"composed":                norm.NFC.String,
	"plain":                   Plain,
	"without its punctuation": func(s string) string { return punctuation(s, -1) },
	"with blanks for it":      func(s string) string { return punctuation(s, ' ') },
}

// punctuation replaces all that is not part of a word, but for blanks.
func punctuation(s string, with rune) string {
	return strings.Map(func(r rune) rune {
		if folded := Fold(string(r)); strings.TrimSpace(folded) == "" || strings.ContainsFunc(folded, isWord) {
			return r
		}
		return with
	}, s)
}

// checkFound fails where a name is not found by a variant of itself.
func checkFound(t interface{ Errorf(string, ...any) }, name string) {
	for how, variant := range variants {
		s := variant(name)
		if q, _ := Parse(s, 1<<30); len(q.Words) > 0 && !finds(name, s) {
			t.Errorf("%q %s, %q, does not find it: %q, %+v", name, how, s, Words(name), q)
		}
	}
}

// Names as they are made: words, with punctuation in and around them.
func TestEveryNameIsFoundByItsOwnSpelling(t *testing.T) {
	words := rapid.StringMatching(`[A-Za-z0-9éøÆß]{1,6}|周杰倫|[A-Z]|&|[!?+/-]{1,3}|\$[a-z]{1,3}`)
	glue := rapid.SampledFrom([]string{" ", "  ", "-", "/", ".", "'", "’", "!", "$", "&", " - ", ", ", "…", "\u00a0"})
	rapid.Check(t, func(t *rapid.T) {
		name := words.Draw(t, "word")
		for range rapid.IntRange(0, 6).Draw(t, "more") {
			name += glue.Draw(t, "glue") + words.Draw(t, "word")
		}
		checkFound(t, name)
	})
}

// Every character of the scripts with cases, marks and compatibility forms, alone and
// within a word: what it is in one spelling it is in all.
func TestEveryCharacter(t *testing.T) {
	for r := rune(0x20); r < 0x10000; r++ {
		if 0x3200 <= r && r < 0xf900 || r == '\u0345' {
			continue // Han and Hangul, thousands alike; a mark whose capital is a letter
		}
		for _, s := range []string{string(r), "a" + string(r) + "b"} {
			if folded := Fold(s); Fold(folded) != folded {
				t.Errorf("Fold(%q) = %q, and then %q", s, folded, Fold(folded))
			}
			checkFound(t, s)
		}
	}
}

// FuzzText takes any bytes: nothing panics, folding is stable, words are valid, short
// and whole, and a name is found by its own spellings.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"", "AC/DC", "P!nk", "Ke$ha", "R.E.M.", "!!!", "+/-", "Don’t", "Łódź ＡＢＢＡ", "周杰倫 ガラ 방탄", "\xff\x80", "e\u0301",
		"שלום \u202e x", "a\u200bb", "ŉ™№㎏ⓐ½", "😀👩‍👩‍👧", strings.Repeat("a.", 100), "\u1e9e\u0130\u0345",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := Fold(s)
		if again := Fold(folded); again != folded {
			t.Errorf("Fold(%q) = %q, and then %q", s, folded, again)
		}
		for _, w := range Words(s) {
			if w == "" || len(w) > MaxWordBytes || !utf8.ValidString(w) || strings.ContainsFunc(w, unicode.IsSpace) {
				t.Errorf("%q has the word %q", s, w)
			}
			Stem(w)
		}
		if n := len(Spellings(s)); n > 4 || (n == 0) != (len(Words(s)) == 0) {
			t.Errorf("%q has %d spellings", s, n)
		}
		if !strings.ContainsRune(s, '\u0345') { // its capital is a letter
			checkFound(t, s)
		}
	})
}

// Whatever repeats, there are no more words than the text has room for, and no more of a
// query than it may have.
func TestLongTextsAreBounded(t *testing.T) {
	for _, unit := range []string{"a ", "a.", "é", "周", "!", "\u0301", "x", "- ", "$a", "\xff", "\u200b", "ab1"} {
		words := Words(strings.Repeat(unit, 5000))
		if len(words) > 3*5000 {
			t.Errorf("%q: %d words", unit, len(words))
		}
		if q, ok := Parse(strings.Repeat(unit, 5000), 10); len(q.Words) > 10 || len(q.Joins) > 100 {
			t.Errorf("%q: %d words, %d joins, %v", unit, len(q.Words), len(q.Joins), ok)
		}
	}
}
