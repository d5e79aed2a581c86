package truth

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// maxShown bounds how many violations of one property are shown; all are counted.
const maxShown = 20

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

// findings is the table of all properties: as a sentence, and what is counted.
var findings = []Finding{
	{Property: OneOwner, Says: "no ticket has two owners", Of: "tickets"},
	{Property: Kept, Says: "what was granted is there", Of: "grants"},
	{Property: Paid, Says: "nobody is charged without a ticket", Of: "bookings"},
	{Property: AllOrNothing, Says: "all tickets or none", Of: "holds, bookings, refusals"},
	{Property: HoldsEnd, Says: "holds end in time", Of: "holds"},
	{Property: InLine, Says: "people are let in as they stand in line", Of: "places"},
	{Property: OneEffect, Says: "a key has one effect", Of: "keys"},
	{Property: InOrder, Says: "versions agree with real time", Of: "answers"},
	{Property: AddsUp, Says: "history, seat map and counts agree", Of: "records"},
	{Property: Linearizable, Says: "the answers have one order", Of: "answers in samples"},
}

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
	// ReadBack is how many granted bookings and live holds of each event are read one
	// by one as well; 0: 1000.
	ReadBack int
	// Samples is how many groups of tickets Linearizable looks at in each event; 0: 100.
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
	Settled      int64       `json:"settled"` // outcomes that were not known until Check asked
	Events       int         `json:"events"`
	Records      int64       `json:"records"` // of all histories
	Seconds      float64     `json:"seconds"` // that the check took
	Findings     []Finding   `json:"findings"`
	Violations   []Violation `json:"violations"` // the first 20 of each property
	Notes        []string    `json:"notes"`      // what a reader should know
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
	Proof    []string `json:"proof"` // records and answers, a line each
}

// newVerdict makes a verdict with a finding for every property.
func newVerdict() *Verdict {
	return &Verdict{Findings: append([]Finding(nil), findings...), Violations: []Violation{}, Notes: []string{}}
}

// finding gives the finding of a property.
func (v *Verdict) finding(p Property) *Finding {
	for i := range v.Findings {
		if v.Findings[i].Property == p {
			return &v.Findings[i]
		}
	}
	panic("truth: no such property: " + string(p))
}

// skip says why a property was not checked, or not wholly.
func (v *Verdict) skip(p Property, why string) {
	if f := v.finding(p); f.Skipped == "" {
		f.Skipped = why
	}
}

// String is a violation as people read it: the sentence, and the proof below it.
func (v *Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (event %s)", v.Property, v.Says, v.Event)
	for _, line := range v.Proof {
		b.WriteString("\n    " + line)
	}
	return b.String()
}

// WriteText writes the verdict for people: a line for each property, then each
// violation with its proof.
func (v *Verdict) WriteText(out io.Writer) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i := range v.Findings {
		f := &v.Findings[i]
		fmt.Fprintf(w, "  %s\t%s\t%d %s\t%s\n", f.mark(), f.Says, f.Checked, f.Of, f.Skipped)
	}
	w.Flush()
	for i := range v.Violations {
		fmt.Fprintf(&b, "  VIOLATION %s\n", v.Violations[i].String())
	}
	for i := range v.Findings {
		if f := &v.Findings[i]; f.Violations > maxShown {
			fmt.Fprintf(&b, "  %d more violations of %s\n", f.Violations-maxShown, f.Property)
		}
	}
	for _, n := range v.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// mark is a finding in one sign.
func (f *Finding) mark() string {
	switch {
	case f.Violations > 0:
		return "✗"
	case f.Checked == 0:
		return "-"
	}
	return "✓"
}
