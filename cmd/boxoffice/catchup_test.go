package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var catchupMiB = flag.Int("chaos.catchup", 1000, "MiB of a shard that a new replica copies")

// catchupCampaign has a node come back with an empty disk while bookings go on at half
// the rate that the cluster can do, and measures what its copying of a large shard does
// to their time.
func catchupCampaign(t *testing.T) {
	r := openRolling(t, 0, largeHall)
	r.grow("large", *catchupMiB<<20)
	most := r.bookAt(0, 5*time.Second, nil)
	rate := float64(len(most)) / 5 / 2
	t.Logf("the cluster does %.0f bookings/s; from now on %.0f/s", 2*rate, rate)
	before := r.bookAt(rate, 15*time.Second, nil)
	t.Logf("before: %s", spread(before))

	last := r.nodes[2]
	if code := last.terminate(); code != exitDone { // politely: it is not its death that is measured
		t.Errorf("SIGTERM to n3: exit code %d\n%s", code, last.out)
	}
	r.lose(3)
	without := r.bookAt(rate, 10*time.Second, nil)
	t.Logf("with two nodes: %s", spread(without))
	began := time.Now()
	back := make(chan struct{})
	var coming sync.WaitGroup
	coming.Go(func() {
		defer close(back)
		last.start()
		r.wholeWithin(3, 90*time.Second+time.Duration(*catchupMiB)*time.Second/4)
	})
	during := r.bookAt(rate, 10*time.Minute, back)
	coming.Wait()
	took := time.Since(began)
	t.Logf("during: %s; the node was whole again after %v, %.0f MiB/s", spread(during), took.Round(time.Millisecond),
		float64(*catchupMiB)/took.Seconds())
	ratio := float64(at99(during)) / float64(at99(before))
	t.Logf("p99 during / before: %.2f", ratio)
	if ratio > 2 {
		t.Error("the p99 is more than doubled")
	}
}

func at99(sorted []time.Duration) time.Duration { return sorted[(len(sorted)*99+99)/100-1] }

// grow changes an event's description until its records have so many bytes.
func (r *rolling) grow(event string, size int) {
	r.t.Helper()
	began := time.Now()
	const each = 19_000
	var next atomic.Int64
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			shop := newShop(r.t, r.urls()...)
			for n := next.Add(1); n*each < int64(size); n = next.Add(1) {
				body, err := json.Marshal(map[string]any{
					"title": "Large", "startsAt": "2099-01-01T00:00:00.000Z",
					"description": fmt.Sprintf("%09d", n) + strings.Repeat("0123456789abcdef", each/16),
					"inventory": map[string]any{"currency": "USD", "sections": []any{
						map[string]any{"name": "S", "price": 2500, "capacity": 10}}}})
				if err != nil {
					r.t.Error(err)
				}
				if a := shop.insist(http.MethodPut, "/admin/events/"+event, "", body); a.status/100 != 2 {
					r.t.Errorf("PUT: %d %s", a.status, a.body)
					return
				}
			}
		})
	}
	writers.Wait()
	r.t.Logf("made %d MiB of records in %v; the disks have %d, %d and %d MiB", size>>20,
		time.Since(began).Round(time.Second), used(r.path("n1"))>>20, used(r.path("n2"))>>20, used(r.path("n3"))>>20)
}

// bookAt books so many seats a second, 0: as many as go, for a time or until over, and
// says how long each took from the moment at which it was due. It asks the first two
// nodes, as a load balancer would that knows of the third.
func (r *rolling) bookAt(rate float64, atMost time.Duration, over <-chan struct{}) (took []time.Duration) {
	const clients = 16
	began := time.Now()
	enough := time.After(atMost)
	due := make(chan time.Time, 1<<16)
	var mu sync.Mutex
	var done, slowest [600]int
	var booking sync.WaitGroup
	for range clients {
		booking.Go(func() {
			shop := newShop(r.t, r.urls()[:2]...)
			for at := range due {
				n := int(r.sold.Add(1))
				event := r.events[n%len(r.events)]
				key := fmt.Sprintf("at-%d", n)
				a := shop.insist(http.MethodPost, "/bookings/"+event, key, bookSeat(n/len(r.events)))
				if a.status != http.StatusCreated {
					r.t.Errorf("%d %s", a.status, a.body)
				}
				mu.Lock()
				took = append(took, time.Since(at))
				if second := int(time.Since(began).Seconds()); second < len(done) {
					done[second]++
					slowest[second] = max(slowest[second], int(time.Since(at).Milliseconds()))
				}
				mu.Unlock()
			}
		})
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for sent, goes := 0, true; goes; {
		select {
		case <-enough:
			goes = false
		case <-over:
			goes = false
		case now := <-tick.C:
			for rate > 0 && float64(sent) < rate*now.Sub(began).Seconds() {
				due <- began.Add(time.Duration(float64(sent) / rate * float64(time.Second)))
				sent++
			}
			for rate == 0 && len(due) < clients {
				due <- now
			}
		}
	}
	close(due)
	booking.Wait()
	seconds := min(len(done), 1+int(time.Since(began).Seconds()))
	r.t.Logf("in each second: bookings done %d, the slowest in ms %d", done[:seconds], slowest[:seconds])
	return took
}
