package payment

import (
	"context"
	"errors"
	"strings"
)

// Gateway is a payment provider. Every call carries an idempotency key: calling
// again with the same key has no second effect and gives the first outcome. Calls
// block until the provider has answered or ctx ends; they are safe for concurrent
// use. An error means that the outcome is not known, and that the caller asks
// again with the same key until it is; except for those of which IsDefinite is
// true.
type Gateway interface {
	// Name is the provider's name as it stands in bookings.
	Name() string
	// Authorise reserves the amount on the payer's account. A decline is an
	// Outcome, not an error. ErrInvalid, ErrKeyReused: definite, nothing was done.
	Authorise(ctx context.Context, r Request) (Outcome, error)
	// Capture takes what was authorised, all of it, at most once. ErrNotFound: no
	// such payment. ErrState: it was declined, voided or refunded, or captured
	// under another key.
	Capture(ctx context.Context, key, paymentID string) error
	// Refund gives a captured payment back, or voids an authorised one: after nil
	// none of its money is taken or reserved, nor will be. Where that is so
	// already it does nothing. paymentID may be empty where the authorisation's
	// outcome never became known, with a key that RefundKey made: the provider
	// finds the authorisation by AuthKey of the same booking. Where there is none,
	// one that is still on its way is declined when it comes (reason Voided).
	// ErrNotFound: no such payment.
	Refund(ctx context.Context, key, paymentID string) error
}

// Request is what to authorise. All of it counts when a key is used again.
type Request struct {
	Key      string // idempotency key, 1 to 255 bytes: AuthKey of the booking
	Amount   int64  // minor units, > 0
	Currency string // ISO 4217: three letters
	Method   string // "card"
	Token    string // provider's token of the payment method, never a card number
	Event    string // event id and booking id: kept by the provider as metadata
	Booking  string
}

// Outcome is a definite answer of the provider.
type Outcome struct {
	PaymentID string // of a decline too, where the provider gives it one
	Declined  bool
	Reason    string // of a decline: "card_declined", "insufficient_funds", …
}

// Voided is the reason of a decline where the payment was refunded before its
// authorisation came.
const Voided = "voided"

// The definite errors of a Gateway: nothing was done, and asking again gives the
// same. Test with errors.Is, or with IsDefinite for any of them.
var (
	// ErrInvalid is a request that no provider can understand.
	ErrInvalid = errors.New("payment: invalid request")
	// ErrKeyReused is a key that was used before, for something else.
	ErrKeyReused = errors.New("payment: idempotency key reused for something else")
	// ErrNotFound is a payment that the provider does not know.
	ErrNotFound = errors.New("payment: no such payment")
	// ErrState is a payment with which this cannot be done.
	ErrState = errors.New("payment: the state of the payment does not allow it")
)

// IsDefinite reports whether an error of a Gateway is an answer. After any other
// error the outcome is not known, and the call is to be made again.
func IsDefinite(err error) bool {
	return errors.Is(err, ErrInvalid) || errors.Is(err, ErrKeyReused) ||
		errors.Is(err, ErrNotFound) || errors.Is(err, ErrState)
}

// What the keys of a booking begin with.
const (
	authPrefix    = "auth:"
	capturePrefix = "cap:"
	refundPrefix  = "ref:"
)

// AuthKey is the idempotency key of a booking's authorisation. Bookings' ids are
// unique across events, so their keys are too.
func AuthKey(booking string) string { return authPrefix + booking }

// CaptureKey is the idempotency key of a booking's capture.
func CaptureKey(booking string) string { return capturePrefix + booking }

// RefundKey is the idempotency key of a booking's refund, or of its void.
func RefundKey(booking string) string { return refundPrefix + booking }

// authKeyOf is the key of the authorisation that a refund's key belongs to; false
// for a key that RefundKey did not make.
func authKeyOf(refundKey string) (string, bool) {
	booking, ok := strings.CutPrefix(refundKey, refundPrefix)
	return AuthKey(booking), ok && booking != ""
}
