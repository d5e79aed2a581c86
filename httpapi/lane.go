package httpapi

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"
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

// laneShares are the parts that each lane has of those who may be inside, in percent. A
// lane counts its own requests only: none takes another's room, and bookings that wait
// for a slow provider keep nobody from looking. 0: no bound.
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
	shedFull           // it has waited too long in the line of its lane
	shedLate           // its own deadline passed, or its search's turn did not come in time
	shedGone           // its client has gone while it waited, or before it could
	shedReasons
)

// shedNames are the labels of the reasons.
var shedNames = [shedReasons]string{shedUser: "user", shedNetwork: "network", shedFull: "full", shedLate: "late",
	shedGone: "gone"}

// traffic is the requests inside and the lines before them, by lane.
type traffic struct {
	lines [lanes]lineup
	// least and top bound size, which is how many may be inside: the steward's.
	least, top, size int64
	tended           atomic.Bool // there is a steward
	// turns are the searches that run at one time. They need a processor each, and no
	// more of them than this stand between a booking and its next step.
	turns chan struct{}
}

// searchesEach is how many searches run at one time for each processor: enough to keep
// it busy while some wait for another node's index.
const searchesEach = 4

func (t *traffic) bound(cfg *Config) {
	procs := processors()
	t.top = int64(cfg.MaxInside)
	t.least = min(t.top, int64(leastInside*procs))
	t.size = t.least
	t.lines[joiningLane].ordered = true
	t.share()
	t.turns = make(chan struct{}, searchesEach*procs)
}

// shed counts a request that is not served, and why.
func (t *traffic) shed(k lane, reason int) { t.lines[k].shed[reason].Add(1) }

// enter lets a request into its lane, at once or after a wait in its line. False: it has
// been answered, or there is nobody to answer. Who was let in leaves.
func (c *call) enter() bool {
	l := &c.srv.traffic.lines[c.route.lane]
	if !l.try() && !c.lineUp(l) {
		return false
	}
	c.entered = true
	return true
}

// lineUp waits in a line. False: as enter.
func (c *call) lineUp(l *lineup) bool {
	t := &c.srv.traffic
	began := time.Now()
	reason, waited := shedGone, time.Duration(0)
	if !c.left() { // who has given up may be back already, on another connection
		l.join(c, began)
		t.wake()
		reason = <-c.verdict
		waited = time.Since(began)
		l.waits.Add(1)
		l.waited.Add(int64(waited))
	}
	if reason == admitted {
		reason = c.stale(waited)
		if reason == admitted {
			return true
		}
		l.leave()
	}
	t.shed(c.route.lane, reason)
	if reason == shedGone {
		_ = c.ctx.Conn().Close() // nobody reads why
	}
	c.fail(codeOverloaded, fault{})
	return false
}

// stale is why a call that has waited is of no use any more: its deadline has passed, or
// nobody is there to hear the answer.
func (c *call) stale(waited time.Duration) (reason int) {
	ms, given := parseUint(c.head.deadline.value, maxDeadline)
	if given && time.Duration(ms)*time.Millisecond < time.Since(c.start) {
		return shedLate
	}
	if waited > round && c.left() {
		return shedGone
	}
	return admitted
}

// left reports whether the client has gone, where that can be told. While the call waits,
// the steward may ask.
func (c *call) left() bool {
	if c.ctx == nil {
		return false
	}
	nc, ok := c.ctx.Conn().(*conn)
	return ok && nc.gone()
}

// leave is for every request, let in or not.
func (c *call) leave() {
	if c.entered {
		c.entered = false
		c.srv.traffic.lines[c.route.lane].leave()
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
	select {
	case t.turns <- struct{}{}:
		return true
	case <-b.Done():
		t.shed(searchingLane, shedLate)
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
