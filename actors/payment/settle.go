package payment

import (
	"context"
	"fmt"
)

// Capture takes the money of an authorised payment. See Gateway.
func (s *Sandbox) Capture(ctx context.Context, key, paymentID string) error {
	id, ok := parsePaymentID(paymentID)
	if !ok {
		return fmt.Errorf("capture: %w: %q", ErrNotFound, paymentID)
	}
	return s.settle(ctx, "capture", key, use{payment: id}, s.captureLocked)
}

// captureLocked makes the effect of a capture.
func (s *Sandbox) captureLocked(key string, id digest) (*batch, error) {
	p := s.mu.payments[id]
	switch {
	case p == nil:
		return nil, ErrNotFound
	case p.status != authorised:
		return nil, ErrState
	}
	return s.moveLocked(p, captured, p.entry(EffectCaptured, key, id))
}

// Refund gives a payment back, or voids it. See Gateway.
func (s *Sandbox) Refund(ctx context.Context, key, paymentID string) error {
	if paymentID != "" {
		id, ok := parsePaymentID(paymentID)
		if !ok {
			return fmt.Errorf("refund: %w: %q", ErrNotFound, paymentID)
		}
		return s.settle(ctx, "refund", key, use{payment: id, refund: true}, s.refundLocked)
	}
	authKey, ok := authKeyOf(key)
	if !ok {
		return fmt.Errorf("refund: %w: no payment id, and the key %q is no booking's", ErrNotFound, key)
	}
	what := use{payment: digestOf(authKey), refund: true}
	return s.settle(ctx, "refund", key, what, func(key string, id digest) (*batch, error) {
		if s.mu.payments[id] == nil {
			return s.precludeLocked(authKey, id)
		}
		return s.refundLocked(key, id)
	})
}

// refundLocked makes the effect of a refund, where money is reserved or taken.
func (s *Sandbox) refundLocked(key string, id digest) (*batch, error) {
	p := s.mu.payments[id]
	if p == nil {
		return nil, ErrNotFound
	}
	switch p.status {
	case authorised:
		return s.moveLocked(p, voided, p.entry(EffectVoided, key, id))
	case captured:
		return s.moveLocked(p, refunded, p.entry(EffectRefunded, key, id))
	}
	return s.ledger.newest()
}

// precludeLocked has an authorisation that has not come yet declined: it was
// refunded before. Its request is not known, so any will match.
func (s *Sandbox) precludeLocked(authKey string, id digest) (*batch, error) {
	p := &payment{booking: authKey[len(authPrefix):], reason: Voided, status: declined}
	e := p.entry(EffectDeclined, authKey, id)
	written, err := s.ledger.append(&e)
	if err == nil {
		s.mu.payments[id] = p
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

// settle has a key used for what, once: effect is called under the lock where the
// key is new. It returns when the ledger is written.
func (s *Sandbox) settle(ctx context.Context, verb, key string, what use,
	effect func(key string, id digest) (*batch, error)) error {
	if !validKey(key) {
		return fmt.Errorf("%s: %w: the key must be 1 to %d bytes of UTF-8", verb, ErrInvalid, maxText)
	}
	err := ctx.Err()
	if err == nil {
		var written *batch
		if written, err = s.useKey(key, what, effect); err == nil {
			err = written.wait(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

// useKey is the part of settle under the lock.
func (s *Sandbox) useKey(key string, what use, effect func(string, digest) (*batch, error)) (*batch, error) {
	k := digestOf(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, isPayment := s.mu.payments[k]; isPayment {
		return nil, ErrKeyReused
	}
	if before, used := s.mu.uses[k]; used {
		if before != what {
			return nil, ErrKeyReused
		}
		return s.ledger.newest()
	}
	written, err := effect(key, what.payment)
	if err == nil {
		s.mu.uses[k] = what
	}
	return written, err
}
