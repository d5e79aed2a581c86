package script

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"boxoffice/cmd/stampede/load"
)

// Script is what a run can be told. The tables say what each member means; New gives
// the values that suit two shared cores.
type Script struct {
	Scenario   string   // one of Names
	URLs       []string // base URLs, at least one
	Token      string   // of the admin paths; "": none
	Ledger     string   // the sandbox's file; "": payments are not judged
	Seed       uint64
	Load       Load
	Events     Events
	Buyer      Buyer
	Words      []string // searched by search and mixed
	Mix        Mix
	Live       Live
	Thresholds []string // as package report reads them
	Faults     []string // as ReadFault reads them
}

// Load is how the crowd comes.
type Load struct {
	Model       string        // open or closed
	Schedule    string        // constant, ramp, spike, onsale or stages
	Rate        float64       // arrivals a second
	Peak        float64       // of a spike, arrivals a second
	Buyers      int           // of the on-sale curve
	Duration    time.Duration // more than 0
	Opens       time.Duration // of the on-sale curve; before Duration
	Stages      []string      // as "10s 0 500"
	Arrivals    string        // even or poisson
	Warmup      time.Duration // of Duration; before its end
	Drain       time.Duration // after the last arrival
	Users       int           // open: at most at once; closed: in loops
	Connections int           // to each server, of each process
	Clients     int           // addresses of this machine that they come from; 0: one
	Timeout     time.Duration // of one request
	Retries     int           // of one request
	Manners     string        // of retries: polite or rude
	Useful      string        // yes or no: the span useful is counted
	Late        time.Duration // sent so long after its plan
	Processes   int           // 1: this one
}

// Events are those that a run makes.
type Events struct {
	Count   int           // how many
	Seats   int           // of each
	Hold    time.Duration // whole seconds
	PerUser int           // 0: no limit
	Active  int           // 0: no waiting room
	Session time.Duration // whole seconds
}

// Buyer is how people shop.
type Buyer struct {
	Think    time.Duration // median; 0: none
	Spread   float64       // sigma of the log-normal distribution
	Abandon  float64       // share of holds
	Release  float64       // share of abandoned holds
	Decline  float64       // share of payments
	Tickets  int           // 1 to so many
	Zipf     float64       // exponent; 0: all seats are liked alike
	Tries    int           // at most
	Poll     time.Duration // mean
	Patience time.Duration // in the line
}

// Mix is the share of each kind of request in mixed, in parts of their sum.
type Mix struct{ View, Search, Hold, Book int }

// Live is who listens, and how.
type Live struct {
	Sockets int
	Places  int
	Frozen  float64 // share of both
	First   int     // servers; 0: all
}

