package payment

import (
	"errors"
	"fmt"
)

// Position is the money of one payment after all of a ledger's entries. Amounts
// are in minor units of Currency.
type Position struct {
	Event    string
	Booking  string
	Currency string
	Reason   string // of a decline; "": authorised

	Authorised int64 // 0: declined
	Captured   int64
	Voided     int64 // let go without a capture
	Refunded   int64
}

// Taken is what the payer has paid in the end.
func (p Position) Taken() int64 { return p.Captured - p.Refunded }

// Reserved is what the payer cannot spend, though nobody has taken it.
func (p Position) Reserved() int64 { return p.Authorised - p.Captured - p.Voided }

// maxFaults bounds the faults that Audit lists.
const maxFaults = 20

// Audit adds up a ledger, by payment id, and says what is wrong with it: the error
// joins the first 20 faults. It trusts nothing that the sandbox checks itself. A
// right ledger has
//
//   - each idempotency key once,
//   - at most one payment a booking,
//   - one authorisation or decline a payment, before anything else of it,
//   - at most one capture or void a payment, of an authorised one, and at most one
//     refund, of a captured one,
//   - the same event, booking, amount and currency in all lines of a payment.
func Audit(entries []Entry) (map[string]Position, error) {
	a := auditor{
		positions: map[string]Position{}, keys: map[string]bool{}, bookings: map[string]bool{},
	}
	for i := range entries {
		if err := a.entry(&entries[i]); err != nil {
			err = fmt.Errorf("line %d: %s %s: %w", i+1, entries[i].Effect, entries[i].Payment, err)
			a.faults = append(a.faults, err)
			if len(a.faults) == maxFaults {
				break
			}
		}
	}
	return a.positions, errors.Join(a.faults...)
}

// auditor is an audit under way.
type auditor struct {
	positions map[string]Position
	keys      map[string]bool
	bookings  map[string]bool
	faults    []error
}

// The faults of a ledger.
var (
	errAuditKey     = errors.New("the key stands there before")
	errAuditBooking = errors.New("the booking has another payment")
	errAuditFirst   = errors.New("the payment stands there before")
	errAuditNone    = errors.New("the payment was not authorised")
	errAuditTwice   = errors.New("there is nothing left of it")
	errAuditOther   = errors.New("event, booking, amount or currency is another")
)

// entry adds an entry; one with a fault does not count.
func (a *auditor) entry(e *Entry) error {
	if a.keys[e.Key] {
		return errAuditKey
	}
	a.keys[e.Key] = true
	p, known := a.positions[e.Payment]
	if e.Effect == EffectAuthorised || e.Effect == EffectDeclined {
		if known {
			return errAuditFirst
		}
		return a.first(e)
	}
	switch {
	case !known || p.Authorised == 0:
		return errAuditNone
	case p.Event != e.Event || p.Booking != e.Booking || p.Currency != e.Currency || p.Authorised != e.Amount:
		return errAuditOther
	}
	switch e.Effect {
	case EffectCaptured:
		if p.Reserved() != e.Amount {
			return errAuditTwice
		}
		p.Captured = e.Amount
	case EffectVoided:
		if p.Reserved() != e.Amount {
			return errAuditTwice
		}
		p.Voided = e.Amount
	case EffectRefunded:
		if p.Taken() != e.Amount {
			return errAuditTwice
		}
		p.Refunded = e.Amount
	}
	a.positions[e.Payment] = p
	return nil
}

// first adds the first entry of a payment.
func (a *auditor) first(e *Entry) error {
	if a.bookings[e.Booking] && e.Booking != "" {
		return errAuditBooking
	}
	a.bookings[e.Booking] = true
	p := Position{Event: e.Event, Booking: e.Booking, Currency: e.Currency, Reason: e.Reason}
	if e.Effect == EffectAuthorised {
		p.Authorised = e.Amount
	}
	a.positions[e.Payment] = p
	return nil
}
