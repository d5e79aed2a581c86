package payment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
)

func promptSandbox(t *testing.T) (*Sandbox, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger")
	s, err := NewSandbox(SandboxConfig{Ledger: path})
	if err != nil {
		t.Fatal(err)
	}
	return s, path
}

func bookingRequest(n int, token string) Request {
	id := fmt.Sprint("b", n)
	return Request{Key: AuthKey(id), Amount: 100, Currency: "USD", Method: "card", Token: token,
		Event: "e", Booking: id}
}

// Many requests are told what each would be told by itself, and are in the ledger
// when they are told.
func TestManyAreToldAsOneWouldBe(t *testing.T) {
	many, path := promptSandbox(t)
	one, _ := promptSandbox(t)
	ctx := context.Background()
	tokens := []string{"pm_card_visa", "pm_card_chargeDeclined", "nonsense", "pm_sandbox_slow", "pm_sandbox_errorOnce",
		"pm_sandbox_timeoutAfterEffect", "pm_sandbox_delay_5", "pm_card_amex"}
	var rs []Request
	for i, token := range tokens {
		rs = append(rs, bookingRequest(i, token))
	}
	rs = append(rs, Request{Key: "free", Currency: "USD"})
	answers := make([]Answer, len(rs))
	many.AuthoriseMany(ctx, rs, answers)
	for i, a := range answers {
		if errors.Is(a.Err, ErrLater) {
			if patient := i >= 3 && i <= 6; !patient {
				t.Errorf("%s is put off", rs[i].Token)
			}
			continue
		}
		want, err := one.Authorise(ctx, rs[i])
		if a.Outcome != want || (a.Err == nil) != (err == nil) ||
			errors.Is(a.Err, ErrInvalid) != errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %+v, by itself %+v, %v", rs[i].Token, a, want, err)
		}
	}
	entries, err := ReadLedger(path)
	if err != nil || len(entries) != 4 {
		t.Errorf("%d entries in the ledger, %v", len(entries), err)
	}

	charges := []Charge{
		{CaptureKey("b0"), answers[0].Outcome.PaymentID}, {CaptureKey("b7"), answers[7].Outcome.PaymentID},
		{CaptureKey("b1"), answers[1].Outcome.PaymentID}, {CaptureKey("b9"), "pay_nonsense"},
	}
	for range 2 { // with the same keys: once
		told := make([]Answer, len(charges))
		many.CaptureMany(ctx, charges, told)
		if told[0].Err != nil || told[1].Err != nil ||
			!errors.Is(told[2].Err, ErrState) || !errors.Is(told[3].Err, ErrLater) {
			t.Errorf("captures: %+v", told)
		}
	}
	if entries, err = ReadLedger(path); err != nil || len(entries) != 6 {
		t.Errorf("%d entries in the ledger, %v", len(entries), err)
	}
	for _, s := range []*Sandbox{many, one} {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Where the ledger is not written nobody is told that it was.
func TestManyAreNotToldWhatIsNotWritten(t *testing.T) {
	s, _ := promptSandbox(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	answers := make([]Answer, 1)
	s.AuthoriseMany(context.Background(), []Request{bookingRequest(1, "pm_card_visa")}, answers)
	if answers[0].Err == nil || IsDefinite(answers[0].Err) {
		t.Errorf("after the end: %+v", answers[0])
	}
}

// A payment whose answer is still to come is put off, also when it is asked for
// among many.
func TestManyDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := promptSandbox(t)
		r := bookingRequest(1, "pm_sandbox_delay_5000")
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.Authorise(ctx, r); err == nil {
			t.Error("a call whose context is over was answered")
		}
		answers := make([]Answer, 1)
		s.AuthoriseMany(context.Background(), []Request{r}, answers)
		if !errors.Is(answers[0].Err, ErrLater) {
			t.Errorf("got %+v", answers[0])
		}
		if o, err := s.Authorise(context.Background(), r); err != nil || o.Declined {
			t.Errorf("by itself: %+v, %v", o, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
