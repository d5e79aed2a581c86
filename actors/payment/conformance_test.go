package payment

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// provider is a Gateway under test, with tokens that it approves and declines.
type provider struct {
	Gateway
	approved, declined string
}

// request is a right one for a booking.
func (p provider) request(booking string) Request {
	return Request{Key: AuthKey(booking), Amount: 12_500, Currency: "USD", Method: "card", Token: p.approved,
		Event: "ev-1", Booking: booking}
}

// authorised has a payment authorised.
func (p provider) authorised(t *testing.T, booking string) string {
	t.Helper()
	o, err := p.Authorise(t.Context(), p.request(booking))
	if err != nil || o.Declined || o.PaymentID == "" {
		t.Fatalf("authorise: %+v, %v", o, err)
	}
	return o.PaymentID
}

// conformance is the suite that every Gateway passes. open gives one that may
// have seen other bookings, but none of those that the suite makes up.
func conformance(t *testing.T, open func(*testing.T) provider) {
	for _, c := range []struct {
		name string
		test func(*testing.T, provider)
	}{
		{"authorise", conformAuthorise},
		{"key reused", conformKeyReused},
		{"capture", conformCapture},
		{"refund", conformRefund},
		{"refund without a payment id", conformRefundByKey},
		{"unknown payment", conformUnknown},
		{"invalid request", conformInvalid},
		{"ended context", conformContext},
		{"one key at once", conformOneKey},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func conformAuthorise(t *testing.T, p provider) {
	if p.Name() == "" {
		t.Error("no name")
	}
	id := p.authorised(t, "b-1")
	if again := p.authorised(t, "b-1"); again != id {
		t.Errorf("the same key gave %s, then %s", id, again)
	}
	if other := p.authorised(t, "b-2"); other == id {
		t.Errorf("two keys gave one payment %s", id)
	}
	r := p.request("b-3")
	r.Token = p.declined
	first, err := p.Authorise(t.Context(), r)
	if err != nil || !first.Declined || first.Reason == "" {
		t.Fatalf("%+v, %v; want a decline with its reason", first, err)
	}
	if again, err := p.Authorise(t.Context(), r); err != nil || again != first {
		t.Errorf("the same key gave %+v, then %+v, %v", first, again, err)
	}
}

func conformKeyReused(t *testing.T, p provider) {
	id := p.authorised(t, "b-1")
	for name, change := range map[string]func(*Request){
		"amount":   func(r *Request) { r.Amount++ },
		"currency": func(r *Request) { r.Currency = "EUR" },
		"token":    func(r *Request) { r.Token = p.declined },
		"booking":  func(r *Request) { r.Booking += "x" },
		"event":    func(r *Request) { r.Event += "x" },
	} {
		r := p.request("b-1")
		change(&r)
		o, err := p.Authorise(t.Context(), r)
		wantDefinite(t, "another "+name, err, ErrKeyReused)
		if o != (Outcome{}) {
			t.Errorf("another %s: %+v", name, o)
		}
	}
	other := p.authorised(t, "b-2")
	wantNil(t, "capture", p.Capture(t.Context(), CaptureKey("b-1"), id))
	wantDefinite(t, "capture of another", p.Capture(t.Context(), CaptureKey("b-1"), other), ErrKeyReused)
	wantDefinite(t, "refund with a capture's key", p.Refund(t.Context(), CaptureKey("b-1"), id), ErrKeyReused)
	wantDefinite(t, "capture with an authorisation's key", p.Capture(t.Context(), AuthKey("b-1"), id), ErrKeyReused)
	r := p.request("b-1")
	r.Key = CaptureKey("b-1")
	_, err := p.Authorise(t.Context(), r)
	wantDefinite(t, "authorise with a capture's key", err, ErrKeyReused)
}

func conformCapture(t *testing.T, p provider) {
	id := p.authorised(t, "b-1")
	for range 3 {
		wantNil(t, "capture", p.Capture(t.Context(), CaptureKey("b-1"), id))
	}
	wantDefinite(t, "a second capture", p.Capture(t.Context(), "another", id), ErrState)
	if again := p.authorised(t, "b-1"); again != id {
		t.Errorf("after the capture the authorisation's key gave %s, not %s", again, id)
	}
}

func conformRefund(t *testing.T, p provider) {
	id := p.authorised(t, "captured")
	wantNil(t, "capture", p.Capture(t.Context(), CaptureKey("captured"), id))
	for range 3 {
		wantNil(t, "refund", p.Refund(t.Context(), RefundKey("captured"), id))
	}
	wantNil(t, "capture's key again", p.Capture(t.Context(), CaptureKey("captured"), id))
	wantDefinite(t, "capture after refund", p.Capture(t.Context(), "another", id), ErrState)
	wantNil(t, "refund of what is back", p.Refund(t.Context(), "yet another", id))

	id = p.authorised(t, "authorised")
	for range 3 {
		wantNil(t, "void", p.Refund(t.Context(), RefundKey("authorised"), id))
	}
	wantDefinite(t, "capture after void", p.Capture(t.Context(), CaptureKey("authorised"), id), ErrState)
	if again := p.authorised(t, "authorised"); again != id {
		t.Errorf("after the void the authorisation's key gave %s, not %s", again, id)
	}
}

func conformRefundByKey(t *testing.T, p provider) {
	id := p.authorised(t, "found")
	for range 3 {
		wantNil(t, "refund by key", p.Refund(t.Context(), RefundKey("found"), ""))
	}
	wantDefinite(t, "capture after void", p.Capture(t.Context(), CaptureKey("found"), id), ErrState)

	for range 3 {
		wantNil(t, "refund before the authorisation", p.Refund(t.Context(), RefundKey("late"), ""))
	}
	for range 2 {
		o, err := p.Authorise(t.Context(), p.request("late"))
		if err != nil || !o.Declined || o.Reason != Voided {
			t.Errorf("authorise after its refund: %+v, %v", o, err)
		}
	}

	r := p.request("refused")
	r.Token = p.declined
	if o, err := p.Authorise(t.Context(), r); err != nil || !o.Declined {
		t.Fatalf("%+v, %v", o, err)
	}
	wantNil(t, "refund of a decline", p.Refund(t.Context(), RefundKey("refused"), ""))
	wantDefinite(t, "a key of another form", p.Refund(t.Context(), "something", ""), ErrNotFound)
	wantDefinite(t, "a key of no booking", p.Refund(t.Context(), RefundKey(""), ""), ErrNotFound)
}

func conformUnknown(t *testing.T, p provider) {
	known := p.authorised(t, "b-1")
	twisted := []byte(known)
	twisted[len(twisted)-2] ^= 1
	for _, id := range []string{"", "x", "pay_", known + "x", string(twisted), "pay_*********************A"} {
		wantDefinite(t, "capture of "+id, p.Capture(t.Context(), CaptureKey("b-2"), id), ErrNotFound)
		if id != "" {
			wantDefinite(t, "refund of "+id, p.Refund(t.Context(), RefundKey("b-2"), id), ErrNotFound)
		}
	}
	// A key that had no effect is not used up.
	wantNil(t, "capture", p.Capture(t.Context(), CaptureKey("b-2"), p.authorised(t, "b-2")))

	r := p.request("b-3")
	r.Token = p.declined
	o, err := p.Authorise(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if o.PaymentID != "" {
		wantDefinite(t, "capture of a decline", p.Capture(t.Context(), CaptureKey("b-3"), o.PaymentID), ErrState)
	}
}

func conformInvalid(t *testing.T, p provider) {
	for name, change := range map[string]func(*Request){
		"no key":        func(r *Request) { r.Key = "" },
		"a long key":    func(r *Request) { r.Key = string(make([]byte, 256)) },
		"no amount":     func(r *Request) { r.Amount = 0 },
		"a gift":        func(r *Request) { r.Amount = -1 },
		"no currency":   func(r *Request) { r.Currency = "" },
		"not UTF-8":     func(r *Request) { r.Booking = "\xff" },
		"a long token":  func(r *Request) { r.Token = string(make([]byte, 256)) },
		"key not UTF-8": func(r *Request) { r.Key = "\xff" },
	} {
		r := p.request("b-1")
		change(&r)
		_, err := p.Authorise(t.Context(), r)
		wantDefinite(t, name, err, ErrInvalid)
	}
	id := p.authorised(t, "b-1")
	wantDefinite(t, "capture without a key", p.Capture(t.Context(), "", id), ErrInvalid)
	wantDefinite(t, "refund without a key", p.Refund(t.Context(), "", id), ErrInvalid)
}

func conformContext(t *testing.T, p provider) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	id := p.authorised(t, "b-1")
	_, authErr := p.Authorise(ended, p.request("b-2"))
	for name, err := range map[string]error{
		"authorise": authErr,
		"capture":   p.Capture(ended, CaptureKey("b-1"), id),
		"refund":    p.Refund(ended, RefundKey("b-1"), id),
	} {
		if !errors.Is(err, context.Canceled) || IsDefinite(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Whatever became of them, the same keys come to an end.
	p.authorised(t, "b-2")
	wantNil(t, "refund", p.Refund(t.Context(), RefundKey("b-1"), id))
}

// conformOneKey has many callers use the same keys at the same time.
func conformOneKey(t *testing.T, p provider) {
	const callers, bookings = 8, 20
	var all sync.WaitGroup
	ids := make([][bookings]string, callers)
	for caller := range callers {
		all.Go(func() {
			for n := range bookings {
				booking := fmt.Sprint("b-", n)
				o, err := p.Authorise(t.Context(), p.request(booking))
				if err == nil {
					err = p.Capture(t.Context(), CaptureKey(booking), o.PaymentID)
				}
				if err == nil && n%2 == 0 {
					err = p.Refund(t.Context(), RefundKey(booking), o.PaymentID)
				}
				if err != nil {
					t.Errorf("%s: %v", booking, err)
				}
				ids[caller][n] = o.PaymentID
			}
		})
	}
	all.Wait()
	for caller := range ids {
		if ids[caller] != ids[0] {
			t.Errorf("two callers got different payments: %v, %v", ids[caller], ids[0])
		}
	}
}

func wantNil(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func wantDefinite(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || !IsDefinite(err) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}
