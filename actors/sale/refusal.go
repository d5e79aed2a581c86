package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// Code says why a command was refused; its text is the code of the HTTP contract.
type Code string

// The codes of refusals.
const (
	EventNotFound      Code = "event-not-found"
	TicketNotFound     Code = "ticket-not-found"
	HoldNotFound       Code = "hold-not-found"
	BookingNotFound    Code = "booking-not-found"
	NotOnSale          Code = "not-on-sale"
	TicketsUnavailable Code = "tickets-unavailable"
	NotEnoughTickets   Code = "not-enough-tickets"
	LimitExceeded      Code = "limit-exceeded"
	HoldExpired        Code = "hold-expired"
	HoldInPayment      Code = "hold-in-payment"
	BookingPending     Code = "booking-pending"
	CardDeclined       Code = "payment-declined"
	KeyReused          Code = "idempotency-key-reused"
	WrongTickets       Code = "invalid-request" // tickets that are not the hold's, or none left
	NotAdmitted        Code = "not-admitted"
	PlaceNotFound      Code = "queue-token-not-found"
	QueueFull          Code = "overloaded" // the waiting room has as many places as there may be
	TooManyKeys        Code = "overloaded" // the bound on stored answers is reached
)

// Refusal is a refused command: a code, and the data that goes with it. It is
// immutable once made.
type Refusal struct {
	Code         Code
	Detail       string         // one sentence, where the code alone does not say it
	Tickets      []TicketStatus // TicketsUnavailable: every one that is taken
	TicketIDs    []string       // TicketNotFound: every one that is unknown
	Alternatives []string       // TicketsUnavailable: a proposal of available tickets
	Limit        int            // LimitExceeded
	Available    int            // NotEnoughTickets
	OnSaleAt     catalog.Time   // NotOnSale, where it is still to come
	Reason       string         // CardDeclined
	Hold         ID             // CardDeclined: the hold that still has the tickets
	ExpiresAt    catalog.Time   // CardDeclined: when that hold ends
}

// TicketStatus is a ticket and why it cannot be had.
type TicketStatus struct {
	ID     string
	Status inventory.Status
}

// Error makes a Refusal an error.
func (r *Refusal) Error() string {
	if r.Detail != "" {
		return string(r.Code) + ": " + r.Detail
	}
	return string(r.Code)
}

// Final reports whether an idempotency key keeps the refusal: 402, 409 and 410
// of the contract are kept, the rest may be tried again.
func (c Code) Final() bool {
	switch c {
	case TicketsUnavailable, NotEnoughTickets, LimitExceeded, HoldExpired, CardDeclined:
		return true
	}
	return false
}
