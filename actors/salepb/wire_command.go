package salepb

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
)

// The kinds of a command on the wire.
const (
	wireDefineEvent uint8 = iota + 1
	wireRemoveEvent
	wirePlaceHold
	wireExtendHold
	wireSwapHold
	wireReleaseHold
	wireShowHold
	wireBook
	wireShowBooking
	wireCancelBooking
	wireShowTickets
	wireShowEvent
	wireJoinQueue
	wireShowPlace
	wireSeePlaces
	wireLeaveQueue
	wireShowQueue
	wireSteerQueue
	wireShowNews
)

// wireCommand is all that commands have, one after the other: most of it is the
// same in many of them.
type wireCommand struct {
	kind          uint8
	by            sale.By
	id, hold      sale.ID
	tickets, less []string // to hold, book or add; to remove
	best          inventory.Query
	method, token string
	event         *catalog.Event
	place         sale.ID
	places        []sale.ID
	seed          [32]byte
	steer         sale.SteerQueue
	since         uint64
}

// flatten is a command in the form in which it is written.
func flatten(c sale.Command) wireCommand {
	switch c := c.(type) {
	case *sale.DefineEvent:
		return wireCommand{kind: wireDefineEvent, by: c.By, event: c.Event}
	case *sale.RemoveEvent:
		return wireCommand{kind: wireRemoveEvent, by: c.By}
	case *sale.PlaceHold:
		return wireCommand{kind: wirePlaceHold, by: c.By, id: c.ID, tickets: c.TicketIDs, best: c.Best, place: c.Place}
	case *sale.ExtendHold:
		return wireCommand{kind: wireExtendHold, by: c.By, id: c.ID}
	case *sale.SwapHold:
		return wireCommand{kind: wireSwapHold, by: c.By, id: c.ID, tickets: c.Add, less: c.Remove, place: c.Place}
	case *sale.ReleaseHold:
		return wireCommand{kind: wireReleaseHold, by: c.By, id: c.ID}
	case *sale.ShowHold:
		return wireCommand{kind: wireShowHold, by: c.By, id: c.ID}
	case *sale.Book:
		return wireCommand{kind: wireBook, by: c.By, id: c.ID, hold: c.Hold, tickets: c.TicketIDs,
			method: c.Method, token: c.Token, place: c.Place}
	case *sale.ShowBooking:
		return wireCommand{kind: wireShowBooking, by: c.By, id: c.ID}
	case *sale.CancelBooking:
		return wireCommand{kind: wireCancelBooking, by: c.By, id: c.ID}
	case *sale.ShowTickets:
		return wireCommand{kind: wireShowTickets}
	case *sale.ShowEvent:
		return wireCommand{kind: wireShowEvent}
	case *sale.JoinQueue:
		return wireCommand{kind: wireJoinQueue, by: c.By, id: c.ID, seed: c.Seed}
	case *sale.ShowPlace:
		return wireCommand{kind: wireShowPlace, by: c.By, id: c.ID}
	case *sale.SeePlaces:
		return wireCommand{kind: wireSeePlaces, places: c.IDs}
	case *sale.LeaveQueue:
		return wireCommand{kind: wireLeaveQueue, by: c.By, id: c.ID}
	case *sale.ShowQueue:
		return wireCommand{kind: wireShowQueue}
	case *sale.SteerQueue:
		return wireCommand{kind: wireSteerQueue, steer: *c}
	case *sale.ShowNews:
		return wireCommand{kind: wireShowNews, since: c.Since}
	}
	panic(fmt.Sprintf("salepb: a command of type %T", c))
}

