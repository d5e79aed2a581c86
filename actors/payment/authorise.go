package payment

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// maxText bounds the strings of a request, in bytes.
const maxText = 255

// errProvider is what pm_sandbox_errorOnce answers at first.
var errProvider = errors.New("payment: the provider answers 500")

// Authorise does what the request's token says. See Gateway.
func (s *Sandbox) Authorise(ctx context.Context, r Request) (Outcome, error) {
	if err := r.check(); err != nil {
		return Outcome{}, err
	}
	if err := ctx.Err(); err != nil {
		return Outcome{}, fmt.Errorf("authorise: %w", err)
	}
	id := digestOf(r.Key)
	does := behaviourOf(r.Method, r.Token, s.slowDelay)
	p, first, written, err := s.authorise(id, &r, does)
	if err == nil {
		err = s.answer(ctx, written, p.answerAt)
	}
	if err == nil && first && does.hang {
		err = s.hang(ctx)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("authorise: %w", err)
	}
	return Outcome{PaymentID: paymentID(id), Declined: p.reason != "", Reason: p.reason}, nil
}

// authorise finds the payment, or makes it: first is then true. The caller waits
// for written before it tells anybody.
func (s *Sandbox) authorise(id digest, r *Request, does behaviour) (p *payment, first bool, written *batch, err error) {
	params := r.params()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.mu.uses[id]; used {
		return nil, false, nil, ErrKeyReused
	}
	if p := s.mu.payments[id]; p != nil {
		if p.params != params && p.params != 0 {
			return nil, false, nil, ErrKeyReused
		}
		written, err = s.ledger.newest()
		return p, false, written, err
	}
	if does.errorOnce && s.failLocked(id) {
		return nil, false, nil, errProvider
	}
	p = &payment{
		event: r.Event, booking: r.Booking, currency: r.Currency, amount: r.Amount,
		params: params, reason: does.reason,
	}
	effect := EffectAuthorised
	if p.reason != "" {
		p.status, effect = declined, EffectDeclined
	}
	if does.delay > 0 {
		p.answerAt = time.Since(s.started) + does.delay
	}
	e := p.entry(effect, r.Key, id)
	if written, err = s.ledger.append(&e); err != nil {
		return nil, false, nil, err
	}
	s.mu.payments[id] = p
	return p, true, written, nil
}

// failLocked reports whether a call is to fail because it is the first with its
// key.
func (s *Sandbox) failLocked(id digest) bool {
	if _, again := s.mu.failed[id]; again {
		delete(s.mu.failed, id)
		return false
	}
	if len(s.mu.failed) >= maxFailed {
		clear(s.mu.failed)
	}
	s.mu.failed[id] = struct{}{}
	return true
}

// entry is a line about the payment, as of now.
func (p *payment) entry(effect Effect, key string, id digest) Entry {
	e := Entry{
		At: time.Now().UTC(), Effect: effect, Key: key, Payment: paymentID(id), Event: p.event, Booking: p.booking,
		Amount: p.amount, Currency: p.currency,
	}
	if effect == EffectAuthorised || effect == EffectDeclined {
		e.Reason, e.Params = p.reason, p.params
	}
	return e
}

// check says what is wrong with a request.
func (r *Request) check() error {
	switch {
	case !validKey(r.Key):
		return fmt.Errorf("%w: the key must be 1 to %d bytes of UTF-8", ErrInvalid, maxText)
	case r.Amount <= 0:
		return fmt.Errorf("%w: an amount of %d", ErrInvalid, r.Amount)
	case len(r.Currency) != 3:
		return fmt.Errorf("%w: currency %q", ErrInvalid, r.Currency)
	}
	for _, v := range [...]string{r.Currency, r.Method, r.Token, r.Event, r.Booking} {
		if len(v) > maxText || !utf8.ValidString(v) {
			return fmt.Errorf("%w: a text that is longer than %d bytes or no UTF-8", ErrInvalid, maxText)
		}
	}
	return nil
}

// validKey reports whether a key can be one.
func validKey(key string) bool { return key != "" && len(key) <= maxText && utf8.ValidString(key) }

// params is a digest of all that must be the same when the key comes again; never
// 0. The token itself is not kept.
func (r *Request) params() uint64 {
	var buf [512]byte
	b := binary.AppendVarint(buf[:0], r.Amount)
	for _, v := range [...]string{r.Currency, r.Method, r.Token, r.Event, r.Booking} {
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
	}
	sum := sha256.Sum256(b)
	return max(1, binary.BigEndian.Uint64(sum[:]))
}
