package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/storage/search"

	"github.com/valyala/fasthttp"
)

// counted is a connection that counts its writes.
type counted struct {
	net.Conn
	writes atomic.Int64
}

func (c *counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// lengthIndex answers with as long a page as the venue's id says.
type lengthIndex struct{ cachedIndex }

func (*lengthIndex) Search(_ context.Context, q search.Query) (*search.Page, error) {
	n, err := strconv.Atoi(q.Venue)
	return &search.Page{Next: strings.Repeat("x", n)}, err
}

// newJoined is a connection of ours, armed for a long answer, and its other end.
func newJoined() (c *conn, far net.Conn) {
	near, far := net.Pipe()
	c = &conn{Conn: near, gate: newGate(nil, 1, 0, &connCounts{}, new(atomic.Bool))}
	c.joined.armed = true
	return c, far
}

// Answers of all lengths around the buffer's, one behind the other on one connection,
// asked for one by one and all at once, come whole and in order.
func TestJoinedAnswers(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Search = &lengthIndex{} })
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	br := bufio.NewReader(nc)
	const get, head = "GET", "HEAD"
	for n := 1; n < 5*writeBuffer; n += 41 + n%7 {
		if n%writeBuffer > 400 && n%writeBuffer < writeBuffer-400 {
			n += 397
		}
		want := `{"events":[],"total":0,"next":"` + strings.Repeat("x", n) + `"}`
		for _, methods := range [][]string{{get}, {get, get, get}, {get, head, get}} {
			var all []byte
			for _, m := range methods {
				all = fmt.Appendf(all, "%s /events?venueId=%d HTTP/1.1\r\nHost: x\r\n\r\n", m, n)
			}
			if _, err := nc.Write(all); err != nil {
				t.Fatal(err)
			}
			for _, m := range methods {
				resp, err := http.ReadResponse(br, &http.Request{Method: m})
				if err != nil {
					t.Fatal(n, err)
				}
				body, err := io.ReadAll(resp.Body)
				if err != nil || resp.StatusCode != 200 || m == get && string(body) != want {
					t.Fatalf("%d: %v %d, %d bytes of %d", n, err, resp.StatusCode, len(body), len(want))
				}
			}
		}
	}
}

// Only where the body itself is longer than the buffer is there a second write for sure.
func TestJoinedArmed(t *testing.T) {
	c, far := newJoined()
	defer far.Close()
	var ctx fasthttp.RequestCtx
	ctx.Init2(c, nil, false)
	for _, row := range []struct {
		method string
		body   int
		armed  bool
	}{
		{"GET", writeBuffer + 1, true}, {"GET", writeBuffer, false}, {"GET", 0, false},
		{"HEAD", 4 * writeBuffer, false},
	} {
		c.joined.armed = !row.armed
		ctx.Request.Header.SetMethod(row.method)
		ctx.Response.SetBody(make([]byte, row.body))
		if joinWrites(&ctx); c.joined.armed != row.armed {
			t.Errorf("%s, %d bytes: armed %v", row.method, row.body, c.joined.armed)
		}
	}
}

// The first write waits for the second, and only that one; a short first write, and
// one that nothing announced, do not wait.
func TestJoinedWrites(t *testing.T) {
	c, far := newJoined()
	defer c.Close()
	defer far.Close()
	nc := &counted{Conn: c.Conn}
	c.Conn = nc
	var got bytes.Buffer
	done := make(chan struct{})
	go func() { _, _ = io.Copy(&got, far); close(done) }()
	full, rest := bytes.Repeat([]byte{'a'}, writeBuffer), []byte("the rest")
	var want []byte
	for i, p := range [][]byte{full, rest, full, rest} {
		if n, err := c.Write(p); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
		want = append(want, p...)
		if made := nc.writes.Load(); made != []int64{0, 2, 3, 4}[i] { // a pipe has no writev: two a pair
			t.Errorf("write %d: %d writes", i, made)
		}
	}
	c.joined.armed = true
	for range 2 { // one that is armed again before it is written
		_, err1 := c.Write(full)
		c.joined.armed = true
		n, err2 := c.Write(full)
		if want = append(append(want, full...), full...); err1 != nil || n != writeBuffer || err2 != nil ||
			c.joined.armed || c.joined.held != nil {
			t.Error(n, err1, err2, c.joined)
		}
		c.joined.armed = true
	}
	if n, err := c.Write(rest); n != len(rest) || err != nil || c.joined.held != nil {
		t.Error("a short write is held back")
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	<-done
	if !bytes.Equal(got.Bytes(), append(want, rest...)) {
		t.Errorf("%d bytes", got.Len())
	}
}

// A peer that does not read ends the write at its deadline, wherever in the two parts
// it is; one that reads in time gets all, though the timer was set for earlier.
func TestJoinedDeadline(t *testing.T) {
	for _, read := range []int{0, 100, writeBuffer, writeBuffer + 5, writeBuffer + 8} {
		synctest.Test(t, func(t *testing.T) {
			c, far := newJoined()
			defer c.Close()
			defer far.Close()
			_ = c.SetWriteDeadline(time.Now().Add(time.Second))
			_ = c.writeBy.arm(c.Conn.SetWriteDeadline) // too early a timer
			_ = c.SetWriteDeadline(time.Now().Add(5 * time.Second))
			if n, err := c.Write(make([]byte, writeBuffer)); n != writeBuffer || err != nil {
				t.Fatal(n, err)
			}
			go func() {
				<-time.After(3 * time.Second)
				_, _ = io.ReadFull(far, make([]byte, read))
			}()
			n, err := c.Write([]byte("the rest"))
			if want := max(read-writeBuffer, 0); n != want || (err == nil) != (want == 8) {
				t.Errorf("%d read: %d %v", read, n, err)
			}
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		})
	}
}
