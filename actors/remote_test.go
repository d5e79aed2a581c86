package actors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
	"boxoffice/storage/storagetest"
)

// Whichever node is asked, the answer is the same.
func TestAnyNodeAnswers(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		n1, n2, n3 := f.all[0], f.all[1], f.all[2]
		n2.define()
		h := n3.must(f.hold("S-A-1", "S-A-2")).Hold
		n2.must(&sale.ExtendHold{ID: h.ID})
		n3.must(&sale.SwapHold{ID: h.ID, Add: []string{"S-B-1"}, Remove: []string{"S-A-1"}})
		booked := n2.must(&sale.Book{ID: f.id(), Hold: h.ID, Method: "card", Token: "pm_card_visa"}).Booking
		n3.must(&sale.ReleaseHold{ID: n2.must(f.hold("S-C-1")).Hold.ID})
		cancelled := n3.must(f.book("S-D-1")).Booking
		n2.must(&sale.CancelBooking{ID: cancelled.ID})
		n2.must(f.hold("S-E-1"))
		synctest.Wait() // paid
		for _, cmd := range []sale.Command{
			&sale.ShowBooking{ID: booked.ID}, &sale.ShowBooking{ID: cancelled.ID}, &sale.ShowTickets{}, &sale.ShowEvent{},
			&sale.ShowHold{ID: h.ID}, f.hold("S-B-1"), f.hold("S-Z-1"), f.book("S-B-1"),
			&sale.RemoveEvent{}, &sale.DefineEvent{Event: theatre("e", time.Now())},
		} {
			want, err1 := n1.do(cmd)
			got, err2 := n3.do(cmd)
			if err1 != nil || err2 != nil {
				t.Fatalf("%T: %v, %v", cmd, err1, err2)
			}
			sameAnswer(t, fmt.Sprintf("%T", cmd), got, want)
		}
		n3.expect("97 available, 1 held, 2 booked")
		if f.called("n1") == 0 || f.called("n2")+f.called("n3") != 0 {
			t.Errorf("calls: %v", f.calls)
		}
	})
}