// command is the way back.
func (w *wireCommand) command() (sale.Command, error) {
	switch w.kind {
	case 0:
		return nil, errEmptyKind
	case wireDefineEvent:
		return &sale.DefineEvent{By: w.by, Event: w.event}, nil
	case wireRemoveEvent:
		return &sale.RemoveEvent{By: w.by}, nil
	case wirePlaceHold:
		return &sale.PlaceHold{By: w.by, ID: w.id, Place: w.place, TicketIDs: w.tickets, Best: w.best}, nil
	case wireExtendHold:
		return &sale.ExtendHold{By: w.by, ID: w.id}, nil
	case wireSwapHold:
		return &sale.SwapHold{By: w.by, ID: w.id, Place: w.place, Add: w.tickets, Remove: w.less}, nil
	case wireReleaseHold:
		return &sale.ReleaseHold{By: w.by, ID: w.id}, nil
	case wireShowHold:
		return &sale.ShowHold{By: w.by, ID: w.id}, nil
	case wireBook:
		return &sale.Book{By: w.by, ID: w.id, Hold: w.hold, Place: w.place, TicketIDs: w.tickets,
			Method: w.method, Token: w.token}, nil
	case wireShowBooking:
		return &sale.ShowBooking{By: w.by, ID: w.id}, nil
	case wireCancelBooking:
		return &sale.CancelBooking{By: w.by, ID: w.id}, nil
	case wireShowTickets:
		return &sale.ShowTickets{}, nil
	case wireShowEvent:
		return &sale.ShowEvent{}, nil
	case wireJoinQueue:
		return &sale.JoinQueue{By: w.by, ID: w.id, Seed: w.seed}, nil
	case wireShowPlace:
		return &sale.ShowPlace{By: w.by, ID: w.id}, nil
	case wireSeePlaces:
		return &sale.SeePlaces{IDs: w.places}, nil
	case wireLeaveQueue:
		return &sale.LeaveQueue{By: w.by, ID: w.id}, nil
	case wireShowQueue:
		return &sale.ShowQueue{}, nil
	case wireSteerQueue:
		return &w.steer, nil
	case wireShowNews:
		return &sale.ShowNews{Since: w.since}, nil
	}
	return nil, fmt.Errorf("command %d is not known: a later version sent it", w.kind)
}

// appendCommand appends a command as a field; nothing for nil.
func appendCommand(b []byte, field protowire.Number, c sale.Command) []byte {
	if c == nil {
		return b
	}
	w := flatten(c)
	b, body := open(b, field)
	b = appendInt(b, 1, w.kind)
	b = appendString(b, 2, w.by.User)
	b = appendID(b, 3, w.by.Key.ID)
	b = appendID(b, 4, w.by.Key.Body)
	b = appendID(b, 5, w.id)
	b = appendID(b, 6, w.hold)
	b = appendStrings(b, 7, w.tickets)
	b = appendStrings(b, 8, w.less)
	b = appendQuery(b, 9, &w.best)
	b = appendString(b, 10, w.method)
	b = appendString(b, 11, w.token)
	b = appendEvent(b, 12, w.event)
	b = appendID(b, 13, w.place)
	b = appendIDs(b, 14, w.places)
	b = appendSeed(b, 15, w.seed)
	b = appendSteer(b, 16, &w.steer)
	b = appendInt(b, 17, w.since)
	return shut(b, body)
}

// decodeCommand reads the body of a command.
func decodeCommand(b []byte, c *sale.Command) (err error) {
	var w wireCommand
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			readStatus(&r, &w.kind, ^uint8(0))
		case 2:
			r.string(&w.by.User)
		case 3:
			r.id(&w.by.Key.ID)
		case 4:
			r.id(&w.by.Key.Body)
		case 5:
			r.id((*[16]byte)(&w.id))
		case 6:
			r.id((*[16]byte)(&w.hold))
		case 7:
			r.strings(&w.tickets)
		case 8:
			r.strings(&w.less)
		case 9:
			readMessage(&r, &w.best, decodeQuery)
		case 10:
			r.string(&w.method)
		case 11:
			r.string(&w.token)
		case 12:
			readPointer(&r, &w.event, decodeEvent)
		case 13:
			r.id((*[16]byte)(&w.place))
		case 14:
			r.ids(&w.places)
		case 15:
			r.seed(&w.seed)
		case 16:
			readMessage(&r, &w.steer, decodeSteer)
		case 17:
			readInt(&r, &w.since)
		}
	}
	if r.err != nil {
		return r.err
	}
	*c, err = w.command()
	return err
}

// appendQuery appends a wish for the best tickets; nothing for the zero one.
func appendQuery(b []byte, field protowire.Number, q *inventory.Query) []byte {
	b, body := open(b, field)
	b = appendInt(b, 1, q.Quantity)
	b = appendString(b, 2, q.Section)
	b = appendInt(b, 3, q.MaxPrice)
	b = appendBool(b, 4, q.Adjacent)
	return shutOrDrop(b, body)
}

// decodeQuery reads the body of it.
func decodeQuery(b []byte, q *inventory.Query) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			readInt(&r, &q.Quantity)
		case 2:
			r.string(&q.Section)
		case 3:
			readInt(&r, &q.MaxPrice)
		case 4:
			r.bool(&q.Adjacent)
		}
	}
	return r.err
}
