package salepb

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
)

// Typical sizes in bytes, to make a checkpoint's buffer once.
const (
	ticketSize  = 3 // of a version
	thingSize   = 208
	answerSize  = 96
	expiredSize = 48
	eventSize   = 4 << 10
)

// EncodeCheckpoint writes a checkpoint; equal states give equal bytes. It reads
// what c points to and changes nothing.
func EncodeCheckpoint(c sale.Checkpoint) []byte {
	b := make([]byte, 0, eventSize+ticketSize*len(c.ChangedAt)+
		thingSize*(len(c.Holds)+len(c.Bookings))+
		answerSize*len(c.Answers)+expiredSize*len(c.Expired))
	b = appendInt(b, 2, c.Version)
	b = appendInt(b, 3, c.Now)
	b = appendEvent(b, 4, c.Event)
	b = appendPacked(b, 5, c.ChangedAt)
	for _, h := range c.Holds {
		b = appendHold(b, 6, h)
	}
	for _, k := range c.Bookings {
		b = appendBooking(b, 7, k)
	}
	for i := range c.Answers {
		b = appendStoredAnswer(b, 8, &c.Answers[i])
	}
	for i := range c.Expired {
		b = appendExpiredHold(b, 9, &c.Expired[i])
	}
	b = appendRoom(b, 10, c.Room)
	b = appendBool(b, 11, c.Paused)
	return appendBool(b, 12, c.Stopped)
}

// DecodeCheckpoint reads a checkpoint. It keeps no part of b.
func DecodeCheckpoint(b []byte) (sale.Checkpoint, error) {
	var c sale.Checkpoint
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			r.format()
		case 2:
			readInt(&r, &c.Version)
		case 3:
			readInt(&r, &c.Now)
		case 4:
			readPointer(&r, &c.Event, decodeEvent)
		case 5:
			r.packed(&c.ChangedAt)
		case 6:
			readPointers(&r, &c.Holds, decodeHold)
		case 7:
			readPointers(&r, &c.Bookings, decodeBooking)
		case 8:
			readMessages(&r, &c.Answers, decodeStoredAnswer)
		case 9:
			readMessages(&r, &c.Expired, decodeExpiredHold)
		case 10:
			readPointer(&r, &c.Room, decodeRoom)
		case 11:
			r.bool(&c.Paused)
		case 12:
			r.bool(&c.Stopped)
		}
	}
	if r.err != nil {
		return sale.Checkpoint{}, fmt.Errorf("decode checkpoint: %w", r.err)
	}
	return c, nil
}

// appendStoredAnswer appends the answer of an idempotency key. Its plan and its
// tickets are not stored. One that is a booking of the checkpoint is written as a booking
// with an id and nothing else: most answers are such ones, and it would be there twice.
func appendStoredAnswer(b []byte, field protowire.Number, s *sale.StoredAnswer) []byte {
	b, body := open(b, field)
	b = appendAtKey(b, 1, s.At, s.Key)
	b, answer := open(b, 4)
	if ref, ok := s.What.(*sale.BookingRef); ok {
		b = appendInt(b, 1, s.Version)
		b = appendBool(b, 3, s.Created)
		b = appendReference(b, 7, sale.ID(*ref))
	} else {
		a := s.Answer()
		a.Replayed = false // it is told for the first time when it is stored
		b = appendAnswerFields(b, &a)
	}
	b = shutOrDrop(b, answer)
	return shut(b, body)
}

// appendReference appends a booking that has nothing but its id.
func appendReference(b []byte, field protowire.Number, id sale.ID) []byte {
	b, body := open(b, field)
	b = appendID(b, 1, id)
	return shut(b, body)
}

// appendAnswerFields appends the fields of an answer that stored ones have.
func appendAnswerFields(b []byte, a *sale.Answer) []byte {
	b = appendInt(b, 1, a.Version)
	b = appendBool(b, 2, a.Replayed)
	b = appendBool(b, 3, a.Created)
	if a.Refusal != nil {
		b = appendRefusal(b, 4, a.Refusal)
	}
	b = appendEvent(b, 5, a.Event)
	if a.Hold != nil {
		b = appendHold(b, 6, a.Hold)
	}
	if a.Booking != nil {
		b = appendBooking(b, 7, a.Booking)
	}
	return b
}

// decodeStoredAnswer reads the body of a stored answer.
func decodeStoredAnswer(b []byte, s *sale.StoredAnswer) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			readInt(&r, &s.At)
		case 2:
			r.id(&s.Key.ID)
		case 3:
			r.id(&s.Key.Body)
		case 4:
			var a sale.Answer
			readMessage(&r, &a, decodeAnswer)
			s.Version, s.Created, s.What = a.Version, a.Created, thingOf(&a)
		}
	}
	return r.err
}

// thingOf is what a stored answer has beside its version: nil for nothing. Every booking
// has a status; one without is a reference.
func thingOf(a *sale.Answer) any {
	switch {
	case a.Event != nil:
		return a.Event
	case a.Hold != nil:
		return a.Hold
	case a.Booking != nil && a.Booking.Status == 0:
		ref := sale.BookingRef(a.Booking.ID)
		return &ref
	case a.Booking != nil:
		return a.Booking
	case a.Refusal != nil:
		return a.Refusal
	}
	return nil
}

// decodeAnswer reads the body of the answer itself.
func decodeAnswer(b []byte, a *sale.Answer) error {
	r := reader{b: b}
	for r.next() {
		readAnswerField(&r, a)
	}
	return r.err
}

// readAnswerField takes one field of those that stored answers have.
func readAnswerField(r *reader, a *sale.Answer) {
	switch r.num {
	case 1:
		readInt(r, &a.Version)
	case 2:
		r.bool(&a.Replayed)
	case 3:
		r.bool(&a.Created)
	case 4:
		readPointer(r, &a.Refusal, decodeRefusal)
	case 5:
		readPointer(r, &a.Event, decodeEvent)
	case 6:
		readPointer(r, &a.Hold, decodeHold)
	case 7:
		readPointer(r, &a.Booking, decodeBooking)
	}
}

// appendExpiredHold appends what is remembered of a hold that is over.
func appendExpiredHold(b []byte, field protowire.Number, e *sale.ExpiredHold) []byte {
	b, body := open(b, field)
	b = appendInt(b, 1, e.At)
	b = appendID(b, 2, e.ID)
	b = appendString(b, 3, e.User)
	return shut(b, body)
}

// decodeExpiredHold reads the body of it.
func decodeExpiredHold(b []byte, e *sale.ExpiredHold) error {
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			readInt(&r, &e.At)
		case 2:
			r.id((*[16]byte)(&e.ID))
		case 3:
			r.string(&e.User)
		}
	}
	return r.err
}
