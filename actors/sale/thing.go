package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// ID names a hold or a booking: 128 random bits, unguessable. Zero means none.
type ID [16]byte

// IsZero reports whether the id is none.
func (id ID) IsZero() bool { return id == ID{} }

// String is the id in 22 characters of unpadded base64url, as clients see it.
func (id ID) String() string { return idText.EncodeToString(id[:]) }

// Hold is tickets locked for a while. A Hold is immutable: a change makes a new
// one, so readers on other goroutines may keep it.
type Hold struct {
	ID           ID
	User         string
	TicketIDs    []string
	Total        int64 // minor units
	PlacedAt     catalog.Time
	ExpiresAt    catalog.Time
	MaxExpiresAt catalog.Time
	Paying       ID // the booking that is being paid for it; zero: none
	Place        ID // of the shopper; zero: the event had no waiting room

	seats []inventory.Ticket // TicketIDs in the current plan
}

// BookingStatus is where a booking stands.
type BookingStatus uint8

// The statuses of a booking.
const (
	Pending          BookingStatus = iota + 1 // its payment is undecided
	BookingConfirmed                          // sold
	BookingDeclined                           // the provider refused
	BookingCancelled                          // cancelled, the refund is under way
	BookingRefunded                           // cancelled, the money is back
)

// PaymentStatus is where the money of a booking is.
type PaymentStatus uint8

// The statuses of a payment.
const (
	Unpaid PaymentStatus = iota
	Authorised
	PaymentCaptured
	PaymentDeclined
	PaymentRefunded
)

// Task is what the payer owes a booking.
type Task uint8

// The payer's tasks.
const (
	NoTask Task = iota
	Authorise
	Capture
	Refund // or void, where nothing was captured
)

// Booking is tickets sold, or on their way to it. A Booking is immutable, as a
// Hold is.
type Booking struct {
	ID          ID
	Hold        ID // zero: booked without a hold
	Place       ID // of the shopper; zero: the event had no waiting room
	User        string
	TicketIDs   []string
	Total       int64
	Status      BookingStatus
	Payment     PaymentStatus
	Method      string
	Token       string
	Provider    string // "none" for a total of zero
	PaymentID   string
	Reason      string // of a decline
	StartedAt   catalog.Time
	ConfirmedAt catalog.Time
	EndedAt     catalog.Time // of a decline or cancellation

	seats []inventory.Ticket
}

// Task is what the payer owes the booking now.
func (b *Booking) Task() Task {
	switch {
	case b.Status == Pending:
		return Authorise
	case b.Status == BookingConfirmed && b.Payment == Authorised:
		return Capture
	case b.Status == BookingCancelled && b.Payment != PaymentRefunded:
		return Refund
	}
	return NoTask
}

// Answer is what the sender of a command is told: a Refusal, or what the command
// asked for as of Version. All it points to is immutable.
type Answer struct {
	Version   uint64 // of the event that the answer reflects
	Replayed  bool   // the stored answer of an idempotency key
	Refusal   *Refusal
	Event     *catalog.Event
	Created   bool // DefineEvent: the event is new
	Unchanged bool // DefineEvent, JoinQueue: it was so already, nothing was recorded
	Plan      *inventory.Plan
	Hold      *Hold
	Booking   *Booking
	Tickets   *inventory.Snapshot
	Place     *Place
	Queue     *Queue
	Places    []Place // SeePlaces: one for each; ShowNews: those that moved, with ID, State, Reason and Until
	News      *News
}
