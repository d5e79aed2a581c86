package main

// kind is what a request is for: latencies and statuses are counted by kind.
type kind int

// The kinds of requests.
const (
	viewKind kind = iota
	ticketsKind
	holdKind
	releaseKind
	bookKind
	joinKind
	searchKind
	kinds // how many there are
)

// String is the kind as reports and ledgers name it.
func (k kind) String() string {
	return [...]string{"view", "tickets", "hold", "release", "book", "join", "search"}[k]
}
