package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
	"boxoffice/storage/storagetest"
)

// Leaders move under load, with a moment without any: no caller sees it.
func TestAPlannedMoveShowsNoError(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		f.all[0].define()
		var callers sync.WaitGroup
		for i := range 100 {
			cmd := f.hold(fmt.Sprintf("S-%c-%d", 'A'+i/10, i%10+1))
			callers.Go(func() {
				pass(time.Duration(i) * 5 * time.Millisecond)
				m := f.all[i%3]
				if a, err := m.do(cmd); err != nil || a.Refusal != nil {
					t.Errorf("hold %d: %v, %v", i, err, a.Refusal)
				}
				if a, err := m.do(&sale.ShowHold{ID: cmd.ID}); err != nil || a.Hold == nil || a.Plan == nil {
					t.Errorf("show hold %d: %v, %v", i, err, a)
				}
			})
		}
		for i := range 10 {
			pass(25 * time.Millisecond)
			f.lead("")
			pass(20 * time.Millisecond)
			f.lead(f.all[(i+1)%3].name)
		}
		callers.Wait()
		f.all[0].expect("0 available, 100 held, 0 booked")
	})
}

// Terms that come and go do not have a command ask a node again that has said that it
// does not lead: it waits for word of one that does.
func TestWhoHasLostTheShardIsAskedOnce(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		n1, n3 := f.all[0], f.all[2]
		n1.define()
		f.unseat(1)
		before := f.called("n1")
		c := n3.later(f.hold("S-A-1"))
		synctest.Wait()
		f.unseat(2 * maxMoves)
		if n := f.called("n1") - before; n != 1 {
			t.Errorf("it was asked %d times", n)
		}
		f.lead("n2")
		if r := <-c; r.err != nil || r.answer.Hold == nil {
			t.Errorf("got %v", r)
		}
	})
}

// Each move of a booking that waits for its payment has its own wait for a leader.
func TestABookingFollowsLateMoves(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		f.all[0].define()
		paid := make(chan struct{})
		f.bank.answer = func(context.Context, payment.Request) (payment.Outcome, error) {
			<-paid
			return payment.Outcome{}, nil
		}
		c := f.all[2].later(f.book("S-A-1"))
		for _, to := range []string{"n2", "n1"} {
			pass(time.Second)
			f.unseat(1)
			pass(300 * time.Millisecond)
			f.lead(to)
		}
		pass(time.Second)
		close(paid)
		if r := <-c; r.err != nil || r.answer.Booking == nil || r.answer.Booking.Status != sale.BookingConfirmed {
			t.Errorf("got %v, %v", r.answer, r.err)
		}
	})
}

// A batch that is in flight when its node loses the shard was not written: its
// commands go on at the next leader.
func TestACommandFollowsItsEvent(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		stall := f.log.StallAppend("e")
		here, there := n1.later(f.hold("S-A-1")), n2.later(f.hold("S-A-2"))
		<-stall.Arrived()
		synctest.Wait()
		f.lead("n2")
		synctest.Wait()
		stall.Release() // fenced
		for _, c := range []<-chan result{here, there} {
			if r := <-c; r.err != nil || r.answer.Hold == nil {
				t.Errorf("got %v", r)
			}
		}
		n1.expect("98 available, 2 held, 0 booked")
	})
}

// Whoever waits for a payment while the shard moves is told by the next leader how
// it ended; the booking is made once. Where the booking was not written, it is now.
func TestABookingIsPaidAcrossAMove(t *testing.T) {
	for _, asked := range []string{"n1", "n2", "n3"} {
		for _, by := range []sale.By{{}, key(7)} {
			inFleet(t, 3, nil, func(f *fleet) {
				f.all[0].define()
				paid := make(chan struct{})
				f.bank.answer = func(context.Context, payment.Request) (payment.Outcome, error) {
					<-paid
					return payment.Outcome{}, nil
				}
				cmd := f.book("S-A-1")
				cmd.By = by
				c := f.member(asked).later(cmd)
				synctest.Wait()
				f.lead("")
				pass(50 * time.Millisecond)
				f.lead("n2")
				pass(time.Second)
				select {
				case r := <-c:
					t.Fatalf("told %v before it was paid", r)
				default:
				}
				close(paid)
				r := <-c
				if r.err != nil || r.answer.Booking == nil || r.answer.Booking.ID != cmd.ID ||
					r.answer.Booking.Status != sale.BookingConfirmed {
					t.Errorf("asked %s: got %v, %v", asked, r.answer, r.err)
				}
				f.all[0].expect("99 available, 0 held, 1 booked")
			})
		}
	}
}

