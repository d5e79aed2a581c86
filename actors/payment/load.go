package payment

import (
	"errors"
	"fmt"
	"io"
	"os"
)

var (
	errTwice   = errors.New("an authorisation stands there twice")
	errPayment = errors.New("the payment id does not belong to the key")
	errOrder   = errors.New("the payment is not in a state from which this can follow")
)

// load reads the ledger into memory and cuts off what is at its end without a
// newline. It returns the file's size then.
func (s *Sandbox) load(f *os.File) (size int64, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	size, err = scanLedger(f, func(e Entry) error { return s.replay(&e) })
	if err != nil {
		return 0, err
	}
	return size, f.Truncate(size)
}

// replay makes an entry's effect once more, in memory.
func (s *Sandbox) replay(e *Entry) error {
	id, ok := parsePaymentID(e.Payment)
	if !ok {
		return fmt.Errorf("%w: %q", errPayment, e.Payment)
	}
	p := s.knownLocked(id)
	switch e.Effect {
	case EffectAuthorised, EffectDeclined:
		switch {
		case p != nil:
			return fmt.Errorf("%w: %s", errTwice, e.Key)
		case digestOf(e.Key) != id:
			return fmt.Errorf("%w: %s, %s", errPayment, e.Payment, e.Key)
		}
		n := payment{
			booking: s.nameLocked(e.Booking), terms: s.termsLocked(e.Event, e.Currency, e.Reason),
			amount: e.Amount, params: e.Params,
		}
		if e.Effect == EffectDeclined {
			n.status = declined
		}
		s.addLocked(id, e.Key, e.Booking, n)
		return nil
	}
	from, to := authorised, captured
	switch e.Effect {
	case EffectVoided:
		to = voided
	case EffectRefunded:
		from, to = captured, refunded
	}
	if p == nil || p.status != from {
		return fmt.Errorf("%w: %s, %s", errOrder, e.Effect, e.Payment)
	}
	p.status = to
	s.noteLocked(e.Key, p, use{payment: id, refund: to != captured})
	return nil
}
