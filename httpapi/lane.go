package httpapi

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
)

// lane is what a request is worth when not all can be served, told by its route. The
// order is that of package actors, which tells more exactly: it has the command.
type lane uint8

const (
	payingLane lane = iota // bookings, and more time for a hold
	holdingLane
	joiningLane
	readingLane
	searchingLane
	freeLane // operators and probes: few, and they must get through
	lanes    = iota
)

// laneNames are the labels of lane.
var laneNames = [lanes]string{payingLane: "paying", holdingLane: "holding", joiningLane: "joining",
	readingLane: "reading", searchingLane: "searching", freeLane: "free"}

// laneShares are the parts of Config.MaxInside that each lane may fill, in percent. A
// lane counts its own requests only: none takes another's room, and bookings that wait
// for a slow provider keep nobody from looking.
var laneShares = [lanes]int{payingLane: 100, holdingLane: 80, joiningLane: 60, readingLane: 50, searchingLane: 25}

// laneOf is the lane of a route.
func laneOf(rt *route) lane {
	reads := rt.method == "GET"
	switch {
	case rt.admin, rt.probe:
		return freeLane
	case rt.path == "/events", rt.path == "/suggest":
		return searchingLane
	case reads:
		return readingLane
	case strings.HasPrefix(rt.path, "/bookings/"), strings.HasSuffix(rt.path, "/extend"):
		return payingLane
	case strings.Contains(rt.path, "/holds"):
		return holdingLane
	case strings.Contains(rt.path, "/queue"):
		return joiningLane
	}
	return readingLane
}

// The reasons for which a request is shed: it had no effect.
const (
	shedUser    = iota // its user's rate
	shedNetwork        // its network's rate
	shedFull           // its lane
	shedLate           // its turn did not come in time
	shedReasons
)

// shedNames are the labels of the reasons.
var shedNames = [shedReasons]string{shedUser: "user", shedNetwork: "network", shedFull: "full", shedLate: "late"}

// traffic counts the requests inside by lane, holds each lane to its bound, and counts
// what is shed.
type traffic struct {
	most   [lanes]int64 // 0: no bound
	inside [lanes]struct {
		atomic.Int64
		_ [56]byte // a cache line each: lanes do not slow each other down
	}
	shed [lanes][shedReasons]atomic.Uint64
	// turns are the searches that run at one time. They need a processor each, and no
	// more of them than this stand between a booking and its next step.
	turns chan struct{}
}

// searchesEach is how many searches run at one time for each processor: enough to keep
// it busy while some wait for another node's index.
const searchesEach = 4

func (t *traffic) bound(cfg *Config) {
	for k, share := range laneShares {
		t.most[k] = (int64(cfg.MaxInside)*int64(share) + 99) / 100
	}
	t.turns = make(chan struct{}, searchesEach*runtime.GOMAXPROCS(0))
}

// enter lets a request into its lane. False: it has answered. Who was let in leaves.
func (c *call) enter() bool {
	t := &c.srv.traffic
	k := c.route.lane
	if n := t.inside[k].Add(1); t.most[k] > 0 && n > t.most[k] {
		t.inside[k].Add(-1)
		t.shed[k][shedFull].Add(1)
		c.fail(codeOverloaded, fault{})
		c.skipBody()
		return false
	}
	c.entered = true
	return true
}

// leave is for every request, let in or not.
func (c *call) leave() {
	if c.ctx.Hijacked() {
		c.waits() // the connection lives on, and what is read from it is no request
	}
	if c.entered {
		c.entered = false
		c.srv.traffic.inside[c.route.lane].Add(-1)
	}
}

// turn waits for a search's turn, until the search's own deadline at the longest. False:
// it has answered.
func (c *call) turn(b *budget) bool {
	t := &c.srv.traffic
	select {
	case t.turns <- struct{}{}:
		return true
	default:
	}
	c.waits()
	select {
	case t.turns <- struct{}{}:
		return true
	case <-b.Done():
		t.shed[searchingLane][shedLate].Add(1)
		c.fail(codeOverloaded, fault{detail: "The search's turn did not come in time. Ask again later."})
		return false
	}
}

// turned gives a turn to the next search.
func (t *traffic) turned() { <-t.turns }

// skipBody leaves a refused request's body unread. A short one is passed over before the
// next request; behind any other the connection ends.
func (c *call) skipBody() {
	if n := c.ctx.Request.Header.ContentLength(); n < 0 && n != noLength || n > keepBuffer {
		c.abandonBody()
	}
}

// noLength is what fasthttp says of a request that has neither a length nor chunks.
const noLength = -2

// seconds of a Retry-After: those that are refused together come back apart.
func (p *problem) again() int {
	if p.spread > p.retryAfter {
		return p.retryAfter + rand.IntN(p.spread-p.retryAfter+1)
	}
	return p.retryAfter
}
