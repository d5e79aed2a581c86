package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// These measure what a cluster promises of its times. They take minutes, want a machine
// to themselves, and say how busy it was.
//
//	go test ./cmd/boxoffice -run TestCampaign -chaos.campaign=failover -v

var (
	campaign     = flag.String("chaos.campaign", "", "failover, moves, catchup, live or all")
	campaignRuns = flag.Int("chaos.runs", 40, "how often a campaign does what it measures")
)

func TestCampaign(t *testing.T) {
	if *campaign == "" {
		t.Skip("it is asked for with -chaos.campaign")
	}
	for name, run := range map[string]func(*testing.T){
		"failover": failoverCampaign, "moves": movesCampaign, "catchup": catchupCampaign,
		"live": liveCampaign} {
		if *campaign == name || *campaign == "all" {
			t.Run(name, func(t *testing.T) {
				t.Logf("%d cores, load before: %s", runtime.NumCPU(), machineLoad())
				run(t)
				t.Logf("load after: %s", machineLoad())
			})
		}
	}
}

// machineLoad is what the kernel says of the machine's load.
func machineLoad() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	return strings.TrimSpace(string(text))
}

// failoverCampaign kills the leader of an event, again and again, under load, and
// measures how long another node cannot book for that event.
func failoverCampaign(t *testing.T) {
	r := openRolling(t, 0, largeHall)
	shop := newShop(t, r.urls()...)
	shop.http.Timeout = 2 * time.Second
	shop.newEvents()
	shop.letIn(1)
	defer shop.stop()
	var gaps []time.Duration
	for k := range *campaignRuns {
		event := r.events[k%len(r.events)]
		dead := -1
		r.until("a leader of "+event, 30*time.Second, func() error {
			if dead = r.leaderOf(event, k%3); dead < 0 {
				return fmt.Errorf("none is known")
			}
			return nil
		})
		r.nodes[dead].kill()
		gaps = append(gaps, r.firstBooking(event, (dead+1)%3, k))
		r.nodes[dead].start()
		r.whole(3)
	}
	t.Logf("from kill -9 of the leader to the first booking: %s", spread(gaps))
	if gaps[(len(gaps)*99+99)/100-1] > 3*time.Second {
		t.Error("the p99 is over 3 s")
	}
}

// firstBooking asks one node until a booking is made, and says how long that took.
func (r *rolling) firstBooking(event string, at, seat int) time.Duration {
	began := time.Now()
	probe := newShop(r.t, r.nodes[at].url)
	a := probe.insist(http.MethodPost, "/bookings/"+event, probeKey(began), bookSeat(seat))
	if took := time.Since(began); a.status == http.StatusCreated {
		return took
	}
	r.t.Errorf("the booking after a kill: %d %s", a.status, a.body)
	return time.Since(began)
}

// hallSeat is the n-th seat of a hall.
func hallSeat(n int) string { return fmt.Sprintf("S-R%d-%d", n/hallSeats, n%hallSeats+1) }

func bookSeat(n int) []byte {
	return []byte(`{"ticketIds":["` + hallSeat(n) + `"],"paymentInfo":{"method":"card","token":"pm_card_visa"}}`)
}

// movesCampaign drains, undrains and rebalances while one client books for one event
// without a pause, and measures the longest time between two of its bookings.
func movesCampaign(t *testing.T) {
	r := openRolling(t, 0, largeHall)
	event := r.events[0]
	book := func(over <-chan struct{}, first int) (between []time.Duration, told int) {
		last := time.Now()
		for n := first; ; n++ {
			for again := false; ; again = true {
				key := fmt.Sprintf("moves-%d", n)
				status, _, _, err := r.clients.send(n, http.MethodPost, "/bookings/"+event, key, bookSeat(n))
				if err == nil && status == http.StatusCreated {
					break
				}
				if told++; again {
					<-time.After(10 * time.Millisecond)
				}
			}
			between = append(between, time.Since(last))
			last = time.Now()
			select {
			case <-over:
				return between, told
			default:
			}
		}
	}
	still := make(chan struct{})
	time.AfterFunc(5*time.Second, func() { close(still) })
	quiet, _ := book(still, 0)
	t.Logf("between two bookings, nothing moves: %s", spread(quiet))
	over := make(chan struct{})
	var moving sync.WaitGroup
	moving.Go(func() {
		defer close(over)
		for k := range max(1, *campaignRuns/4) {
			i := max(0, r.leaderOf(event, k%3))
			r.operate("drain", r.name(i+1))
			r.operate("undrain", r.name(i+1))
			r.operate("rebalance")
			r.whole(3)
			<-time.After(2 * time.Second) // leaders are spread again
		}
	})
	moved, told := book(over, len(quiet))
	moving.Wait()
	slices.Sort(quiet)
	t.Logf("between two bookings, %d drains: %s; %d answers were not 201", max(1, *campaignRuns/4), spread(moved), told)
	t.Logf("the longest: %v", moved[max(0, len(moved)-8):])
	usual := quiet[len(quiet)*99/100]
	if worst := moved[len(moved)-1]; worst > usual+100*time.Millisecond {
		t.Errorf("the longest gap is %v, with a usual p99 of %v", worst, usual)
	}
}
