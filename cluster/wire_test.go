package cluster

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func FuzzEnvelope(f *testing.F) {
	whole := appendHeader(nil, 7, "n1")
	whole = appendFrame(whole, frame{kind: frameRequest, what: 3, id: 9, left: 100, body: []byte("body")})
	whole = appendFrame(whole, frame{kind: frameReply, what: byte(statusBusy), id: 9})
	f.Add(whole)
	f.Add([]byte{})
	f.Add([]byte{1, 19})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, rest, err := parseHeader(b)
		if err != nil || h.version != envelopeVersion {
			return
		}
		again := appendHeader(nil, h.life, string(h.node))
		setSent(again, h.sent)
		clean := len(again) == len(b)-len(rest)
		for {
			fr, next, err := nextFrame(rest)
			if err != nil {
				return
			}
			if fr.kind == 0 {
				break
			}
			before := len(again)
			again = appendFrame(again, fr)
			clean = clean && bytes.Equal(again[before:before+6], rest[:6]) && rest[6] == 0 && rest[7] == 0
			rest = next
		}
		if clean && !bytes.Equal(again, b) {
			t.Errorf("read and written again: %x, was %x", again, b)
		}
	})
}

func FuzzMeta(f *testing.F) {
	p := Peer{Actors: "10.0.0.1:7947", Raft: "10.0.0.1:7948", HTTP: "shop.example:80", Zone: "z", Version: "v",
		Incarnation: 1, Cluster: 2, Shards: 16, State: Leaving, Started: time.UnixMilli(1234), Gossip: "name:1",
		Roles: []string{"search", "x"}}
	f.Add(appendMeta(p, "id"))
	f.Add(append(appendMeta(p, "id"), 0xa2, 0x06, 1, 'x')) // a field of a later version
	f.Fuzz(func(t *testing.T, b []byte) {
		p, system, err := parseMeta(b)
		if err != nil {
			return
		}
		q, again, err := parseMeta(appendMeta(p, system))
		if err != nil || again != system || p.Actors != q.Actors || p.Cluster != q.Cluster || p.State != q.State ||
			!slices.Equal(p.Roles, q.Roles) {
			t.Errorf("%+v became %+v, %v", p, q, err)
		}
	})
}

func FuzzLeaderTable(f *testing.F) {
	var full leaders
	full.set(1, lead{"n1", 5})
	full.set(17, lead{"n2", 1 << 40})
	f.Add(full.snapshot(7), full.ledBy("n1"))
	f.Fuzz(func(t *testing.T, table, led []byte) {
		var a, b leaders
		a.restore(table, 7)
		a.merge("n1", led)
		b.restore(a.snapshot(7), 7)
		for shard := range uint64(maxShard + 1) {
			if x, y := a.get(shard), b.get(shard); x.node != "" && x != y {
				t.Errorf("shard %d: %v became %v", shard, x, y)
			}
		}
	})
}

// Another cluster's table moves nothing.
func TestForeignTable(t *testing.T) {
	var theirs, ours leaders
	theirs.set(1, lead{"x", 99})
	ours.restore(theirs.snapshot(8), 7)
	if l := ours.get(1); l.node != "" {
		t.Errorf("learned %v", l)
	}
	ours.restore(theirs.snapshot(7), 7)
	if l := ours.get(1); l.node != "x" {
		t.Errorf("learned %v", l)
	}
}

// A batch that lay for a while is late by that while, whatever the clocks say.
func TestLateness(t *testing.T) {
	const offset = int64(1e15) // the sender's clock is far away
	var l lateness
	at := func(ms int64) int64 { return ms * 1000 }
	steps := []struct{ sent, received, late int64 }{
		{0, 5, 0}, // the first one tells nothing
		{100, 102, 0},
		{200, 204, 2},
		{300, 5302, 5000},    // a pause
		{5310, 5312, 0},      // as usual again
		{40000, 40003, 1},    // another window
		{80000, 90002, 9999}, // a pause over the end of a window
		{90010, 90012, 0},
	}
	for _, s := range steps {
		if late := l.of(1, at(s.sent)-offset, at(s.received)); late != time.Duration(s.late)*time.Millisecond {
			t.Errorf("sent %d received %d: %v late, want %d ms", s.sent, s.received, late, s.late)
		}
	}
	if late := l.of(2, 0, at(99999)); late != 0 {
		t.Errorf("a new life: %v late", late)
	}
}
