package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// run is one scenario on one node, from its events to its result.
type run struct {
	config config
	target wire.Target
	name   string // of the run: begins every event id and every key
	began  time.Time
	houses []*shop.House
	rec    *truth.Recorder // nil: nothing is recorded

	next    atomic.Int64 // operations given out
	retries atomic.Int64 // requests sent again
	ranOut  atomic.Bool  // a scenario had no tickets left
}

// newRun names a run after the wall clock: two runs on one node do not meet.
func newRun(c config) (*run, error) {
	to, err := newTarget(c.server, c.token)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &run{config: c, target: to, name: "st" + strconv.FormatInt(now.UnixMicro(), 36), began: now}, nil
}

// mayRetry spends from the budget of retries: so many an operation, and for the run
// a tenth of its operations, plus 100, plus so many for each connection.
func (r *run) mayRetry(try int) bool {
	if try >= r.config.retries {
		return false
	}
	return r.retries.Add(1) <= r.next.Load()/10+100+int64(r.config.conns*r.config.retries)
}

// An operation is one step of a scenario: the nth of the run. It gives false when
// nothing is left to do.
type operation func(w *worker, n int64) bool

// drive runs the crowd until the time is over, the count is reached or nothing is
// left to do, and gives its workers and the measured time.
func (r *run) drive(op operation) ([]*worker, time.Duration) {
	workers := make([]*worker, r.config.conns)
	start := time.Now()
	measure := start.Add(r.config.warmup)
	var wait sync.WaitGroup
	for i := range workers {
		workers[i] = newWorker(r, i)
		wait.Go(func() {
			r.work(workers[i], op, start, measure)
			workers[i].conn.Close()
		})
	}
	wait.Wait()
	return workers, time.Since(measure)
}

// work is one worker's loop.
func (r *run) work(w *worker, op operation, start, measure time.Time) {
	end := measure.Add(r.config.duration)
	for {
		n := r.next.Add(1) - 1
		if r.config.count > 0 && n >= r.config.count {
			return
		}
		w.from = time.Now()
		if r.config.rate > 0 {
			// The operation belongs to this moment, whether or not a worker is free.
			w.from = start.Add(time.Duration(float64(n) / r.config.rate * float64(time.Second)))
		}
		if r.config.duration > 0 && !w.from.Before(end) {
			return
		}
		if wait := time.Until(w.from); wait > 0 {
			time.Sleep(wait)
		}
		w.measured = !w.from.Before(measure)
		if !op(w, n) {
			r.ranOut.Store(true)
			return
		}
	}
}

// prepare makes the scenario's events, and the recording of what changes them.
func (r *run) prepare() error {
	c := wire.NewConn(r.target.Address, r.config.timeout)
	defer c.Close()
	var err error
	r.houses, err = shop.BuildHouses(c, &r.target, r.name, r.config.events,
		shop.House{Seats: r.config.seats})
	switch {
	case err != nil:
	case r.config.record != "":
		r.rec, err = truth.CreateRecorder(r.config.record)
	case r.config.check:
		r.rec, err = truth.NewRecorder("")
	}
	return err
}

// judge closes the recording and has it judged. What nobody wanted to keep is deleted.
func (r *run) judge() (v *truth.Verdict, err error) {
	if r.rec == nil {
		return nil, nil
	}
	if r.config.record == "" {
		defer func() { err = errors.Join(err, r.rec.Remove()) }()
	}
	if err := r.rec.Close(); err != nil || !r.config.check {
		return nil, err
	}
	cfg := truth.Config{
		Server: "http://" + r.target.Address, Token: r.target.Token, Timeout: r.config.timeout, Resend: 1000,
	}
	return truth.Check(context.Background(), cfg, r.rec.File())
}

// errUntrue is of a run whose checks found something wrong.
var errUntrue = errors.New("the node did not tell the truth")

// runScenario is the command of each scenario.
func runScenario(name string, args []string, out, errs io.Writer) error {
	c := defaultConfig(name)
	if err := c.parse(name, args, errs); err != nil {
		return err
	}
	rep, err := scenarioRun(name, c)
	if err != nil {
		return err
	}
	if err := rep.write(out, c.format); err != nil {
		return err
	}
	if rep.wrong() {
		return errUntrue
	}
	return nil
}

// scenarioRun makes the events, runs the crowd and judges the answers.
func scenarioRun(name string, c config) (*summary, error) {
	c.check = c.check && name != "view" && name != "tickets" // they change nothing
	r, err := newRun(c)
	if err != nil {
		return nil, err
	}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	op, err := r.scenario(name)
	if err != nil {
		return nil, err
	}
	workers, took := r.drive(op)
	rep := newSummary(name, c, workers, took)
	rep.RanOut = r.ranOut.Load()
	if name == "rush" {
		rep.Rush = r.rushed(workers)
	}
	rep.Truth, err = r.judge()
	return rep, err
}

// scenario gives the operation of that name.
func (r *run) scenario(name string) (operation, error) {
	switch name {
	case "view":
		return r.view(), nil
	case "tickets":
		return r.tickets(), nil
	case "hold":
		return r.hold(), nil
	case "book":
		return r.book(), nil
	case "rush":
		return r.rush(), nil
	case "mix":
		return r.mix(), nil
	}
	return nil, fmt.Errorf("%w: no scenario %q", errUsage, name)
}
