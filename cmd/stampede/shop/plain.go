package shop

import (
	"math"
	"math/rand/v2"
	"net/url"
	"strconv"

	"boxoffice/cmd/stampede/truth"
	"boxoffice/cmd/stampede/wire"
)

// view looks at one event.
func (b *buyer) view() {
	s := b.shop
	servers := len(s.Pool.Targets())
	b.send(s.ops.view, s.reads[int(b.n)%len(s.Houses)*servers+b.server], nil)
}

// searches searches once.
func (b *buyer) searches() {
	q := b.shop.queries
	b.send(b.shop.ops.search, q[b.random.IntN(len(q))], nil)
}

// Queries are the requests of search on a server: for each word by itself, near a place, of a
// genre, and what follows the first page. Their order is chosen by each buyer.
func Queries(words []string, seed uint64, to *wire.Target) [][]byte {
	random := rand.New(rand.NewPCG(seed, 1))
	places := [][2]float64{{40.75, -73.99}, {34.05, -118.24}, {51.51, -0.13}, {41.88, -87.63}}
	var all [][]byte
	add := func(q url.Values) {
		r := wire.Request{Method: "GET", Path: "/events?" + q.Encode()}
		all = append(all, r.Append(nil, to))
	}
	for _, word := range words {
		at := places[random.IntN(len(places))]
		lat, lon := strconv.FormatFloat(at[0], 'f', -1, 64), strconv.FormatFloat(at[1], 'f', -1, 64)
		add(url.Values{"searchText": {word}})
		add(url.Values{"searchText": {word}, "lat": {lat}, "lon": {lon}, "radius": {"50"}})
		add(url.Values{"searchText": {word}, "genre": {"Rock"}, "size": {"10"}})
		add(url.Values{"searchText": {word}, "sort": {"date"}, "size": {"50"}})
	}
	add(url.Values{"lat": {"40.75"}, "lon": {"-73.99"}, "radius": {"25"}, "sort": {"distance"}})
	return all
}

// own is the nth seats of the run for the nth who could come in, so many in a row; nil
// where all are given out. In mixed few arrivals take seats, and they begin again then.
func (b *buyer) own(width int) (*House, []string) {
	s := b.shop
	h, n := b.house(), int(b.lot)/len(s.Houses)
	if s.Script.Scenario == "mixed" {
		n %= h.Seats
	}
	if (n+1)*width > h.Seats {
		s.ranOut.Store(true)
		s.Stop()
		return nil, nil
	}
	b.tickets = b.tickets[:0]
	for i := range width {
		b.tickets = append(b.tickets, h.Ticket(n*width+i))
	}
	return h, b.tickets
}

// books buys a ticket that nobody else wants.
func (b *buyer) books() {
	if h, tickets := b.own(1); h != nil {
		b.shopping = true
		b.pay(h, "", tickets, GoodCard)
	}
}

// contends wants one of the seats that all want.
func (b *buyer) contends() {
	h := b.house()
	b.shopping = true
	b.tickets = append(b.tickets[:0], h.Ticket(b.taste(h.Seats)))
	b.pay(h, "", b.tickets, GoodCard)
}

// mixed does one of the things of the mix.
func (b *buyer) mixed() {
	m := &b.shop.Script.Mix
	n := b.random.IntN(m.View + m.Search + m.Hold + m.Book)
	switch {
	case n < m.View:
		b.view()
	case n < m.View+m.Search:
		b.searches()
	case n < m.View+m.Search+m.Hold:
		if h, tickets := b.own(1); h != nil {
			b.hold(h, tickets, 0)
		}
	default:
		b.books()
	}
}

// taste is the rank of what a buyer likes: 0 the best of n. It follows Zipf's law by
// the continuous distribution that has its exponent, which any exponent may have.
func (b *buyer) taste(n int) int {
	e := b.shop.Script.Buyer.Zipf
	u, top := b.random.Float64(), float64(n+1)
	var x float64
	if math.Abs(e-1) < 1e-9 {
		x = math.Pow(top, u)
	} else {
		x = math.Pow(1+u*(math.Pow(top, 1-e)-1), 1/(1-e))
	}
	return min(max(int(x)-1, 0), n-1)
}

// GoodCard is the token of a card that the sandbox approves.
const GoodCard = "pm_card_visa"

// badCard is that of one that it declines.
const badCard = "pm_card_chargeDeclined"

// pay buys tickets, those of a hold where there is one, and gives the status of the
// answer; 0: none that is final.
func (b *buyer) pay(h *House, hold string, tickets []string, card string) int {
	s := b.shop
	b.body = BookingBody(b.body[:0], hold, card, tickets)
	b.about(hold, tickets, 0)
	a, final := b.do(s.ops.book, truth.Book, h.ID, &wire.Request{
		Method: "POST", Path: "/bookings/" + h.ID, User: b.who(), Key: b.key(), Place: b.token, Body: b.body,
	})
	if !final {
		return 0
	}
	switch {
	case a.Status/100 == 2:
		s.tally.sold.Add(int64(len(tickets)))
		b.bought = true
	case a.Status == 402:
		s.tally.declined.Add(1)
	case a.Status == 409:
		s.tally.conflicts.Add(1)
	}
	return a.Status
}

// hold holds tickets, or so many of the best where tickets is nil, and gives the hold's
// id and tickets where it was granted.
func (b *buyer) hold(h *House, tickets []string, count int) (id string, got []string, status int) {
	s := b.shop
	b.body = HoldBody(b.body[:0], tickets, count)
	b.about("", tickets, count)
	a, final := b.do(s.ops.hold, truth.Hold, h.ID, &wire.Request{
		Method: "POST", Path: "/events/" + h.ID + "/holds", User: b.who(), Key: b.key(), Place: b.token, Body: b.body,
	})
	switch {
	case !final:
		return "", nil, 0
	case a.Status == 409:
		s.tally.conflicts.Add(1)
	case a.Status == 201:
		id, got = readHold(a.Body)
		return id, got, 201
	}
	return "", nil, a.Status
}

// release gives a hold back.
func (b *buyer) release(h *House, hold string) {
	b.about(hold, nil, 0)
	b.do(b.shop.ops.release, truth.Release, h.ID, &wire.Request{
		Method: "DELETE", Path: "/events/" + h.ID + "/holds/" + hold, User: b.who(),
	})
}
