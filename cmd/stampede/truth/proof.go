package truth

import (
	"fmt"
	"strings"
	"time"
)

// maxLine bounds the body that a proof shows, in bytes.
const maxLine = 400

// withAnswers adds to a proof the answers that granted the holds and bookings of its
// records, where they are not in it already.
func (e *trial) withAnswers(proof []any) []any {
	out, seen := proof, map[*act]bool{}
	for _, x := range proof {
		if a, ok := x.(*act); ok {
			seen[a] = true
		}
	}
	for _, x := range proof {
		r, ok := x.(*record)
		if !ok || r == nil {
			continue
		}
		for _, id := range []string{r.HoldID, r.BookingID} {
			if a := e.grants[id]; a != nil && !seen[a] {
				seen[a] = true
				out = append(out, a)
			}
		}
	}
	return out
}

// line is a thing of a proof as lines of text.
func (e *trial) line(x any) []string {
	switch x := x.(type) {
	case string:
		return []string{x}
	case *record:
		if x != nil {
			return []string{x.String()}
		}
	case *act:
		return []string{e.answer(x.where, x.sent, x.tries)}
	case *try:
		return []string{e.answer(x.where, 0, 1)}
	}
	return nil
}

// answer is a recorded answer as a line of a proof. since is when the first of all
// tries was sent, where there were several.
func (e *trial) answer(where spot, since int64, tries int) string {
	o, err := e.tapes.again(where)
	if err != nil {
		return fmt.Sprintf("recorded, and cannot be read any more: %v", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "answer   %s to %s", statusText(o), o.Op)
	ask := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s %s", name, value)
		}
	}
	switch o.Op {
	case Hold, Join:
	case ReadBooking, Cancel:
		ask("booking", o.ID)
	case ReadPlace, Leave:
		ask("place", o.ID)
	default:
		ask("hold", o.ID)
	}
	if o.Tickets != nil {
		ask("tickets", list(o.Tickets))
	}
	if o.Removed != nil {
		ask("without", list(o.Removed))
	}
	ask("user", o.User)
	ask("key", o.Key)
	fmt.Fprintf(&b, "; sent %s", e.when(o.Sent))
	if tries > 1 {
		fmt.Fprintf(&b, " (%d tries since %s)", tries, e.when(since))
	}
	fmt.Fprintf(&b, ", answered %s", e.when(o.Received))
	if o.Version != 0 {
		fmt.Fprintf(&b, ", version %d", o.Version)
	}
	if o.Replayed {
		b.WriteString(", a stored answer")
	}
	if o.RequestID != "" {
		fmt.Fprintf(&b, ", request id %s", o.RequestID)
	}
	if len(o.Body) > maxLine {
		fmt.Fprintf(&b, ": %s…", o.Body[:maxLine])
	} else if len(o.Body) > 0 {
		fmt.Fprintf(&b, ": %s", o.Body)
	}
	return b.String()
}

// statusText is what came back, in a word.
func statusText(o *Observation) string {
	switch {
	case o.Unsent:
		return "none (no connection)"
	case o.Status == 0:
		return "none (the outcome is not known)"
	}
	return fmt.Sprint(o.Status)
}

// when is a time of a recording, as seconds since the first request.
func (e *trial) when(ns int64) string {
	return fmt.Sprintf("%.6f s", float64(ns-e.judge.acts.span)/1e9)
}

// clock is a time of a history.
func clock(ms int64) string { return time.UnixMilli(ms).UTC().Format("15:04:05.000") }

// list is tickets as people read them.
func list(tickets []string) string {
	if len(tickets) > 8 {
		return fmt.Sprintf("%s and %d more", strings.Join(tickets[:8], ","), len(tickets)-8)
	}
	return strings.Join(tickets, ",")
}
