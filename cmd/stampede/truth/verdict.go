package truth

import (
	"context"
	"errors"
	"time"
)

// Property is the name of one thing that is checked.
type Property string

// The properties, in the order in which a Verdict has them.
const (
	// OneOwner: at no version is a ticket in two holds or bookings, and no two
	// answers gave it to two buyers at one time.
	OneOwner Property = "one-owner"
	// Kept: what was granted is in the history, with the same tickets, price and
	// user, and can be read.
	Kept Property = "kept"
	// Paid: money was taken if and only if a booking is confirmed, once and in full,
	// and given back if and only if it was cancelled. Needs Config.Ledger.
	Paid Property = "paid"
	// AllOrNothing: a hold or booking has all its tickets, a refused one took none
	// and names every ticket that was taken, and no other.
	AllOrNothing Property = "all-or-nothing"
	// HoldsEnd: a hold ends at its time, never before, at most a second later.
	HoldsEnd Property = "holds-end"
	// InLine: places are let in in the order of the line, never more than may shop,
	// and no place that was shown ever grew.
	InLine Property = "in-line"
	// OneEffect: an Idempotency-Key had one effect and one answer.
	OneEffect Property = "one-effect"
	// InOrder: versions agree with real time: what was answered before a request was
	// sent has a lower version than its effect.
	InOrder Property = "in-order"
	// AddsUp: the history is whole, the seat map says what it says, available + held
	// + booked is the number of seats.
	AddsUp Property = "adds-up"
	// Linearizable: samples of the answers have an explanation as one order.
	Linearizable Property = "linearizable"
)

// Config is what Check needs to know.
type Config struct {
	// Server is a base URL, http://HOST:PORT.
	Server string
	// Token is the admin token for the history; "" on loopback.
	Token string
	// Ledger is the file of the sandbox payment provider; "": Paid is not checked.
	Ledger string
	// Events are those that are judged; nil: all that were observed.
	Events []string
	// Shared says that others sold these events too: what no answer explains is then
	// no violation.
	Shared bool
	// Resend asks again for outcomes that are not known, with their keys, and sends
	// this many keys of granted bookings and holds once more; 0: nothing is sent
	// that could change anything.
	Resend int
	// ReadBack is how many granted bookings are read one by one as well; 0: 1000.
	ReadBack int
	// Samples is how many groups of tickets Linearizable looks at; 0: 100.
	Samples int
	// Settle is how long counts, payments and pending bookings may take to come to
	// rest; 0: 15 s.
	Settle time.Duration
	// Timeout is of one request; 0: 15 s.
	Timeout time.Duration
}

// Verdict is what Check found.
type Verdict struct {
	Holds        bool        `json:"holds"` // no violation
	Observations int64       `json:"observations"`
	Unknown      int64       `json:"unknown"` // operations whose outcome was not known at the end
	Events       int         `json:"events"`
	Records      int64       `json:"records"` // of all histories
	Seconds      float64     `json:"seconds"` // that the check took
	Findings     []Finding   `json:"findings"`
	Violations   []Violation `json:"violations"` // the first maxShown of each property
}

// Finding is what came of one property.
type Finding struct {
	Property   Property `json:"property"`
	Says       string   `json:"says"`              // the property as a sentence
	Checked    int64    `json:"checked"`           // things that were looked at
	Of         string   `json:"of"`                // what these are: "bookings"
	Violations int64    `json:"violations"`        // all, also those that are not shown
	Skipped    string   `json:"skipped,omitempty"` // why it was not checked, or not wholly
}

// Violation is one thing that was not true, with its proof.
type Violation struct {
	Property Property `json:"property"`
	Event    string   `json:"event"`
	Says     string   `json:"says"`  // one sentence that names ticket, holds, bookings
	Proof    []string `json:"proof"` // records and answers, a line each, in order of time
}

// String is a violation as people read it: the sentence, and the proof below it.
func (v *Violation) String() string { return v.Says }

// Check judges the recordings against the server. It blocks until everything has
// been read, at most about Settle longer than that takes. An error means that it
// could not judge (the server does not answer, a file cannot be read); a
// Verdict with violations is no error.
func Check(ctx context.Context, cfg Config, files ...string) (*Verdict, error) {
	return nil, errors.ErrUnsupported
}
