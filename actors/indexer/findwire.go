package indexer

import (
	"errors"
	"fmt"

	"boxoffice/actors"
	"boxoffice/storage/search"

	"github.com/go-json-experiment/json"
)

// A question between nodes is a version byte, a byte of flags, and the query as JSON;
// an answer a version byte, a byte that says what it is, and its JSON. Members are
// named as in package search. A later version may add members, and a reader lets
// unknown ones be; one that changes the meaning of any raises the version byte.
const wireVersion = 1

// onlyCurrent is the flag of a question for a node whose index has caught up.
const onlyCurrent = 1

// The bounds of what another node may send, in bytes.
const (
	maxQuestion = 64 << 10
	maxAnswer   = 64 << 20
)

// The kinds of answers. The numbers are on the wire.
const (
	isAnswer      = 0
	isBuilding    = 1 // the index has not caught up
	isBad         = 2 // *search.BadQuery
	isBudget      = 3 // search.ErrBudget
	isOverloaded  = 4
	isUnavailable = 5 // a failure, or a node without an index; anything unknown counts as this
)

// errBuilding: the node's index is not whole yet, and another's may be.
var errBuilding = fmt.Errorf("%w: the index is being built", actors.ErrUnavailable)

// appendQuestion writes a question.
func appendQuestion(b []byte, flags byte, q any) ([]byte, error) {
	text, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("write a query for another node: %w", err)
	}
	return append(append(b, wireVersion, flags), text...), nil
}

// parseQuestion reads a question.
func parseQuestion(b []byte, q any) (flags byte, err error) {
	switch {
	case len(b) < 2 || len(b) > maxQuestion:
		return 0, fmt.Errorf("a query of %d bytes", len(b))
	case b[0] != wireVersion:
		return 0, fmt.Errorf("a query of version %d", b[0])
	}
	if err := json.Unmarshal(b[2:], q); err != nil {
		return 0, fmt.Errorf("read another node's query: %w", err)
	}
	return b[1], nil
}

// wireError is an error in an answer.
type wireError struct{ At, Detail string }

// appendAnswer writes what a question has led to.
func appendAnswer(b []byte, answer any, err error) []byte {
	kind, body := byte(isAnswer), answer
	if err != nil {
		e := wireError{Detail: err.Error()}
		var bad *search.BadQuery
		switch {
		case errors.As(err, &bad):
			kind, e = isBad, wireError(*bad)
		case errors.Is(err, search.ErrBudget):
			kind = isBudget
		case errors.Is(err, errBuilding):
			kind = isBuilding
		case errors.Is(err, actors.ErrOverloaded):
			kind = isOverloaded
		default:
			kind = isUnavailable
		}
		body = e
	}
	text, err := json.Marshal(body)
	if err != nil { // a number that is none, or a text that is none: of an index gone wrong
		return append(b, wireVersion, isUnavailable, '{', '}')
	}
	return append(append(b, wireVersion, kind), text...)
}

// parseAnswer reads an answer: into out, or as an error.
func parseAnswer(b []byte, out any) error {
	switch {
	case len(b) < 2 || len(b) > maxAnswer:
		return fmt.Errorf("%w: an answer of %d bytes", actors.ErrUnavailable, len(b))
	case b[0] != wireVersion:
		return fmt.Errorf("%w: an answer of version %d", actors.ErrUnavailable, b[0])
	case b[1] == isAnswer:
		if err := json.Unmarshal(b[2:], out); err != nil {
			return fmt.Errorf("%w: read another node's answer: %w", actors.ErrUnavailable, err)
		}
		if page, ok := out.(**search.Page); ok && (*page == nil || len((*page).Live) != len((*page).Hits)) {
			return fmt.Errorf("%w: another node's page does not say what is live of each event", actors.ErrUnavailable)
		}
		return nil
	}
	var e wireError
	_ = json.Unmarshal(b[2:], &e) // without it the kind says enough
	switch b[1] {
	case isBuilding:
		return errBuilding
	case isBad:
		return &search.BadQuery{At: e.At, Detail: e.Detail}
	case isBudget:
		return search.ErrBudget
	case isOverloaded:
		return actors.ErrOverloaded
	}
	return fmt.Errorf("%w: %s", actors.ErrUnavailable, e.Detail)
}
