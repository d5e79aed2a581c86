package httpapi

import (
	"math"
	"strconv"
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

// Numbers are written as strconv writes them.
func TestAppendCount(t *testing.T) {
	check := func(t rapid.TB, n int64) {
		if got, want := string(appendCount([]byte("x"), n)), "x"+strconv.FormatInt(max(n, 0), 10); got != want {
			t.Fatalf("%d: %s, want %s", n, got, want)
		}
	}
	for _, n := range []int64{0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 1<<31 - 1, 1<<63 - 1, -1} {
		check(t, n)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.Int64().Draw(t, "n")) })
}

// Distances and scores have three digits behind the point, rounded; JSON has no NaN.
func TestAppendFixed(t *testing.T) {
	for v, want := range map[float64]string{0: "0.000", 0.0004: "0.000", 0.0005: "0.001", 1: "1.000", 12.3456: "12.346",
		-1.5: "-1.500", -0.0001: "0.000", 999.9996: "1000.000", 1e14: "100000000000000.000", 1e15: "0",
		math.Inf(1): "0", math.Inf(-1): "0"} {
		if got := string(appendFixed([]byte("x"), v)); got != "x"+want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if got := string(appendFixed(nil, math.NaN())); got != "0" {
		t.Error(got)
	}
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
