package httpapi

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// The kernel keeps little of what a client does not read yet, and asks whether the other
// end is there: a connection has the bounds of the listener that it came to.
func TestConnectionsInherit(t *testing.T) {
	ln, err := Listen(t.Context(), "127.0.0.1:0")
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
	var has [5]int
	var inner error
	if err := rc.Control(func(fd uintptr) {
		for k, b := range bounds {
			has[k], err = syscall.GetsockoptInt(int(fd), b.level, b.option)
			inner = errors.Join(inner, err)
		}
	}); err != nil || inner != nil {
		t.Fatal(err, inner)
	}
	for k, b := range bounds[1:] {
		if has[k+1] != b.value {
			t.Errorf("option %d of level %d is %d, want %d", b.option, b.level, has[k+1], b.value)
		}
	}
	size := has[0]
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
