package search

import "errors"

// BadQuery is a query that cannot be answered, whatever the index holds: it is
// beyond a bound, or its cursor is not one of ours or is of another query.
type BadQuery struct {
	At     string // the parameter of GET /events or GET /suggest: "?after"
	Detail string // what is wrong with it, to go on with after its name
}

// Error is both parts.
func (e *BadQuery) Error() string { return "search: " + e.At + " " + e.Detail }

// What a query can end with besides.
var (
	// ErrBudget: the context's deadline came before the answer. Asking again later,
	// or for less, may do.
	ErrBudget = errors.New("search: the query took longer than it may")
	// ErrClosed: the index was closed.
	ErrClosed = errors.New("search: the index is closed")
)
