package httpapi

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/live"

	"github.com/gobwas/ws"
)

// masked is a frame as a client sends it.
func masked(op ws.OpCode, fin bool, payload string) []byte {
	return ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(op, fin, []byte(payload))))
}

// What a client may not say on a WebSocket, each with the code that it is closed with.
func TestBadFrames(t *testing.T) {
	w, hub := newLive(t, nil)
	text := func(s string) []byte { return masked(ws.OpText, true, s) }
	header := func(h ws.Header) []byte {
		var b bytes.Buffer
		if err := ws.WriteHeader(&b, h); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	many := func(n int, f []byte) []byte { return bytes.Repeat(f, n) }
	for _, row := range []struct {
		name string
		send []byte
		code ws.StatusCode
	}{
		{"unmasked", ws.MustCompileFrame(ws.NewTextFrame([]byte("hi"))), ws.StatusProtocolError},
		{"a message of 1 KiB and a byte", text(strings.Repeat("a", 1025)), ws.StatusMessageTooBig},
		{"a message of 8 EiB", header(ws.Header{Fin: true, OpCode: ws.OpText, Masked: true, Length: 1<<63 - 1}),
			ws.StatusMessageTooBig},
		{"a length below zero", []byte{0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, ws.StatusProtocolError},
		{"fragments over 1 KiB", append(masked(ws.OpText, false, strings.Repeat("a", 1000)),
			masked(ws.OpContinuation, true, strings.Repeat("a", 25))...), ws.StatusMessageTooBig},
		{"not UTF-8", text("a\xff"), ws.StatusInvalidFramePayloadData},
		{"not UTF-8 in fragments", append(masked(ws.OpText, false, "\xe2\x82"),
			masked(ws.OpContinuation, true, "a")...), ws.StatusInvalidFramePayloadData},
		{"bytes", masked(ws.OpBinary, true, "hi"), ws.StatusUnsupportedData},
		{"11 messages in a second", many(11, text("hi")), ws.StatusPolicyViolation},
		{"1,000 subscriptions", many(1000, text(`{"subscribe":"ev-1"}`)), ws.StatusPolicyViolation},
		{"a flood of fragments", append(masked(ws.OpText, false, "a"),
			many(100, masked(ws.OpContinuation, false, "a"))...), ws.StatusPolicyViolation},
		{"a flood of pings", many(100, masked(ws.OpPing, true, "")), ws.StatusPolicyViolation},
		{"a flood of pongs", many(100, masked(ws.OpPong, true, "")), ws.StatusPolicyViolation},
		{"a long ping", masked(ws.OpPing, true, strings.Repeat("a", 126)), ws.StatusProtocolError},
		{"a ping in fragments", masked(ws.OpPing, false, ""), ws.StatusProtocolError},
		{"a reserved code", masked(3, true, ""), ws.StatusProtocolError},
		{"reserved bits", header(ws.Header{Fin: true, Rsv: 4, OpCode: ws.OpText, Masked: true}),
			ws.StatusProtocolError},
		{"the rest of nothing", masked(ws.OpContinuation, true, ""), ws.StatusProtocolError},
		{"text within text", append(masked(ws.OpText, false, "a"), text("b")...), ws.StatusProtocolError},
		{"a close of one byte", masked(ws.OpClose, true, "\x03"), ws.StatusProtocolError},
		{"a close with 1005", masked(ws.OpClose, true, "\x03\xed"), ws.StatusProtocolError},
		{"a close that is not UTF-8", masked(ws.OpClose, true, "\x03\xe8\xff"), ws.StatusProtocolError},
		{"a close", masked(ws.OpClose, true, "\x03\xe8"), ws.StatusNormalClosure},
		{"an empty close", masked(ws.OpClose, true, ""), ws.StatusNormalClosure},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.t = t
			tp := w.socket(seatsPath)
			if _, err := tp.nc.Write(row.send); err != nil {
				t.Fatal(err)
			}
			f := tp.frame()
			for f.Header.OpCode == ws.OpPong { // to those of a flood that were in time
				f = tp.frame()
			}
			code, _ := ws.ParseCloseFrameData(f.Payload)
			if f.Header.OpCode != ws.OpClose || code != row.code {
				t.Fatalf("%+v %q, want a close with %d", f.Header, f.Payload, row.code)
			}
			tp.over()
		})
	}
	await(t, "nobody watches", func() bool { return hub.count() == 0 && w.srv.sockets.count() == 0 })
}

