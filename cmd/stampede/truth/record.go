package truth

import (
	"encoding/json"
	"fmt"
)

// record is one line of an event's history.
type record struct {
	Version   uint64    `json:"version"`
	At        string    `json:"at"`
	Type      string    `json:"type"`
	HoldID    string    `json:"holdId"`
	BookingID string    `json:"bookingId"`
	User      string    `json:"user"`
	TicketIDs []string  `json:"ticketIds"`
	Total     int64     `json:"total"`
	ExpiresAt string    `json:"expiresAt"`
	Expired   bool      `json:"expired"`
	Code      string    `json:"code"`
	Reason    string    `json:"reason"`
	PaymentID string    `json:"paymentId"`
	Gap       int64     `json:"gapMilliseconds"`
	Token     string    `json:"token"`
	Count     int       `json:"count"`
	MaxActive int       `json:"maxActive"`
	Draw      *drawDoc  `json:"draw"`
	Event     *eventDoc `json:"event"`

	at, expires int64 // At and ExpiresAt in milliseconds since 1970
}

// drawDoc is what is told of a draw.
type drawDoc struct {
	Commitment string `json:"commitment"`
	Seed       string `json:"seed"`
}

// eventDoc is what is judged of an event's definition.
type eventDoc struct {
	WaitingRoom struct {
		Enabled   bool `json:"enabled"`
		MaxActive int  `json:"maxActive"`
	} `json:"waitingRoom"`
}

// readRecord reads a line of a history.
func readRecord(line []byte) (*record, error) {
	r := &record{}
	if err := json.Unmarshal(line, r); err != nil {
		return nil, err
	}
	var err error
	if r.at, err = millis(r.At); err != nil {
		return nil, err
	}
	r.expires, err = millis(r.ExpiresAt)
	r.At, r.ExpiresAt = "", "" // they can be made again
	return r, err
}

// String is the record as a line of a proof.
func (r *record) String() string {
	s := fmt.Sprintf("history  v%d  %s  %s", r.Version, clock(r.at), r.Type)
	add := func(name, value string) {
		if value != "" {
			s += " " + name + " " + value
		}
	}
	add("hold", r.HoldID)
	add("booking", r.BookingID)
	add("user", r.User)
	if r.TicketIDs != nil {
		s += fmt.Sprintf(" tickets %s", list(r.TicketIDs))
	}
	if r.expires != 0 {
		add("until", clock(r.expires))
	}
	add("payment", r.PaymentID)
	add("code", r.Code)
	add("reason", r.Reason)
	add("place", r.Token)
	switch {
	case r.Count > 0:
		s += fmt.Sprintf(" count %d", r.Count)
	case r.Gap > 0:
		s += fmt.Sprintf(" gap %d ms", r.Gap)
	case r.Type == "hold-ended" && r.Expired:
		s += " expired"
	case r.Type == "hold-ended":
		s += " released"
	}
	return s
}
