package payment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// openSandbox opens a sandbox on a ledger and closes it with the test.
func openSandbox(t *testing.T, path string) *Sandbox {
	t.Helper()
	s, err := NewSandbox(SandboxConfig{Ledger: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func ledgerPath(t *testing.T) string { return filepath.Join(t.TempDir(), "payments.ndjson") }

// audited reads and audits a ledger.
func audited(t *testing.T, path string) map[string]Position {
	t.Helper()
	entries, err := ReadLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	positions, err := Audit(entries)
	if err != nil {
		t.Fatal(err)
	}
	return positions
}

func TestSandboxConformance(t *testing.T) {
	conformance(t, func(t *testing.T) provider {
		path := ledgerPath(t)
		s := openSandbox(t, path)
		t.Cleanup(func() { audited(t, path) })
		return provider{s, "pm_card_visa", "pm_card_chargeDeclined"}
	})
}

// reopened is a sandbox that is closed and opened again before each call: what it
// knows is what is in its ledger.
type reopened struct {
	t    *testing.T
	path string
	mu   *sync.Mutex
}

func (r reopened) with(f func(*Sandbox) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := NewSandbox(SandboxConfig{Ledger: r.path, Sync: true})
	if err != nil {
		r.t.Fatal(err)
	}
	return errors.Join(f(s), s.Close())
}

func (r reopened) Name() string { return "reopened" }

func (r reopened) Authorise(ctx context.Context, q Request) (o Outcome, err error) {
	err = r.with(func(s *Sandbox) error { o, err = s.Authorise(ctx, q); return err })
	return o, err
}

func (r reopened) Capture(ctx context.Context, key, id string) error {
	return r.with(func(s *Sandbox) error { return s.Capture(ctx, key, id) })
}

func (r reopened) Refund(ctx context.Context, key, id string) error {
	return r.with(func(s *Sandbox) error { return s.Refund(ctx, key, id) })
}

func TestReopenedConformance(t *testing.T) {
	conformance(t, func(t *testing.T) provider {
		path := ledgerPath(t)
		t.Cleanup(func() { audited(t, path) })
		return provider{reopened{t, path, &sync.Mutex{}}, "pm_card_mastercard", "pm_card_chargeDeclinedExpiredCard"}
	})
}

func TestTokens(t *testing.T) {
	path := ledgerPath(t)
	s := openSandbox(t, path)
	for token, reason := range map[string]string{
		"pm_card_visa": "", "pm_card_visa_debit": "", "pm_card_mastercard": "", "pm_card_mastercard_prepaid": "",
		"pm_card_amex": "", "pm_card_discover": "", "pm_card_diners": "", "pm_card_jcb": "", "pm_card_unionpay": "",
		"pm_sandbox_delay_0": "",

		"pm_card_chargeDeclined":                       "card_declined",
		"pm_card_visa_chargeDeclined":                  "card_declined",
		"pm_card_chargeDeclinedInsufficientFunds":      "insufficient_funds",
		"pm_card_visa_chargeDeclinedInsufficientFunds": "insufficient_funds",
		"pm_card_chargeDeclinedExpiredCard":            "expired_card",
		"pm_card_chargeDeclinedFraudulent":             "fraudulent",
		"pm_card_chargeDeclinedFraudulentDecline":      "fraudulent",
		"pm_card_chargeDeclinedLostCard":               "lost_card",
		"pm_card_chargeDeclinedStolenCard":             "stolen_card",
		"pm_card_chargeDeclinedIncorrectCvc":           "incorrect_cvc",
		"pm_card_chargeDeclinedProcessingError":        "processing_error",
		"pm_card_chargeDeclinedVelocityLimitExceeded":  "card_velocity_exceeded",

		"":                              "invalid_payment_method",
		"pm_card_":                      "invalid_payment_method",
		"pm_card_maestro":               "invalid_payment_method",
		"pm_card_chargeDeclinedOtherly": "invalid_payment_method",
		"pm_sandbox_delay_":             "invalid_payment_method",
		"pm_sandbox_delay_60001":        "invalid_payment_method",
		"pm_sandbox_delay_-1":           "invalid_payment_method",
		"pm_sandbox_other":              "invalid_payment_method",
		"tok_visa":                      "invalid_payment_method",
	} {
		r := provider{approved: token}.request("b" + token)
		o, err := s.Authorise(t.Context(), r)
		if err != nil || o.Declined != (reason != "") || o.Reason != reason {
			t.Errorf("%q: %+v, %v; want reason %q", token, o, err, reason)
		}
		r.Key, r.Booking, r.Method = "auth:other"+token, "other"+token, "cash"
		if o, err := s.Authorise(t.Context(), r); err != nil || o.Reason != "invalid_payment_method" {
			t.Errorf("%q as cash: %+v, %v", token, o, err)
		}
	}
}

// TestLedgerHasNoToken: what a client calls a token may be anything, a card number
// too.
func TestLedgerHasNoToken(t *testing.T) {
	path := ledgerPath(t)
	p := provider{Gateway: openSandbox(t, path), approved: "4242424242424242"}
	if o, err := p.Authorise(t.Context(), p.request("b-1")); err != nil || o.Reason != invalidMethod {
		t.Errorf("%+v, %v", o, err)
	}
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 || strings.Contains(string(data), p.approved) {
		t.Errorf("%s, %v", data, err)
	}
}

// TestSlow: the answer comes after the delay, counted from the first call; the
// effect is there at once, and later calls wait no longer than that.
func TestSlow(t *testing.T) {
	for token, delay := range map[string]time.Duration{
		"pm_sandbox_slow": DefaultSlowDelay, "pm_sandbox_delay_2500": 2500 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			path := ledgerPath(t)
			s, err := NewSandbox(SandboxConfig{Ledger: path})
			if err != nil {
				t.Fatal(err)
			}
			p := provider{Gateway: s, approved: token}
			<-time.After(time.Minute) // it has been running for a while
			start := time.Now()
			short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err = p.Authorise(short, p.request("b-1"))
			if !errors.Is(err, context.DeadlineExceeded) || IsDefinite(err) {
				t.Errorf("%s: %v", token, err)
			}
			if after := time.Since(start); after != 2*time.Second {
				t.Errorf("%s: the context's end was answered after %v", token, after)
			}
			if len(audited(t, path)) != 1 {
				t.Errorf("%s: no effect yet", token)
			}
			id := p.authorised(t, "b-1")
			if after := time.Since(start); after != delay {
				t.Errorf("%s: answered after %v, want %v", token, after, delay)
			}
			p.authorised(t, "b-1")
			wantNil(t, "capture", p.Capture(t.Context(), CaptureKey("b-1"), id))
			if after := time.Since(start); after != delay {
				t.Errorf("%s: later calls wait too: %v", token, after)
			}
			wantNil(t, "close", s.Close())
		})
	}
}

// TestTimeoutAfterEffect: the first call takes effect and never answers.
func TestTimeoutAfterEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := ledgerPath(t)
		s, err := NewSandbox(SandboxConfig{Ledger: path})
		if err != nil {
			t.Fatal(err)
		}
		p := provider{Gateway: s, approved: "pm_sandbox_timeoutAfterEffect"}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := p.Authorise(ctx, p.request("b-1")); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if len(audited(t, path)) != 1 {
			t.Error("no effect")
		}
		if p.authorised(t, "b-1") == "" || len(audited(t, path)) != 1 {
			t.Error("a second effect")
		}
		// Close ends a call that hangs.
		result := make(chan error)
		go func() {
			_, err := p.Authorise(context.WithoutCancel(t.Context()), p.request("b-2"))
			result <- err
		}()
		synctest.Wait()
		wantNil(t, "close", s.Close())
		if err := <-result; !errors.Is(err, ErrClosed) || IsDefinite(err) {
			t.Error(err)
		}
	})
}

