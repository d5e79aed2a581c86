package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// MaxAnswer bounds one answer: a seat map of 100,000 seats has about 12 MB.
const MaxAnswer = 64 << 20

// deadlineStep is how often a connection's deadline is moved at most; short timeouts move
// it every quarter of them. Moving it for each request would cost more than parsing the
// answer.
const deadlineStep = time.Second

// maxRetryAfter bounds what a Retry-After may say, in seconds.
const maxRetryAfter = 3600

// errBadAnswer is of an answer that is no HTTP/1.1.
var errBadAnswer = errors.New("not an HTTP/1.1 answer")

// Answer is what came back. Body belongs to the connection and is valid until its
// next request.
type Answer struct {
	Status   int
	Body     []byte
	Replayed bool          // Idempotency-Replayed: true
	Version  uint64        // Event-Version; 0: none
	Retry    time.Duration // Retry-After; 0: none
	ID       []byte        // X-Request-Id; it belongs to the connection, as Body does
}

// Conn is one keep-alive connection that is dialled when it is needed. It is used
// by one goroutine.
type Conn struct {
	address  string
	timeout  time.Duration
	from     net.IP   // where it is dialled from; nil: as the machine likes
	c        net.Conn // a stream; nil: not connected
	deadline time.Time
	buf      []byte // the answer: buf[:n] was read
	n        int
}

// NewConn makes a connection that is not dialled yet.
func NewConn(address string, timeout time.Duration) *Conn {
	return &Conn{address: address, timeout: timeout, buf: make([]byte, 16<<10)}
}

// From has a connection come from the nth of many addresses of this machine, 127.1.0.1 and
// so on, so that it is another client's than those of other numbers. Only a server on this
// machine can be reached from there. It is for connections that are not dialled yet.
func (c *Conn) From(n int) { c.from = net.IPv4(127, 1, byte(n/200), byte(n%200+1)) }

// Close ends the connection. It can be used again: the next request dials.
func (c *Conn) Close() {
	if c.c != nil {
		c.c.Close()
		c.c = nil
	}
}

// Do sends one request and reads its answer. After an error the connection is
// closed, and whether the request had an effect is not known.
func (c *Conn) Do(request []byte) (Answer, error) {
	if err := c.ready(); err != nil {
		return Answer{}, err
	}
	if _, err := c.c.Write(request); err != nil {
		c.Close()
		return Answer{}, err
	}
	a, last, err := c.read()
	if err != nil || last {
		c.Close()
	}
	return a, err
}

// ready dials where needed and keeps the deadline between timeout and a step more ahead.
func (c *Conn) ready() error {
	now := time.Now()
	if c.c == nil {
		dial := net.Dialer{Timeout: c.timeout}
		if c.from != nil {
			dial.LocalAddr = &net.TCPAddr{IP: c.from}
		}
		d, err := dial.Dial("tcp", c.address)
		if err != nil {
			return err
		}
		if c.c, err = newStream(d); err != nil {
			d.Close()
			return err
		}
		c.deadline = time.Time{}
	}
	if c.deadline.Sub(now) < c.timeout {
		c.deadline = now.Add(c.timeout + min(deadlineStep, c.timeout/4))
		return c.c.SetDeadline(c.deadline)
	}
	return nil
}

// read reads one answer; last means that the server ends the connection.
func (c *Conn) read() (a Answer, last bool, err error) {
	c.n = 0
	end := -1
	for from := 0; end < 0; {
		if err := c.more(); err != nil {
			return a, true, err
		}
		if i := bytes.Index(c.buf[from:c.n], []byte("\r\n\r\n")); i >= 0 {
			end = from + i + 4
		}
		from = max(0, c.n-3)
	}
	h, err := parseHead(c.buf[:end])
	if err != nil {
		return a, true, err
	}
	a = Answer{Status: h.status, Replayed: h.replayed, Version: h.version, Retry: h.retry, ID: h.id}
	if h.chunked {
		a.Body, err = c.readChunks(end)
		return a, h.last, err
	}
	for c.n < end+h.length {
		if err := c.more(); err != nil {
			return a, true, err
		}
	}
	if c.n > end+h.length {
		return a, true, fmt.Errorf("%w: %d bytes after the answer", errBadAnswer, c.n-end-h.length)
	}
	a.Body = c.buf[end:c.n]
	return a, h.last, nil
}

