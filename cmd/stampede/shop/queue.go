package shop

import (
	"encoding/json"
	"time"

	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// place is what a buyer is told of his place in the line.
type place struct {
	Token     string `json:"token"`
	State     string `json:"state"` // waiting, admitted, ended
	Heartbeat int    `json:"heartbeatSeconds"`
}

// queue joins, waits, holds the best that is free, and goes on with it.
func (b *buyer) queue() {
	h := b.house()
	b.shopping = true
	if !b.wait(h) {
		return
	}
	s := &b.shop.Script.Buyer
	if id, got, _ := b.hold(h, nil, 1+b.random.IntN(s.Tickets)); id == "" || !b.checkOut(h, id, got) {
		b.quit(h)
	}
}

// wait joins the line and waits until the buyer is let in; false where he leaves before.
func (b *buyer) wait(h *House) bool {
	p, ok := b.join(h)
	if !ok {
		return false
	}
	s := b.shop
	s.tally.inLine.Add(1)
	defer s.tally.inLine.Add(-1)
	joined := b.at
	for p.State == "waiting" {
		poll := s.Script.Buyer.Poll
		if p.Heartbeat > 0 {
			poll = min(poll, time.Duration(p.Heartbeat)*time.Second)
		}
		if !b.pause(time.Duration((0.75 + b.random.Float64()/2) * float64(poll))) {
			return false
		}
		if s.soldOut.Load() || b.at.Sub(joined) > s.Script.Buyer.Patience {
			b.quit(h)
			return false
		}
		if p, ok = b.ask(h); !ok {
			return false
		}
	}
	if p.State != "admitted" {
		return false
	}
	s.ops.line.Took(b.at.Sub(joined))
	return true
}

// join gets a place in the line.
func (b *buyer) join(h *House) (place, bool) {
	b.about("", nil, 0)
	a, final := b.do(b.shop.ops.join, truth.Join, h.ID, &wire.Request{
		Method: "POST", Path: "/events/" + h.ID + "/queue", User: b.who(), Key: b.key(),
	})
	p, ok := readPlace(a, final)
	b.token = p.Token
	return p, ok && b.token != ""
}

// ask looks at the place. Where no answer comes the buyer keeps waiting.
func (b *buyer) ask(h *House) (place, bool) {
	b.about(b.token, nil, 0)
	a, final := b.do(b.shop.ops.place, truth.ReadPlace, h.ID, &wire.Request{
		Method: "GET", Path: "/events/" + h.ID + "/queue/" + b.token, User: b.who(),
	})
	if !final {
		return place{State: "waiting"}, b.ctx.Err() == nil
	}
	return readPlace(a, final)
}

// readPlace reads a place from an answer; false where it has none.
func readPlace(a wire.Answer, final bool) (p place, ok bool) {
	return p, final && a.Status/100 == 2 && json.Unmarshal(a.Body, &p) == nil
}

// quit gives the place up, so that the next one can come in.
func (b *buyer) quit(h *House) {
	if b.token == "" {
		return
	}
	b.about(b.token, nil, 0)
	b.do(b.shop.ops.leave, truth.Leave, h.ID, &wire.Request{
		Method: "DELETE", Path: "/events/" + h.ID + "/queue/" + b.token, User: b.who(),
	})
	b.token = ""
}
