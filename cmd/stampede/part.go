package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"boxoffice/cmd/stampede/load"
	"boxoffice/cmd/stampede/script"
	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// An errand is what one of the processes of a run has to do.
type errand struct {
	Script string // its file
	Run    string // begins every name of the run
	Houses []*shop.House
	Begin  time.Time
	Part   int    // this one, of the script's processes
	Dir    string // for the recording; "": nothing is recorded
}

// outcome is what a process says at its end.
type outcome struct {
	Sent    int64         // requests
	CPU     time.Duration // its own, from begin to end
	RanOut  bool
	SoldOut time.Duration // after the begin; 0: not seen
	Record  string        // file of what was recorded; "": none
	Error   string
}

// bulletin is one line of what a process tells: a second that is over, or its end.
type bulletin struct {
	Slice *load.Slice `json:",omitempty"`
	Done  *outcome    `json:",omitempty"`
}

// runPart is the command part: a process of a run that has several. It reads its errand
// and writes bulletins. People do not call it.
func runPart(_ []string, out, _ io.Writer) error {
	var e errand
	if err := json.NewDecoder(os.Stdin).Decode(&e); err != nil {
		return fmt.Errorf("read the errand: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	say := json.NewEncoder(out)
	var wrong error
	done, err := e.work(ctx, func(s *load.Slice) { wrong = errors.Join(wrong, say.Encode(bulletin{Slice: s})) })
	if err != nil {
		done.Error = err.Error()
	}
	return errors.Join(wrong, say.Encode(bulletin{Done: &done}))
}

// part is a process's state while it works.
type part struct {
	errand
	script   *script.Script
	meter    *load.Meter
	engine   *load.Engine
	shop     *shop.Shop
	recorder *truth.Recorder
}

// work does an errand, hands each second's counts to emit from one goroutine at a
// time, and returns when all users have left.
func (e *errand) work(ctx context.Context, emit func(s *load.Slice)) (done outcome, err error) {
	p := &part{errand: *e}
	if p.script, err = script.Read("errand", []byte(e.Script)); err != nil {
		return done, err
	}
	pool, err := newPool(p.script)
	if err != nil {
		return done, err
	}
	defer pool.Close()
	if e.Dir != "" {
		if p.recorder, err = truth.NewRecorder(e.Dir); err != nil {
			return done, fmt.Errorf("record: %w", err)
		}
		done.Record = p.recorder.File()
	}
	if err := p.prepare(pool); err != nil {
		return done, err
	}
	before := cpuTime()
	done.SoldOut, err = p.run(ctx, emit)
	done.CPU, done.Sent, done.RanOut = cpuTime()-before, p.shop.Sent(), p.shop.RanOut()
	if p.recorder != nil {
		err = errors.Join(err, p.recorder.Close())
	}
	return done, err
}

// newPool makes the connections of a script.
func newPool(s *script.Script) (*wire.Pool, error) {
	var targets []wire.Target
	for _, u := range s.URLs {
		to, err := wire.NewTarget(u, s.Token)
		if err != nil {
			return nil, fmt.Errorf("%w: url: %w", errUsage, err)
		}
		targets = append(targets, to)
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("%w: url: there is none", errUsage)
	}
	p := wire.NewPool(targets, s.Load.Connections, s.Load.Timeout)
	p.Clients(s.Load.Clients)
	return p, nil
}

// prepare makes the engine and the shop.
func (p *part) prepare(pool *wire.Pool) error {
	l := &p.script.Load
	p.meter = load.NewMeter(l.Late, p.Begin.Add(l.Warmup))
	c := load.Config{
		Users: l.Users, For: l.Duration, Part: p.Part, Parts: l.Processes, Drain: l.Drain,
		New: func() load.User { return p.shop.User() }, Drop: func(a load.Arrival) { p.shop.Drop(a) },
	}
	if l.Model == "open" {
		schedule, err := p.script.Schedule()
		if err != nil {
			return err
		}
		c.Plan = schedule.Even()
		if l.Arrivals == "poisson" {
			c.Plan = schedule.Poisson(p.script.Seed)
		}
		c.Plan.Split(p.Part, l.Processes)
	} else {
		c.Users = share(l.Users, p.Part, l.Processes)
	}
	p.engine = load.NewEngine(c)
	p.shop = shop.New(shop.Config{
		Script: p.script, Run: p.Run, Part: p.Part, Houses: p.Houses, Pool: pool, Meter: p.meter,
		Recorder: p.recorder, Stop: p.engine.Stop,
	})
	return nil
}

// share is a part's share of n.
func share(n, part, parts int) int { return (n + parts - 1 - part) / parts }

// run lets the crowd come and cuts the meter every second. It gives when the sale was
// seen to be over.
func (p *part) run(ctx context.Context, emit func(s *load.Slice)) (soldOut time.Duration, err error) {
	beside, cancel := context.WithCancel(ctx)
	defer cancel()
	var wait sync.WaitGroup
	defer wait.Wait()
	if p.script.Scenario == "live" {
		ready := make(chan struct{})
		wait.Go(func() { p.shop.Listen(beside, func() { close(ready) }) })
		<-ready
		if now := time.Now(); now.After(p.Begin) {
			p.Begin = now
		}
	}
	if shop.Sells(p.script.Scenario) {
		wait.Go(func() { p.shop.Watch(beside, p.stands()) })
	}
	gone := p.shop.Gone()
	left := make(chan error, 1)
	go func() { left <- p.engine.Run(ctx, p.Begin) }()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	tick.Reset(time.Until(p.Begin.Add(time.Second)))
	for second := 0; ; {
		select {
		case <-gone:
			gone, soldOut = nil, time.Since(p.Begin)
		case <-tick.C:
			tick.Reset(max(time.Millisecond, time.Until(p.Begin.Add(time.Duration(second+2)*time.Second))))
			p.cut(&second, emit)
		case err := <-left:
			cancel()
			wait.Wait()
			p.cut(&second, emit)
			return soldOut, err
		}
	}
}

// cut hands over what the last second had.
func (p *part) cut(second *int, emit func(s *load.Slice)) {
	s := p.meter.Cut()
	s.Second = *second
	*second++
	emit(s)
}

// stands is what to do with how the sale stands: one of the processes tells it.
func (p *part) stands() func(now shop.Standing) {
	if p.Part != 0 {
		return func(shop.Standing) {}
	}
	sold, held, waiting := p.meter.Gauge("booked"), p.meter.Gauge("held"), p.meter.Gauge("waiting")
	return func(now shop.Standing) {
		sold.Set(now.Booked)
		held.Set(now.Held)
		waiting.Set(now.Waiting)
	}
}

// cpuTime is the CPU time that this process has used, its own and the system's for it.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
