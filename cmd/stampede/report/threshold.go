package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// thresholdForm is "who what operator limit", and "sold operator limit".
var thresholdForm = regexp.MustCompile(`^\s*(?:(\S+)\s+)?` +
	`(p50|p90|p95|p99|p99\.9|p\((?:50|90|95|99|99\.9)\)|med|avg|max|mean|rate|failed|dropped|late|sold)\s*` +
	`(<=|>=|==|<|>)\s*([0-9.]+)\s*(%|ns|us|µs|ms|s|m)?\s*$`)

// split takes a threshold apart: who, what, operator, number, unit; nil where it has not
// the form. What k6 writes becomes what it means here: p(99)<200 is * p99 < 200ms.
func split(text string) []string {
	m := thresholdForm.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	was := m[2]
	m[2] = map[string]string{"med": "p50", "avg": "mean"}[was]
	if m[2] == "" {
		m[2] = strings.NewReplacer("(", "", ")", "").Replace(was)
	}
	if m[2] != was {
		if m[1] == "" {
			m[1] = "*"
		}
		if m[5] == "" {
			m[5] = "ms"
		}
	}
	return m
}

// units are what a metric is measured in: ms, share or "".
var units = map[string]string{
	"p50": "ms", "p90": "ms", "p95": "ms", "p99": "ms", "p99.9": "ms", "max": "ms", "mean": "ms",
	"failed": "share", "dropped": "share", "late": "share", "sold": "share",
}

// NewThreshold reads a threshold. See the package comment for its form.
func NewThreshold(text string) (Threshold, error) {
	t := Threshold{Text: strings.TrimSpace(text)}
	m := split(text)
	if m == nil {
		return t, fmt.Errorf("threshold %q is not of the form \"book p99 < 500ms\"", text)
	}
	if m[2] == "sold" && m[1] != "" || m[2] != "sold" && m[1] == "" {
		return t, fmt.Errorf("threshold %q: each but sold begins with an operation, or *", text)
	}
	t.Unit = units[m[2]]
	var err error
	switch t.Unit {
	case "ms":
		var d time.Duration
		if d, err = time.ParseDuration(m[4] + m[5]); err != nil {
			return t, fmt.Errorf("threshold %q: %s needs a duration, 500ms", text, m[2])
		}
		t.Limit = float64(d) / 1e6
		return t, nil
	case "share":
		if m[5] != "%" {
			return t, fmt.Errorf("threshold %q: %s needs a share, 1%%", text, m[2])
		}
	default:
		if m[5] != "" {
			return t, fmt.Errorf("threshold %q: %s needs a plain number", text, m[2])
		}
	}
	if t.Limit, err = strconv.ParseFloat(m[4], 64); err != nil {
		return t, fmt.Errorf("threshold %q: %w", text, err)
	}
	if t.Unit == "share" {
		t.Limit /= 100
	}
	return t, nil
}

// judge measures what the threshold speaks of and compares.
func (t *Threshold) judge(r *Result) {
	again, err := NewThreshold(t.Text)
	if err != nil {
		*t = Threshold{Text: t.Text, Error: err.Error()}
		return
	}
	*t = again
	m := split(t.Text)
	if t.Value, err = r.measure(m[1], m[2]); err != nil {
		t.Error = err.Error()
		return
	}
	switch m[3] {
	case "<":
		t.Passed = t.Value < t.Limit
	case "<=":
		t.Passed = t.Value <= t.Limit
	case ">":
		t.Passed = t.Value > t.Limit
	case ">=":
		t.Passed = t.Value >= t.Limit
	case "==":
		t.Passed = t.Value == t.Limit
	}
}

// measure gives a metric of an operation, "*" of all requests together. A latency of all
// is the worst of them: distributions that were written down cannot be joined.
func (r *Result) measure(operation, metric string) (float64, error) {
	if metric == "sold" {
		if r.Sale == nil || r.Sale.Seats == 0 {
			return 0, fmt.Errorf("nothing was for sale")
		}
		return float64(r.Sale.Sold) / float64(r.Sale.Seats), nil
	}
	var sum Operation
	worst, found := 0.0, false
	for i := range r.Operations {
		o := &r.Operations[i]
		if operation != o.Name && (operation != "*" || !o.request()) {
			continue
		}
		found = true
		sum.add(o)
		worst = max(worst, o.Latency.quantile(metric))
	}
	if !found {
		return 0, fmt.Errorf("there was no operation %q", operation)
	}
	if units[metric] == "ms" {
		if sum.Answered == 0 {
			return 0, fmt.Errorf("nothing was answered")
		}
		return worst, nil
	}
	switch metric {
	case "failed":
		return share(sum.Errors+sum.broken(), sum.Started), nil
	case "dropped":
		return share(sum.Dropped, sum.Planned), nil
	case "late":
		return share(sum.Late, sum.Started), nil
	}
	return sum.Rate, nil
}

