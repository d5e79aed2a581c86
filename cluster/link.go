package cluster

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// The bounds of what waits in a link, and of one batch. A batch ends with the frame
// that passes its bound, so it has at most that and MaxBody.
const (
	linkFrames = 64 << 10
	linkBytes  = 64 << 20
	batchBytes = 4 << 20

	usualFrames = 4 << 10 // room for more is not kept
)

// A link is what goes to one address. Frames collect in it; a marker in the queue of
// proto.actor's writer says that there are some. When the writer comes to the
// marker it asks the link for a message (Serialize, on the writer's goroutine), and
// the link gives it all that has collected. So a batch grows while the one before
// is being written, the link knows exactly what has left and what has not, and
// proto.actor's queues hold one small marker a link.
//
// A marker can vanish with a writer that stops; the next beat posts another.
type link struct {
	m       *Member
	address string
	to      *actor.PID

	heard atomic.Int64 // when the last batch came from there; 0: never
	beat  atomic.Int64 // when the last beat came from there; 0: never

	mu       sync.Mutex // guards what follows
	late     lateness
	batch    []byte // header and frames
	waiting  []waiting
	sent     uint64 // position of the last frame that left
	queued   uint64 // position of the last frame that came
	usual    int    // size of the last batch
	posted   bool   // a marker is in the writer's queue
	postedAt int64
	state    linkState
	since    int64 // when the state began
	lost     int64 // when the last connection ended; 0: none did
	down     bool  // memberlist says that the node is dead
	downAt   int64 // since when
}

// A waiting frame of a batch.
type waiting struct {
	offset   int
	position uint64
	id       uint64 // of a request; 0: another frame
	deadline int64  // it is worth nothing after it
}

// A linkState says whether there is a connection.
type linkState uint8

const (
	linkIdle linkState = iota // none, and nothing asks for one
	linkConnecting
	linkConnected
)

var _ remote.RootSerializable = (*link)(nil)

// request queues a call. An error means that it was not taken.
func (l *link) request(s *slot, f frame, deadline int64) error {
	l.mu.Lock()
	if err := l.refuses(l.m.now()); err != nil {
		l.mu.Unlock()
		return err
	}
	err := l.add(f, f.id, deadline)
	if err == nil {
		s.position.Store(l.queued)
	}
	post := l.mustPost()
	l.mu.Unlock()
	if post {
		l.post()
	}
	return err
}

// send queues another frame: a reply, or news. It is dropped at its deadline.
func (l *link) send(f frame, deadline int64) error {
	l.mu.Lock()
	err := l.add(f, 0, deadline)
	post := l.mustPost()
	l.mu.Unlock()
	if post {
		l.post()
	}
	return err
}

// add appends a frame, or refuses it when too much waits. The caller holds mu.
func (l *link) add(f frame, id uint64, deadline int64) error {
	if len(l.waiting) >= linkFrames || len(l.batch)+len(f.body) > linkBytes {
		l.m.counts.drop(boundLink)
		return ErrBusy
	}
	if len(l.batch) == 0 {
		l.batch = l.header(max(l.usual, headerMin+len(l.m.cfg.Node)+headBytes+len(f.body)))
	}
	l.queued++
	l.waiting = append(l.waiting, waiting{offset: len(l.batch), position: l.queued, id: id, deadline: deadline})
	l.batch = appendFrame(l.batch, f)
	return nil
}

// mustPost says whether the caller must post a marker; it holds mu.
func (l *link) mustPost() bool {
	if l.posted || len(l.waiting) == 0 {
		return false
	}
	l.posted, l.postedAt = true, l.m.now()
	if l.state == linkIdle {
		l.state, l.since = linkConnecting, l.postedAt
	}
	return true
}

// post gives the writer a marker. The first one makes the connection.
func (l *link) post() { l.m.system.Root.RequestWithCustomSender(l.to, l, l.m.self) }

// repost posts a marker again where the last one seems to have vanished.
func (l *link) repost() {
	l.mu.Lock()
	if l.posted && l.m.now()-l.postedAt > int64(time.Second) {
		l.posted = false
	}
	post := l.mustPost()
	l.mu.Unlock()
	if post {
		l.post()
	}
}

// A wireBatch is a batch on its way through proto.actor's writer: to protobuf it is
// its BytesValue, the only type of message between nodes.
type wireBatch struct{ *wrapperspb.BytesValue }

