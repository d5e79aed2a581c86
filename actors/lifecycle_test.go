package actors

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
)

func TestAHoldEndsAtItsTime(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		h := w.must(w.hold("S-A-1")).Hold
		pass(600*time.Second - time.Millisecond) // virtual
		w.must(&sale.ShowHold{ID: h.ID})
		w.expect("99 available, 1 held, 0 booked")
		pass(time.Second)
		w.expect("100 available, 0 held, 0 booked")
		a, err := w.do(&sale.ShowHold{ID: h.ID})
		if err != nil || a.Refusal == nil || a.Refusal.Code != sale.HoldExpired {
			t.Errorf("an expired hold: %v, %v", a, err)
		}
	})
}

// The time without an owner is not taken from anybody's hold.
func TestAHoldOutlivesTheGap(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		h := w.must(w.hold("S-A-1")).Hold
		pass(300 * time.Second)
		w.node.Stop()
		pass(3600 * time.Second) // nobody is there for an hour
		w.restart(nil)
		pass(298 * time.Second)
		got := w.must(&sale.ShowHold{ID: h.ID}).Hold
		if late := int64(got.ExpiresAt - h.ExpiresAt); late < 3600_000 || late > 3601_000 {
			t.Errorf("the hold ends %d ms later, want the hour without an owner and at most 1 s", late)
		}
		pass(4 * time.Second)
		w.expect("100 available, 0 held, 0 booked")
	})
}

func TestIdleEventsLeaveMemory(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		for range 40 {
			h := w.must(w.hold("S-A-1")).Hold
			w.must(&sale.ReleaseHold{ID: h.ID})
		}
		h := w.must(w.hold("S-A-2")).Hold
		pass(5 * time.Minute)
		if w.node.events.size.Load() != 1 {
			t.Fatal("an event with a live hold left memory")
		}
		w.must(&sale.ReleaseHold{ID: h.ID})
		pass(time.Minute)
		if w.node.events.size.Load() != 0 {
			t.Fatal("an idle event is still in memory")
		}
		loaded, err := w.log.Load(t.Context(), "e")
		if err != nil || loaded.Checkpoint == nil || loaded.At != loaded.Version {
			t.Errorf("it left no checkpoint: %v at %d of %d", err, loaded.At, loaded.Version)
		}
		w.must(w.hold("S-A-1"))
		w.expect("99 available, 1 held, 0 booked")
	})
}

func TestALongHistoryIsCheckpointed(t *testing.T) {
	inWorld(t, func(c *Config) { c.CheckpointEvery = 10 }, func(w *world) {
		w.define()
		for range 20 {
			h := w.must(w.hold("S-A-1")).Hold
			w.must(&sale.ReleaseHold{ID: h.ID})
		}
		synctest.Wait()
		loaded, err := w.log.Load(t.Context(), "e")
		if err != nil || loaded.At < 20 {
			t.Errorf("error %v, checkpoint at version %d of %d", err, loaded.At, loaded.Version)
		}
		w.restart(nil)
		w.must(w.hold("S-A-1"))
	})
}

func TestTooManyEventsInMemory(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxActive = 1 }, func(w *world) {
		w.define()
		far := time.Now().Add(time.Minute)
		_, err := w.Do("e2", &sale.DefineEvent{Event: theatre("e2", time.Now())}, far)
		if !errors.Is(err, ErrOverloaded) {
			t.Errorf("got %v, want ErrOverloaded", err)
		}
	})
}

// Leadership goes back and forth under load: every caller gets an answer, every
// granted hold is in the log once, nothing else is.
func TestSteppingDownLosesNoCaller(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		var mu sync.Mutex
		granted := map[string]int{}
		unknown := map[string]bool{}
		var callers sync.WaitGroup
		for i := range 100 {
			ticket := fmt.Sprintf("S-%c-%d", 'A'+i/10, i%10+1)
			cmd := w.hold(ticket)
			cmd.By = key(byte(i + 1))
			callers.Go(func() {
				pass(time.Duration(i) * time.Millisecond)
				for range 50 {
					a, err := w.do(cmd)
					mu.Lock()
					switch {
					case errors.Is(err, ErrUnknown):
						unknown[ticket] = true
					case err == nil && a.Refusal == nil:
						granted[ticket]++
					}
					mu.Unlock()
					if err == nil {
						return
					}
					pass(5 * time.Millisecond)
				}
			})
		}
		for i := range 20 {
			pass(5 * time.Millisecond)
			if i%2 == 0 {
				w.log.Depose(1)
			} else {
				w.log.Elect(1)
			}
		}
		callers.Wait()
		w.expect("0 available, 100 held, 0 booked")
		if len(granted) != 100 {
			t.Errorf("%d of 100 callers were granted their hold", len(granted))
		}
	})
}

func TestAPanicEndsTheActivationAndTheNextOneGoesOn(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		if _, err := w.do(nil); err == nil {
			t.Error("a command that panics was answered")
		}
		w.must(w.hold("S-A-1"))
	})
}

func TestDrainAnswersThoseInside(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		stall := w.log.StallAppend("e")
		c := w.later(w.hold("S-A-1"))
		<-stall.Arrived()
		drained := make(chan struct{})
		go func() { w.node.Drain(5 * time.Second); close(drained) }()
		synctest.Wait()
		if _, err := w.do(w.hold("S-A-2")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("a draining node took a command: %v", err)
		}
		stall.Release()
		<-drained
		if r := <-c; r.err != nil || r.answer.Hold == nil {
			t.Errorf("the command inside: %v", r)
		}
	})
}
