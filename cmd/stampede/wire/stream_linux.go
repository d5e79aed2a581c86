package wire

import (
	"errors"
	"io"
	"net"
	"syscall"

	"boxoffice/cmd/stampede/kernel"
)

// stream is the bytes of a TCP connection, with the calls of package kernel.
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
	s.read = func(fd uintptr) bool {
		s.n, s.fail = kernel.Read(fd, s.buf)
		return s.fail != syscall.EAGAIN
	}
	s.write = func(fd uintptr) bool {
		for s.fail = 0; s.fail == 0 && len(s.buf) > 0; s.buf = s.buf[s.n:] {
			s.n, s.fail = kernel.Write(fd, s.buf)
		}
		return s.fail != syscall.EAGAIN
	}
	return s, nil
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
