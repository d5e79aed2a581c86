package salepb

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
)

// What nodes say to each other: a Request and its Reply. Nothing of it is stored,
// but the nodes of a cluster are not all replaced at the same moment, so the rules
// of stored bytes hold here too: numbers are not used twice, unknown fields are
// skipped. In front stands a byte with the version: what would be misunderstood
// by an older program gets a higher one, and that program refuses it.

// wireVersion is the newest version that is read here, and the one that is written.
const wireVersion = 1

// Request is what one node asks another one about an event.
type Request struct {
	Event string
	// Term is the one in which the sender believes that the receiver leads the
	// event's shard; 0: it does not say.
	Term uint64
	// Begun: the command was sent before, and it is not known whether it was done.
	Begun bool
	// Grace is by how many milliseconds the call's deadline is later than the
	// command's, so that an answer of the last moment arrives.
	Grace uint64
	// Command is nil where something is read from the receiver's replica.
	Command sale.Command
	// From is the version that a view must have at least, or the first record.
	From uint64
	// Limit bounds the number of records.
	Limit uint64
}

// Status is how a request ended.
type Status uint8

// The statuses of a Reply. A status that is not known says that nothing is known.
const (
	Answered    Status = iota + 1
	Moved              // not done: Node leads the shard in Term, as far as the sender knows
	Overloaded         // not done
	Unavailable        // not done: Text says why
	Unknown            // nobody knows whether it was done
	Trimmed            // the records are past their retention
)

// Reply is the answer to a Request.
type Reply struct {
	Status Status
	Node   string // Moved: "" where none is known
	Term   uint64
	Text   string
	Begun  bool // Moved: it was done in part, and is to be asked for with Request.Begun
	// Answer is what the command was answered, without Plan and Tickets: Plan is
	// the fingerprint of the first, zero where there is none, Tickets stands for
	// the second.
	Answer  sale.Answer
	Plan    [16]byte
	Tickets *inventory.Parts
	// Bytes are what was read: a view's summary and details, or records.
	Bytes [][]byte
}

var (
	errNoVersion = errors.New("a message without a version")
	errEmptyKind = errors.New("a command without a kind")
)

// AppendRequest appends a request's bytes and returns the extended slice. It
// allocates only where dst has no room. A command that no client sends (the
// clock's, the payer's) is a mistake of the caller and panics.
func AppendRequest(dst []byte, q *Request) []byte {
	b := append(dst, wireVersion)
	b = appendString(b, 1, q.Event)
	b = appendInt(b, 2, q.Term)
	b = appendBool(b, 3, q.Begun)
	b = appendInt(b, 4, q.Grace)
	b = appendCommand(b, 5, q.Command)
	b = appendInt(b, 6, q.From)
	return appendInt(b, 7, q.Limit)
}

// DecodeRequest reads a request. It keeps no part of b.
func DecodeRequest(b []byte) (Request, error) {
	var q Request
	r, err := wireReader(b)
	for err == nil && r.next() {
		switch r.num {
		case 1:
			r.string(&q.Event)
		case 2:
			readInt(&r, &q.Term)
		case 3:
			r.bool(&q.Begun)
		case 4:
			readInt(&r, &q.Grace)
		case 5:
			readMessage(&r, &q.Command, decodeCommand)
		case 6:
			readInt(&r, &q.From)
		case 7:
			readInt(&r, &q.Limit)
		}
	}
	if err = errors.Join(err, r.err); err != nil {
		return Request{}, fmt.Errorf("decode request: %w", err)
	}
	return q, nil
}

// AppendReply appends a reply's bytes and returns the extended slice. It allocates
// only where dst has no room. Answer.Plan and Answer.Tickets are not looked at.
func AppendReply(dst []byte, p *Reply) []byte {
	b := append(dst, wireVersion)
	b = appendInt(b, 1, p.Status)
	b = appendString(b, 2, p.Node)
	b = appendInt(b, 3, p.Term)
	b = appendString(b, 4, p.Text)
	b = appendBool(b, 5, p.Begun)
	b = appendAnswer(b, 6, &p.Answer)
	b = appendID(b, 7, p.Plan)
	b = appendTickets(b, 8, p.Tickets)
	for _, v := range p.Bytes {
		b = protowire.AppendTag(b, 9, protowire.BytesType)
		b = protowire.AppendBytes(b, v)
	}
	return b
}

// DecodeReply reads a reply. It keeps no part of b.
func DecodeReply(b []byte) (Reply, error) {
	var p Reply
	r, err := wireReader(b)
	for err == nil && r.next() {
		switch r.num {
		case 1:
			readStatus(&r, &p.Status, ^Status(0))
		case 2:
			r.string(&p.Node)
		case 3:
			readInt(&r, &p.Term)
		case 4:
			r.string(&p.Text)
		case 5:
			r.bool(&p.Begun)
		case 6:
			readMessage(&r, &p.Answer, decodeWireAnswer)
		case 7:
			r.id(&p.Plan)
		case 8:
			readPointer(&r, &p.Tickets, decodeTickets)
		case 9:
			r.byteSlices(&p.Bytes)
		}
	}
	if err = errors.Join(err, r.err); err != nil {
		return Reply{}, fmt.Errorf("decode reply: %w", err)
	}
	return p, nil
}

// wireReader reads what follows the version byte.
func wireReader(b []byte) (reader, error) {
	switch {
	case len(b) == 0 || b[0] == 0:
		return reader{}, errNoVersion
	case b[0] > wireVersion:
		return reader{}, fmt.Errorf("version %d; this program reads up to %d", b[0], wireVersion)
	}
	return reader{b: b[1:]}, nil
}

// byteSlices takes a copy of one element of repeated bytes.
func (r *reader) byteSlices(v *[][]byte) {
	if r.is(protowire.BytesType) {
		*v = append(*v, append([]byte{}, r.value...))
	}
}
