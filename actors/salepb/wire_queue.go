package salepb

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/waitroom"
)

// What nodes say to each other about a waiting room. Nothing of this is stored: what is
// told of a place is true at one moment and is asked for again.
//
// A position goes out as one more than it is, so that one that is not known, -1, is
// absent. A wish of an operator that is nil is absent, and any other is there.

// appendIDs appends ids, one after the other; nothing where there are none.
func appendIDs(b []byte, field protowire.Number, ids []sale.ID) []byte {
	if len(ids) == 0 {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(16*len(ids)))
	for i := range ids {
		b = append(b, ids[i][:]...)
	}
	return b
}

// ids takes them.
func (r *reader) ids(v *[]sale.ID) {
	if !r.is(protowire.BytesType) {
		return
	}
	if len(r.value)%16 != 0 {
		r.fail(fmt.Errorf("ids of %d bytes together", len(r.value)))
		return
	}
	*v = make([]sale.ID, len(r.value)/16)
	for i := range *v {
		copy((*v)[i][:], r.value[16*i:])
	}
}

// appendSteer appends an operator's wish; nothing for one that wishes nothing. What is
// wished is there, be it zero or false.
func appendSteer(b []byte, field protowire.Number, s *sale.SteerQueue) []byte {
	b, body := open(b, field)
	b = appendWish(b, 1, s.MaxActive)
	b = appendWish(b, 2, s.Rate)
	b = appendWishBool(b, 3, s.Paused)
	b = appendWishBool(b, 4, s.Stopped)
	if len(b) == body { // the tag of this field takes two bytes
		return b[:body-3]
	}
	return shut(b, body)
}

// appendWish appends a number that is there even when it is zero; nothing for nil.
func appendWish(b []byte, field protowire.Number, v *int) []byte {
	if v == nil {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(*v))
}

// appendWishBool is appendWish for a truth value.
func appendWishBool(b []byte, field protowire.Number, v *bool) []byte {
	if v == nil {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.VarintType)
	return protowire.AppendVarint(b, protowire.EncodeBool(*v))
}

// decodeSteer reads the body of a wish.
func decodeSteer(b []byte, s *sale.SteerQueue) error {
	number := func(to **int) func(*reader) {
		return func(r *reader) { *to = new(int); readInt(r, *to) }
	}
	truth := func(to **bool) func(*reader) {
		return func(r *reader) { *to = new(bool); r.bool(*to) }
	}
	return decodeFields(b, number(&s.MaxActive), number(&s.Rate), truth(&s.Paused), truth(&s.Stopped))
}

// appendPlace appends a place as its owner is told of it; nothing for nil.
func appendPlace(b []byte, field protowire.Number, p *sale.Place) []byte {
	if p == nil {
		return b
	}
	b, body := open(b, field)
	b = appendID(b, 1, p.ID)
	b = appendInt(b, 2, p.State)
	b = appendInt(b, 3, p.Reason)
	b = appendInt(b, 4, p.Number)
	b = appendInt(b, 5, p.Ahead+1) // -1 is: not known
	b = appendInt(b, 6, p.Waiting)
	b = appendInt(b, 7, p.Until)
	b = appendInt(b, 8, p.OpensAt)
	b = appendEstimate(b, 9, &p.Estimate)
	b = appendFloat(b, 10, p.SoldOut)
	b = appendDraw(b, 11, p.Draw)
	b = appendInt(b, 12, p.Grace)
	return shut(b, body)
}

// decodePlace reads the body of a place.
func decodePlace(b []byte, p *sale.Place) error {
	err := decodeFields(b, func(r *reader) { r.id((*[16]byte)(&p.ID)) },
		func(r *reader) { readStatus(r, &p.State, waitroom.Gone) },
		func(r *reader) { readStatus(r, &p.Reason, waitroom.HoldEnded) },
		func(r *reader) { readInt(r, &p.Number) }, func(r *reader) { readInt(r, &p.Ahead) },
		func(r *reader) { readInt(r, &p.Waiting) }, func(r *reader) { readInt(r, &p.Until) },
		func(r *reader) { readInt(r, &p.OpensAt) }, func(r *reader) { readMessage(r, &p.Estimate, decodeEstimate) },
		func(r *reader) { r.float(&p.SoldOut) }, func(r *reader) { readPointer(r, &p.Draw, decodeDraw) },
		func(r *reader) { readInt(r, &p.Grace) })
	p.Ahead--
	return err
}

