package httpapi

import (
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// Times are written as the time package writes them.
func TestAppendTime(t *testing.T) {
	check := func(t rapid.TB, at catalog.Time) {
		if got, want := string(appendTime([]byte("x"), at)), `x"`+at.String()+`"`; got != want {
			t.Fatalf("%d: %s, want %s", at, got, want)
		}
	}
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Date(2028, 2, 29, 23, 59, 59, 999e6, time.UTC),
		time.Date(-1, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		check(t, catalog.At(at))
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, catalog.Time(rapid.Int64Range(-99_999_999_999_999, 299_999_999_999_999).Draw(t, "ms")))
	})
}

// Strings are quoted as the JSON library quotes them.
func TestAppendString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,20}`)).Draw(t, "s")
		want, err := jsontext.AppendQuote([]byte("x"), s)
		if got := appendString([]byte("x"), s); err != nil || string(got) != string(want) {
			t.Fatalf("%q: %s, want %s, %v", s, got, want, err)
		}
	})
}
