package storage

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	name = "testdata/" + name
	if *rewrite {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is\n%s\nnow it would be\n%s", name, want, got)
	}
}

// The layout of keys, values and commands is the data format: a change here needs a
// new format version and code that reads the old one.
func TestTheDataFormatIsFixed(t *testing.T) {
	var b strings.Builder
	line := func(name string, v []byte) { fmt.Fprintf(&b, "%-20s %x\n", name, v) }
	k := newKeyspace(0x0102, 0x0304)
	e := []byte("Ev-1")
	line("key applied", appliedKey(0x0102))
	line("key owner", k.owner())
	for _, kind := range []byte{kindEvent, kindSummary, kindDetails, kindBusy, kindUpload} {
		line("key "+string(kind), k.event(kind, e))
	}
	line("key records", k.records(e, 0x0506))
	line("key chunk", k.chunk(e, 1, 0x0708))
	line("key feed", k.feed(0x0506, e))
	line("key place", k.event(kindPlace, e))
	line("key origin", k.kind(kindOrigin))

	line("value applied", applied{0x0a0b, 0x0c0d, false}.encode())
	line("value applied +", applied{0x0a0b, 0x0c0d, true}.encode())
	line("value index", encodeIndex(0x0506))
	line("value owner", owner{1, claimer{2, 3}, 4}.encode())
	meta := make([]byte, eventMetaLen)
	eventMeta{version: 9, first: 2, at: 8, size: 7, chunks: 6, slot: 1, busy: true}.put(meta)
	line("value event", meta)
	line("value upload", upload{1, 2, 3, 4, 5}.encode())
	line("value records", appendRecords(nil, [][]byte{[]byte("one"), {}, []byte("three")}))

	batch := Batch{Event: "Ev-1", Epoch: 1, Base: 2, Records: [][]byte{[]byte("r")}, Summary: []byte("sum")}
	line("command append", appendBatch(nil, &batch))
	batch.Busy, batch.Details = true, []byte("det")
	line("command append +", appendBatch(nil, &batch))
	line("command claim", encodeClaim(1, claimer{2, 3}))
	line("command tick", encodeTick(1, -2))
	line("command checkpoint", appendChunk(nil, &command{epoch: 1, version: 2, keep: 3, upload: 4, chunk: 5,
		chunks: 6, event: e}, []byte("piece")))
	line("command barrier", encodeBarrier())

	id := identity{1, "n1", 0, 0xabc, "127.0.0.1:7101", 2, []replica{
		{1, 1, founder, map[uint64]string{1: "127.0.0.1:7101"}},
		{2, 1, founder, map[uint64]string{1: "127.0.0.1:7101", 2: "b:1"}},
	}, false, true}
	fmt.Fprintf(&b, "identity\n%s", id.encode())
	id.format, id.cluster = 2, 0xdef
	id.put(replica{shard: 2, id: 4, condition: joined})
	fmt.Fprintf(&b, "identity, format 2\n%s", id.encode())
	golden(t, "format.txt", b.String())
}

// Keys of one event sort together, by base; no event's key begins with another's.
func TestKeysSort(t *testing.T) {
	id := rapid.StringOfN(rapid.RuneFrom([]rune("-_09AZaz\x01\u00ff")), 1, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		k := newKeyspace(rapid.Uint64Range(1, maxShards).Draw(t, "shard"), rapid.Uint32().Draw(t, "generation"))
		a, b := []byte(id.Draw(t, "a")), []byte(id.Draw(t, "b"))
		x, y := rapid.Uint64().Draw(t, "x"), rapid.Uint64().Draw(t, "y")
		if (bytes.Compare(k.records(a, x), k.records(a, y)) < 0) != (x < y) {
			t.Fatal("bases do not sort as numbers")
		}
		if !bytes.Equal(a, b) && bytes.HasPrefix(k.records(a, x), k.event(kindRecords, b)) {
			t.Fatalf("the keys of %q are among those of %q", a, b)
		}
		keys := [][]byte{k.owner(), k.records(a, x), k.chunk(a, 1, 9), k.event(kindEvent, a), k.feed(x, a)}
		for _, key := range keys {
			if !bytes.HasPrefix(key, k.prefix) || bytes.Compare(key, after(k.prefix)) >= 0 || len(key) > maxKeyLen {
				t.Fatalf("%x is not a key of the keyspace", key)
			}
		}
		if x != y && (bytes.Compare(k.feed(x, a), k.feed(y, b)) < 0) != (x < y) {
			t.Fatal("the feed does not sort by index")
		}
		index, event, err := k.entryOf(k.feed(x, a))
		if index != x || !bytes.Equal(event, a) || err != nil {
			t.Fatalf("an entry of the feed comes back as %d, %q, %v", index, event, err)
		}
		if len(k.event(kindEvent, a)) != k.eventLen(a) || k.eventOf(k.event(kindEvent, a)) != string(a) {
			t.Fatal("the id does not come back")
		}
	})
}
