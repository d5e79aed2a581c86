package cluster

import (
	"encoding/binary"
	"errors"
)

// The envelope: what nodes send each other. A batch is a header and frames up to
// its end. The layout of the header's first two bytes and of a frame's head is for
// all versions; so a node can answer requests of a version it cannot read.
//
//	header: version 1 byte, length of the header 1, life of the sender 8,
//	        its clock in µs 8, length of its name 1, name; more is ignored
//	frame:  length of the frame 4, type 1, kind or status 1, zero 2, id 8,
//	        milliseconds left 4, body
//
// Numbers are little-endian. A frame of an unknown type is ignored. The life is
// drawn at each start of a node. Clocks are only compared with themselves: late.go.
const (
	envelopeVersion = 1
	headerMin       = 19 // without the name
	headBytes       = 20
)

// The types of frames. The numbers are on the wire.
const (
	frameRequest = 1 // kind, id, milliseconds left; the body is the caller's
	frameReply   = 2 // status, id; the body is the handler's
	frameBeat    = 3 // what the sender leads: leaders.go
	frameBye     = 4 // the sender leaves for good
)

// A header begins a batch.
type header struct {
	version byte
	life    uint64
	sent    int64  // µs of the sender's clock
	node    []byte // the sender's name; part of the batch
}

// A frame is one message of a batch.
type frame struct {
	kind byte // one of frameRequest …
	what byte // kind of call, or status
	id   uint64
	left uint32 // ms
	body []byte // part of the batch
}

var errEnvelope = errors.New("not a batch of frames")

// appendHeader begins a batch; the clock is set when it leaves.
func appendHeader(b []byte, life uint64, node string) []byte {
	b = append(b, envelopeVersion, byte(headerMin+len(node)))
	b = binary.LittleEndian.AppendUint64(b, life)
	b = binary.LittleEndian.AppendUint64(b, 0)
	b = append(b, byte(len(node)))
	return append(b, node...)
}

// setSent writes the clock of a batch that leaves.
func setSent(batch []byte, micros int64) { binary.LittleEndian.PutUint64(batch[10:], uint64(micros)) }

// parseHeader reads the header; rest are the frames.
func parseHeader(b []byte) (h header, rest []byte, err error) {
	if len(b) < 2 || len(b) < int(b[1]) || b[1] < 2 {
		return h, nil, errEnvelope
	}
	h.version = b[0]
	head, rest := b[:b[1]], b[b[1]:]
	if h.version != envelopeVersion {
		return h, rest, nil
	}
	if len(head) < headerMin || len(head) < headerMin+int(head[18]) {
		return h, nil, errEnvelope
	}
	h.life = binary.LittleEndian.Uint64(head[2:])
	h.sent = int64(binary.LittleEndian.Uint64(head[10:]))
	h.node = head[headerMin : headerMin+int(head[18])]
	return h, rest, nil
}

// appendFrame appends a frame; it copies the body.
func appendFrame(b []byte, f frame) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(headBytes+len(f.body)))
	b = append(b, f.kind, f.what, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, f.id)
	b = binary.LittleEndian.AppendUint32(b, f.left)
	return append(b, f.body...)
}

// setLeft writes the milliseconds left of the frame that begins at b.
func setLeft(b []byte, left uint32) { binary.LittleEndian.PutUint32(b[16:], left) }

// nextFrame takes the first frame off b. The end of the batch is a frame of kind 0.
func nextFrame(b []byte) (f frame, rest []byte, err error) {
	if len(b) == 0 {
		return f, nil, nil
	}
	if len(b) < headBytes {
		return f, nil, errEnvelope
	}
	n := binary.LittleEndian.Uint32(b)
	if n < headBytes || uint64(n) > uint64(len(b)) || b[4] == 0 {
		return f, nil, errEnvelope
	}
	return frame{
		kind: b[4],
		what: b[5],
		id:   binary.LittleEndian.Uint64(b[8:]),
		left: binary.LittleEndian.Uint32(b[16:]),
		body: b[headBytes:n:n],
	}, b[n:], nil
}
