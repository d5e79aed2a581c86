package payment

import (
	"errors"
	"fmt"
)

// The wire between Remote and Handler: JSON over HTTP, POST only. What one side
// does not know of the other's members it leaves alone, so that their builds may
// differ.
//
//	/v1/authorise       wireRequest                → wireAnswer
//	/v1/authorise-many  {"requests":[wireRequest]} → {"answers":[wireAnswer]}
//	/v1/capture         wireCharge                 → wireAnswer
//	/v1/capture-many    {"charges":[wireCharge]}   → {"answers":[wireAnswer]}
//	/v1/refund          wireCharge                 → wireAnswer
//
// 200 means that each answer stands in the body. Any other status, and any end of
// the connection, says nothing about what was done.
const (
	pathAuthorise     = "/v1/authorise"
	pathAuthoriseMany = "/v1/authorise-many"
	pathCapture       = "/v1/capture"
	pathCaptureMany   = "/v1/capture-many"
	pathRefund        = "/v1/refund"
	pathHealth        = "/healthz"
)

const (
	// manyMost bounds the requests, or charges, of one call.
	manyMost = 500
	// oneBytes and manyBytes bound a body: a request has six texts of maxText bytes
	// at the most, each byte of which is six of JSON at the worst.
	oneBytes  = 16 << 10
	manyBytes = manyMost * oneBytes
)

// wireRequest is Request.
type wireRequest struct {
	Key      string `json:"key"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Method   string `json:"method"`
	Token    string `json:"token"`
	Event    string `json:"event"`
	Booking  string `json:"booking"`
}

// wireCharge is Charge, and what to refund.
type wireCharge struct {
	Key       string `json:"key"`
	PaymentID string `json:"paymentId"`
}

// wireAnswer is Answer. Error is a code of wireErrors, "later" or "unknown".
type wireAnswer struct {
	PaymentID string `json:"paymentId,omitzero"`
	Declined  bool   `json:"declined,omitzero"`
	Reason    string `json:"reason,omitzero"`
	Error     string `json:"error,omitzero"`
	Detail    string `json:"detail,omitzero"`
}

type (
	wireRequests struct {
		Requests []wireRequest `json:"requests"`
	}
	wireCharges struct {
		Charges []wireCharge `json:"charges"`
	}
	wireAnswers struct {
		Answers []wireAnswer `json:"answers"`
	}
)

// wireErrors are the errors that have a code of their own; for any other it is
// wireUnknown.
var wireErrors = map[string]error{
	"invalid": ErrInvalid, "key-reused": ErrKeyReused, "not-found": ErrNotFound, "state": ErrState, "later": ErrLater,
}

const wireUnknown = "unknown"

// toWire says an answer on the wire.
func toWire(o Outcome, err error) wireAnswer {
	if err == nil {
		return wireAnswer{PaymentID: o.PaymentID, Declined: o.Declined, Reason: o.Reason}
	}
	for code, known := range wireErrors {
		if errors.Is(err, known) {
			return wireAnswer{Error: code, Detail: err.Error()}
		}
	}
	return wireAnswer{Error: wireUnknown, Detail: err.Error()}
}

// answer reads what toWire said. A code that is not known here is not definite.
func (a *wireAnswer) answer() Answer {
	if a.Error == "" {
		return Answer{Outcome: Outcome{PaymentID: a.PaymentID, Declined: a.Declined, Reason: a.Reason}}
	}
	if known, ok := wireErrors[a.Error]; ok {
		return Answer{Err: remoteError{known, a.Detail}}
	}
	return Answer{Err: fmt.Errorf("the provider does not know: %s", a.Detail)}
}

// remoteError is an error that a provider elsewhere has met, in its own words.
type remoteError struct {
	is   error
	text string
}

func (e remoteError) Error() string { return e.text }
func (e remoteError) Unwrap() error { return e.is }
