package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/storage"
	"boxoffice/storage/storagetest"
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

// A wall clock that is an hour ahead after a restart ends no hold early; one that is
// behind ends none late.
func TestAWrongClockMovesNoHold(t *testing.T) {
	for _, wrong := range []time.Duration{time.Hour, -time.Hour} {
		inWorld(t, nil, func(w *world) {
			w.define()
			h := w.must(w.hold("S-A-1")).Hold
			pass(100 * time.Second)
			w.restart(func(c *Config) { c.clockWrong = wrong })
			pass(498 * time.Second)
			w.must(&sale.ShowHold{ID: h.ID})
			pass(4 * time.Second)
			w.expect("100 available, 0 held, 0 booked")
		})
	}
}

// A wall clock that is an hour behind after a restart neither stops an event's time
// nor makes its holds longer.
func TestAClockThatIsBehind(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.must(w.book("S-A-1")) // no hold: the shard's clock is not kept
		w.restart(func(c *Config) {
			c.Log = neverKept{c.Log.(*storagetest.Memory)}
			c.clockWrong = -time.Hour
		})
		before := w.must(&sale.ShowTickets{}).Version
		h := w.must(w.hold("S-A-2")).Hold
		pass(599 * time.Second)
		w.must(&sale.ShowHold{ID: h.ID})
		pass(2 * time.Second)
		w.expect("99 available, 0 held, 1 booked")
		if now := w.must(&sale.ShowTickets{}).Version; now != before+2 {
			t.Errorf("version %d, want %d: a hold and its end", now, before+2)
		}
	})
}

// neverKept is a log whose shards' clocks were never kept.
type neverKept struct{ *storagetest.Memory }

func (l neverKept) Claim(ctx context.Context, shard, epoch uint64) (int64, error) {
	_, err := l.Memory.Claim(ctx, shard, epoch)
	return 0, err
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
			synctest.Wait() // a checkpoint that is still being saved puts the next one off
		}
		loaded, err := w.log.Load(t.Context(), "e")
		if err != nil || loaded.At < 20 {
			t.Errorf("error %v, checkpoint at version %d of %d", err, loaded.At, loaded.Version)
		}
		w.restart(nil)
		w.must(w.hold("S-A-1"))
	})
}

// What a checkpoint costs is paid by the records before it: an event with many stored
// answers and little else is not written down again and again.
func TestStoredAnswersPutACheckpointOff(t *testing.T) {
	inWorld(t, func(c *Config) { c.CheckpointEvery = 10 }, func(w *world) {
		w.define()
		w.must(w.hold("S-A-1"))
		for i := range 400 {
			lost := w.hold("S-A-1")
			lost.By.Key = sale.Key{ID: [16]byte{1, byte(i >> 8), byte(i)}}
			if a, err := w.do(lost); err != nil || a.Refusal == nil {
				t.Fatalf("got %+v, %v", a, err)
			}
			synctest.Wait()
		}
		if made := w.counted(w.node.metrics.checkpoints); made < 3 || made > 5 {
			t.Errorf("%d checkpoints of up to 400 answers: each is five times as large as the one before", made)
		}
	})
}

func TestWhenACheckpointIsDue(t *testing.T) {
	for _, c := range []struct {
		records, weight int
		due             bool
	}{
		{99, 0, false}, {100, 0, true}, {100, 25, true}, {100, 26, false}, {104, 26, true},
		{maxReplay - 1, 10 * maxReplay, false}, {maxReplay, 10 * maxReplay, true},
	} {
		if u := (upkeep{c.records, c.weight}); u.due(100) != c.due {
			t.Errorf("after %d records, the last one of %d entries: want %v", c.records, c.weight, c.due)
		}
	}
}

// slowSaves is a log whose checkpoints wait to be let through.
type slowSaves struct {
	storage.Log
	saves chan string // events
	let   chan struct{}
}

func (s slowSaves) SaveCheckpoint(ctx context.Context, event string, epoch, version uint64, data []byte) error {
	s.saves <- event
	<-s.let
	return s.Log.SaveCheckpoint(ctx, event, epoch, version, data)
}

// Events that sell alike have their checkpoints due at the same moment. They are written
// one after the other.
func TestOneCheckpointAtATime(t *testing.T) {
	var slow slowSaves
	slowly := func(c *Config) {
		slow = slowSaves{Log: c.Log, saves: make(chan string, 10), let: make(chan struct{})}
		c.CheckpointEvery, c.Log = 10, slow
	}
	inWorld(t, slowly, func(w *world) {
		far := time.Now().Add(time.Hour)
		sell := func(event string) {
			for i := range 10 {
				later := theatre(event, far.Add(time.Duration(i)*time.Second))
				if _, err := w.Do(event, &sale.DefineEvent{Event: later}, far); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
		}
		sell("e1")
		sell("e2")
		if len(slow.saves) != 1 || <-slow.saves != "e1" {
			t.Fatalf("not one checkpoint is being written, or %d more beside it", len(slow.saves))
		}
		slow.let <- struct{}{}
		synctest.Wait()
		sell("e2")
		if len(slow.saves) != 1 || <-slow.saves != "e2" {
			t.Fatal("the second one is not written after the first")
		}
		close(slow.let)
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

// A catalog that is larger than the memory for events goes through it: where room is
// short, idle events leave at once and not after their usual time.
func TestACatalogLargerThanTheMemory(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxActive = 10 }, func(w *world) {
		began := time.Now()
		for i := range 100 {
			id := fmt.Sprint("e", i)
			define := &sale.DefineEvent{Event: theatre(id, began)}
			for {
				_, err := w.Do(id, define, time.Now().Add(time.Minute))
				if err == nil {
					break
				}
				if !errors.Is(err, ErrOverloaded) {
					t.Fatal(err)
				}
				pass(50 * time.Millisecond)
			}
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("100 events took %v, ten times the 30 s that an event may be idle", took)
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
