package live

import "boxoffice/actors/sale"

// Listener is one socket, or whatever else wants to be told.
type Listener interface {
	// Deliver gives it a frame, to keep and to share. It is called from the hub's
	// goroutines, one call at a time, and must not block: while it does, nobody else who
	// watches the event is told anything. It may be called before WatchSeats or
	// WatchPlace has returned, and once more while stop is called, or shortly after. It
	// may call stop, and no other method of the hub.
	Deliver(f *Frame)
}

// Hub hands what happens to those who watch on this node. Its methods are for any
// goroutine.
type Hub struct{}

// WatchSeats tells l how seats of an event change from now on, until stop. A listener
// gets one Snapshot first where since is 0, else what changed after version since, or
// Resync where that is too old, too much, or not a version of the event at all.
//
// Where nobody on this node watches the event yet, it asks the event's node, and blocks
// until that has answered, at most Config.AskWait. Errors: a *sale.Refusal with
// EventNotFound; actors.ErrOverloaded, where a bound is reached; actors.ErrUnavailable.
// stop may be called more than once, does not block, and is not nil without an error.
func (h *Hub) WatchSeats(event string, since uint64, l Listener) (stop func(), err error) {
	return nil, nil
}

// WatchPlace tells l how a place of an event's waiting room does, until stop. user is who
// asks, as for sale.ShowPlace. A listener gets first how the place is now (Position,
// Admitted, Ended or Expired), whatever since is, and nothing after Ended or Expired but a
// Goodbye. As long as it watches, its owner counts as being there.
//
// It asks the event's node, and blocks until that has answered, at most Config.AskWait.
// Errors: a *sale.Refusal with EventNotFound or, for a token that is unknown or another
// user's, PlaceNotFound; else as for WatchSeats.
func (h *Hub) WatchPlace(event string, token sale.ID, user string, since uint64, l Listener) (stop func(), err error) {
	return nil, nil
}

// Goodbye gives every listener a Goodbye with a retryAfterMs of its own, and nothing
// after it. Whoever watches from then on is served as before: a node that drains keeps
// them out itself.
func (h *Hub) Goodbye() {}
