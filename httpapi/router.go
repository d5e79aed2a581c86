package httpapi

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// bodyKind is what body a route takes.
type bodyKind uint8

const (
	noBody    bodyKind = iota // none; one that is sent is refused
	emptyBody                 // none, or a JSON object that may be empty
	jsonBody                  // a JSON object
	streamed                  // read by the handler
)

// route is one row of the contract.
type route struct {
	method, path string
	handle       func(*Server, *call)
	body         bodyKind
	admin        bool
	// missing is the code where a variable segment is not an id at all; "": what is
	// made is checked, its id with it.
	missing string
	// node: the variable segment is a node's name, which may have dots.
	node bool
	// probe: it is asked of the node itself, and answered however drained it is;
	// so are admin routes.
	probe bool

	segments []string // of path; "" is variable
	stats    *routeStats
	lane     lane
	toll     toll
}

// routes is the whole contract of this node; openapi.yaml has the same rows.
func routes() []route {
	return []route{
		{method: "GET", path: "/events", handle: (*Server).getEvents},
		{method: "GET", path: "/suggest", handle: (*Server).getSuggestions},
		{method: "GET", path: "/events/{eventId}", handle: (*Server).getEvent, missing: codeEventNotFound},
		{method: "GET", path: "/events/{eventId}/tickets", handle: (*Server).getTickets, missing: codeEventNotFound},
		{method: "GET", path: "/events/{eventId}/live", handle: (*Server).getSeatsLive, missing: codeEventNotFound},
		{method: "POST", path: "/events/{eventId}/holds", handle: (*Server).postHold, body: jsonBody,
			missing: codeEventNotFound},
		{method: "GET", path: "/events/{eventId}/holds/{holdId}", handle: (*Server).getHold, missing: codeHoldNotFound},
		{method: "PATCH", path: "/events/{eventId}/holds/{holdId}", handle: (*Server).patchHold, body: jsonBody,
			missing: codeHoldNotFound},
		{method: "DELETE", path: "/events/{eventId}/holds/{holdId}", handle: (*Server).deleteHold,
			missing: codeHoldNotFound},
		{method: "POST", path: "/events/{eventId}/holds/{holdId}/extend", handle: (*Server).extendHold, body: emptyBody,
			missing: codeHoldNotFound},
		{method: "POST", path: "/events/{eventId}/queue", handle: (*Server).postQueue, body: emptyBody,
			missing: codeEventNotFound},
		{method: "GET", path: "/events/{eventId}/queue/{token}", handle: (*Server).getPlace,
			missing: codePlaceNotFound},
		{method: "DELETE", path: "/events/{eventId}/queue/{token}", handle: (*Server).deletePlace,
			missing: codePlaceNotFound},
		{method: "GET", path: "/events/{eventId}/queue/{token}/live", handle: (*Server).getPlaceLive,
			missing: codePlaceNotFound},
		{method: "POST", path: "/bookings/{eventId}", handle: (*Server).postBooking, body: jsonBody,
			missing: codeEventNotFound},
		{method: "GET", path: "/bookings/{eventId}/{bookingId}", handle: (*Server).getBooking,
			missing: codeBookingNotFound},
		{method: "DELETE", path: "/bookings/{eventId}/{bookingId}", handle: (*Server).deleteBooking,
			missing: codeBookingNotFound},
		{method: "PUT", path: "/admin/events/{eventId}", handle: (*Server).putEvent, body: jsonBody, admin: true},
		{method: "GET", path: "/admin/events/{eventId}", handle: (*Server).getAdminEvent, admin: true,
			missing: codeEventNotFound},
		{method: "DELETE", path: "/admin/events/{eventId}", handle: (*Server).deleteEvent, admin: true,
			missing: codeEventNotFound},
		{method: "GET", path: "/admin/events/{eventId}/history", handle: (*Server).getHistory, admin: true,
			missing: codeEventNotFound},
		{method: "GET", path: "/admin/events/{eventId}/queue", handle: (*Server).getQueue, admin: true,
			missing: codeEventNotFound},
		{method: "PATCH", path: "/admin/events/{eventId}/queue", handle: (*Server).patchQueue, body: jsonBody,
			admin: true, missing: codeEventNotFound},
		{method: "GET", path: "/admin/events/{eventId}/where", handle: (*Server).getWhere, admin: true,
			missing: codeEventNotFound},
		{method: "GET", path: "/admin/events/{eventId}/digest", handle: (*Server).getDigest, admin: true,
			missing: codeEventNotFound},
		{method: "POST", path: catalogPath, handle: (*Server).postCatalog, body: streamed, admin: true},
		{method: "GET", path: "/admin/cluster", handle: (*Server).getCluster, admin: true},
		{method: "POST", path: "/admin/cluster/rebalance", handle: (*Server).rebalance, body: emptyBody, admin: true},
		{method: "GET", path: "/admin/search", handle: (*Server).getSearch, admin: true},
		{method: "POST", path: "/admin/search/rebuild", handle: (*Server).rebuildSearch, body: emptyBody, admin: true,
			missing: codeNodeNotFound},
		{method: "POST", path: "/admin/nodes/{node}/drain", handle: (*Server).drainNode, body: emptyBody, admin: true,
			missing: codeNodeNotFound, node: true},
		{method: "POST", path: "/admin/nodes/{node}/undrain", handle: (*Server).undrainNode, body: emptyBody,
			admin: true, missing: codeNodeNotFound, node: true},
		{method: "POST", path: "/admin/nodes/{node}/remove", handle: (*Server).removeNode, body: emptyBody,
			admin: true, missing: codeNodeNotFound, node: true},
		{method: "GET", path: "/problems", handle: (*Server).getProblems},
		{method: "GET", path: "/problems/{code}", handle: (*Server).getProblem, missing: codeNotFound},
		{method: "GET", path: "/openapi.yaml", handle: (*Server).getOpenAPI},
		{method: "GET", path: "/version", handle: (*Server).getVersion, probe: true},
		{method: "GET", path: "/healthz", handle: (*Server).getHealth, probe: true},
		{method: "GET", path: "/readyz", handle: (*Server).getReady, probe: true},
		{method: "GET", path: "/metrics", handle: (*Server).getMetrics, probe: true},
	}
}

