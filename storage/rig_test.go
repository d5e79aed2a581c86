package storage

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	sm "github.com/lni/dragonboat/v4/statemachine"
)

// rig is a machine on a store of its own, and the Raft index it is at.
type rig struct {
	*machine
	t     testing.TB
	index uint64
}

var (
	alice = claimer{1001, 1}
	bob   = claimer{1002, 2}
)

func newRig(t testing.TB, fs vfs.FS) *rig {
	t.Helper()
	db, err := pebble.Open("store", &pebble.Options{
		FS: fs, Logger: storeLogger{slog.New(slog.DiscardHandler)}, FormatMajorVersion: pebble.FormatNewest,
	})
	r := rigOn(t, db, err)
	r.fs, r.dir = fs, "store"
	return r
}

// newDiskRig is a rig on the disk, opened as a node opens it.
func newDiskRig(t testing.TB) *rig {
	t.Helper()
	cfg := DefaultConfig(t.TempDir())
	db, err := openStore(t.Context(), cfg.Dir, &cfg)
	r := rigOn(t, db, err)
	r.dir = cfg.Dir
	return r
}

func rigOn(t testing.TB, db *pebble.DB, err error) *rig {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{machine: newMachine(db, 7), t: t}
	if r.index, err = r.Open(nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

func (r *rig) close() {
	r.t.Helper()
	if r.db == nil {
		return
	}
	if err := r.db.Close(); err != nil {
		r.t.Error(err)
	}
	r.db = nil
}

// do applies commands in one Update and returns their results.
func (r *rig) do(commands ...[]byte) []uint64 {
	r.t.Helper()
	entries := make([]sm.Entry, len(commands))
	for i, c := range commands {
		r.index++
		entries[i] = sm.Entry{Index: r.index, Cmd: c}
	}
	entries, err := r.Update(entries)
	if err != nil {
		r.t.Fatal(err)
	}
	results := make([]uint64, len(entries))
	for i, e := range entries {
		results[i] = e.Result.Value
	}
	return results
}

// want applies one command and checks its result.
func (r *rig) want(result uint64, command []byte) {
	r.t.Helper()
	if got := r.do(command)[0]; got != result {
		r.t.Errorf("the result is %d, want %d", got, result)
	}
}

// view reads the machine's shard.
func (r *rig) view() view {
	r.t.Helper()
	v, err := openView(r.db, r.shard)
	if err != nil {
		r.t.Fatal(err)
	}
	return v
}

// history loads an event.
func (r *rig) history(event string) History {
	r.t.Helper()
	v := r.view()
	defer v.close()
	h, err := v.history([]byte(event))
	if err != nil {
		r.t.Fatal(err)
	}
	return h
}

// dump is every key of the shard's generation, with its value.
func (r *rig) dump() string {
	r.t.Helper()
	prefix := r.keys.prefix
	it, err := r.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		r.t.Fatal(err)
	}
	defer it.Close()
	var b bytes.Buffer
	for ok := it.First(); ok; ok = it.Next() {
		value := it.Value()
		fmt.Fprintf(&b, "%q = %d bytes %.60q\n", it.Key()[len(prefix):], len(value), value)
	}
	return b.String()
}

func appendOf(event string, epoch, base uint64, records ...string) []byte {
	b := Batch{Event: event, Epoch: epoch, Base: base, Summary: []byte("s")}
	for _, r := range records {
		b.Records = append(b.Records, []byte(r))
	}
	return appendBatch(nil, &b)
}

// piece is piece n of a checkpoint that has so many.
func piece(event string, epoch, version, upload uint64, n, so uint32, data string) []byte {
	c := command{epoch: epoch, version: version, upload: upload, chunk: n, chunks: so, event: []byte(event)}
	return appendChunk(nil, &c, []byte(data))
}
