package storage

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestClaimsAreOrdered(t *testing.T) {
	r := newRig(t, vfs.NewMem())
	r.want(resultFenced, encodeClaim(0, alice))
	r.want(resultFenced, appendOf("e", 0, 0, "nobody has claimed"))
	r.want(resultDone, encodeClaim(3, alice))
	r.want(resultDone, encodeClaim(3, alice)) // its answer was lost
	r.want(resultFenced, encodeClaim(3, bob)) // cannot be: a term has one leader
	r.want(resultFenced, encodeClaim(3, claimer{alice.incarnation, 2}))
	r.want(resultFenced, encodeClaim(2, alice))
	r.want(resultDone, encodeTick(3, 500))
	r.want(resultDone, encodeClaim(4, bob))
	r.want(resultFenced, encodeClaim(3, alice))
	r.want(resultFenced, encodeTick(3, 600))
	r.want(resultFenced, appendOf("e", 3, 0, "no"))
	got := r.do(encodeClaim(5, alice), appendOf("e", 4, 0, "no"), appendOf("e", 5, 0, "yes"))
	if got[0] != resultDone || got[1] != resultFenced || got[2] != resultDone {
		t.Errorf("a claim and appends in one update: %v", got)
	}
	if r.owner.clock != 500 || r.owner.claimer != alice {
		t.Errorf("the owner is %+v", r.owner)
	}
	epoch, err := r.Lookup(nil)
	if epoch != uint64(5) || err != nil {
		t.Errorf("the epoch is %v, %v", epoch, err)
	}
}

func TestMalformedCommandsAreRejected(t *testing.T) {
	r := newRig(t, vfs.NewMem())
	r.do(encodeClaim(1, alice), appendOf("e", 1, 0, "one"))
	before := r.dump()
	good := appendOf("e", 1, 1, "two")
	for n := range good {
		r.want(resultMalformed, good[:n])
	}
	for _, bad := range [][]byte{
		nil,
		append(bytes.Clone(good), 0),
		{commandFormat + 1, byte(opBarrier)},
		{commandFormat, byte(opBarrier) + 1},
		append(encodeBarrier(), 0),
		append(encodeClaim(9, bob), 0),
		appendOf("", 1, 0, "no id"),
		appendOf("a\x00b", 1, 0, "a bad id"),
		appendOf("e", 1, 1), // no record
		piece("e", 1, 1, 5, 1, 1, "past the last"),
		piece("e", 1, 1, 5, 0, 0, "none"),
		piece("e", 1, 1, 5, 0, maxChunks+1, "too many"),
		piece("e", 1, 1, 5, 0, 1, ""),
		piece("e", 1, 0, 5, 0, 1, "of no version"),
	} {
		r.want(resultMalformed, bad)
	}
	if got := r.dump(); got != before {
		t.Errorf("rejected commands changed the store:\n%s\nbefore:\n%s", got, before)
	}
	r.want(resultDone, good)
	r.want(resultDone, encodeBarrier())
}

func TestCheckpointPieces(t *testing.T) {
	r := newRig(t, vfs.NewMem())
	r.do(encodeClaim(1, alice), appendOf("e", 1, 0, "one", "two", "three"))
	wantState := func(at uint64, want string) {
		t.Helper()
		h := r.history("e")
		if h.At != at || string(h.Checkpoint) != want || len(h.Records) != int(3-at) {
			t.Errorf("the checkpoint is %q at %d with %d records, want %q at %d",
				h.Checkpoint, h.At, len(h.Records), want, at)
		}
	}
	r.want(resultDone, piece("e", 1, 1, 10, 0, 1, "first"))
	wantState(1, "first")
	r.want(resultDone, piece("e", 1, 2, 11, 0, 3, "aa"))
	r.want(resultRefused, piece("e", 1, 2, 12, 1, 3, "of another attempt"))
	r.want(resultRefused, piece("e", 1, 3, 11, 1, 3, "of another version"))
	r.want(resultRefused, piece("e", 1, 2, 11, 1, 4, "of another number"))
	r.want(resultRefused, piece("e", 1, 2, 11, 2, 3, "too early"))
	r.want(resultDone, piece("e", 1, 2, 11, 1, 3, "bb"))
	r.want(resultRefused, piece("e", 1, 2, 11, 1, 3, "again"))
	wantState(1, "first")
	r.want(resultDone, piece("e", 1, 2, 11, 2, 3, "cc"))
	wantState(2, "aabbcc")
	r.want(resultRefused, piece("e", 1, 2, 11, 2, 3, "after the last"))
	r.want(resultRefused, piece("e", 1, 1, 13, 0, 1, "older"))
	r.want(resultRefused, piece("e", 1, 4, 13, 0, 1, "of the future"))
	r.want(resultRefused, piece("other", 1, 1, 13, 0, 1, "of no event"))
	wantState(2, "aabbcc")
	// An attempt that is given up leaves nothing once a later one is done.
	r.do(piece("e", 1, 3, 14, 0, 3, "xx"), piece("e", 1, 3, 14, 1, 3, "yy"), piece("e", 1, 3, 15, 0, 1, "last"))
	wantState(3, "last")
	fresh := newRig(t, vfs.NewMem())
	fresh.do(encodeClaim(1, alice), appendOf("e", 1, 0, "one", "two", "three"),
		piece("e", 1, 1, 1, 0, 1, "x"), piece("e", 1, 2, 1, 0, 1, "x"), piece("e", 1, 3, 1, 0, 1, "last"))
	if got, want := r.dump(), fresh.dump(); got != want {
		t.Errorf("pieces were left behind:\n%s\nwant:\n%s", got, want)
	}
}

