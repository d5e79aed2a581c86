package httpapi

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// timed is a connection that counts how often its deadlines are set.
type timed struct {
	net.Conn
	sets int
}

func (c *timed) SetReadDeadline(t time.Time) error {
	c.sets++
	return c.Conn.SetReadDeadline(t)
}

func (c *timed) SetWriteDeadline(t time.Time) error {
	c.sets++
	return c.Conn.SetWriteDeadline(t)
}

// A read and a write end at the deadline that was set last, to the nanosecond,
// wherever the one before it was.
func TestDeadlines(t *testing.T) {
	for name, row := range map[string]struct{ first, then, ends time.Duration }{
		"later":        {first: 5 * time.Second, then: 30 * time.Second, ends: 30 * time.Second},
		"sooner":       {first: 30 * time.Second, then: 5 * time.Second, ends: 5 * time.Second},
		"set once":     {first: 0, then: 7 * time.Second, ends: 7 * time.Second},
		"long expired": {first: time.Nanosecond, then: 3 * time.Second, ends: 3 * time.Second},
		"past":         {first: 5 * time.Second, then: -time.Second, ends: 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				c := &conn{Conn: near, gate: newGate(nil, 1, 0, &connCounts{}, new(atomic.Bool))}
				defer c.Close()
				for what, do := range map[string]func([]byte) (int, error){"read": c.Read, "write": c.Write} {
					if row.first != 0 {
						_ = c.SetDeadline(time.Now().Add(row.first))
						meet(t, far, what, do)
					}
					began := time.Now()
					_ = c.SetDeadline(began.Add(row.then))
					if n, err := do(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("%s: %d %v", what, n, err)
					}
					if took := time.Since(began); took != row.ends {
						t.Errorf("%s: ended after %v, not %v", what, took, row.ends)
					}
				}
				_ = c.SetDeadline(time.Time{})
				meet(t, far, "read", c.Read)
			})
		})
	}
}

// meet does one read or write that the peer answers.
func meet(t *testing.T, far net.Conn, what string, do func([]byte) (int, error)) {
	t.Helper()
	go func() { // ends with the call below
		if what == "read" {
			_, _ = far.Write([]byte{1})
		} else {
			_, _ = io.ReadFull(far, make([]byte, 1))
		}
	}()
	if n, err := do(make([]byte, 1)); n != 1 || err != nil {
		t.Fatalf("%s: %d %v", what, n, err)
	}
}

// A write that a timer cuts in two too early goes on where it was.
func TestDeadlineInAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		below := &timed{Conn: near}
		c := &conn{Conn: below, gate: newGate(nil, 1, 0, &connCounts{}, new(atomic.Bool))}
		defer c.Close()
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		meet(t, far, "write", c.Write)
		_ = c.SetWriteDeadline(time.Now().Add(time.Hour))
		got := make(chan string)
		go func() {
			half := make([]byte, 3)
			_, _ = io.ReadFull(far, half)
			<-time.After(time.Minute) // the timer of the first write goes off
			rest := make([]byte, 3)
			_, _ = io.ReadFull(far, rest)
			got <- string(half) + string(rest)
		}()
		if n, err := c.Write([]byte("abcdef")); n != 6 || err != nil {
			t.Fatal(n, err)
		}
		if s := <-got; s != "abcdef" {
			t.Error(s)
		}
		if below.sets != 2 {
			t.Errorf("the timer was set %d times", below.sets)
		}
	})
}

// A busy connection does not touch its timers.
func TestDeadlinesAreLazy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		below := &timed{Conn: near}
		c := &conn{Conn: below, gate: newGate(nil, 1, 0, &connCounts{}, new(atomic.Bool))}
		defer c.Close()
		for range 1000 {
			_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
			meet(t, far, "read", c.Read)
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			_ = c.SetWriteDeadline(time.Now().Add(5 * time.Second))
			meet(t, far, "write", c.Write)
			<-time.After(10 * time.Millisecond) // of the bubble
		}
		if below.sets > 6 {
			t.Errorf("set %d times in 10 s", below.sets)
		}
	})
}
