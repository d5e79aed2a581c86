package text

import (
	"slices"
	"strings"
	"testing"
)

// Names of people and bands whose spelling is their joke, and what is typed for them.
func TestNamesAreFound(t *testing.T) {
	for name, typed := range map[string][]string{
		"AC/DC":                  {"acdc", "ac dc", "ac/dc", "ac-dc", "AC⁄DC", "AC／DC"},
		"P!nk":                   {"pink", "p!nk", "p nk", "PINK", "pnk"},
		"Ke$ha":                  {"kesha", "ke$ha", "ke＄ha", "KESHA"},
		"A$AP Rocky":             {"asap rocky", "a$ap rocky", "rocky asap", "a ap rocky"},
		"$uicideboy$":            {"suicideboys", "$uicideboy$", "uicideboy"},
		"R.E.M.":                 {"rem", "r.e.m", "r e m", "R.E.M."},
		"R E M":                  {"rem", "r.e.m.", "r e m"},
		"REM":                    {"rem", "r.e.m", "r e m"},
		"!!!":                    {"!!!", "！！！"},
		"!!! (Chk Chk Chk)":      {"!!!", "chk chk chk", "!!! chk"},
		"The Who":                {"the who", "who", "The Who"},
		"The The":                {"the the", "the"},
		"blink-182":              {"blink-182", "blink 182", "blink182", "BLINK‐182"},
		"Blink182":               {"blink-182", "blink 182", "blink182"},
		"Blink 182":              {"blink-182", "blink 182", "blink182"},
		"+/-":                    {"+/-"},
		"Sunn O)))":              {"sunn o)))", "sunn o", "sunn"},
		"MØ":                     {"mo", "mø", "MØ"},
		"Mötley Crüe":            {"motley crue", "mo\u0308tley cru\u0308e", "MÖTLEY"},
		"Łódź":                   {"lodz", "łódź", "Lo\u0301dz\u0301"},
		"ＡＢＢＡ":                   {"abba", "ABBA"},
		"Guns N' Roses":          {"guns n roses", "guns and roses", "guns & roses", "guns roses", "Guns N’ Roses"},
		"Guns n Roses":           {"Guns N' Roses", "guns’n’roses", "guns and roses"},
		"will.i.am":              {"will.i.am", "will i am", "william"},
		"deadmau5":               {"deadmau5", "DEADMAU5"},
		"Panic! At The Disco":    {"panic at the disco", "panic! at the disco", "panic disco"},
		"Don't Look Back":        {"dont look", "don't look", "don’t look", "don´t look", "don t look", "donʼt"},
		"Dont Look Back":         {"don't look", "dont", "don t look"},
		"Hell's Kitchen":         {"hells kitchen", "hell’s kitchen", "hell kitchen", "hell s kitchen"},
		"Sinéad O'Connor":        {"sinead oconnor", "o'connor", "o connor", "O’Connor"},
		"Florence + The Machine": {"florence and the machine", "florence & the machine", "florence machine"},
		"R&B Night":              {"r&b", "rnb", "r b night"},
		"Beyoncé":                {"beyonce", "BEYONCÉ", "beyonce\u0301", "bey\u200bonce"},
		"Hawaiʻi":                {"hawaii", "hawai'i"},
		"İstanbul":               {"istanbul", "ISTANBUL", "ıstanbul"},
		"Straße":                 {"strasse", "STRASSE", "STRAẞE"},
		"Disney On Ice™":         {"disney on ice", "ice"},
		"ΣΊΣΥΦΟΣ":                {"σίσυφος", "σισυφοσ"},
		"周杰倫演唱會":                 {"周杰倫演唱會", "周杰倫", "演唱會", "杰倫"},
		"ガラ":                     {"ガラ", "ｶﾞﾗ"},
		"방탄소년단":                  {"방탄소년단", "\u1107\u1161\u11bc탄소년단"},
		"F4周杰倫":                  {"f4", "周杰倫", "f4周杰倫"},
		"Lakers @ Celtics":       {"lakers celtics", "lakers @ celtics", "lakers vs. celtics"},
	} {
		for _, s := range typed {
			if !finds(name, s) {
				q, _ := Parse(s, 10)
				t.Errorf("%q does not find %q: %q, %+v", s, name, Words(name), q)
			}
		}
	}
}

// What is not asked for must not be found, or finding means nothing.
func TestOtherNamesAreNotFound(t *testing.T) {
	for name, typed := range map[string][]string{
		"AC/DC":   {"acd", "dc ac live", ""},
		"The Who": {"the what", "what who"},
		"The The": {"the band"},
		"P!nk":    {"punk"},
		"!!!":     {"!!", "???", "   "},
		"ガラ":      {"カラ"},
		"周杰倫":     {"周倫"},
	} {
		for _, s := range typed {
			if finds(name, s) {
				t.Errorf("%q finds %q: %q", s, name, Words(name))
			}
		}
	}
}

