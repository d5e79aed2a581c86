package actors

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
)

// ask begins to wait for news.
func (m *member) ask(since uint64, within time.Duration) <-chan result {
	c := make(chan result, 1)
	go func() {
		a, err := m.Do("e", &sale.ShowNews{Since: since}, time.Now().Add(within))
		c <- result{a, err}
	}()
	synctest.Wait()
	return c
}

// waits fails where a question is answered already.
func waits(t *testing.T, questions ...<-chan result) {
	t.Helper()
	synctest.Wait()
	for i, q := range questions {
		select {
		case r := <-q:
			t.Fatalf("question %d did not wait: %+v, %v", i, r.answer, r.err)
		default:
		}
	}
}

// told is what a question was answered.
func told(t *testing.T, q <-chan result) string {
	t.Helper()
	select {
	case r := <-q:
		if r.err != nil || r.answer.Refusal != nil {
			return fmt.Sprint(r.err, r.answer.Refusal)
		}
		return fmt.Sprint("v", r.answer.Version, " ", r.answer.News.Changes)
	default:
		t.Fatal("it still waits")
		return ""
	}
}

// A question for news is answered when there is some, or shortly before its deadline, on
// the event's node and on another one. Without a version it is answered at once.
func TestNewsAreWaitedFor(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		for _, m := range f.all {
			if got := told(t, m.ask(0, time.Second)); got != "v1 []" {
				t.Errorf("%s: now it is %s", m.name, got)
			}
		}
		q1, q2, short := n1.ask(1, time.Minute), n2.ask(1, time.Minute), n2.ask(1, 10*time.Second)
		waits(t, q1, q2, short)
		pass(8900 * time.Millisecond)
		waits(t, q1, q2, short)
		pass(200 * time.Millisecond)
		if got := told(t, short); got != "v1 []" {
			t.Errorf("when nothing happened it was told %s", got)
		}
		if f.all[0].node.events.get("e").gate.inside() != 0 {
			t.Error("who waits for news is inside the event")
		}
		n2.must(f.hold("S-A-1"))
		synctest.Wait()
		for _, q := range []<-chan result{q1, q2} {
			if got := told(t, q); got != "v2 [{S-A-1 held}]" {
				t.Errorf("it was told %s", got)
			}
		}
		if n := n1.node.news.waiting.Load(); n != 0 || len(n1.node.news.byEvent) != 0 {
			t.Errorf("%d still wait, for %d events", n, len(n1.node.news.byEvent))
		}
	})
}

// Whoever waits while the event moves learns what happens at its next node.
func TestNewsComeFromTheNextLeader(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		f.all[0].define()
		var questions []<-chan result
		for _, m := range f.all {
			questions = append(questions, m.ask(1, time.Minute))
		}
		f.lead("n2")
		pass(time.Second)
		waits(t, questions...)
		f.all[2].must(f.hold("S-A-1"))
		synctest.Wait()
		for i, q := range questions {
			if got := told(t, q); got != "v2 [{S-A-1 held}]" {
				t.Errorf("n%d was told %s", i+1, got)
			}
		}
		q := f.all[0].ask(2, time.Minute)
		f.lead("")
		pass(time.Second)
		if r := <-q; !errors.Is(r.err, ErrUnavailable) {
			t.Errorf("without a leader: %+v, %v", r.answer, r.err)
		}
	})
}

// An event leaves memory while its news are waited for, and comes back with them: also
// what was missed meanwhile is there.
func TestNewsOfAnEventOutOfMemory(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		f.all[0].define()
		q := f.all[1].ask(1, 10*time.Minute)
		pass(2 * time.Minute)
		if n := f.all[0].node.events.size.Load(); n != 0 {
			t.Fatalf("%d events are in memory", n)
		}
		waits(t, q)
		hold := f.hold("S-A-1")
		f.all[0].must(hold)
		synctest.Wait()
		if got := told(t, q); got != "v2 [{S-A-1 held}]" {
			t.Errorf("it was told %s", got)
		}
		f.all[0].must(&sale.ReleaseHold{ID: hold.ID})
		pass(2 * time.Minute)
		if n := f.all[0].node.events.size.Load(); n != 0 {
			t.Fatalf("%d events are in memory again", n)
		}
		if got := told(t, f.all[1].ask(1, time.Minute)); got != "v3 [{S-A-1 available}]" {
			t.Errorf("who missed two changes was told %s", got)
		}
	})
}

// Of an event that is not there, or is removed while its news are waited for, nobody waits
// for any.
func TestNewsOfNothing(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		for _, since := range []uint64{0, 7} {
			if got := told(t, f.all[1].ask(since, time.Minute)); got != "<nil> event-not-found" {
				t.Errorf("after %d of no event: %s", since, got)
			}
		}
		f.all[0].define()
		q := f.all[1].ask(1, time.Minute)
		f.all[0].must(&sale.RemoveEvent{})
		synctest.Wait()
		if got := told(t, q); got != "<nil> event-not-found" {
			t.Errorf("when it was removed: %s", got)
		}
		if got := told(t, f.all[1].ask(0, time.Minute)); got != "<nil> event-not-found" {
			t.Errorf("after it was removed: %s", got)
		}
	})
}

// Nobody is told what is not durable: news wait for the commit that they are in.
func TestNewsAreDurable(t *testing.T) {
	inFleet(t, 1, nil, func(f *fleet) {
		f.all[0].define()
		q := f.all[0].ask(1, time.Minute)
		stall := f.log.StallAppend("e")
		done := f.all[0].later(f.hold("S-A-1"))
		<-stall.Arrived()
		waits(t, q)
		if got := f.all[0].ask(0, time.Minute); told(t, got) != "v1 []" {
			t.Error("a version is told that is not durable")
		}
		stall.Release()
		<-done
		synctest.Wait()
		if got := told(t, q); got != "v2 [{S-A-1 held}]" {
			t.Errorf("it was told %s", got)
		}
	})
}
