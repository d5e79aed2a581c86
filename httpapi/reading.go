package httpapi

import (
	"errors"
	"io"
	"net"
	"os"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// The bounds of what a client may say on a WebSocket. Nothing that it says means
// anything: it is there for the protocol's own messages.
const (
	maxMessage   = 1 << 10 // bytes, of one message with all its fragments
	maxPerSecond = 10      // frames, the protocol's own included
)

// maxSilent is how many beats may stay without any sign of life, and answerShare the part
// of a beat's time that there is for one: who does not read is found, on an event where
// nothing happens too, after a beat and a half.
const (
	maxSilent   = 2
	answerShare = 4
)

// reading is what a socket's reader knows. It has no buffer while nothing comes.
type reading struct {
	// left is what the client has sent before it had the answer.
	left []byte
	// silent is how many beats were sent since anything was heard.
	silent int
	header [ws.MaxHeaderSize]byte
	state  ws.State
	// message is the text whose fragments are coming.
	message []byte
	// since and frames count what came in the last second.
	since  time.Time
	frames int
}

// early takes what fasthttp's buffer has read beyond the request; it waits for nothing.
func (r *reading) early(hijacked net.Conn, nc *conn) {
	_ = nc.SetReadDeadline(time.Unix(1, 0)) // only notes it
	var b [512]byte
	for {
		n, err := hijacked.Read(b[:])
		r.left = append(r.left, b[:n]...)
		if err != nil || n == 0 {
			return // what is behind the buffer is for the socket's own reads
		}
	}
}

// serve reads until the stream ends, and clears up.
func (k *socket) serve() {
	why := gone
	if k.via == overWebSocket {
		why = k.readFrames()
	} else {
		var b [1]byte
		// Nothing is to come: whoever sends has taken this for another connection.
		_, _ = k.Read(b[:])
	}
	k.finish(why)
	_ = k.nc.Close()
	k.stop()
	k.srv.sockets.leave(k)
}

// finish has the last message sent where there is one, and waits for the client's own.
func (k *socket) finish(why ending) {
	if !k.lastly(why) {
		return
	}
	var b [256]byte
	for n := 0; n < lingerBytes; {
		m, err := k.nc.Conn.Read(b[:])
		if n += m; err != nil {
			return
		}
	}
}

// lastly ends the stream from the reader's side. False: the connection is to be closed
// at once, for there is nobody who would read what is said.
func (k *socket) lastly(why ending) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.hungUp {
		return false
	}
	_ = k.nc.Conn.SetReadDeadline(time.Now().Add(k.srv.cfg.WriteTimeout + lingerTime))
	k.endLocked(why, false)
	return k.read.state != broken && k.via.last(k.mu.ending) != nil
}

// broken is the state of a connection that gave an error.
const broken = ws.StateExtended

// readFrames reads what a client sends, until the stream ends, and says why.
func (k *socket) readFrames() ending {
	r := &k.read
	r.state = ws.StateServerSide
	for {
		h, err := ws.ReadHeaderBuffer(k, r.header[:])
		switch {
		case errors.Is(err, ws.ErrHeaderLengthMSB):
			return badFrame
		case err != nil:
			return r.broke(err)
		case ws.CheckHeader(h, r.state) != nil:
			return badFrame
		case h.OpCode == ws.OpBinary:
			return badKind
		case h.Length+int64(len(r.message)) > maxMessage:
			return oversize
		}
		payload := make([]byte, h.Length)
		if _, err = io.ReadFull(k, payload); err != nil {
			return r.broke(err)
		}
		ws.Cipher(payload, h.Mask, 0)
		if why := k.took(h, payload); why != going {
			return why
		}
	}
}

// broke notes that the connection ended, and says how.
func (r *reading) broke(err error) ending {
	r.state = broken
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return silent
	}
	return gone
}

// took takes one frame.
func (k *socket) took(h ws.Header, payload []byte) ending {
	r := &k.read
	if h.OpCode == ws.OpClose {
		if code, reason := ws.ParseCloseFrameData(payload); len(payload) > 0 &&
			ws.CheckCloseFrameData(code, reason) != nil {
			return badFrame
		}
		return gone
	}
	if now := time.Now(); now.Sub(r.since) >= time.Second {
		r.since, r.frames = now, 0
	}
	if r.frames++; r.frames > maxPerSecond {
		return tooMany
	}
	switch h.OpCode {
	case ws.OpPing:
		k.mu.Lock()
		k.mu.pong = payload
		k.wakeLocked()
		k.mu.Unlock()
	case ws.OpText, ws.OpContinuation:
		return r.text(h, payload)
	}
	return going
}

// text takes a fragment of a message, mostly the only one.
func (r *reading) text(h ws.Header, payload []byte) ending {
	r.message = append(r.message, payload...)
	if !h.Fin {
		r.state = r.state.Set(ws.StateFragmented)
		return going
	}
	valid := utf8.Valid(r.message)
	r.message, r.state = nil, r.state.Clear(ws.StateFragmented)
	if !valid {
		return badText
	}
	return going
}

// Read reads from the client, first what came early. Each time that nothing was heard
// for a beat's time it asks for a sign of life, and once more; it gives up where none comes,
// or where the stream ends.
func (k *socket) Read(p []byte) (int, error) {
	r := &k.read
	if len(r.left) > 0 {
		n := copy(p, r.left)
		if r.left = r.left[n:]; len(r.left) == 0 {
			r.left = nil
		}
		return n, nil
	}
	for {
		n, err := k.nc.Conn.Read(p)
		if n > 0 && r.silent > 0 {
			k.heard()
		}
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !k.goOn() {
			return n, err
		}
	}
}

// heard is what happens at a sign of life that was asked for: the next one is for later.
func (k *socket) heard() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.read.silent = 0
	if k.mu.ending == going { // else the deadline is the end's
		_ = k.nc.Conn.SetReadDeadline(time.Now().Add(k.untilBeat())) // a connection that is closed says so itself
	}
}

// goOn is what happens at the end of a beat's time. False: it was the last one.
func (k *socket) goOn() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	wait := k.untilBeat()
	switch {
	case k.mu.hungUp, k.read.silent == maxSilent:
		return false
	case k.mu.ending != going:
		wait = k.srv.cfg.WriteTimeout + lingerTime // hangUp makes it shorter
	default:
		k.mu.beat = true
		k.wakeLocked()
		if k.via == overWebSocket { // a browser's EventSource cannot answer
			k.read.silent++
			wait /= answerShare
		}
	}
	return k.nc.Conn.SetReadDeadline(time.Now().Add(wait)) == nil
}
