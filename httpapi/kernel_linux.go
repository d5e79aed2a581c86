package httpapi

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// What the kernel may hold for the server.
const (
	// backlog is how many connections may wait to be accepted. What waits there waits
	// first in, first out, and its client may be gone: a short line is soon over. Who
	// finds it full tries again after a second.
	backlog = 1024
	// sendBuffer is how much of an answer the kernel keeps for a client that does not read
	// yet, in bytes, as setsockopt takes it. Left alone it would grow to 4 MiB for each
	// connection, and a client that reads nothing would not be noticed before that is full.
	sendBuffer = 256 << 10
	// keepAlive is how long a connection is silent before the kernel asks whether the other
	// end is there, and how long it waits before it asks again, in seconds; keepAlives how
	// often it asks in vain. Go's numbers, but Go tells each connection anew.
	keepAlive  = 15
	keepAlives = 9
)

// listening is how Listen listens: connections inherit what bounds says.
var listening = net.ListenConfig{KeepAlive: -1}

// bounds are what a listener's connections inherit.
var bounds = []struct{ level, option, value int }{
	{syscall.SOL_SOCKET, syscall.SO_SNDBUF, sendBuffer},
	{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1},
	{syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, keepAlive},
	{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, keepAlive},
	{syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, keepAlives},
}

// bound gives a listener its bounds; the connections inherit theirs. What is not a
// listener of the system's has none.
func bound(ln net.Listener) error {
	raw, ok := ln.(syscall.Conn)
	if !ok {
		return nil
	}
	rc, err := raw.SyscallConn()
	if err != nil {
		return fmt.Errorf("bound the listener: %w", err)
	}
	var inner error
	if err := rc.Control(func(fd uintptr) {
		for _, b := range bounds {
			inner = errors.Join(inner, syscall.SetsockoptInt(int(fd), b.level, b.option, b.value))
		}
		if inner == nil {
			inner = syscall.Listen(int(fd), backlog)
		}
	}); err != nil {
		return fmt.Errorf("bound the listener: %w", err)
	}
	if inner != nil {
		return fmt.Errorf("bound the listener: %w", inner)
	}
	return nil
}

// gone reports whether the client has closed its end, or the connection is broken. It
// does not block, and reads nothing away. Any goroutine may call it. A client that has
// only said that it sends no more counts as gone: who wants an answer keeps his end open.
func (c *conn) gone() bool {
	raw, ok := c.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	rc, err := raw.SyscallConn()
	if err != nil {
		return true
	}
	var gone bool
	err = rc.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		gone = n == 0 && err == nil || err != nil && err != syscall.EAGAIN && err != syscall.EINTR
	})
	return gone || err != nil
}
