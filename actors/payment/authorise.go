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
	return s.outcome(p, id), nil
}

// outcome is what whoever asked for the payment, which has an id, is told.
func (s *Sandbox) outcome(p *payment, id string) Outcome {
	reason := s.termsOf(p).reason
	return Outcome{PaymentID: id, Declined: reason != "", Reason: reason}
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
	if p := s.knownLocked(key); p != nil {
		if p.params != params && p.params != 0 {
			return nil, "", false, nil, ErrKeyReused
		}
		written, err = s.ledger.newest()
		return p, id, false, written, err
	}
	if does.errorOnce && s.failLocked(key) {
		return nil, "", false, nil, errProvider
	}
	n := payment{
		booking: s.nameLocked(r.Booking), terms: s.termsLocked(r.Event, r.Currency, does.reason),
		amount: r.Amount, params: params,
	}
	effect := EffectAuthorised
	if does.reason != "" {
		n.status, effect = declined, EffectDeclined
	}
	if does.delay > 0 {
		n.answerAt = now.Sub(s.started) + does.delay
	}
	e := s.entryLocked(&n, r.Booking, effect, r.Key, id, now)
	if written, err = s.ledger.append(&e); err != nil {
		return nil, "", false, nil, err
	}
	return s.addLocked(key, r.Key, r.Booking, n), id, true, written, nil
}

// termsOf are the terms of a payment.
func (s *Sandbox) termsOf(p *payment) *terms { return &(*s.kinds.Load())[p.terms] }

// termsLocked is the number of some terms.
func (s *Sandbox) termsLocked(event, currency, reason string) uint32 {
	t, kinds := terms{event, currency, reason}, *s.kinds.Load()
	if int(s.mu.usual) < len(kinds) && kinds[s.mu.usual] == t {
		return s.mu.usual
	}
	number, ok := s.mu.terms[t]
	if !ok {
		number = uint32(len(kinds))
		s.mu.terms[t] = number
		kinds = append(kinds, t)
		s.kinds.Store(&kinds)
	}
	s.mu.usual = number
	return number
}

// nameLocked is a text as a name.
func (s *Sandbox) nameLocked(text string) (n name) {
	if len(text) < len(n) {
		n[0] = byte(len(text))
		copy(n[1:], text)
		return n
	}
	n[0] = longName
	binary.LittleEndian.PutUint32(n[1:], uint32(len(s.mu.long)))
	s.mu.long = append(s.mu.long, text)
	return n
}

// bookingLocked is the name of a payment's booking.
func (s *Sandbox) bookingLocked(p *payment) string {
	if p.booking[0] == longName {
		return s.mu.long[binary.LittleEndian.Uint32(p.booking[1:])]
	}
	return string(p.booking[1 : 1+p.booking[0]])
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

// entryLocked is a line about a payment for a booking, which has an id, as of now.
func (s *Sandbox) entryLocked(p *payment, booking string, effect Effect, key, id string, now time.Time) Entry {
	t := s.termsOf(p)
	e := Entry{
		At: now.UTC(), Effect: effect, Key: key, Payment: id, Event: t.event, Booking: booking,
		Amount: p.amount, Currency: t.currency,
	}
	if effect == EffectAuthorised || effect == EffectDeclined {
		e.Reason, e.Params = t.reason, p.params
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