func TestErrorOnce(t *testing.T) {
	path := ledgerPath(t)
	s := openSandbox(t, path)
	for _, token := range []string{"pm_sandbox_errorOnce", "pm_sandbox_errorThenDeclined"} {
		r := provider{approved: token}.request(token)
		if _, err := s.Authorise(t.Context(), r); !errors.Is(err, errProvider) || IsDefinite(err) {
			t.Errorf("%s: %v", token, err)
		}
		if entries, err := ReadLedger(path); err != nil || len(entries) > 1 {
			t.Errorf("%s: an effect with the error: %v, %v", token, entries, err)
		}
		for range 2 {
			o, err := s.Authorise(t.Context(), r)
			if err != nil || o.Declined != (token == "pm_sandbox_errorThenDeclined") {
				t.Errorf("%s: %+v, %v", token, o, err)
			}
		}
	}
}

// TestFailedIsBounded: keys that failed once and never came back are forgotten.
func TestFailedIsBounded(t *testing.T) {
	s := openSandbox(t, ledgerPath(t))
	for n := range maxFailed + 10 {
		if !s.failLocked(digest{byte(n), byte(n >> 8), byte(n >> 16)}) {
			t.Fatalf("key %d does not fail", n)
		}
	}
	if n := len(s.mu.failed); n > maxFailed {
		t.Errorf("%d keys", n)
	}
}

func TestClosed(t *testing.T) {
	s := openSandbox(t, ledgerPath(t))
	p := provider{Gateway: s, approved: "pm_card_visa"}
	id := p.authorised(t, "b-1")
	wantNil(t, "close", s.Close())
	wantNil(t, "close again", s.Close())
	_, again := p.Authorise(t.Context(), p.request("b-1"))
	_, other := p.Authorise(t.Context(), p.request("b-2"))
	for _, err := range []error{again, other, p.Capture(t.Context(), "k", id), p.Refund(t.Context(), "k", id)} {
		if !errors.Is(err, ErrClosed) || IsDefinite(err) {
			t.Error(err)
		}
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]SandboxConfig{
		"no ledger":      {},
		"negative delay": {Ledger: ledgerPath(t), SlowDelay: -1},
		"a folder":       {Ledger: t.TempDir()},
		"no folder":      {Ledger: filepath.Join(t.TempDir(), "none", "ledger")},
	} {
		if s, err := NewSandbox(c); err == nil {
			t.Errorf("%s: opened, close: %v", name, s.Close())
		}
	}
}

