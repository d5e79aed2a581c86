package importer

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// shownRefusals bounds the refusals that a Report keeps and prints. All of them go
// to its log, where it has one.
const shownRefusals = 20

// maxReasons bounds the reasons that are counted one by one; a server's reasons
// are not ours to bound.
const maxReasons = 100

// Report counts what became of the events of an import. It is not safe for
// concurrent use.
type Report struct {
	Read      int // events read
	Accepted  int // stored, or as they were
	Created   int // of Accepted: new events
	Unchanged int // of Accepted: as they were
	Refused   int

	reasons map[string]int
	first   []Line
	mends   [mendCount]int
	log     *json.Encoder // nil: none
	err     error         // of the log
}

// Line is a line of a report's log: an event that was refused or mended.
type Line struct {
	File    string   `json:"file"`
	Line    int      `json:"line"`
	ID      string   `json:"id,omitempty"`
	Refused string   `json:"refused,omitempty"` // the reason
	Detail  string   `json:"detail,omitempty"`
	Mended  []string `json:"mended,omitempty"`
}

// NewReport is an empty report. Where log is not nil, every refused and every
// mended event is written to it, a Line of JSON each.
func NewReport(log io.Writer) *Report {
	r := &Report{reasons: make(map[string]int)}
	if log != nil {
		r.log = json.NewEncoder(log)
		r.log.SetEscapeHTML(false)
	}
	return r
}

// Add counts an event that was read: its mends and, where it is refused already,
// the refusal.
func (r *Report) Add(item Item) {
	r.Read++
	if item.Refused != nil {
		r.Refuse(Line{item.File, item.Line, item.ID, item.Refused.Reason, item.Refused.Detail, nil})
		return
	}
	if item.Mended == 0 {
		return
	}
	line := Line{File: item.File, Line: item.Line, ID: item.ID}
	for m := range item.Mended.All() {
		r.mends[m]++
		if r.log != nil {
			line.Mended = append(line.Mended, m.String())
		}
	}
	r.write(line)
}

// Refuse counts a refused event.
func (r *Report) Refuse(line Line) {
	r.Refused++
	reason := line.Refused
	if _, known := r.reasons[reason]; !known && len(r.reasons) >= maxReasons {
		reason = "others"
	}
	r.reasons[reason]++
	if len(r.first) < shownRefusals {
		r.first = append(r.first, line)
	}
	r.write(line)
}

func (r *Report) write(line Line) {
	if r.log != nil && r.err == nil {
		r.err = r.log.Encode(line)
	}
}

// Err is the first error of writing the log.
func (r *Report) Err() error { return r.err }

// Mended is how many events had a mend.
func (r *Report) Mended(m Mend) int { return r.mends[m] }

// Reasons is how many events were refused, by reason.
func (r *Report) Reasons() map[string]int { return maps.Clone(r.reasons) }

// String is the report as it is printed.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d events read: %d accepted (%d of them new, %d unchanged), %d refused\n",
		r.Read, r.Accepted, r.Created, r.Unchanged, r.Refused)
	if r.Refused > 0 {
		b.WriteString("\nrefused, by reason:\n")
		for _, reason := range slices.Sorted(maps.Keys(r.reasons)) {
			fmt.Fprintf(&b, "  %6d  %s\n", r.reasons[reason], reason)
		}
		b.WriteString("\nthe first of them:\n")
		for _, l := range r.first {
			fmt.Fprintf(&b, "  %s:%d %s: %s: %s\n", l.File, l.Line, l.ID, l.Refused, l.Detail)
		}
		if n := r.Refused - len(r.first); n > 0 {
			fmt.Fprintf(&b, "  and %d more\n", n)
		}
	}
	header := "\nmended:\n"
	for m, n := range r.mends {
		if n > 0 {
			fmt.Fprintf(&b, "%s  %6d  %-18s %s\n", header, n, Mend(m), Mend(m).Text())
			header = ""
		}
	}
	return b.String()
}
