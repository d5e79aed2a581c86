package wire

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestPool wants few connections to serve many people, and never more than the limit.
func TestPool(t *testing.T) {
	var now, most, opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		io.WriteString(w, "{}")
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	p := NewPool([]Target{{Address: s.Listener.Addr().String()}}, 3, time.Second)
	defer p.Close()
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			for range 20 {
				c := p.Get(0)
				if a, err := c.Do([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil || a.Status != 200 {
					t.Errorf("got %d, %v", a.Status, err)
				}
				p.Put(0, c)
			}
		})
	}
	wait.Wait()
	if most.Load() > 3 || opened.Load() > 3 {
		t.Errorf("%d requests at once on %d connections, want at most 3", most.Load(), opened.Load())
	}
}

// socketServer answers a handshake, sends frames, and gives what it gets.
func socketServer(t *testing.T, frames string) (address string, got chan string) {
	got = make(chan string, 1)
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
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: "+accept(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n"+frames)
		rest, _ := io.ReadAll(in)
		got <- string(rest)
	}()
	return l.Addr().String(), got
}

// TestSocket reads messages in one frame and in several, with a ping between, answers
// the ping and the close, and says why it ended.
func TestSocket(t *testing.T) {
	long := strings.Repeat("y", 300)
	address, got := socketServer(t, "\x81\x05hello"+
		"\x01\x03one\x89\x02hi\x80\x03two"+"\x81\x7e\x01\x2c"+long+"\x88\x06\x03\xf5slow")
	s, err := Dial(&Target{Address: address}, "/live", "u", [16]byte{1}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, want := range []string{"hello", "onetwo", long} {
		if msg, err := s.Next(); err != nil || string(msg) != want {
			t.Fatalf("got %q, %v, want %q", msg, err, want)
		}
	}
	var closed *Closed
	if _, err := s.Next(); !errors.As(err, &closed) || closed.Code != 1013 || closed.Reason != "slow" {
		t.Errorf("got %v", err)
	}
	s.Close()
	if want, sent := "\x8a\x82\x00\x00\x00\x00hi\x88\x82\x00\x00\x00\x00\x03\xf5", <-got; sent != want {
		t.Errorf("the server got %q, want %q", sent, want)
	}
}

// TestSocketRefused wants an answer in the place of a socket to be told as it is, and
// frames that no server may send to end the socket.
func TestSocketRefused(t *testing.T) {
	to := Target{Address: scripted(t, "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}")}
	_, err := Dial(&to, "/", "", [16]byte{}, time.Second)
	var refused *Refused
	if !errors.As(err, &refused) || refused.Status != 404 || string(refused.Body) != "{}" {
		t.Errorf("got %v", err)
	}
	for _, frames := range []string{
		"\x81\x85\x00\x00\x00\x00hello", "\xc1\x05hello", "\x83\x00",
		"\x81\x7f\x00\x00\x00\xff\x00\x00\x00\x00", "\x81",
	} {
		address, _ := socketServer(t, frames)
		s, err := Dial(&Target{Address: address}, "/", "", [16]byte{}, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if frames == "\x81" {
			s.Close()
		}
		if msg, err := s.Next(); err == nil {
			t.Errorf("%q: got %q", frames, msg)
		}
		s.Close()
	}
}
