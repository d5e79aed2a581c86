package salepb

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/waitroom"
)

// appendQueueRecord begins a record of the waiting room, with all but its end.
func appendQueueRecord(b []byte, r sale.Record) ([]byte, int) {
	var body int
	switch r := r.(type) {
	case *sale.QueueOpened:
		b, body = open(appendInt(b, 2, r.At), queueOpened)
		b = appendSeed(b, 1, r.Seed)
	case *sale.PlaceTaken:
		b, body = open(appendInt(b, 2, r.At), placeTaken)
		b = appendID(b, 1, r.ID)
		b = appendID(b, 2, r.Owner)
	case *sale.PlacesAdmitted:
		b, body = open(appendInt(b, 2, r.At), placesAdmitted)
		b = appendInt(b, 1, r.Count)
	case *sale.PlaceEnded:
		b, body = open(appendInt(b, 2, r.At), placeEnded)
		b = appendID(b, 1, r.ID)
		b = appendInt(b, 2, r.Reason)
	case *sale.QueueDrawn:
		b, body = open(appendInt(b, 2, r.At), queueDrawn)
	case *sale.QueueSteered:
		b, body = open(appendInt(b, 2, r.At), queueSteered)
		b = appendInt(b, 1, r.MaxActive)
		b = appendInt(b, 2, r.Rate)
		b = appendBool(b, 3, r.Paused)
		b = appendBool(b, 4, r.Stopped)
	default:
		panic(fmt.Sprintf("salepb: a record of type %T", r))
	}
	return b, body
}

// decodeQueue reads the body of a record of the waiting room.
func (h head) decodeQueue(kind protowire.Number, b []byte) (sale.Record, error) {
	switch kind {
	case queueOpened:
		v := &sale.QueueOpened{At: h.at}
		return v, decodeFields(b, func(r *reader) { r.seed(&v.Seed) })
	case placeTaken:
		v := &sale.PlaceTaken{At: h.at}
		return v, decodeFields(b, func(r *reader) { r.id((*[16]byte)(&v.ID)) }, func(r *reader) { r.id(&v.Owner) })
	case placesAdmitted:
		v := &sale.PlacesAdmitted{At: h.at}
		return v, decodeFields(b, func(r *reader) { readInt(r, &v.Count) })
	case placeEnded:
		v := &sale.PlaceEnded{At: h.at}
		return v, decodeFields(b, func(r *reader) { r.id((*[16]byte)(&v.ID)) },
			func(r *reader) { readStatus(r, &v.Reason, waitroom.HoldEnded) })
	case queueDrawn:
		return &sale.QueueDrawn{At: h.at}, skip(b)
	case queueSteered:
		v := &sale.QueueSteered{At: h.at}
		return v, decodeFields(b, func(r *reader) { readInt(r, &v.MaxActive) }, func(r *reader) { readInt(r, &v.Rate) },
			func(r *reader) { r.bool(&v.Paused) }, func(r *reader) { r.bool(&v.Stopped) })
	}
	return nil, errNoKind
}

// decodeFields is for messages that are read now and then: it is short where a switch is
// fast. It reads a message whose fields are numbered from 1 on, each with its own
// function.
func decodeFields(b []byte, fields ...func(*reader)) error {
	r := reader{b: b}
	for r.next() {
		if r.num >= 1 && int(r.num) <= len(fields) {
			fields[r.num-1](&r)
		}
	}
	return r.err
}

// appendSeed appends 32 bytes; a seed of zeros is none.
func appendSeed(b []byte, field protowire.Number, seed [32]byte) []byte {
	if seed == [32]byte{} {
		return b
	}
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendBytes(b, seed[:])
}

// seed takes 32 bytes. One that is cut short would give another draw.
func (r *reader) seed(v *[32]byte) {
	if !r.is(protowire.BytesType) {
		return
	}
	if len(r.value) != len(v) {
		r.fail(fmt.Errorf("a seed of %d bytes, not %d", len(r.value), len(v)))
		return
	}
	copy(v[:], r.value)
}

// appendRoom appends a waiting room; nothing for nil. What its places have is in
// columns: a million of them take 40 MB.
func appendRoom(b []byte, field protowire.Number, s *waitroom.Snapshot) []byte {
	if s == nil {
		return b
	}
	b, body := open(b, field)
	b, settings := open(b, 1)
	b = appendInt(b, 1, s.Settings.MaxActive)
	b = appendInt(b, 2, s.Settings.Session)
	b = appendInt(b, 3, s.Settings.Grace)
	b = appendInt(b, 4, s.Settings.Rate)
	b = appendBool(b, 5, s.Settings.Shuffle)
	b = appendBool(b, 6, s.Settings.Paused)
	b = shutOrDrop(b, settings)
	b = appendSeed(b, 2, s.Seed)
	b = appendBool(b, 3, s.Opened)
	b = appendBool(b, 4, s.Drawn)
	b = appendInt(b, 5, s.First)
	b = appendPlaces(b, s.Places)
	b = appendPacked(b, 11, s.Mixed)
	b = appendInt(b, 12, uint64(s.MixedFrom))
	b = appendInt(b, 13, s.Credit)
	b = appendInt(b, 14, s.CreditAt)
	for i := range s.Flow {
		b = appendFlow(b, 15, &s.Flow[i])
	}
	b = appendInt(b, 16, s.Began)
	return shut(b, body)
}

