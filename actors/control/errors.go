package control

import (
	"errors"
	"fmt"
)

// ErrUnavailable: nobody could be asked in time, or it did not finish in time. What
// was begun may go on; asking again is harmless.
var ErrUnavailable = errors.New("the cluster cannot do that now")

// errElsewhere: the asked node does not run the controller.
var errElsewhere = errors.New("the controller runs elsewhere")

// wireError is an error as it travels.
type wireError struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// The codes of errors that a caller tells apart; others are only text.
const (
	codeUnknownNode = "unknown-node" // Text: the node
	codeUnsafe      = "unsafe"       // Text: the reason
	codeUnavailable = "unavailable"
	codeElsewhere   = "elsewhere"
	codeOther       = "other"
)

// toWire is the error for the wire; nil for nil.
func toWire(err error) *wireError {
	var (
		unknown UnknownNodeError
		unsafe  UnsafeError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown):
		return &wireError{codeUnknownNode, unknown.Node}
	case errors.As(err, &unsafe):
		return &wireError{codeUnsafe, unsafe.Reason}
	case errors.Is(err, errElsewhere):
		return &wireError{codeElsewhere, ""}
	case errors.Is(err, ErrUnavailable):
		return &wireError{codeUnavailable, err.Error()}
	default:
		return &wireError{codeOther, err.Error()}
	}
}

// fromWire is the error that came by wire; nil for nil. One of a later version is
// ErrUnavailable with its text.
func fromWire(e *wireError) error {
	switch {
	case e == nil:
		return nil
	case e.Code == codeUnknownNode:
		return UnknownNodeError{Node: e.Text}
	case e.Code == codeUnsafe:
		return UnsafeError{Reason: e.Text}
	case e.Code == codeElsewhere:
		return errElsewhere
	case e.Code == codeUnavailable:
		return remoteError{e.Text}
	default:
		return fmt.Errorf("%w: %s", ErrUnavailable, e.Text)
	}
}

// remoteError is an ErrUnavailable of another node, whose text says so already.
type remoteError struct{ text string }

// Error implements error.
func (e remoteError) Error() string { return e.text }

// Is implements the interface of errors.Is.
func (e remoteError) Is(target error) bool { return target == ErrUnavailable }
