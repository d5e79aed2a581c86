package httpapi

import (
	"crypto/rand"
	"encoding/hex"
	randv2 "math/rand/v2"
	"strconv"
	"time"

	"boxoffice/actors/payment/luhn"
	"boxoffice/actors/sale"

	"github.com/valyala/fasthttp"
)

// Names of headers, in the form in which fasthttp keeps them.
const (
	headerRequestID    = "X-Request-Id"
	headerUserID       = "X-User-Id"
	headerKey          = "Idempotency-Key"
	headerReplayed     = "Idempotency-Replayed"
	headerToken        = "Queue-Token"
	headerEventVersion = "Event-Version"
	headerMinVersion   = "Min-Event-Version"
	headerDeadline     = "X-Deadline-Ms"
	headerRetryAfter   = "Retry-After"
	headerCacheControl = "Cache-Control"
	headerETag         = "Etag"
)

const jsonType = "application/json"

// call is one request under way. It is taken from a pool and goes back when the
// handler is done: nothing may keep it, or a slice of it.
type call struct {
	srv   *Server
	ctx   *fasthttp.RequestCtx
	route *route
	head  head
	start time.Time
	// args are the path's variable segments: slices of the request's memory.
	args [2][]byte
	body []byte // whole body, in the call's own memory
	// canonical is the body in the form of RFC 8785, where its reader has made
	// it on the way; else empty.
	canonical []byte
	buf       []byte // for the answer's body
	tickets   ticketWriter
	id        [64]byte
	idN       int
	num       [20]byte
	find      searchQuery // of GET /events
	// large: the call has taken MaxBody bytes of the server's room for bodies.
	large bool
	// entered: the call is counted in its route's lane.
	entered bool
	// What it hears while it waits in the lane's line, and since when it does.
	verdict chan int
	arrived time.Time
	// known is the user of the bearer token, once it has been checked.
	known struct {
		user    string
		ok, yes bool
	}
}

// The most memory that a pooled call keeps.
const keepBuffer = 64 << 10

func (s *Server) acquireCall(ctx *fasthttp.RequestCtx) *call {
	c := s.calls.Get().(*call)
	c.ctx = ctx
	c.head.read(&ctx.Request.Header)
	return c
}

// room takes memory for a large body; releaseCall gives it back.
func (c *call) room() bool {
	s := c.srv
	if s.largeBodies.Add(int64(s.cfg.MaxBody)) > s.cfg.LargeBodies {
		s.largeBodies.Add(-int64(s.cfg.MaxBody))
		s.metrics.bodiesRefused.Add(1)
		return false
	}
	c.large = true
	return true
}

func (s *Server) releaseCall(c *call) {
	if c.large {
		c.large = false
		s.largeBodies.Add(-int64(s.cfg.MaxBody))
	}
	c.ctx, c.route, c.head, c.idN = nil, nil, head{}, 0
	c.args, c.find, c.tickets.plan = [2][]byte{}, searchQuery{}, nil
	c.known.user, c.known.ok, c.known.yes = "", false, false
	if cap(c.body) > keepBuffer {
		c.body = nil
	}
	if cap(c.buf) > keepBuffer {
		c.buf = nil
	}
	if cap(c.canonical) > keepBuffer {
		c.canonical = nil
	}
	c.body, c.buf, c.canonical = c.body[:0], c.buf[:0], c.canonical[:0]
	s.calls.Put(c)
}

// arg is a variable segment of the path as a string of its own.
func (c *call) arg(i int) string { return string(c.args[i]) }

// requestID is the client's own X-Request-Id where it is fit to be shown, else a
// new one. The slice is valid until the call ends.
func (c *call) requestID() []byte {
	if c.idN == 0 {
		if own := c.head.requestID.value; isToken(own, len(c.id)) && !luhn.Contains(own) {
			c.idN = copy(c.id[:], own)
		} else {
			c.idN = len(appendRequestID(c.id[:0]))
		}
	}
	return c.id[:c.idN]
}

// appendRequestID appends a new request id: 16 hex digits, unique enough to find a
// line in a log, not secret.
func appendRequestID(b []byte) []byte {
	var raw [8]byte
	v := randv2.Uint64()
	for i := range raw {
		raw[i] = byte(v >> (8 * i))
	}
	return hex.AppendEncode(b, raw[:])
}

// isToken reports whether b is [A-Za-z0-9_-]{1,max}: the grammar of ids and keys.
func isToken(b []byte, max int) bool {
	if len(b) == 0 || len(b) > max {
		return false
	}
	for _, ch := range b {
		if !tokenByte[ch] {
			return false
		}
	}
	return true
}

var tokenByte = func() (t [256]bool) {
	for ch := range t {
		t[ch] = ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || ch == '_' || ch == '-'
	}
	return t
}()

// newID makes the id of a hold or a booking: 128 bits that nobody can guess.
func newID() (id sale.ID) {
	_, _ = rand.Read(id[:]) // never fails: the program ends where there is no randomness
	return id
}

// finish sets what every answer has. While the node is drained it ends the
// connection, so that the client opens its next one elsewhere.
func (c *call) finish() {
	c.ctx.Response.Header.SetCanonical(strRequestID, c.requestID())
	if c.srv.draining.Load() {
		c.ctx.SetConnectionClose()
	}
}

// setInt sets a header to a number.
func (c *call) setInt(name string, v uint64) {
	c.ctx.Response.Header.SetCanonical([]byte(name), strconv.AppendUint(c.num[:0], v, 10))
}

// setVersion says which version of the event the answer reflects. An event that
// never was has none.
func (c *call) setVersion(v uint64) {
	if v > 0 {
		c.ctx.Response.Header.SetCanonical(strEventVersion, strconv.AppendUint(c.num[:0], v, 10))
	}
}

// json answers with a JSON body that was built in c.buf.
func (c *call) json(status int) {
	c.ctx.Response.SetStatusCode(status)
	c.ctx.Response.Header.SetContentTypeBytes(strJSON)
	c.ctx.Response.SetBody(c.buf)
}

// uintHeader reads a header that is a number from least to most. Not ok: it has
// answered the fault.
func (c *call) uintHeader(name string, line headerLine, least, most uint64) (v uint64, given, ok bool) {
	if line.n == 0 {
		return 0, false, true
	}
	v, ok = parseUint(line.value, most)
	if !ok || v < least {
		c.invalid(fieldError{At: name, Detail: "must be a whole number from " + strconv.FormatUint(least, 10) +
			" to " + strconv.FormatUint(most, 10)})
		return 0, true, false
	}
	return v, true, true
}

// parseUint reads decimal digits, nothing else, up to most.
func parseUint(b []byte, most uint64) (uint64, bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var v uint64
	for _, ch := range b {
		if ch < '0' || ch > '9' {
			return 0, false
		}
		v = v*10 + uint64(ch-'0')
	}
	return v, v <= most
}