// A booking whose batch was lost on the way is made by the next leader.
func TestABookingThatWasNotWrittenIsMade(t *testing.T) {
	for _, fault := range []storagetest.Fault{storagetest.UnknownLost, storagetest.UnknownWritten} {
		inFleet(t, 2, nil, func(f *fleet) {
			f.all[0].define()
			f.log.FailAppend("e", fault)
			if a := f.all[1].must(f.book("S-A-1")); a.Booking.Status != sale.BookingConfirmed {
				t.Errorf("fault %v: %v", fault, a.Booking.Status)
			}
			f.all[1].expect("99 available, 0 held, 1 booked")
		})
	}
}

// A reply that is lost leaves a write unknown, and says nothing else; its key tells
// what became of it. A read is asked again.
func TestALostReply(t *testing.T) {
	for fault, replayed := range map[fault]bool{lostReply: true, lostQuery: false} {
		inFleet(t, 2, nil, func(f *fleet) {
			n1, n2 := f.all[0], f.all[1]
			n1.define()
			cmd := f.hold("S-A-1")
			cmd.By = key(1)
			f.next("n1", fault)
			_, err := n2.do(cmd)
			if !errors.Is(err, ErrUnknown) || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrOverloaded) {
				t.Errorf("got %v, want ErrUnknown alone", err)
			}
			if a := n2.must(cmd); a.Replayed != replayed {
				t.Errorf("replayed is %v, want %v", a.Replayed, replayed)
			}
			f.next("n1", fault, fault)
			n2.must(&sale.ShowHold{ID: cmd.ID})
			f.next("n1", fault, fault, fault, fault, fault, fault)
			if _, err := n2.do(&sale.ShowTickets{}); !errors.Is(err, ErrUnavailable) {
				t.Errorf("a read that is always lost: %v, want ErrUnavailable", err)
			}
			n2.expect("99 available, 1 held, 0 booked")
		})
	}
}

// A leader that cannot be reached has done nothing; the command goes to the next
// one when there is one.
func TestAnUnreachableLeader(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		f.next("n1", refused)
		n2.must(f.hold("S-A-1")) // it is back at once

		f.kill("n1", true)
		if _, err := n2.do(f.hold("S-A-2")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		c := n2.later(f.hold("S-A-3"))
		synctest.Wait()
		pass(100 * time.Millisecond)
		f.lead("n3")
		if r := <-c; r.err != nil || r.answer.Hold == nil {
			t.Errorf("after the election: %v", r)
		}
		n2.expect("98 available, 2 held, 0 booked")
	})
}

func TestWhoeverFindsNoLeaderWaitsAWhile(t *testing.T) {
	inFleet(t, 2, func(c *Config) { c.MaxParked = 2 }, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		f.lead("")
		f.kill("n1", true) // which n2 still believes to lead
		synctest.Wait()
		for _, m := range []*member{n1, n2} {
			began := time.Now()
			_, err := m.do(f.hold("S-A-1"))
			took := time.Since(began)
			if !errors.Is(err, ErrUnavailable) || took > time.Second || took < 300*time.Millisecond {
				t.Errorf("%s: %v after %v, want ErrUnavailable after half a second", m.name, err, took)
			}
		}
		waiting := []<-chan result{n1.later(f.hold("S-A-1")), n1.later(f.hold("S-A-2"))}
		synctest.Wait()
		began := time.Now()
		if _, err := n1.do(f.hold("S-A-3")); !errors.Is(err, ErrUnavailable) || time.Since(began) > 0 {
			t.Errorf("one too many: %v after %v, want ErrUnavailable at once", err, time.Since(began))
		}
		f.lead("n1")
		for _, c := range waiting {
			if r := <-c; r.err != nil || r.answer.Hold == nil {
				t.Errorf("got %v", r)
			}
		}
		if n := n1.node.remote.parked.Load(); n != 0 {
			t.Errorf("%d are still counted as waiting", n)
		}
	})
}

// A node that leads and has not claimed yet has those who ask it wait, its own
// callers and other nodes' ones.
func TestTheClaimIsWaitedFor(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		f.mu.Lock()
		n2.stall = make(chan struct{})
		f.mu.Unlock()
		f.lead("n2")
		synctest.Wait()
		waiting := []<-chan result{n1.later(f.hold("S-A-1")), n2.later(f.hold("S-A-2"))}
		pass(400 * time.Millisecond)
		close(n2.stall)
		for _, c := range waiting {
			if r := <-c; r.err != nil || r.answer.Hold == nil {
				t.Errorf("got %v", r)
			}
		}
	})
}

// A claim that succeeded, and whose success is heard of after the news that another
// node leads, makes no owner.
func TestAClaimThatIsLateOwnsNothing(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		f.mu.Lock()
		n1.late = make(chan struct{})
		f.mu.Unlock()
		f.lead("n1")
		synctest.Wait()
		f.lead("n2")
		synctest.Wait()
		close(n1.late)
		synctest.Wait()
		if n1.node.shards[0].Load().owned() || !n2.node.shards[0].Load().owned() {
			t.Error("the node that was deposed believes that it owns the shard")
		}
		n1.must(f.hold("S-A-1"))
	})
}
