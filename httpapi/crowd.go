package httpapi

import (
	"runtime"
	"sync/atomic"
	"time"
)

// A client with a thousand connections has a thousand goroutines, and the runtime runs
// goroutines in the order in which their bytes came: he has a thousand turns where others
// have one. So the requests of a crowd take turns among themselves. Those that wait are
// parked in the crowd's own line, and what the processors find ready is others'.

// site is what connections are counted under: see siteOf.
type site struct {
	open atomic.Int64
	// turns are the requests that are worked at while the site is a crowd: on half of the
	// processors at most.
	turns chan struct{}
}

func newSite() *site { return &site{turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))} }

// A site is a crowd where it has more than crowdLeast connections and crowdFactor times
// as many as sites have on average: among a hundred clients, one with a thousand
// connections; not one of three proxies that have all of them.
const (
	crowdLeast  = 32
	crowdFactor = 4
)

// turnPatience is how long a crowd's request waits for its turn. Turns are over within
// microseconds, but for one whose client does not read: it shall not stop the others.
const turnPatience = 100 * time.Millisecond

// crowded reports whether a connection is one of a crowd.
func (c *conn) crowded() bool {
	if c.home == nil {
		return false
	}
	open := c.home.open.Load()
	return open > crowdLeast && open*c.gate.sites.Load() > crowdFactor*c.gate.open.Load()
}

// takeTurn waits until a request of a crowd, whose first bytes are here, may be worked at.
// The goroutine that serves the connection calls it.
func (c *conn) takeTurn() {
	if !c.crowded() || c.turn.Load() {
		return
	}
	select {
	case c.home.turns <- struct{}{}:
	default:
		patience := time.NewTimer(turnPatience)
		defer patience.Stop()
		select {
		case c.home.turns <- struct{}{}:
		case <-patience.C:
			return
		}
	}
	if c.turn.Store(true); c.closed.Load() { // by a shutdown, meanwhile
		c.giveTurn()
	}
}

// giveTurn lets the crowd's next request have the turn: when this one is answered, or
// waits for something. Again, or without a turn, it does nothing.
func (c *conn) giveTurn() {
	if c.turn.Load() && c.turn.Swap(false) {
		<-c.home.turns
	}
}

// waits is called before the call waits for something else than its connection.
func (c *call) waits() {
	if nc, ok := c.ctx.Conn().(*conn); ok {
		nc.giveTurn()
	}
}
