package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestMain lets the test's own program be the baseline that compare starts, and the
// processes of a run.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "baseline" || os.Args[1] == "part") {
		os.Exit(dispatch(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestCompare compares a fake node with the baselines: every number is there, and
// the rounds of both sides are as many as were asked for.
func TestCompare(t *testing.T) {
	url := newFake(t, lies{})
	var out, errs bytes.Buffer
	args := []string{"compare", "-server", url, "-rounds", "2", "-duration", "60ms", "-warmup", "20ms", "-c", "2",
		"-seats", "8000", "-events", "2", "-o", "json"}
	if code := dispatch(args, &out, &errs); code != exitDone {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	var got compareReport
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Pairs) != 6 || got.HalfRate <= 0 || got.P99 <= 0 {
		t.Fatalf("got %s", out.String())
	}
	for _, p := range got.Pairs {
		if len(p.Node) != 2 || len(p.Baseline) != 2 || p.Ratio <= 0 || median(p.Baseline) <= 0 {
			t.Errorf("got %+v", p)
		}
	}
	var table strings.Builder
	if err := got.write(&table, "table"); err != nil || !strings.Contains(table.String(), "≥ 0.90") {
		t.Errorf("got %v:\n%s", err, table.String())
	}
}

// TestCompareChecks wants a comparison to fail where the bookings are not true,
// however fast they are.
func TestCompareChecks(t *testing.T) {
	url := newFake(t, lies{loseBooking: true})
	var out, errs bytes.Buffer
	args := []string{"compare", "-server", url, "-rounds", "1", "-duration", "30ms", "-warmup", "0", "-c", "2",
		"-seats", "1000", "-events", "2"}
	if code := dispatch(args, &out, &errs); code != exitFailed || !strings.Contains(errs.String(),
		"was granted, and now") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

// TestReached wants each of the three numbers to count.
func TestReached(t *testing.T) {
	for _, x := range []struct {
		view, book, p99 float64
		want            bool
	}{{0.9, 0.7, 19, true}, {0.89, 0.7, 19, false}, {0.9, 0.69, 19, false}, {0.9, 0.7, 20, false}} {
		r := compareReport{
			Pairs: []*pair{{Ratio: x.view, Wanted: wantedView}, {Ratio: x.book, Wanted: wantedBook}},
			P99:   x.p99, Wanted: wantedP99,
		}
		if r.reached() != x.want {
			t.Errorf("%+v: got %v", x, r.reached())
		}
	}
}

// TestMedian wants the middle of what is there.
func TestMedian(t *testing.T) {
	for _, x := range []struct {
		rates []float64
		want  float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1}, 5}, {[]float64{9, 1, 2}, 2}} {
		if got := median(x.rates); got != x.want {
			t.Errorf("median of %v is %v, want %v", x.rates, got, x.want)
		}
	}
}
