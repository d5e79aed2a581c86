package actors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
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
			&sale.ShowBooking{ID: booked.ID}, &sale.ShowBooking{ID: cancelled.ID},
			&sale.ShowTickets{}, &sale.ShowEvent{},
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
			if got.Tickets.Status(id) != want.Tickets.Status(id) ||
				got.Tickets.ChangedAt(id) != want.Tickets.ChangedAt(id) {
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
		began := time.Now()
		n3.must(f.hold("S-A-1")) // to n1, which knows better; then its plan, at once from n2
		if node, _, _ := n3.Locate(1); node != "n2" || f.called("n1") != 1 || f.called("n2") != 2 {
			t.Errorf("n3 has learned %q; calls %v", node, f.calls)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v, though all was known", took)
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
		_, err = n2.do(f.hold("S-A-2"))
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "version 99") {
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
		n1.must(&sale.ReleaseHold{ID: n1.must(f.hold("S-B-1")).Hold.ID})
		calls := 0
		f.onCall = func() { // between the tickets and their plan
			if calls++; calls == 2 {
				e := theatre("e", time.Now())
				e.Inventory.Sections[0].Rows = e.Inventory.Sections[0].Rows[1:4]
				n1.must(&sale.DefineEvent{Event: e})
			}
		}
		n2.node.plans = newPlans(1000)
		if a := n2.must(&sale.ShowTickets{}); a.Plan.Place(0).Row != "B" || a.Tickets.Plan() != a.Plan ||
			a.Tickets.ChangedAt(0) != a.Version {
			t.Errorf("tickets of version %d in a house of %d tickets", a.Version, a.Plan.Total())
		}
		f.onCall = nil
		if n := n2.node.plans.tickets(); n != 30 {
			t.Errorf("plans of %d tickets are kept, want 30", n)
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

// TestTheSystemShardIsSomebodyElses: news of it claims nothing and moves no event.
func TestTheSystemShardIsSomebodyElses(t *testing.T) {
	inFleet(t, 1, nil, func(f *fleet) {
		f.all[0].news <- storage.Leadership{Shard: 2, Term: 5, Leader: true}
		synctest.Wait()
		f.all[0].define()
		if a := f.all[0].must(&sale.ShowEvent{}); a.Version != 1 {
			t.Errorf("version %d", a.Version)
		}
	})
}
