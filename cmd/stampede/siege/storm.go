package siege

import (
	"errors"
	"fmt"
	"time"

	"boxoffice/cmd/stampede/report"
)

// The manners of a storm: how long one waits for an answer, and how often he asks again.
const (
	stormPatience = time.Second
	stormTries    = 5
)

// away is how long the node of a storm is gone.
const away = 2 * time.Second

// stormClients is how many addresses the crowd has where the server is on this machine.
const stormClients = 250

// storm lets people come at half the peak, who ask again at once, and takes a node away
// for a while. A server that bends is as before soon after; one that breaks is kept down
// by those who ask again.
func (s *siege) storm() error {
	if len(s.Faults) == 0 && s.Pid == 0 {
		return errors.New("nothing says which node is to be gone: tell its process, or the commands")
	}
	peak, err := s.peak()
	if err != nil {
		return err
	}
	x, err := s.bookings(peak/2, s.Duration)
	if err != nil {
		return err
	}
	l := &x.Load
	l.Timeout, l.Retries, l.Manners = stormPatience, stormTries, "rude"
	l.Connections, l.Users = floodCrowd, floodCrowd
	if s.here() { // who gives up leaves his port unusable for a minute: one address has too few
		l.Clients = stormClients
	}
	if x.Faults = s.Faults; len(x.Faults) == 0 {
		x.Faults = []string{fmt.Sprintf("%v kill -STOP %d; sleep %g; kill -CONT %d",
			(s.Duration / 3).Truncate(time.Second), s.Pid, away.Seconds(), s.Pid)}
	}
	r, err := s.phase("storm", x, true)
	if err != nil {
		return err
	}
	return s.judgeStorm(r, peak/2)
}

// judgeStorm compares what was before the first fault with what is some time after the
// last one.
func (s *siege) judgeStorm(r *report.Result, rate float64) error {
	if len(r.Faults) == 0 {
		return errors.New("the faults came after the end")
	}
	from, until := r.Faults[0].At, 0.0
	for _, f := range r.Faults {
		until = max(until, f.At+f.Seconds)
		if f.Error != "" {
			return fmt.Errorf("fault %q: %s", f.Command, f.Error)
		}
	}
	back, end := until+s.beside().Seconds(), s.Duration.Seconds()
	before, after := usefulRate(r, 1, from), usefulRate(r, back, end)
	s.verdict.check(after >= 0.99*min(before, rate), "afterwards everybody is served again", "%.0f/s, it was %.0f",
		after, before)
	s.asBefore("afterwards all is as before", usefulP99(r, 1, from), usefulP99(r, back, end))
	silent := int64(0)
	for _, m := range during(r, back, end) {
		silent += m.Statuses["error"] + m.Statuses["503"] + m.Statuses["429"]
	}
	s.verdict.check(silent == 0, "afterwards nobody is refused or left without an answer", "%d", silent)
	s.proper(r, true)
	s.verdict.note("served whole again %.0f s after the node was back", s.recovery(r, before, until))
	if t := r.Truth; t != nil {
		s.verdict.check(t.Holds, "what was told is true, one effect a key", "%d answers, %d violations",
			t.Observations, len(t.Violations))
	}
	return nil
}

// recovery is how many seconds after a moment the first is that is served whole, and all
// after it; of what was never again so: all that were left.
func (s *siege) recovery(r *report.Result, rate, from float64) float64 {
	some := during(r, from, s.Duration.Seconds())
	n := len(some)
	for n > 0 && float64(some[n-1].Operations["useful"].Answered) >= 0.95*rate {
		n--
	}
	return float64(n)
}