// TestManyAtOnce: concurrent bookings, each paid, some given back; the ledger has
// exactly their money.
func TestManyAtOnce(t *testing.T) {
	path := ledgerPath(t)
	s := openSandbox(t, path)
	p := provider{Gateway: s, approved: "pm_card_visa"}
	const callers, each = 32, 25
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for n := range each {
				booking := fmt.Sprint(caller, "-", n)
				o, err := p.Authorise(t.Context(), p.request(booking))
				if err == nil && n%5 > 0 {
					err = p.Capture(t.Context(), CaptureKey(booking), o.PaymentID)
				}
				if err == nil && n%5 > 2 {
					err = p.Refund(t.Context(), RefundKey(booking), "")
				}
				if err != nil {
					t.Errorf("%s: %v", booking, err)
				}
			}
		})
	}
	all.Wait()
	var reserved, taken, back int64
	positions := audited(t, path)
	for _, p := range positions {
		reserved, taken, back = reserved+p.Reserved(), taken+p.Taken(), back+p.Refunded
	}
	const one = 12_500 * callers * each / 5
	if len(positions) != callers*each || reserved != one || taken != 2*one || back != 2*one {
		t.Errorf("%d payments: %d reserved, %d taken, %d back", len(positions), reserved, taken, back)
	}
}

// TestAgainstModel makes random calls, opens the sandbox anew now and then, and
// compares with a few lines that say what should be.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		path := filepath.Join(dir, "ledger")
		s, err := NewSandbox(SandboxConfig{Ledger: path})
		if err != nil {
			rt.Fatal(err)
		}
		state := map[string]string{} // by booking
		ctx := context.Background()
		long := "b-" + strings.Repeat("4", len(name{}))
		booking := func() string { return rapid.SampledFrom([]string{"b-1", "b-2", "b-3", long}).Draw(rt, "booking") }
		id := func(b string) string { return paymentID(digestOf(AuthKey(b))) }
		rt.Repeat(map[string]func(*rapid.T){
			"authorise": func(rt *rapid.T) {
				b := booking()
				decline := b == "b-3"
				token := map[bool]string{false: "pm_card_visa", true: "pm_card_chargeDeclined"}[decline]
				o, err := s.Authorise(ctx, provider{approved: token}.request(b))
				if state[b] == "" {
					state[b] = map[bool]string{false: "authorised", true: "declined"}[decline]
				}
				refused := state[b] == "declined" || state[b] == "precluded"
				if err != nil || o.Declined != refused || o.PaymentID != id(b) {
					rt.Fatalf("%s: %+v, %v", state[b], o, err)
				}
			},
			"capture": func(rt *rapid.T) {
				b := booking()
				err := s.Capture(ctx, CaptureKey(b), id(b))
				switch state[b] {
				case "":
					if !errors.Is(err, ErrNotFound) {
						rt.Fatal(err)
					}
				case "authorised":
					state[b] = "captured"
					fallthrough
				case "captured", "refunded":
					if err != nil {
						rt.Fatal(err)
					}
				default:
					if !errors.Is(err, ErrState) {
						rt.Fatalf("%s: %v", state[b], err)
					}
				}
			},
			"refund": func(rt *rapid.T) {
				b := booking()
				if err := s.Refund(ctx, RefundKey(b), ""); err != nil {
					rt.Fatal(err)
				}
				next := map[string]string{"": "precluded", "authorised": "voided", "captured": "refunded"}
				if to, ok := next[state[b]]; ok {
					state[b] = to
				}
			},
			"reopen": func(rt *rapid.T) {
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				if s, err = NewSandbox(SandboxConfig{Ledger: path}); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) { checkModel(rt, path, state, id) },
		})
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}

// checkModel compares the ledger with the model's states.
func checkModel(rt *rapid.T, path string, state map[string]string, id func(string) string) {
	entries, err := ReadLedger(path)
	if err != nil {
		rt.Fatal(err)
	}
	positions, err := Audit(entries)
	if err != nil || len(positions) != len(state) {
		rt.Fatalf("%d positions, want %d; %v", len(positions), len(state), err)
	}
	for b, st := range state {
		p, had := positions[id(b)], Position{}
		switch st {
		case "authorised":
			had = Position{Authorised: 12_500}
		case "captured":
			had = Position{Authorised: 12_500, Captured: 12_500}
		case "voided":
			had = Position{Authorised: 12_500, Voided: 12_500}
		case "refunded":
			had = Position{Authorised: 12_500, Captured: 12_500, Refunded: 12_500}
		}
		if p.Booking != b || p.Authorised != had.Authorised || p.Captured != had.Captured ||
			p.Voided != had.Voided || p.Refunded != had.Refunded {
			rt.Fatalf("%s is %s in the model, in the ledger it is %+v", b, st, p)
		}
	}
}
