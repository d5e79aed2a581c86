package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// The answers of the contract: the members that the checks compare. Members that
// are not named here are not looked at.
type (
	bookingDoc struct {
		ID          string          `json:"id"`
		EventID     string          `json:"eventId"`
		Status      string          `json:"status"`
		Tickets     json.RawMessage `json:"tickets"`
		Total       json.RawMessage `json:"total"`
		Payment     paymentDoc      `json:"payment"`
		ConfirmedAt string          `json:"confirmedAt"`
	}
	paymentDoc struct {
		ID       string `json:"id"`
		Provider string `json:"provider"`
	}
	holdDoc struct {
		ID        string          `json:"id"`
		EventID   string          `json:"eventId"`
		Tickets   json.RawMessage `json:"tickets"`
		Total     json.RawMessage `json:"total"`
		ExpiresAt string          `json:"expiresAt"`
	}
	seatMapDoc struct {
		EventID string `json:"eventId"`
		Tickets []struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"tickets"`
	}
	viewDoc struct {
		ID           string `json:"id"`
		Availability struct {
			Total     int `json:"total"`
			Available int `json:"available"`
			Held      int `json:"held"`
			Booked    int `json:"booked"`
		} `json:"availability"`
	}
)

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

// sameBooking says how two answers about one booking differ; "" where they agree.
// The payment moves on by itself, and a pending booking comes to its end.
func sameBooking(first, now []byte) string {
	var a, b bookingDoc
	if err := unmarshalBoth(first, now, &a, &b); err != nil {
		return err.Error()
	}
	switch {
	case a.ID != b.ID || a.EventID != b.EventID:
		return fmt.Sprintf("id %s of %s is now %s of %s", a.ID, a.EventID, b.ID, b.EventID)
	case a.Status != b.Status && a.Status != "pending":
		return fmt.Sprintf("status %s is now %s", a.Status, b.Status)
	case !sameJSON(a.Tickets, b.Tickets):
		return fmt.Sprintf("tickets %s are now %s", a.Tickets, b.Tickets)
	case !sameJSON(a.Total, b.Total):
		return fmt.Sprintf("total %s is now %s", a.Total, b.Total)
	case a.Status != "pending" && (a.ConfirmedAt != b.ConfirmedAt || a.Payment != b.Payment):
		return fmt.Sprintf("confirmation %s %v is now %s %v", a.ConfirmedAt, a.Payment, b.ConfirmedAt, b.Payment)
	}
	return ""
}

// sameHold says how two answers about one hold differ; "" where they agree.
func sameHold(first, now []byte) string {
	var a, b holdDoc
	if err := unmarshalBoth(first, now, &a, &b); err != nil {
		return err.Error()
	}
	if a.ID != b.ID || a.EventID != b.EventID || a.ExpiresAt != b.ExpiresAt ||
		!sameJSON(a.Tickets, b.Tickets) || !sameJSON(a.Total, b.Total) {
		return fmt.Sprintf("%s is now %s", first, now)
	}
	return ""
}

// unmarshalBoth reads two documents of one form.
func unmarshalBoth[T any](x, y []byte, a, b *T) error {
	if err := json.Unmarshal(x, a); err != nil {
		return fmt.Errorf("read the first answer: %w", err)
	}
	if err := json.Unmarshal(y, b); err != nil {
		return fmt.Errorf("read the later answer: %w", err)
	}
	return nil
}

// sameJSON compares two values without regard to white space.
func sameJSON(x, y json.RawMessage) bool {
	if bytes.Equal(x, y) {
		return true
	}
	var a, b bytes.Buffer
	return json.Compact(&a, x) == nil && json.Compact(&b, y) == nil && bytes.Equal(a.Bytes(), b.Bytes())
}
