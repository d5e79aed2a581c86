package httpapi

import (
	"errors"
	"os"
	"time"
)

// lazyDeadline is a deadline of a connection that is moved three times a request
// and hardly ever met: it moves on, and the timer below it stays. A timer that
// goes off too early is set anew, by whoever it woke. So a busy connection sets
// its timers once in a time-out, not once a request. The goroutine that reads, or
// writes, owns it.
type lazyDeadline struct {
	wanted time.Time // zero: none
	armed  time.Time // the timer; never behind wanted once arm was called
}

// arm sees to it that the timer does not go off later than is wanted.
func (d *lazyDeadline) arm(set func(time.Time) error) error {
	if d.wanted.IsZero() || !d.armed.IsZero() && !d.armed.After(d.wanted) {
		return nil
	}
	d.armed = d.wanted
	return set(d.armed)
}

// again reports whether an error is that of a timer that went off too early. It is
// set to what is wanted then, and the caller tries again.
func (d *lazyDeadline) again(err error, set func(time.Time) error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || d.armed.Equal(d.wanted) {
		return false
	}
	d.armed = d.wanted
	return set(d.armed) == nil
}

// SetDeadline sets both deadlines. Like the other two it is for the goroutine that
// serves the connection, between reads and writes.
func (c *conn) SetDeadline(t time.Time) error {
	c.readBy.wanted, c.writeBy.wanted = t, t
	return nil
}

// SetReadDeadline sets when the next read ends.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.readBy.wanted = t
	return nil
}

// SetWriteDeadline sets when the next write ends.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.writeBy.wanted = t
	return nil
}

// Read reads, and keeps count of the current line's length.
func (c *conn) Read(p []byte) (int, error) {
	if err := c.readBy.arm(c.Conn.SetReadDeadline); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	for n == 0 && err != nil && !c.closed.Load() && c.readBy.again(err, c.Conn.SetReadDeadline) {
		n, err = c.Conn.Read(p)
	}
	c.countLine(p[:n])
	if n > 0 {
		c.takeTurn()
	}
	return n, err
}

// Write writes, or holds p back for the next write. What lies below must bear a write
// after one that timed out, as TCP does and TLS does not.
func (c *conn) Write(p []byte) (int, error) {
	if c.joined.held == nil && c.joined.hold(p) {
		return len(p), nil
	}
	if err := c.writeBy.arm(c.Conn.SetWriteDeadline); err != nil {
		return 0, err
	}
	if c.joined.held != nil {
		return c.writeJoined(p)
	}
	n, err := c.Conn.Write(p)
	for err != nil && !c.closed.Load() && c.writeBy.again(err, c.Conn.SetWriteDeadline) {
		var more int
		more, err = c.Conn.Write(p[n:])
		n += more
	}
	return n, err
}
