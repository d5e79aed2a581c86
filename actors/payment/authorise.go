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
	does := behaviourOf(r.Method, r.Token, s.slowDelay)
	p, id, first, written, err := s.authorise(&r, does, time.Now())
	if err == nil {
		err = s.answer(ctx, written, p.answerAt)
	}
	if err == nil && first && does.hang {
		err = s.hang(ctx)
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("authorise: %w", err)
	}
	return p.outcome(id), nil
}

// outcome is what whoever asked for the payment, which has an id, is told.
func (p *payment) outcome(id string) Outcome {
	return Outcome{PaymentID: id, Declined: p.terms.reason != "", Reason: p.terms.reason}
}

// authorise finds the payment and its id, or makes it, now: first is then true. The
// caller waits for written before it tells anybody.
func (s *Sandbox) authorise(r *Request, does behaviour, now time.Time) (
	p *payment, id string, first bool, written *batch, err error) {
	key, params := digestOf(r.Key), r.params()
	id = paymentID(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.usedLocked(r.Key, key) {
		return nil, "", false, nil, ErrKeyReused
	}
	if p := s.mu.payments[key]; p != nil {
		if p.params != params && p.params != 0 {
			return nil, "", false, nil, ErrKeyReused
		}
		written, err = s.ledger.newest()
		return p, id, false, written, err
	}
	if does.errorOnce && s.failLocked(key) {
		return nil, "", false, nil, errProvider
	}
	p = s.mu.made.New()
	*p = payment{
		booking: s.mu.texts.Keep([]byte(r.Booking)), terms: s.termsLocked(r.Event, r.Currency, does.reason),
		amount: r.Amount, params: params,
	}
	effect := EffectAuthorised
	if does.reason != "" {
		p.status, effect = declined, EffectDeclined
	}
	if does.delay > 0 {
		p.answerAt = now.Sub(s.started) + does.delay
	}
	e := p.entry(effect, r.Key, id, now)
	if written, err = s.ledger.append(&e); err != nil {
		return nil, "", false, nil, err
	}
	s.addLocked(key, r.Key, p)
	return p, id, true, written, nil
}

// termsLocked is the one copy of some terms.
func (s *Sandbox) termsLocked(event, currency, reason string) *terms {
	t := terms{event, currency, reason}
	if s.mu.usual != nil && *s.mu.usual == t {
		return s.mu.usual
	}
	if s.mu.terms == nil {
		s.mu.terms = map[terms]*terms{}
	}
	known := s.mu.terms[t]
	if known == nil {
		known = &terms{event, currency, reason}
		s.mu.terms[t] = known
	}
	s.mu.usual = known
	return known
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

// entry is a line about the payment, which has an id, as of now.
func (p *payment) entry(effect Effect, key, id string, now time.Time) Entry {
	e := Entry{
		At: now.UTC(), Effect: effect, Key: key, Payment: id, Event: p.terms.event, Booking: p.booking,
		Amount: p.amount, Currency: p.terms.currency,
	}
	if effect == EffectAuthorised || effect == EffectDeclined {
		e.Reason, e.Params = p.terms.reason, p.params
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
