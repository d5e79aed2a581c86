package wire

import (
	"errors"
	"io"
	"net"
	"syscall"
	"unsafe"
)

// stream is the bytes of a TCP connection. It asks the kernel itself: its sockets never
// block, and the runtime makes ready for each system call of its own that it may (it wakes
// the thread that looks after those), which for a lone request costs more than the call.
type stream struct {
	net.Conn
	raw   syscall.RawConn
	read  func(fd uintptr) bool // once each, not one a request
	write func(fd uintptr) bool

	buf  []byte // what is read into, or what is left to write
	n    int
	fail syscall.Errno
}

// newStream takes over a connection.
func newStream(c net.Conn) (net.Conn, error) {
	tcp, ok := c.(syscall.Conn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &stream{Conn: c, raw: raw}
	s.read = func(fd uintptr) bool { return s.call(syscall.SYS_READ, fd) }
	s.write = func(fd uintptr) bool {
		for s.call(syscall.SYS_WRITE, fd) {
			if s.buf = s.buf[s.n:]; s.fail != 0 || len(s.buf) == 0 {
				return true
			}
		}
		return false
	}
	return s, nil
}

// call reads or writes once; false where the socket is not ready.
func (s *stream) call(what, fd uintptr) bool {
	for {
		n, _, err := syscall.RawSyscall(what, fd, uintptr(unsafe.Pointer(&s.buf[0])), uintptr(len(s.buf)))
		switch {
		case err == syscall.EAGAIN:
			return false
		case err == syscall.EINTR:
			continue
		case err != 0:
			n = 0
		}
		s.n, s.fail = int(n), err
		return true
	}
}

// Read reads what has come, and waits for it where nothing has. The buffer is not empty.
func (s *stream) Read(b []byte) (int, error) {
	s.buf, s.n, s.fail = b, 0, 0
	err := s.raw.Read(s.read)
	s.buf = nil
	switch {
	case err != nil:
		return 0, err
	case s.fail != 0:
		return 0, s.fail
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

// Write writes all, which is something.
func (s *stream) Write(b []byte) (int, error) {
	s.buf, s.n, s.fail = b, 0, 0
	err := s.raw.Write(s.write)
	left := len(s.buf)
	s.buf = nil
	if err == nil && s.fail != 0 {
		err = s.fail
	}
	return len(b) - left, err
}
