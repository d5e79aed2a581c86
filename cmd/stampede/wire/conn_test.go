package wire

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

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
	c := NewConn(scripted(t,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 201 Created\r\ncontent-length:2\r\nIDEMPOTENCY-Replayed: TRUE\r\n\r\n{}",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n"+strings.Repeat("x", 40000),
		"HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	), time.Second)
	for _, want := range []Answer{
		{Status: 200, Body: []byte("hello")}, {Status: 204}, {Status: 201, Body: []byte("{}"), Replayed: true},
		{Status: 200, Body: []byte("abc0123456789abcdef")},
		{Status: 200, Body: bytes.Repeat([]byte("x"), 40000)}, {Status: 503},
	} {
		a, err := c.Do([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		if err != nil || a.Status != want.Status || !bytes.Equal(a.Body, want.Body) || a.Replayed != want.Replayed {
			t.Fatalf("got %d %q %v %v, want %d %q", a.Status, a.Body, a.Replayed, err, want.Status, want.Body)
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
		c := NewConn(scripted(t, text), time.Second)
		if a, err := c.Do([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err == nil {
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
		c := NewConn("", time.Second)
		c.c = near
		a, _, err := c.read()
		if err == nil && (a.Status > 999 || len(a.Body) > len(text)) {
			t.Errorf("got status %d and %d bytes of %d", a.Status, len(a.Body), len(text))
		}
		near.Close()
	})
}
