package cluster

import (
	"errors"
	"fmt"
)

// How a call can fail. All but ErrLost mean that it was not carried out, and will
// not be.
var (
	// ErrUnreachable: it was not delivered.
	ErrUnreachable = errors.New("the node cannot be reached")
	// ErrLost: it was sent, and the answer will not come. It may have been carried out.
	ErrLost = errors.New("the node's answer was lost")
	// ErrBusy: a bound was reached, here or there.
	ErrBusy = errors.New("too many calls between nodes")
	// ErrUnknownKind: the node does not know such calls (yet, or any more).
	ErrUnknownKind = errors.New("the node does not know this kind of call")
	// ErrTooLarge: the body has more than MaxBody bytes.
	ErrTooLarge = errors.New("the message is too large for a call")
	// ErrNoLeader: it is not known who leads the shard.
	ErrNoLeader = errors.New("the shard has no known leader")
)

// The ways in which a call gets to one of the above. They are values, not made at
// each call.
var (
	errStopped     = fmt.Errorf("%w: this node has stopped", ErrUnreachable)
	errUnknownNode = fmt.Errorf("%w: it is not a member", ErrUnreachable)
	errDown        = fmt.Errorf("%w: it is down", ErrUnreachable)
	errNoLink      = fmt.Errorf("%w: no connection", ErrUnreachable)
	errSilent      = fmt.Errorf("%w: nothing was heard of it for a while", ErrUnreachable)
	errNotSent     = fmt.Errorf("%w: the deadline passed before it was sent", ErrUnreachable)
	errTooLate     = fmt.Errorf("%w: it arrived after its deadline", ErrUnreachable)
	errVersion     = fmt.Errorf("%w: it speaks another version", ErrUnknownKind)
	errDeadline    = fmt.Errorf("%w: the deadline passed", ErrLost)
	errCut         = fmt.Errorf("%w: the connection ended", ErrLost)
	errPanicked    = fmt.Errorf("%w: its handler failed", ErrLost)
	errAnswerSize  = fmt.Errorf("%w: it was too large", ErrLost)
)

// A status says in a reply how a request ended. The numbers are on the wire.
type status uint8

const (
	statusOK         status = 0
	statusBusy       status = 1
	statusKind       status = 2
	statusVersion    status = 3
	statusLate       status = 4
	statusPanicked   status = 5
	statusAnswerSize status = 6
)

// err is what the caller gets. A status of a later version is an answer that this
// node cannot read: lost.
func (s status) err() error {
	switch s {
	case statusOK:
		return nil
	case statusBusy:
		return ErrBusy
	case statusKind:
		return ErrUnknownKind
	case statusVersion:
		return errVersion
	case statusLate:
		return errTooLate
	case statusPanicked:
		return errPanicked
	case statusAnswerSize:
		return errAnswerSize
	}
	return ErrLost
}
