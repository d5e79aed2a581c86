package load

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// plan makes an even plan.
func plan(t *testing.T, stages ...Stage) *Plan {
	s, err := NewSchedule(stages...)
	if err != nil {
		t.Fatal(err)
	}
	return s.Even()
}

// TestCoordinatedOmission lets a server stall for 300 ms while 1,000 a second come: all
// who came in that time must have waited for its end, not only the one who was being
// served. The same measured from the sending hides it.
func TestCoordinatedOmission(t *testing.T) {
	begin := time.Now().Add(10 * time.Millisecond)
	m := NewMeter(10*time.Millisecond, begin)
	o := m.Op("view")
	var server sync.Mutex // serves one at a time
	stalled := false
	e := NewEngine(Config{
		Plan: plan(t, Constant(1000, 600*time.Millisecond)...), Users: 1000, Drain: time.Second, Drop: func(Arrival) {},
		New: func() User {
			return func(_ context.Context, a Arrival) {
				server.Lock()
				sent := time.Now()
				if !stalled && sent.Sub(begin) > 100*time.Millisecond {
					stalled = true
					<-time.After(300 * time.Millisecond)
				}
				server.Unlock()
				o.Done(a.At, sent, time.Now(), Try{Status: 200})
			}
		},
	})
	if err := e.Run(t.Context(), begin); err != nil {
		t.Fatal(err)
	}
	c := m.Cut().Ops["view"]
	if c.Started != 600 {
		t.Fatalf("%d came, want 600", c.Started)
	}
	// 300 of 600 came while it stood still: their latencies are spread from 0 to 300 ms.
	if p75, p95 := c.Latency.At(75), c.Latency.At(95); p75 < 100*time.Millisecond || p95 < 230*time.Millisecond {
		t.Errorf("from the plan p75 is %v and p95 %v, the stall is left out", p75, p95)
	}
	if p95 := c.Service.At(95); p95 > 100*time.Millisecond {
		t.Errorf("from the sending p95 is %v: the server served most at once", p95)
	}
	if c.Late < 200 {
		t.Errorf("%d were late, want those of the stall", c.Late)
	}
}

// TestOpenDrops wants arrivals that find all users under way to be dropped and
// counted, never put off, and the others to come on time.
func TestOpenDrops(t *testing.T) {
	begin := time.Now()
	var dropped, came atomic.Int64
	hold := make(chan struct{})
	e := NewEngine(Config{
		Plan: plan(t, Constant(1000, 200*time.Millisecond)...), Users: 20, Drain: time.Minute,
		New: func() User {
			return func(context.Context, Arrival) {
				came.Add(1)
				<-hold
			}
		},
		Drop: func(Arrival) {
			if dropped.Add(1) == 180 {
				close(hold)
			}
		},
	})
	if err := e.Run(t.Context(), begin); err != nil {
		t.Fatal(err)
	}
	if came.Load() != 20 || dropped.Load() != 180 {
		t.Errorf("%d came, %d were dropped, want 20 and 180", came.Load(), dropped.Load())
	}
}

// TestLots wants lots to be dealt to those who come in, and to nobody who is dropped.
func TestLots(t *testing.T) {
	var lots []int64
	release := make(chan struct{})
	e := NewEngine(Config{
		Plan: plan(t, Constant(1000, 100*time.Millisecond)...), Users: 1, Part: 2, Parts: 3, Drain: time.Minute,
		New: func() User {
			return func(_ context.Context, a Arrival) {
				lots = append(lots, a.N, a.Lot)
				if a.N < 50 {
					<-release
				}
			}
		},
		Drop: func(a Arrival) {
			switch a.N {
			case 9, 19:
				select {
				case release <- struct{}{}:
				default: // he has not come yet
				}
			case 60:
				close(release)
			}
		},
	})
	if err := e.Run(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(lots); i += 2 {
		if n, lot := lots[i], lots[i+1]; lot != 2+3*int64(i/2) || i > 0 && n <= lots[i-2] {
			t.Errorf("of %v, arrival %d has lot %d", lots, n, lot)
		}
	}
	if len(lots) < 4 || lots[len(lots)-2] < 10 {
		t.Errorf("only %v came in", lots)
	}
}

// TestOpenOnTime wants arrivals to start when they are planned, on an idle machine
// within a few milliseconds, and each once.
func TestOpenOnTime(t *testing.T) {
	begin := time.Now().Add(20 * time.Millisecond)
	var mu sync.Mutex
	seen := map[int64]bool{}
	var early int
	e := NewEngine(Config{
		Plan: plan(t, Ramp(2000, 500*time.Millisecond)...), Users: 1000, Drain: time.Second, Drop: func(Arrival) {},
		New: func() User {
			return func(_ context.Context, a Arrival) {
				mu.Lock()
				defer mu.Unlock()
				seen[a.N] = true
				if time.Now().Before(a.At) {
					early++
				}
			}
		},
	})
	if err := e.Run(t.Context(), begin); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 500 || early > 0 {
		t.Errorf("%d came, %d of them too early, want 500", len(seen), early)
	}
}

// TestStop wants nobody to come after Stop, and those under way to finish; those who
// do not within the drain are told by their context.
func TestStop(t *testing.T) {
	for _, open := range []bool{true, false} {
		var e *Engine
		var told atomic.Int64
		c := Config{
			Users: 3, For: time.Hour, Drain: 50 * time.Millisecond, Drop: func(Arrival) {},
			New: func() User {
				return func(ctx context.Context, a Arrival) {
					if a.N == 2 {
						e.Stop()
					}
					<-ctx.Done()
					told.Add(1)
				}
			},
		}
		if open {
			c.Plan = plan(t, Constant(1000, time.Hour)...)
		}
		e = NewEngine(c)
		if err := e.Run(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		if told.Load() != 3 {
			t.Errorf("open %v: %d were told, want 3", open, told.Load())
		}
	}
}

// TestClosed wants so many users in loops, each arrival with a number of its own.
func TestClosed(t *testing.T) {
	var most, now atomic.Int64
	var mu sync.Mutex
	seen := map[int64]bool{}
	var e *Engine
	e = NewEngine(Config{
		Users: 4, For: time.Hour, Part: 1, Parts: 3, Drain: time.Second,
		New: func() User {
			return func(_ context.Context, a Arrival) {
				most.Store(max(most.Load(), now.Add(1)))
				mu.Lock()
				defer mu.Unlock()
				defer now.Add(-1)
				if seen[a.N] || a.N%3 != 1 {
					t.Errorf("arrival %d came twice or is another part's", a.N)
				}
				if seen[a.N] = true; len(seen) == 1000 {
					e.Stop()
				}
			}
		},
	})
	if err := e.Run(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if most.Load() > 4 || len(seen) < 1000 {
		t.Errorf("%d at once, %d in all", most.Load(), len(seen))
	}
}

// BenchmarkDone is what counting one request costs.
func BenchmarkDone(b *testing.B) {
	m := NewMeter(time.Millisecond, time.Time{})
	o := m.Op("view")
	at := time.Now()
	for b.Loop() {
		o.Done(at, at, at.Add(time.Millisecond), Try{Status: 200, Bytes: 700})
	}
}
