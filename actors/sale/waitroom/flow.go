package waitroom

// What moves is counted in steps of time, for as long as is remembered.
const (
	flowStep  = 10_000 // milliseconds
	flowSteps = 60     // ten minutes
)

// Flow is what happened in one step of ten seconds.
type Flow struct {
	Step     int64 // milliseconds since 1970, divided by 10,000
	Admitted int   // let in
	Freed    int   // sessions that ended: what makes room for others
	Dropped  int   // waiting places that were given up or lapsed
	Sold     int   // tickets that shoppers booked
	Waiting  int   // how many waited, when it last changed in the step
}

// flow is the last steps in which something happened, oldest first.
type flow struct {
	steps []Flow
	began int64 // when somebody was let in first, milliseconds; 0: nobody was
}

// at is the step of a time.
func (f *flow) at(at int64, waiting int) *Flow {
	step := at / flowStep
	if n := len(f.steps); n == 0 || f.steps[n-1].Step < step {
		for len(f.steps) > 0 && f.steps[0].Step <= step-flowSteps {
			f.steps = f.steps[1:]
		}
		f.steps = append(f.steps, Flow{Step: step})
	}
	last := &f.steps[len(f.steps)-1]
	last.Waiting = waiting
	return last
}

// window is how long what is counted took, in milliseconds: since the first admission,
// and ten minutes at most.
func (f *flow) window(at int64) float64 {
	if f.began == 0 {
		return 0
	}
	return float64(min(max(at-f.began, 1), flowSteps*flowStep))
}

// recent are the steps that are in the window.
func (f *flow) recent(at int64) []Flow {
	for i, s := range f.steps {
		if s.Step > at/flowStep-flowSteps {
			return f.steps[i:]
		}
	}
	return nil
}
