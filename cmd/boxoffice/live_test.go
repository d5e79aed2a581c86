package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// told is a message of a live stream, as far as the tests look.
type told struct {
	Type, State, Reason             string
	Since, Version                  uint64
	Position, Waiting, RetryAfterMs int
	AdmittedUntil                   string
	Changes                         [][2]string
}

// tap is a client of a live stream.
type tap struct {
	t    *testing.T
	name string
	news chan told // closed at the stream's end
	left chan string
}

// openStream opens a stream at a node: "websocket" or "sse".
func openStream(t *testing.T, n *nodeProcess, via, path string) *tap {
	t.Helper()
	nc, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	ask := "Accept: text/event-stream\r\n"
	if via == "websocket" {
		ask = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	}
	fmt.Fprintf(nc, "GET %s HTTP/1.1\r\nHost: x\r\nX-User-Id: bob\r\n%s\r\n", path, ask)
	br := bufio.NewReader(nc)
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusSwitchingProtocols {
		text, _ := io.ReadAll(resp.Body) // it is only shown
		t.Fatalf("%s %s: %d %s", via, path, resp.StatusCode, text)
	}
	w := &tap{t: t, name: via + " " + path, news: make(chan told, 1000), left: make(chan string, 1)}
	next := nextEvent
	if via == "websocket" {
		next = nextText
	}
	go func() {
		defer close(w.news)
		for {
			text, err := next(br)
			if err != nil {
				w.left <- err.Error()
				return
			}
			var m told
			if json.Unmarshal(text, &m) != nil {
				w.left <- string(text)
				return
			}
			w.news <- m
		}
	}()
	return w
}

// nextText is a WebSocket's next message (RFC 6455); its close is an error that says the
// code.
func nextText(br *bufio.Reader) ([]byte, error) {
	const final, text, closing, long = 0x80, 1, 8, 126
	head := make([]byte, 2)
	if _, err := io.ReadFull(br, head); err != nil {
		return nil, err
	}
	n := int(head[1])
	if n == long {
		length := make([]byte, 2)
		if _, err := io.ReadFull(br, length); err != nil {
			return nil, err
		}
		n = int(binary.BigEndian.Uint16(length))
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(br, payload); err != nil {
		return nil, err
	}
	switch head[0] {
	case final | text:
		return payload, nil
	case final | closing:
		return nil, fmt.Errorf("closed with %d", binary.BigEndian.Uint16(payload))
	}
	return nil, fmt.Errorf("a frame %x %q", head, payload)
}

// nextEvent is the data of an event stream's next event.
func nextEvent(br *bufio.Reader) ([]byte, error) {
	for {
		line, err := br.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
			return data, nil
		}
	}
}

// until reads messages up to the first that is as wanted.
func (w *tap) until(what string, ok func(told) bool) told {
	w.t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	var seen []told
	for {
		select {
		case m, open := <-w.news:
			if !open {
				w.t.Fatalf("%s ended (%s) before %s: %+v", w.name, <-w.left, what, seen)
			}
			if ok(m) {
				return m
			}
			seen = append(seen, m)
		case <-limit.C:
			w.t.Fatalf("%s: no %s in 30 s: %+v", w.name, what, seen)
		}
	}
}

// typed reads up to a message of a type.
func (w *tap) typed(kind string) told {
	w.t.Helper()
	return w.until(kind, func(m told) bool { return m.Type == kind })
}

// becomes reads until a seat is told to be in a state.
func (w *tap) becomes(seat, status string) told {
	w.t.Helper()
	return w.until(seat+" "+status, func(m told) bool { return slices.Contains(m.Changes, [2]string{seat, status}) })
}

// person is somebody who asks a node.
func person(t *testing.T, n *nodeProcess, user, method, path, body, token string) (status int, answer map[string]any) {
	t.Helper()
	req, err := http.NewRequest(method, n.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		req.Header.Set("X-User-Id", user)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Queue-Token", token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode/100 != 2 {
		t.Logf("%s %s: %d %s", method, path, resp.StatusCode, text)
	} else if len(text) > 0 && json.Unmarshal(text, &answer) != nil {
		t.Fatalf("%s", text)
	}
	return resp.StatusCode, answer
}