// sameAnswer compares all that can be seen of two answers.
func sameAnswer(t *testing.T, what string, got, want sale.Answer) {
	t.Helper()
	if (got.Plan == nil) != (want.Plan == nil) || (got.Tickets == nil) != (want.Tickets == nil) {
		t.Fatalf("%s: %+v, want %+v", what, got, want)
	}
	if got.Plan != nil && !reflect.DeepEqual(got.Plan, want.Plan) {
		t.Errorf("%s: it has another plan", what)
	}
	if got.Tickets != nil {
		for i := range want.Plan.Total() {
			id := inventory.Ticket(i)
			if got.Tickets.Status(id) != want.Tickets.Status(id) || got.Tickets.ChangedAt(id) != want.Tickets.ChangedAt(id) {
				t.Errorf("%s: ticket %d differs", what, i)
			}
		}
		if got.Tickets.Version() != want.Tickets.Version() {
			t.Errorf("%s: version %d, want %d", what, got.Tickets.Version(), want.Tickets.Version())
		}
	}
	for _, a := range []*sale.Answer{&got, &want} {
		a.Plan, a.Tickets = nil, nil
	}
	g := salepb.AppendReply(nil, &salepb.Reply{Answer: got})
	if w := salepb.AppendReply(nil, &salepb.Reply{Answer: want}); !bytes.Equal(g, w) {
		t.Errorf("%s:\n%+v, want\n%+v", what, got, want)
	}
}

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
			f.next("n1", fault, fault, fault, fault)
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
			if took := time.Since(began); !errors.Is(err, ErrUnavailable) || took > time.Second || took < 300*time.Millisecond {
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

// Hints are only hints. A node that is asked though it does not lead says who does,
// and never asks another one itself.
func TestStaleNewsOfALeader(t *testing.T) {
	inFleet(t, 3, nil, func(f *fleet) {
		n1, n3 := f.all[0], f.all[2]
		n1.define()
		f.hush()
		f.lead("n2")
		synctest.Wait()
		f.mu.Lock()
		n1.learnLocked(1, "n2", f.term[1])
		f.mu.Unlock()
		n3.must(f.hold("S-A-1"))                                                                    // to n1, which knows better
		if node, _, _ := n3.Locate(1); node != "n2" || f.called("n1") != 1 || f.called("n2") != 2 { // the hold, and its plan
			t.Errorf("n3 has learned %q; calls %v", node, f.calls)
		}

		f.mu.Lock() // all of them are wrong, in a circle
		f.calls = map[string]int{}
		n1.learnLocked(1, "n3", 100)
		n3.learnLocked(1, "n1", 200)
		f.mu.Unlock()
		if _, err := n3.do(f.hold("S-A-2")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("in a circle: %v, want ErrUnavailable", err)
		}
		if f.called("n1") > maxMoves+1 || f.called("n2")+f.called("n3") > 0 {
			t.Errorf("calls: %v, want at most %d to n1", f.calls, maxMoves+1)
		}
	})
}

// What the leader says of itself reaches the caller.
func TestRefusalsOfALeaderTravel(t *testing.T) {
	inFleet(t, 2, func(c *Config) { c.MaxQueued = 1 }, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		stall := f.log.StallAppend("e")
		inside := n1.later(f.hold("S-A-1"))
		<-stall.Arrived()
		if _, err := n2.do(f.hold("S-A-2")); !errors.Is(err, ErrOverloaded) {
			t.Errorf("a full event: %v, want ErrOverloaded", err)
		}
		stall.Release()
		<-inside
		f.next("n1", busy)
		if _, err := n2.do(f.hold("S-A-2")); !errors.Is(err, ErrOverloaded) {
			t.Errorf("a busy node: %v, want ErrOverloaded", err)
		}
		if a, err := n2.Do("none", f.hold("S-A-1"), time.Now().Add(time.Second)); err != nil ||
			!refusedAs(a, sale.EventNotFound) {
			t.Errorf("no such event: %v, %v", a, err)
		}
		if _, err := n2.Do("e", f.hold("S-A-2"), time.Now()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("no time: %v, want ErrUnavailable", err)
		}
		n1.node.draining.Store(true)
		_, err := n2.do(f.hold("S-A-2"))
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "node n1: the node is draining") ||
			strings.Count(err.Error(), ErrUnavailable.Error()) != 1 {
			t.Errorf("a draining leader: %v", err)
		}
		n1.node.draining.Store(false)
		f.bend = func(b []byte) []byte { return append([]byte{99}, b[1:]...) }
		if _, err := n2.do(f.hold("S-A-2")); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "version 99") {
			t.Errorf("a request of a later version: %v", err)
		}
		f.bend = nil
		n2.expect("99 available, 1 held, 0 booked")
	})
}

// The deadline is the caller's: a command that comes to its event too late is not
// executed, and its caller is told so; one whose commit takes longer is unknown.
func TestDeadlinesTravel(t *testing.T) {
	inFleet(t, 2, func(c *Config) { c.MoveWait = time.Hour }, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		f.mu.Lock()
		n1.stall = make(chan struct{})
		f.mu.Unlock()
		f.lead("n1") // again, and it cannot claim
		synctest.Wait()
		began := time.Now()
		_, err := n2.Do("e", f.hold("S-A-1"), began.Add(300*time.Millisecond))
		if took := time.Since(began); !errors.Is(err, ErrUnavailable) || took > 400*time.Millisecond {
			t.Errorf("no owner: %v after %v", err, took)
		}
		close(n1.stall)
		synctest.Wait()
		stall := f.log.StallAppend("e")
		began = time.Now()
		_, err = n2.Do("e", f.hold("S-A-1"), began.Add(300*time.Millisecond))
		if took := time.Since(began); !errors.Is(err, ErrUnknown) || took > time.Second {
			t.Errorf("a slow commit: %v after %v, want ErrUnknown", err, took)
		}
		stall.Release()
		synctest.Wait()
		n2.expect("99 available, 1 held, 0 booked")
	})
}

// A planned stop: the leaders move, then the node drains. Its callers are served to
// the last moment, by the others.
func TestADrainingNodeSendsCommandsOn(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		f.lead("n2")
		synctest.Wait()
		n1.node.Drain(time.Second)
		n1.must(f.hold("S-A-1"))
		if n1.node.Ready() == nil {
			t.Error("a draining node says that it is ready")
		}
		f.lead("n1") // against the plan
		synctest.Wait()
		for _, m := range []*member{n1, n2} {
			if _, err := m.do(f.hold("S-A-2")); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: a draining node executed: %v", m.name, err)
			}
		}
	})
}

