package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// polite is clients as the contract wants them: each request has an Idempotency-Key
// and is sent again once, with the same key, at another node: after Retry-After where
// the answer is 503, at once where the connection was cut. That must always do. A node
// that refuses the connection was not asked: the next one is, at once.
type polite struct {
	t    *testing.T
	http *http.Client
	urls []string
	next atomic.Int64 // whom the next request asks

	sent, closed, refused, cut atomic.Int64

	mu     sync.Mutex
	told   map[string]int // code of a 503, or how a connection ended → how often
	booked []string       // event/ticket
	slow   []time.Duration
}

func newPolite(t *testing.T, urls ...string) *polite {
	return &polite{t: t, urls: urls, told: map[string]int{},
		http: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}

// ask sends a request, and once more if it has to.
func (p *polite) ask(method, path, key string, body []byte) (status int, answer []byte) {
	i := int(p.next.Add(1))
	p.sent.Add(1)
	i, status, answer, wait, err := p.reach(i, method, path, key, body)
	if err == nil && status < 500 {
		return status, answer
	}
	first := p.failed(status, answer, err)
	if err == nil {
		<-time.After(wait)
	}
	_, status, answer, _, err = p.reach(i+1, method, path, key, body)
	if err != nil || status >= 500 {
		p.t.Errorf("%s %s %s: %s, and again at another node: %s", method, path, key, first,
			p.failed(status, answer, err))
	}
	return status, answer
}

// reach sends a request to the first node from i on that takes a connection, and says
// which that was.
func (p *polite) reach(i int, method, path, key string, body []byte) (
	at, status int, answer []byte, wait time.Duration, err error) {
	for at = i; at < i+len(p.urls); at++ {
		status, answer, wait, err = p.send(at, method, path, key, body)
		if !errors.Is(err, syscall.ECONNREFUSED) && !turnsAway(status, answer) {
			break
		}
		p.closed.Add(1)
	}
	return at, status, answer, wait, err
}

// turnsAway reports whether a drained node has answered that it takes no new
// connections: a refused connection with an answer.
func turnsAway(status int, answer []byte) bool {
	return status == http.StatusServiceUnavailable && bytes.Contains(answer, []byte("takes no new connections"))
}

// failed counts a failure and says what it was.
func (p *polite) failed(status int, answer []byte, err error) string {
	what, short := fmt.Sprint(err), "cut off"
	if err == nil {
		var problem struct{ Code, Detail string }
		if json.Unmarshal(answer, &problem) != nil || status != http.StatusServiceUnavailable {
			p.t.Errorf("the answer was %d %s", status, answer)
		}
		what, short = fmt.Sprintf("%d %s", status, answer), problem.Code+": "+problem.Detail
		p.refused.Add(1)
	} else {
		p.cut.Add(1)
		for _, known := range []string{"connection reset", "EOF", "server closed idle connection"} {
			if strings.Contains(what, known) {
				short = known
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told[short]++
	return what
}

// send sends a request to one node, and only once: without GetBody the library does not
// try again by itself.
func (p *polite) send(i int, method, path, key string, body []byte) (int, []byte, time.Duration, error) {
	req, err := http.NewRequest(method, p.urls[i%len(p.urls)]+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, 0, err
	}
	req.GetBody = nil
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	resp, err := p.http.Do(req)
	if err != nil {
		return 0, nil, 0, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	answer, err := io.ReadAll(resp.Body)
	seconds, bad := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err == nil && resp.StatusCode == http.StatusServiceUnavailable && bad != nil {
		err = errors.New("503 without Retry-After")
	}
	return resp.StatusCode, answer, time.Duration(seconds) * time.Second, err
}

// book books one seat after the other of all events until closed ends: every booking
// has to succeed, because nobody else wants the seat.
func (p *polite) book(closed <-chan struct{}, events []string, seats <-chan string) {
	for i := 0; ; i++ {
		select {
		case <-closed:
			return
		case seat := <-seats:
			event := events[i%len(events)]
			began := time.Now()
			status, answer := p.ask(http.MethodPost, "/bookings/"+event, "roll-"+seat+"-"+event,
				[]byte(`{"ticketIds":["`+seat+`"],"paymentInfo":{"method":"card","token":"pm_card_visa"}}`))
			if status != http.StatusCreated {
				p.t.Errorf("%s of %s: %d %s", seat, event, status, answer)
				continue
			}
			p.mu.Lock()
			p.booked = append(p.booked, event+"/"+seat)
			p.slow = append(p.slow, time.Since(began))
			p.mu.Unlock()
		}
	}
}

// report says what the clients have seen.
func (p *polite) report(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t.Logf("%s: %d requests, %d met a closed port, %d were told 503, %d were cut off %v; took %s", what,
		p.sent.Swap(0), p.closed.Swap(0), p.refused.Swap(0), p.cut.Swap(0), p.told, spread(p.slow))
	p.told, p.slow = map[string]int{}, nil
}

// rolling is the sale of a rolling restart.
type rolling struct {
	*fleet
	clients *polite
	events  []string
	closed  chan struct{}
	buyers  sync.WaitGroup

	stopping sync.Once
	sold     atomic.Int64 // seats of all halls that bookAt has begun
}

// openRolling starts three nodes and lets buyers in who book all the time.
func openRolling(t *testing.T, buyers, rows int) *rolling {
	r := &rolling{fleet: newFleet(t, nil), closed: make(chan struct{})}
	for i := 1; i <= 3; i++ {
		r.add(i)
	}
	r.whole(3)
	for e := range 12 { // on most of the shards
		r.events = append(r.events, fmt.Sprintf("roll-%d", e))
		defineHall(t, r.nodes[0].url, r.events[e], rows)
	}
	r.clients = newPolite(t, r.urls()...)
	seats := make(chan string)
	r.buyers.Go(func() {
		for n := range rows * hallSeats {
			select {
			case seats <- hallSeat(n):
			case <-r.closed:
				return
			}
		}
		t.Error("the halls are too small")
	})
	for range buyers {
		r.buyers.Go(func() { r.clients.book(r.closed, r.events, seats) })
	}
	t.Cleanup(r.stop) // before the nodes end, however the test does
	return r
}

// The halls, in which each seat is sold to one buyer only: seats a row, and rows.
const hallSeats, smallHall, largeHall = 250, 24, 400

// defineHall puts a hall on sale in which a buyer finds a seat for a long time.
func defineHall(t *testing.T, url, event string, rows int) {
	t.Helper()
	type row struct {
		Name  string `json:"name"`
		Seats int    `json:"seats"`
	}
	var all []row
	for r := range rows {
		all = append(all, row{fmt.Sprintf("R%d", r), hallSeats})
	}
	body, err := json.Marshal(map[string]any{
		"title": "A hall", "startsAt": time.Now().Add(1000 * time.Hour).UTC().Format("2006-01-02T15:04:05.000Z"),
		"inventory": map[string]any{"currency": "USD", "sections": []any{
			map[string]any{"name": "S", "price": 2500, "rows": all}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := newShop(t, url).insist(http.MethodPut, "/admin/events/"+event, "", body)
	if r.status != http.StatusCreated && r.status != http.StatusOK {
		t.Fatalf("PUT event: %d %s", r.status, r.body)
	}
}

// stop has the buyers go home; again does nothing.
func (r *rolling) stop() {
	r.stopping.Do(func() {
		close(r.closed)
		r.buyers.Wait()
		if r.t.Failed() {
			r.t.Log(r.logs())
		}
	})
}

// close ends the sale and compares the seat maps with what was booked.
func (r *rolling) close() {
	r.t.Helper()
	r.stop()
	r.clients.report("the end")
	slices.Sort(r.clients.booked)
	shop := newShop(r.t, r.urls()...)
	shop.agree("the seat maps", func() (problems []string) {
		var sold []string
		for _, event := range r.events {
			a := shop.insist(http.MethodGet, "/events/"+event+"/tickets", "", nil)
			var seats struct{ Tickets []seat }
			if err := json.Unmarshal(a.body, &seats); err != nil {
				return []string{err.Error()}
			}
			for _, s := range seats.Tickets {
				if s.Status == "booked" {
					sold = append(sold, event+"/"+s.ID)
				}
			}
		}
		slices.Sort(sold)
		if !slices.Equal(sold, r.clients.booked) {
			return []string{fmt.Sprintf("%d seats are booked, %d were acknowledged", len(sold), len(r.clients.booked))}
		}
		return nil
	})
}

// A rolling restart, a drain, a node more and a node less cost no client more than one
// retry, and no booking is lost or made twice.
func TestRollingRestart(t *testing.T) {
	if raceEnabled {
		t.Skip("four nodes under the race detector on two cores are too slow for one retry to be enough")
	}
	r := openRolling(t, 4, smallHall)
	for i, n := range r.nodes {
		if code := n.terminate(); code != exitDone {
			t.Errorf("SIGTERM to n%d: exit code %d\n%s", i+1, code, n.out)
		}
		n.start()
		r.whole(3)
		r.clients.report("n" + strconv.Itoa(i+1) + " restarted")
	}
	r.operate("drain", "n2")
	r.operate("undrain", "n2")
	r.clients.report("n2 drained and undrained")
	r.add(4)
	r.whole(4)
	r.clients.report("n4 added")
	r.removeLast()
	r.whole(3)
	r.clients.report("n4 removed")
	r.close()
}
