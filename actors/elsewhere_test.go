package actors

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
)

// A node without a replica of an event shows it all the same.
func TestViewWithoutAReplica(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n2.bare = true
		n1.define()
		version := n1.must(f.hold("S-A-1")).Version
		for _, atLeast := range []uint64{0, version} {
			want, err1 := n1.View(context.Background(), "e", atLeast)
			got, err2 := n2.View(context.Background(), "e", atLeast)
			if err1 != nil || err2 != nil || !reflect.DeepEqual(got, want) || got.Summary.Held != 1 {
				t.Errorf("got %+v, %v; want %+v, %v", got, err2, want, err1)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		later := make(chan error, 1)
		go func() {
			_, err := n2.View(ctx, "e", version+1)
			later <- err
		}()
		pass(100 * time.Millisecond)
		n1.must(f.hold("S-A-2"))
		if err := <-later; err != nil {
			t.Errorf("a version that comes: %v", err)
		}
		if _, err := n2.View(ctx, "e", version+2); !errors.Is(err, ErrUnavailable) {
			t.Errorf("a version that does not come: %v, want ErrUnavailable", err)
		}
		var r *sale.Refusal
		if _, err := n2.View(context.Background(), "none", 0); !errors.As(err, &r) || r.Code != sale.EventNotFound {
			t.Errorf("no such event: %v", err)
		}
		f.next("n1", lostReply, refused, lostQuery)
		if _, err := n2.View(context.Background(), "e", 0); err != nil {
			t.Errorf("with faults: %v", err)
		}
		n1.must(&sale.DefineEvent{Event: theatre("e", time.Now().Add(time.Hour))}) // no ticket is lost
		f.kill("n1", true)
		if _, err := n2.View(context.Background(), "e", 0); !errors.Is(err, ErrUnavailable) {
			t.Errorf("nobody has it: %v, want ErrUnavailable", err)
		}
	})
}

func TestARemovedEventIsNotShownElsewhere(t *testing.T) {
	inFleet(t, 2, nil, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n2.bare = true
		n1.define()
		n2.must(&sale.RemoveEvent{})
		var r *sale.Refusal
		if _, err := n2.View(context.Background(), "e", 0); !errors.As(err, &r) || r.Code != sale.EventNotFound {
			t.Errorf("got %v", err)
		}
	})
}

// trimmed is a log that has deleted what came before a record.
type trimmed struct {
	storage.Log
	first uint64
}

func (l trimmed) Records(event string, from uint64, limit int) ([][]byte, error) {
	if from < l.first {
		return nil, fmt.Errorf("%w: the first is %d", storage.ErrTrimmed, l.first)
	}
	return l.Log.Records(event, from, limit)
}

func TestHistoryWithoutAReplica(t *testing.T) {
	inFleet(t, 2, func(c *Config) {
		if c.Node == "n1" {
			c.Log = trimmed{c.Log, 2}
		}
	}, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n2.bare = true
		n1.define()
		e := theatre("e", time.Now())
		for i := range 9 { // pages of a message end after 8 MiB
			e.Description = fmt.Sprint(i, string(make([]byte, 1<<20)))
			n1.must(&sale.DefineEvent{Event: e})
		}
		want, err1 := n1.History("e", 2, 100)
		got, err2 := n2.History("e", 2, 100)
		if err1 != nil || err2 != nil || len(got) != 9 || !reflect.DeepEqual(got, want) {
			t.Errorf("got %d records, %v; want %d, %v", len(got), err2, len(want), err1)
		}
		if got, err := n2.History("e", 4, 2); err != nil || len(got) != 2 || got[0].Version != 4 {
			t.Errorf("two records: %d, %v", len(got), err)
		}
		if got, err := n2.History("e", 100, 2); err != nil || len(got) != 0 {
			t.Errorf("past the end: %d, %v", len(got), err)
		}
		if _, err := n2.History("e", 1, 2); !errors.Is(err, ErrTrimmed) {
			t.Errorf("deleted records: %v, want ErrTrimmed", err)
		}
		var r *sale.Refusal
		if _, err := n2.History("none", 2, 2); !errors.As(err, &r) || r.Code != sale.EventNotFound {
			t.Errorf("no such event: %v", err)
		}
		if f.called("n1") < 3 {
			t.Errorf("%d calls: the pages have no bound", f.called("n1"))
		}
	})
}

// Replicas of the same records have the same digest, whoever made which of them and
// wherever a checkpoint was taken; others have another one.
func TestDigestsOfReplicasAgree(t *testing.T) {
	inFleet(t, 3, func(c *Config) { c.CheckpointEvery = 5 }, func(f *fleet) {
		n1, n2 := f.all[0], f.all[1]
		n1.define()
		seen := map[[32]byte]bool{}
		for i := range 12 {
			n2.must(f.book(fmt.Sprintf("S-%c-%d", 'A'+i/10, i%10+1)))
			if i == 6 {
				f.lead("n3")
			}
			synctest.Wait()
			version, sum, err := n1.Digest(context.Background(), "e")
			if err != nil || seen[sum] || version < uint64(i) {
				t.Errorf("version %d, a new sum %v, error %v", version, !seen[sum], err)
			}
			seen[sum] = true
			for _, node := range []string{"n1", "n2", "n3"} {
				v, s, err := n2.DigestAt(context.Background(), node, "e")
				if err != nil || v != version || s != sum {
					t.Errorf("%s: version %d of %d, same sum %v, error %v", node, v, version, s == sum, err)
				}
			}
		}
		whole := sale.New()
		history, err := n1.History("e", 1, 1000)
		for _, r := range history {
			whole.Apply(r.Record)
		}
		version, sum, _ := n1.Digest(context.Background(), "e")
		same := sha256.Sum256(salepb.EncodeCheckpoint(whole.Checkpoint())) == sum
		if err != nil || whole.Version() != version || !same {
			t.Errorf("from the first record on: version %d of %d, error %v", whole.Version(), version, err)
		}
		if version, _, err := n1.Digest(context.Background(), "none"); version != 0 || err != nil {
			t.Errorf("no such event: version %d, %v", version, err)
		}
		n2.bare = true
		for _, node := range []string{"n2", "n9"} {
			if _, _, err := n1.DigestAt(context.Background(), node, "e"); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v, want ErrUnavailable", node, err)
			}
		}
	})
}

