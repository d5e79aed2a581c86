package httpapi

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Who has many more connections than others have is a crowd; who has what others have,
// or is nearly alone, is none.
func TestCrowds(t *testing.T) {
	for _, row := range []struct {
		open, sites, all int64
		want             bool
	}{
		{1000, 101, 1100, true}, {1, 101, 1100, false}, {32, 101, 132, false}, {33, 101, 133, true},
		{1000, 1, 1000, false}, {1000, 2, 1001, false}, {300, 3, 900, false}, {500, 10, 600, true},
	} {
		g := newGate(nil, 9999, 0, &connCounts{}, new(atomic.Bool))
		c := &conn{gate: g, home: newSite()}
		c.home.open.Store(row.open)
		g.sites.Store(row.sites)
		g.open.Store(row.all)
		if got := c.crowded(); got != row.want {
			t.Errorf("%d of %d connections, %d sites: a crowd is %v", row.open, row.all, row.sites, got)
		}
	}
}

// rig is a gate with the connections of a crowd, and of others.
type rig struct {
	crowd, others []*conn
	far           map[*conn]net.Conn
}

// addressed is a connection from an address.
type addressed struct {
	net.Conn
	from net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.from }

// newRig admits 40 connections of one address, and 20 of 20.
func newRig(t *testing.T) *rig {
	g := newGate(nil, 100, 0, &connCounts{}, new(atomic.Bool))
	r := &rig{far: map[*conn]net.Conn{}}
	add := func(addr byte) *conn {
		near, far := net.Pipe()
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, addr}), 9)
		c := &conn{Conn: addressed{near, net.TCPAddrFromAddrPort(from)}, gate: g}
		c.peer = peerAddr(c.Conn)
		if code := g.admit(c); code != "" {
			t.Fatal(code)
		}
		r.far[c] = far
		return c
	}
	for range 40 {
		r.crowd = append(r.crowd, add(1))
	}
	for i := range byte(20) {
		r.others = append(r.others, add(2+i))
	}
	return r
}

// ask has a client send a byte, and the connection read it; through counts those that
// got through.
func (r *rig) ask(c *conn, through *atomic.Int64) {
	go func() { _, _ = r.far[c].Write([]byte("x")) }() // the far end is closed at last
	go func() {
		if _, err := c.Read(make([]byte, 9)); err == nil {
			through.Add(1)
		}
	}()
}

func (r *rig) close() {
	for c, far := range r.far {
		_ = far.Close() // a pipe always closes
		_ = c.Close()
	}
}

// The requests of a crowd have a pace, those of others do not wait; who waits is let
// through by and by.
func TestACrowdTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer synctest.Wait()
		defer r.close()
		var crowd, others atomic.Int64
		for _, c := range r.crowd {
			r.ask(c, &crowd)
		}
		for _, c := range r.others {
			r.ask(c, &others)
		}
		synctest.Wait()
		if crowd.Load() != 0 || others.Load() != 20 {
			t.Fatalf("%d of a crowd and %d of others got through at once, want 0 and 20", crowd.Load(), others.Load())
		}
		most := int64(crowdPace * processors())
		for n := int64(1); crowd.Load() < 40; n++ {
			<-time.After(crowdRound)
			synctest.Wait()
			if want := min(n*most, 40); crowd.Load() != want {
				t.Fatalf("%d got through in %d rounds, want %d", crowd.Load(), n, want)
			}
		}
		<-time.After(crowdRound)
		synctest.Wait()
		if home := r.crowd[0].home; home.paced.Load() || home.waiting.Load() != 0 {
			t.Error("somebody still lets them through")
		}
	})
}

// A site is forgotten with its last connection.
func TestSitesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		home, g := r.crowd[0].home, r.crowd[0].gate
		r.close()
		synctest.Wait()
		if g.sites.Load() != 0 || len(g.mu.sites) != 0 || g.open.Load() != 0 || home.open.Load() != 0 {
			t.Errorf("%d sites, %d connections are left", g.sites.Load(), g.open.Load())
		}
	})
}

// BenchmarkCrowded is what a read pays where there is no crowd.
func BenchmarkCrowded(b *testing.B) {
	c := &conn{gate: newGate(nil, 9999, 0, &connCounts{}, new(atomic.Bool)), home: newSite()}
	c.home.open.Store(100)
	for b.Loop() {
		c.takeTurn()
	}
}
