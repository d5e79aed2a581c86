package httpapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// gate is a listener that bounds connections: in all, and of one peer. Those past
// a bound get an answer in the form of every other error and are closed. It sits
// before fasthttp's own bound, whose answer has neither form nor Retry-After.
type gate struct {
	net.Listener
	max, perIP int
	loopback   bool // loopback addresses have the bound too
	counts     *connCounts
	draining   *atomic.Bool // the server's

	// How many connections and sites there are; for who does not hold mu.
	open, sites atomic.Int64

	mu struct {
		sync.Mutex
		open  map[*conn]struct{}
		sites map[netip.Addr]*site
	}
}

// connCounts is what the gate tells the metrics.
type connCounts struct {
	open     atomic.Int64
	refused  atomic.Uint64 // past the bound of all
	refusedP atomic.Uint64 // past the bound of a peer
}

// Listen listens for TCP connections on an address, for Serve. Any listener will do there;
// with this one a connection is cheaper to accept.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	return listening.Listen(ctx, "tcp", address)
}

// newGate puts a gate before a listener; perIP 0 is no bound for a peer.
func newGate(ln net.Listener, max, perIP int, counts *connCounts, draining *atomic.Bool) *gate {
	g := &gate{Listener: ln, max: max, perIP: perIP, counts: counts, draining: draining}
	g.mu.open = make(map[*conn]struct{})
	g.mu.sites = make(map[netip.Addr]*site)
	return g
}

// Accept waits for the next connection that is within the bounds.
func (g *gate) Accept() (net.Conn, error) {
	for {
		nc, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: nc, gate: g, peer: peerAddr(nc), late: g.draining.Load()}
		switch refused := g.admit(c); refused {
		case "":
			return c, nil
		case codeOverloaded:
			g.counts.refused.Add(1)
			refuseConn(nc, refused)
		default:
			g.counts.refusedP.Add(1)
			refuseConn(nc, refused)
		}
	}
}

// admit counts a connection, or says with which code it is refused.
func (g *gate) admit(c *conn) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.mu.open) >= g.max {
		return codeOverloaded
	}
	addr := siteOf(c.peer)
	home := g.mu.sites[addr]
	if home == nil {
		home = newSite()
	} else if g.perIP > 0 && home.open.Load() >= int64(g.perIP) && (g.loopback || !addr.IsLoopback()) {
		return codeRateLimited
	}
	g.mu.open[c], g.mu.sites[addr], c.home = struct{}{}, home, home
	home.open.Add(1)
	g.told()
	g.counts.open.Add(1)
	return ""
}

// leave gives a connection's place back; a second time does nothing.
func (g *gate) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.mu.open[c]; !ok {
		return
	}
	delete(g.mu.open, c)
	if c.home.open.Add(-1) == 0 {
		delete(g.mu.sites, siteOf(c.peer))
	}
	g.told()
	g.counts.open.Add(-1)
}

// told says how many there are, with mu held.
func (g *gate) told() {
	g.open.Store(int64(len(g.mu.open)))
	g.sites.Store(int64(len(g.mu.sites)))
}

// closeAll ends every connection at once: what is left when a shutdown's time is over.
func (g *gate) closeAll() {
	g.mu.Lock()
	left := make([]*conn, 0, len(g.mu.open))
	for c := range g.mu.open {
		left = append(left, c)
	}
	g.mu.Unlock()
	for _, c := range left {
		_ = c.Conn.Close() // the goroutine that serves it then calls Close
	}
}

// refuseConn answers a connection that was never let in. The write cannot block
// the accept loop: a new socket's send buffer is empty and larger than this.
func refuseConn(nc net.Conn, code string) {
	p := problemOf(code)
	id := appendRequestID(nil)
	body := appendProblem(nil, p, id, fault{})
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n"+
		"Retry-After: %d\r\nX-Request-Id: %s\r\n\r\n", p.status, p.title, problemType, len(body), p.again(), id)
	_ = nc.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = nc.Write(append([]byte(head), body...)) // best effort: the peer may be gone
	_ = nc.Close()
}

// siteOf is what an address's connections are counted under: itself, and of IPv6 its
// first 56 bits, for one subscriber has as many addresses as he likes.
func siteOf(a netip.Addr) netip.Addr {
	if !a.Is6() || a.IsLoopback() {
		return a
	}
	p, _ := a.Prefix(56) // an error only for more bits than there are
	return p.Addr()
}

// peerAddr is a connection's other end; those that are not TCP have none.
func peerAddr(nc net.Conn) netip.Addr {
	if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// conn is a counted connection. The goroutine that serves it owns it; Close may
// come from a shutdown too.
type conn struct {
	net.Conn
	gate *gate
	peer netip.Addr
	home *site // what it is counted under; nil: not admitted by a gate
	late bool  // it came while the server was drained

	readBy, writeBy lazyDeadline
	joined          joined

	// lineRun is how many bytes came since the last line feed. Where a whole
	// read buffer has none, it was the request line that did not fit.
	lineRun int
	// linger makes Close wait a little for what the peer is still sending: a
	// close with unread bytes resets the connection, and the peer would lose
	// the answer that says why.
	linger atomic.Bool
	closed atomic.Bool
}

// The bounds of a lingering close.
const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 4 << 20
)

// countLine keeps count of the current line's length.
func (c *conn) countLine(p []byte) {
	if i := bytes.LastIndexByte(p, '\n'); i >= 0 {
		c.lineRun = len(p) - 1 - i
	} else {
		c.lineRun += len(p)
	}
}

// Close closes the connection; again does nothing.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.gate.leave(c)
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && c.linger.Load() && half.CloseWrite() == nil {
		_ = c.Conn.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // what it was does not matter any more
	}
	return c.Conn.Close()
}

// lingerOn asks for a lingering close of a request's connection.
func lingerOn(nc net.Conn) {
	if c, ok := nc.(*conn); ok {
		c.linger.Store(true)
	}
}
