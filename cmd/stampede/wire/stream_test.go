package wire

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// TestLongRequest wants a request that no socket has room for to arrive whole, and a
// server that then says nothing to be given up as a time-out.
func TestLongRequest(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const size = 32 << 20
	came := make(chan int64, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		n, _ := io.CopyN(io.Discard, c, size)
		came <- n
		io.Copy(io.Discard, c) // until the client goes
	}()
	c := NewConn(l.Addr().String(), 2*time.Second)
	_, err = c.Do(make([]byte, size))
	var network net.Error
	if !errors.As(err, &network) || !network.Timeout() {
		t.Errorf("got %v, want a time-out", err)
	}
	if n := <-came; n != size {
		t.Errorf("%d bytes came of %d", n, size)
	}
}

// TestCutOff wants a connection that ends to be the end of what is read.
func TestCutOff(t *testing.T) {
	c := NewConn(scripted(t), time.Second)
	if _, err := c.Do([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err == nil {
		t.Error("a connection that ended had an answer")
	}
}