func TestAClaimDropsUnfinishedCheckpoints(t *testing.T) {
	begin := func() *rig {
		r := newRig(t, vfs.NewMem())
		r.do(encodeClaim(1, alice), appendOf("e", 1, 0, "one"), appendOf("f", 1, 0, "one"),
			piece("e", 1, 1, 9, 0, 1, "state"))
		return r
	}
	r := begin()
	r.do(piece("e", 1, 1, 10, 0, 3, "aa"), piece("e", 1, 1, 10, 1, 3, "bb"), piece("f", 1, 1, 11, 0, 2, "cc"),
		encodeClaim(1, alice)) // its own claim again drops nothing
	r.want(resultDone, piece("f", 1, 1, 11, 1, 2, "dd"))
	r.do(piece("f", 1, 1, 12, 0, 2, "ee"), encodeClaim(2, bob))
	r.want(resultFenced, piece("f", 1, 1, 12, 1, 2, "ff"))
	r.want(resultRefused, piece("f", 2, 1, 12, 1, 2, "ff"))
	if h := r.history("f"); string(h.Checkpoint) != "ccdd" {
		t.Errorf("the checkpoint of f is %q", h.Checkpoint)
	}
	fresh := begin()
	fresh.do(piece("f", 1, 1, 1, 0, 2, "cc"), piece("f", 1, 1, 1, 1, 2, "dd"), encodeClaim(2, bob))
	if got, want := r.dump(), fresh.dump(); got != want {
		t.Errorf("pieces were left behind:\n%s\nwant:\n%s", got, want)
	}
}

func TestRetentionDeletesWholeBatches(t *testing.T) {
	r := newRig(t, vfs.NewMem())
	r.do(encodeClaim(1, alice))
	for base := uint64(0); base < 30; base += 3 {
		r.do(appendOf("e", 1, base, "a", "b", "c"), appendOf("f", 1, base, "a", "b", "c"))
	}
	for _, c := range []struct{ version, keep, first uint64 }{
		{1, 0, 1}, {4, 2, 1}, {4, 3, 1}, {8, 4, 4}, {9, 6, 4}, {10, 5, 4}, {20, 15, 13}, {30, 31, 28},
	} {
		cmd := command{epoch: 1, version: c.version, keep: c.keep, upload: 1, chunks: 1, event: []byte("e")}
		r.want(resultDone, appendChunk(nil, &cmd, []byte("x")))
		v := r.view()
		meta, err := v.event([]byte("e"))
		if err != nil || meta.first != c.first {
			t.Errorf("a checkpoint at %d that keeps from %d leaves records from %d, want %d: %v",
				c.version, c.keep, meta.first, c.first, err)
		}
		kept, err := v.records([]byte("e"), meta, meta.first, 30-meta.first+1)
		if err != nil || len(kept) != int(30-meta.first+1) {
			t.Errorf("%d records are kept: %v", len(kept), err)
		}
		if _, err := v.records([]byte("e"), meta, meta.first-1, 1); err == nil && meta.first > 1 {
			t.Errorf("record %d is still there", meta.first-1)
		}
		v.close()
	}
	if h := r.history("f"); len(h.Records) != 30 {
		t.Errorf("another event has %d records left", len(h.Records))
	}
}

// A store whose values are damaged says so; it does not panic and makes nothing up.
func TestDamagedValuesAreErrors(t *testing.T) {
	r := newRig(t, vfs.NewMem())
	e := []byte("e")
	r.do(encodeClaim(1, alice), appendOf("e", 1, 0, "one", "two"), appendOf("e", 1, 2, "three"),
		appendOf("e", 1, 3, "four"), piece("e", 1, 1, 1, 0, 1, "state"))
	read := func() error {
		v, err := openView(r.db, 7)
		if err != nil {
			return err
		}
		defer v.close()
		if _, err := v.history(e); err != nil {
			return err
		}
		_, err = v.view(e)
		return err
	}
	set := func(key, value []byte) {
		t.Helper()
		if err := r.db.Set(key, value, nil); err != nil {
			t.Fatal(err)
		}
	}
	for name, key := range map[string][]byte{
		"event":   r.keys.event(kindEvent, e),
		"summary": r.keys.event(kindSummary, e),
		"records": r.keys.records(e, 0),
		"middle":  r.keys.records(e, 2),
		"last":    r.keys.records(e, 3),
		"chunk":   r.keys.chunk(e, 1, 0),
		"applied": appliedKey(7),
	} {
		value, closer, err := r.db.Get(key)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		good := bytes.Clone(value)
		_ = closer.Close()
		bad := [][]byte{{}, {valueFormat + 1}, append([]byte{9}, good[1:]...)}
		if name != "summary" { // any bytes may be a summary
			bad = append(bad, []byte{valueFormat, 0xff}, good[:len(good)-1])
		}
		for _, value := range bad {
			if set(key, value); read() == nil {
				t.Errorf("%s %q was read", name, value)
			}
		}
		if set(key, good); read() != nil {
			t.Fatalf("%s is good again: %v", name, read())
		}
		if name != "summary" && name != "applied" && name != "event" {
			if err := r.db.Delete(key, nil); err != nil {
				t.Fatal(err)
			}
			if read() == nil {
				t.Errorf("%s is missing, and that was not seen", name)
			}
			set(key, good)
		}
	}
	set(r.keys.owner(), []byte{valueFormat, 1})
	if _, err := newMachine(r.db, 7).Open(nil); err == nil {
		t.Error("a damaged owner was read")
	}
}
