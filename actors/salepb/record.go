package salepb

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

// format is the newest format that is read here, and the one that is written.
// Zero takes no room: the field is absent.
const format = 0

// The field numbers of the kinds of a record.
const (
	eventDefined protowire.Number = iota + 5
	eventRemoved
	holdPlaced
	holdChanged
	holdEnded
	paymentStarted
	confirmed
	declined
	captured
	cancelled
	refunded
	refused
	resumed
	queueOpened
	placeTaken
	placesAdmitted
	placeEnded
	queueDrawn
	queueSteered
)

// sharedFields is the first number of the fields that later versions may add to
// all records; new kinds are numbered below it.
const sharedFields = 1000

var (
	errNoKind   = errors.New("a record without a kind")
	errTwoKinds = errors.New("a record of two kinds")
)

// AppendRecord appends a record's bytes and returns the extended slice. It
// allocates only where dst has no room.
func AppendRecord(dst []byte, r sale.Record) []byte {
	b := dst
	var body int
	switch r := r.(type) {
	case *sale.EventDefined:
		b, body = open(appendAtKey(b, 2, r.At, r.Key), eventDefined)
		b = appendEvent(b, 1, r.Event)
	case *sale.EventRemoved:
		b, body = open(appendAtKey(b, 2, r.At, r.Key), eventRemoved)
	case *sale.HoldPlaced:
		b, body = open(appendAtKey(b, 2, r.At, r.Key), holdPlaced)
		b = appendHold(b, 1, &r.Hold)
	case *sale.HoldChanged:
		b, body = open(appendAtKey(b, 2, r.At, r.Key), holdChanged)
		b = appendHold(b, 1, &r.Hold)
	case *sale.HoldEnded:
		b, body = open(appendAtKey(b, 2, r.At, r.Key), holdEnded)
		b = appendID(b, 1, r.ID)
		b = appendBool(b, 2, r.Expired)
	case *sale.PaymentStarted:
		b, body = open(appendAtKey(b, 2, r.At, r.Key), paymentStarted)
		b = appendBooking(b, 1, &r.Booking)
	case *sale.Confirmed:
		b, body = open(appendInt(b, 2, r.At), confirmed)
		b = appendID(b, 1, r.ID)
		b = appendString(b, 2, r.Provider)
		b = appendString(b, 3, r.PaymentID)
	case *sale.Declined:
		b, body = open(appendInt(b, 2, r.At), declined)
		b = appendID(b, 1, r.ID)
		b = appendString(b, 2, r.Reason)
	case *sale.Captured:
		b, body = open(appendInt(b, 2, r.At), captured)
		b = appendID(b, 1, r.ID)
	case *sale.Cancelled:
		b, body = open(appendAtKey(b, 2, r.At, r.Key), cancelled)
		b = appendID(b, 1, r.ID)
	case *sale.Refunded:
		b, body = open(appendInt(b, 2, r.At), refunded)
		b = appendID(b, 1, r.ID)
	case *sale.Refused:
		b, body = open(appendAtKey(b, 2, r.At, r.Key), refused)
		b = appendRefusal(b, 1, &r.Refusal)
	case *sale.Resumed:
		b, body = open(appendInt(b, 2, r.At), resumed)
		b = appendInt(b, 1, r.Gap)
	default:
		b, body = appendQueueRecord(b, r)
	}
	return shut(b, body)
}

// DecodeRecord reads a record. The record keeps no part of b. A kind of record
// that this version does not know is an error that gives its number.
func DecodeRecord(b []byte) (sale.Record, error) {
	var (
		h       head
		body    []byte
		kind    protowire.Number
		unknown protowire.Number
	)
	r := reader{b: b}
	for r.next() {
		switch {
		case r.num == 1:
			r.format()
		case r.num == 2:
			readInt(&r, &h.at)
		case r.num == 3:
			r.id(&h.key.ID)
		case r.num == 4:
			r.id(&h.key.Body)
		case r.num >= eventDefined && r.num <= queueSteered:
			if kind != 0 {
				r.fail(errTwoKinds)
			} else if r.is(protowire.BytesType) {
				kind, body = r.num, r.value
			}
		case unknown == 0 && r.num < sharedFields:
			unknown = r.num
		}
	}
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("decode record: %w", r.err)
	case kind == 0 && unknown != 0:
		return nil, fmt.Errorf("decode record: kind %d is not known: a later version wrote it", unknown)
	case kind == 0:
		return nil, fmt.Errorf("decode record: %w", errNoKind)
	}
	rec, err := h.decode(kind, body)
	if err != nil {
		return nil, fmt.Errorf("decode record of kind %d: %w", kind, err)
	}
	return rec, nil
}

