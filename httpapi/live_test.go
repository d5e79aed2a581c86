package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/live"
	"boxoffice/actors/sale"

	"github.com/gobwas/ws"
)

const seatsPath, placePath = "/events/ev-1/live", "/events/ev-1/queue/AAAAAAAAAAAAAAAAAAAAAQ/live"

// GET /events/{eventId}/live: the same messages on both transports, in order.
func TestWatchSeats(t *testing.T) {
	w, hub := newLive(t, nil)
	sock, stream := w.socket(seatsPath), w.events(seatsPath)
	if a := <-hub.came; a.event != "ev-1" || a.since != 0 || !a.token.IsZero() {
		t.Errorf("%+v", a)
	}
	hub.tell(about(live.Snapshot, 7, ""))
	for v := uint64(8); v < 30; v++ {
		hub.tell(tickets(v, 0))
		if v == 20 {
			await(t, "both writers are gone", func() bool { return w.writers() == 0 })
		}
	}
	for v := uint64(7); v < 30; v++ {
		want := string(tickets(v, 0).JSON)
		if v == 7 {
			want = `{"type":"snapshot-version","version":7}`
		}
		if got := sock.text(); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		if got := stream.event(); !slices.Equal(got, []string{fmt.Sprint("id: ", v), "data: " + want}) {
			t.Fatalf("%q, want %s", got, want)
		}
	}
	_ = stream.nc.Close()
	sock.say(ws.MaskFrameInPlace(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, "bye"))))
	sock.closed(ws.StatusNormalClosure)
	await(t, "nobody watches", func() bool { return hub.count() == 0 })
	if got := w.srv.sockets.ends[gone].Load(); got != 2 {
		t.Errorf("%d have gone, want 2", got)
	}
	metrics := string(w.do("GET", "/metrics", "").body)
	for _, want := range []string{`boxoffice_http_sockets{about="seats",transport="sse"} 0`,
		`boxoffice_http_sockets_ended_total{reason="gone"} 2`, "boxoffice_http_sockets_max 15000",
		"boxoffice_http_socket_messages_total 46"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// writers is how many sockets have a writer.
func (w *world) writers() (n int) {
	r := &w.srv.sockets
	r.mu.Lock()
	defer r.mu.Unlock()
	for k := range r.mu.open {
		k.mu.Lock()
		if k.mu.writing {
			n++
		}
		k.mu.Unlock()
	}
	return n
}

// GET /events/{eventId}/queue/{token}/live: who asks, and the end after ended or expired.
func TestWatchPlace(t *testing.T) {
	w, hub := newLive(t, nil)
	for _, kind := range []live.Kind{live.Ended, live.Expired} {
		sock := w.socket(placePath, "X-User-Id", "ann")
		if a := <-hub.came; a.event != "ev-1" || a.user != "ann" || a.token != (sale.ID{15: 1}) {
			t.Errorf("%+v", a)
		}
		stream := w.events(placePath)
		hub.tell(about(live.Position, 3, `,"state":"waiting","position":2,"ahead":1,"waiting":2`))
		hub.tell(about(live.Admitted, 4, `,"admittedUntil":"2026-12-01T12:10:00.000Z"`))
		hub.tell(about(kind, 5, `,"reason":"booked"`))
		hub.tell(about(live.Position, 6, ""))
		for _, want := range []string{"position", "admitted", kind.String()} {
			if got := sock.text(); !strings.HasPrefix(got, `{"type":"`+want+`"`) {
				t.Fatalf("%s, want %s", got, want)
			}
			if got := stream.event(); len(got) != 2 || !strings.HasPrefix(got[1], `data: {"type":"`+want+`"`) {
				t.Fatalf("%q, want %s", got, want)
			}
		}
		sock.closed(ws.StatusNormalClosure)
		stream.over()
		<-hub.came
		await(t, "nobody watches", func() bool { return hub.count() == 0 })
	}
	w.do("GET", "/events/ev-1/queue/short/live", "", "Accept", "text/event-stream").want(404, codePlaceNotFound)
	w.do("GET", placePath, "", "Accept", "text/event-stream", "X-User-Id", "a b").want(400, codeInvalid)
}

// What is refused is refused before the stream, and leaves nothing behind.
func TestWatchRefused(t *testing.T) {
	w, hub := newLive(t, nil)
	for err, want := range map[error]string{
		&sale.Refusal{Code: sale.EventNotFound}: codeEventNotFound,
		&sale.Refusal{Code: sale.PlaceNotFound}: codePlaceNotFound,
		actors.ErrOverloaded:                    codeOverloaded,
		actors.ErrUnavailable:                   codeUnavailable,
		fmt.Errorf("%w: x", live.ErrOverloaded): codeOverloaded,
		live.ErrUnavailable:                     codeUnavailable,
	} {
		hub.refuse = func(string) error { return err }
		w.do("GET", seatsPath, "", "Accept", "text/event-stream").want(problemOf(want).status, want)
		w.do("GET", placePath, "", "Accept", "text/event-stream").want(problemOf(want).status, want)
		tp, resp := w.ask(seatsPath, 0, upgrade()...)
		if resp.StatusCode != problemOf(want).status || resp.Close {
			t.Errorf("%s: %d", want, resp.StatusCode)
		}
		_ = tp.nc.Close()
	}
	if n := len(w.srv.sockets.mu.open) + len(w.srv.sockets.mu.clients); n != 0 {
		t.Errorf("%d places were not given back", n)
	}
	without, _ := newLive(t, func(c *Config) { c.Live = nil })
	without.do("GET", seatsPath, "", "Accept", "text/event-stream").want(503, codeUnavailable)
}

// since and Last-Event-ID: the header is the later one; what is no version is version 1.
func TestLiveResume(t *testing.T) {
	w, hub := newLive(t, nil)
	for _, row := range []struct {
		query, id string
		want      uint64
	}{
		{"", "", 0}, {"?since=0", "", 0}, {"?since=41", "", 41}, {"?since=41", "43", 43}, {"", "43", 43},
		{"", "forged", 1}, {"?since=41", "-1", 1}, {"", "0", 1}, {"", "99999999999999999999", 1},
		{"?since=9007199254740991", "", maxVersion},
	} {
		tp := w.events(seatsPath+row.query, "Last-Event-ID", row.id)
		if a := <-hub.came; a.since != row.want {
			t.Errorf("%+v: since %d", row, a.since)
		}
		_ = tp.nc.Close()
	}
	for _, bad := range []string{"?since=-1", "?since=x", "?since=9007199254740992", "?since=1&since=2", "?seq=1"} {
		w.do("GET", seatsPath+bad, "", "Accept", "text/event-stream").want(400, codeInvalid)
	}
	if r := w.do("HEAD", seatsPath, "", "Accept", "text/event-stream").want(200); r.header.Get("Content-Type") !=
		eventStreamType {
		t.Errorf("%v", r.header)
	}
}

// A handshake that is not RFC 6455's, or a page's that may not watch.
func TestHandshakes(t *testing.T) {
	w, _ := newLive(t, func(c *Config) { c.Origins = []string{"https://shop.example"} })
	without := func(name string, more ...string) []string {
		all := upgrade()
		i := slices.Index(all, name)
		return append(slices.Delete(all, i, i+2), more...)
	}
	const key, version = "Sec-WebSocket-Key", "Sec-WebSocket-Version"
	for _, row := range []struct {
		name    string
		headers []string
		status  int
		code    string
	}{
		{"neither transport", nil, 400, codeInvalid},
		{"anything", []string{"Accept", "*/*"}, 400, codeInvalid},
		{"no Upgrade", without("Upgrade"), 400, codeInvalid},
		{"another protocol", without("Upgrade", "Upgrade", "h2c"), 400, codeInvalid},
		{"no Connection", without("Connection"), 400, codeInvalid},
		{"version 12", without(version, version, "12"), 426, codeUpgrade},
		{"no version", without(version), 426, codeUpgrade},
		{"two versions", upgrade(version, "8"), 426, codeUpgrade},
		{"no key", without(key), 400, codeInvalid},
		{"two keys", upgrade(key, "dGhlIHNhbXBsZSBub25jZQ=="), 400, codeInvalid},
		{"short key", without(key, key, "dGhlIHNhbXBsZQ=="), 400, codeInvalid},
		{"no base64", without(key, key, "dGhlIHNhbXBsZSBub25jZQ!!"), 400, codeInvalid},
		{"another origin", upgrade("Origin", "https://evil.example"), 403, codeForbidden},
		{"an origin of no host", upgrade("Origin", "null"), 403, codeForbidden},
		{"an empty origin", upgrade("Origin", ""), 403, codeForbidden},
		{"two origins", upgrade("Origin", "https://shop.example", "Origin", "https://evil.example"), 403,
			codeForbidden},
		{"a name that begins so", upgrade("Origin", "https://box.example.evil"), 403, codeForbidden},
		{"events of another origin", []string{"Accept", "text/event-stream", "Origin", "https://evil.example"}, 403,
			codeForbidden},
		{"the list's origin", upgrade("Origin", "https://Shop.example"), 101, ""},
		{"this host's origin", upgrade("Origin", "https://box.example"), 101, ""},
		{"events of the list's", []string{"Accept", "text/html, Text/Event-Stream;q=0.9",
			"Origin", "https://shop.example"}, 200, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.t = t
			tp, resp := w.ask(seatsPath, 0, row.headers...)
			defer tp.nc.Close()
			if resp.StatusCode != row.status {
				t.Fatalf("status %d, want %d", resp.StatusCode, row.status)
			}
			if row.status == 426 && (resp.Header.Get(version) != "13" || resp.Header.Get("Upgrade") != "websocket") {
				t.Errorf("%v", resp.Header)
			}
			if allowed := resp.Header.Get("Access-Control-Allow-Origin"); row.status == 200 &&
				allowed != "https://shop.example" {
				t.Errorf("allowed: %q", allowed)
			}
			if row.code == "" {
				return
			}
			body := make([]byte, resp.ContentLength)
			if _, err := tp.br.Read(body); err != nil || !strings.Contains(string(body), `"code":"`+row.code+`"`) {
				t.Errorf("%s, want %s", body, row.code)
			}
		})
	}
	tp := w.dial()
	tp.send("HEAD", seatsPath+" HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nA: ")
	if resp, err := http.ReadResponse(tp.br, &http.Request{Method: "HEAD"}); err != nil || resp.StatusCode != 400 {
		t.Errorf("HEAD: %v %v", resp, err)
	}
	any, _ := newLive(t, func(c *Config) { c.Origins = []string{AnyOrigin} })
	_ = any.socket(seatsPath, "Origin", "https://anywhere.example").nc.Close()
}

