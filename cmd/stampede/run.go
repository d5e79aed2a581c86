package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/cmd/stampede/shop"

	"boxoffice/cmd/stampede/wire"
)

// run is one scenario on one node, from its events to its result.
type run struct {
	config config
	target wire.Target
	name   string // of the run: begins every event id and every key
	began  time.Time
	houses []*shop.House
	ledger *ledger // nil: none is kept

	next    atomic.Int64 // operations given out
	retries atomic.Int64 // requests sent again
	ranOut  atomic.Bool  // a scenario had no tickets left
	failed  atomic.Pointer[error]
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

// clock is the time since the run began, on the monotonic clock.
func (r *run) clock() time.Duration { return time.Since(r.began) }

// mayRetry spends from the budget of retries: so many an operation, and for the run
// a tenth of its operations, plus 100, plus so many for each connection.
func (r *run) mayRetry(try int) bool {
	if try >= r.config.retries {
		return false
	}
	return r.retries.Add(1) <= r.next.Load()/10+100+int64(r.config.conns*r.config.retries)
}

// fail ends the run with an error of the crowd's own, a full disk under the ledger
// for example. The first one counts.
func (r *run) fail(err error) { r.failed.CompareAndSwap(nil, &err) }

// An operation is one step of a scenario: the nth of the run. It gives false when
// nothing is left to do.
type operation func(w *worker, n int64) bool

// drive runs the crowd until the time is over, the count is reached or nothing is
// left to do, and gives its workers and the measured time.
func (r *run) drive(op operation) ([]*worker, time.Duration, error) {
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
	if err := r.failed.Load(); err != nil {
		return nil, 0, *err
	}
	return workers, time.Since(measure), nil
}

// work is one worker's loop.
func (r *run) work(w *worker, op operation, start, measure time.Time) {
	end := measure.Add(r.config.duration)
	for r.failed.Load() == nil {
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

// prepare makes the scenario's events and opens the ledger.
func (r *run) prepare() error {
	c := wire.NewConn(r.target.Address, r.config.timeout)
	defer c.Close()
	var err error
	r.houses, err = shop.BuildHouses(c, &r.target, r.name, r.config.events,
		shop.House{Seats: r.config.seats})
	if err != nil || r.config.ledger == "" {
		return err
	}
	r.ledger, err = createLedger(r.config.ledger)
	if err != nil {
		return err
	}
	for _, h := range r.houses {
		if err := r.ledger.event(h); err != nil {
			return err
		}
	}
	return nil
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

// scenarioRun makes the events, runs the crowd and checks.
func scenarioRun(name string, c config) (_ *summary, err error) {
	r, err := newRun(c)
	if err != nil {
		return nil, err
	}
	if err := r.prepare(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.ledger.close()) }()
	op, err := r.scenario(name)
	if err != nil {
		return nil, err
	}
	workers, took, err := r.drive(op)
	if err != nil {
		return nil, err
	}
	rep := newSummary(name, c, workers, took)
	rep.RanOut = r.ranOut.Load()
	if !c.check || name == "view" || name == "tickets" {
		return rep, nil
	}
	k := newChecker(r.target, c.timeout, r.houses, workers)
	k.replays = 1000
	if name == "rush" {
		rep.Rush = k.rush(workers)
	}
	rep.Checks = k.all()
	return rep, nil
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