// allMethods is the Allow header of a request that names no path.
const allMethods = "GET, HEAD, POST, PUT, PATCH, DELETE"

// maxSegments is the longest path of the table.
const maxSegments = 5

// router finds routes by path and method. It is immutable once made.
type router struct {
	// bySize holds the resources by number of path segments: at most eight each,
	// so a walk is as fast as a map and keeps no hash of hostile paths.
	bySize [maxSegments + 1][]resource
}

// resource is a path with its methods.
type resource struct {
	segments []string
	routes   []*route
	allow    string
}

// newRouter cuts the table's paths into segments. Rows of one path stand together
// in the Allow header, in the table's order.
func newRouter(table []route) *router {
	r := &router{}
	for i := range table {
		rt := &table[i]
		for _, seg := range strings.Split(rt.path[1:], "/") {
			if strings.HasPrefix(seg, "{") {
				seg = ""
			}
			rt.segments = append(rt.segments, seg)
		}
		rt.lane, rt.toll = laneOf(rt), tollOf(rt)
		r.add(rt)
	}
	return r
}

// add files a route under its path's length.
func (r *router) add(rt *route) {
	same := &r.bySize[len(rt.segments)]
	allow := rt.method
	if rt.method == "GET" {
		allow = "GET, HEAD"
	}
	for i := range *same {
		if res := &(*same)[i]; res.routes[0].path == rt.path {
			res.routes = append(res.routes, rt)
			res.allow += ", " + allow
			return
		}
	}
	*same = append(*same, resource{segments: rt.segments, routes: []*route{rt}, allow: allow})
}

// find is the resource of a path and its variable segments. The path is taken as
// it came: nothing is unescaped or tidied up, so no path reaches another's route.
func (r *router) find(path []byte, args *[2][]byte) *resource {
	var segs [maxSegments][]byte
	n := 0
	for rest := path[1:]; ; n++ {
		if n == maxSegments {
			return nil
		}
		seg, after, more := bytes.Cut(rest, []byte{'/'})
		if segs[n] = seg; !more {
			n++
			break
		}
		rest = after
	}
	for i := range r.bySize[n] {
		if res := &r.bySize[n][i]; res.matches(segs[:n], args) {
			return res
		}
	}
	return nil
}

// matches compares segment by segment and notes the variable ones in args.
func (res *resource) matches(segs [][]byte, args *[2][]byte) bool {
	k := 0
	for i, want := range res.segments {
		if want != "" {
			if string(segs[i]) != want {
				return false
			}
			continue
		}
		if !plausible(segs[i]) {
			return false
		}
		args[k] = segs[i]
		k++
	}
	return true
}

// plausible reports whether a segment could be meant as an id. Escapes, dot
// segments and backslashes could not: those paths do not exist.
func plausible(seg []byte) bool {
	if len(seg) == 0 || string(seg) == "." || string(seg) == ".." {
		return false
	}
	for _, ch := range seg {
		if ch == '%' || ch == '\\' || ch >= 0x80 {
			return false
		}
	}
	return true
}

// maxID is the longest event id.
const maxID = 64

