package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"time"

	"boxoffice/cmd/stampede/load"
	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/wire"
)

// story turns the seconds of a run into its result.
type story struct {
	order    *order
	houses   []*shop.House
	begin    time.Time
	server   string // what GET /version said
	timeline []report.Moment
}

// newStory begins a story, and asks the server what it is.
func newStory(o *order, e *errand, to *wire.Target) *story {
	s := &story{order: o, houses: e.Houses, begin: e.Begin}
	c := wire.NewConn(to.Address, time.Second)
	defer c.Close()
	get := wire.Request{Method: "GET", Path: "/version"}
	if a, err := c.Do(get.Append(nil, to)); err == nil && a.Status == 200 {
		s.server = fmt.Sprintf("%.300s", a.Body)
	}
	return s
}

// ms is a time in milliseconds.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// second adds a second to the timeline.
func (s *story) second(slice *load.Slice) {
	m := report.Moment{
		At: float64(slice.Second), Operations: map[string]report.Instant{}, Statuses: map[string]int64{},
		Sold: gauge(slice, "booked"), Held: gauge(slice, "held"), Waiting: gauge(slice, "waiting"),
		Active: gauge(slice, "active"),
	}
	for name, c := range slice.Ops {
		m.Planned += c.Started + c.Dropped
		m.Dropped += c.Dropped
		m.Late += c.Late
		l := &c.Latency
		m.Operations[name] = report.Instant{
			Answered: l.Count(), Errors: c.Errors,
			P50: ms(l.At(50)), P90: ms(l.At(90)), P99: ms(l.At(99)), Max: ms(l.Max()),
		}
		for status, n := range c.Statuses {
			m.Statuses[strconv.Itoa(status)] += n
		}
		if c.Errors > 0 {
			m.Statuses["error"] += c.Errors
		}
	}
	s.timeline = append(s.timeline, m)
}

// gauge is where a gauge stands; -1 where there is none.
func gauge(s *load.Slice, name string) int64 {
	if n, ok := s.Gauges[name]; ok {
		return n
	}
	return -1
}

// result ends the story.
func (s *story) result(c *crew, faults []report.Fault) *report.Result {
	o, l := s.order, &s.order.script.Load
	took := max(time.Since(s.begin)-l.Warmup, time.Millisecond)
	r := &report.Result{
		Scenario: o.script.Scenario, Command: o.command, Started: s.begin, Seconds: took.Seconds(),
		Setup: report.Setup{
			Servers: o.script.URLs, Model: l.Model, Schedule: o.script.Describe(), Seed: o.script.Seed,
			Processes: l.Processes, Connections: l.Connections, CPUs: runtime.NumCPU(),
			Host: runtime.GOOS + "/" + runtime.GOARCH, Version: version(), Server: s.server,
		},
		Interval: 1, Timeline: s.timeline, Faults: faults,
	}
	total := c.series.Total()
	r.Operations = operations(total, took)
	if shop.Sells(o.script.Scenario) {
		r.Sale = s.sale(total, c.ends)
	}
	var sent int64
	var cpu time.Duration
	for _, end := range c.ends {
		sent, cpu = sent+end.Sent, cpu+end.CPU
		if end.RanOut && len(r.Notes) == 0 {
			r.Notes = append(r.Notes,
				"there was nothing left for those who came: the run ended early; take more events or seats")
		}
	}
	if sent > 0 {
		r.Setup.CPUPer = float64(cpu.Nanoseconds()) / 1000 / float64(sent)
	}
	return r
}

// operations turns counts into what a result says, in the order of the contract.
func operations(total *load.Slice, took time.Duration) []report.Operation {
	var all []report.Operation
	for name, c := range total.Ops {
		l := &c.Latency
		op := report.Operation{
			Name: name, Planned: c.Started + c.Dropped, Started: c.Started, Late: c.Late, Dropped: c.Dropped,
			Answered: l.Count(), Errors: c.Errors, Retries: c.Retries, Bytes: c.Bytes,
			Statuses: map[string]int64{}, Reasons: c.Reasons, Rate: float64(l.Count()) / took.Seconds(),
			Latency: report.Latency{
				Count: l.Count(), Mean: ms(l.Mean()), P50: ms(l.At(50)), P90: ms(l.At(90)), P95: ms(l.At(95)),
				P99: ms(l.At(99)), P999: ms(l.At(99.9)), Max: ms(l.Max()),
			},
		}
		for status, n := range c.Statuses {
			op.Statuses[strconv.Itoa(status)] = n
		}
		all = append(all, op)
	}
	rank := map[string]int{}
	for i, name := range shop.Operations {
		rank[name] = i
	}
	sort.Slice(all, func(i, j int) bool { return rank[all[i].Name] < rank[all[j].Name] })
	return all
}

// sale is how the tickets went.
func (s *story) sale(total *load.Slice, ends []outcome) *report.Sale {
	n := total.Counters
	sale := &report.Sale{
		Sold: n["sold"], Buyers: n["buyers"], Happy: n["happy"], Left: n["left"], Declined: n["declined"],
		Abandoned: n["abandoned"], Conflicts: n["conflicts"],
	}
	for _, h := range s.houses {
		sale.Seats += int64(h.Seats)
	}
	for _, end := range ends {
		if end.SoldOut > 0 && (sale.SoldOutAt == 0 || end.SoldOut.Seconds() < sale.SoldOutAt) {
			sale.SoldOutAt = end.SoldOut.Seconds()
		}
	}
	return sale
}

// version is the revision that this program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