// more reads what has come, and makes room where there is none.
func (c *Conn) more() error {
	if c.n == len(c.buf) {
		if c.n >= MaxAnswer {
			return fmt.Errorf("%w: more than %d bytes", errBadAnswer, MaxAnswer)
		}
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	n, err := c.c.Read(c.buf[c.n:])
	c.n += n
	if n > 0 {
		return nil
	}
	return err
}

// readChunks reads a chunked body whose first chunk begins at buf[at], and joins
// the chunks in place.
func (c *Conn) readChunks(at int) ([]byte, error) {
	start, end := at, at // the joined body is buf[start:end]
	for {
		line, err := c.line(at)
		if err != nil {
			return nil, err
		}
		text, _, _ := bytes.Cut(c.buf[at:line-2], []byte(";"))
		size, err := strconv.ParseUint(string(bytes.TrimSpace(text)), 16, 31)
		if err != nil {
			return nil, fmt.Errorf("%w: chunk size: %w", errBadAnswer, err)
		}
		if size == 0 {
			_, err := c.line(line) // no trailers: the empty line
			return c.buf[start:end], err
		}
		for c.n < line+int(size)+2 {
			if err := c.more(); err != nil {
				return nil, err
			}
		}
		end += copy(c.buf[end:], c.buf[line:line+int(size)])
		at = line + int(size) + 2
	}
}

// line gives the place after the line that begins at buf[at].
func (c *Conn) line(at int) (int, error) {
	for {
		if i := bytes.Index(c.buf[at:c.n], []byte("\r\n")); i >= 0 {
			return at + i + 2, nil
		}
		if err := c.more(); err != nil {
			return 0, err
		}
	}
}

// head is what the crowd needs to know of an answer's head.
type head struct {
	status   int
	length   int
	chunked  bool
	last     bool
	replayed bool
	version  uint64
	retry    time.Duration
	id       []byte
}

// parseHead reads the status line and the few headers that matter.
func parseHead(b []byte) (head, error) {
	var h head
	if len(b) < 12 || !bytes.HasPrefix(b, []byte("HTTP/1.1 ")) {
		return h, errBadAnswer
	}
	for _, d := range b[9:12] {
		if d < '0' || d > '9' {
			return h, errBadAnswer
		}
		h.status = h.status*10 + int(d-'0')
	}
	for line := range bytes.SplitSeq(b[12:], []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if err := h.header(name, bytes.TrimSpace(value)); err != nil {
			return h, err
		}
	}
	return h, nil
}

// header takes one header line.
func (h *head) header(name, value []byte) error {
	switch {
	case is(name, "Content-Length"):
		n, err := strconv.ParseUint(string(value), 10, 31)
		if err != nil || n > MaxAnswer {
			return fmt.Errorf("%w: Content-Length %q", errBadAnswer, value)
		}
		h.length = int(n)
	case is(name, "Transfer-Encoding"):
		h.chunked = is(value, "chunked")
	case is(name, "Connection"):
		h.last = is(value, "close")
	case is(name, "Idempotency-Replayed"):
		h.replayed = is(value, "true")
	case is(name, "X-Request-Id"):
		h.id = value
	case is(name, "Event-Version"):
		h.version = number(value)
	case is(name, "Retry-After"):
		h.retry = time.Duration(min(number(value), maxRetryAfter)) * time.Second
	}
	return nil
}

// number reads a decimal number; what is none is 0.
func number(b []byte) uint64 {
	var n uint64
	for _, d := range b {
		if d < '0' || d > '9' || n > 1<<60 {
			return 0
		}
		n = n*10 + uint64(d-'0')
	}
	return n
}

// is compares header text without regard to case.
func is(b []byte, s string) bool { return len(b) == len(s) && bytes.EqualFold(b, []byte(s)) }
