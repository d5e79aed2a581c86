package main

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// longest is the greatest latency that a histogram tells from greater ones.
const longest = time.Minute

// meter counts what one worker saw. It has one writer; meters are merged when all
// workers are done.
type meter struct {
	by [kinds]*counts // nil: none of that kind
}

// counts is what is counted of one kind of request.
type counts struct {
	latency  *hdrhistogram.Histogram // microseconds, three digits
	statuses [600]int64              // answers by status, retried ones too
	errors   int64                   // no answer
	retries  int64
}

// of gives the counts of a kind and makes them at its first request.
func (m *meter) of(k kind) *counts {
	if m.by[k] == nil {
		m.by[k] = &counts{latency: hdrhistogram.New(1, longest.Microseconds(), 3)}
	}
	return m.by[k]
}

// status counts an answer.
func (c *counts) status(code int) { c.statuses[min(max(code, 0), 599)]++ }

// took records the latency of an operation that came to its end.
func (c *counts) took(d time.Duration) {
	us := min(max(d.Microseconds(), 1), longest.Microseconds())
	if err := c.latency.RecordValue(us); err != nil {
		panic(err) // the value is within the histogram's bounds
	}
}

// merge adds another meter's counts.
func (m *meter) merge(from *meter) {
	for k, c := range from.by {
		if c == nil {
			continue
		}
		to := m.of(kind(k))
		to.latency.Merge(c.latency)
		to.errors += c.errors
		to.retries += c.retries
		for i, n := range c.statuses {
			to.statuses[i] += n
		}
	}
}
