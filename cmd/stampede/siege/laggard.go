package siege

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// The kinds of laggards.
const (
	halfOpen    = iota // sends a part of a request and no more
	idleSocket         // sends nothing
	slowReader         // asks for much and reads next to nothing
	laggardKind        // how many there are
)

// laggardNames are what checks call them.
var laggardNames = [laggardKind]string{"half-open requests", "idle sockets", "slow readers"}

// slowSeats is the size of the seat map that slow readers ask for: below 256 KiB, for larger
// answers may take longer.
const slowSeats = 2_000

// slowMaps is how many seat maps a slow reader asks for at once, slowBytes less than they
// have, and more than the buffers between two sockets hold: who gets so many was not cut off.
const (
	slowMaps  = 160
	slowBytes = 12 << 20
)

// laggards are clients who are slow on purpose.
type laggards struct {
	s      *siege
	house  string
	cancel context.CancelFunc
	wait   sync.WaitGroup
	mu     sync.Mutex // guards ends
	ends   [laggardKind]struct {
		all, cut int
		longest  time.Duration
	}
}

// startLaggards opens all of them: eight of ten are half-open, one is idle, one reads.
func (s *siege) startLaggards(house string) *laggards {
	ctx, cancel := context.WithCancel(s.ctx)
	l := &laggards{s: s, house: house, cancel: cancel}
	for i := range s.Connections {
		kind := halfOpen
		switch i % 10 {
		case 8:
			kind = idleSocket
		case 9:
			kind = slowReader
		}
		l.ends[kind].all++
		l.wait.Go(func() { l.lag(ctx, kind) })
	}
	return l
}

// limit is how long a kind may last.
func (l *laggards) limit(kind int) time.Duration {
	if kind == idleSocket {
		return l.s.Idle
	}
	return l.s.Cut
}

// lag is one laggard: it counts itself where it was cut off in time.
func (l *laggards) lag(ctx context.Context, kind int) {
	d := net.Dialer{Timeout: greedyTimeout}
	c, err := d.DialContext(ctx, "tcp", l.s.target.Address)
	if err != nil {
		return // not cut off: it never was on
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	began := time.Now()
	var cut bool
	switch kind {
	case halfOpen:
		_, err = fmt.Fprintf(c, "GET /events/%s HTTP/1.1\r\nHost: %s\r\nX-Slow: ", l.house, l.s.target.Address)
		cut = err == nil && silent(c, began.Add(l.s.Cut+grace))
	case idleSocket:
		cut = silent(c, began.Add(l.s.Idle+grace))
	default:
		cut = l.read(ctx, c)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.ends[kind]
	if took := time.Since(began); cut {
		e.cut++
		e.longest = max(e.longest, took)
	}
}

// silent waits for a server to end a connection, with or without a last word; false where
// it has not by the deadline.
func silent(c net.Conn, deadline time.Time) bool {
	if c.SetReadDeadline(deadline) != nil {
		return false
	}
	_, err := io.Copy(io.Discard, c)
	wait, ok := err.(net.Error)
	return !ok || !wait.Timeout()
}

// read asks for much, reads nothing for as long as the server may wait, and then what is
// left. It was cut off where that ends soon.
func (l *laggards) read(ctx context.Context, c net.Conn) bool {
	for range slowMaps {
		if _, err := fmt.Fprintf(c, "GET /events/%s/tickets HTTP/1.1\r\nHost: %s\r\n\r\n", l.house,
			l.s.target.Address); err != nil {
			return true
		}
	}
	select {
	case <-time.After(l.s.Cut + grace):
	case <-ctx.Done():
		return false
	}
	if c.SetReadDeadline(time.Now().Add(grace+l.s.Cut)) != nil {
		return false
	}
	_, err := io.CopyN(io.Discard, c, slowBytes)
	wait, ok := err.(net.Error)
	return err != nil && !(ok && wait.Timeout())
}

// done waits until all have come to their end; false where ctx ended first. It waits for
// d at the longest.
func (l *laggards) done(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	go func() {
		l.wait.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(d):
	case <-ctx.Done():
		return false
	}
	return true
}

// stop ends what is left of them.
func (l *laggards) stop() {
	l.cancel()
	l.wait.Wait()
}

// count is how many of a kind there were and were cut off, and how long the last of those
// lasted.
func (l *laggards) count(kind int) (cut, all int, longest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &l.ends[kind]
	return e.cut, e.all, e.longest
}
