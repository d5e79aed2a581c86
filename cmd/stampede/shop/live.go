package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"time"

	"boxoffice/cmd/stampede/load"
)

// news is what was done to seats and when, for those who listen.
type news struct {
	mu    sync.Mutex           // guards what follows
	seats map[string]time.Time // ticket → sending of the hold that nobody was told of before
	last  []byte               // the newest message
	told  []time.Time          // what it tells of
	since uint64               // of last
	until uint64
}

func (n *news) init() { n.seats = map[string]time.Time{} }

// stirs holds a seat and gives it back: something for the others to hear of.
func (b *buyer) stirs() {
	h := b.shop.Houses[0]
	b.tickets = append(b.tickets[:0], h.Ticket(b.random.IntN(h.Seats)))
	n := &b.shop.news
	n.mu.Lock()
	_, taken := n.seats[b.tickets[0]]
	if now := time.Now(); !taken && !now.Before(b.shop.Meter.From()) {
		n.seats[b.tickets[0]] = now
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

// watchSeats listens to the seats of the open event.
func (s *Shop) watchSeats(ctx context.Context, i int, opened func()) {
	e := &ear{shop: s, i: i, path: "/events/" + s.Houses[0].ID + "/live", opened: opened}
	e.listen(ctx, func(msg []byte) bool {
		now := time.Now()
		told, since, until := s.news.read(msg)
		switch string(member(msg, "type")) {
		case "resync":
			s.ops.seatNews.Note("resync")
		case "tickets":
			if e.version != 0 && since > e.version {
				s.ops.seatNews.Note("gap")
			}
			for _, at := range told {
				s.ops.seatNews.Took(now.Sub(at))
			}
		}
		e.version = max(until, e.version)
		return true
	})
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
	b.pcg.Seed(s.Script.Seed, uint64(b.n))
	defer b.giveBack()
	p, ok := b.join(h)
	if !ok {
		opened()
		return
	}
	b.giveBack()
	s.tally.inLine.Add(1)
	defer s.tally.inLine.Add(-1)
	e := &ear{shop: s, i: i, path: "/events/" + h.ID + "/queue/" + b.token + "/live", user: b.who(), opened: opened}
	waited, line := p.State == "waiting", inLine{}
	e.listen(ctx, func(msg []byte) bool {
		now := time.Now()
		e.version = max(number(msg, "version"), e.version)
		switch kind := string(member(msg, "type")); kind {
		case "position":
			line.moved(s, int64(number(msg, "position")), now)
		case "admitted":
			s.letIn(b, h, msg, now, waited)
			return false
		case "ended", "expired":
			s.ops.placesNews.Note(kind)
			return false
		}
		return true
	})
}

// inLine is what one who waits was told of his place last.
type inLine struct {
	position int64 // 0: nothing yet
	at       time.Time
}

// moved counts the time since the position before. One that is worse is counted as an
// error: nobody is ever told such a thing.
func (l *inLine) moved(s *Shop, position int64, now time.Time) {
	switch {
	case position == 0: // he does not wait
		return
	case l.position == 0:
	case position > l.position:
		s.ops.moved.Done(now, now, now, load.Try{Reason: "worse"})
	default:
		s.ops.moved.Took(now.Sub(l.at))
	}
	l.position, l.at = position, now
}

// number gives the first whole number that is a member of that name; 0 where there is
// none.
func number(doc []byte, name string) (n uint64) {
	for _, c := range after(doc, name) {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + uint64(c-'0')
	}
	return n
}

// letIn counts the news that a place was let in, msg, stays a moment, and gives it up. When
// it was let in follows from when the session ends: by the server's clock.
func (s *Shop) letIn(b *buyer, h *House, msg []byte, now time.Time, waited bool) {
	until, err := time.Parse(timeForm, string(member(msg, "admittedUntil")))
	if waited && err == nil {
		at := until.Add(-time.Duration(seconds(h.Session)) * time.Second)
		s.ops.placesNews.Took(max(now.Sub(at), 0))
	}
	b.at = now
	if b.pause(time.Duration(float64(2*time.Second) * (0.5 + b.random.Float64()))) {
		b.quit(h)
	}
}
