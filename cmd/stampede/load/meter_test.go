package load

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
)

// TestMerge wants slices that were handed over as text and merged to have the same
// counts and percentiles as one meter that saw everything.
func TestMerge(t *testing.T) {
	begin := time.Now()
	whole := NewMeter(time.Millisecond, begin)
	var parts []*Meter
	for range 3 {
		parts = append(parts, NewMeter(time.Millisecond, begin))
	}
	random := rand.New(rand.NewPCG(1, 1))
	for i := range 30_000 {
		planned := begin.Add(time.Duration(i) * time.Microsecond)
		sent := planned.Add(time.Duration(random.ExpFloat64() * float64(500*time.Microsecond)))
		end := sent.Add(time.Duration(random.ExpFloat64() * float64(20*time.Millisecond)))
		try := Try{Status: 200 + i%3, Bytes: 10}
		if i%100 == 0 {
			try = Try{Reason: "timeout"}
		}
		for _, m := range []*Meter{whole, parts[i%3]} {
			m.Op("view").Done(planned, sent, end, try)
			m.Counter("sold").Add(2)
			m.Gauge("active").Add(1)
		}
	}
	parts[0].Op("hold").Took(time.Second) // only one has it
	whole.Op("hold").Took(time.Second)
	var got *Slice
	series := NewSeries(3, func(s *Slice) { got = s })
	for _, m := range parts {
		if got != nil {
			t.Fatal("the second is whole before all have told of it")
		}
		text, err := json.Marshal(m.Cut())
		if err != nil {
			t.Fatal(err)
		}
		var s Slice
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		series.Add(&s)
	}
	want := whole.Cut()
	for name, w := range want.Ops {
		same(t, name, got.Ops[name], w)
		same(t, name+" in the totals", series.Total().Ops[name], w)
	}
	if got.Counters["sold"] != 60_000 || got.Gauges["active"] != 30_000 {
		t.Errorf("got %v and %v", got.Counters, got.Gauges)
	}
	if again := whole.Cut(); len(again.Ops) != 0 || again.Counters["sold"] != 0 || again.Gauges["active"] != 30_000 {
		t.Errorf("the next cut has %+v, and nothing happened", again)
	}
}

// same wants two counts to be equal.
func same(t *testing.T, name string, a, b *Counts) {
	t.Helper()
	if a == nil {
		t.Fatalf("%s is missing", name)
	}
	for _, p := range []float64{1, 50, 90, 99, 99.9, 100} {
		if a.Latency.At(p) != b.Latency.At(p) || a.Service.At(p) != b.Service.At(p) {
			t.Errorf("%s: p%g is %v and %v, want %v and %v", name, p, a.Latency.At(p), a.Service.At(p),
				b.Latency.At(p), b.Service.At(p))
		}
	}
	if a.Latency.Count() != b.Latency.Count() || a.Latency.Max() != b.Latency.Max() ||
		a.Latency.Mean() != b.Latency.Mean() || a.Started != b.Started ||
		a.Late != b.Late || a.Errors != b.Errors || a.Bytes != b.Bytes ||
		a.Statuses[201] != b.Statuses[201] || a.Reasons["timeout"] != b.Reasons["timeout"] {
		t.Errorf("%s: got %+v, want %+v", name, a, b)
	}
}

// TestWarmUp wants what was planned before the measured time to leave no trace.
func TestWarmUp(t *testing.T) {
	now := time.Now()
	m := NewMeter(time.Millisecond, now)
	o := m.Op("view")
	o.Done(now.Add(-time.Nanosecond), now, now, Try{Status: 200})
	o.Again(now.Add(-time.Second), Try{Status: 503})
	o.Drop(now.Add(-time.Second))
	if s := m.Cut(); len(s.Ops) != 0 {
		t.Errorf("got %+v", s.Ops["view"])
	}
	o.Done(now, now.Add(2*time.Millisecond), now.Add(3*time.Millisecond), Try{Status: 200})
	c := m.Cut().Ops["view"]
	if c.Started != 1 || c.Late != 1 || c.Latency.Max() != 3*time.Millisecond || c.Service.Max() != time.Millisecond {
		t.Errorf("got %+v", c)
	}
}

// TestSeriesOrder wants seconds in order, also where a part is behind or ends early.
func TestSeriesOrder(t *testing.T) {
	var order []int
	r := NewSeries(2, func(s *Slice) { order = append(order, s.Second) })
	for _, second := range []int{0, 1, 2} {
		r.Add(newSlice(second))
	}
	r.Add(newSlice(0))
	if len(order) != 1 {
		t.Fatalf("got %v, want second 0 alone", order)
	}
	r.Flush()
	if len(order) != 3 || order[1] != 1 || order[2] != 2 {
		t.Errorf("got %v", order)
	}
}