// What a client may say: it is answered, or does not matter.
func TestGoodFrames(t *testing.T) {
	w, hub := newLive(t, nil)
	tp := w.socket(seatsPath)
	for _, b := range [][]byte{
		masked(ws.OpText, true, strings.Repeat("a", 1024)), masked(ws.OpText, false, "\xe2\x82"),
		masked(ws.OpPing, true, strings.Repeat("p", 125)), masked(ws.OpContinuation, true, "\xac"),
		masked(ws.OpPong, true, ""),
	} {
		for len(b) > 0 { // in pieces, as a network may bring them
			n := min(len(b), 7)
			if _, err := tp.nc.Write(b[:n]); err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
	}
	if f := tp.frame(); f.Header.OpCode != ws.OpPong || string(f.Payload) != strings.Repeat("p", 125) {
		t.Errorf("%+v %q", f.Header, f.Payload)
	}
	hub.tell(tickets(9, 0))
	tp.text()
}

// A client that does not wait for the answer: what it sends on top of its request counts.
func TestEarlyFrames(t *testing.T) {
	w, hub := newLive(t, nil)
	for _, payload := range []string{"hello", strings.Repeat("p", 125)} {
		var head strings.Builder
		for i, all := 0, upgrade(); i < len(all); i += 2 {
			fmt.Fprintf(&head, "%s: %s\r\n", all[i], all[i+1])
		}
		l := w.dial()
		ping := masked(ws.OpPing, true, payload)
		fmt.Fprintf(l.nc, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n%s%s", seatsPath, head.String(),
			masked(ws.OpText, true, strings.Repeat("a", 700)), ping)
		tp := &tap{t, l.nc, l.br}
		for line := ""; line != "\r\n"; {
			var err error
			if line, err = l.br.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		if f := tp.frame(); f.Header.OpCode != ws.OpPong || string(f.Payload) != payload {
			t.Errorf("%+v %q", f.Header, f.Payload)
		}
		<-hub.came
		hub.tell(tickets(9, 0))
		tp.text()
	}
	stream := w.dial()
	fmt.Fprintf(stream.nc, "GET %s HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"+
		"GET / HTTP/1.1\r\n\r\n", seatsPath)
	if b, err := io.ReadAll(stream.br); err != nil || strings.Count(string(b), "HTTP/1.1") != 1 {
		t.Errorf("%q %v", b, err)
	}
}

// block sends a message that is larger than all buffers to the one socket there is, and
// waits until its writer hangs.
func block(t *testing.T, hub *fakeHub) *socket {
	t.Helper()
	k := (<-hub.came).Listener.(*socket)
	k.block(t)
	return k
}

// block has the socket's writer hang.
func (k *socket) block(t *testing.T) {
	t.Helper()
	k.Deliver(tickets(2, 1<<20))
	await(t, "the writer has it", func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.mu.writing && k.mu.n == 0
	})
}

// A slow reader gets a resync in place of what he missed, and goes on from there.
func TestSlowReader(t *testing.T) {
	w, hub := newLive(t, nil)
	for path, last := range map[string]string{
		seatsPath: `{"type":"resync","version":18}`, placePath: `{"type":"position","version":18}`,
	} {
		tp := w.socket(path)
		k := block(t, hub)
		for range 2 { // he may be slow again: that he was is forgotten once he has read all
			for v := uint64(2); v <= 18; v++ {
				f := tickets(v, 0)
				if path == placePath {
					f = about(live.Position, v, "")
				}
				k.Deliver(f)
			}
			k.Deliver(tickets(19, 0))
			tp.text()
			if got := tp.text(); got != last {
				t.Errorf("%s, want %s", got, last)
			}
			if got := tp.text(); got != string(tickets(19, 0).JSON) {
				t.Errorf("%s", got)
			}
			await(t, "the queue is empty", func() bool { return w.writers() == 0 })
			k.block(t)
		}
		_ = tp.nc.Close()
	}
	if got := w.srv.sockets.overflows.Load(); got != 4 {
		t.Errorf("%d overflows, want 4", got)
	}
}

// Who misses more before he has read the resync is disconnected, with 1013.
func TestTooSlowReader(t *testing.T) {
	w, hub := newLive(t, nil)
	sock := w.socket(seatsPath)
	k := block(t, hub)
	stream := w.events(seatsPath)
	l := block(t, hub)
	for v := uint64(2); v <= 2+16+16; v++ {
		k.Deliver(tickets(v, 0))
		l.Deliver(tickets(v, 0))
	}
	sock.text()
	sock.closed(statusTryAgainLater)
	stream.event()
	stream.over()
	await(t, "both are gone", func() bool { return w.srv.sockets.ends[slow].Load() == 2 })
}

// A goodbye comes through a full queue too.
func TestGoodbyeToASlowReader(t *testing.T) {
	w, hub := newLive(t, nil)
	sock := w.socket(seatsPath)
	k := block(t, hub)
	for v := uint64(2); v <= 2+31; v++ {
		k.Deliver(tickets(v, 0))
	}
	hub.Goodbye()
	sock.text()
	if got := sock.text(); !strings.Contains(got, "goodbye") {
		t.Errorf("%s", got)
	}
	sock.closed(ws.StatusGoingAway)
}

// One reader in a hundred reads nothing at all: the others get everything at once, and
// he is gone when a write has hung for the time-out, whatever had been queued for him.
func TestFrozenReader(t *testing.T) {
	w, hub := newLive(t, func(c *Config) { c.WriteTimeout = time.Second })
	type got struct {
		version uint64
		err     error
	}
	read := make(chan got, 100)
	for i := range 100 {
		via, tp := transport(i%2), (*tap)(nil)
		if via == overWebSocket {
			tp = w.socket(seatsPath)
		} else {
			tp = w.events(seatsPath)
		}
		go func() {
			for v := uint64(0); v < 100; {
				var err error
				if v, err = tp.version(via); err != nil {
					v = 100
				}
				read <- got{v, err}
			}
		}()
	}
	_, _ = w.ask(seatsPath, 4096, upgrade()...)
	_, _ = w.ask(seatsPath, 4096, "Accept", "text/event-stream")
	for v := uint64(1); v <= 100; v++ { // each message waits for those who read, and for no one else
		hub.tell(tickets(v, 10_000))
		for range 100 {
			if g := <-read; g.err != nil || g.version != v {
				t.Fatalf("%+v, want %d", g, v)
			}
		}
	}
	ends := &w.srv.sockets.ends
	await(t, "the frozen ones are gone", func() bool {
		return hub.count() == 100 && ends[stuck].Load()+ends[slow].Load() == 2
	})
}

// A beat: a ping on a WebSocket, a comment on an event stream. Who answers stays, who
// does not is gone after one and a half.
func TestBeats(t *testing.T) {
	w, hub := newLive(t, func(c *Config) { c.SocketBeat = 160 * time.Millisecond })
	lively, stream := w.socket(seatsPath), w.events(seatsPath)
	for range 6 {
		if f := lively.frame(); f.Header.OpCode != ws.OpPing {
			t.Fatalf("%+v", f.Header)
		}
		lively.say(ws.MaskFrameInPlace(ws.NewPongFrame(nil)))
	}
	for range 6 {
		if got := stream.event(); len(got) != 1 || got[0] != ":" {
			t.Fatalf("%q", got)
		}
	}
	hub.tell(tickets(9, 0))
	dead := w.socket(seatsPath)
	for range maxSilent {
		if f := dead.frame(); f.Header.OpCode != ws.OpPing {
			t.Fatalf("%+v", f.Header)
		}
	}
	dead.over()
	await(t, "it counts as silent", func() bool { return w.srv.sockets.ends[silent].Load() >= 1 })
}
