package actors

import "errors"

// The ways in which a call ends without an answer from the event; test with
// errors.Is. The first two promise that nothing was done.
var (
	// ErrOverloaded: the event has no slot left for a command of this class, or its
	// answer would come after the deadline; or another bound is reached.
	ErrOverloaded = errors.New("overloaded: nothing was done")
	// ErrUnavailable: no leader, no disk space, draining, or the deadline passed
	// before the command was decided.
	ErrUnavailable = errors.New("unavailable: nothing was done")
	// ErrUnknown: the command was sent to the log and its outcome is not known.
	// Asking again with the same idempotency key tells.
	ErrUnknown = errors.New("outcome unknown")
	// ErrTrimmed: the records asked for are past their retention.
	ErrTrimmed = errors.New("the records are past their retention")
)

// errMoved: this activation has ended, nothing was done; the next one may answer.
var errMoved = errors.New("the event has moved")