func TestReadyNeedsALeaderForEachShard(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		if err := errors.Join(n1.node.Ready(), n2.node.Ready()); err != nil {
			t.Error(err)
		}
		n2.alone = true
		if n2.node.Ready() == nil {
			t.Error("a node that reaches nobody says that it is ready")
		}
		n2.alone = false
		f.lead("")
		synctest.Wait()
		if n1.node.Ready() == nil {
			t.Error("a node that thinks that it leads, and does not, says that it is ready")
		}
	})
}

// The bound on what is done for other nodes.
func TestServingIsBounded(t *testing.T) {
	inFleet(t, 2, func(c *Config) { c.MaxServed = 2 }, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		stall := f.log.StallAppend("e")
		inside := []<-chan result{n2.later(f.hold("S-A-1")), n2.later(f.hold("S-A-2"))}
		<-stall.Arrived()
		synctest.Wait()
		if _, err := n2.do(f.hold("S-A-3")); !errors.Is(err, ErrOverloaded) {
			t.Errorf("the third: %v, want ErrOverloaded", err)
		}
		inside = append(inside, n1.later(f.hold("S-A-4"))) // its own callers are bounded by the gate alone
		synctest.Wait()
		stall.Release()
		for _, c := range inside {
			if r := <-c; r.err != nil {
				t.Error(r.err)
			}
		}
		n2.must(f.hold("S-A-3"))
	})
}

// A node that stops answers the other nodes' callers too: their commands were not
// done, or are asked for elsewhere.
func TestAStoppingNodeAnswersTheOthers(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		f.bank.answer = func(ctx context.Context, _ payment.Request) (payment.Outcome, error) {
			<-ctx.Done()
			return payment.Outcome{}, ctx.Err()
		}
		cmd := f.book("S-A-1")
		c := n2.later(cmd)
		synctest.Wait()
		n1.node.Stop()
		if r := <-c; !errors.Is(r.err, ErrUnknown) {
			t.Errorf("a booking at a node that stops, with no other leader: %v, want ErrUnknown", r.err)
		}
		if _, err := n2.do(f.hold("S-A-2")); !errors.Is(err, ErrUnavailable) {
			t.Errorf("after that: %v, want ErrUnavailable", err)
		}
		f.bank.answer = nil
		f.lead("n2")
		synctest.Wait()
		if b := n2.must(&sale.ShowBooking{ID: cmd.ID}).Booking; b.Status != sale.BookingConfirmed {
			t.Errorf("the booking is %v", b.Status)
		}
	})
}

// A house that is laid out anew between an answer and its plan.
func TestTheHouseChangesMeanwhile(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		n2.must(&sale.ShowTickets{})
		e := theatre("e", time.Now())
		e.Inventory.Sections[0].Rows = e.Inventory.Sections[0].Rows[:3]
		n1.must(&sale.DefineEvent{Event: e})
		if a := n2.must(&sale.ShowTickets{}); a.Plan.Total() != 30 || a.Tickets.Plan() != a.Plan {
			t.Errorf("it has %d tickets", a.Plan.Total())
		}
		if n := n2.node.plans.tickets(); n != 130 {
			t.Errorf("plans of %d tickets are kept, want 130", n)
		}
		gone := inventory.NewPlan(theatre("e", time.Now()).Inventory)
		plan, err := n2.node.planOf("e", [16]byte{1}, time.Now().Add(time.Second)) // asked for too late
		if err != nil || plan.Fingerprint() == gone.Fingerprint() || plan.Total() != 30 {
			t.Errorf("a plan that is gone: %v, %v", plan, err)
		}
		n1.must(&sale.RemoveEvent{})
		if plan, err = n2.node.planOf("e", [16]byte{2}, time.Now().Add(time.Second)); plan != nil || err != nil {
			t.Errorf("the plan of a removed event: %v, %v", plan, err)
		}
	})
}

func TestTheSystemShardIsSomebodyElses(t *testing.T) {
	var got []storage.Leadership
	inFleet(t, 1, func(c *Config) { c.OnSystem = func(l storage.Leadership) { got = append(got, l) } }, func(f *fleet) {
		f.all[0].news <- storage.Leadership{Shard: 2, Term: 5, Leader: true}
		synctest.Wait()
		if len(got) != 1 || got[0].Term != 5 || !got[0].Leader {
			t.Errorf("told %v", got)
		}
		f.all[0].define()
	})
}
