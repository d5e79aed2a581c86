package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// shop is the clients of a crash test and what they were told.
type shop struct {
	t      *testing.T
	urls   []string // of the nodes: a buyer asks any of them
	http   *http.Client
	closed chan struct{}
	buyers sync.WaitGroup
	keys   atomic.Uint64
	events atomic.Int64 // made so far; buyers want the newest few

	granted, resent, replayed, asked atomic.Int64

	mu       sync.Mutex
	holds    map[string]*grant // live, by event/id
	bookings map[string]*grant // by event/id
}

// grant is a hold or a booking as its owner was told of it.
type grant struct {
	Event   string
	ID      string `json:"id"`
	Status  string `json:"status"`
	Tickets []seat `json:"tickets"`
	Total   money  `json:"total"`
}

type seat struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

type money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// reply is one definite answer.
type reply struct {
	status   int
	body     []byte
	replayed bool
}

// openShop puts the events of a crash test on sale and lets its buyers in.
func openShop(t *testing.T, url string, seed uint64) *shop {
	t.Helper()
	s := newShop(t, url)
	s.newEvents()
	s.letIn(seed)
	return s
}

// newEvents puts crashEvents more on sale.
func (s *shop) newEvents() {
	s.t.Helper()
	for range crashEvents {
		defineCrashEvent(s.t, s.urls[0], int(s.events.Load()))
		s.events.Add(1)
	}
}

// letIn lets the buyers in.
func (s *shop) letIn(seed uint64) {
	for b := range crashBuyers {
		s.buyers.Go(func() { s.buy(rand.New(rand.NewPCG(seed, uint64(b)+1))) })
	}
}

func newShop(t *testing.T, urls ...string) *shop {
	return &shop{t: t, urls: urls, closed: make(chan struct{}),
		http: &http.Client{Timeout: 20 * time.Second,
			Transport: &http.Transport{MaxIdleConnsPerHost: 2 * crashBuyers}},
		holds: map[string]*grant{}, bookings: map[string]*grant{}}
}

// stop lets every buyer finish what he has begun.
func (s *shop) stop() {
	close(s.closed)
	s.buyers.Wait()
}

func (s *shop) open() bool {
	select {
	case <-s.closed:
		return false
	default:
		return true
	}
}

// ask sends a request until it has a definite answer: through closed connections,
// refused ones and 503s, always with the same key. Then it sometimes asks once
// more and compares: the same key must give the same bytes.
func (s *shop) ask(random *rand.Rand, method, path string, body any) reply {
	key := fmt.Sprintf("key-%d", s.keys.Add(1))
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Error(err)
	}
	if body == nil {
		text = nil
	}
	first := s.insist(method, path, key, text)
	if first.status/100 == 2 {
		s.granted.Add(1)
	}
	if kept := first.status/100 == 2 || first.status == 402 || first.status == 409; kept &&
		method == http.MethodPost && first.status != http.StatusAccepted && random.IntN(5) == 0 {
		again := s.insist(method, path, key, text)
		s.replayed.Add(1)
		same := again.status == first.status && (first.status/100 != 2 || bytes.Equal(again.body, first.body))
		if !same || !again.replayed {
			s.t.Errorf("%s %s with the same key: %d %s, then %d %s (replayed: %v)",
				method, path, first.status, first.body, again.status, again.body, again.replayed)
		}
	}
	return first
}

// insist is ask for one request: it ends with the first definite answer.
func (s *shop) insist(method, path, key string, body []byte) reply {
	for attempt := 0; ; attempt++ {
		if attempt > 0 {
			s.resent.Add(1)
			<-time.After(20 * time.Millisecond)
		}
		r, err := s.send(method, path, key, body)
		if err == nil && r.status < 500 && r.status != http.StatusTooManyRequests {
			return r
		}
		if attempt > 5000 {
			s.t.Errorf("%s %s never got an answer: %d %s %v", method, path, r.status, r.body, err)
			return r
		}
	}
}

func (s *shop) send(method, path, key string, body []byte) (reply, error) {
	url := s.urls[int(s.asked.Add(1))%len(s.urls)]
	req, err := http.NewRequest(method, url+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+crashAdmin)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, text, resp.Header.Get("Idempotency-Replayed") == "true"}, err
}

