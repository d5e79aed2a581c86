package actors

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"

	"github.com/prometheus/client_golang/prometheus"
)

// shed is how many commands of a class were shed for a reason.
func (w *world) shed(k class, reason int) int { return w.counted(w.node.door.shed[k][reason]) }

func (w *world) counted(c prometheus.Counter) int {
	w.t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	return int(families[0].Metric[0].GetCounter().GetValue())
}

// Each class fills its part of an event's slots, and finds what is kept for it.
func TestSlotsByClass(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxQueued, c.Registry = 10, prometheus.NewRegistry() }, func(w *world) {
		w.define()
		held, seat := w.must(w.hold("S-A-1")).Hold.ID, 0
		stall := w.log.StallAppend("e")
		commands := [classes]func() sale.Command{
			classPaying:  func() sale.Command { return &sale.ExtendHold{ID: held} },
			classHolding: func() sale.Command { seat++; return w.hold(fmt.Sprint("S-B-", seat)) },
			classJoining: func() sale.Command { return &sale.LeaveQueue{ID: w.id()} },
			classReading: func() sale.Command { return &sale.ShowTickets{} },
		}
		answers := []<-chan result{w.later(commands[classHolding]())} // the others wait behind it
		<-stall.Arrived()
		for _, stage := range []struct {
			fills class
			upTo  int
		}{{classReading, 5}, {classJoining, 6}, {classHolding, 8}, {classPaying, 10}} {
			for len(answers) < stage.upTo {
				answers = append(answers, w.later(commands[stage.fills]()))
				synctest.Wait()
			}
			for k := stage.fills; k < classes; k++ {
				before := w.shed(k, shedFull)
				if _, err := w.do(commands[k]()); !errors.Is(err, ErrOverloaded) || w.shed(k, shedFull) != before+1 {
					t.Errorf("%s with %d inside: %v, %d counted", classNames[k], stage.upTo, err,
						w.shed(k, shedFull)-before)
				}
			}
		}
		stall.Release()
		for _, c := range answers {
			if r := <-c; r.err != nil {
				t.Error(r.err)
			}
		}
	})
}

// A booking of a hold pays; one without a hold takes tickets, as holds do.
func TestClasses(t *testing.T) {
	for _, row := range []struct {
		cmd  sale.Command
		want class
	}{
		{&sale.Book{Hold: benchID(1)}, classPaying}, {&sale.Book{}, classHolding},
		{&sale.ExtendHold{}, classPaying}, {&sale.CancelBooking{}, classPaying}, {&sale.DefineEvent{}, classPaying},
		{&sale.SteerQueue{}, classPaying}, {&sale.ShowQueue{}, classPaying}, {&sale.SettlePayment{}, classPaying},
		{&sale.SwapHold{}, classHolding}, {&sale.ReleaseHold{}, classHolding}, {&sale.JoinQueue{}, classJoining},
		{&sale.SeePlaces{}, classJoining}, {&sale.ShowPlace{}, classReading}, {&sale.ShowBooking{}, classReading},
	} {
		if got := classOf(row.cmd); got != row.want {
			t.Errorf("%T is of class %s, want %s", row.cmd, classNames[got], classNames[row.want])
		}
	}
}

