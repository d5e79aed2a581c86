package shop

import (
	"context"
	"encoding/json"
	"time"

	"boxoffice/cmd/stampede/wire"
)

// onsale is a buyer at an on-sale: he waits, looks, picks, loses, tries again, holds,
// and pays or leaves.
func (b *buyer) onsale() {
	h := b.house()
	b.shopping = true
	if b.shop.soldOut.Load() || !b.wait(h) {
		return
	}
	if id, got := b.choose(h); id == "" || !b.checkOut(h, id, got) {
		b.quit(h)
	}
}

// choose looks at the seat map and tries to hold what he likes, until he has
// something or has had enough.
func (b *buyer) choose(h *House) (hold string, tickets []string) {
	s := b.shop
	for range s.Script.Buyer.Tries {
		if !b.seatMap(h) {
			return "", nil
		}
		if len(b.tickets) == 0 { // all is held: somebody may give up
			if s.soldOut.Load() || !b.think() {
				return "", nil
			}
			continue
		}
		id, got, status := b.hold(h, b.tickets, 0)
		if status != 409 { // he has it, or may not shop any more
			return id, got
		}
		if !b.think() {
			return "", nil
		}
	}
	return "", nil
}

// seatMap looks at the seat map and picks tickets by taste into b.tickets: the seat
// that he likes, and those beside it as far as they are free; none where nothing is.
func (b *buyer) seatMap(h *House) bool {
	s := b.shop
	get := wire.Request{Method: "GET", Path: "/events/" + h.ID + "/tickets", User: b.who()}
	b.out = get.Append(b.out[:0], &s.Pool.Targets()[b.server])
	a, final := b.send(s.ops.seatMap, b.out, nil)
	if !final || a.Status != 200 {
		return false
	}
	var held int
	b.free, held = freeTickets(b.free[:0], a.Body)
	b.tickets = b.tickets[:0]
	if len(b.free) == 0 {
		if held == 0 && len(s.Houses) == 1 {
			s.sellOut()
		}
		return true
	}
	at := b.taste(len(b.free))
	want := min(1+b.random.IntN(s.Script.Buyer.Tickets), len(b.free)-at)
	for _, id := range b.free[at : at+want] {
		b.tickets = append(b.tickets, string(id))
	}
	b.giveBack()
	return b.think()
}

// sellOut notes that there is nothing left. People hear of it: those in line leave, and
// nobody joins it any more.
func (s *Shop) sellOut() {
	if !s.soldOut.CompareAndSwap(false, true) {
		return
	}
	close(s.gone)
	if name := s.Script.Scenario; name == "queue" || name == "onsale" {
		s.Stop()
	}
}

// Standing is how a sale stands, by the server's own word.
type Standing struct {
	Total, Available, Held, Booked, Waiting int64
}

// viewDoc is what is read of an event.
type viewDoc struct {
	Availability struct{ Total, Available, Held, Booked int64 }
	WaitingRoom  struct{ Waiting int64 }
}

// Watch reads the run's events once a second until ctx ends, hands how the sale stands
// to tell, and ends the arrivals of queue and onsale when everything is sold. Its own
// requests are not counted.
func (s *Shop) Watch(ctx context.Context, tell func(Standing)) {
	targets := s.Pool.Targets()
	conns := make([]*wire.Conn, len(targets))
	for i := range conns {
		conns[i] = wire.NewConn(targets[i].Address, 2*time.Second)
		defer conns[i].Close()
	}
	for server := 0; ; {
		if now, ok := s.standing(conns[server], &targets[server]); ok {
			tell(now)
			if now.Total > 0 && now.Booked == now.Total {
				s.sellOut()
			}
		} else {
			server = (server + 1) % len(conns)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// standing adds up the run's events.
func (s *Shop) standing(c *wire.Conn, to *wire.Target) (sum Standing, ok bool) {
	for _, h := range s.Houses {
		get := wire.Request{Method: "GET", Path: "/events/" + h.ID}
		a, err := c.Do(get.Append(nil, to))
		var v viewDoc
		if err != nil || a.Status != 200 || json.Unmarshal(a.Body, &v) != nil {
			return sum, false
		}
		sum.Total += v.Availability.Total
		sum.Available += v.Availability.Available
		sum.Held += v.Availability.Held
		sum.Booked += v.Availability.Booked
		sum.Waiting += v.WaitingRoom.Waiting
	}
	return sum, true
}
