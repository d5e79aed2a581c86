package httpapi

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"boxoffice/actors/live"
	"boxoffice/actors/sale"

	"github.com/gobwas/ws"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"go.uber.org/goleak"
)

// fakeHub tells what a test has it tell.
type fakeHub struct {
	mu      sync.Mutex
	watches map[*watching]struct{}
	came    chan *watching
	refuse  func(event string) error
}

// watching is one that the hub was asked for.
type watching struct {
	event, user string
	token       sale.ID
	since       uint64
	live.Listener
}

func newFakeHub() *fakeHub {
	return &fakeHub{watches: map[*watching]struct{}{}, came: make(chan *watching, 20_000)}
}

func (h *fakeHub) WatchSeats(event string, since uint64, l live.Listener) (func(), error) {
	return h.add(&watching{event: event, since: since, Listener: l})
}

func (h *fakeHub) WatchPlace(event string, token sale.ID, user string, since uint64, l live.Listener) (func(), error) {
	return h.add(&watching{event: event, token: token, user: user, since: since, Listener: l})
}

func (h *fakeHub) add(w *watching) (func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse != nil {
		if err := h.refuse(w.event); err != nil {
			return nil, err
		}
	}
	h.watches[w] = struct{}{}
	h.came <- w
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watches, w)
	}, nil
}

func (h *fakeHub) Goodbye() {
	h.mu.Lock()
	defer h.mu.Unlock()
	wait := 1000
	for w := range h.watches {
		w.Deliver(&live.Frame{Kind: live.Goodbye, JSON: fmt.Appendf(nil, `{"type":"goodbye","retryAfterMs":%d}`, wait)})
		wait++
	}
}

// tell gives every watch the same frame.
func (h *fakeHub) tell(f *live.Frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watches {
		w.Deliver(f)
	}
}

// count is how many watch.
func (h *fakeHub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watches)
}

// tickets is a message about one seat, which follows the version before its own. pad
// makes it longer.
func tickets(version uint64, pad int) *live.Frame {
	b := fmt.Appendf(nil, `{"type":"tickets","since":%d,"version":%d,"changes":[["101-A-1%s","held"]]}`,
		version-1, version, strings.Repeat("0", pad))
	return &live.Frame{Kind: live.Tickets, Version: version, JSON: b}
}

// about makes a frame of another kind.
func about(kind live.Kind, version uint64, members string) *live.Frame {
	return &live.Frame{Kind: kind, Version: version,
		JSON: fmt.Appendf(nil, `{"type":%q,"version":%d%s}`, kind, version, members)}
}

// newLive is a world with a hub, in which no goroutine is left behind.
func newLive(t testing.TB, change func(*Config)) (*world, *fakeHub) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		// Of fasthttp: what looks every ten seconds whether it is stopped, its workers, and
		// the process's clock for the Date header, which the first server starts.
		const lib = "github.com/valyala/fasthttp."
		goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction(lib+"(*workerPool).workerFunc"),
			goleak.IgnoreAnyFunction(lib+"(*workerPool).Start.func2"),
			goleak.IgnoreAnyFunction(lib+"updateServerDate.func1"))
	})
	hub := newFakeHub()
	w := newWorld(t, func(c *Config) {
		c.Live = hub
		if change != nil {
			change(c)
		}
	})
	return w, hub
}

// tap is a client's side of a live stream.
type tap struct {
	t  testing.TB
	nc net.Conn
	br *bufio.Reader
}

// ask sends a request for a live stream and returns the answer's head. rcvbuf is the
// kernel's buffer of the client; 0: its own choice.
func (w *world) ask(path string, rcvbuf int, headers ...string) (*tap, *http.Response) {
	w.t.Helper()
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = nc.Close() })
	if rcvbuf > 0 {
		if err := nc.(*net.TCPConn).SetReadBuffer(rcvbuf); err != nil {
			w.t.Fatal(err)
		}
	}
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	head := "GET " + path + " HTTP/1.1\r\nHost: box.example\r\n"
	for i := 0; i < len(headers); i += 2 {
		head += headers[i] + ": " + headers[i+1] + "\r\n"
	}
	if _, err := io.WriteString(nc, head+"\r\n"); err != nil {
		w.t.Fatal(err)
	}
	tp := &tap{w.t, nc, bufio.NewReader(nc)}
	req, err := http.NewRequest("GET", "http://"+w.addr+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.ReadResponse(tp.br, req)
	if err != nil {
		w.t.Fatal(err)
	}
	doc, _ := spec()
	holdHeaders(w.t, doc, req, resp)
	return tp, resp
}