// appendNews appends what happened in an event; nothing for nil. Places that moved are
// members of the answer, as those are that were asked for: one form serves both, and a
// place that only moved leaves most of its fields out.
func appendNews(b []byte, field protowire.Number, n *sale.News) []byte {
	if n == nil {
		return b
	}
	b, body := open(b, field)
	b = appendTicketStatuses(b, 1, n.Changes)
	b = appendBool(b, 2, n.Stale)
	b = appendBool(b, 3, n.Missed)
	return shut(b, body)
}

// decodeNews reads the body of it.
func decodeNews(b []byte, n *sale.News) error {
	return decodeFields(b, func(r *reader) { readMessages(r, &n.Changes, decodeTicketStatus) },
		func(r *reader) { r.bool(&n.Stale) }, func(r *reader) { r.bool(&n.Missed) })
}

// appendEstimate appends how long a wait is; nothing where nothing can be said.
func appendEstimate(b []byte, field protowire.Number, e *waitroom.Estimate) []byte {
	b, body := open(b, field)
	b = appendBool(b, 1, e.Known)
	b = appendInt(b, 2, e.P50)
	b = appendInt(b, 3, e.P90)
	b = appendInt(b, 4, e.Most)
	return shutOrDrop(b, body)
}

// decodeEstimate reads the body of it.
func decodeEstimate(b []byte, e *waitroom.Estimate) error {
	return decodeFields(b, func(r *reader) { r.bool(&e.Known) },
		func(r *reader) { readInt(r, &e.P50) }, func(r *reader) { readInt(r, &e.P90) },
		func(r *reader) { readInt(r, &e.Most) })
}

// appendDraw appends what can be checked of a draw; nothing for nil.
func appendDraw(b []byte, field protowire.Number, d *sale.Draw) []byte {
	if d == nil {
		return b
	}
	b, body := open(b, field)
	b = appendSeed(b, 1, d.Commitment)
	b = appendSeed(b, 2, d.Seed)
	return shut(b, body)
}

// decodeDraw reads the body of it.
func decodeDraw(b []byte, d *sale.Draw) error {
	return decodeFields(b, func(r *reader) { r.seed(&d.Commitment) }, func(r *reader) { r.seed(&d.Seed) })
}

// appendQueue appends how a waiting room does; nothing for nil.
func appendQueue(b []byte, field protowire.Number, q *sale.Queue) []byte {
	if q == nil {
		return b
	}
	b, body := open(b, field)
	b = appendBool(b, 1, q.Enabled)
	b = appendInt(b, 2, q.Waiting)
	b = appendInt(b, 3, q.Active)
	b = appendInt(b, 4, q.MaxActive)
	b = appendInt(b, 5, q.Rate)
	b = appendBool(b, 6, q.Paused)
	b = appendBool(b, 7, q.Stopped)
	b = appendInt(b, 8, q.Oldest)
	for i := range q.Flow {
		b = appendFlow(b, 9, &q.Flow[i])
	}
	b = appendEstimate(b, 10, &q.Estimate)
	b = appendDraw(b, 11, q.Draw)
	b = appendInt(b, 12, q.At)
	return shut(b, body)
}

// decodeQueue reads the body of it.
func decodeQueue(b []byte, q *sale.Queue) error {
	return decodeFields(b, func(r *reader) { r.bool(&q.Enabled) },
		func(r *reader) { readInt(r, &q.Waiting) }, func(r *reader) { readInt(r, &q.Active) },
		func(r *reader) { readInt(r, &q.MaxActive) }, func(r *reader) { readInt(r, &q.Rate) },
		func(r *reader) { r.bool(&q.Paused) }, func(r *reader) { r.bool(&q.Stopped) },
		func(r *reader) { readInt(r, &q.Oldest) }, func(r *reader) { readMessages(r, &q.Flow, decodeFlow) },
		func(r *reader) { readMessage(r, &q.Estimate, decodeEstimate) },
		func(r *reader) { readPointer(r, &q.Draw, decodeDraw) }, func(r *reader) { readInt(r, &q.At) })
}
