package siege

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/shop"
)

// Verdict is what a scenario came to.
type Verdict struct {
	Scenario string   `json:"scenario"`
	Passed   bool     `json:"passed"` // all checks did
	Checks   []Check  `json:"checks"`
	Notes    []string `json:"notes"` // what a reader should know of the numbers
	Phases   []Phase  `json:"phases"`
}

// Check is one thing that was wanted.
type Check struct {
	Says   string `json:"says"` // what is wanted
	Saw    string `json:"saw"`  // what there was
	Passed bool   `json:"passed"`
}

// Phase is one run of a scenario.
type Phase struct {
	Name   string         `json:"name"`
	Result *report.Result `json:"result"`
}

// check adds a check.
func (v *Verdict) check(passed bool, says, saw string, args ...any) {
	v.Checks = append(v.Checks, Check{says, fmt.Sprintf(saw, args...), passed})
	v.Passed = v.Passed && passed
}

// note adds a note.
func (v *Verdict) note(text string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(text, args...))
}

// WriteText writes the verdict for people: each phase in a line, each check, the end.
func (v *Verdict) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  %s\n", v.Scenario)
	for _, p := range v.Phases {
		r := p.Result
		u := useful(r)
		fmt.Fprintf(&b, "    %-14s %-44s useful %6.0f/s, p99 %.1f ms; %s\n", p.Name, r.Setup.Schedule,
			u.Rate, u.Latency.P99, answers(r))
	}
	for _, c := range v.Checks {
		mark := "✗"
		if c.Passed {
			mark = "✓"
		}
		fmt.Fprintf(&b, "    %s %s: %s\n", mark, c.Says, c.Saw)
	}
	for _, n := range v.Notes {
		fmt.Fprintf(&b, "    note: %s\n", n)
	}
	fmt.Fprintf(&b, "  %s %s\n", map[bool]string{true: "PASS", false: "FAIL"}[v.Passed], v.Scenario)
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes all of it.
func (v *Verdict) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// answers are the answers of a phase by status.
func answers(r *report.Result) string {
	n := map[string]int64{}
	for _, o := range r.Operations {
		for status, count := range o.Statuses {
			n[status] += count
		}
		if o.Errors > 0 {
			n["none"] += o.Errors
		}
		if o.Dropped > 0 {
			n["dropped"] += o.Dropped
		}
	}
	var all []string
	for status, count := range n {
		all = append(all, fmt.Sprintf("%s × %d", status, count))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// useful is the span of useful work.
func useful(r *report.Result) report.Operation {
	for _, o := range r.Operations {
		if o.Name == "useful" {
			return o
		}
	}
	return report.Operation{}
}

// during are the whole seconds of a result from one time to another, in seconds.
func during(r *report.Result, from, to float64) []report.Moment {
	var some []report.Moment
	for _, m := range r.Timeline {
		if m.At >= from && m.At+1 <= to {
			some = append(some, m)
		}
	}
	return some
}

// usefulRate is useful work a second in a time of a result.
func usefulRate(r *report.Result, from, to float64) float64 {
	some := during(r, from, to)
	if len(some) == 0 {
		return 0
	}
	n := int64(0)
	for _, m := range some {
		n += m.Operations["useful"].Answered
	}
	return float64(n) / float64(len(some))
}

// usefulP99 is the median of the seconds' p99 of useful work, in a time of a result; 0
// where there was none.
func usefulP99(r *report.Result, from, to float64) time.Duration {
	var all []float64
	for _, m := range during(r, from, to) {
		if u := m.Operations["useful"]; u.Answered > 0 {
			all = append(all, u.P99)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return time.Duration(all[len(all)/2] * float64(time.Millisecond))
}

// count adds up something of all requests of a result.
func count(r *report.Result, of func(o *report.Operation) int64) (n int64) {
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Started+o.Dropped > 0 {
			n += of(o)
		}
	}
	return n
}

// unanswered is the share of requests of a result that got no answer.
func unanswered(r *report.Result) float64 {
	all := count(r, func(o *report.Operation) int64 { return o.Started + o.Retries })
	return float64(count(r, func(o *report.Operation) int64 { return o.Errors })) / float64(max(all, 1))
}

// fewUnanswered is how many requests may get no answer.
const fewUnanswered = 0.001

// allowed are the statuses of a flood besides success: refusals for load, and that another
// was faster or that a card was declined, which are answers like any other.
var allowed = []string{"402", "409", "429", "503"}

// proper checks that what was not useful was a refusal for load that says when to come
// again. silence: requests without an answer are expected, somebody was gone.
func (s *siege) proper(r *report.Result, silence bool) {
	broken := count(r, func(o *report.Operation) (n int64) {
		for status, count := range o.Statuses {
			if status[0] != '2' && !slices.Contains(allowed, status) {
				n += count
			}
		}
		for reason, count := range o.Reasons {
			if strings.HasSuffix(reason, shop.NoRetryAfter) {
				n += count
			}
		}
		return n
	})
	s.verdict.check(broken == 0, "besides success only refusals, for load with Retry-After", "%d others", broken)
	if !silence {
		share := unanswered(r)
		s.verdict.check(share <= fewUnanswered, "at most 0.1 % without an answer", "%.3f %%", 100*share)
	}
}

// asBefore checks that a p99 is what it was.
func (s *siege) asBefore(says string, was, is time.Duration) {
	most := was*3/2 + playBack
	s.verdict.check(is > 0 && is <= most, says, "p99 %v, it was %v, and may be %v", round(is), round(was), round(most))
}

// round is a latency as people read it.
func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
