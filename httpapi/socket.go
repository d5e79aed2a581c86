package httpapi

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"time"

	"boxoffice/actors/live"

	"github.com/gobwas/ws"
)

// maxQueued bounds the messages that wait for a socket.
const maxQueued = 16

// socket is one live stream: a WebSocket, or an event stream. The hub gives it messages
// (Deliver), which wait in its queue; a goroutine that lives only while there are any
// writes them; another one reads, for as long as the socket is open, and clears up. So a
// socket that stands still costs a small stack, and one that does not read holds up
// nobody but its own writer, until the write's deadline.
//
// A queue that is full is emptied, and what is newest takes its place: for seats a resync,
// a place's last message says all that the earlier ones did. Full again before the client
// has read that, the socket is closed, with 1013.
type socket struct {
	srv   *Server
	nc    *conn
	via   transport
	about subject
	stop  func() // the hub's; set before the reader starts

	mu struct {
		sync.Mutex
		queue   [maxQueued]*live.Frame
		n       int
		open    bool   // the connection is the socket's own
		writing bool   // there is a writer
		behind  bool   // the queue was full, and has not been empty since
		beat    bool   // a sign of life is to be asked for
		pong    []byte // one that was asked for; nil: none
		ending  ending
		hungUp  bool // the last byte is written: only the reader goes on
	}

	read reading // the reader's own
}

// newSocket makes the socket of a connection that still is fasthttp's.
func newSocket(s *Server, nc *conn, via transport, about subject) *socket {
	return &socket{srv: s, nc: nc, via: via, about: about}
}

// Deliver implements live.Listener.
func (k *socket) Deliver(f *live.Frame) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.ending != going {
		return
	}
	if k.mu.n == maxQueued {
		k.srv.sockets.overflows.Add(1)
		if k.mu.behind && f.Kind != live.Goodbye {
			k.endLocked(slow, false)
			return
		}
		k.mu.behind = true
		f = k.newest(f)
		k.dropLocked()
	}
	k.mu.queue[k.mu.n] = f
	k.mu.n++
	switch f.Kind {
	case live.Goodbye:
		k.endLocked(drained, true)
	case live.Ended, live.Expired:
		k.endLocked(over, true)
	default:
		k.wakeLocked()
	}
}

// newest is what takes the place of a full queue and of what comes on top of it.
func (k *socket) newest(f *live.Frame) *live.Frame {
	if f.Kind != live.Tickets && f.Kind != live.Snapshot {
		return f
	}
	b := strconv.AppendUint([]byte(`{"type":"resync","version":`), f.Version, 10)
	return &live.Frame{Kind: live.Resync, Version: f.Version, JSON: append(b, '}')}
}

// dropLocked empties the queue.
func (k *socket) dropLocked() {
	clear(k.mu.queue[:])
	k.mu.n = 0
}

// end ends the stream: once what is queued is written, or at once.
func (k *socket) end(why ending, flush bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.endLocked(why, flush)
}

// endLocked is end; the first reason counts.
func (k *socket) endLocked(why ending, flush bool) {
	if k.mu.ending != going {
		return
	}
	k.mu.ending = why
	if !flush {
		k.dropLocked()
	}
	k.wakeLocked()
}

// wakeLocked sees to it that there is a writer.
func (k *socket) wakeLocked() {
	if k.mu.open && !k.mu.writing && !k.mu.hungUp {
		k.mu.writing = true
		go k.write()
	}
}

// start takes over the connection: from here on it is no request's. It runs on a
// goroutine of fasthttp, which goes on with its own memory afterwards.
func (k *socket) start(hijacked net.Conn, head []byte, stop func()) {
	k.stop = stop
	k.read.early(hijacked, k.nc)
	raw := k.nc.Conn
	if tcp, ok := raw.(*net.TCPConn); ok {
		// What a client that does not read keeps of the kernel's memory.
		_ = tcp.SetWriteBuffer(socketSendBuffer) // without it the kernel's own bound holds
	}
	_ = raw.SetWriteDeadline(time.Now().Add(k.srv.cfg.WriteTimeout)) // a connection that is closed says so below
	if _, err := raw.Write(head); err != nil {
		k.end(gone, false)
	}
	_ = raw.SetReadDeadline(time.Now().Add(k.untilBeat()))
	k.srv.sockets.began(k)
	k.mu.Lock()
	k.mu.open = true
	if k.mu.n > 0 || k.mu.ending != going {
		k.wakeLocked()
	}
	k.mu.Unlock()
	go k.serve()
}

// socketSendBuffer is the kernel's buffer for what is sent, in bytes: some bursts of
// changes, and little enough that who stops to read is found out soon.
const socketSendBuffer = 64 << 10

// untilBeat is a beat's time, give or take a tenth: sockets that came together do not
// all ask at once for ever.
func (k *socket) untilBeat() time.Duration {
	every := k.srv.cfg.SocketBeat
	return every - every/10 + rand.N(every/5+1)
}

// write writes until nothing is left. Nothing else writes to the connection once the
// socket has it.
func (k *socket) write() {
	var room [maxQueued + 2][]byte
	for {
		parts, last := k.next(room[:0])
		if len(parts) == 0 && !last {
			return
		}
		if err := k.send(parts); err != nil {
			k.end(stuck, false)
			_ = k.nc.Close() // the reader sees it and clears up
			return
		}
		if last {
			k.hangUp()
			return
		}
	}
}

// next takes all that waits, as bytes. last: the stream ends with it. Nothing at all:
// the writer's time is over.
func (k *socket) next(parts [][]byte) (_ [][]byte, last bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.pong != nil {
		parts = append(parts, compile(ws.NewPongFrame(k.mu.pong)))
		k.mu.pong = nil
	}
	if k.mu.beat {
		parts = append(parts, k.via.beat())
		k.mu.beat = false
	}
	for _, f := range k.mu.queue[:k.mu.n] {
		parts = append(parts, k.via.encode(f))
	}
	k.srv.sockets.sent.Add(uint64(k.mu.n))
	k.dropLocked()
	if len(parts) > 0 {
		return parts, false
	}
	k.mu.behind = false
	if k.mu.ending == going || k.mu.hungUp {
		k.mu.writing = false
		return nil, false
	}
	if b := k.via.last(k.mu.ending); b != nil {
		parts = append(parts, b)
	}
	return parts, true
}

// send writes parts in one call.
func (k *socket) send(parts [][]byte) error {
	raw := k.nc.Conn
	if err := raw.SetWriteDeadline(time.Now().Add(k.srv.cfg.WriteTimeout)); err != nil {
		return err
	}
	if len(parts) == 1 {
		_, err := raw.Write(parts[0])
		return err
	}
	all := append(net.Buffers(nil), parts...)
	_, err := all.WriteTo(raw)
	return err
}

// hangUp says that nothing more comes, and gives the client a little to say so too: a
// close with unread bytes would take the last message away from it.
func (k *socket) hangUp() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mu.writing, k.mu.hungUp = false, true
	half, ok := k.nc.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || k.nc.Conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		_ = k.nc.Close()
	}
}
