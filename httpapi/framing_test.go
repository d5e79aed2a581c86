package httpapi

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw sends bytes as they are and reads the first answer, and whether the
// connection was closed after it.
func (w *world) raw(send string) (resp *http.Response, body []byte, closed bool) {
	w.t.Helper()
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		w.t.Fatal(err)
	}
	if _, err := io.WriteString(nc, send); err != nil {
		w.t.Fatal(err)
	}
	br := bufio.NewReader(nc)
	resp, err = http.ReadResponse(br, nil)
	if err != nil {
		w.t.Fatalf("%q: %v", clip(send), err)
	}
	if body, err = io.ReadAll(resp.Body); err != nil {
		w.t.Fatalf("%q: %v", clip(send), err)
	}
	if !resp.Close {
		return resp, body, false
	}
	_, err = br.ReadByte()
	return resp, body, err == io.EOF
}

func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}

// TestFraming has a row for each row of the framing rules: bytes on a socket, and
// the answer.
func TestFraming(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	const get, post, host = "GET /events/ev-1 HTTP/1.1\r\n", "POST /events/ev-1/holds HTTP/1.1\r\n", "Host: x\r\n"
	const typed = host + "Content-Type: application/json\r\n"
	const path = "/events/ev-1"
	chunked := typed + "Transfer-Encoding: chunked\r\n\r\n"
	for _, row := range []struct {
		name, send string
		status     int
		code       string
		open       bool // the connection stays
	}{
		{"plain", get + host + "\r\n", 200, "", true},
		{"HTTP/1.0", "GET " + path + " HTTP/1.0\r\n\r\n", 200, "", false},
		{"no host", get + "\r\n", 400, codeBadFraming, false},
		{"two hosts", get + host + host + "\r\n", 400, codeBadFraming, false},
		{"length twice", post + typed + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400, codeBadFraming, false},
		{"lengths differ", post + typed + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, codeBadFraming,
			false},
		{"negative length", post + typed + "Content-Length: -1\r\n\r\n", 400, codeBadFraming, false},
		{"signed length", post + typed + "Content-Length: +2\r\n\r\n{}", 400, codeBadFraming, false},
		{"length overflows", post + typed + "Content-Length: 99999999999999999999\r\n\r\n", 400, codeBadFraming, false},
		{"length and chunks", post + typed + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			400, codeBadFraming, false},
		{"chunks and length", post + typed + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
			400, codeBadFraming, false},
		{"identity", post + typed + "Transfer-Encoding: identity\r\n\r\n", 400, codeBadFraming, false},
		{"gzip, chunked", post + typed + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, codeBadFraming,
			false},
		{"xchunked", post + typed + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, codeBadFraming, false},
		{"chunks twice", post + typed + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			400, codeBadFraming, false},
		{"chunks on 1.0",
			"POST " + path + "/holds HTTP/1.0\r\n" + typed + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			400, codeBadFraming, false},
		{"bad chunk size", post + chunked + "ZZ\r\nabc\r\n0\r\n\r\n", 400, codeBadFraming, false},
		{"line feed in chunk extension", post + chunked + "3;a\nb\r\nabc\r\n0\r\n\r\n", 400, codeBadFraming, false},
		{"bare line feeds in chunks", post + chunked + "3\nabc\n0\n\n", 400, codeBadFraming, false},
		{"blank before colon", get + host + "X-A : 1\r\n\r\n", 400, codeBadFraming, false},
		{"folded line", get + host + "X-A: 1\r\n 2\r\n\r\n", 400, codeBadFraming, false},
		{"folded first line", get + " " + host + "\r\n", 400, codeBadFraming, false},
		{"NUL in a header", get + host + "X-A: a\x00b\r\n\r\n", 400, codeBadFraming, false},
		{"CR in a header", get + host + "X-A: a\rb\r\n\r\n", 400, codeBadFraming, false},
		{"8 bits in a name", get + host + "X-\xff: 1\r\n\r\n", 400, codeBadFraming, false},
		{"HTTP/3.9", "GET " + path + " HTTP/3.9\r\n" + host + "\r\n", 505, codeHTTPVersion, false},
		{"HTTP/1.2", "GET " + path + " HTTP/1.2\r\n" + host + "\r\n", 505, codeHTTPVersion, false},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, codeBadFraming, false},
		{"TLS bytes", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400, codeBadFraming, false},
		{"small letters", "get " + path + " HTTP/1.1\r\n" + host + "\r\n", 501, codeNotImplemented, false},
		{"unknown method", "BREW " + path + " HTTP/1.1\r\n" + host + "\r\n", 501, codeNotImplemented, false},
		{"blank in the method", "GE T / HTTP/1.1\r\n" + host + "\r\n", 400, codeBadFraming, false},
		{"TRACE", "TRACE " + path + " HTTP/1.1\r\n" + host + "\r\n", 405, codeMethod, true},
		{"OPTIONS", "OPTIONS " + path + " HTTP/1.1\r\n" + host + "\r\n", 405, codeMethod, true},
		{"OPTIONS of no path", "OPTIONS /nothing HTTP/1.1\r\n" + host + "\r\n", 404, codeNotFound, true},
		{"TRACE in absolute form", "TRACE http://evil/ HTTP/1.1\r\n" + host + "\r\n", 405, codeMethod, false},
		{"CONNECT", "CONNECT x:1 HTTP/1.1\r\n" + host + "\r\n", 405, codeMethod, false},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 405, codeMethod, false},
		{"other method of the path", "PATCH " + path + " HTTP/1.1\r\n" + host + "\r\n", 405, codeMethod, true},
		{"64 lines", get + host + strings.Repeat("a: 1\r\n", 63) + "\r\n", 200, "", true},
		{"65 lines", get + host + strings.Repeat("a: 1\r\n", 64) + "\r\n", 431, codeHeaders, false},
		{"1,000 lines", get + host + strings.Repeat("a: 1\r\n", 1000) + "\r\n", 431, codeHeaders, false},
		{"a long header", get + host + "X-A: " + strings.Repeat("a", 9000) + "\r\n\r\n", 431, codeHeaders, false},
		{"URI of 2 KiB", "GET " + path + "?a=" + strings.Repeat("a",
			2048-len(path)-3) + " HTTP/1.1\r\n" + host + "\r\n",
			400, codeInvalid, true},
		{"URI over 2 KiB", "GET " + path + "?a=" + strings.Repeat("a",
			2048-len(path)-2) + " HTTP/1.1\r\n" + host + "\r\n",
			414, codeURITooLong, false},
		{"URI over the buffer", "GET /" + strings.Repeat("a", 20000) + " HTTP/1.1\r\n" + host + "\r\n",
			414, codeURITooLong, false},
		{"body too large", post + typed + "Content-Length: 1048577\r\n\r\n", 413, codeTooLarge, false},
		{"too large, asked first", post + typed + "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n",
			413, codeTooLarge, false},
		{"chunks too large", post + chunked + "100001\r\n" + strings.Repeat(" ", 0x100001) + "\r\n0\r\n\r\n",
			413, codeTooLarge, false},
		{"gzip", post + typed + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 415, codeMediaType, false},
		{"other expectation", post + typed + "Content-Length: 2\r\nExpect: 200-ok\r\n\r\n{}", 417, codeExpectation,
			false},
		{"GET with body", get + host + "Content-Length: 3\r\n\r\nabc", 400, codeInvalid, false},
		{"GET with chunks", get + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, codeInvalid, false},
		{"absolute form", "GET http://evil" + path + " HTTP/1.1\r\n" + host + "\r\n", 400, codeBadFraming, false},
		{"no slash", "GET events/ev-1 HTTP/1.1\r\n" + host + "\r\n", 400, codeBadFraming, false},
		{"fragment", "GET " + path + "#a HTTP/1.1\r\n" + host + "\r\n", 400, codeBadFraming, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := *w
			w.t = t
			resp, body, closed := w.raw(row.send)
			if resp.StatusCode != row.status {
				t.Fatalf("status %d, want %d: %s", resp.StatusCode, row.status, body)
			}
			if row.code != "" && !strings.Contains(string(body), `"code":"`+row.code+`"`) {
				t.Fatalf("want code %s: %s", row.code, body)
			}
			if row.code != "" && resp.Header.Get("Content-Type") != problemType {
				t.Errorf("media type %q", resp.Header.Get("Content-Type"))
			}
			if len(body) > 1024 && row.code != "" {
				t.Errorf("an error of %d bytes", len(body))
			}
			if resp.Header.Get(headerRequestID) == "" {
				t.Error("no request id")
			}
			if (resp.StatusCode == 405) != (resp.Header.Get("Allow") != "") {
				t.Errorf("Allow %q with %d", resp.Header.Get("Allow"), resp.StatusCode)
			}
			if closed == row.open {
				t.Errorf("closed %v", closed)
			}
			if row.code == codeInvalid && !strings.Contains(string(body), `"errors":[{"at":`) {
				t.Errorf("it does not say where: %s", body)
			}
		})
	}
}

