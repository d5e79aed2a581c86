package siege

import (
	"net"
	"runtime"
	"time"

	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/script"
)

// usefulShare is how much of the peak must be done while too many come.
const usefulShare = 0.9

// admittedP99 is how long at most who is admitted may wait.
const admittedP99 = time.Second

// ticketMemory is how many bytes a node may have for each booking on top of the crowd's:
// an event that sells has its bookings in memory, and a collector needs as much again.
const ticketMemory = 4 << 10

// The crowd of a flood: so many connections, and as many people who wait, as one process
// can have files.
const floodCrowd = 12_000

// flood finds the peak, lets Times as many come, and looks at what is left of the server.
func (s *siege) flood() error {
	peak, err := s.peak()
	if err != nil {
		return err
	}
	before, err := s.calm("before", peak/2)
	if err != nil {
		return err
	}
	x, err := s.bookings(peak*s.Times, s.Duration)
	if err != nil {
		return err
	}
	l := &x.Load
	l.Users, l.Connections, l.Arrivals = floodCrowd, floodCrowd, "poisson"
	memory := watchMemory(s.ctx, s.target)
	r, err := s.phase("flood", x, false)
	most := memory.stop()
	if err != nil {
		return err
	}
	s.judgeFlood(r, peak, most)
	if !s.wait(s.beside()) {
		return s.ctx.Err()
	}
	after, err := s.calm("after", peak/2)
	if err != nil {
		return err
	}
	end := s.beside().Seconds()
	s.asBefore("afterwards all is as before", usefulP99(before, 0, end), usefulP99(after, 0, end))
	s.nothingShed("afterwards nobody is refused", after)
	return nil
}

// calm is a phase at a rate that the server stands.
func (s *siege) calm(name string, rate float64) (*report.Result, error) {
	x, err := s.bookings(rate, s.beside())
	if err != nil {
		return nil, err
	}
	return s.phase(name, x, false)
}

// judgeFlood checks what was while too many came.
func (s *siege) judgeFlood(r *report.Result, peak float64, memory int64) {
	end := s.Duration.Seconds()
	came := float64(count(r, func(o *report.Operation) int64 { return o.Started })) / end
	s.verdict.note("%.0f requests a second were sent in the flood: %.1f times the peak", came, came/peak)
	got := usefulRate(r, 1, end)
	s.verdict.check(got >= usefulShare*peak, "useful work is 90 % of the peak", "%.0f of %.0f/s, %.0f %%",
		got, peak, 100*got/peak)
	u := useful(r)
	p99 := time.Duration(u.Latency.P99 * float64(time.Millisecond))
	s.verdict.check(u.Answered > 0 && p99 < admittedP99, "who is admitted waits less than 1 s", "p99 %v", round(p99))
	s.proper(r, false)
	most := s.Memory + u.Answered*ticketMemory
	s.verdict.check(memory > 0 && memory <= most, "memory is bounded", "%d MiB of %d", memory>>20, most>>20)
	if r.Sale != nil {
		s.sold(r)
	}
}

// sold checks that what was refused was not done: as many tickets are sold as buyers were
// told of.
func (s *siege) sold(r *report.Result) {
	booked := int64(-1)
	for _, m := range r.Timeline {
		booked = max(booked, m.Sold)
	}
	errors := count(r, func(o *report.Operation) int64 { return o.Errors })
	s.verdict.check(booked <= r.Sale.Sold+errors, "nothing that was refused was done",
		"%d seen sold, %d told, %d not answered", booked, r.Sale.Sold, errors)
}

// nothingShed checks that a phase was served whole.
func (s *siege) nothingShed(says string, r *report.Result) {
	all := count(r, func(o *report.Operation) int64 { return o.Started + o.Dropped })
	missing := all - useful(r).Answered
	s.verdict.check(float64(missing) <= fewUnanswered*float64(all), says, "%d of %d", missing, all)
}

// honestClients is how many honest clients there are, each with one connection.
const honestClients = 100

// here reports whether the server is on this machine: clients then have an address each.
func (s *siege) here() bool {
	host, _, err := net.SplitHostPort(s.target.Address)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback() && runtime.GOOS == "linux"
}

// honest is a crowd of people who behave: they look, hold and buy.
func (s *siege) honest(d time.Duration) (*script.Script, error) {
	x, err := s.script("mixed", d)
	if err != nil {
		return nil, err
	}
	x.Load.Rate, x.Mix = s.Honest, script.Mix{View: 70, Hold: 20, Book: 10}
	if x.Load.Connections = honestClients; s.here() {
		x.Load.Clients = honestClients
	}
	return x, nil
}
