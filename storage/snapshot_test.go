package storage

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	sm "github.com/lni/dragonboat/v4/statemachine"
)

// A snapshot that is cut, or damaged where it can be seen, changes nothing.
func TestABrokenSnapshotChangesNothing(t *testing.T) {
	from, to := newRig(t, vfs.NewMem()), newRig(t, vfs.NewMem())
	from.do(encodeClaim(2, bob), appendOf("e", 2, 0, "one", "two"), piece("e", 2, 1, 1, 0, 1, "state"))
	to.do(encodeClaim(1, alice), appendOf("f", 1, 0, "other"))
	whole, before := save(t, from), to.dump()
	for n := range len(whole) - 1 { // the last byte may be missing: see TestASnapshotWithoutAFeed
		if err := to.RecoverFromSnapshot(bytes.NewReader(whole[:n]), nil); err == nil {
			t.Fatalf("%d bytes of %d were taken", n, len(whole))
		}
	}
	for _, at := range []int{0, len(snapshotMagic) - 1, len(whole) - 2, len(whole) - 1} { // magic, version, count, feed
		bad := bytes.Clone(whole)
		bad[at]++
		if err := to.RecoverFromSnapshot(bytes.NewReader(bad), nil); err == nil {
			t.Errorf("a snapshot with byte %d changed was taken", at)
		}
	}
	if got := to.dump(); got != before || to.owner.epoch != 1 {
		t.Errorf("the store is\n%s\nwant\n%s", got, before)
	}
	to.want(resultDone, appendOf("f", 1, 1, "goes on"))
}

func TestSnapshotsStop(t *testing.T) {
	r := newRig(t, vfs.NewMem())
	r.do(encodeClaim(2, bob), appendOf("e", 2, 0, "one", "two"))
	whole := save(t, r)
	stop := make(chan struct{})
	close(stop)
	prepared, err := r.PrepareSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SaveSnapshot(prepared, io.Discard, stop); !errors.Is(err, sm.ErrSnapshotStopped) {
		t.Errorf("save: %v", err)
	}
	if err := r.RecoverFromSnapshot(bytes.NewReader(whole), stop); !errors.Is(err, sm.ErrSnapshotStopped) {
		t.Errorf("recover: %v", err)
	}
	if err := r.SaveSnapshot("nothing", io.Discard, nil); err == nil {
		t.Error("something was saved that was not prepared")
	}
}

// failingReader ends with an error after n bytes.
type failingReader struct {
	r io.Reader
	n int
}

var errCable = errors.New("the cable is cut")

func (f *failingReader) Read(b []byte) (int, error) {
	if f.n <= 0 {
		return 0, errCable
	}
	n, err := f.r.Read(b[:min(len(b), f.n)])
	f.n -= n
	return n, err
}

// A crash in the middle of a rebuild leaves the old state, and its rest goes away.
func TestARebuildThatIsInterrupted(t *testing.T) {
	from := newRig(t, vfs.NewMem())
	from.do(encodeClaim(2, bob))
	for base := range uint64(8) {
		from.do(appendOf("e", 2, base, strings.Repeat("x", 4<<20)))
	}
	whole := save(t, from)

	fs := vfs.NewMem()
	to := newRig(t, fs)
	to.do(encodeClaim(1, alice), appendOf("f", 1, 0, "other"))
	before, index := to.dump(), to.index
	err := to.RecoverFromSnapshot(&failingReader{bytes.NewReader(whole), 29 << 20}, nil)
	if !errors.Is(err, errCable) {
		t.Fatal(err)
	}
	to.close()
	to = newRig(t, fs)
	if got := to.dump(); got != before || to.index != index {
		t.Errorf("after the crash at %d:\n%s\nwant at %d\n%s", to.index, got, index, before)
	}
	it, err := to.db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if k := it.Key(); k[0] == keyData && !bytes.HasPrefix(k, to.keys.prefix) {
			t.Fatalf("key %q was left behind", k)
		}
	}
}

// A reader that has begun reads on, and agrees with itself, while the shard under
// it is replaced.
func TestReadersDuringARebuild(t *testing.T) {
	from, to := newRig(t, vfs.NewMem()), newRig(t, vfs.NewMem())
	from.do(encodeClaim(2, bob), appendOf("e", 2, 0, "new", "new"))
	to.do(encodeClaim(1, alice), appendOf("e", 1, 0, "old"))
	v := to.view()
	defer v.close()
	if err := to.RecoverFromSnapshot(bytes.NewReader(save(t, from)), nil); err != nil {
		t.Fatal(err)
	}
	h, err := v.history([]byte("e"))
	if err != nil || h.Version != 1 || string(h.Records[0]) != "old" {
		t.Errorf("the reader of before got %+v, %v", h, err)
	}
	if h := to.history("e"); h.Version != 2 || string(h.Records[0]) != "new" {
		t.Errorf("a reader afterwards got %+v", h)
	}
}

// gauge counts what is read through it.
type gauge struct {
	r    io.Reader
	n    int
	each func(n int)
}

func (g *gauge) Read(b []byte) (int, error) {
	g.each(g.n)
	n, err := g.r.Read(b)
	g.n += n
	return n, err
}

// A snapshot is streamed: it goes on only while it is read, and what was read is in
// the store soon.
func TestALargeSnapshotIsStreamed(t *testing.T) {
	const batches, batchBytes, slack = 72, 1 << 20, tableBytes>>20 + 4
	from, to := newDiskRig(t), newDiskRig(t)
	from.do(encodeClaim(2, bob))
	record := strings.Repeat("0123456789abcdef", batchBytes/16)
	for base := range uint64(batches) {
		from.do(appendOf("e", 2, base, record))
	}
	r, w := io.Pipe() // has no memory of its own
	defer r.Close()
	go func() {
		saveTo(t, from, w)
		_ = w.Close()
	}()
	prefix := dataPrefix(to.shard, to.at.generation+1)
	checked := 0
	each := func(n int) {
		if n < (checked+1)*slack*batchBytes {
			return
		}
		checked++
		it, err := to.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
		if err != nil {
			t.Error(err)
			return
		}
		stored := 0
		for ok := it.First(); ok; ok = it.Next() {
			stored++
		}
		if err := it.Close(); err != nil || stored < n/batchBytes-slack {
			t.Errorf("%d MiB were read and only %d batches are stored: %v", n>>20, stored, err)
		}
	}
	if err := to.RecoverFromSnapshot(&gauge{r, 0, each}, nil); err != nil {
		t.Fatal(err)
	}
	if checked < batches/slack-1 {
		t.Errorf("it was looked at %d times only", checked)
	}
	if h := to.history("e"); h.Version != batches || string(h.Records[3]) != record {
		t.Errorf("the copy has version %d", h.Version)
	}
}
