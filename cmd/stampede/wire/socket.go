package wire

import (
	"bufio"
	"bytes"
	"crypto/sha1" // the handshake of RFC 6455 wants it; it protects nothing
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// maxMessage bounds one message: changes of a whole large house are about 1 MB.
const maxMessage = 4 << 20

// pingTime is how long a socket may be silent: servers ping every 20 s.
const pingTime = 90 * time.Second

// The opcodes of RFC 6455 that a listener meets.
const (
	opContinued = 0
	opText      = 1
	opBinary    = 2
	opClose     = 8
	opPing      = 9
	opPong      = 10
)

// Refused is of a server that did not open a socket but answered.
type Refused struct {
	Status int
	Body   []byte // the beginning of it
}

// Error is the refusal in words.
func (r *Refused) Error() string { return fmt.Sprintf("status %d: %.200s", r.Status, r.Body) }

// Closed is of a socket that the server closed.
type Closed struct {
	Code   int // of RFC 6455: 1001 it goes away, 1013 too slow; 1005: it said none
	Reason string
}

// Error is the end in words.
func (c *Closed) Error() string { return fmt.Sprintf("closed with %d %s", c.Code, c.Reason) }

// errFrame is of a frame that a server must not send.
var errFrame = errors.New("not a frame of a server")

// Socket is a WebSocket that only listens: it answers pings and closes, and sends
// nothing else. One goroutine uses it; Close may be called by any.
type Socket struct {
	c   net.Conn
	in  *bufio.Reader
	msg []byte
}

// Dial opens a socket at a path. Where the server answers with something else the
// error is a *Refused.
func Dial(to *Target, path, user string, key [16]byte, timeout time.Duration) (*Socket, error) {
	c, err := net.DialTimeout("tcp", to.Address, timeout)
	if err != nil {
		return nil, err
	}
	s := &Socket{c: c, in: bufio.NewReaderSize(c, 2048)}
	if err := s.open(to, path, user, key, timeout); err != nil {
		c.Close()
		return nil, err
	}
	return s, nil
}

// open is the handshake.
func (s *Socket) open(to *Target, path, user string, key [16]byte, timeout time.Duration) error {
	if err := s.c.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	name := base64.StdEncoding.EncodeToString(key[:])
	ask := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s", path, to.Address, name)
	if _, err := s.c.Write(append(header(ask, "X-User-Id", user), "\r\n\r\n"...)); err != nil {
		return err
	}
	var text []byte
	for !bytes.HasSuffix(text, []byte("\r\n\r\n")) {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if text = append(text, line...); len(text) > 16<<10 {
			return fmt.Errorf("%w: a head of more than 16 KiB", errBadAnswer)
		}
	}
	h, err := parseHead(text)
	if err != nil {
		return err
	}
	if h.status != 101 {
		body := make([]byte, min(h.length, 1024))
		_, err := io.ReadFull(s.in, body)
		return errors.Join(&Refused{h.status, body}, err)
	}
	if want := accept(name); !strings.Contains(string(text), want) {
		return fmt.Errorf("%w: Sec-WebSocket-Accept is not %s", errBadAnswer, want)
	}
	return s.c.SetDeadline(time.Time{})
}

// accept is what a server answers to a key.
func accept(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Next waits for the next message and gives it; it is valid until the next call. The
// error is a *Closed where the server said goodbye.
func (s *Socket) Next() ([]byte, error) {
	s.msg = s.msg[:0]
	for {
		if err := s.c.SetReadDeadline(time.Now().Add(pingTime)); err != nil {
			return nil, err
		}
		op, final, from, err := s.frame()
		if err != nil {
			return nil, err
		}
		body := s.msg[from:]
		switch op {
		case opText, opBinary, opContinued:
			if final {
				return s.msg, nil
			}
			continue // the rest of the message follows
		case opPing:
			err = s.send(opPong, body)
		case opClose:
			end := &Closed{Code: 1005}
			if len(body) >= 2 {
				end.Code, end.Reason = int(binary.BigEndian.Uint16(body)), string(body[2:])
			}
			return nil, errors.Join(end, s.send(opClose, body[:min(2, len(body))]))
		case opPong:
		default:
			err = fmt.Errorf("%w: opcode %d", errFrame, op)
		}
		if err != nil {
			return nil, err
		}
		s.msg = s.msg[:from]
	}
}

// frame appends the next frame's payload to msg; from is where it begins.
func (s *Socket) frame() (op int, final bool, from int, err error) {
	var head [8]byte
	if _, err := io.ReadFull(s.in, head[:2]); err != nil {
		return 0, false, 0, err
	}
	op, final = int(head[0]&15), head[0]&128 != 0
	size := uint64(head[1] & 127)
	if head[1]&128 != 0 || head[0]&112 != 0 {
		return 0, false, 0, fmt.Errorf("%w: it is masked or has reserved bits", errFrame)
	}
	switch size {
	case 126:
		_, err = io.ReadFull(s.in, head[:2])
		size = uint64(binary.BigEndian.Uint16(head[:]))
	case 127:
		_, err = io.ReadFull(s.in, head[:8])
		size = binary.BigEndian.Uint64(head[:])
	}
	from = len(s.msg)
	if err != nil || size > uint64(maxMessage-from) {
		return 0, false, 0, errors.Join(err, fmt.Errorf("%w: %d bytes after %d", errFrame, size, from))
	}
	s.msg = append(s.msg, make([]byte, size)...)
	_, err = io.ReadFull(s.in, s.msg[from:])
	return op, final, from, err
}

// send sends a short frame, masked as a client's must be. The mask is 0: it protects
// old proxies, of which there are none here.
func (s *Socket) send(op byte, body []byte) error {
	if len(body) > 125 {
		return fmt.Errorf("%w: a control frame of %d bytes", errFrame, len(body))
	}
	frame := append([]byte{128 | op, 128 | byte(len(body)), 0, 0, 0, 0}, body...)
	if err := s.c.SetWriteDeadline(time.Now().Add(pingTime)); err != nil {
		return err
	}
	_, err := s.c.Write(frame)
	return err
}

// Freeze is for who will never read: the system takes as little as it can for him, so that
// the server soon meets it.
func (s *Socket) Freeze() error {
	if tcp, ok := s.c.(*net.TCPConn); ok {
		return tcp.SetReadBuffer(1)
	}
	return nil
}

// Close ends the socket without a word.
func (s *Socket) Close() { s.c.Close() }
