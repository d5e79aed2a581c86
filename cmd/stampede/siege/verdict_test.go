package siege

import (
	"strings"
	"testing"
	"time"

	"boxoffice/cmd/stampede/report"
)

// seconds makes a result with so much useful work in each second, and its p99 in
// milliseconds.
func seconds(work ...[2]float64) *report.Result {
	r := &report.Result{}
	for i, w := range work {
		r.Timeline = append(r.Timeline, report.Moment{At: float64(i), Operations: map[string]report.Instant{
			"useful": {Answered: int64(w[0]), P99: w[1]}}})
	}
	return r
}

// TestSeconds wants rates and latencies to be those of whole seconds of the time that is
// asked for, and the median to leave one bad second out.
func TestSeconds(t *testing.T) {
	r := seconds([2]float64{1, 900}, [2]float64{100, 10}, [2]float64{50, 700}, [2]float64{120, 12}, [2]float64{9, 0})
	if got := usefulRate(r, 1, 4); got != 90 {
		t.Errorf("rate %g, want 90", got)
	}
	if got := usefulRate(r, 3.5, 4.5); got != 0 {
		t.Errorf("rate %g of no whole second, want 0", got)
	}
	if got := usefulP99(r, 1, 4); got != 12*time.Millisecond {
		t.Errorf("p99 %v, want 12ms", got)
	}
	s := &siege{Config: Config{Duration: 4 * time.Second}}
	if got := s.recovery(r, 100, 1); got != 2 {
		t.Errorf("whole again after %g s, want 2", got)
	}
}

// TestProper wants every kind of answer that a flood must not bring to be seen.
func TestProper(t *testing.T) {
	for _, x := range []struct {
		statuses map[string]int64
		reasons  map[string]int64
		errors   int64
		passed   bool
	}{
		{map[string]int64{"201": 999, "503": 5, "429": 5, "409": 7}, nil, 1, true},
		{map[string]int64{"201": 999, "500": 1}, nil, 0, false},
		{map[string]int64{"201": 999, "404": 1}, nil, 0, false},
		{map[string]int64{"201": 999, "503": 1}, map[string]int64{"overloaded without Retry-After": 1}, 0, false},
		{map[string]int64{"201": 900}, nil, 100, false},
	} {
		s := &siege{verdict: &Verdict{Passed: true}}
		s.proper(&report.Result{Operations: []report.Operation{
			{Name: "book", Started: 1000, Statuses: x.statuses, Reasons: x.reasons, Errors: x.errors},
			{Name: "useful", Answered: 7},
		}}, false)
		if s.verdict.Passed != x.passed {
			t.Errorf("%v %v %d: %+v, want %v", x.statuses, x.reasons, x.errors, s.verdict.Checks, x.passed)
		}
	}
}

// TestCompare wants honest people's success and latency to be held to their share.
func TestCompare(t *testing.T) {
	honest := func(good int64, p99 float64) []*report.Result {
		r := seconds([2]float64{float64(good), p99})
		r.Operations = []report.Operation{{Name: "view", Started: 100}, {Name: "useful", Answered: good}}
		return []*report.Result{r}
	}
	for _, x := range []struct {
		good   int64
		p99    float64
		passed bool
	}{{100, 20, true}, {96, 23.9, true}, {94, 20, false}, {100, 24.5, false}, {0, 0, false}} {
		s := &siege{verdict: &Verdict{Passed: true}}
		s.compare(honest(100, 20), honest(x.good, x.p99), 0.05)
		if s.verdict.Passed != x.passed {
			t.Errorf("%d at %g ms: %+v, want %v", x.good, x.p99, s.verdict.Checks, x.passed)
		}
		var text strings.Builder
		if err := s.verdict.WriteText(&text); err != nil || strings.Contains(text.String(), "PASS") != x.passed {
			t.Errorf("%v: %s", err, text.String())
		}
	}
}