// What cannot be answered before its deadline is refused at once, and not executed; an
// event that is fast again takes everything again.
func TestTooLateIsRefusedAtOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		stall := w.log.StallAppend("e")
		first := w.later(w.hold("S-A-1"))
		<-stall.Arrived()
		pass(time.Second) // so the commit is taken to need another one, and the next as long
		began := time.Now()
		if _, err := w.Do("e", w.hold("S-A-2"), began.Add(1900*time.Millisecond)); !errors.Is(err, ErrOverloaded) {
			t.Errorf("1.9 s where 2 s are needed: %v, want ErrOverloaded", err)
		}
		if took := time.Since(began); took > 0 || w.shed(classHolding, shedLate) != 1 {
			t.Errorf("told after %v, %d counted", took, w.shed(classHolding, shedLate))
		}
		patient := w.later(w.hold("S-A-3")) // 15 s
		synctest.Wait()
		stall.Release()
		if r := <-first; r.err != nil {
			t.Error(r.err)
		}
		if r := <-patient; r.err != nil {
			t.Error(r.err)
		}
		w.expect("98 available, 2 held, 0 booked")
		if _, err := w.Do("e", w.hold("S-A-4"), time.Now().Add(10*time.Millisecond)); err != nil {
			t.Errorf("the first command after a slow commit: %v", err)
		}
		if took := time.Duration(w.node.events.get("e").pace.took.Load()); took < 100*time.Millisecond {
			t.Errorf("two commits, one of 1 s, are thought to take %v", took)
		}
		for range 20 {
			w.must(&sale.ShowTickets{})
		}
		if took := time.Duration(w.node.events.get("e").pace.took.Load()); took > 10*time.Millisecond {
			t.Errorf("a commit is still thought to take %v", took)
		}
	})
}

// A command whose time has run out while it waited in the mailbox is not decided.
func TestTooLateWhenItsTurnComes(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		a := w.node.events.get("e")
		a.pace.took.Store(int64(time.Second))
		e := &event{node: w.node, self: a, inFlight: true, phase: ready}
		e.clock.wall = time.Now()
		for left, want := range map[time.Duration]bool{900 * time.Millisecond: true, 1100 * time.Millisecond: false} {
			c := w.node.calls.get(w.hold("S-A-1"), time.Now().Add(left))
			if got := e.tooLate(c); got != want {
				t.Errorf("too late with %v left: %v", left, got)
			}
		}
		c := w.node.calls.get(w.hold("S-A-1"), time.Now().Add(time.Millisecond))
		e.decide(c)
		if r := <-c.reply; !errors.Is(r.err, ErrOverloaded) || w.shed(classHolding, shedLate) != 1 {
			t.Errorf("%v, %d counted", r.err, w.shed(classHolding, shedLate))
		}
		w.expect("100 available, 0 held, 0 booked")
		if e.inFlight = false; e.tooLate(c) {
			t.Error("an event that does nothing is too slow")
		}
	})
}

// Who waits for a slow provider takes no slot from others, and is told that the booking
// is pending when his own deadline comes.
func TestWaitingForAPaymentTakesNoSlot(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxQueued = 2 }, func(w *world) {
		w.define()
		free := make(chan struct{})
		w.bank.answer = func(context.Context, payment.Request) (payment.Outcome, error) {
			<-free
			return payment.Outcome{}, nil
		}
		var patient []<-chan result
		for i := range 5 {
			patient = append(patient, w.later(w.book(fmt.Sprintf("S-A-%d", i+1))))
			synctest.Wait()
		}
		began := time.Now()
		a, err := w.Do("e", w.book("S-A-6"), began.Add(time.Second))
		if took := time.Since(began); err != nil || !pending(a) || took > 1500*time.Millisecond {
			t.Errorf("after %v: %v %v, want a pending booking after 1 s", took, a.Booking, err)
		}
		w.must(w.hold("S-B-1"))
		close(free)
		for _, c := range patient {
			if r := <-c; r.err != nil || pending(r.answer) {
				t.Errorf("%v %v", r.answer.Booking, r.err)
			}
		}
	})
}

// BenchmarkAdmit is a command that is let in behind others, and leaves.
func BenchmarkAdmit(b *testing.B) {
	n := &Node{cfg: DefaultConfig()}
	n.clock.start = time.Now()
	n.door = newAdmission(&n.cfg, nil)
	a := &activation{}
	a.gate.word.Store(10)
	a.pace.took.Store(int64(time.Millisecond))
	cmd, deadline := &sale.PlaceHold{}, time.Now().Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		if err := n.admit(a, cmd, deadline); err != nil {
			b.Fatal(err)
		}
		a.gate.leave()
	}
}
