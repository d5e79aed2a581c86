package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"boxoffice/cmd/stampede/truth"
)

// summary is what a run came to. Its JSON form is what scripts read.
type summary struct {
	Scenario    string         `json:"scenario"`
	Connections int            `json:"connections,omitempty"`
	Rate        float64        `json:"wantedPerSecond,omitempty"` // 0: closed loop
	Seconds     float64        `json:"seconds,omitempty"`         // of the measured part
	Kinds       []kindStats    `json:"kinds,omitempty"`
	RanOut      bool           `json:"ranOut,omitempty"` // no tickets were left before the end
	Rush        *rushReport    `json:"rush,omitempty"`
	Truth       *truth.Verdict `json:"truth,omitempty"`
}

// kindStats is what was measured of one kind of request. Latencies are in
// milliseconds.
type kindStats struct {
	Kind     string           `json:"kind"`
	Answers  int64            `json:"answers"`
	Rate     float64          `json:"perSecond"`
	Statuses map[string]int64 `json:"statuses"`
	Errors   int64            `json:"errors"` // requests without an answer
	Retries  int64            `json:"retries"`
	P50      float64          `json:"p50"`
	P90      float64          `json:"p90"`
	P99      float64          `json:"p99"`
	P999     float64          `json:"p999"`
	Max      float64          `json:"max"`
}

// newSummary merges what the workers counted in the measured time.
func newSummary(name string, c config, workers []*worker, took time.Duration) *summary {
	rep := &summary{Scenario: name, Connections: c.conns, Rate: c.rate, Seconds: took.Seconds()}
	var all meter
	for _, w := range workers {
		all.merge(&w.meter)
	}
	for k, counts := range all.by {
		if counts != nil {
			rep.Kinds = append(rep.Kinds, counts.stats(kind(k), took))
		}
	}
	return rep
}

// stats turns counts into what a report says.
func (c *counts) stats(k kind, took time.Duration) kindStats {
	s := kindStats{Kind: k.String(), Errors: c.errors, Retries: c.retries, Statuses: map[string]int64{}}
	for code, n := range c.statuses {
		if n > 0 {
			s.Statuses[strconv.Itoa(code)] = n
			s.Answers += n
		}
	}
	if took > 0 {
		s.Rate = float64(s.Answers) / took.Seconds()
	}
	at := func(q float64) float64 { return float64(c.latency.ValueAtQuantile(q)) / 1000 }
	s.P50, s.P90, s.P99, s.P999, s.Max = at(50), at(90), at(99), at(99.9), float64(c.latency.Max())/1000
	return s
}

// kind gives the stats of a kind; zero where there are none.
func (r *summary) kind(k kind) kindStats {
	for _, s := range r.Kinds {
		if s.Kind == k.String() {
			return s
		}
	}
	return kindStats{}
}

// wrong says whether a violation of truth was found.
func (r *summary) wrong() bool { return r.Truth != nil && !r.Truth.Holds }

// write writes the report as a table or as JSON.
func (r *summary) write(out io.Writer, format string) error {
	if r.Rush != nil {
		r.Rush.Rate = r.kind(bookKind).Rate
	}
	if format == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	var b strings.Builder
	r.table(&b)
	if _, err := io.WriteString(out, b.String()); err != nil || r.Truth == nil {
		return err
	}
	return r.Truth.WriteText(out)
}

// table writes the report for people.
func (r *summary) table(b *strings.Builder) {
	if len(r.Kinds) > 0 {
		loop := "closed loop"
		if r.Rate > 0 {
			loop = fmt.Sprintf("open loop at %g/s", r.Rate)
		}
		fmt.Fprintf(b, "%s: %.1f s, %d connections, %s\n", r.Scenario, r.Seconds, r.Connections, loop)
		w := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "request\tanswers\tper s\tp50 ms\tp90\tp99\tp99.9\tmax\tretries\terrors\t")
		for _, s := range r.Kinds {
			fmt.Fprintf(w, "%s\t%d\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t%d\t\n",
				s.Kind, s.Answers, s.Rate, s.P50, s.P90, s.P99, s.P999, s.Max, s.Retries, s.Errors)
		}
		w.Flush()
		for _, s := range r.Kinds {
			if len(s.Statuses) == 0 {
				continue
			}
			fmt.Fprintf(b, "%s statuses: %v\n", s.Kind, s.Statuses)
		}
	}
	if r.RanOut {
		b.WriteString("the tickets ran out before the time: take more -events or -seats\n")
	}
	if r.Rush != nil {
		fmt.Fprintf(b, "sold %d of %d seats, refused %d, %.0f answers/s\n",
			r.Rush.Sold, r.Rush.Seats, r.Rush.Refused, r.Rush.Rate)
	}
}