// Deserialize is never called: what arrives is a plain BytesValue.
func (b wireBatch) Deserialize() (remote.RootSerializable, error) { return nil, errEnvelope }

// Serialize takes what has collected. The writer calls it.
func (l *link) Serialize() (remote.RootSerialized, error) {
	l.mu.Lock()
	batch, more := l.take(l.m.now())
	l.posted = false
	post := more && l.mustPost()
	l.mu.Unlock()
	if post {
		l.post()
	}
	return wireBatch{&wrapperspb.BytesValue{Value: batch}}, nil
}

// take removes a batch from the link: the frames up to the batch's bound whose time
// has not passed and whose call still waits. The caller holds mu.
func (l *link) take(now int64) (batch []byte, more bool) {
	if len(l.waiting) == 0 {
		return stamped(l.header(0), now), false
	}
	all, frames := l.batch, l.waiting
	n, gaps := l.choose(now)
	end := len(all)
	if n < len(frames) {
		end = frames[n].offset
	}
	l.sent = frames[n-1].position
	batch = all[:end:end]
	if gaps {
		batch = l.compact(all, frames[:n], end)
	}
	l.keep(all, frames, n, end)
	return stamped(batch, now), len(l.waiting) > 0
}

// choose says how many frames the next batch has, marks those that must not go
// (offset < 0) and sets the time left of the others.
func (l *link) choose(now int64) (n int, gaps bool) {
	for n < len(l.waiting) && (n == 0 || l.waiting[n].offset < batchBytes) {
		w := &l.waiting[n]
		n++
		if w.deadline <= now {
			l.m.calls.end(w.id, result{err: errNotSent})
		} else if w.id == 0 || l.m.calls.alive(w.id) {
			setLeft(l.batch[w.offset:], millis(w.deadline-now))
			continue
		}
		w.offset, gaps = ^w.offset, true
	}
	return n, gaps
}

// compact copies the frames that go.
func (l *link) compact(all []byte, frames []waiting, end int) []byte {
	batch := l.header(end)
	for i, w := range frames {
		next := end
		if i+1 < len(frames) {
			next = frames[i+1].offset
			next = max(next, ^next)
		}
		if w.offset >= 0 {
			batch = append(batch, all[w.offset:next]...)
		}
	}
	return batch
}

// keep leaves what was not taken in a new batch. The old one belongs to the writer.
func (l *link) keep(all []byte, frames []waiting, n, end int) {
	rest := frames[n:]
	l.usual, l.batch = end+end/8, nil
	if len(rest) == 0 {
		l.waiting = frames[:0]
		if cap(frames) > usualFrames {
			l.waiting = nil
		}
		return
	}
	l.batch = l.header(len(all) - end)
	shift := end - len(l.batch)
	l.batch = append(l.batch, all[end:]...)
	for i := range rest {
		rest[i].offset -= shift
	}
	l.waiting = append(frames[:0], rest...)
}

// forget drops the requests that have not left and says how far the link was.
// Replies stay for the next connection, until their deadline or the node is down. A
// node that was heard since is back, and asks before gossip has told of it.
func (l *link) forget() (sent, queued uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent, queued = l.sent, l.queued
	now := l.m.now()
	gone := l.down && l.heard.Load() <= l.downAt
	all, frames := l.batch, l.waiting
	l.batch, l.waiting = l.header(0), nil
	for i, w := range frames {
		if w.id != 0 || gone || w.deadline <= now {
			continue
		}
		end := len(all)
		if i+1 < len(frames) {
			end = frames[i+1].offset
		}
		body := all[w.offset:end]
		w.offset = len(l.batch)
		l.batch, l.waiting = append(l.batch, body...), append(l.waiting, w)
	}
	return sent, queued
}

// header begins a batch that may grow to size bytes of frames.
func (l *link) header(size int) []byte {
	return appendHeader(make([]byte, 0, headerMin+len(l.m.cfg.Node)+size), l.m.life, l.m.cfg.Node)
}

func stamped(batch []byte, now int64) []byte {
	setSent(batch, now/1000)
	return batch
}

// millis rounds up, so that a call is not dropped before its time.
func millis(d int64) uint32 {
	ms := (d + int64(time.Millisecond) - 1) / int64(time.Millisecond)
	return uint32(min(ms, math.MaxUint32))
}