// crashTokens are the payment methods of the buyers, weighted by repetition.
var crashTokens = []string{"pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_mastercard",
	"pm_card_chargeDeclined", "pm_sandbox_errorOnce", "pm_sandbox_delay_50"}

// buy is one buyer's life: he holds, books, releases and cancels at random.
func (s *shop) buy(random *rand.Rand) {
	for s.open() {
		event := crashEventID(int(s.events.Load()) - 1 - random.IntN(crashEvents))
		tickets := s.choose(random)
		switch random.IntN(10) {
		case 0, 1, 2, 3:
			s.book(random, event, tickets, "")
		case 4, 5, 6:
			if h := s.hold(random, event, tickets); h != nil {
				s.book(random, event, tickets, h.ID)
			}
		case 7:
			if h := s.hold(random, event, tickets); h != nil {
				s.release(random, h)
			}
		case 8:
			s.hold(random, event, tickets)
		case 9:
			s.cancelOne(random)
		}
	}
}

func (s *shop) choose(random *rand.Rand) []string {
	row, first := random.IntN(crashRows), 1+random.IntN(crashSeats-1)
	tickets := []string{fmt.Sprintf("S-R%d-%d", row, first)}
	if random.IntN(2) == 0 {
		tickets = append(tickets, fmt.Sprintf("S-R%d-%d", row, first+1))
	}
	return tickets
}

func (s *shop) hold(random *rand.Rand, event string, tickets []string) *grant {
	r := s.ask(random, http.MethodPost, "/events/"+event+"/holds", map[string]any{"ticketIds": tickets})
	if r.status != http.StatusCreated {
		s.refusedUnless(r, "hold", 409)
		return nil
	}
	return s.note(s.holds, event, r)
}

func (s *shop) release(random *rand.Rand, h *grant) {
	// A release whose answer was lost finds no hold the second time.
	r := s.ask(random, http.MethodDelete, "/events/"+h.Event+"/holds/"+h.ID, nil)
	s.refusedUnless(r, "release", 204, 404)
	s.mu.Lock()
	delete(s.holds, h.Event+"/"+h.ID)
	s.mu.Unlock()
}

func (s *shop) book(random *rand.Rand, event string, tickets []string, hold string) {
	body := map[string]any{"ticketIds": tickets,
		"paymentInfo": map[string]any{"method": "card", "token": crashTokens[random.IntN(len(crashTokens))]}}
	if hold != "" {
		body["holdId"] = hold
	}
	r := s.ask(random, http.MethodPost, "/bookings/"+event, body)
	switch r.status {
	case http.StatusCreated, http.StatusAccepted:
		if s.note(s.bookings, event, r) == nil {
			return
		}
		s.mu.Lock()
		delete(s.holds, event+"/"+hold)
		s.mu.Unlock()
	default:
		s.refusedUnless(r, "book", 402, 409)
	}
}

func (s *shop) cancelOne(random *rand.Rand) {
	s.mu.Lock()
	var b *grant
	for _, x := range s.bookings {
		if x.Status == "confirmed" {
			b = x
			b.Status = "cancelling"
			break
		}
	}
	s.mu.Unlock()
	if b == nil {
		return
	}
	r := s.ask(random, http.MethodDelete, "/bookings/"+b.Event+"/"+b.ID, nil)
	s.refusedUnless(r, "cancel", 200)
	s.mu.Lock()
	b.Status = "cancelled"
	s.mu.Unlock()
}

// note remembers what a 2xx said.
func (s *shop) note(in map[string]*grant, event string, r reply) *grant {
	g := &grant{Event: event}
	if err := json.Unmarshal(r.body, g); err != nil || g.ID == "" || len(g.Tickets) == 0 {
		s.t.Errorf("answer %d %s: %v", r.status, r.body, err)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in[event+"/"+g.ID] != nil {
		s.t.Errorf("two answers for one id: %s", r.body)
	}
	in[event+"/"+g.ID] = g
	return g
}

// refusedUnless reports an answer that nobody should get.
func (s *shop) refusedUnless(r reply, what string, allowed ...int) {
	for _, a := range allowed {
		if r.status == a {
			return
		}
	}
	s.t.Errorf("%s: %d %s", what, r.status, r.body)
}
