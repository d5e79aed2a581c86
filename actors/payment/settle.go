package payment

import (
	"context"
	"fmt"
	"time"
)

// effect makes what a new key asks for, under the lock. p is nil where there is no
// payment with the id.
type effect func(p *payment, key, id string, now time.Time) (*batch, error)

// Capture takes the money of an authorised payment. See Gateway.
func (s *Sandbox) Capture(ctx context.Context, key, paymentID string) error {
	id, ok := parsePaymentID(paymentID)
	if !ok {
		return fmt.Errorf("capture: %w: %q", ErrNotFound, paymentID)
	}
	return s.settle(ctx, "capture", key, paymentID, use{payment: id}, s.captureLocked)
}

// captureLocked makes the effect of a capture.
func (s *Sandbox) captureLocked(p *payment, key, id string, now time.Time) (*batch, error) {
	switch {
	case p == nil:
		return nil, ErrNotFound
	case p.status != authorised:
		return nil, ErrState
	}
	return s.moveLocked(p, captured, s.entryLocked(p, s.bookingLocked(p), EffectCaptured, key, id, now))
}

// Refund gives a payment back, or voids it. See Gateway.
func (s *Sandbox) Refund(ctx context.Context, key, id string) error {
	if id != "" {
		payment, ok := parsePaymentID(id)
		if !ok {
			return fmt.Errorf("refund: %w: %q", ErrNotFound, id)
		}
		return s.settle(ctx, "refund", key, id, use{payment: payment, refund: true}, s.refundLocked)
	}
	authKey, ok := authKeyOf(key)
	if !ok {
		return fmt.Errorf("refund: %w: no payment id, and the key %q is no booking's", ErrNotFound, key)
	}
	what := use{payment: digestOf(authKey), refund: true}
	voids := func(p *payment, key, id string, now time.Time) (*batch, error) {
		if p == nil {
			return s.precludeLocked(authKey, what.payment, now)
		}
		return s.refundLocked(p, key, id, now)
	}
	return s.settle(ctx, "refund", key, paymentID(what.payment), what, voids)
}

// refundLocked makes the effect of a refund, where money is reserved or taken.
func (s *Sandbox) refundLocked(p *payment, key, id string, now time.Time) (*batch, error) {
	if p == nil {
		return nil, ErrNotFound
	}
	switch p.status {
	case authorised:
		return s.moveLocked(p, voided, s.entryLocked(p, s.bookingLocked(p), EffectVoided, key, id, now))
	case captured:
		return s.moveLocked(p, refunded, s.entryLocked(p, s.bookingLocked(p), EffectRefunded, key, id, now))
	}
	return s.ledger.newest()
}

// precludeLocked has an authorisation that has not come yet declined: it was
// refunded before. Its request is not known, so any will match.
func (s *Sandbox) precludeLocked(authKey string, id digest, now time.Time) (*batch, error) {
	booking := authKey[len(authPrefix):]
	p := payment{booking: s.nameLocked(booking), terms: s.termsLocked("", "", Voided), status: declined}
	e := s.entryLocked(&p, booking, EffectDeclined, authKey, paymentID(id), now)
	written, err := s.ledger.append(&e)
	if err == nil {
		s.addLocked(id, authKey, booking, p)
	}
	return written, err
}

// moveLocked writes an effect and changes the payment's status with it.
func (s *Sandbox) moveLocked(p *payment, to status, e Entry) (*batch, error) {
	written, err := s.ledger.append(&e)
	if err == nil {
		p.status = to
	}
	return written, err
}

// settle has a key used for what, a payment with an id, once: does is called under the lock where the key
// is new. It returns when the ledger is written.
func (s *Sandbox) settle(ctx context.Context, verb, key, id string, what use, does effect) error {
	if !validKey(key) {
		return fmt.Errorf("%s: %w: the key must be 1 to %d bytes of UTF-8", verb, ErrInvalid, maxText)
	}
	err := ctx.Err()
	if err == nil {
		var written *batch
		if written, err = s.useKey(key, what, id, time.Now(), does); err == nil {
			err = written.wait(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}
