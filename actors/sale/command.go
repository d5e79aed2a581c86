package sale

import (
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// Command is a wish that State.Decide answers. A command is read, never kept or
// changed, except for its slices, which the records made from it share.
type Command interface{ command() }

// By says who wishes, and under which idempotency key.
type By struct {
	User string // "" is anonymous
	Key  Key    // zero: none
}

// Key is a client's Idempotency-Key as the core sees it: two digests made at the
// edge. ID is of the user, the operation with its path, and the key; Body of the
// request's content. Same ID, same Body: the first answer again. Same ID,
// another Body: KeyReused.
type Key struct {
	ID, Body [16]byte
}

// None reports whether there is no key.
func (k Key) None() bool { return k.ID == [16]byte{} }

// DefineEvent makes the event or replaces its description and inventory. It is
// refused with TicketsUnavailable where it would take away a held or booked
// ticket, or change its price. An identical description changes nothing and
// makes no record.
type DefineEvent struct {
	By    By
	Event *catalog.Event // passed catalog.Check; not changed afterwards
}

// RemoveEvent removes an event that has no held or booked ticket.
type RemoveEvent struct{ By By }

// PlaceHold holds tickets: those of TicketIDs, or, where there are none, the best
// available ones that meet Best. All or nothing.
type PlaceHold struct {
	By        By
	ID        ID // of the hold: random, made at the edge
	Place     ID // of the shopper, where the event has a waiting room
	TicketIDs []string
	Best      inventory.Query
}

// ExtendHold gives a hold its full time again, never beyond its MaxExpiresAt.
type ExtendHold struct {
	By By
	ID ID
}

// SwapHold adds and removes tickets of a hold in one step: all or nothing. At
// least one ticket must remain.
type SwapHold struct {
	By          By
	ID          ID
	Place       ID // of the shopper, where tickets are added and the event has a waiting room
	Add, Remove []string
}

// ReleaseHold gives a hold's tickets back. A hold that is being paid for cannot
// be released (HoldInPayment).
type ReleaseHold struct {
	By By
	ID ID
}

// ShowHold reads a hold.
type ShowHold struct {
	By By
	ID ID
}

// Book starts a booking: of a hold (Hold not zero; TicketIDs, where given, must be
// exactly the hold's), or of free tickets that it locks in the same step.
// A total of zero is confirmed at once, without a payment.
type Book struct {
	By        By
	ID        ID // of the booking: random, made at the edge
	Hold      ID // zero: none
	Place     ID // of the shopper, where the event has a waiting room
	TicketIDs []string
	Method    string // "card"
	Token     string // the payment provider's token, never a card number
}

// ShowBooking reads a booking.
type ShowBooking struct {
	By By
	ID ID
}

// CancelBooking frees the tickets of a confirmed booking and has its money given
// back. Cancelling again gives the same answer.
type CancelBooking struct {
	By By
	ID ID
}

// SettlePayment is the payer's news of a booking's Task. News that the booking no
// longer waits for (a repeat after a crash) changes nothing.
type SettlePayment struct {
	Booking   ID
	Task      Task
	Declined  bool   // only with Authorise
	Reason    string // of a decline: the provider's code
	Provider  string
	PaymentID string
}

// JoinQueue takes a place in the event's waiting room. Whoever has one is shown it: a
// user has at most one, and where no user is known, an idempotency key has. While
// there is room and nobody waits, the place is let in at once. An event without a
// waiting room lets everybody in, and keeps nothing.
type JoinQueue struct {
	By   By
	ID   ID       // the token: random, made at the edge
	Seed [32]byte // random, made at the edge: the draw's, if this is the first place
}

// ShowPlace reads a place. Its owner has been seen by that.
type ShowPlace struct {
	By By
	ID ID
}

// SeePlaces says that the owners of places are still there, and reads the places: it
// is for who has shown before that he may, as the owners' sockets have. It makes no
// record, and is not part of what a log restores: see package waitroom.
type SeePlaces struct{ IDs []ID }

// LeaveQueue gives a place up, and what is held under it. BookingPending where a
// payment is undecided.
type LeaveQueue struct {
	By By
	ID ID
}

// ShowQueue reads how the waiting room does.
type ShowQueue struct{}

// SteerQueue changes how people are let in, from now on. A member that is nil stays as
// it is.
type SteerQueue struct {
	MaxActive *int  // shoppers at a time; those who are in stay
	Rate      *int  // admissions a minute; 0: no bound
	Paused    *bool // nobody is let in
	Stopped   *bool // no new hold either; payments of holds go on
}

// ShowNews reads what happened after a version.
type ShowNews struct{ Since uint64 }

// ShowTickets reads the state of every ticket.
type ShowTickets struct{}

// ShowEvent reads the description of the event.
type ShowEvent struct{}

// Tick ends the holds whose time has come and forgets idempotency keys that are
// older than KeyRetention.
type Tick struct{}

// Resume is the first command of an activation: the log had no owner between
// From and To, and the deadlines of holds move later by as much of that as lies
// after the state's time, so that no hold ends early by a gap or by another
// machine's clock. It makes a record only where a hold is alive and Now() < To:
// Gap = To - max(From, Now()).
type Resume struct{ From, To catalog.Time }

func (*DefineEvent) command()   {}
func (*RemoveEvent) command()   {}
func (*PlaceHold) command()     {}
func (*ExtendHold) command()    {}
func (*SwapHold) command()      {}
func (*ReleaseHold) command()   {}
func (*ShowHold) command()      {}
func (*Book) command()          {}
func (*ShowBooking) command()   {}
func (*CancelBooking) command() {}
func (*SettlePayment) command() {}
func (*JoinQueue) command()     {}
func (*ShowPlace) command()     {}
func (*SeePlaces) command()     {}
func (*LeaveQueue) command()    {}
func (*ShowQueue) command()     {}
func (*SteerQueue) command()    {}
func (*ShowNews) command()      {}
func (*ShowTickets) command()   {}
func (*ShowEvent) command()     {}
func (*Tick) command()          {}
func (*Resume) command()        {}
