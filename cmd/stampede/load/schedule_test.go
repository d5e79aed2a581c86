package load

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anySchedule draws a schedule of a few stages.
func anySchedule(t *rapid.T) *Schedule {
	rate := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 5000))
	var stages []Stage
	for range rapid.IntRange(1, 5).Draw(t, "stages") {
		d := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(20*time.Second)).Draw(t, "for"))
		stages = append(stages, Stage{d, rate.Draw(t, "from"), rate.Draw(t, "to")})
	}
	s, err := NewSchedule(stages...)
	if err != nil {
		t.Skip("a schedule of nobody")
	}
	return s
}

// all gives the instants of a plan.
func all(p *Plan) (ns []int64, at []time.Duration) {
	for {
		n, d, ok := p.Next()
		if !ok {
			return ns, at
		}
		ns, at = append(ns, n), append(at, d)
	}
}

// TestPlanFollowsSchedule wants an even plan to have as many arrivals as the schedule
// says, numbered and in order, each when the schedule has reached its number.
func TestPlanFollowsSchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySchedule(t)
		ns, at := all(s.Even())
		if int64(len(ns)) != s.Arrivals() {
			t.Fatalf("%d arrivals, the schedule has %d", len(ns), s.Arrivals())
		}
		last := time.Duration(0)
		for i, d := range at {
			if ns[i] != int64(i) || d < last || d > s.Length() {
				t.Fatalf("arrival %d has number %d and comes at %v after %v", i, ns[i], d, last)
			}
			if got := s.Until(d); math.Abs(got-float64(i)) > 0.01 {
				t.Fatalf("arrival %d comes at %v, when %g have come", i, d, got)
			}
			last = d
		}
	})
}

// TestUntilGrows wants the number of arrivals to grow with time, from none to all.
func TestUntilGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySchedule(t)
		last := 0.0
		for i := range 101 {
			got := s.Until(s.Length() * time.Duration(i) / 100)
			if got < last-1e-9 {
				t.Fatalf("%g have come, then %g", last, got)
			}
			last = got
		}
		if s.Until(0) != 0 || math.Abs(last-s.total) > 1e-6*s.total {
			t.Fatalf("from %g to %g, want 0 to %g", s.Until(0), last, s.total)
		}
	})
}

// TestSplitIsTheSamePlan wants the parts of a plan to be, together, the plan.
func TestSplitIsTheSamePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySchedule(t)
		seed := rapid.Uint64().Draw(t, "seed")
		parts := rapid.IntRange(1, 7).Draw(t, "parts")
		plans := map[string]func() *Plan{"even": s.Even, "poisson": func() *Plan { return s.Poisson(seed) }}
		for name, plan := range plans {
			whole, when := all(plan())
			seen := map[int64]time.Duration{}
			for part := range parts {
				ns, at := all(plan().Split(part, parts))
				for i, n := range ns {
					if n%int64(parts) != int64(part) {
						t.Fatalf("%s: part %d of %d has arrival %d", name, part, parts, n)
					}
					seen[n] = at[i]
				}
			}
			if len(seen) != len(whole) {
				t.Fatalf("%s: %d parts have %d arrivals, the plan has %d", name, parts, len(seen), len(whole))
			}
			for i, n := range whole {
				if seen[n] != when[i] {
					t.Fatalf("%s: arrival %d comes at %v, in its part at %v", name, n, when[i], seen[n])
				}
			}
		}
	})
}

// TestPoisson wants arrivals by chance to follow the schedule in the mean, to be the
// same for the same seed, and to have the spread that chance has.
func TestPoisson(t *testing.T) {
	s, err := NewSchedule(Constant(1000, 10*time.Second)...)
	if err != nil {
		t.Fatal(err)
	}
	_, a := all(s.Poisson(7))
	_, b := all(s.Poisson(7))
	_, c := all(s.Poisson(8))
	if len(a) != len(b) || a[len(a)/2] != b[len(b)/2] || a[1] == c[1] {
		t.Error("the seed is not the plan")
	}
	if n := float64(len(a)); math.Abs(n-10_000) > 5*math.Sqrt(10_000) {
		t.Errorf("%g arrivals, about 10,000 are planned", n)
	}
	var square float64 // of the distances, in their mean
	for i := 1; i < len(a); i++ {
		x := float64(a[i]-a[i-1]) / float64(time.Millisecond)
		square += x * x
	}
	if got := square / float64(len(a)-1); got < 1.8 || got > 2.2 {
		t.Errorf("the distances have mean square %.2f, exponential ones have 2", got)
	}
}

// TestShapes wants the ready-made curves to have the arrivals and the peaks they promise.
func TestShapes(t *testing.T) {
	for _, c := range []struct {
		name      string
		stages    []Stage
		arrivals  int64
		at        time.Duration
		low, high float64 // rate at at
	}{
		{"constant", Constant(50, 10*time.Second), 500, 5 * time.Second, 50, 50},
		{"ramp", Ramp(100, 10*time.Second), 500, 5 * time.Second, 50, 50},
		{"spike", Spike(10, 100, 10*time.Second), 280, 5 * time.Second, 100, 100},
		{"spike before", Spike(10, 100, 10*time.Second), 280, time.Second, 10, 10},
		{"on-sale", OnSale(9000, time.Minute, 10*time.Second), 9000, 10 * time.Second, 550, 650},
		{"on-sale, early", OnSale(9000, time.Minute, 10*time.Second), 9000, 5 * time.Second, 290, 310},
		{"on-sale, tail", OnSale(9000, time.Minute, 10*time.Second), 9000, 20 * time.Second, 200, 240},
		{"on-sale, open at once", OnSale(100, time.Minute, 0), 100, 0, 8, 9},
	} {
		s, err := NewSchedule(c.stages...)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := s.Rate(c.at); s.Arrivals() != c.arrivals || got < c.low || got > c.high {
			t.Errorf("%s: %d arrivals and %g/s at %v, want %d and %g to %g",
				c.name, s.Arrivals(), got, c.at, c.arrivals, c.low, c.high)
		}
	}
	for _, bad := range [][]Stage{
		nil, {{0, 1, 1}}, {{time.Second, -1, 1}}, {{time.Second, 0, 0}}, {{time.Second, math.NaN(), 1}},
	} {
		if _, err := NewSchedule(bad...); err == nil {
			t.Errorf("%v is taken for a schedule", bad)
		}
	}
}