func TestPlansAreBoundedAndLoadedOnce(t *testing.T) {
	house := func(seats int) *inventory.Plan {
		return inventory.NewPlan(catalog.Inventory{Currency: "USD", Sections: []catalog.Section{
			{Name: "S", Price: int64(seats), Capacity: seats}}})
	}
	p := newPlans(100)
	var plans []*inventory.Plan
	for _, seats := range []int{40, 50, 30} {
		plan := house(seats)
		plans = append(plans, plan)
		got, err := p.load(plan.Fingerprint(), func() (*inventory.Plan, error) { return plan, nil })
		if got != plan || err != nil || p.get(plans[0].Fingerprint()) != plans[0] {
			t.Fatalf("%d seats: %v, %v", seats, got, err)
		}
	}
	if p.tickets() != 70 || p.get(plans[1].Fingerprint()) != nil {
		t.Errorf("%d tickets are kept; the plan that was not used for the longest time must go", p.tickets())
	}
	large := house(1000) // kept alone
	if _, err := p.load(large.Fingerprint(), func() (*inventory.Plan, error) { return large, nil }); err != nil ||
		p.tickets() != 1000 {
		t.Errorf("%d tickets, %v", p.tickets(), err)
	}

	synctest.Test(t, func(t *testing.T) {
		p, plan, loads := newPlans(100), house(7), 0
		var callers sync.WaitGroup
		for range 10 {
			callers.Go(func() {
				got, err := p.load(plan.Fingerprint(), func() (*inventory.Plan, error) {
					loads++
					pass(time.Second)
					return plan, nil
				})
				if got != plan || err != nil {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		callers.Wait()
		if loads != 1 {
			t.Errorf("%d loads", loads)
		}
		boom := errors.New("boom")
		if _, err := p.load([16]byte{1}, func() (*inventory.Plan, error) { return nil, boom }); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		got, err := p.load([16]byte{1}, func() (*inventory.Plan, error) { return plan, nil })
		if got != plan || err != nil {
			t.Errorf("after an error: %v, %v", got, err)
		}
	})
}

// Each node has a sandbox of its own; a booking that one of them authorised is
// captured, and refunded, by another one.
func TestAPaymentThatAnotherNodeAuthorised(t *testing.T) {
	var first, second *payment.Sandbox
	inWorld(t, func(c *Config) {
		first, second = sandboxOf(t), sandboxOf(t)
		c.Gateway = forgetful{first}
	}, func(w *world) {
		w.define()
		paid := w.must(w.book("S-A-1")).Booking
		back := w.must(w.book("S-A-2")).Booking
		w.must(&sale.CancelBooking{ID: back.ID})
		synctest.Wait() // the first node never captures, nor refunds
		w.node.Stop()
		w.log = w.log.Reopen()
		w.start(func(c *Config) { c.Gateway = second })
		pass(time.Second)
		if b := w.must(&sale.ShowBooking{ID: paid.ID}).Booking; b.Payment != sale.PaymentCaptured {
			t.Errorf("the payment is %v, want captured", b.Payment)
		}
		if b := w.must(&sale.ShowBooking{ID: back.ID}).Booking; b.Status != sale.BookingRefunded {
			t.Errorf("the cancelled booking is %v, want refunded", b.Status)
		}
		w.must(&sale.CancelBooking{ID: paid.ID})
		pass(time.Second)
		if b := w.must(&sale.ShowBooking{ID: paid.ID}).Booking; b.Status != sale.BookingRefunded {
			t.Errorf("cancelled after it was captured: %v, want refunded", b.Status)
		}
		w.node.Stop()
		if err := errors.Join(first.Close(), second.Close()); err != nil {
			t.Error(err)
		}
	})
}

func sandboxOf(t *testing.T) *payment.Sandbox {
	t.Helper()
	s, err := payment.NewSandbox(payment.SandboxConfig{Ledger: t.TempDir() + "/ledger.ndjson"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// forgetful is a provider that authorises and does nothing else in this life.
type forgetful struct{ s *payment.Sandbox }

func (g forgetful) Name() string { return g.s.Name() }

func (g forgetful) Authorise(ctx context.Context, r payment.Request) (payment.Outcome, error) {
	return g.s.Authorise(ctx, r)
}

func (g forgetful) Capture(ctx context.Context, _, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

func (g forgetful) Refund(ctx context.Context, _, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}