// A waiting room with room for one: he who waits sees himself move up, be let in and
// end; everybody sees the seats move; and a node that stops says goodbye.
func TestLive(t *testing.T) {
	node := newNode(t, t.TempDir(), "--max-sockets", "8", "--origins", "https://shop.example")
	node.start()
	if code, _ := person(t, node, "", "PUT", "/admin/events/live", `{
		"title":"Live","startsAt":"2030-01-01T00:00:00.000Z",
		"inventory":{"currency":"USD","sections":[{"name":"101","price":100,"rows":[{"name":"A","seats":5}]}]},
		"waitingRoom":{"enabled":true,"maxActive":1,"order":"fifo"}}`, ""); code != 201 {
		t.Fatal(code)
	}
	const line = "/events/live/queue"
	_, ann := person(t, node, "ann", "POST", line, "", "")
	_, bob := person(t, node, "bob", "POST", line, "", "")
	annToken, bobToken := ann["token"].(string), bob["token"].(string)
	if ann["state"] != "admitted" || bob["state"] != "waiting" {
		t.Fatalf("%v %v", ann, bob)
	}
	var seats, places []*tap
	for _, via := range []string{"websocket", "sse"} {
		seats = append(seats, openStream(t, node, via, "/events/live/live"))
		places = append(places, openStream(t, node, via, line+"/"+bobToken+"/live"))
	}
	for i := range seats {
		seats[i].typed("snapshot-version")
		m := places[i].typed("position")
		if m.State != "waiting" || m.Position != 1 || m.Waiting != 1 || m.Version == 0 {
			t.Errorf("%+v", m)
		}
	}
	const seat = `{"ticketIds":["101-A-1"]}`
	if code, _ := person(t, node, "ann", "POST", "/events/live/holds", seat, annToken); code != 201 {
		t.Fatal(code)
	}
	for _, w := range seats {
		w.becomes("101-A-1", "held")
	}
	if code, _ := person(t, node, "ann", "DELETE", line+"/"+annToken, "", ""); code != 204 {
		t.Fatal(code)
	}
	for i := range seats {
		seats[i].becomes("101-A-1", "available")
		if m := places[i].typed("admitted"); m.AdmittedUntil == "" {
			t.Errorf("%+v", m)
		}
	}
	if code, _ := person(t, node, "bob", "DELETE", line+"/"+bobToken, "", ""); code != 204 {
		t.Fatal(code)
	}
	for i, end := range []string{"closed with 1000", "EOF"} {
		places[i].typed("ended")
		if got := <-places[i].left; got != end {
			t.Errorf("%s: %s", places[i].name, got)
		}
	}
	if code := node.terminate(); code != exitDone {
		t.Errorf("exit code %d: %s", code, node.out)
	}
	for i, end := range []string{"closed with 1001", "EOF"} {
		if m := seats[i].typed("goodbye"); m.RetryAfterMs == 0 {
			t.Errorf("%+v", m)
		}
		if got := <-seats[i].left; got != end {
			t.Errorf("%s: %s", seats[i].name, got)
		}
	}
}

// The node that an event lives on is killed: who watches at the others keeps his stream,
// and misses nothing: what is told from then on follows what was told before, or says
// that the seats are to be read anew.
func TestLiveFailover(t *testing.T) {
	dir := t.TempDir()
	c := newTrio(t, filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3"))
	event := "/events/" + crashEventID(0)
	var where struct{ Leader string }
	if !getJSON(c.nodes[0], "/admin"+event+"/where", &where) || where.Leader == "" {
		t.Fatal("nobody leads the event")
	}
	victim := slices.Index([]string{"n1", "n2", "n3"}, where.Leader)
	one, other := c.nodes[(victim+1)%3], c.nodes[(victim+2)%3]
	watchers := []*tap{openStream(t, one, "websocket", event+"/live"), openStream(t, other, "sse", event+"/live")}
	version := make([]uint64, len(watchers))
	for i, w := range watchers {
		version[i] = w.typed("snapshot-version").Version
	}
	hold := func(seat string) {
		t.Helper()
		eventually(t, seat+" is held", func() (bool, string) {
			code, _ := person(t, one, seat, "POST", event+"/holds", `{"ticketIds":["`+seat+`"]}`, "")
			return code == 201 || code == 409, fmt.Sprint(code) // 409: by a try whose answer was lost
		})
	}
	follow := func(seat string) {
		t.Helper()
		for i, w := range watchers {
			w.until(seat+" held", func(m told) bool {
				if m.Type == "tickets" && m.Since > version[i] {
					t.Errorf("%s: %+v follows %d: a gap", w.name, m, version[i])
				}
				version[i] = max(version[i], m.Version)
				return m.Type == "resync" || slices.Contains(m.Changes, [2]string{seat, "held"})
			})
		}
	}
	hold("S-R0-1")
	follow("S-R0-1")
	c.nodes[victim].kill()
	hold("S-R0-2")
	follow("S-R0-2")
	hold("S-R0-3")
	follow("S-R0-3")
}