// scenarios are the ready-made ones: what each is, and what of New it changes.
var scenarios = []struct {
	name, says string
	change     func(s *Script)
}{
	{"view", "people look at events: GET /events/{id}", func(s *Script) {
		s.Load.Rate, s.Events.Seats = 2000, 500
		s.Thresholds = []string{"view p99 < 100ms", "* failed < 0.1%"}
	}},
	{"search", "people search: words, places, dates, pages", func(s *Script) {
		s.Load.Rate, s.Events.Seats = 500, 500
		s.Thresholds = []string{"search p99 < 200ms", "* failed < 0.1%"}
	}},
	{"book", "people buy a ticket in one call, each another one", func(s *Script) {
		s.Load.Rate = 500
		s.Thresholds = []string{"book p99 < 200ms", "* failed < 0.1%"}
	}},
	{"contend", "everybody wants the same few seats; who loses is told so", func(s *Script) {
		s.Load.Rate, s.Events.Count, s.Events.Seats = 1000, 1, 1000
		s.Thresholds = []string{"book p99 < 200ms", "* failed < 0.1%"}
	}},
	{"hold-book", "people hold, think, and pay, are declined, or leave", func(s *Script) {
		s.Load.Rate, s.Buyer.Think = 100, 2*time.Second
		s.Thresholds = []string{"hold p99 < 200ms", "book p99 < 300ms", "* failed < 0.1%"}
	}},
	{"mixed", "90 % look, 5 % search, 4 % hold, 1 % buy", func(s *Script) {
		s.Load.Rate = 2000
		s.Thresholds = []string{"view p99 < 100ms", "book p99 < 300ms", "* failed < 0.1%"}
	}},
	{"queue", "people join the waiting room, poll, are let in, buy and leave", func(s *Script) {
		s.Load.Rate, s.Events.Count, s.Events.Active, s.Buyer.Think = 200, 1, 200, 500*time.Millisecond
		s.Thresholds = []string{"join p99 < 200ms", "* failed < 0.1%"}
	}},
	{"onsale", "an on-sale: people come, wait, are let in, choose, lose, try again, pay or leave", func(s *Script) {
		s.Load.Schedule, s.Load.Buyers, s.Load.Duration, s.Load.Opens = "onsale", 10_000, time.Minute, 10*time.Second
		s.Load.Users, s.Load.Drain = 100_000, 3*time.Minute
		s.Events = Events{Count: 1, Seats: 2000, Hold: time.Minute, PerUser: 4, Active: 300, Session: 2 * time.Minute}
		s.Buyer.Think, s.Buyer.Patience = 2*time.Second, 5*time.Minute
		s.Thresholds = []string{"* failed < 1%", "join p99 < 500ms", "sold == 100%"}
	}},
	{"live", "people watch seats and their place over sockets while others buy", func(s *Script) {
		s.Load.Rate, s.Load.Duration, s.Events.Count, s.Events.Seats = 20, 20*time.Second, 1, 5000
		s.Events.Active = 20
		s.Thresholds = []string{"seat-news p99 < 500ms", "admit-news p99 < 250ms", "position-news failed == 0%"}
	}},
}

// Names are the ready-made scenarios.
func Names() []string {
	var names []string
	for _, s := range scenarios {
		names = append(names, s.name)
	}
	return names
}

// New gives the ready-made scenario of that name.
func New(name string) (*Script, error) {
	s := &Script{
		Scenario: name, URLs: []string{"http://127.0.0.1:8080"}, Seed: 1,
		Load: Load{
			Model: "open", Schedule: "constant", Rate: 100, Peak: 1000, Buyers: 1000, Duration: 10 * time.Second,
			Arrivals: "even", Drain: 30 * time.Second, Users: 20_000, Connections: 256,
			Timeout: 15 * time.Second, Retries: 5, Late: 10 * time.Millisecond, Processes: 1,
			Manners: "polite", Useful: "no",
		},
		Events: Events{Count: 4, Seats: 25_000, Hold: 10 * time.Minute, Session: 10 * time.Minute},
		Buyer: Buyer{
			Spread: 0.6, Abandon: 0.2, Release: 0.5, Decline: 0.05, Tickets: 4, Zipf: 1.1, Tries: 5,
			Poll: 2 * time.Second, Patience: 2 * time.Minute,
		},
		Words: []string{"stampede", "rock", "the crowd", "stampde", "new york", "jazz festival", "queen", "opera"},
		Mix:   Mix{View: 90, Search: 5, Hold: 4, Book: 1},
		Live:  Live{Sockets: 1000, Places: 200},
	}
	for _, r := range scenarios {
		if r.name == name {
			r.change(s)
			return s, nil
		}
	}
	return nil, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(Names(), ", "))
}

// Says is what the scenario is, in a line.
func (s *Script) Says() string {
	for _, r := range scenarios {
		if r.name == s.Scenario {
			return r.says
		}
	}
	return ""
}

// Schedule gives the schedule of an open model.
func (s *Script) Schedule() (*load.Schedule, error) {
	l := &s.Load
	switch l.Schedule {
	case "constant":
		return load.NewSchedule(load.Constant(l.Rate, l.Duration)...)
	case "ramp":
		return load.NewSchedule(load.Ramp(l.Rate, l.Duration)...)
	case "spike":
		return load.NewSchedule(load.Spike(l.Rate, l.Peak, l.Duration)...)
	case "onsale":
		return load.NewSchedule(load.OnSale(float64(l.Buyers), l.Duration, l.Opens)...)
	}
	var stages []load.Stage
	for _, text := range l.Stages {
		stage, err := readStage(text)
		if err != nil {
			return nil, err
		}
		stages = append(stages, stage)
	}
	return load.NewSchedule(stages...)
}

