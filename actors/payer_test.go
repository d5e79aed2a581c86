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
)

func TestABookingIsPaidConfirmedAndCaptured(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		a := w.must(w.book("S-A-1", "S-A-2"))
		if a.Booking.Status != sale.BookingConfirmed || a.Booking.Payment != sale.Authorised {
			t.Errorf("told %v %v, want confirmed, authorised", a.Booking.Status, a.Booking.Payment)
		}
		synctest.Wait()
		b := w.must(&sale.ShowBooking{ID: a.Booking.ID}).Booking
		if b.Payment != sale.PaymentCaptured || len(w.bank.captured) != 1 {
			t.Errorf("payment is %v, %d captures", b.Payment, len(w.bank.captured))
		}
		w.expect("98 available, 0 held, 2 booked")

		w.must(&sale.CancelBooking{ID: b.ID})
		synctest.Wait()
		b = w.must(&sale.ShowBooking{ID: b.ID}).Booking
		if b.Status != sale.BookingRefunded || len(w.bank.refunded) != 1 {
			t.Errorf("after cancelling: %v, %d refunds", b.Status, len(w.bank.refunded))
		}
		w.expect("100 available, 0 held, 0 booked")
	})
}

func TestADeclinedPaymentLeavesTheHold(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.bank.answer = func(context.Context, payment.Request) (payment.Outcome, error) {
			return payment.Outcome{Declined: true, Reason: "card_declined"}, nil
		}
		h := w.must(w.hold("S-A-1")).Hold
		a, err := w.do(&sale.Book{ID: w.id(), Hold: h.ID, Method: "card", Token: "pm_card_chargeDeclined"})
		if err != nil || a.Refusal == nil || a.Refusal.Code != sale.CardDeclined || a.Refusal.Hold != h.ID {
			t.Fatalf("got %v, %v", a, err)
		}
		w.expect("99 available, 1 held, 0 booked")
		if a, _ = w.do(w.book("S-B-1")); a.Refusal == nil || a.Refusal.Code != sale.CardDeclined {
			t.Fatalf("without a hold: %v", a)
		}
		w.expect("99 available, 1 held, 0 booked")
	})
}

func TestASlowProviderMakesAPendingBooking(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.bank.answer = func(context.Context, payment.Request) (payment.Outcome, error) {
			pass(12 * time.Second) // virtual
			return payment.Outcome{}, nil
		}
		began := time.Now()
		cmd := w.book("S-A-1")
		cmd.By = key(1)
		a := w.must(cmd)
		late := time.Since(began) - 10*time.Second
		if a.Booking.Status != sale.Pending || late < 0 || late > time.Second {
			t.Errorf("told %v %v after 10 s, want pending then", a.Booking.Status, late)
		}
		again := w.book("S-A-1") // the same request waits for the same outcome
		again.By = key(1)
		if a = w.must(again); a.Booking.Status != sale.BookingConfirmed || a.Booking.ID != cmd.ID {
			t.Errorf("asked again: %v", a.Booking)
		}
		if len(w.bank.authorised) != 1 || w.bank.authorised[cmd.ID.String()] != 1 {
			t.Errorf("authorised %v", w.bank.authorised)
		}
	})
}

// A node that stops lets nobody wait for a provider longer than it has itself.
func TestWhoWaitsForAPaymentIsToldBeforeTheNodeStops(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.bank.answer = func(context.Context, payment.Request) (payment.Outcome, error) {
			pass(8 * time.Second) // virtual
			return payment.Outcome{}, nil
		}
		c := w.later(w.book("S-A-1"))
		synctest.Wait()
		began := time.Now()
		w.node.Drain(4 * time.Second)
		if took := time.Since(began); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("drained after %v, want 2 s: half of its time", took)
		}
		if r := <-c; r.err != nil || r.answer.Booking == nil || r.answer.Booking.Status != sale.Pending {
			t.Errorf("told %+v, want pending", r)
		}
	})
}

