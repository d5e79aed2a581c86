package shop

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"boxoffice/cmd/stampede/load"
	"boxoffice/cmd/stampede/wire"
)

// The pause before a socket that was lost is opened again is by chance, up to the first
// of these, doubled with each try that fails, up to the second: those who were lost
// together do not come back together.
const (
	firstBack = time.Second
	lastBack  = 4 * time.Second
)

// ear is one who listens on a socket, and comes back with what he knows where it is lost,
// at the next server. It belongs to one goroutine.
type ear struct {
	shop    *Shop
	i       int // number of the ear in the run
	path    string
	user    string
	opened  func() // called once the first socket was tried
	version uint64 // of what was told last; 0: nothing
	tries   int    // of opening a socket
}

// listen hands on what is told until take says that it was enough, the server refuses,
// or ctx ends. Who is lost before the first socket was open stays away.
func (e *ear) listen(ctx context.Context, take func(msg []byte) bool) {
	defer e.opened()
	lost, pause := time.Time{}, firstBack
	for {
		sock, done, again := e.dial(ctx)
		e.opened()
		if sock != nil {
			if !lost.IsZero() {
				e.shop.ops.back.Took(time.Since(lost))
			}
			pause = firstBack
			wait := e.hear(ctx, sock, take)
			done()
			if again, lost = wait >= 0, time.Now(); wait > 0 {
				pause = wait
			}
		}
		if !again || lost.IsZero() || !load.Sleep(ctx, time.Now().Add(rand.N(pause))) {
			return
		}
		if pause = min(2*pause, lastBack); sock != nil {
			pause = firstBack
		}
	}
}

// frozen says whether this one never reads: so many of all, spread evenly.
func (e *ear) frozen() bool {
	share := e.shop.Script.Live.Frozen
	return int(float64(e.i+1)*share) != int(float64(e.i)*share)
}

// hear hands on what a socket tells. wait is within what time to come back, as the server
// says; 0: it does not say; negative: never.
func (e *ear) hear(ctx context.Context, sock *wire.Socket, take func(msg []byte) bool) (wait time.Duration) {
	if e.frozen() {
		if sock.Freeze() != nil {
			e.shop.ops.listen.Note("not frozen")
		}
		<-ctx.Done()
		return -1
	}
	for {
		msg, err := sock.Next()
		if err != nil {
			e.ended(ctx, err)
			return max(wait, 0)
		}
		if string(member(msg, "type")) == "goodbye" {
			e.shop.ops.listen.Note("goodbye")
			wait = time.Duration(number(msg, "retryAfterMs")) * time.Millisecond
			continue
		}
		if !take(msg) {
			return -1
		}
	}
}

// dial opens a socket and counts how that went. again: it may go better at the next
// server.
func (e *ear) dial(ctx context.Context) (sock *wire.Socket, done func(), again bool) {
	s, at, path := e.shop, e.target(), e.path
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(e.i))
	sum := sha256.Sum256(append([]byte(s.Run), number[:]...))
	if e.version > 0 {
		path += "?since=" + strconv.FormatUint(e.version, 10)
	}
	began := time.Now()
	sock, err := wire.Dial(at, path, e.user, [16]byte(sum[:]), s.Script.Load.Timeout)
	t := load.Try{Status: 101}
	var refused *wire.Refused
	if errors.As(err, &refused) {
		t = load.Try{Status: refused.Status, Reason: code(refused.Body)}
	} else if err != nil {
		t = tryOf(wire.Answer{}, err)
	}
	took := time.Since(began)
	if from := s.Meter.From(); began.Before(from) {
		began = from // sockets are opened before the run begins, and count all the same
	}
	s.ops.listen.Done(began, began, began.Add(took), t)
	if err != nil {
		return nil, nil, refused == nil || t.Status >= 500 || t.Status == 429
	}
	stop := context.AfterFunc(ctx, sock.Close)
	return sock, func() {
		stop()
		sock.Close()
	}, true
}

// target is where the next socket is opened.
func (e *ear) target() *wire.Target {
	all, first := e.shop.Pool.Targets(), e.shop.Script.Live.First
	if first == 0 || first > len(all) {
		first = len(all)
	}
	e.tries++
	return &all[(e.i%first+e.tries-1)%len(all)]
}

// ended counts why a socket ended that was not closed from here.
func (e *ear) ended(ctx context.Context, err error) {
	var closed *wire.Closed
	var network net.Error
	op := e.shop.ops.listen
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &closed):
		op.Note("closed " + strconv.Itoa(closed.Code))
	case errors.As(err, &network) && network.Timeout():
		op.Note("silent")
	case errors.Is(err, io.EOF):
		op.Note("cut off")
	default:
		op.Note("broken")
	}
}
