package search

import "errors"

// BadQuery is a query that makes no sense.
type BadQuery struct {
	At     string // what is wrong, as a parameter of a URL: "?lat"
	Detail string // what is wrong with it
}

// Error implements error.
func (e *BadQuery) Error() string { return "bad query at " + e.At + ": " + e.Detail }

// The errors of an index.
var (
	// ErrBudget: the query takes longer than its deadline.
	ErrBudget = errors.New("the query takes too long")
	// ErrClosed: the index was closed.
	ErrClosed = errors.New("the index is closed")
)

// Stats is what an operator should know.
type Stats struct {
	Events   int
	Segments int
	Bytes    int64
}
