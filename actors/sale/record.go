package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/waitroom"
)

// Record is a committed fact. Records are complete: applying the same records to
// an empty State gives the same State, whatever the code that decided them.
// A record is immutable once made: state and answers share its memory.
type Record interface{ record() }

// EventDefined makes the event or replaces its description.
type EventDefined struct {
	At    catalog.Time
	Event *catalog.Event
	Key   Key
}

// EventRemoved removes the event; its versions go on.
type EventRemoved struct {
	At  catalog.Time
	Key Key
}

// HoldPlaced locks tickets until the hold's ExpiresAt.
type HoldPlaced struct {
	At   catalog.Time
	Hold Hold
	Key  Key
}

// HoldChanged is a hold after an extension or a swap.
type HoldChanged struct {
	At   catalog.Time
	Hold Hold
	Key  Key
}

// HoldEnded frees a hold's tickets.
type HoldEnded struct {
	At      catalog.Time
	ID      ID
	Expired bool // its time was over; else it was released
	Key     Key
}

// PaymentStarted locks the booking's tickets until its payment is decided: this
// lock does not expire.
type PaymentStarted struct {
	At      catalog.Time
	Booking Booking // Status Pending
	Key     Key
}

// Confirmed says that the payment was authorised and the tickets are sold.
type Confirmed struct {
	At        catalog.Time
	ID        ID
	Provider  string
	PaymentID string
}

// Declined says that the provider refused: the tickets go back to their hold, or
// are free where there was none or its time is over.
type Declined struct {
	At     catalog.Time
	ID     ID
	Reason string
}

// Captured says that the money of a booking was taken.
type Captured struct {
	At catalog.Time
	ID ID
}

// Cancelled frees the tickets of a confirmed booking; a refund is owed.
type Cancelled struct {
	At  catalog.Time
	ID  ID
	Key Key
}

// Refunded says that the money of a cancelled booking went back, or was never
// taken.
type Refunded struct {
	At catalog.Time
	ID ID
}

// Refused keeps a final refusal for its idempotency key.
type Refused struct {
	At      catalog.Time
	Refusal Refusal
	Key     Key
}

// Resumed moves the deadlines of all holds later by Gap milliseconds.
type Resumed struct {
	At  catalog.Time
	Gap int64
}

// QueueOpened fixes the seed of the waiting room's draw, before the first place: so
// nobody who draws it knows who there will be.
type QueueOpened struct {
	At   catalog.Time
	Seed [32]byte // secret until QueueDrawn
}

// PlaceTaken is a new place at the end of the line.
type PlaceTaken struct {
	At    catalog.Time
	ID    ID
	Owner [16]byte // see waitroom.Who; zero: nobody is known
}

// PlacesAdmitted lets the first Count places of the line in. Which those are follows
// from the records before it.
type PlacesAdmitted struct {
	At    catalog.Time
	Count int
}

// PlaceEnded ends a place, waiting or let in. A shopper's holds ended before it.
type PlaceEnded struct {
	At     catalog.Time
	ID     ID
	Reason waitroom.Reason
}

// QueueDrawn mixes those who have joined so far, by the seed, which is public from now
// on. Package waitroom says how, so that anybody can do it again.
type QueueDrawn struct{ At catalog.Time }

// QueueSteered is how people are let in from now on. It is complete: it does not say what
// changed, but how it is.
type QueueSteered struct {
	At              catalog.Time
	MaxActive, Rate int
	Paused, Stopped bool
}

func (*QueueOpened) record()    {}
func (*PlaceTaken) record()     {}
func (*PlacesAdmitted) record() {}
func (*PlaceEnded) record()     {}
func (*QueueDrawn) record()     {}
func (*QueueSteered) record()   {}
func (*EventDefined) record()   {}
func (*EventRemoved) record()   {}
func (*HoldPlaced) record()     {}
func (*HoldChanged) record()    {}
func (*HoldEnded) record()      {}
func (*PaymentStarted) record() {}
func (*Confirmed) record()      {}
func (*Declined) record()       {}
func (*Captured) record()       {}
func (*Cancelled) record()      {}
func (*Refunded) record()       {}
func (*Refused) record()        {}
func (*Resumed) record()        {}