// upgrade are the headers that ask for a WebSocket, RFC 6455's own example.
func upgrade(more ...string) []string {
	return append([]string{"Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket", "Sec-WebSocket-Version", "13",
		"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, more...)
}

// keptByKernel is the receive buffer of a client: left to itself the kernel's grows by
// what was read, to more than a test writes.
const keptByKernel = 64 << 10

// socket opens a WebSocket.
func (w *world) socket(path string, more ...string) *tap {
	w.t.Helper()
	tp, resp := w.ask(path, keptByKernel, upgrade(more...)...)
	if resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" ||
		resp.Header.Get("Upgrade") != "websocket" || resp.Header.Get("Connection") != "Upgrade" {
		w.t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	return tp
}

// events opens an event stream.
func (w *world) events(path string, more ...string) *tap {
	w.t.Helper()
	tp, resp := w.ask(path, keptByKernel, append([]string{"Accept", "text/event-stream"}, more...)...)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" || !resp.Close {
		w.t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	return tp
}

// frame reads the next frame.
func (tp *tap) frame() ws.Frame {
	tp.t.Helper()
	h, err := ws.ReadHeader(tp.br)
	if err != nil {
		tp.t.Fatal(err)
	}
	if h.Masked {
		tp.t.Error("a server's frame is masked")
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(tp.br, payload); err != nil {
		tp.t.Fatal(err)
	}
	return ws.Frame{Header: h, Payload: payload}
}

// text reads the next message, and holds it to openapi.yaml.
func (tp *tap) text() string {
	tp.t.Helper()
	f := tp.frame()
	if f.Header.OpCode != ws.OpText || !f.Header.Fin {
		tp.t.Fatalf("%+v %q", f.Header, f.Payload)
	}
	holdMessage(tp.t, f.Payload)
	return string(f.Payload)
}

// holdMessage holds a message to openapi.yaml; those that are long for a test's sake take
// the validator seconds.
func holdMessage(t testing.TB, message []byte) {
	t.Helper()
	if len(message) > 4096 {
		return
	}
	doc, _ := spec()
	schema := doc.Components.Schemas.GetOrZero("LiveMessage").Schema()
	if ok, errs := schema_validation.NewSchemaValidator().ValidateSchemaString(schema, string(message)); !ok {
		t.Errorf("no LiveMessage: %s\n%s", texts(errs), clip(string(message)))
	}
}

// closed reads a close frame and the end of the connection.
func (tp *tap) closed(code ws.StatusCode) {
	tp.t.Helper()
	f := tp.frame()
	if got := binary.BigEndian.Uint16(append(f.Payload, 0, 0)); f.Header.OpCode != ws.OpClose || got != uint16(code) {
		tp.t.Fatalf("%+v %q, want a close with %d", f.Header, f.Payload, code)
	}
	tp.over()
}

// over reads the end of the connection.
func (tp *tap) over() {
	tp.t.Helper()
	if b, err := io.ReadAll(tp.br); err != nil || len(b) > 0 {
		tp.t.Fatalf("%q %v, want the end", clip(string(b)), err)
	}
}

// event reads the next event of a stream as its lines.
func (tp *tap) event() []string {
	tp.t.Helper()
	var lines []string
	for {
		line, err := tp.br.ReadString('\n')
		if err != nil {
			tp.t.Fatal(err)
		}
		if line == "\n" {
			return lines
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			holdMessage(tp.t, bytes.TrimSpace([]byte(data)))
		}
	}
}

// version reads the next message of a stream, and only its version.
func (tp *tap) version(via transport) (v uint64, err error) {
	var data []byte
	if via == overWebSocket {
		h, err := ws.ReadHeader(tp.br)
		if err != nil {
			return 0, err
		}
		data = make([]byte, h.Length)
		if _, err := io.ReadFull(tp.br, data); err != nil {
			return 0, err
		}
	} else {
		for !bytes.HasPrefix(data, []byte("data: ")) {
			if data, err = tp.br.ReadBytes('\n'); err != nil {
				return 0, err
			}
		}
	}
	_, data, _ = bytes.Cut(data, []byte(`"version":`))
	data, _, _ = bytes.Cut(data, []byte(","))
	return strconv.ParseUint(string(data), 10, 64)
}

// say sends a frame as a client does, or as it should not.
func (tp *tap) say(f ws.Frame) {
	tp.t.Helper()
	if _, err := tp.nc.Write(ws.MustCompileFrame(f)); err != nil {
		tp.t.Fatal(err)
	}
}

// await waits for a condition.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-limit.C:
			t.Fatalf("not within 20 s: %s", what)
		case <-poll.C:
		}
	}
}
