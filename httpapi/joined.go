package httpapi

import (
	"net"
	"sync"

	"github.com/valyala/fasthttp"
)

// writeBuffer is the size of fasthttp's buffer for answers, one a connection.
const writeBuffer = 8 << 10

// joined has the two writes of a long answer leave as one. fasthttp fills its buffer
// with the header and the beginning of the body, writes it, and then the rest: two
// calls of the system, and a client that is woken twice. (Its own remedy is for bare
// TCP connections.) A larger buffer would cost every connection what few need.
//
// So the first write, a full buffer, is held back until the next one comes, which is
// sure where the body alone is longer than the buffer. The goroutine that serves the
// connection owns it.
type joined struct {
	armed bool // the next write of a full buffer is the first of at least two
	held  *[writeBuffer]byte
	// The two parts on their way: here, so that they cost no allocation.
	parts [2][]byte
	rest  net.Buffers
}

var heldBuffers = sync.Pool{New: func() any { return new([writeBuffer]byte) }}

// joinWrites arms a connection for an answer that is complete, if it is a long one
// and will be sent: of a HEAD's only the length is.
func joinWrites(ctx *fasthttp.RequestCtx) {
	if c, ok := ctx.Conn().(*conn); ok {
		c.joined.armed = !ctx.IsHead() && len(ctx.Response.Body()) > writeBuffer
	}
}

// hold keeps what is to be written until the next write. False: it is to be written
// now.
func (j *joined) hold(p []byte) bool {
	if !j.armed || len(p) != writeBuffer {
		return false
	}
	j.armed = false
	j.held = heldBuffers.Get().(*[writeBuffer]byte)
	copy(j.held[:], p)
	return true
}

// begin puts what was held in front of p, on its way.
func (j *joined) begin(p []byte) {
	j.parts = [2][]byte{j.held[:], p}
	j.rest = j.parts[:]
}

// end lets go of the parts. It disarms too: what follows may be the last write.
func (j *joined) end() {
	heldBuffers.Put(j.held)
	*j = joined{}
}

// writeJoined writes what was held, and p. It says how much of p was written.
func (c *conn) writeJoined(p []byte) (int, error) {
	c.joined.begin(p)
	defer c.joined.end()
	_, err := c.joined.rest.WriteTo(c.Conn)
	for err != nil && !c.closed.Load() && c.writeBy.again(err, c.Conn.SetWriteDeadline) {
		_, err = c.joined.rest.WriteTo(c.Conn)
	}
	left := 0
	for _, part := range c.joined.rest {
		left += len(part)
	}
	return max(len(p)-left, 0), err
}
