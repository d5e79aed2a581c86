package storage

import (
	"encoding/binary"
	"errors"
)

// A command is what a Raft entry carries. Its bytes are part of the data format: a
// log may be replayed by a later version, and by a replica of another version.
//
//	format1 op1, then by op:
//	append     epoch8 base8 flags1 id summary [details] records
//	claim      epoch8 incarnation8 replica8
//	tick       epoch8 clock8
//	checkpoint epoch8 version8 keep8 upload8 chunk4 chunks4 id data
//	barrier
//
// id, summary and details have their length before them, as a varint. records and
// data are the rest, exactly as they are stored.
const commandFormat = 1

type op byte

const (
	opAppend op = iota + 1
	opClaim
	opTick
	opCheckpoint
	opBarrier
)

// Flags of append.
const (
	flagBusy    = 1 << iota // Batch.Busy
	flagDetails             // Batch.Details is not nil
	flagsKnown  = flagBusy | flagDetails
)

// command is a decoded command; which fields mean something depends on op. Its
// slices share the memory of what was decoded.
type command struct {
	op    op
	epoch uint64
	event []byte

	// append
	base       uint64
	busy       bool
	hasDetails bool
	count      uint64 // of records
	summary    []byte
	details    []byte
	records    []byte // as stored

	claimer claimer // claim
	clock   int64   // tick

	// checkpoint
	version uint64
	keep    uint64 // records of versions before it may be deleted
	upload  uint64
	chunk   uint32
	chunks  uint32
	data    []byte // as stored
}

// A checkpoint is saved in pieces: a Raft entry is held in memory on every replica, and
// the commits of all shards wait for it.
const (
	chunkBytes = 128 << 10
	maxChunks  = MaxCheckpointBytes / chunkBytes
)

var errCommand = errors.New("a command is malformed or of a newer format")

// appendHead starts a command.
func appendHead(b []byte, o op, epoch uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, commandFormat, byte(o)), epoch)
}

// appendBatch appends an append command to b.
func appendBatch(b []byte, batch *Batch) []byte {
	b = appendHead(b, opAppend, batch.Epoch)
	b = binary.BigEndian.AppendUint64(b, batch.Base)
	flags := byte(0)
	if batch.Busy {
		flags |= flagBusy
	}
	if batch.Details != nil {
		flags |= flagDetails
	}
	b = append(b, flags)
	b = appendBytes(b, batch.Event)
	b = appendBytes(b, batch.Summary)
	if batch.Details != nil {
		b = appendBytes(b, batch.Details)
	}
	return appendRecords(b, batch.Records)
}

func encodeClaim(epoch uint64, c claimer) []byte {
	b := appendHead(nil, opClaim, epoch)
	b = binary.BigEndian.AppendUint64(b, c.incarnation)
	return binary.BigEndian.AppendUint64(b, c.replica)
}

func encodeTick(epoch uint64, clock int64) []byte {
	return binary.BigEndian.AppendUint64(appendHead(nil, opTick, epoch), uint64(clock))
}

func encodeBarrier() []byte { return []byte{commandFormat, byte(opBarrier)} }

// appendChunk appends a checkpoint command to b; piece is without its format byte.
func appendChunk(b []byte, c *command, piece []byte) []byte {
	b = appendHead(b, opCheckpoint, c.epoch)
	for _, v := range []uint64{c.version, c.keep, c.upload} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	b = binary.BigEndian.AppendUint32(b, c.chunk)
	b = binary.BigEndian.AppendUint32(b, c.chunks)
	b = appendBytes(b, c.event)
	return append(append(b, valueFormat), piece...)
}

// decodeCommand is strict: what it takes has exactly one encoding. So replicas
// agree on what is malformed.
func decodeCommand(b []byte) (c command, err error) {
	if len(b) < 2 || b[0] != commandFormat {
		return c, errCommand
	}
	c.op = op(b[1])
	r := reader{b: b[2:]}
	switch c.op {
	case opAppend:
		c.epoch = r.u64()
		c.decodeAppend(&r)
	case opClaim:
		c.epoch = r.u64()
		c.claimer = claimer{r.u64(), r.u64()}
	case opTick:
		c.epoch, c.clock = r.u64(), int64(r.u64())
	case opCheckpoint:
		c.epoch = r.u64()
		c.decodeCheckpoint(&r)
	case opBarrier:
	default:
		r.bad = true
	}
	if r.bad || len(r.b) != 0 {
		return command{}, errCommand
	}
	return c, nil
}

func (c *command) decodeAppend(r *reader) {
	c.base = r.u64()
	flags := r.u8()
	c.busy, c.hasDetails = flags&flagBusy != 0, flags&flagDetails != 0
	c.event = r.event()
	c.summary = r.bytes()
	if c.hasDetails {
		c.details = r.bytes()
	}
	if flags&^flagsKnown != 0 {
		r.bad = true
	}
	if r.bad {
		return
	}
	c.records = r.take(uint64(len(r.b)))
	n, err := countRecords(c.records)
	if err != nil {
		r.bad = true
	}
	c.count = n
}

func (c *command) decodeCheckpoint(r *reader) {
	c.version, c.keep, c.upload = r.u64(), r.u64(), r.u64()
	c.chunk, c.chunks = r.u32(), r.u32()
	c.event = r.event()
	c.data = r.take(uint64(len(r.b)))
	if len(c.data) < 2 || c.data[0] != valueFormat || c.chunk >= c.chunks || c.chunks > maxChunks ||
		c.version == 0 || c.keep > c.version+1 {
		r.bad = true
	}
}