// readStage reads "10s 0 500": a time, and the rates at its begin and its end.
func readStage(text string) (load.Stage, error) {
	words := strings.Fields(text)
	if len(words) != 3 {
		return load.Stage{}, fmt.Errorf(
			"stage %q is not of the form \"10s 0 500\": a time, the rates at its begin and end", text)
	}
	d, err := time.ParseDuration(words[0])
	from, err2 := strconv.ParseFloat(words[1], 64)
	to, err3 := strconv.ParseFloat(words[2], 64)
	if err := errors.Join(err, err2, err3); err != nil {
		return load.Stage{}, fmt.Errorf("stage %q: %w", text, err)
	}
	return load.Stage{For: d, From: from, To: to}, nil
}

// Fault is a command that runs at a time after the begin of the run.
type Fault struct {
	At  time.Duration
	Run string // for sh -c
}

// ReadFault reads "20s kill -9 123": a time, and a command for the shell.
func ReadFault(text string) (Fault, error) {
	at, run, _ := strings.Cut(strings.TrimSpace(text), " ")
	d, err := time.ParseDuration(at)
	if run = strings.TrimSpace(run); err != nil || d < 0 || run == "" {
		return Fault{}, fmt.Errorf("%q is not of the form \"20s COMMAND\"", text)
	}
	return Fault{d, run}, nil
}

// Describe says the schedule in words.
func (s *Script) Describe() string {
	l := &s.Load
	if l.Model == "closed" {
		return fmt.Sprintf("%d users in loops for %v", l.Users, l.Duration)
	}
	how := map[string]string{"even": "evenly", "poisson": "by chance"}[l.Arrivals]
	switch l.Schedule {
	case "constant":
		return fmt.Sprintf("%g/s for %v, %s", l.Rate, l.Duration, how)
	case "ramp":
		return fmt.Sprintf("ramp from 0 to %g/s in %v, %s", l.Rate, l.Duration, how)
	case "spike":
		return fmt.Sprintf("%g/s with a spike of %g/s, %v, %s", l.Rate, l.Peak, l.Duration, how)
	case "onsale":
		return fmt.Sprintf("%d buyers in %v, doors open at %v, %s", l.Buyers, l.Duration, l.Opens, how)
	}
	return fmt.Sprintf("stages %s, %s", strings.Join(l.Stages, ", "), how)
}

// Validate checks how the members go together; each by itself was checked when it was
// set.
func (s *Script) Validate() error {
	if !slices.Contains(Names(), s.Scenario) {
		return fmt.Errorf("scenario: %q is none of %s", s.Scenario, strings.Join(Names(), ", "))
	}
	if s.Load.Model == "open" {
		if _, err := s.Schedule(); err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	for _, text := range s.Faults {
		if _, err := ReadFault(text); err != nil {
			return fmt.Errorf("faults: %w", err)
		}
	}
	switch {
	case s.Load.Duration == 0:
		return errors.New("load.duration: it is 0")
	case s.Load.Warmup >= s.Load.Duration:
		return errors.New("load.warmup: it is as long as load.duration")
	case s.Load.Schedule == "onsale" && s.Load.Opens >= s.Load.Duration:
		return errors.New("load.opens: it is not before the end of load.duration")
	case (s.Scenario == "queue" || s.Scenario == "onsale") && s.Events.Active == 0:
		return fmt.Errorf("events.active: %s needs a waiting room, so at least 1", s.Scenario)
	case s.Mix.View+s.Mix.Search+s.Mix.Hold+s.Mix.Book == 0:
		return errors.New("mix: all its members are 0")
	}
	return nil
}