// add adds the counts of another operation.
func (o *Operation) add(x *Operation) {
	o.Planned += x.Planned
	o.Started += x.Started
	o.Late += x.Late
	o.Dropped += x.Dropped
	o.Answered += x.Answered
	o.Errors += x.Errors
	o.Retries += x.Retries
	o.Rate += x.Rate
	if o.Statuses == nil {
		o.Statuses = map[string]int64{}
	}
	for status, n := range x.Statuses {
		o.Statuses[status] += n
	}
}

// request tells requests from spans of several, which have no status: how long people
// wait in line, for example.
func (o *Operation) request() bool { return len(o.Statuses) > 0 || o.Errors > 0 || o.Answered == 0 }

// broken is the number of answers with a status of 5xx.
func (o *Operation) broken() (n int64) {
	for status, count := range o.Statuses {
		if strings.HasPrefix(status, "5") {
			n += count
		}
	}
	return n
}

// share is a part of a whole; of nothing it is 0.
func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// quantile gives a latency by its metric's name; 0 for other metrics.
func (l *Latency) quantile(metric string) float64 {
	switch metric {
	case "p50":
		return l.P50
	case "p90":
		return l.P90
	case "p95":
		return l.P95
	case "p99":
		return l.P99
	case "p99.9":
		return l.P999
	case "max":
		return l.Max
	case "mean":
		return l.Mean
	}
	return 0
}

// Judge evaluates the thresholds against what was measured, and sets Schema, Passed
// and Why. It may be called again.
func (r *Result) Judge() {
	r.Schema, r.Why = SchemaName, []string{}
	if r.Truth != nil && !r.Truth.Holds {
		for i := range r.Truth.Findings {
			if f := &r.Truth.Findings[i]; f.Violations > 0 {
				r.Why = append(r.Why, fmt.Sprintf("not true: %s (%s)", f.Says, count(f.Violations, "violation")))
			}
		}
	}
	for i := range r.Thresholds {
		t := &r.Thresholds[i]
		t.judge(r)
		switch {
		case t.Error != "":
			r.Why = append(r.Why, fmt.Sprintf("threshold %s: %s", t.Text, t.Error))
		case !t.Passed:
			r.Why = append(r.Why, fmt.Sprintf("threshold %s: it was %s", t.Text, t.show()))
		}
	}
	for i := range r.Faults {
		if f := &r.Faults[i]; f.Error != "" {
			r.Why = append(r.Why, fmt.Sprintf("fault at %.0f s, %s: %s", f.At, f.Command, f.Error))
		}
	}
	r.Passed = len(r.Why) == 0
	r.fill()
}

// fill makes empty lists of missing ones: the document has every member.
func (r *Result) fill() {
	if r.Operations == nil {
		r.Operations = []Operation{}
	}
	if r.Timeline == nil {
		r.Timeline = []Moment{}
	}
	if r.Faults == nil {
		r.Faults = []Fault{}
	}
	if r.Thresholds == nil {
		r.Thresholds = []Threshold{}
	}
	if r.Notes == nil {
		r.Notes = []string{}
	}
	if r.Setup.Servers == nil {
		r.Setup.Servers = []string{}
	}
	for i := range r.Operations {
		o := &r.Operations[i]
		o.Statuses, o.Reasons = filled(o.Statuses), filled(o.Reasons)
	}
	for i := range r.Timeline {
		m := &r.Timeline[i]
		m.Operations, m.Statuses = filled(m.Operations), filled(m.Statuses)
	}
}

// filled is a map that is not nil.
func filled[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// ExitCode is what the program should end with, after Judge: ExitUntrue before
// ExitThreshold.
func (r *Result) ExitCode() int {
	switch {
	case r.Truth != nil && !r.Truth.Holds:
		return ExitUntrue
	case !r.Passed:
		return ExitThreshold
	}
	return ExitPass
}

// show is the value in its unit.
func (t *Threshold) show() string {
	switch t.Unit {
	case "ms":
		return millis(t.Value)
	case "share":
		return percent(t.Value)
	}
	return number(t.Value)
}
