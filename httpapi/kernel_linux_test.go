package httpapi

import (
	"net"
	"syscall"
	"testing"
)

// The kernel keeps little of what a client does not read yet: a connection has the bound
// of the listener that it came to.
func TestLittleIsKeptForSlowReaders(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if err := bound(ln); err != nil {
		t.Fatal(err)
	}
	far, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	near, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	rc, err := near.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	size, inner := 0, error(nil)
	if err := rc.Control(func(fd uintptr) {
		size, inner = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	}); err != nil || inner != nil {
		t.Fatal(err, inner)
	}
	// The kernel counts its own overhead and doubles what it is told. Without a bound it
	// says less at first, and lets it grow; a bound that is set is one that stays.
	if fresh := freshBuffer(t); size == fresh || size > 2*sendBuffer {
		t.Errorf("%d bytes for what a client does not read, %d without a bound; want at most %d", size, fresh,
			2*sendBuffer)
	}
}

// freshBuffer is what a connection has without a bound.
func freshBuffer(t *testing.T) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(fd) }()
	size, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	if err != nil {
		t.Fatal(err)
	}
	return size
}