func TestThePayerAsksUntilItKnows(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.bank.answer = func(context.Context, payment.Request) (payment.Outcome, error) {
			if w.bank.calls < 4 {
				return payment.Outcome{}, errors.New("500")
			}
			return payment.Outcome{}, nil
		}
		if a := w.must(w.book("S-A-1")); a.Booking.Status != sale.BookingConfirmed {
			t.Errorf("told %v", a.Booking.Status)
		}
	})
}

// A crash between any two steps of a payment: the next activation goes on.
func TestAPaymentIsResumedAfterACrash(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.bank.answer = func(ctx context.Context, r payment.Request) (payment.Outcome, error) {
			<-ctx.Done() // never answers in this life
			return payment.Outcome{}, ctx.Err()
		}
		cmd := w.book("S-A-1")
		pending := w.later(cmd)
		synctest.Wait()
		w.node.Stop()
		if r := <-pending; !errors.Is(r.err, ErrUnknown) {
			t.Errorf("the caller of a node that stops: %v, want ErrUnknown", r)
		}
		w.bank.answer = nil
		w.restart(nil)
		synctest.Wait()
		b := w.must(&sale.ShowBooking{ID: cmd.ID}).Booking
		if b.Status != sale.BookingConfirmed || b.Payment != sale.PaymentCaptured {
			t.Errorf("after the crash: %v %v", b.Status, b.Payment)
		}
	})
}

func TestAFullPayerIsOfferedTheTaskAgain(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		full := make(chan job) // no room at all
		w.node.payer.mu.Lock()
		room := w.node.payer.queue
		w.node.payer.queue = full
		w.node.payer.mu.Unlock()
		c := w.later(w.book("S-A-1"))
		synctest.Wait()
		w.node.payer.mu.Lock()
		w.node.payer.queue = room
		w.node.payer.mu.Unlock()
		if r := <-c; r.err != nil || r.answer.Booking.Status != sale.BookingConfirmed {
			t.Errorf("got %v", r)
		}
	})
}

func TestADefiniteErrorDeclines(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.define()
		w.bank.answer = func(context.Context, payment.Request) (payment.Outcome, error) {
			return payment.Outcome{}, payment.ErrInvalid
		}
		a, err := w.do(w.book("S-A-1"))
		if err != nil || a.Refusal == nil || a.Refusal.Code != sale.CardDeclined || w.bank.calls != 1 {
			t.Errorf("got %v, %v after %d calls", a, err, w.bank.calls)
		}
		w.expect("100 available, 0 held, 0 booked")
	})
}

// Each job gets a worker of its own while there may be more: one that hangs holds
// up nobody. Beyond that jobs wait, and are done.
func TestASlowPaymentHoldsUpNobody(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxPayments = 3 }, func(w *world) {
		w.define()
		release := make(chan struct{})
		w.bank.answer = func(_ context.Context, r payment.Request) (payment.Outcome, error) {
			if r.Amount == 2000 {
				<-release
			}
			return payment.Outcome{}, nil
		}
		slow := []<-chan result{w.later(w.book("S-A-1", "S-A-2")), w.later(w.book("S-A-3", "S-A-4"))}
		synctest.Wait()
		for i := range 20 {
			w.must(w.book(fmt.Sprintf("S-%c-%d", 'B'+i/10, i%10+1)))
			if i == 10 {
				pass(2 * workerIdle) // the third worker goes home
			}
		}
		third := w.later(w.book("S-E-1", "S-E-2"))
		synctest.Wait()
		waits := w.later(w.book("S-F-1")) // all three hang
		synctest.Wait()
		close(release)
		for _, c := range append(slow, third, waits) {
			if r := <-c; r.err != nil || r.answer.Booking == nil {
				t.Errorf("got %v", r)
			}
		}
	})
}

// prompt is a bank that takes many tasks at once, and puts off every third.
type prompt struct {
	*bank
	asked, many int
	near        bool
}

func (p *prompt) Near() bool { return p.near }

func (p *prompt) AuthoriseMany(ctx context.Context, rs []payment.Request, answers []payment.Answer) {
	p.mu.Lock() // two workers may ask at once
	first := p.asked
	p.many, p.asked = p.many+1, p.asked+len(rs)
	p.mu.Unlock()
	for i, r := range rs {
		if (first+i+1)%3 == 0 {
			answers[i] = payment.Answer{Err: payment.ErrLater}
			continue
		}
		answers[i].Outcome, answers[i].Err = p.Authorise(ctx, r)
	}
}