func TestWords(t *testing.T) {
	for s, want := range map[string]string{
		"":                       "",
		" \t\u200b\r\n":          "",
		"AC/DC Live":             "ac dc acdc live",
		"P!nk":                   "p nk pnk pink",
		"Panic! at":              "panic at",
		"Bada$$":                 "bada badass",
		"$50 off":                "50 off",
		"A B & C":                "a b ab and c",
		"Artist - Title":         "artist title",
		"-":                      "-",
		"- !!!":                  "!!!",
		"hi 😀":                   "hi 😀",
		"I ❤️ NY":                "i ❤ ny",
		"周杰倫 live":               "周杰倫 周杰 杰倫 live",
		"\xff\xfe":               "\ufffd\ufffd",
		"Caf\xe9 Noir":           "caf noir",
		"שלום":                   "שלום",
		strings.Repeat("x", 100): strings.Repeat("x", 62),
		strings.Repeat("é", 100): strings.Repeat("e", 62),
		strings.Repeat("ж", 100): strings.Repeat("ж", 31),
		strings.Repeat("ა", 100): strings.Repeat("ა", 20), // 3 bytes each, and none is cut
	} {
		if got := strings.Join(Words(s), " "); got != want {
			t.Errorf("Words(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestSpellings(t *testing.T) {
	for s, want := range map[string][]string{
		"":               nil,
		" - ":            {"-"},
		"AC/DC: Live!":   {"acdc live", "ac dc live"},
		"P!nk":           {"pnk", "p nk", "pink"},
		"R E M":          {"r e m", "rem"},
		"Simon & G.":     {"simon and g"},
		"The A$AP B C D": {"the aap b c d", "the a ap b c d", "the asap b c d", "the aap bcd"},
		"!!!":            {"!!!"},
	} {
		if got := Spellings(s); !slices.Equal(got, want) {
			t.Errorf("Spellings(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for s, want := range map[string]string{
		"plain":                              "plain",
		"A\tB\x00C\x7f":                      "a b c ",
		"Æther Œuvre Þór Đỗ ıI İi ŋ":         "aether oeuvre thor do ii ii n",
		"ſs ﬁ ²":                             "ss fi 2",
		"…‼":                                 "...!!",
		"a´b’c‘d":                            "a'b'c'd",
		"x™ №5":                              "x' '5",
		"パ ﾊﾟ":                               "パ パ",
		"e" + strings.Repeat("\u0301", 5000): "e",
		"\u202eabc\u200d\ufeff":              "abc",
	} {
		if got := Fold(s); got != want {
			t.Errorf("Fold(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestStem(t *testing.T) {
	for w, want := range map[string]string{
		"": "", "s": "s", "is": "is", "running": "run", "tickets": "ticket", "ponies": "poni", "hells": "hell",
		"hoping": "hope", "182": "182", "crüe": "crüe", "acdc": "acdc", "relational": "relat",
	} {
		if got := Stem(w); got != want {
			t.Errorf("Stem(%q) = %q, want %q", w, got, want)
		}
	}
	if got := Stems("The running tickets!"); !slices.Equal(got, []string{"the", "run", "ticket"}) {
		t.Errorf("got %q", got)
	}
}

func TestParse(t *testing.T) {
	q, ok := Parse("P!nk & the blink182 a b", 10)
	if !ok || len(q.Words) != 6 {
		t.Fatalf("got %+v, %v", q, ok)
	}
	pink, and, blink := q.Words[0], q.Words[1], q.Words[3]
	if pink.Text != "pnk" || !slices.Equal(pink.Alternatives, []string{"pink"}) ||
		!slices.Equal(pink.Parts, []string{"p", "nk"}) || pink.Stop {
		t.Errorf("got %+v", pink)
	}
	if and.Text != "and" || !and.Stop || and.Symbols {
		t.Errorf("got %+v", and)
	}
	if !slices.Equal(blink.Parts, []string{"blink", "182"}) {
		t.Errorf("got %+v", blink)
	}
	if !slices.Contains(q.Joins, Join{4, 2, "ab"}) || !slices.Contains(q.Joins, Join{2, 3, "theblink182a"}) {
		t.Errorf("got %+v", q.Joins)
	}
	for s, words := range map[string]int{"a b c": 3, "a-b-c": 3, "!!! - -": 1, "周杰倫演唱會": 1} {
		if _, ok := Parse(s, words); !ok {
			t.Errorf("%q has more than %d words", s, words)
		}
		if _, ok := Parse(s, words-1); ok {
			t.Errorf("%q has less than %d words", s, words)
		}
	}
	if q, _ := Parse("!!! foo", 10); len(q.Joins) != 0 {
		t.Errorf("punctuation is no part of a word: %+v", q.Joins)
	}
	if q, _ := Parse(strings.Repeat("周", 100), 10); len(q.Words) != 1 || len(q.Words[0].Parts) != maxPairs {
		t.Errorf("got %+v", q)
	}
	for _, w := range []string{"u2", "90s", "b2b", "3oh3", "182", "blink"} {
		if q, _ := Parse(w, 10); q.Words[0].Parts != nil {
			t.Errorf("%s was cut: %q", w, q.Words[0].Parts)
		}
	}
}
