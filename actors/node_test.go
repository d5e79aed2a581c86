package actors

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/cluster"
	"boxoffice/storage/storagetest"
)

// theatre is an event of 100 seats in rows A to J, on sale now.
func theatre(id string, start time.Time) *catalog.Event {
	e := &catalog.Event{ID: id, Title: "Hamlet", StartsAt: catalog.At(start.Add(240 * time.Hour)),
		Inventory: catalog.Inventory{Currency: "USD", Sections: []catalog.Section{{Name: "S", Price: 1000}}}}
	for r := range 10 {
		e.Inventory.Sections[0].Rows = append(e.Inventory.Sections[0].Rows,
			catalog.Row{Name: string(rune('A' + r)), Seats: 10})
	}
	return e
}

// bank is a payment provider whose answers a test decides.
type bank struct {
	mu         sync.Mutex
	authorised map[string]int // effects by key
	captured   map[string]int
	refunded   map[string]int
	calls      int
	answer     func(ctx context.Context, r payment.Request) (payment.Outcome, error)
}

func newBank() *bank {
	return &bank{authorised: map[string]int{}, captured: map[string]int{}, refunded: map[string]int{}}
}

func (b *bank) Name() string { return "bank" }

func (b *bank) Authorise(ctx context.Context, r payment.Request) (payment.Outcome, error) {
	b.mu.Lock()
	b.calls++
	answer := b.answer
	b.mu.Unlock()
	if answer != nil {
		if o, err := answer(ctx, r); err != nil || o.Declined {
			return o, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.authorised[r.Booking]++
	return payment.Outcome{PaymentID: "pay-" + r.Booking}, nil
}

func (b *bank) Capture(_ context.Context, key, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.captured[key]++
	return nil
}

func (b *bank) Refund(_ context.Context, key, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refunded[key]++
	return nil
}

// world is a node over an in-memory log.
type world struct {
	t    *testing.T
	log  *storagetest.Memory
	bank *bank
	node *Node
	*Client
	ids uint64
}

// inWorld runs a test in a bubble of virtual time with a node of one shard.
func inWorld(t *testing.T, change func(*Config), test func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, log: storagetest.NewMemory(1), bank: newBank()}
		w.start(change)
		defer func() {
			w.node.Stop()
			_ = w.log.Close()     // always nil
			pass(2 * time.Second) // proto.actor counts its dead letters for a second
		}()
		test(w)
	})
}

func (w *world) start(change func(*Config)) {
	w.t.Helper()
	cfg := DefaultConfig()
	cfg.Log, cfg.Gateway, cfg.Node, cfg.Locator = w.log, w.bank, "n1", cluster.Solo{Node: "n1"}
	cfg.Logger = slog.New(slog.DiscardHandler)
	if change != nil {
		change(&cfg)
	}
	node, err := Start(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.node, w.Client = node, node.Client()
	synctest.Wait() // claimed
}

// restart is the crash of the process: nothing but the log remains.
func (w *world) restart(change func(*Config)) {
	w.t.Helper()
	w.node.Stop()
	w.log = w.log.Reopen()
	w.start(change)
}

func (w *world) id() (id sale.ID) {
	w.ids++
	binary.BigEndian.PutUint64(id[8:], w.ids)
	return id
}

func (w *world) do(cmd sale.Command) (sale.Answer, error) {
	return w.Do("e", cmd, time.Now().Add(15*time.Second))
}

// must is do with a granted answer.
func (w *world) must(cmd sale.Command) sale.Answer {
	w.t.Helper()
	a, err := w.do(cmd)
	if err != nil || a.Refusal != nil {
		w.t.Fatalf("%T: error %v, refusal %v", cmd, err, a.Refusal)
	}
	return a
}

func (w *world) define() { w.must(&sale.DefineEvent{Event: theatre("e", time.Now())}) }

func (w *world) hold(tickets ...string) *sale.PlaceHold {
	return &sale.PlaceHold{ID: w.id(), TicketIDs: tickets}
}

func (w *world) book(tickets ...string) *sale.Book {
	return &sale.Book{ID: w.id(), TicketIDs: tickets, Method: "card", Token: "pm_card_visa"}
}

func (w *world) counts() string {
	w.t.Helper()
	v, err := w.View(context.Background(), "e", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	s := v.Summary
	return fmt.Sprintf("%d available, %d held, %d booked", s.Available, s.Held, s.Booked)
}

func (w *world) expect(counts string) {
	w.t.Helper()
	if got := w.counts(); got != counts {
		w.t.Fatalf("the view says %s, want %s", got, counts)
	}
}

// later starts do and gives its result when it comes.
func (w *world) later(cmd sale.Command) <-chan result {
	c := make(chan result, 1)
	go func() {
		a, err := w.do(cmd)
		c <- result{a, err}
	}()
	return c
}

func key(n byte) sale.By { return sale.By{Key: sale.Key{ID: [16]byte{n}, Body: [16]byte{n}}} }

func TestAnswersWaitForTheCommit(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		stall := w.log.StallAppend("e")
		held := w.later(w.hold("S-A-1"))
		<-stall.Arrived()
		lost := w.later(w.hold("S-A-1")) // refused because of a hold that is not durable yet
		read := w.later(&sale.ShowTickets{})
		synctest.Wait()
		for name, c := range map[string]<-chan result{"hold": held, "refusal": lost, "read": read} {
			select {
			case <-c:
				stall.Release()
				t.Fatalf("the %s was answered before the commit that it depends on", name)
			default:
			}
		}
		w.expect("100 available, 0 held, 0 booked")
		stall.Release()
		if r := <-held; r.err != nil || r.answer.Hold == nil {
			t.Errorf("hold: %v", r)
		}
		if r := <-lost; r.answer.Refusal == nil || r.answer.Refusal.Code != sale.TicketsUnavailable {
			t.Errorf("second hold: %v", r)
		}
		<-read
		w.expect("99 available, 1 held, 0 booked")
	})
}

