package httpapi

import (
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
)

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
		if inner = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, sendBuffer); inner == nil {
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
