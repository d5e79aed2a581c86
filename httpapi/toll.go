package httpapi

import (
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

// toll is which of a client's token buckets a request takes from.
type toll uint8

const (
	ordinaryToll toll = iota
	pollingToll       // asking again and again for a place, or a seat map
	streamToll        // the beginning of a live stream
	noToll            // operators and probes
	tolls        = noToll
)

// The parts of a client's rate that are for polls and for streams. They have buckets of
// their own: who polls too fast can still pay, and who opens streams all the time, each
// of which lasts, is told so long before he has too many.
const (
	pollShare   = 2
	streamShare = 20
)

// tollOf is the toll of a route.
func tollOf(rt *route) toll {
	switch {
	case rt.admin, rt.probe:
		return noToll
	case strings.HasSuffix(rt.path, "/live"):
		return streamToll
	case rt.method == "GET" && (strings.HasSuffix(rt.path, "/queue/{token}") || strings.HasSuffix(rt.path, "/tickets")):
		return pollingToll
	}
	return ordinaryToll
}

// gatehouse holds users and networks to their rates.
type gatehouse struct {
	user, network [tolls]Rate
	loopback      bool // loopback addresses have rates too
	buckets       *buckets
	began         time.Time
}

// newGatehouse makes one; nil where there is no rate to be held to.
func newGatehouse(cfg *Config, began time.Time) *gatehouse {
	if !cfg.UserRate.on() && !cfg.NetworkRate.on() {
		return nil
	}
	g := &gatehouse{loopback: cfg.LimitLoopback, buckets: newBuckets(bucketSets), began: began}
	for k, part := range [tolls]int{ordinaryToll: 1, pollingToll: pollShare, streamToll: streamShare} {
		g.user[k], g.network[k] = cfg.UserRate.part(part), cfg.NetworkRate.part(part)
	}
	return g
}

// networkOf is what addresses are counted together as: 24 bits of IPv4, and the site of
// IPv6. A loopback address stands for itself.
func networkOf(a netip.Addr) (name [16]byte) {
	if !a.Is4() || a.IsLoopback() {
		return siteOf(a).As16()
	}
	p, _ := a.Prefix(24) // an error only for more bits than there are
	return p.Addr().As16()
}

// The kinds of buckets: a user's tolls, then a network's.
const networkKinds = uint8(tolls)

// ofNetwork takes a token from the bucket of an address's network; see buckets.take.
func (g *gatehouse) ofNetwork(k toll, peer netip.Addr, now time.Time) time.Duration {
	if !g.network[k].on() || !peer.IsValid() || peer.IsLoopback() && !g.loopback {
		return 0
	}
	name := networkOf(peer)
	return g.buckets.take(g.buckets.key(networkKinds+uint8(k), name[:]), g.network[k], now.Sub(g.began).Nanoseconds())
}

// ofUser takes a token from a user's bucket; nobody's has no bottom.
func (g *gatehouse) ofUser(k toll, user []byte, now time.Time) time.Duration {
	if !g.user[k].on() || len(user) == 0 {
		return 0
	}
	return g.buckets.take(g.buckets.key(uint8(k), user), g.user[k], now.Sub(g.began).Nanoseconds())
}

// pay takes the request's tokens. False: it has answered. The network's come first:
// telling who the user is may cost the check of a signature.
func (c *call) pay() bool {
	g := c.srv.gatehouse
	if g == nil {
		return true
	}
	k, lane := ordinaryToll, readingLane // of a path that is not there
	if c.route != nil {
		k, lane = c.route.toll, c.route.lane
	}
	if k == noToll {
		return true
	}
	now := c.srv.now()
	if wait := g.ofNetwork(k, c.peer(), now); wait > 0 {
		c.limited(lane, shedNetwork, wait)
		return false
	}
	if wait := g.ofUser(k, c.payer(), now); wait > 0 {
		c.limited(lane, shedUser, wait)
		return false
	}
	return true
}

// peer is the address that the connection comes from.
func (c *call) peer() (a netip.Addr) {
	if nc, ok := c.ctx.Conn().(*conn); ok {
		return nc.peer
	}
	return a
}

// payer is whose bucket pays; empty: nobody's. A user whom the request only claims to
// be has none: who forges another's name must not use up his bucket.
func (c *call) payer() []byte {
	if c.srv.verifier == nil {
		return c.head.userID.value
	}
	token, _, ok := c.bearer()
	if !ok {
		return nil
	}
	if user, ok := c.subject(token); ok {
		return []byte(user)
	}
	return nil
}

// limited answers rate-limited. Those of a network are told to come back apart.
func (c *call) limited(k lane, reason int, wait time.Duration) {
	c.srv.traffic.shed(k, reason)
	f := fault{retryAfter: int((wait + time.Second - 1) / time.Second), detail: "Requests come faster than this " +
		shedNames[reason] + " may send them."}
	if reason == shedNetwork {
		f.retryAfter += rand.IntN(3)
	}
	c.fail(codeRateLimited, f)
	c.skipBody()
}