// head is what all records have.
type head struct {
	at  catalog.Time
	key sale.Key
}

// decode reads what follows the head; kind is one of ours.
func (h head) decode(kind protowire.Number, b []byte) (sale.Record, error) {
	switch kind {
	case eventDefined:
		v := &sale.EventDefined{At: h.at, Key: h.key}
		return v, decodeFirst(b, &v.Event, decodeEventPointer)
	case eventRemoved:
		return &sale.EventRemoved{At: h.at, Key: h.key}, skip(b)
	case holdPlaced:
		v := &sale.HoldPlaced{At: h.at, Key: h.key}
		return v, decodeFirst(b, &v.Hold, decodeHold)
	case holdChanged:
		v := &sale.HoldChanged{At: h.at, Key: h.key}
		return v, decodeFirst(b, &v.Hold, decodeHold)
	case holdEnded:
		v := &sale.HoldEnded{At: h.at, Key: h.key}
		return v, decodeHoldEnded(b, v)
	case paymentStarted:
		v := &sale.PaymentStarted{At: h.at, Key: h.key}
		return v, decodeFirst(b, &v.Booking, decodeBooking)
	case confirmed:
		v := &sale.Confirmed{At: h.at}
		return v, decodeConfirmed(b, v)
	case declined:
		v := &sale.Declined{At: h.at}
		return v, decodeDeclined(b, v)
	case captured:
		v := &sale.Captured{At: h.at}
		return v, decodeOnlyID(b, &v.ID)
	case cancelled:
		v := &sale.Cancelled{At: h.at, Key: h.key}
		return v, decodeOnlyID(b, &v.ID)
	case refunded:
		v := &sale.Refunded{At: h.at}
		return v, decodeOnlyID(b, &v.ID)
	case refused:
		v := &sale.Refused{At: h.at, Key: h.key}
		return v, decodeFirst(b, &v.Refusal, decodeRefusal)
	case resumed:
		v := &sale.Resumed{At: h.at}
		return v, decodeResumed(b, v)
	}
	return h.decodeQueue(kind, b)
}

// decodeFirst reads the message that is field 1 of a kind.
func decodeFirst[T any](b []byte, v *T, decode func([]byte, *T) error) error {
	r := reader{b: b}
	for r.next() {
		if r.num == 1 {
			readMessage(&r, v, decode)
		}
	}
	return r.err
}

// decodeEventPointer is decodeEvent where there may be none.
func decodeEventPointer(b []byte, e **catalog.Event) error {
	if *e == nil {
		*e = new(catalog.Event)
	}
	return decodeEvent(b, *e)
}

// skip reads a kind that has no fields yet: what is there must be well formed.
func skip(b []byte) error {
	r := reader{b: b}
	for r.next() {
	}
	return r.err
}

// decodeOnlyID reads a kind that has nothing but the id of its booking.
func decodeOnlyID(b []byte, id *sale.ID) error {
	r := reader{b: b}
	for r.next() {
		if r.num == 1 {
			r.id((*[16]byte)(id))
		}
	}
	return r.err
}

// decodeHoldEnded reads the body of its kind.
func decodeHoldEnded(b []byte, v *sale.HoldEnded) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.id((*[16]byte)(&v.ID))
		case 2:
			r.bool(&v.Expired)
		}
	}
	return r.err
}

// decodeConfirmed reads the body of its kind.
func decodeConfirmed(b []byte, v *sale.Confirmed) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.id((*[16]byte)(&v.ID))
		case 2:
			r.string(&v.Provider)
		case 3:
			r.string(&v.PaymentID)
		}
	}
	return r.err
}

// decodeDeclined reads the body of its kind.
func decodeDeclined(b []byte, v *sale.Declined) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.id((*[16]byte)(&v.ID))
		case 2:
			r.string(&v.Reason)
		}
	}
	return r.err
}

// decodeResumed reads the body of its kind.
func decodeResumed(b []byte, v *sale.Resumed) error {
	r := reader{b: b}
	for r.next() {
		if r.num == 1 {
			readInt(&r, &v.Gap)
		}
	}
	return r.err
}
