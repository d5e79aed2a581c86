package storage

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"
)

// anyCommands draws commands that often fit what is there, and often do not.
func anyCommands(t *rapid.T) [][]byte {
	event := rapid.SampledFrom([]string{"a", "ab", "b"})
	who := rapid.SampledFrom([]claimer{alice, bob})
	small := rapid.Uint64Range(0, 6)
	epoch := rapid.Uint64Range(1, 4)
	command := rapid.Custom(func(t *rapid.T) []byte {
		switch rapid.IntRange(0, 9).Draw(t, "op") {
		case 0:
			return encodeClaim(epoch.Draw(t, "epoch"), who.Draw(t, "who"))
		case 1:
			return encodeTick(epoch.Draw(t, "epoch"), int64(small.Draw(t, "clock")))
		case 2:
			return rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "garbage")
		case 3, 4, 5:
			version := small.Draw(t, "version")
			c := command{epoch: epoch.Draw(t, "epoch"), event: []byte(event.Draw(t, "event")), version: version,
				keep: min(small.Draw(t, "keep"), version+1), upload: rapid.Uint64Range(1, 2).Draw(t, "upload"),
				chunks: rapid.Uint32Range(1, 3).Draw(t, "chunks"), chunk: rapid.Uint32Range(0, 2).Draw(t, "chunk")}
			return appendChunk(nil, &c, fmt.Appendf(nil, "%d/%d", c.version, c.chunk))
		}
		b := Batch{Event: event.Draw(t, "event"), Epoch: epoch.Draw(t, "epoch"), Base: small.Draw(t, "base"),
			Busy: rapid.Bool().Draw(t, "busy"), Summary: []byte("summary")}
		for i := range rapid.IntRange(1, 3).Draw(t, "records") {
			b.Records = append(b.Records, fmt.Appendf(nil, "%d+%d", b.Base, i))
		}
		if rapid.Bool().Draw(t, "details") {
			b.Details = fmt.Appendf(nil, "details at %d", b.Base)
		}
		return appendBatch(nil, &b)
	})
	claims := [][]byte{encodeClaim(1, alice)} // so that some appends pass
	return append(claims, rapid.SliceOfN(command, 1, 60).Draw(t, "commands")...)
}

// Replicas get the same commands in different updates, and one of them crashes and
// applies again what it lost. All end with the same store.
func TestReplicasAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		commands := anyCommands(rt)
		one := newRig(t, vfs.NewMem())
		defer one.close()
		var results []uint64
		for _, c := range commands {
			results = append(results, one.do(c)...)
		}
		want := one.dump()

		grouped := newRig(t, vfs.NewMem())
		defer grouped.close()
		var got []uint64
		for rest := commands; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "update")
			got = append(got, grouped.do(rest[:n]...)...)
			rest = rest[n:]
		}
		if !slices.Equal(got, results) || grouped.dump() != want {
			rt.Fatalf("in larger updates: results %v, want %v\n%s\nwant\n%s", got, results, grouped.dump(), want)
		}
		if crashed := crashAndReplay(t, rt, commands); crashed != want {
			rt.Fatalf("after a crash:\n%s\nwant\n%s", crashed, want)
		}
	})
}

// crashAndReplay applies commands, loses power somewhere, and applies the rest.
func crashAndReplay(t *testing.T, rt *rapid.T, commands [][]byte) string {
	fs := vfs.NewCrashableMem()
	r := newRig(t, fs)
	synced := rapid.IntRange(0, len(commands)).Draw(rt, "synced")
	done := rapid.IntRange(synced, len(commands)).Draw(rt, "done")
	update := rapid.IntRange(1, 5).Draw(rt, "group")
	for i := 0; i < done; {
		end := min(i+update, done)
		if i < synced {
			end = min(end, synced)
		}
		if r.do(commands[i:end]...); end == synced {
			if err := r.Sync(); err != nil {
				rt.Fatal(err)
			}
		}
		i = end
	}
	seed := rapid.Uint64().Draw(rt, "seed")
	cut := fs.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: rapid.IntRange(0, 100).Draw(rt, "percent"), RNG: rand.New(rand.NewPCG(seed, 1)),
	})
	r.close()
	again := newRig(t, cut)
	defer again.close()
	if again.index < uint64(synced) || again.index > uint64(done) {
		rt.Fatalf("synced %d, done %d, after the crash %d", synced, done, again.index)
	}
	for _, c := range commands[again.index:] {
		again.do(c)
	}
	return again.dump()
}

// A snapshot of any state makes the same state, over any state.
func TestSnapshotsRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		from, to := newRig(t, vfs.NewMem()), newRig(t, vfs.NewMem())
		defer from.close()
		defer to.close()
		from.do(anyCommands(rt)...)
		to.do(anyCommands(rt)...)
		snapshot := save(t, from)
		if err := to.RecoverFromSnapshot(bytes.NewReader(snapshot), nil); err != nil {
			rt.Fatal(err)
		}
		if got, want := to.dump(), from.dump(); got != want {
			rt.Fatalf("from the snapshot:\n%s\nwant\n%s", got, want)
		}
		if to.at.index != from.at.index || to.owner != from.owner {
			rt.Fatalf("from the snapshot: at %+v %+v, want %+v %+v", to.at, to.owner, from.at, from.owner)
		}
		to.index = from.index
		rest := anyCommands(rt)
		if got, want := to.do(rest...), from.do(rest...); !slices.Equal(got, want) {
			rt.Fatalf("after the snapshot: %v, want %v", got, want)
		}
		if !bytes.Equal(save(t, to), save(t, from)) {
			rt.Fatal("the snapshots differ afterwards")
		}
	})
}

// save makes a snapshot of a rig.
func save(t testing.TB, r *rig) []byte {
	t.Helper()
	var b bytes.Buffer
	saveTo(t, r, &b)
	return b.Bytes()
}

func saveTo(t testing.TB, r *rig, w io.Writer) {
	t.Helper()
	prepared, err := r.PrepareSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SaveSnapshot(prepared, w, nil); err != nil {
		t.Fatal(err)
	}
}
