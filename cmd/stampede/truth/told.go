package truth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"slices"
	"time"
)

// The values of told.Executed.
const (
	executedUnsaid = iota
	executedNo
	executedUnknown
)

// told is what an answer says, as far as it is judged. Which members there are
// depends on the operation and the status.
type told struct {
	ID        string   // hold, booking or place
	Status    string   // of a booking; state of a place
	Tickets   []string // sorted; of a refusal those that are taken
	Total     int64
	ExpiresAt int64 // milliseconds since 1970; 0: none
	Position  int64 // of a place that waits; 0: not told
	Code      string
	Executed  uint8
	Hold      string // payment-declined: the hold that still has the tickets
	Digest    uint64 // of the body
	Bad       string // why it could not be read; "" where it could
}

// answerDoc has the members of every answer that is judged.
type answerDoc struct {
	ID         string          `json:"id"`
	Token      string          `json:"token"`
	Status     json.RawMessage `json:"status"` // a word of a booking, a number of a problem
	State      string          `json:"state"`
	Tickets    json.RawMessage `json:"tickets"`
	TicketIDs  []string        `json:"ticketIds"`
	Total      json.RawMessage `json:"total"`
	ExpiresAt  string          `json:"expiresAt"`
	Position   int64           `json:"position"`
	Code       string          `json:"code"`
	Executed   json.RawMessage `json:"executed"`
	HoldID     string          `json:"holdId"`
	Payment    *paymentDoc     `json:"payment"`
	ConfirmedA string          `json:"confirmedAt"`
}

// paymentDoc is the payment of a booking.
type paymentDoc struct {
	ID       string `json:"id"`
	Provider string `json:"provider"`
}

// digestSeed makes digests of one process comparable.
var digestSeed = maphash.MakeSeed()

// parse reads an observation's answer.
func parse(o *Observation) told {
	t := told{}
	if len(o.Body) == 0 {
		return t
	}
	t.Digest = maphash.Bytes(digestSeed, o.Body)
	var d answerDoc
	if err := json.Unmarshal(o.Body, &d); err != nil {
		if o.Status/100 == 2 {
			t.Bad = err.Error()
		}
		return t
	}
	t.ID, t.Code, t.Hold, t.Position = d.ID+d.Token, d.Code, d.HoldID, d.Position
	t.Executed = readExecuted(d.Executed)
	if o.Status/100 != 2 {
		t.Tickets = slices.Sorted(slices.Values(d.TicketIDs))
		return t
	}
	t.Status = d.State
	if len(d.Status) > 0 && d.Status[0] == '"' {
		t.Status = string(d.Status[1 : len(d.Status)-1])
	}
	var err error
	if d.Tickets != nil {
		if t.Tickets, err = ticketNames(d.Tickets); err != nil {
			t.Bad = err.Error()
		}
	}
	if t.Total, err = amount(d.Total); err != nil {
		t.Bad = "total: " + err.Error()
	}
	if t.ExpiresAt, err = millis(d.ExpiresAt); err != nil {
		t.Bad = err.Error()
	}
	return t
}

// readExecuted reads the member executed of a problem: false or "unknown".
func readExecuted(raw json.RawMessage) uint8 {
	switch string(raw) {
	case "false":
		return executedNo
	case `"unknown"`:
		return executedUnknown
	}
	return executedUnsaid
}

// amount reads money, as an object or a plain number of minor units.
func amount(raw json.RawMessage) (int64, error) {
	if len(raw) == 0 {
		return 0, nil
	}
	if raw[0] != '{' {
		var n int64
		err := json.Unmarshal(raw, &n)
		return n, err
	}
	var m struct {
		Amount int64 `json:"amount"`
	}
	err := json.Unmarshal(raw, &m)
	return m.Amount, err
}

// millis reads a time of the contract; "" is 0.
func millis(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UnixMilli(), err
}

// ticketNames gives the ids in a list of tickets, each an object with an id or
// the id itself, sorted.
func ticketNames(list json.RawMessage) ([]string, error) {
	var names []string
	if json.Unmarshal(list, &names) != nil {
		var objects []struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(list, &objects); err != nil {
			return nil, err
		}
		names = nil
		for _, o := range objects {
			names = append(names, o.ID)
		}
	}
	slices.Sort(names)
	return names, nil
}

// same says how two answers about one hold or booking differ; "" where they agree.
// What moves on by itself is left out: a pending booking comes to its end.
func (t *told) same(now *told) string {
	switch {
	case t.ID != now.ID:
		return fmt.Sprintf("id %s is now %s", t.ID, now.ID)
	case !slices.Equal(t.Tickets, now.Tickets):
		return fmt.Sprintf("tickets %q are now %q", t.Tickets, now.Tickets)
	case t.Total != now.Total:
		return fmt.Sprintf("total %d is now %d", t.Total, now.Total)
	case t.Status != now.Status && t.Status != "pending":
		return fmt.Sprintf("status %s is now %s", t.Status, now.Status)
	}
	return ""
}

// sameConfirmation says how the confirmation of a booking differs between two
// answers; "" where it does not.
func sameConfirmation(first, now []byte) string {
	var a, b answerDoc
	if json.Unmarshal(first, &a) != nil || json.Unmarshal(now, &b) != nil || bytes.Equal(a.Status,
		[]byte(`"pending"`)) {
		return "" // what is wrong with the form is said elsewhere
	}
	if a.Payment == nil || b.Payment == nil {
		return ""
	}
	if a.ConfirmedA != b.ConfirmedA || *a.Payment != *b.Payment {
		return fmt.Sprintf("confirmation %s %v is now %s %v", a.ConfirmedA, *a.Payment, b.ConfirmedA, *b.Payment)
	}
	return ""
}
