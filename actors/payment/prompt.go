package payment

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrLater is the answer to a request that has to be asked by itself: it was not
// looked at, or its answer takes time. It is not definite.
var ErrLater = errors.New("payment: ask by itself")

// Prompt is a Gateway that takes many requests in one call, where it has no
// network to wait for: a call for each costs more than what it asks for. The rules
// of Gateway hold for each request. answers has the length of the requests.
type Prompt interface {
	Gateway
	// AuthoriseMany is Authorise for each request that can be answered at once;
	// ErrLater for the others.
	AuthoriseMany(ctx context.Context, rs []Request, answers []Answer)
	// CaptureMany is Capture for each.
	CaptureMany(ctx context.Context, cs []Charge, answers []Answer)
	// Near reports whether AuthoriseMany takes no longer than a write to a file, as a
	// rule: then it is worth waiting for with work that could go on.
	Near() bool
}

// Answer is what one of many requests is told.
type Answer struct {
	Outcome Outcome // of an authorisation
	Err     error
}

// Charge is what to capture.
type Charge struct{ Key, PaymentID string }

var _ Prompt = (*Sandbox)(nil)

// Near is true. See Prompt.
func (s *Sandbox) Near() bool { return true }

// AuthoriseMany answers what needs no patience. See Prompt.
func (s *Sandbox) AuthoriseMany(ctx context.Context, rs []Request, answers []Answer) {
	var last *batch
	now := time.Now()
	for i := range rs {
		r := &rs[i]
		does := behaviourOf(r.Method, r.Token, s.slowDelay)
		if does.delay > 0 || does.hang || does.errorOnce {
			answers[i] = Answer{Err: ErrLater}
			continue
		}
		answers[i] = s.authoriseOne(r, does, now, &last)
	}
	s.settleMany(ctx, "authorise", last, answers)
}

// authoriseOne is one of many; last is the batch to wait for.
func (s *Sandbox) authoriseOne(r *Request, does behaviour, now time.Time, last **batch) Answer {
	if err := r.check(); err != nil {
		return Answer{Err: err}
	}
	p, id, _, written, err := s.authorise(r, does, now)
	switch {
	case err != nil:
		return Answer{Err: fmt.Errorf("authorise: %w", err)}
	case p.answerAt > now.Sub(s.started):
		return Answer{Err: ErrLater}
	case written != nil:
		*last = written
	}
	return Answer{Outcome: s.outcome(p, id)}
}

// CaptureMany takes the money of many payments. See Prompt.
func (s *Sandbox) CaptureMany(ctx context.Context, cs []Charge, answers []Answer) {
	var last *batch
	now := time.Now()
	for i, c := range cs {
		id, ok := parsePaymentID(c.PaymentID)
		if !ok || !validKey(c.Key) {
			answers[i] = Answer{Err: ErrLater} // Capture says what is wrong
			continue
		}
		written, err := s.useKey(c.Key, use{payment: id}, c.PaymentID, now, s.captureLocked)
		if err == nil && written != nil {
			last = written
		}
		answers[i] = Answer{Err: err}
	}
	s.settleMany(ctx, "capture", last, answers)
}

// settleMany waits for the last batch of many answers. The ledger is written in
// order: once the last is written all are, and if it is not nobody is told.
func (s *Sandbox) settleMany(ctx context.Context, verb string, last *batch, answers []Answer) {
	err := last.wait(ctx)
	if err == nil {
		return
	}
	for i := range answers {
		if answers[i].Err == nil {
			answers[i] = Answer{Err: fmt.Errorf("%s: %w", verb, err)}
		}
	}
}
