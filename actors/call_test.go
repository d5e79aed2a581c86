package actors

import (
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
)

// A caller whose owner never answers is told so after his deadline and the grace: that
// it was not done where nobody has taken it, else that nobody knows. What the owner says
// afterwards reaches nobody, and no later use of a call.
func TestACallWithoutAnAnswer(t *testing.T) {
	for _, taken := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p, stop := callPool{start: time.Now()}, make(chan struct{})
			go p.watch(stop)
			began := time.Now()
			c := p.get(&sale.Tick{}, began.Add(time.Second))
			if taken && !c.take() {
				t.Error("nobody may take it")
			}
			r := c.wait(time.Minute)
			want, took := ErrUnavailable, time.Since(began)
			if taken {
				want = ErrUnknown
			}
			if !errors.Is(r.err, want) || took < 61*time.Second || took > 61*time.Second+callsWatched {
				t.Errorf("taken %v: %v after %v", taken, r.err, took)
			}
			if !taken && c.take() {
				t.Error("it is taken after its caller has gone")
			}
			c.finish(sale.Answer{}, nil)
			if len(c.reply) != 0 {
				t.Error("an answer that nobody waits for is kept")
			}
			next := p.get(&sale.Tick{}, time.Now().Add(time.Second))
			next.finish(sale.Answer{Version: 7}, nil)
			if r := next.wait(0); r.err != nil || r.answer.Version != 7 {
				t.Errorf("the next use: %v", r)
			}
			close(stop)
		})
	}
}

// A call that came back unanswered is used again like any other, and what is no longer
// used is forgotten.
func TestCallsAreUsedAgain(t *testing.T) {
	p := callPool{start: time.Now()}
	for range 3 {
		c := p.get(&sale.Tick{}, time.Now().Add(time.Hour))
		c.put() // it was not let in
		c = p.get(&sale.Tick{}, time.Now().Add(time.Hour))
		c.finish(sale.Answer{}, nil)
		if r := c.wait(0); r.err != nil {
			t.Error(r.err)
		}
	}
	for range 3 {
		runtime.GC() // a pool keeps what it has for one collection
	}
	if p.look(); len(p.mu.all) != 0 {
		t.Errorf("%d calls are watched that are gone", len(p.mu.all))
	}
}

// The watch ends with the node, but not before the last caller was told.
func TestTheWatchOutlivesTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, stop := callPool{start: time.Now()}, make(chan struct{})
		close(stop)
		told := make(chan error)
		go func() { told <- p.get(&sale.Tick{}, time.Now().Add(time.Second)).wait(time.Second).err }()
		synctest.Wait()
		p.watch(stop)
		if err := <-told; !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
	})
}
