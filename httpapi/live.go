package httpapi

import (
	"bytes"
	"net"

	"boxoffice/actors/live"
	"boxoffice/actors/sale"

	"github.com/valyala/fasthttp"
)

// Watcher tells sockets what happens to an event; *live.Hub is one. Every method is
// called from many goroutines at once.
type Watcher interface {
	// WatchSeats tells l how seats change after version since, 0: from now on, until
	// stop. It blocks until the event is known to exist. Errors are those of Seller.Do
	// and of package live, and refusals.
	WatchSeats(event string, since uint64, l live.Listener) (stop func(), err error)
	// WatchPlace tells l how a place in the event's line does; as WatchSeats.
	WatchPlace(event string, token sale.ID, user string, since uint64, l live.Listener) (stop func(), err error)
	// Goodbye tells every listener to go on elsewhere. It does not block.
	Goodbye()
}

// headerLastID is where a browser's EventSource goes on.
const headerLastID = "Last-Event-Id"

// liveQuery is the query of the two live calls.
type liveQuery struct{ since uint64 }

var liveParams = []param{{name: "since"}}

func (q *liveQuery) params() []param { return liveParams }

func (q *liveQuery) set(_ int, v []byte) string {
	var ok bool
	if q.since, ok = parseUint(v, maxVersion); !ok {
		return "must be a version, a whole number"
	}
	return ""
}

func (q *liveQuery) whole(uint32) []fieldError { return nil }

// getSeatsLive is GET /events/{eventId}/live.
func (s *Server) getSeatsLive(c *call) {
	s.goLive(c, aboutSeats, func(since uint64, k *socket) (func(), error) {
		return s.cfg.Live.WatchSeats(c.arg(0), since, k)
	})
}

// getPlaceLive is GET /events/{eventId}/queue/{token}/live. To watch is to be there.
func (s *Server) getPlaceLive(c *call) {
	by, ok := c.reader()
	if !ok {
		return
	}
	id, ok := c.placeID()
	if !ok {
		return
	}
	s.goLive(c, aboutPlace, func(since uint64, k *socket) (func(), error) {
		return s.cfg.Live.WatchPlace(c.arg(0), id, by.User, since, k)
	})
}

// goLive turns a request into a socket, or answers why not: all that can be refused is
// refused as an ordinary answer, before the stream begins. watch has the hub tell the
// socket; what it is told before the connection is its own waits in its queue.
func (s *Server) goLive(c *call, about subject, watch func(since uint64, k *socket) (func(), error)) {
	via, ok := c.transport()
	if !ok {
		return
	}
	var q liveQuery
	if !c.query(&q) {
		return
	}
	if c.ctx.IsHead() {
		c.ctx.Response.Header.SetContentType(eventStreamType)
		return
	}
	nc, ok := c.ctx.Conn().(*conn)
	if !ok || s.cfg.Live == nil || s.draining.Load() {
		c.fail(codeUnavailable, fault{detail: "The node is draining, or tells nothing. Ask another node."})
		return
	}
	k := newSocket(s, nc, via, about)
	if code := s.sockets.admit(k); code != "" {
		c.fail(code, fault{detail: "Too many sockets are open on this node, or from this address."})
		return
	}
	stop, err := watch(c.since(q), k)
	if err != nil {
		s.sockets.leave(k)
		c.failed(err)
		return
	}
	if s.draining.Load() { // perhaps since just now: then Goodbye was before it
		stop()
		s.sockets.leave(k)
		c.fail(codeUnavailable, fault{})
		return
	}
	head := c.streamHead(via)
	c.ctx.HijackSetNoResponse(true)
	// fasthttp may use its memory again as soon as this returns, so a socket keeps
	// none of the 8 KiB and more that a request's connection has.
	c.ctx.Hijack(func(hijacked net.Conn) { k.start(hijacked, head, stop) })
}

// since is the version that a stream goes on from. A browser that comes back says it in
// Last-Event-ID, which is later than what stood in the address. One that was never ours
// is no fault, for a browser could not mend it: it goes on from the very first version,
// and so gets all, or is told to read anew.
func (c *call) since(q liveQuery) uint64 {
	last := c.ctx.Request.Header.Peek(headerLastID)
	if len(last) == 0 {
		return q.since
	}
	if v, ok := parseUint(last, maxVersion); ok && v > 0 {
		return v
	}
	return 1
}

// transport is how the stream is to be sent. False: it has answered.
func (c *call) transport() (via transport, ok bool) {
	h := &c.ctx.Request.Header
	switch {
	case !c.srv.originAllowed(h):
		c.fail(codeForbidden, fault{detail: "Pages of this Origin may not watch here."})
		return 0, false
	case wantsWebSocket(h):
		return overWebSocket, c.checkHandshake()
	case acceptsEvents(h):
		return overEvents, true
	}
	c.invalid(fieldError{At: fasthttp.HeaderUpgrade,
		Detail: "ask for a WebSocket (Upgrade: websocket) or for events (Accept: " + eventStreamType + ")"})
	return 0, false
}

// acceptsEvents reports whether a request names the media type of event streams. One
// that takes anything does not: it would wait for an end that never comes.
func acceptsEvents(h *fasthttp.RequestHeader) bool {
	for part := range bytes.SplitSeq(h.Peek(fasthttp.HeaderAccept), []byte{','}) {
		media, _, _ := bytes.Cut(part, []byte{';'})
		if bytes.EqualFold(bytes.TrimSpace(media), []byte(eventStreamType)) {
			return true
		}
	}
	return false
}

// originAllowed reports whether a page of the request's Origin may watch: one of this
// very host, or of the list. What is no page sends none and may: nothing here is told
// by cookies, which are all that another's page could borrow.
func (s *Server) originAllowed(h *fasthttp.RequestHeader) bool {
	all := h.PeekAll(fasthttp.HeaderOrigin)
	if len(all) == 0 {
		return true
	}
	if len(all) > 1 {
		return false
	}
	if _, host, ok := bytes.Cut(all[0], []byte("://")); ok && len(host) > 0 && bytes.EqualFold(host, h.Host()) {
		return true
	}
	for _, allowed := range s.cfg.Origins {
		if allowed == AnyOrigin || bytes.EqualFold(all[0], []byte(allowed)) {
			return true
		}
	}
	return false
}

// streamHead is the answer's head, by which the stream begins. It is written by the
// socket itself: it has no length and no end.
func (c *call) streamHead(via transport) []byte {
	h := &c.ctx.Request.Header
	b := make([]byte, 0, 256)
	if via == overWebSocket {
		c.ctx.Response.SetStatusCode(fasthttp.StatusSwitchingProtocols)
		b = append(b, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: "...)
		b = appendAccept(b, h.Peek(headerSocketKey))
	} else {
		b = append(b, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "+eventStreamType+"\r\n"+
			"Cache-Control: private, no-store\r\nX-Accel-Buffering: no"...)
		if origin := h.Peek(fasthttp.HeaderOrigin); len(origin) > 0 {
			b = append(append(b, "\r\nVary: Origin\r\nAccess-Control-Allow-Origin: "...), origin...)
		}
	}
	b = append(append(b, "\r\n"+headerRequestID+": "...), c.requestID()...)
	return append(b, "\r\n\r\n"...)
}
