package luhn

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestContains(t *testing.T) {
	for _, c := range []struct {
		text string
		want bool
	}{
		// numbers that card networks publish for tests
		{"4242424242424242", true},
		{"4111111111111111", true},
		{"5555555555554444", true},
		{"378282246310005", true},
		{"6011111111111117", true},
		{"30569309025904", true},
		{"4222222222222", true},
		{"6212345678900000003", true},
		// in groups, and among other things
		{"4242 4242 4242 4242", true},
		{"4242-4242-4242-4242", true},
		{"3782 822463 10005", true},
		{`{"token": "4242424242424242"}`, true},
		{"tok_4242424242424242!", true},
		{"ev-4242424242424242-a", true}, // in one piece
		{"x  4242 4242 4242 4242  y", true},
		{"- 4242424242424242 -", true},
		{"1 4242424242424242", true}, // in one piece
		{strings.Repeat("some text ", 50) + "4242424242424242", true},
		{"4242424242424242" + strings.Repeat(" more text", 50), true},
		// no card numbers
		{"", false},
		{"4", false},
		{"4242424242424243", false},         // wrong check digit
		{"424242424242", false},             // 12 digits
		{"42424242424242424242", false},     // 20 digits
		{"4242  4242  4242  4242", false},   // two spaces
		{"4242.4242.4242.4242", false},      // dots
		{"4242 4242 4242 4242 123", false},  // 19 digits in groups that do not pass
		{"2027-06-01T19:30:00.000Z", false}, // a time
		{"1780315200000", false},            // milliseconds
		{"1780315200001", false},            //
		{"card4242424242424242", false},     // letters at an end: an id
		{"4242424242424242x", false},
		{"x4242-4242-4242-4242", false},
		{"x-4242-4242-4242-4242", false},
		{"4242-4242-4242-4242-X", false},
		{"f71f8e0d-c109-4a50-9826-2559981d915e", false},
		{"8ccee82d-dbbc-4666-9307-00974301b57a", false},
		{"ev-0123456789abcdef", false},          // an id
		{"AAECAwQFBgcICQoLDA0ODw", false},       // an id
		{`["101-A-1","101-A-2"]`, false},        // tickets
		{`[12500, 12500, 12500, 12500]`, false}, // prices
		{"+1 212 555 0123", false},              // a telephone number
		{"４２４２４２４２４２４２４２４２", false},             // digits, but of another alphabet
	} {
		if got := Contains(c.text); got != c.want {
			t.Errorf("%q: %v", c.text, got)
		}
		if got := Contains([]byte(c.text)); got != c.want {
			t.Errorf("%q as bytes: %v", c.text, got)
		}
	}
}

// TestIs: the whole text counts, and what is a card number in it does not.
func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		"4242424242424242": true, "4242 4242 4242 4242": true, "4242-4242-4242-4242": true, "3782-822463 10005": true,
		" 4242424242424242 ": true, "4222222222222": true, "6212345678900000003": true,
		"": false, "-": false, "4242424242424243": false, "424242424242": false, "42424242424242424242": false,
		"4242  4242 4242 4242": false, "4242.4242.4242.4242": false, "4242 4242 4242 4242 123": false,
		"T-4242424242424242": false, "4242424242424242-A": false, "Süd 4242 4242 4242 4242": false,
		"4242424242424242/1": false, "f71f8e0d-c109-4a50-9826-2559981d915e": false,
	} {
		if Is(text) != want || Is([]byte(text)) != want {
			t.Errorf("%q: want %v", text, want)
		}
		if want && !Contains(text) {
			t.Errorf("%q is a card number and contains none", text)
		}
	}
}

// TestByChance: one time in milliseconds of ten looks like a card number.
func TestByChance(t *testing.T) {
	found := 0
	for ms := 1_780_315_200_000; ms < 1_780_315_201_000; ms++ {
		if Contains(appendInt(nil, ms)) {
			found++
		}
	}
	if found != 100 {
		t.Errorf("%d of 1,000", found)
	}
}

func appendInt(b []byte, n int) []byte {
	if n >= 10 {
		b = appendInt(b, n/10)
	}
	return append(b, byte('0'+n%10))
}

// TestEveryPlace: a number is found wherever it stands, and no byte beside it.
func TestEveryPlace(t *testing.T) {
	for before := range 40 {
		for after := range 40 {
			for _, near := range []string{"", "_", "1_", "1-_", "1  "} {
				text := strings.Repeat("_", before) + near + "4222222222222" + strings.Repeat("_", after)
				if !Contains(text) {
					t.Fatalf("not found in %q", text)
				}
			}
		}
	}
}

var (
	grouped = regexp.MustCompile(`[0-9]+(?:[ -][0-9]+)*`)
	pieces  = regexp.MustCompile(`[0-9]+`)
)

// Letters at an end of a run; of groups with a dash between, too.
var (
	lettersBefore = map[*regexp.Regexp]*regexp.Regexp{
		pieces: regexp.MustCompile(`[A-Za-z]$`), grouped: regexp.MustCompile(`[A-Za-z]-?$`),
	}
	lettersAfter = map[*regexp.Regexp]*regexp.Regexp{
		pieces: regexp.MustCompile(`^[A-Za-z]`), grouped: regexp.MustCompile(`^-?[A-Za-z]`),
	}
)

// naive is the slow twin.
func naive(text []byte) bool {
	for _, runs := range []*regexp.Regexp{grouped, pieces} {
		for _, at := range runs.FindAllIndex(text, -1) {
			run := bytes.ReplaceAll(bytes.ReplaceAll(text[at[0]:at[1]], []byte(" "), nil), []byte("-"), nil)
			if len(run) < 13 || len(run) > 19 ||
				lettersBefore[runs].Match(text[:at[0]]) || lettersAfter[runs].Match(text[at[1]:]) {
				continue
			}
			total := 0
			for i := range run {
				d := int(run[len(run)-1-i] - '0')
				if i%2 == 1 {
					d *= 2
				}
				total += d/10 + d%10
			}
			if total%10 == 0 {
				return true
			}
		}
	}
	return false
}

func FuzzContains(f *testing.F) {
	f.Add([]byte("card 4242 4242 4242 4242 and 4242-424242424243"))
	f.Add([]byte("1 2 3 4 5 6 7 8 9 10 11 12 13  4222222222222"))
	f.Fuzz(func(t *testing.T, text []byte) {
		// Most bytes become what matters here.
		mapped := make([]byte, len(text))
		for i, c := range text {
			mapped[i] = "0123456789014242 - -a"[int(c)%21]
			if c == 'x' {
				mapped[i] = c
			}
		}
		for _, b := range [][]byte{text, mapped} {
			if got, want := Contains(b), naive(b); got != want {
				t.Fatalf("%q: %v, the twin says %v", b, got, want)
			}
		}
	})
}

func BenchmarkContains(b *testing.B) {
	for name, unit := range map[string]string{
		"letters": "thequickbrownfox",
		"prose":   "The quick brown fox jumps over the lazy dog. ",
		"json":    `{"ticketIds":["101-A-1","101-A-2"],"paymentInfo":{"method":"card","token":"pm_card_visa"}}`,
		"digits":  "4242424242424243 ",
	} {
		text := []byte(strings.Repeat(unit, 4096/len(unit)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if Contains(text) {
					b.Fatal("found")
				}
			}
		})
	}
}
