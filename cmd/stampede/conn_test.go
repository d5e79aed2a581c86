package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

// slowServer answers each request after a while and gives its address.
func slowServer(t *testing.T, d time.Duration) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(d)
		io.WriteString(w, "{}")
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// scripted is a server that answers each request with the next text, a byte at a
// time, and then ends the connection.
func scripted(t *testing.T, texts ...string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		for _, text := range texts {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			io.Copy(c, iotest.OneByteReader(strings.NewReader(text)))
		}
	}()
	return l.Addr().String()
}

// TestAnswers reads answers in every form that a server may give them.
func TestAnswers(t *testing.T) {
	c := newConn(scripted(t,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 201 Created\r\ncontent-length:2\r\nIDEMPOTENCY-Replayed: TRUE\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n"+strings.Repeat("x", 40000),
		"HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	), time.Second)
	for _, want := range []answer{
		{200, []byte("hello"), false}, {204, nil, false}, {201, []byte("{}"), true},
		{200, []byte("abc0123456789abcdef"), false}, {200, bytes.Repeat([]byte("x"), 40000), false}, {503, nil, false},
	} {
		a, err := c.do([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		if err != nil || a.status != want.status || !bytes.Equal(a.body, want.body) || a.replayed != want.replayed {
			t.Fatalf("got %d %q %v %v, want %d %q", a.status, a.body, a.replayed, err, want.status, want.body)
		}
	}
	if c.c != nil {
		t.Error("the connection stays open after Connection: close")
	}
}

// TestBadAnswers wants an error, not a wrong answer.
func TestBadAnswers(t *testing.T) {
	for _, text := range []string{
		"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "nonsense\r\n\r\n",
	} {
		c := newConn(scripted(t, text), time.Second)
		if a, err := c.do([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err == nil {
			t.Errorf("%q: got %+v, want an error", text, a)
		}
		if c.c != nil {
			t.Errorf("%q: the connection stays open", text)
		}
	}
}

// FuzzAnswer wants every answer to be read or refused, within its bounds.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		near, far := net.Pipe()
		go func() {
			far.Write(text)
			far.Close()
		}()
		c := newConn("", time.Second)
		c.c = near
		a, _, err := c.read()
		if err == nil && (a.status > 999 || len(a.body) > len(text)) {
			t.Errorf("got status %d and %d bytes of %d", a.status, len(a.body), len(text))
		}
		near.Close()
	})
}

// TestRequest wants requests that the standard library reads back.
func TestRequest(t *testing.T) {
	to := target{"localhost:1", "secret"}
	r := request{method: "POST", path: "/bookings/e", user: "u", key: "k", admin: true,
		body: bookingBody(nil, "h", "A-1", "A-2")}
	got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.append(nil, &to))))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"holdId":"h","ticketIds":["A-1","A-2"],"paymentInfo":{"method":"card","token":"pm_card_visa"}}`
	if string(body) != want || got.Header.Get("Idempotency-Key") != "k" || got.Header.Get("X-User-Id") != "u" ||
		got.Header.Get("Authorization") != "Bearer secret" || got.Host != "localhost:1" {
		t.Errorf("got %s %v", body, got.Header)
	}
}

// TestHouse wants the names of tickets to be those of the document.
func TestHouse(t *testing.T) {
	h := house{"e", 2601}
	for n, want := range map[int]string{0: "S1-R1-1", 49: "S1-R1-50", 50: "S1-R2-1",
		2499: "S1-R50-50", 2600: "S2-R3-1"} {
		if got := h.ticket(n); got != want {
			t.Errorf("ticket %d is %s, want %s", n, got, want)
		}
	}
}

// TestBaselines wants the constant server to answer so many bytes, and the appending
// one to have every body in its file when it has answered.
func TestBaselines(t *testing.T) {
	name := filepath.Join(t.TempDir(), "appended")
	for _, b := range []struct {
		args   []string
		status int
		length int
	}{{[]string{"constant"}, 200, 300}, {[]string{"append"}, 201, -1}} {
		handler, end, err := baselineHandler(b.args[0], 300, name)
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- serveBaseline(ctx, l, handler) }()
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				c := newConn(l.Addr().String(), time.Second)
				defer c.close()
				to := target{address: c.address}
				r := request{method: "POST", path: "/bookings/e", body: []byte("0123456789")}
				for range 50 {
					a, err := c.do(r.append(nil, &to))
					if err != nil || a.status != b.status || b.length >= 0 && len(a.body) != b.length {
						t.Errorf("%s: got %d %q, %v", b.args, a.status, a.body, err)
						return
					}
				}
			})
		}
		wait.Wait()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || string(got) != strings.Repeat("0123456789", 200) {
		t.Errorf("the file has %d bytes, %v, want 200 bodies", len(got), err)
	}
}

// countingDisk knows how much of what was written is synced.
type countingDisk struct {
	mu              sync.Mutex
	written, synced []byte
	syncs           int
}

func (d *countingDisk) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written = append(d.written, b...)
	return len(b), nil
}

func (d *countingDisk) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.synced = d.written
	d.syncs++
	return nil
}

func (d *countingDisk) Close() error { return nil }

// has says whether the text is synced.
func (d *countingDisk) has(text string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Contains(d.synced, []byte(text))
}

// TestGroupCommit wants an append that has returned to be synced, with all that
// was appended before it, and many appends to share a sync.
func TestGroupCommit(t *testing.T) {
	d := &countingDisk{}
	g := newGroupFile(d)
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			for n := range 50 {
				first, second := fmt.Sprintf("<call %d %d>", i, n), fmt.Sprintf("<answer %d %d>", i, n)
				if g.append([]byte(first), false) != nil || g.append([]byte(second), true) != nil {
					t.Error("an append failed")
				}
				if !d.has(first) || !d.has(second) {
					t.Errorf("%s came back before it was synced", second)
				}
			}
		})
	}
	wait.Wait()
	if err := g.close(); err != nil || d.syncs == 0 || d.syncs > 16*100 {
		t.Errorf("%v, %d syncs", err, d.syncs)
	}
}

// TestGroupFile wants an error of the disk to reach everybody who waits, and nothing
// to be taken after it.
func TestGroupFile(t *testing.T) {
	f, err := os.Open(os.DevNull) // not open for writing
	if err != nil {
		t.Fatal(err)
	}
	g := newGroupFile(f)
	for range 2 {
		if err := g.append([]byte("x"), true); err == nil {
			t.Error("a write to a file that is read-only was acknowledged")
		}
	}
	if err := g.close(); err != nil {
		t.Log("close says it too:", err)
	}
	if err := g.append([]byte("x"), true); err == nil {
		t.Error("a closed file took an append")
	}
}
