package shop

// holdBook holds seats that nobody else wants and goes on with them.
func (b *buyer) holdBook() {
	h, tickets := b.own(b.shop.Script.Buyer.Tickets)
	if h == nil {
		return
	}
	b.shopping = true
	want := tickets[:1+b.random.IntN(len(tickets))]
	if id, got, _ := b.hold(h, want, 0); id != "" {
		b.checkOut(h, id, got)
	}
}

// checkOut is what a buyer does who holds something: he thinks, and leaves, or pays;
// with a card that is declined he pays once more with a good one, or leaves. It gives
// true where he goes with tickets.
func (b *buyer) checkOut(h *House, hold string, tickets []string) bool {
	s := &b.shop.Script.Buyer
	if !b.think() {
		return false
	}
	if b.chance(s.Abandon) {
		b.abandon(h, hold)
		return false
	}
	if b.chance(s.Decline) {
		if b.pay(h, hold, tickets, badCard); b.bought {
			return true
		}
		if b.chance(s.Abandon) || !b.think() {
			b.abandon(h, hold)
			return false
		}
	}
	b.pay(h, hold, tickets, GoodCard)
	return b.bought
}

// abandon leaves a hold: some give it back, the others just go.
func (b *buyer) abandon(h *House, hold string) {
	b.shop.tally.abandoned.Add(1)
	if b.chance(b.shop.Script.Buyer.Release) {
		b.release(h, hold)
	}
}
