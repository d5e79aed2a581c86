package httpapi

import (
	"sync/atomic"
	"time"
)

// A client with a thousand connections has a thousand goroutines, and the runtime runs
// goroutines in the order in which their bytes came: he has a thousand turns where others
// have one. Worse, as long as there is a goroutine to run it does not look which sockets
// have something to read, and his always give it one. So the requests of a crowd have a
// pace: they wait, and some of them are let through in each round. Between the rounds the
// processors are others'.

// site is what connections are counted under: see siteOf.
type site struct {
	open atomic.Int64
	// waiting are the requests that wait for a round, next is where they hear of it, and
	// paced is whether there is somebody who tells them.
	waiting atomic.Int64
	next    chan struct{}
	paced   atomic.Bool
}

func newSite() *site { return &site{next: make(chan struct{})} }

// A site is a crowd where it has more than crowdLeast connections and crowdFactor times
// as many as sites have on average: among a hundred clients, one with a thousand
// connections; not one of three proxies that have all of them.
const (
	crowdLeast  = 32
	crowdFactor = 4
)

// crowdRound is the time between two rounds, and crowdPace how many requests of a crowd
// are let through in each for a processor: 8,000 a second, which is what a tenth of it
// can do where they are cheap. Where they are not, the lanes bound them.
const (
	crowdRound = time.Millisecond
	crowdPace  = 8
)

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
	if !c.crowded() {
		return
	}
	s := c.home
	s.waiting.Add(1)
	if !s.paced.Swap(true) {
		go s.pace(crowdPace * processors())
	}
	<-s.next
	s.waiting.Add(-1)
}

// pace lets so many through in each round, those first who have waited longest, until
// nobody waits.
func (s *site) pace(most int) {
	ticker := time.NewTicker(crowdRound)
	defer ticker.Stop()
	for {
		<-ticker.C
		for n := 0; n < most && s.pass(); n++ {
		}
		if s.waiting.Load() > 0 {
			continue
		}
		s.paced.Store(false)
		if s.waiting.Load() == 0 || s.paced.Swap(true) {
			return
		}
	}
}

// pass lets one through, if there is one.
func (s *site) pass() bool {
	select {
	case s.next <- struct{}{}:
		return true
	default:
		return false
	}
}