// The bounds on streams: of the node 503, of one address 429; a place is given back.
func TestLiveLimits(t *testing.T) {
	for _, row := range []struct {
		change func(*Config)
		status int
		code   string
	}{
		{func(c *Config) { c.MaxSockets = 2 }, 503, codeOverloaded},
		{func(c *Config) { c.MaxSocketsPerClient = 2 }, 429, codeRateLimited},
	} {
		w, hub := newLive(t, row.change)
		first, second := w.socket(seatsPath), w.events(placePath)
		w.do("GET", seatsPath, "", "Accept", "text/event-stream").want(row.status, row.code)
		_ = first.nc.Close()
		await(t, "a place is free", func() bool { return hub.count() == 1 && w.srv.sockets.count() == 1 })
		third := w.socket(seatsPath)
		hub.tell(tickets(9, 0))
		third.text()
		second.event()
	}
}

// count is how many places are taken.
func (r *sockets) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.mu.open)
}

// A drain: what is queued, goodbye with each one's own time, and the end; who comes
// later is sent elsewhere, until the drain is over.
func TestLiveDrain(t *testing.T) {
	w, hub := newLive(t, nil)
	sock, stream, late := w.socket(seatsPath), w.events(seatsPath), w.dial()
	w.do("GET", "/version", "") // late is let in
	hub.tell(tickets(9, 0))
	w.srv.Drain()
	sock.text()
	if got := sock.text(); !strings.HasPrefix(got, `{"type":"goodbye","retryAfterMs":100`) {
		t.Errorf("%s", got)
	}
	sock.closed(ws.StatusGoingAway)
	stream.event()
	if got := stream.event(); len(got) != 2 || !strings.HasPrefix(got[0], "retry: 100") ||
		!strings.HasPrefix(got[1], `data: {"type":"goodbye"`) {
		t.Errorf("%q", got)
	}
	stream.over()
	late.send("GET", seatsPath+" HTTP/1.1\r\nAccept: text/event-stream\r\nA: ")
	late.want("a stream on an old connection while drained", 503, true)
	await(t, "all are gone", func() bool { return w.srv.sockets.count() == 0 })
	if got := w.srv.sockets.ends[drained].Load(); got != 2 {
		t.Errorf("%d were drained, want 2", got)
	}
	w.srv.Undrain()
	_ = w.socket(seatsPath).nc.Close()
}

// Shutdown ends streams of which the hub has not taken leave, and waits for them.
func TestLiveShutdown(t *testing.T) {
	w, hub := newLive(t, nil)
	sock, stream := w.socket(seatsPath), w.events(seatsPath)
	hub.mu.Lock()
	clear(hub.watches)
	hub.mu.Unlock()
	done := make(chan error)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		done <- w.srv.Shutdown(ctx)
	}()
	sock.closed(ws.StatusGoingAway)
	stream.over()
	_, _ = sock.nc.Close(), stream.nc.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// One that does not go in time is cut off.
func TestLiveShutdownCutsOff(t *testing.T) {
	w, hub := newLive(t, func(c *Config) { c.WriteTimeout = time.Minute })
	sock, _ := w.ask(seatsPath, 4096, upgrade()...)
	block(t, hub)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := w.srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	await(t, "the socket is gone", func() bool { return w.srv.sockets.count() == 0 })
	_ = sock.nc.Close()
}
