package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"boxoffice/actors/sale"
)

// line is a keep-alive connection of a client.
type line struct {
	w  *world
	nc net.Conn
	br *bufio.Reader
}

func (w *world) dial() *line {
	w.t.Helper()
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(10 * time.Second))
	return &line{w, nc, bufio.NewReader(nc)}
}

// send writes a request without a body.
func (l *line) send(method, path string) {
	l.w.t.Helper()
	if _, err := fmt.Fprintf(l.nc, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", method, path); err != nil {
		l.w.t.Fatal(err)
	}
}

// want reads the next answer, and holds its status, and whether it ends the
// connection, to what is wanted.
func (l *line) want(what string, status int, closes bool) {
	l.w.t.Helper()
	resp, err := http.ReadResponse(l.br, nil)
	if err != nil {
		l.w.t.Fatalf("%s: %v", what, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status || resp.Close != closes {
		l.w.t.Fatalf("%s: %d, closes %v, %v: %s", what, resp.StatusCode, resp.Close, err, body)
	}
	if status == 503 && resp.Header.Get(headerRetryAfter) == "" {
		l.w.t.Errorf("%s: no Retry-After", what)
	}
	if !closes {
		return
	}
	if _, err := l.br.ReadByte(); !errors.Is(err, io.EOF) {
		l.w.t.Errorf("%s: the connection was not closed: %v", what, err)
	}
}

// TestDrain: clients that are connected are answered once more and go; new ones get
// only what operators and probes ask.
func TestDrain(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	before, idle := w.dial(), w.dial()
	for _, l := range []*line{before, idle} {
		l.send("GET", "/events/ev-1")
		l.want("before", 200, false)
	}
	w.srv.Drain()
	before.send("GET", "/events/ev-1")
	before.want("on a connection from before", 200, true)
	for path, status := range map[string]int{
		"/events/ev-1": 503, "/events/none": 503, "/openapi.yaml": 503, "/problems": 503,
		"/readyz": 503, "/healthz": 200, "/version": 200, "/metrics": 200, "/admin/events/ev-1": 200,
	} {
		l := w.dial()
		l.send("GET", path)
		l.want(path+" while drained", status, true)
	}
	late := w.dial()
	late.send("DELETE", "/bookings/ev-1/AAAAAAAAAAAAAAAAAAAAAA")
	late.want("a command while drained", 503, true)

	late = w.dial()
	w.client.CloseIdleConnections()
	w.do("GET", "/version", "").want(200) // the gate has let in late, which came before
	w.srv.Undrain()
	late.send("GET", "/events/ev-1")
	late.want("after the end of the drain", 200, false)
	idle.send("GET", "/readyz")
	idle.want("ready again", 200, false)
}

// A command that is under way when the drain begins is answered, and ends the
// connection. Settle waits for it.
func TestDrainDuringACommand(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	inside, goOn := make(chan struct{}), make(chan struct{})
	w.seller.intercept(func(string, sale.Command) error {
		close(inside)
		<-goOn
		return nil
	})
	l := w.dial()
	l.send("GET", "/admin/events/ev-1")
	<-inside
	w.client.CloseIdleConnections()
	w.srv.Drain()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	w.srv.Settle(ctx)
	if ctx.Err() == nil {
		t.Error("Settle did not wait for the command")
	}
	cancel()
	close(goOn)
	l.want("the command", 200, true)
	ctx, cancel = context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if w.srv.Settle(ctx); ctx.Err() != nil {
		t.Error("Settle waits though no connection is left")
	}
}
