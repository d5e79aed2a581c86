package truth

import (
	"encoding/binary"
	"errors"
)

// An observation in a file is its length as 4 bytes, then its numbers, then its
// texts, each after its length. Integers that are small are varints. The format is
// no contract: who reads a file has the version of who wrote it.

// headSize is the most that an observation's numbers take, and its length.
const headSize = 4 + 1 + 1 + 8 + 8 + 4*binary.MaxVarintLen64

// maxObservation bounds an observation in a file, in bytes.
const maxObservation = 64 << 20

var errTape = errors.New("not a recording")

// The bits of an observation's flags.
const (
	unsentBit = 1 << iota
	replayedBit
	requestBit // there is a request; its length may be 0
)

// size is at least what append appends.
func (o *Observation) size() int {
	n := headSize + 9*binary.MaxVarintLen32 + len(o.Event) + len(o.User) + len(o.Key) + len(o.ID) + len(o.RequestID) +
		len(o.Body) + len(o.Request)
	for _, t := range o.Tickets {
		n += binary.MaxVarintLen32 + len(t)
	}
	for _, t := range o.Removed {
		n += binary.MaxVarintLen32 + len(t)
	}
	return n
}

// append appends the observation in the form of the file.
func (o *Observation) append(b []byte) []byte {
	start := len(b)
	b = append(b, 0, 0, 0, 0, byte(o.Op), o.flags())
	b = binary.LittleEndian.AppendUint64(b, uint64(o.Sent))
	b = binary.LittleEndian.AppendUint64(b, uint64(o.Received))
	b = binary.AppendUvarint(b, uint64(o.Status))
	b = binary.AppendUvarint(b, o.Version)
	b = binary.AppendUvarint(b, uint64(o.Count))
	b = appendString(b, o.Event)
	b = appendString(b, o.User)
	b = appendString(b, o.Key)
	b = appendString(b, o.ID)
	b = appendString(b, o.RequestID)
	b = appendStrings(b, o.Tickets)
	b = appendStrings(b, o.Removed)
	b = append(binary.AppendUvarint(b, uint64(len(o.Body))), o.Body...)
	b = append(binary.AppendUvarint(b, uint64(len(o.Request))), o.Request...)
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	return b
}

func (o *Observation) flags() (f byte) {
	if o.Unsent {
		f |= unsentBit
	}
	if o.Replayed {
		f |= replayedBit
	}
	if o.Request != nil {
		f |= requestBit
	}
	return f
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendStrings(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendString(b, s)
	}
	return b
}

// decoder takes an observation to pieces. After the first thing that is not there,
// bad is set and everything is empty.
type decoder struct {
	b    []byte
	bad  bool
	text func([]byte) string // makes a string: equal ones are kept once
}

// decode reads what append wrote, without its length. Body and Request point into b.
func (o *Observation) decode(b []byte, text func([]byte) string) error {
	d := decoder{b: b, text: text}
	head := d.bytes(2)
	if d.bad {
		return errTape
	}
	*o = Observation{Op: Op(head[0]), Unsent: head[1]&unsentBit != 0, Replayed: head[1]&replayedBit != 0}
	o.Sent, o.Received = d.fixed(), d.fixed()
	o.Status, o.Version, o.Count = int(d.uvarint()), d.uvarint(), int(d.uvarint())
	o.Event, o.User, o.Key, o.ID, o.RequestID = d.string(), d.string(), d.string(), d.string(), d.string()
	o.Tickets, o.Removed = d.strings(), d.strings()
	o.Body = d.bytes(d.uvarint())
	o.Request = d.bytes(d.uvarint())
	if head[1]&requestBit == 0 {
		o.Request = nil
	}
	if d.bad || len(d.b) > 0 || o.Op >= ops {
		return errTape
	}
	return nil
}

func (d *decoder) bytes(n uint64) []byte {
	if d.bad || n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	v := d.b[:n:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) fixed() int64 {
	if v := d.bytes(8); !d.bad {
		return int64(binary.LittleEndian.Uint64(v))
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || d.bad {
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) string() string {
	v := d.bytes(d.uvarint())
	if len(v) == 0 {
		return ""
	}
	return d.text(v)
}

func (d *decoder) strings() []string {
	n := d.uvarint()
	if d.bad || n == 0 || n > uint64(len(d.b)) {
		d.bad = d.bad || n > 0
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.string()
	}
	return list
}
