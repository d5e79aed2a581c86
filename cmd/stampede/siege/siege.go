package siege

import (
	"context"
	"fmt"
	"strings"
	"time"

	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/script"
	"boxoffice/cmd/stampede/wire"
)

// Config is what a siege can be told. Start from Default.
type Config struct {
	URLs  []string // of the nodes; the trouble is made at the first
	Token string   // of the admin paths; "": none
	// Duration is how long the trouble lasts. What comes before and after takes a part of
	// it: a sixth each, at most ten seconds.
	Duration time.Duration
	Peak     float64  // bookings a second that are the most; 0: it is found
	Times    float64  // flood: as many times the peak come
	Faults   []string // retry-storm: what is done, as in a script; nil: Pid is paused
	Pid      int      // retry-storm: a node's process; 0: none
	Honest   float64  // greedy, slow: requests of honest people a second
	// Connections are the greedy client's, or the slow one's of all kinds together.
	Connections int
	Cut         time.Duration // slow: when half-open requests and slow readers are cut off
	Idle        time.Duration // slow: when sockets are that send nothing
	Memory      int64         // flood: bytes that the node may have
	// Run runs a script, and has the truth of its answers judged where truth is set.
	Run func(ctx context.Context, s *script.Script, truth bool) (*report.Result, error)
	// Say gets what is being done, a line at a time.
	Say func(format string, args ...any)
}

// Default has the values that the server's documents name, for a node on this machine.
// Run and Say are left to be set.
func Default() Config {
	return Config{
		URLs: []string{"http://127.0.0.1:8080"}, Duration: time.Minute, Times: 10, Honest: 200, Connections: 1000,
		Cut: 5 * time.Second, Idle: 30 * time.Second, Memory: 1 << 30,
	}
}

// The play that measurements of one machine have.
const (
	play     = 3 * time.Millisecond  // of a p99 that must be as in a run beside
	playBack = 20 * time.Millisecond // of a p99 that must be as before, half more allowed
)

// sieges are the scenarios.
var sieges = []struct {
	name string
	run  func(s *siege) error
}{
	{"flood", (*siege).flood}, {"retry-storm", (*siege).storm}, {"greedy", (*siege).greedy}, {"slow", (*siege).slow},
}

// Names are the scenarios, in the order in which they are run.
func Names() []string {
	var names []string
	for _, s := range sieges {
		names = append(names, s.name)
	}
	return names
}

// siege is one scenario under way. It belongs to one goroutine.
type siege struct {
	Config
	ctx     context.Context
	target  wire.Target // the first node
	verdict *Verdict
}

// Run runs a scenario. It blocks until all its phases are over; an error means that
// there is no verdict.
func Run(ctx context.Context, name string, c Config) (*Verdict, error) {
	for _, x := range sieges {
		if x.name != name {
			continue
		}
		to, err := wire.NewTarget(c.URLs[0], c.Token)
		if err != nil {
			return nil, err
		}
		s := &siege{c, ctx, to, &Verdict{Scenario: name, Passed: true}}
		if err := x.run(s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return s.verdict, nil
	}
	return nil, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(Names(), ", "))
}

// beside is how long a phase before or after the trouble is.
func (s *siege) beside() time.Duration {
	return min(max(s.Duration/6, time.Second), 10*time.Second).Truncate(time.Second)
}

// script is a crowd for a phase: nobody asks again, and useful work is counted.
func (s *siege) script(crowd string, d time.Duration) (*script.Script, error) {
	x, err := script.New(crowd)
	if err != nil {
		return nil, err
	}
	x.URLs, x.Token, x.Thresholds = s.URLs, s.Token, nil
	l := &x.Load
	l.Duration, l.Retries, l.Useful, l.Drain = d, 0, "yes", 20*time.Second
	return x, nil
}

// phase runs a phase and keeps its result.
func (s *siege) phase(name string, x *script.Script, truth bool) (*report.Result, error) {
	s.Say("%s: %s", name, x.Describe())
	r, err := s.Run(s.ctx, x, truth)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.verdict.Phases = append(s.verdict.Phases, Phase{name, r})
	return r, nil
}

// wait lets time pass; false where it is interrupted.
func (s *siege) wait(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.ctx.Done():
		return false
	}
}

// houseSeats is the size of the events of bookings: the largest. fastest is how many
// bookings a second a server may do that does not run out of seats.
const (
	houseSeats = 100_000
	fastest    = 40_000
)

// bookings is a crowd that buys tickets, each another one. All phases have the same
// number of events, so that they can be compared: bookings of one event are committed
// together, and those of a hundred are more work.
func (s *siege) bookings(rate float64, d time.Duration) (*script.Script, error) {
	x, err := s.script("book", d)
	if err != nil {
		return nil, err
	}
	x.Load.Rate = rate
	x.Events.Seats = houseSeats
	x.Events.Count = min(int(fastest*s.Duration.Seconds()/houseSeats)+1, 1000)
	return x, nil
}

// peakUsers are how many buy in loops to find the peak: more of them wait for each
// other, fewer leave the server time.
const peakUsers = 256

// peak gives the most bookings a second. It finds them in loops, once.
func (s *siege) peak() (float64, error) {
	if s.Peak > 0 {
		return s.Peak, nil
	}
	d := s.beside() + time.Second
	x, err := s.bookings(fastest, d)
	if err != nil {
		return 0, err
	}
	x.Load.Model, x.Load.Users, x.Load.Connections = "closed", peakUsers, peakUsers
	r, err := s.phase("peak", x, false)
	if err != nil {
		return 0, err
	}
	s.Peak = usefulRate(r, 1, d.Seconds())
	if s.Peak < 1 {
		return 0, fmt.Errorf("the peak is %.1f bookings a second: nothing to multiply", s.Peak)
	}
	return s.Peak, nil
}