// Methods that no path has are answered with those of the path.
func TestAllow(t *testing.T) {
	w := newWorld(t, nil)
	for _, method := range []string{"OPTIONS", "TRACE", "PATCH"} {
		for path, want := range map[string]string{
			"/events/ev-1": "GET, HEAD", "/bookings/ev-1": "POST", "/admin/events/ev-1": "PUT, GET, HEAD, DELETE",
			catalogPath: "POST",
		} {
			resp, body, _ := w.raw(method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
			if resp.StatusCode != 405 || resp.Header.Get("Allow") != want {
				t.Errorf("%s %s: %d, Allow %q: %s", method, path, resp.StatusCode, resp.Header.Get("Allow"), body)
			}
		}
	}
}

// TestPaths: a path is taken as it came, never tidied up into another.
func TestPaths(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	for path, code := range map[string]string{
		"/":                                  codeNotFound,
		"/events/":                           codeNotFound,
		"/events/ev-1/":                      codeNotFound,
		"//events/ev-1":                      codeNotFound,
		"/events//ev-1":                      codeNotFound,
		"/events/../admin/events/ev-1":       codeNotFound,
		"/events/%2e%2e/version":             codeNotFound,
		"/events/%252e%252e/version":         codeNotFound,
		"/events/ev%2d1":                     codeNotFound,
		"/events/a%2fb":                      codeNotFound,
		"/events/a%00b":                      codeNotFound,
		"/events/%zz":                        codeNotFound,
		`/events\..\version`:                 codeNotFound,
		"/events/ev-1/tickets/../x":          codeNotFound,
		"/EVENTS/ev-1":                       codeNotFound,
		"/events/..":                         codeNotFound,
		"/events/EV-1":                       codeEventNotFound,
		"/events/a.b":                        codeEventNotFound,
		"/events/" + strings.Repeat("a", 65): codeEventNotFound,
		"/events/ev-1/holds/short":           codeHoldNotFound,
		"/events/ev-1/holds/AAAAAAAAAAAAAAAAAAAAAA": codeHoldNotFound,
		"/bookings/ev-1/not.an.id":                  codeBookingNotFound,
		"/bookings/ev-1/AAAAAAAAAAAAAAAAAAAAAB":     codeBookingNotFound,
		"/events/ev-1/lives":                        codeNotFound,
		"/suggest/":                                 codeNotFound,
		"/suggest/a":                                codeNotFound,
		"/a/b/c/d/e/f/g/h":                          codeNotFound,
		"/problems/no-such":                         codeNotFound,
		"/events/ev-1/holds/AAAAAAAAAAAAAAAAAAAAAA/extend/now": codeNotFound,
	} {
		resp, body, _ := w.raw("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
		if resp.StatusCode != 404 || !strings.Contains(string(body), `"code":"`+code+`"`) {
			t.Errorf("%s: %d %s, want %s", path, resp.StatusCode, body, code)
		}
	}
}

// TestPipeline: a hundred requests at once are answered in their order.
func TestPipeline(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var send strings.Builder
	for i := range 100 {
		switch i % 3 {
		case 0:
			fmt.Fprintf(&send, "GET /events/ev-1 HTTP/1.1\r\nHost: x\r\nX-Request-Id: r%d\r\n\r\n", i)
		case 1:
			fmt.Fprintf(&send, "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nX-Request-Id: r%d\r\n"+
				"Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"quantity\":0}", i)
		case 2:
			fmt.Fprintf(&send, "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nX-Request-Id: r%d\r\nContent-Type: "+
				"application/json\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n{\"quantity\":0}\r\n0\r\n\r\n", i)
		}
	}
	if _, err := io.WriteString(nc, send.String()); err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(nc)
	for i := range 100 {
		resp, err := http.ReadResponse(br, nil)
		if err != nil {
			t.Fatal(i, err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(i, err)
		}
		want := 200
		if i%3 > 0 {
			want = 400
		}
		if id := resp.Header.Get(headerRequestID); id != fmt.Sprint("r", i) || resp.StatusCode != want {
			t.Fatalf("answer %d is %s with %d", i, id, resp.StatusCode)
		}
	}
}

// TestContinue: a body that is announced is asked for, and taken.
func TestContinue(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	const body = `{"quantity":2}`
	fmt.Fprintf(nc, "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(body))
	br := bufio.NewReader(nc)
	line, err := br.ReadString('\n')
	if err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatal(line, err)
	}
	if line, err = br.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatal(line, err)
	}
	fmt.Fprint(nc, body)
	resp, err := http.ReadResponse(br, nil)
	if err != nil || resp.StatusCode != 201 {
		t.Fatal(resp, err)
	}
}

// TestSlow: a peer that stops in the middle is answered or cut off in time.
func TestSlow(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ReadTimeout, c.IdleTimeout = 100*time.Millisecond, 150*time.Millisecond })
	w.put(arena("ev-1"))
	for name, send := range map[string]string{
		"nothing": "",
		"header":  "GET /events/ev-1 HT",
		"body": "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\n" +
			"Content-Type: application/json\r\nContent-Length: 30\r\n\r\n{",
		// Lines that end without CR do not end a header: more is waited for.
		"bare line feeds": "GET /events/ev-1 HTTP/1.1\nHost: x\n\n",
		"chunks": "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
	} {
		resp, body, closed := w.raw(send)
		if resp.StatusCode != 408 || !closed || !strings.Contains(string(body), `"request-timeout"`) {
			t.Errorf("%s: %d, closed %v: %s", name, resp.StatusCode, closed, body)
		}
	}
	// Between requests there is nothing to answer: the connection just ends.
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fmt.Fprint(nc, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	br := bufio.NewReader(nc)
	resp, err := http.ReadResponse(br, nil)
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	if rest, err := io.ReadAll(io.MultiReader(resp.Body, br)); err != nil || string(rest) != `{"status":"ok"}` {
		t.Fatalf("%q %v", rest, err)
	}
}

// A client that asks and asks, and reads nothing, is cut off.
func TestReadsNoAnswer(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.WriteTimeout = 100 * time.Millisecond })
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	waitFor(t, func() bool { return w.srv.metrics.conns.open.Load() == 1 })
	// 100 MB of answers are more than both ends' buffers hold. The write ends with the
	// connection.
	_, _ = io.WriteString(nc, strings.Repeat("GET /problems HTTP/1.1\r\nHost: x\r\n\r\n", 20_000))
	waitFor(t, func() bool { return w.srv.metrics.conns.open.Load() == 0 })
}