// serve is fasthttp's handler: it runs the checks in the order that doc.go gives.
func (s *Server) serve(ctx *fasthttp.RequestCtx) {
	s.metrics.inFlight.Add(1)
	c := s.acquireCall(ctx)
	c.start = ctx.Time()
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a handler panicked", "panic", p, "route", c.name(), "stack", string(debug.Stack()))
			c.fail(codeInternal, fault{})
			ctx.SetConnectionClose()
		}
		c.finish()
		joinWrites(ctx)
		s.done(c, time.Since(c.start))
		c.leave()
		s.releaseCall(c)
		s.metrics.inFlight.Add(-1)
	}()
	if c.dispatch() {
		c.route.handle(s, c)
	}
}

// done counts a request and logs it.
func (s *Server) done(c *call, took time.Duration) {
	status := c.ctx.Response.StatusCode()
	if c.route == nil {
		s.metrics.unrouted(status)
	} else {
		c.route.stats.observe(status, took)
	}
	if s.cfg.AccessLog != nil {
		// Not the request's own context: a handler may keep what it is given.
		s.cfg.AccessLog.LogAttrs(context.Background(), slog.LevelInfo, "request",
			slog.String("route", c.name()), slog.Int("status", status), slog.Duration("took", took),
			slog.Int("bytes", len(c.ctx.Response.Body())), slog.String("requestId", string(c.requestID())))
	}
}

// name is the route as logs show it: its pattern, for the path itself holds ids
// that give access to holds and bookings.
func (c *call) name() string {
	if c.route == nil {
		return "none"
	}
	return c.route.method + " " + c.route.path
}

// dispatch finds the route and does the checks that all routes share. False: it
// has answered.
func (c *call) dispatch() bool {
	h := &c.ctx.Request.Header
	path, _, _ := bytes.Cut(h.RequestURI(), []byte{'?'})
	res := c.srv.router.find(path, &c.args)
	if res != nil {
		c.route = res.route(h)
	}
	if !c.pay() {
		return false
	}
	// The body first: who sends it slowly takes no room from others.
	if c.route == nil || c.route.body != streamed {
		if !c.readBody() {
			return false
		}
	}
	if c.route != nil && !c.enter() {
		return false
	}
	switch {
	case res == nil:
		c.fail(codeNotFound, fault{})
		return false
	case c.route == nil:
		h := &c.ctx.Response.Header
		c.fail(codeMethod, fault{})
		h.Set(fasthttp.HeaderAllow, res.allow)
		return false
	}
	for _, arg := range c.args {
		if c.route.missing != "" && arg != nil && !isToken(arg, maxID) && !(c.route.node && isNodeName(arg)) {
			c.fail(c.route.missing, fault{})
			return false
		}
	}
	return c.checkDrained() && c.checkMedia() && (!c.route.admin || c.checkAdmin())
}

// isNodeName reports whether b is [A-Za-z0-9._-]{1,64}: the grammar of nodes' names.
func isNodeName(b []byte) bool {
	for _, ch := range b {
		if ch != '.' && !tokenByte[ch] {
			return false
		}
	}
	return len(b) > 0 && len(b) <= maxID
}

// route is the row of the request's method; HEAD is answered as GET is, and
// fasthttp leaves the body out. Nil: the path has no such method.
func (res *resource) route(h *fasthttp.RequestHeader) *route {
	for _, rt := range res.routes {
		if string(h.Method()) == rt.method || h.IsHead() && rt.method == "GET" {
			return rt
		}
	}
	return nil
}

// readBody reads the whole body into the call's own memory.
func (c *call) readBody() bool {
	var err error
	if c.body, err = readBody(c.ctx, c.body[:0], c.srv.cfg.MaxBody, c.room); err != nil {
		c.fail(codeOfBodyError(c.ctx.Conn(), err), fault{})
		c.abandonBody()
		return false
	}
	return true
}

// checkMedia holds a body to what the route takes.
func (c *call) checkMedia() bool {
	if c.route.body == streamed {
		return true
	}
	if len(c.body) == 0 {
		if c.route.body == jsonBody {
			c.invalid(fieldError{At: "", Detail: "the body is missing"})
			return false
		}
		return true
	}
	if c.route.body == noBody {
		c.invalid(noBodyTaken)
		return false
	}
	if !isJSON(c.ctx.Request.Header.ContentType()) {
		c.fail(codeMediaType, fault{})
		return false
	}
	return true
}

// isJSON accepts application/json, alone or with charset=utf-8.
func isJSON(media []byte) bool {
	kind, param, has := bytes.Cut(media, []byte{';'})
	if !bytes.EqualFold(bytes.TrimSpace(kind), []byte(jsonType)) {
		return false
	}
	if !has {
		return true
	}
	name, value, _ := bytes.Cut(bytes.TrimSpace(param), []byte{'='})
	return bytes.EqualFold(name, []byte("charset")) && bytes.EqualFold(bytes.Trim(value, `"`), []byte("utf-8"))
}

var errStopped = errors.New("httpapi: the server is stopped")
