package shop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"boxoffice/cmd/stampede/load"
	"boxoffice/cmd/stampede/wire"
)

// news is what was done and when, for those who listen.
type news struct {
	mu     sync.Mutex           // guards what follows
	seats  map[string]time.Time // ticket → sending of the hold that nobody was told of before
	leaves []time.Time          // sending of each leaving that lets somebody in
	last   []byte               // the newest message
	told   []time.Time          // what it tells of
	since  uint64               // of last
	until  uint64
}

func (n *news) init() { n.seats = map[string]time.Time{} }

// stirs holds a seat and gives it back: something for the others to hear of.
func (b *buyer) stirs() {
	h := b.shop.Houses[0]
	b.tickets = append(b.tickets[:0], h.Ticket(b.random.IntN(h.Seats)))
	n := &b.shop.news
	n.mu.Lock()
	_, taken := n.seats[b.tickets[0]]
	if !taken {
		n.seats[b.tickets[0]] = time.Now()
	}
	n.mu.Unlock()
	if taken {
		return // two changes of one seat could not be told apart
	}
	if id, _, _ := b.hold(h, b.tickets, 0); id != "" && b.pause(500*time.Millisecond) {
		b.release(h, id)
	}
	b.pause(2 * time.Second) // until then the seat's news may be under way
	n.mu.Lock()
	delete(n.seats, b.tickets[0])
	n.mu.Unlock()
}

// Listen opens the script's sockets, this process's part of them, and lets them listen
// until ctx ends. ready is called when all of them were tried.
func (s *Shop) Listen(ctx context.Context, ready func()) {
	parts := s.Script.Load.Processes
	var all, opened sync.WaitGroup
	slots := make(chan struct{}, 64) // handshakes at once
	start := func(listen func(opened func())) {
		slots <- struct{}{}
		opened.Add(1)
		all.Go(func() {
			listen(sync.OnceFunc(func() {
				<-slots
				opened.Done()
			}))
		})
	}
	for i := s.Part; i < s.Script.Live.Sockets; i += parts {
		start(func(opened func()) { s.watchSeats(ctx, i, opened) })
	}
	for i := s.Part; i < s.Script.Live.Places && len(s.Houses) > 1; i += parts {
		start(func(opened func()) { s.watchPlace(ctx, i, opened) })
	}
	opened.Wait()
	ready()
	all.Wait()
}

// dial opens a socket and counts how that went.
func (s *Shop) dial(ctx context.Context, i int, path, user string) (sock *wire.Socket, done func()) {
	targets := s.Pool.Targets()
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(i))
	sum := sha256.Sum256(append([]byte(s.Run), number[:]...))
	began := time.Now()
	sock, err := wire.Dial(&targets[i%len(targets)], path, user, [16]byte(sum[:]), s.Script.Load.Timeout)
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
		return nil, func() {}
	}
	stop := context.AfterFunc(ctx, sock.Close)
	return sock, func() {
		stop()
		sock.Close()
	}
}

// ended counts why a socket ended that was not closed from here.
func (s *Shop) ended(ctx context.Context, err error) {
	var closed *wire.Closed
	var network net.Error
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &closed):
		s.ops.listen.Note("closed " + strconv.Itoa(closed.Code))
	case errors.As(err, &network) && network.Timeout():
		s.ops.listen.Note("silent")
	case errors.Is(err, io.EOF):
		s.ops.listen.Note("cut off")
	default:
		s.ops.listen.Note("broken")
	}
}

// watchSeats listens to the seats of the open event.
func (s *Shop) watchSeats(ctx context.Context, i int, opened func()) {
	sock, done := s.dial(ctx, i, "/events/"+s.Houses[0].ID+"/live", "")
	opened()
	defer done()
	if sock == nil {
		return
	}
	var version uint64
	for {
		msg, err := sock.Next()
		if err != nil {
			s.ended(ctx, err)
			return
		}
		now := time.Now()
		told, since, until := s.news.read(msg)
		switch string(member(msg, "type")) {
		case "resync":
			s.ops.seatNews.Note("resync")
		case "goodbye":
			s.ops.seatNews.Note("goodbye")
		case "tickets":
			if version != 0 && since != version {
				s.ops.seatNews.Note("gap")
			}
			for _, at := range told {
				s.ops.seatNews.Took(now.Sub(at))
			}
		}
		version = until
	}
}

// read gives what a message about seats tells of that was done here. The same bytes
// come to every socket, so they are read once.
func (n *news) read(msg []byte) (told []time.Time, since, until uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if bytes.Equal(msg, n.last) {
		return n.told, n.since, n.until
	}
	var m struct {
		Since, Version uint64
		Changes        [][2]string
	}
	if json.Unmarshal(msg, &m) != nil {
		return nil, 0, 0
	}
	n.last, n.told, n.since, n.until = append(n.last[:0], msg...), nil, m.Since, m.Version
	for _, c := range m.Changes {
		if at, ok := n.seats[c[0]]; ok && c[1] == "held" {
			n.told = append(n.told, at)
		}
	}
	return n.told, n.since, n.until
}

// watchPlace joins the line and listens to the place; who is let in leaves, and so lets
// in the next one.
func (s *Shop) watchPlace(ctx context.Context, i int, opened func()) {
	h := s.Houses[1]
	b := newBuyer(s)
	b.ctx, b.n, b.at, b.server = ctx, int64(i)+1<<40, time.Now(), i%len(s.Pool.Targets())
	defer b.giveBack()
	p, ok := b.join(h)
	if !ok {
		opened()
		return
	}
	b.giveBack()
	sock, done := s.dial(ctx, i, "/events/"+h.ID+"/queue/"+b.token+"/live", b.who())
	opened()
	defer done()
	if sock == nil {
		return
	}
	s.tally.inLine.Add(1)
	defer s.tally.inLine.Add(-1)
	waited := p.State == "waiting"
	for {
		msg, err := sock.Next()
		if err != nil {
			s.ended(ctx, err)
			return
		}
		now := time.Now()
		switch string(member(msg, "type")) {
		case "admitted":
			s.letIn(b, h, now, waited)
			return
		case "ended", "expired", "goodbye":
			s.ops.placesNews.Note(string(member(msg, "type")))
			return
		}
	}
}

// letIn counts the news that a place was let in, stays a moment, and gives it up.
func (s *Shop) letIn(b *buyer, h *House, now time.Time, waited bool) {
	n := &s.news
	n.mu.Lock()
	var at time.Time
	if waited && len(n.leaves) > 0 {
		at, n.leaves = n.leaves[0], n.leaves[1:]
	}
	n.mu.Unlock()
	if !at.IsZero() {
		s.ops.placesNews.Took(now.Sub(at))
	}
	b.at = now
	if !b.pause(time.Duration(float64(2*time.Second) * (0.5 + b.random.Float64()))) {
		return
	}
	n.mu.Lock()
	n.leaves = append(n.leaves, time.Now())
	n.mu.Unlock()
	b.quit(h)
}
