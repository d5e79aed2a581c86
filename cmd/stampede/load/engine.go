package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Arrival is one user who comes.
type Arrival struct {
	N  int64     // its number in the whole run, from 0
	At time.Time // the planned instant: latencies count from here
	// Lot is its number among those of the whole run who could come in: where nobody was
	// dropped it is N. What there is only once is dealt out by lots, so that who is dropped
	// takes none of it.
	Lot int64
}

// User is what an arrival does. It is called by one goroutine at a time, again and
// again, and may keep buffers between calls. It returns when the user has left, and
// soon after ctx has ended.
type User func(ctx context.Context, a Arrival)

// Config is how a crowd comes.
type Config struct {
	Plan  *Plan         // open model; nil: closed
	Users int           // open: most at once, later ones are dropped; closed: so many, in loops
	For   time.Duration // closed: how long
	Part  int           // of the run's processes: lots, and closed arrivals, are numbered Part, Part+Parts, …
	Parts int           // how many processes; 0: one
	Drain time.Duration // how long users may still be under way when no more come
	New   func() User   // makes a user; called once for each that is under way at once
	Drop  func(a Arrival)
}

// Engine lets a crowd come. Stop may be called by any goroutine.
type Engine struct {
	config Config
	stop   chan struct{}
	once   sync.Once

	wait sync.WaitGroup
	mu   sync.Mutex // guards free and made
	free []chan Arrival
	made int
	next atomic.Int64 // closed: arrivals so far
}

// NewEngine makes an engine that was not started.
func NewEngine(c Config) *Engine {
	return &Engine{config: c, stop: make(chan struct{})}
}

// Stop lets nobody come any more: there is nothing left to come for. Those under way
// finish.
func (e *Engine) Stop() { e.once.Do(func() { close(e.stop) }) }

// Run lets the crowd come, from begin on, and returns when all have left: after the
// last arrival, Stop, or the end of ctx they have Drain, then their context ends. An
// error is of the machine's timers.
func (e *Engine) Run(ctx context.Context, begin time.Time) error {
	users, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var err error
	if e.config.Plan != nil {
		err = e.open(ctx, users, begin)
	} else {
		e.closed(ctx, users, begin)
	}
	left := make(chan struct{})
	go func() {
		e.wait.Wait()
		close(left)
	}()
	drain := time.NewTimer(e.config.Drain)
	defer drain.Stop()
	select {
	case <-left:
	case <-drain.C:
		cancel()
		<-left
	}
	return err
}

// grain is how fine a plan is kept: arrivals are due at whole grains after the begin. A
// thousand wake-ups a second are what a generator can afford at any rate.
const grain = time.Millisecond

// longestWait is how long it may take to notice that nobody is to come any more.
const longestWait = 100 * time.Millisecond

// open starts each arrival at its instant.
func (e *Engine) open(ctx, users context.Context, begin time.Time) error {
	alarm, err := newAlarm()
	if err != nil {
		return err
	}
	defer alarm.close()
	lot := int64(e.config.Part)
	for err == nil {
		n, at, ok := e.config.Plan.Next()
		if !ok {
			break
		}
		a := Arrival{N: n, At: begin.Add((at + grain - 1).Truncate(grain)), Lot: lot}
		if ok, err = e.until(ctx, alarm, a.At); !ok {
			break
		}
		if e.start(users, a) {
			lot += int64(max(1, e.config.Parts))
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.free {
		close(c)
	}
	e.free = nil
	e.made = -1 // who becomes free from now on is not needed
	return err
}

// until waits for a moment; false where nobody is to come any more.
func (e *Engine) until(ctx context.Context, alarm *alarm, at time.Time) (bool, error) {
	for {
		select {
		case <-e.stop:
			return false, nil
		case <-ctx.Done():
			return false, nil
		default:
		}
		d := time.Until(at)
		if d <= 0 {
			return true, nil
		}
		if err := alarm.wait(min(d, longestWait)); err != nil {
			return false, err
		}
	}
}

// start hands an arrival to the user who became free last, whose memory is warm, or to
// a new one. False: it was dropped.
func (e *Engine) start(users context.Context, a Arrival) bool {
	e.mu.Lock()
	if n := len(e.free); n > 0 {
		c := e.free[n-1]
		e.free = e.free[:n-1]
		e.mu.Unlock()
		c <- a // it is waiting, or about to
		return true
	}
	full := e.made >= e.config.Users
	if !full {
		e.made++
	}
	e.mu.Unlock()
	if full {
		e.config.Drop(a)
		return false
	}
	c := make(chan Arrival, 1)
	c <- a
	e.wait.Go(func() { e.user(users, c) })
	return true
}

// user is one virtual user: it takes arrivals until there are no more.
func (e *Engine) user(ctx context.Context, c chan Arrival) {
	run := e.config.New()
	for a := range c {
		run(ctx, a)
		e.mu.Lock()
		if e.made < 0 {
			e.mu.Unlock()
			return
		}
		e.free = append(e.free, c)
		e.mu.Unlock()
	}
}

// closed lets users come again and again.
func (e *Engine) closed(ctx, users context.Context, begin time.Time) {
	if !Sleep(ctx, begin) {
		return
	}
	parts := int64(max(1, e.config.Parts))
	end := begin.Add(e.config.For)
	for range e.config.Users {
		e.wait.Go(func() {
			run := e.config.New()
			for now := time.Now(); now.Before(end); now = time.Now() {
				select {
				case <-e.stop:
					return
				case <-ctx.Done():
					return
				default:
				}
				n := int64(e.config.Part) + parts*(e.next.Add(1)-1)
				run(users, Arrival{N: n, At: now, Lot: n})
			}
		})
	}
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-e.stop:
	case <-ctx.Done():
	}
}

// Sleep waits for a moment; false where ctx ended before it.
func Sleep(ctx context.Context, until time.Time) bool {
	d := time.Until(until)
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
