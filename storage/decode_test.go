package storage

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// What decodes has one encoding: encoding it again gives the same bytes.
func FuzzDecodeCommand(f *testing.F) {
	batch := Batch{Event: "e", Epoch: 1, Base: 2, Records: [][]byte{[]byte("r"), {}}, Summary: []byte("s"),
		Details: []byte{}, Busy: true}
	f.Add(appendBatch(nil, &batch))
	f.Add(appendOf("e", 1, 0, "one"))
	f.Add(encodeClaim(1, alice))
	f.Add(encodeTick(1, 2))
	f.Add(encodeBarrier())
	f.Add(piece("e", 1, 2, 3, 0, 1, "data"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeCommand(b)
		if err != nil {
			return
		}
		var again []byte
		switch c.op {
		case opAppend:
			records, n, err := readRecords(nil, c.records, 0, MaxBatchRecords)
			if err != nil || n != c.count || len(records) != int(n) {
				t.Fatalf("%d records of %d: %v", len(records), c.count, err)
			}
			again = appendBatch(nil, &Batch{Event: string(c.event), Epoch: c.epoch, Base: c.base, Records: records,
				Summary: c.summary, Details: c.details, Busy: c.busy})
		case opClaim:
			again = encodeClaim(c.epoch, c.claimer)
		case opTick:
			again = encodeTick(c.epoch, c.clock)
		case opCheckpoint:
			again = appendChunk(nil, &c, c.data[1:])
		case opBarrier:
			again = encodeBarrier()
		}
		if !bytes.Equal(again, b) {
			t.Fatalf("%x was decoded and is encoded as %x", b, again)
		}
	})
}

func FuzzDecodeValues(f *testing.F) {
	meta := make([]byte, eventMetaLen)
	eventMeta{version: 9, first: 2, at: 8}.put(meta)
	for _, v := range [][]byte{
		nil, {1}, meta, applied{1, 2, false}.encode(), applied{1, 2, true}.encode(), encodeIndex(3),
		owner{epoch: 1}.encode(), upload{id: 1}.encode(),
	} {
		f.Add(v)
	}
	f.Add(appendRecords(nil, [][]byte{[]byte("one"), []byte("two")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		same := func(what string, again []byte, err error) {
			if err == nil && !bytes.Equal(again, b) {
				t.Fatalf("%s %x was decoded and is encoded as %x", what, b, again)
			}
		}
		a, err := decodeApplied(b)
		same("applied", a.encode(), err)
		index, err := decodeIndex(b)
		same("index", encodeIndex(index), err)
		o, err := decodeOwner(b)
		same("owner", o.encode(), err)
		u, err := decodeUpload(b)
		same("upload", u.encode(), err)
		m, err := decodeEventMeta(b)
		again := make([]byte, eventMetaLen)
		m.put(again)
		same("event", again, err)
		records, n, err := readRecords(nil, b, 0, MaxBatchRecords)
		same("records", appendRecords(nil, records), err)
		if counted, err2 := countRecords(b); (err == nil) != (err2 == nil) || err == nil && counted != n {
			t.Fatalf("%x has %d records (%v), or %d (%v)", b, n, err, counted, err2)
		}
	})
}

func FuzzDecodeIdentity(f *testing.F) {
	cfg := DefaultConfig("dir")
	cfg.Shards = 2
	f.Add(newIdentity(&cfg).encode())
	f.Add([]byte("boxoffice-node 1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if id, err := decodeIdentity(b); err == nil && !bytes.Equal(id.encode(), b) {
			t.Fatalf("%q was decoded and is encoded as %q", b, id.encode())
		}
	})
}

// Whatever a stream says, it is taken whole or not at all.
func FuzzRecoverFromSnapshot(f *testing.F) {
	from := newRig(f, vfs.NewMem())
	from.do(encodeClaim(2, bob), appendOf("e", 2, 0, "one", "two"), piece("e", 2, 1, 1, 0, 1, "state"))
	whole := save(f, from)
	f.Add(whole)
	f.Add(whole[:len(whole)-9])
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t, vfs.NewMem())
		r.do(encodeClaim(1, alice), appendOf("f", 1, 0, "other"))
		before := r.dump()
		err := r.RecoverFromSnapshot(bytes.NewReader(b), nil)
		if err != nil && r.keys.prefix != nil && r.at.generation == 0 && r.dump() != before {
			t.Fatalf("%x was refused (%v) and has changed the store", b, err)
		}
	})
}