// appendPlaces appends the columns, in fields 6 to 10.
func appendPlaces(b []byte, places []waitroom.Place) []byte {
	if len(places) == 0 {
		return b
	}
	n := len(places)
	tokens, owners, states := make([]byte, 0, 16*n), make([]byte, 0, 16*n), make([]byte, 0, n)
	at, busy := make([]uint64, n), make([]uint64, n)
	for i, p := range places {
		tokens, owners = append(tokens, p.Token[:]...), append(owners, p.Who[:]...)
		states = append(states, byte(p.State)|byte(p.Reason)<<2)
		at[i], busy[i] = uint64(p.At), uint64(p.Busy)
	}
	for i, column := range [][]byte{tokens, owners, states} {
		b = protowire.AppendTag(b, protowire.Number(6+i), protowire.BytesType)
		b = protowire.AppendBytes(b, column)
	}
	b = appendPacked(b, 9, at)
	return appendPacked(b, 10, busy)
}

var errPlaces = errors.New("places whose columns are of different lengths, or in no state")

// columns are places as they are written. A column for each thing that a place has
// packs better than a message for each place, and needs no tags and lengths.
type columns struct {
	tokens, owners, states []byte
	at, busy               []uint64
}

// places puts the columns together.
func (c *columns) places(first int) ([]waitroom.Place, error) {
	n := len(c.states)
	if len(c.tokens) != 16*n || len(c.owners) != 16*n || len(c.at) != n || len(c.busy) != n {
		return nil, errPlaces
	}
	if n == 0 {
		return nil, nil
	}
	places := make([]waitroom.Place, n)
	for i := range places {
		p := &places[i]
		copy(p.Token[:], c.tokens[16*i:])
		copy(p.Who[:], c.owners[16*i:])
		p.State, p.Reason = waitroom.State(c.states[i]&3), waitroom.Reason(c.states[i]>>2)
		p.Number, p.At, p.Busy = first+i, int64(c.at[i]), int(c.busy[i])
		if p.State == 0 || p.Reason > waitroom.HoldEnded {
			return nil, errPlaces
		}
	}
	return places, nil
}

// decodeRoom reads the body of a waiting room.
func decodeRoom(b []byte, s *waitroom.Snapshot) (err error) {
	var c columns
	var mixed []uint64
	var from uint64
	r := reader{b: b}
	for r.next() {
		switch r.num {
		case 1:
			readMessage(&r, &s.Settings, decodeRoomSettings)
		case 2:
			r.seed(&s.Seed)
		case 3:
			r.bool(&s.Opened)
		case 4:
			r.bool(&s.Drawn)
		case 5:
			readInt(&r, &s.First)
		case 6, 7, 8:
			if r.is(protowire.BytesType) {
				*[]*[]byte{&c.tokens, &c.owners, &c.states}[r.num-6] = r.value
			}
		case 9:
			r.packed(&c.at)
		case 10:
			r.packed(&c.busy)
		case 11:
			r.packed(&mixed)
		case 12:
			readInt(&r, &from)
		case 13:
			readInt(&r, &s.Credit)
		case 14:
			readInt(&r, &s.CreditAt)
		case 15:
			readMessages(&r, &s.Flow, decodeFlow)
		case 16:
			readInt(&r, &s.Began)
		}
	}
	if r.err != nil {
		return r.err
	}
	s.Mixed, s.MixedFrom = narrow(mixed), uint32(from)
	s.Places, err = c.places(s.First)
	return err
}

// narrow is numbers of places, which are packed as numbers of 64 bits.
func narrow(in []uint64) []uint32 {
	if len(in) == 0 {
		return nil
	}
	out := make([]uint32, len(in))
	for i, v := range in {
		out[i] = uint32(v)
	}
	return out
}

// decodeRoomSettings reads the body of the settings.
func decodeRoomSettings(b []byte, s *waitroom.Settings) error {
	return decodeFields(b, func(r *reader) { readInt(r, &s.MaxActive) }, func(r *reader) { readInt(r, &s.Session) },
		func(r *reader) { readInt(r, &s.Grace) }, func(r *reader) { readInt(r, &s.Rate) },
		func(r *reader) { r.bool(&s.Shuffle) }, func(r *reader) { r.bool(&s.Paused) })
}

// appendFlow appends what moved in one step.
func appendFlow(b []byte, field protowire.Number, f *waitroom.Flow) []byte {
	b, body := open(b, field)
	b = appendInt(b, 1, f.Step)
	b = appendInt(b, 2, f.Admitted)
	b = appendInt(b, 3, f.Freed)
	b = appendInt(b, 4, f.Dropped)
	b = appendInt(b, 5, f.Sold)
	b = appendInt(b, 6, f.Waiting)
	return shut(b, body)
}

// decodeFlow reads the body of it.
func decodeFlow(b []byte, f *waitroom.Flow) error {
	return decodeFields(b, func(r *reader) { readInt(r, &f.Step) }, func(r *reader) { readInt(r, &f.Admitted) },
		func(r *reader) { readInt(r, &f.Freed) }, func(r *reader) { readInt(r, &f.Dropped) },
		func(r *reader) { readInt(r, &f.Sold) }, func(r *reader) { readInt(r, &f.Waiting) })
}
