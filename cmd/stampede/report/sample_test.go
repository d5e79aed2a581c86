package report

import (
	"math"
	"time"

	"boxoffice/cmd/stampede/truth"
)

// sample is a result with something in every member: an on-sale of a minute, with a
// leader killed at 20 s. slow makes everything slower.
func sample(slow float64) *Result {
	r := &Result{
		Scenario: "onsale", Command: "stampede run onsale --url http://127.0.0.1:8080 --at '20s kill node2'",
		Started: time.Date(2027, 1, 1, 10, 0, 0, 0, time.UTC), Seconds: 60, Interval: 1,
		Setup: Setup{Servers: []string{"http://127.0.0.1:8080", "http://127.0.0.1:8081"}, Model: "open",
			Schedule: "on-sale curve to 4000/s", Seed: 7, Processes: 2, Connections: 400, CPUs: 2, Host: "linux/amd64",
			CPUPer: 12.4, Version: "dev", Server: "boxoffice dev"},
		Sale: &Sale{Seats: 5000, Sold: 5000, Buyers: 20000, Happy: 2100, Left: 17900, Declined: 120, Abandoned: 300,
			Conflicts: 5400, SoldOutAt: 44.2},
		Faults: []Fault{{At: 20, Seconds: 0.1, Command: "kill node2"}, {At: 32, Seconds: 1, Command: "start node2"}},
		Thresholds: []Threshold{
			{Text: "book p99 < 500ms"}, {Text: "* failed < 1%"}, {Text: "view p99 < 20ms"}, {Text: "sold == 100%"},
		},
		Notes: []string{"the generator was late by more than 5 ms for 0.2 % of the requests"},
	}
	names := []string{"view", "hold", "book", "join"}
	weights := []float64{3000, 300, 80, 400}
	for i, name := range names {
		r.Operations = append(r.Operations, Operation{Name: name, Statuses: map[string]int64{},
			Reasons: map[string]int64{}})
		r.Operations[i].Latency = Latency{Mean: 1.2 * slow, P50: 0.8 * slow, P90: 2.1 * slow, P95: 4 * slow,
			P99: 18 * slow * float64(i+1), P999: 240 * slow, Max: 2100 * slow}
	}
	for s := range 60 {
		r.Timeline = append(r.Timeline, moment(r, s, names, weights, slow))
	}
	for i := range r.Operations {
		o := &r.Operations[i]
		o.Latency.Count = o.Answered
		o.Rate = float64(o.Answered) / r.Seconds
	}
	r.Operations[1].Reasons["tickets-unavailable"] = r.Operations[1].Statuses["409"]
	r.Truth = &truth.Verdict{Holds: true, Observations: 220_000, Records: 41_000, Events: 1, Seconds: 1.4,
		Findings: []truth.Finding{
			{Property: truth.OneOwner, Says: "no ticket has two owners", Checked: 5000, Of: "tickets"},
			{Property: truth.Paid, Says: "nobody is charged without a ticket", Checked: 2220, Of: "bookings"},
			{Property: truth.InLine, Says: "people are let in as they stand in line", Of: "places",
				Skipped: "there was no line"},
		}, Violations: []truth.Violation{}, Notes: []string{}}
	return r
}

// moment makes a second of the sample, and adds it to the totals.
func moment(r *Result, s int, names []string, weights []float64, slow float64) Moment {
	curve := math.Exp(-float64(s) / 25)
	down := s == 20 || s == 21
	m := Moment{At: float64(s), Operations: map[string]Instant{}, Statuses: map[string]int64{},
		Held: int64(400 * curve),
		Sold: min(5000, int64(s)*114), Waiting: int64(12000 * curve), Active: int64(500 * math.Min(1, curve*2))}
	for i, name := range names {
		n := int64(weights[i] * curve * (1 + 0.1*math.Sin(float64(s*i))))
		m.Planned += n
		o := &r.Operations[i]
		o.Planned += n
		o.Started += n
		if down {
			o.Errors += n / 2
			m.Statuses["error"] += n / 2
			m.Statuses["503"] += n - n/2
			o.Answered += n - n/2
			o.Statuses["503"] += n - n/2
			m.Late += n / 10
			o.Late += n / 10
		} else {
			lost := int64(0)
			if name == "hold" {
				lost = n / 3
			}
			ok := map[bool]string{true: "200", false: "201"}[name == "view"]
			m.Statuses[ok] += n - lost
			o.Statuses[ok] += n - lost
			if lost > 0 {
				m.Statuses["409"] += lost
				o.Statuses["409"] += lost
			}
			o.Answered += n
		}
		if s == 21 {
			continue // nothing was answered
		}
		peak := slow * (1 + float64(i))
		if s == 22 {
			peak *= 100
		}
		m.Operations[name] = Instant{Answered: n, P50: peak * .4, P90: peak * 1.1,
			P99: peak * 3 * (1 + .3*math.Sin(float64(s))), Max: peak * 9}
	}
	return m
}

// untrue is a sample with a violation.
func untrue() *Result {
	r := sample(1)
	r.Truth.Holds = false
	r.Truth.Findings[0].Violations = 1
	r.Truth.Violations = []truth.Violation{{Property: truth.OneOwner, Event: "ev-1",
		Says: "ticket S1-R1-7 was sold twice: in booking AAA and in booking BBB",
		Proof: []string{"answer   201 to book tickets S1-R1-7 user <b>dan</b>; sent 1.000 s",
			"history  v15  10:00:01.000  confirmed booking AAA"}}}
	return r
}
