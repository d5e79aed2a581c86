package payment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bookkeeper is a sandbox that keeps every key in one of two maps.
type bookkeeper struct {
	payments map[string]*bookkept // by the authorisation's key
	uses     map[string]bookUse
}

type bookkept struct {
	request string // ""; matches any
	status  status
}

type bookUse struct {
	payment string
	refund  bool
	unsaid  bool // nothing in the ledger tells of it
}

func (k *bookkeeper) authorise(key, request string, declines bool) error {
	if _, used := k.uses[key]; used {
		return ErrKeyReused
	}
	if p := k.payments[key]; p != nil {
		if p.request != "" && p.request != request {
			return ErrKeyReused
		}
		return nil
	}
	p := &bookkept{request: request}
	if declines {
		p.status = declined
	}
	k.payments[key] = p
	return nil
}

func (k *bookkeeper) settle(key, payment string, refund, precludes bool) error {
	use := bookUse{payment: payment, refund: refund}
	if _, isPayment := k.payments[key]; isPayment {
		return ErrKeyReused
	}
	if before, used := k.uses[key]; used {
		if before.unsaid = false; before != use {
			return ErrKeyReused
		}
		return nil
	}
	p := k.payments[payment]
	switch {
	case p == nil && precludes:
		k.payments[payment] = &bookkept{status: declined}
		use.unsaid = true
	case p == nil:
		return ErrNotFound
	case !refund && p.status != authorised:
		return ErrState
	case !refund:
		p.status = captured
	case p.status == authorised:
		p.status = voided
	case p.status == captured:
		p.status = refunded
	default:
		use.unsaid = true
	}
	k.uses[key] = use
	return nil
}

// TestKeys uses every kind of key for everything, and opens the ledger again now and
// then: the answers are those of a sandbox that writes down every key.
func TestKeys(t *testing.T) {
	keys := []string{"x", "auth:", "cap:"}
	bookings := []string{"b", strings.Repeat("c", len(name{})-1), strings.Repeat("d", len(name{}))}
	for _, booking := range bookings {
		keys = append(keys, AuthKey(booking), CaptureKey(booking), RefundKey(booking))
	}
	ctx, n := context.Background(), 0
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		n++
		cfg := SandboxConfig{Ledger: filepath.Join(dir, fmt.Sprint(n))}
		s, err := NewSandbox(cfg)
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { s.Close() }()
		twin := &bookkeeper{map[string]*bookkept{}, map[string]bookUse{}}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			key, other := rapid.SampledFrom(keys).Draw(rt, "key"), rapid.SampledFrom(keys).Draw(rt, "payment")
			id := paymentID(digestOf(other))
			var got, want error
			switch what := rapid.IntRange(0, 9).Draw(rt, "what"); what {
			case 0, 1, 2:
				r := Request{Key: key, Amount: 1, Currency: "USD", Method: "card", Token: "pm_card_visa",
					Booking: rapid.SampledFrom(append(bookings, "")).Draw(rt, "booking")}
				if what == 0 {
					r.Token = "pm_card_chargeDeclined"
				}
				_, got = s.Authorise(ctx, r)
				want = twin.authorise(key, r.Booking+r.Token, what == 0)
			case 3, 4, 5:
				got, want = s.Capture(ctx, key, id), twin.settle(key, other, false, false)
			case 6:
				got, want = s.Refund(ctx, key, id), twin.settle(key, other, true, false)
			case 7:
				authKey, ok := authKeyOf(key)
				if got, want = s.Refund(ctx, key, ""), ErrNotFound; ok {
					want = twin.settle(key, authKey, true, true)
				}
			case 8:
				answers := make([]Answer, 1)
				s.CaptureMany(ctx, []Charge{{key, id}}, answers)
				got, want = answers[0].Err, twin.settle(key, other, false, false)
			case 9:
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				if s, err = NewSandbox(cfg); err != nil {
					rt.Fatal(err)
				}
				for k, use := range twin.uses {
					if use.unsaid {
						delete(twin.uses, k)
					}
				}
			}
			if !errors.Is(got, want) || want == nil && got != nil {
				rt.Fatalf("%v, want %v", got, want)
			}
		}
	})
}