func TestCommandsGatherWhileABatchIsInFlight(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		before := w.log.Appends()
		stall := w.log.StallAppend("e")
		first := w.later(w.hold("S-A-1"))
		<-stall.Arrived()
		var rest []<-chan result
		for i := range 50 {
			rest = append(rest, w.later(w.hold(fmt.Sprintf("S-%c-%d", 'B'+i/10, i%10+1))))
		}
		synctest.Wait()
		stall.Release()
		<-first
		for _, c := range rest {
			if r := <-c; r.err != nil || r.answer.Refusal != nil {
				t.Errorf("hold: %v", r)
			}
		}
		if n := w.log.Appends() - before; n != 2 {
			t.Errorf("51 holds took %d commits, want 2", n)
		}
	})
}

func TestUnknownOutcomeIsToldByTheKey(t *testing.T) {
	for fault, replayed := range map[storagetest.Fault]bool{
		storagetest.UnknownWritten: true, storagetest.UnknownLost: false,
	} {
		inWorld(t, nil, func(w *world) {
			w.define()
			w.log.FailAppend("e", fault)
			cmd := w.hold("S-A-1", "S-A-2")
			cmd.By = key(1)
			if _, err := w.do(cmd); !errors.Is(err, ErrUnknown) {
				t.Fatalf("got %v, want ErrUnknown", err)
			}
			again := w.hold("S-A-1", "S-A-2")
			again.By = key(1)
			if a := w.must(again); a.Replayed != replayed {
				t.Errorf("fault %d: replayed is %v, want %v", fault, a.Replayed, replayed)
			}
			w.expect("98 available, 2 held, 0 booked")
		})
	}
}

func TestNothingIsDoneWhereTheLogIsUnavailable(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.log.FailAppend("e", storagetest.Unavailable)
		w.must(&sale.ReleaseHold{ID: w.must(w.hold("S-A-1")).Hold.ID}) // once is not seen
		for range maxMoves + 1 {
			w.log.FailAppend("e", storagetest.Unavailable)
		}
		if _, err := w.do(w.hold("S-A-1")); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("got %v, want ErrUnavailable", err)
		}
		w.expect("100 available, 0 held, 0 booked")
		w.must(w.hold("S-A-1"))

		w.log.Fill(true)
		if _, err := w.do(w.hold("S-A-2")); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("on a full disk: %v, want ErrUnavailable", err)
		}
		if w.node.Ready() == nil {
			t.Error("a node with a full disk says that it is ready")
		}
		w.must(&sale.ShowTickets{}) // reading goes on
		w.log.Fill(false)
		w.must(w.hold("S-A-2"))
	})
}

func TestADeposedNodeCommitsNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.must(w.hold("S-A-1"))
		w.log.Usurp(1)
		synctest.Wait()
		for _, cmd := range []sale.Command{w.hold("S-A-2"), &sale.ShowTickets{}} {
			if _, err := w.do(cmd); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%T on a node without the shard: %v, want ErrUnavailable", cmd, err)
			}
		}
		w.log.Elect(1)
		synctest.Wait()
		w.must(w.hold("S-A-2"))
		w.expect("98 available, 2 held, 0 booked")
	})
}

// The fence alone must stop a zombie: here the node is never told that it lost
// the shard, as a process that was paused is not.
func TestAFencedEventStartsAgainFromTheLog(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		stall := w.log.StallAppend("e")
		c := w.later(w.hold("S-A-1"))
		<-stall.Arrived()
		w.log.Usurp(1)
		stall.Release()
		if r := <-c; !errors.Is(r.err, ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", r)
		}
		w.expect("100 available, 0 held, 0 booked")
	})
}

func TestAdmissionIsBounded(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxQueued = 3 }, func(w *world) {
		w.define()
		stall := w.log.StallAppend("e")
		var inside []<-chan result
		for i := range 3 {
			inside = append(inside, w.later(w.hold(fmt.Sprintf("S-A-%d", i+1))))
		}
		<-stall.Arrived()
		synctest.Wait()
		if _, err := w.do(w.hold("S-A-9")); !errors.Is(err, ErrOverloaded) {
			t.Errorf("the fourth command: %v, want ErrOverloaded", err)
		}
		stall.Release()
		for _, c := range inside {
			if r := <-c; r.err != nil {
				t.Error(r.err)
			}
		}
		w.must(w.hold("S-A-9"))
	})
}

func TestAPassedDeadlineIsNotExecuted(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		if _, err := w.Do("e", w.hold("S-A-1"), time.Now().Add(-time.Millisecond)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
		w.expect("100 available, 0 held, 0 booked")
	})
}

func TestAnEventThatIsNotThere(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		a, err := w.do(w.hold("S-A-1"))
		if err != nil || a.Refusal == nil || a.Refusal.Code != sale.EventNotFound {
			t.Errorf("got %v, %v", a, err)
		}
		var r *sale.Refusal
		if _, err := w.View(context.Background(), "e", 0); !errors.As(err, &r) || r.Code != sale.EventNotFound {
			t.Errorf("view: %v", err)
		}
		if n := w.node.events.size.Load(); n != 0 {
			t.Errorf("%d events are in memory: asking for what is not there must cost none", n)
		}
	})
}

// pass lets virtual time pass.
func pass(d time.Duration) { <-time.After(d) }
