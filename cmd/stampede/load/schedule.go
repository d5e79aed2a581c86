package load

import (
	"fmt"
	"math"
	"sort"
	"time"
)

// maxRate bounds the arrivals a second, maxArrivals those of a schedule.
const (
	maxRate     = 1e6
	maxArrivals = 1e10
)

// Stage is a part of a schedule: its rate goes in a straight line from one to the
// other, in arrivals a second.
type Stage struct {
	For      time.Duration
	From, To float64
}

// arrivals is how many come in the stage.
func (s Stage) arrivals() float64 { return (s.From + s.To) / 2 * s.For.Seconds() }

// until is how many have come x seconds after the stage began.
func (s Stage) until(x float64) float64 {
	return s.From*x + (s.To-s.From)/s.For.Seconds()*x*x/2
}

// at is when m have come, in seconds after the stage began: the inverse of until. The
// form with the root below the line loses no digits where the slope is small.
func (s Stage) at(m float64) float64 {
	slope := (s.To - s.From) / s.For.Seconds()
	root := math.Sqrt(max(0, s.From*s.From+2*slope*m))
	if s.From+root == 0 {
		return 0
	}
	return min(2*m/(s.From+root), s.For.Seconds())
}

// Schedule says how many arrivals have come by any moment. It is immutable.
type Schedule struct {
	stages []Stage
	starts []time.Duration // of each stage
	before []float64       // arrivals before each stage
	length time.Duration
	total  float64
}

// NewSchedule makes a schedule of stages, one after the other.
func NewSchedule(stages ...Stage) (*Schedule, error) {
	s := &Schedule{stages: stages}
	for i, st := range stages {
		if st.For <= 0 || !(st.From >= 0 && st.From <= maxRate) || !(st.To >= 0 && st.To <= maxRate) {
			return nil, fmt.Errorf("stage %d: %v from %g to %g: a time above 0 and rates from 0 to %g are wanted",
				i+1, st.For, st.From, st.To, float64(maxRate))
		}
		s.starts = append(s.starts, s.length)
		s.before = append(s.before, s.total)
		s.length += st.For
		s.total += st.arrivals()
	}
	if s.total < 1 || s.total > maxArrivals {
		return nil, fmt.Errorf("a schedule of %g arrivals: 1 to %g are wanted", s.total, float64(maxArrivals))
	}
	return s, nil
}

// Length is from the first moment to the last.
func (s *Schedule) Length() time.Duration { return s.length }

// Arrivals is how many come in all, without the last broken one.
func (s *Schedule) Arrivals() int64 { return int64(s.total + 1e-6) }

// Until is how many arrivals have come by t, with their fraction.
func (s *Schedule) Until(t time.Duration) float64 {
	i := sort.Search(len(s.starts), func(i int) bool { return s.starts[i] > t }) - 1
	if i < 0 {
		return 0
	}
	return s.before[i] + s.stages[i].until(min(t-s.starts[i], s.stages[i].For).Seconds())
}

// At is when m arrivals have come: the inverse of Until.
func (s *Schedule) At(m float64) time.Duration {
	i := max(0, sort.Search(len(s.before), func(i int) bool { return s.before[i] > m })-1)
	return s.starts[i] + time.Duration(s.stages[i].at(m-s.before[i])*float64(time.Second))
}

// Rate is the rate at t, in arrivals a second.
func (s *Schedule) Rate(t time.Duration) float64 {
	i := sort.Search(len(s.starts), func(i int) bool { return s.starts[i] > t }) - 1
	if i < 0 || t > s.length {
		return 0
	}
	st := s.stages[i]
	return st.From + (st.To-st.From)*(t-s.starts[i]).Seconds()/st.For.Seconds()
}

// Constant is one rate for a time.
func Constant(rate float64, d time.Duration) []Stage { return []Stage{{d, rate, rate}} }

// Ramp goes from nothing to a rate.
func Ramp(rate float64, d time.Duration) []Stage { return []Stage{{d, 0, rate}} }

// Spike is one rate with another in its middle fifth.
func Spike(rate, peak float64, d time.Duration) []Stage {
	side := d * 2 / 5
	return []Stage{{side, rate, rate}, {d - 2*side, peak, peak}, {side, rate, rate}}
}

// The on-sale curve: a third has come before the doors open, more and more of them;
// at the opening most come at once, and a fifth of the rest of the time later the
// rate is a third of that.
const (
	earlyShare = 1.0 / 3
	tailSteps  = 20
	tailDecays = 5.0 // how often the rate falls to 1/e before the end
)

// OnSale is the curve by which n people come to an on-sale that opens at opens.
func OnSale(n float64, d, opens time.Duration) []Stage {
	var stages []Stage
	late := n
	if opens > 0 {
		stages = append(stages, Stage{opens, 0, 2 * earlyShare * n / opens.Seconds()})
		late -= earlyShare * n
	}
	step := (d - opens) / tailSteps
	area := 0.0
	tail := make([]Stage, tailSteps)
	for i := range tail {
		fall := func(i int) float64 { return math.Exp(-tailDecays * float64(i) / tailSteps) }
		tail[i] = Stage{step, fall(i), fall(i + 1)}
		area += tail[i].arrivals()
	}
	for _, s := range tail {
		stages = append(stages, Stage{s.For, s.From * late / area, s.To * late / area})
	}
	return stages
}
