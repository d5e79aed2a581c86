package httpapi

import (
	"time"

	"boxoffice/actors/sale"

	"github.com/valyala/fasthttp"
)

// headerLine is what a request has under a header's name: how many lines, and the
// first one's value, a slice of the request's memory.
type headerLine struct {
	value []byte
	n     int
}

// head is the header lines that calls read. One walk over the header finds them
// all; each look-up by name is a walk of its own, and writes the name anew.
type head struct {
	userID, key, deadline, requestID, minVersion, ifNoneMatch, token headerLine
}

// read walks over a request's header. Trailers are left out: they come behind the
// body, where no gateway looks.
func (hd *head) read(h *fasthttp.RequestHeader) {
	*hd = head{}
	for name, value := range h.All() {
		var line *headerLine
		switch string(name) {
		case headerUserID:
			line = &hd.userID
		case headerKey:
			line = &hd.key
		case headerDeadline:
			line = &hd.deadline
		case headerRequestID:
			line = &hd.requestID
		case headerMinVersion:
			line = &hd.minVersion
		case headerToken:
			line = &hd.token
		case fasthttp.HeaderIfNoneMatch:
			line = &hd.ifNoneMatch
		default:
			continue
		}
		if line.n++; line.n == 1 {
			line.value = value
		}
	}
}

// Names of the answer's headers as bytes, for fasthttp takes the name as it is from
// those only.
var (
	strRequestID    = []byte(headerRequestID)
	strEventVersion = []byte(headerEventVersion)
	strLocation     = []byte(fasthttp.HeaderLocation)
	strETag         = []byte(headerETag)
	strCacheControl = []byte(headerCacheControl)
	// Cached answers are shared by all, but must be asked for again each time: the
	// promise of "at most a second old" leaves no time for another cache.
	strNoCache = []byte("public, no-cache")
	strPrivate = []byte("private, no-store")
	strJSON    = []byte(jsonType)
)

// private forbids shared caches to keep an answer that only its owner may see.
func (c *call) private() {
	c.ctx.Response.Header.SetCanonical(strCacheControl, strPrivate)
}

// location says where what was made is: a path before the event's id, one behind
// it, and the new id.
func (c *call) location(before, after string, id sale.ID) {
	b := append(append(append(c.buf[:0], before...), c.args[0]...), after...)
	c.buf, _ = id.AppendText(b) // its error is always nil
	c.ctx.Response.Header.SetCanonical(strLocation, c.buf)
}

// The most milliseconds that a client may ask for.
const maxDeadline = 30_000

// deadline is when the client stops waiting: X-Deadline-Ms from when the request was here,
// but for the rest of a long body, or the default for this kind of call. False: it has
// answered the fault.
func (c *call) deadline(standard time.Duration) (time.Time, bool) {
	ms, given, ok := c.uintHeader(headerDeadline, c.head.deadline, 1, maxDeadline)
	if !ok {
		return time.Time{}, false
	}
	if given {
		standard = time.Duration(ms) * time.Millisecond
	}
	// The real clock, not Config.Now: the seller measures against it.
	return c.start.Add(standard), true
}