// TestGate: connections past a bound get an answer, and room comes back.
func TestGate(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*Config)
		status int
		code   string
	}{
		"all":  {func(c *Config) { c.MaxConns, c.MaxConnsPerIP = 3, 0 }, 503, codeOverloaded},
		"peer": {func(c *Config) { c.MaxConns, c.MaxConnsPerIP, c.LimitLoopback = 9, 3, true }, 429, codeRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, row.change)
			const ask = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
			var open []net.Conn
			for range 3 {
				nc, err := net.Dial("tcp", w.addr)
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				fmt.Fprint(nc, ask)
				if resp, err := http.ReadResponse(bufio.NewReader(nc), nil); err != nil || resp.StatusCode != 200 {
					t.Fatal(resp, err)
				}
				open = append(open, nc)
			}
			nc, err := net.Dial("tcp", w.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			resp, err := http.ReadResponse(bufio.NewReader(nc), nil) // before a request is sent
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != row.status || resp.Header.Get("Retry-After") == "" ||
				!strings.Contains(string(body), row.code) {
				t.Fatalf("%d %v %s", resp.StatusCode, err, body)
			}
			open[0].Close()
			waitFor(t, func() bool { return w.srv.metrics.conns.open.Load() == 2 })
			if resp, _, _ := w.raw(ask); resp.StatusCode != 200 {
				t.Fatalf("no room came back: %d", resp.StatusCode)
			}
		})
	}
}

// waitFor waits for a condition that another goroutine brings about.
func waitFor(t testing.TB, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(5 * time.Second); !ok(); <-tick.C {
		if time.Now().After(limit) {
			t.Fatal("waited in vain")
		}
	}
}