func (p *prompt) CaptureMany(ctx context.Context, cs []payment.Charge, answers []payment.Answer) {
	for i, c := range cs {
		answers[i] = payment.Answer{Err: p.Capture(ctx, c.Key, c.PaymentID)}
	}
}

// A provider that takes many gets what one commit brought in one call; what it
// puts off is asked by itself; each booking is paid and captured once.
func TestAPromptProviderTakesManyAtOnce(t *testing.T) {
	t.Run("far", func(t *testing.T) { takesMany(t, false) })
	t.Run("near", func(t *testing.T) { takesMany(t, true) })
}

func takesMany(t *testing.T, near bool) {
	var p *prompt
	inWorld(t, func(c *Config) {
		p = &prompt{bank: c.Gateway.(*bank), near: near}
		c.Gateway = p
	}, func(w *world) {
		w.define()
		stall := w.log.StallAppend("e")
		first := w.later(w.book("S-A-1"))
		<-stall.Arrived()
		var rest []<-chan result
		for i := range 30 {
			rest = append(rest, w.later(w.book(fmt.Sprintf("S-%c-%d", 'B'+i/10, i%10+1))))
		}
		synctest.Wait()
		stall.Release()
		for _, c := range append(rest, first) {
			if r := <-c; r.err != nil || r.answer.Booking == nil || r.answer.Booking.Status != sale.BookingConfirmed {
				t.Errorf("got %v", r)
			}
		}
		synctest.Wait()
		w.expect("69 available, 0 held, 31 booked")
		if p.many != 2 || len(p.authorised) != 31 || len(p.captured) != 31 {
			t.Errorf("%d calls, %d authorised, %d captured", p.many, len(p.authorised), len(p.captured))
		}
		for key, n := range p.captured {
			if n != 1 {
				t.Errorf("%s was captured %d times", key, n)
			}
		}
		b := w.must(&sale.CancelBooking{ID: w.must(w.book("S-A-9")).Booking.ID}).Booking
		synctest.Wait()
		if b = w.must(&sale.ShowBooking{ID: b.ID}).Booking; b.Status != sale.BookingRefunded {
			t.Errorf("cancelled: %v", b.Status)
		}
	})
}

// An event's next commit waits a little for a provider that is near, and has what it
// says. One that hangs holds the event up once, and the booking is paid for all the same.
func TestANearProviderThatHangs(t *testing.T) {
	inWorld(t, func(c *Config) {
		c.Gateway = &prompt{bank: c.Gateway.(*bank), near: true}
	}, func(w *world) {
		w.define()
		release := make(chan struct{})
		w.bank.answer = func(ctx context.Context, _ payment.Request) (payment.Outcome, error) {
			select {
			case <-release:
				return payment.Outcome{}, nil
			case <-ctx.Done():
				return payment.Outcome{}, ctx.Err()
			}
		}
		first := w.later(w.book("S-A-1"))
		synctest.Wait()
		began := time.Now()
		w.must(w.hold("S-B-1"))
		if took := time.Since(began); took == 0 || took > 2*nearTimeout {
			t.Errorf("the event waited for %v", took)
		}
		second, began := w.later(w.book("S-A-2")), time.Now()
		synctest.Wait()
		w.must(w.hold("S-B-2"))
		if took := time.Since(began); took != 0 {
			t.Errorf("the event waited again, for %v", took)
		}
		close(release)
		for _, c := range []<-chan result{first, second} {
			if r := <-c; r.err != nil || r.answer.Booking == nil || r.answer.Booking.Status != sale.BookingConfirmed {
				t.Errorf("got %v", r)
			}
		}
		pass(farPause)
		w.must(w.book("S-A-3"))
		synctest.Wait()
		w.expect("95 available, 2 held, 3 booked")
		if len(w.bank.authorised) != 3 || len(w.bank.captured) != 3 {
			t.Errorf("authorised %v, captured %v", w.bank.authorised, w.bank.captured)
		}
	})
}
