package httpapi

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"boxoffice/actors/sale"
)

// A flood of slow reads fills its own part of the node, and is shed; holds and bookings
// get through, and what was shed did nothing.
func TestReadersStarveNobody(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxInside = 20 })
	w.put(arena("ev-1"))
	stuck := make(chan struct{})
	w.seller.intercept(func(_ string, cmd sale.Command) error {
		if _, reads := cmd.(*sale.ShowHold); reads {
			<-stuck
		}
		return nil
	})
	const hold = "/events/ev-1/holds/AAAAAAAAAAAAAAAAAAAAAQ"
	var readers sync.WaitGroup
	answers := make(chan int, 50)
	for range 50 {
		readers.Go(func() {
			resp, err := http.Get("http://" + w.addr + hold)
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
			answers <- resp.StatusCode
		})
	}
	waitFor(t, func() bool { return len(answers) == 40 && w.srv.traffic.lines[readingLane].inside.Load() == 10 })
	for len(answers) > 0 {
		if status := <-answers; status != 503 {
			t.Errorf("a reader too many: %d, want 503", status)
		}
	}
	r := w.do("GET", hold, "").want(503, codeOverloaded)
	if after, _ := strconv.Atoi(r.header.Get(headerRetryAfter)); r.get("executed") != false || after < 1 || after > 5 {
		t.Errorf("%v %s", r.header, r.body)
	}
	for i := range 8 {
		held := w.do("POST", "/events/ev-1/holds", `{"quantity":1}`).want(201)
		w.do("POST", "/bookings/ev-1", `{"holdId":"`+held.str("id")+`",`+pay+`}`).want(201)
		w.do("GET", "/healthz", "").want(200)
		if i == 0 {
			w.told(`boxoffice_http_shed_total{class="reading",reason="full"} 41`,
				`boxoffice_http_inside{class="reading"} 10`, `boxoffice_http_inside_max{class="reading"} 10`,
				`boxoffice_http_inside_max{class="paying"} 20`,
				`boxoffice_http_shed_total{class="paying",reason="full"} 0`)
		}
	}
	close(stuck)
	readers.Wait()
	waitFor(t, func() bool { return w.srv.traffic.lines[readingLane].inside.Load() == 0 })
	w.do("GET", hold, "").want(404, codeHoldNotFound)
}

// Refused together, clients are told to come back apart.
func TestRetriesAreSpread(t *testing.T) {
	seen := map[int]bool{}
	for range 500 {
		seen[problemOf(codeOverloaded).again()] = true
	}
	if len(seen) != 5 || !seen[1] || !seen[5] {
		t.Errorf("Retry-After of overloaded: %v, want 1 to 5", seen)
	}
}

// Searches take turns: as many run as keep the processors busy, the next ones wait, and
// hear at their deadline that it is not to be. Bookings do not notice.
func TestSearchesTakeTurns(t *testing.T) {
	w, x := newSearchWorld(t, func(c *Config) { c.SearchTimeout = 20 * time.Second }, arena("ev-1"))
	stuck, running := make(chan struct{}), make(chan struct{}, 1000)
	x.intercept(func(context.Context) error {
		running <- struct{}{}
		<-stuck
		return nil
	})
	most := cap(w.srv.traffic.turns)
	var searchers sync.WaitGroup
	for range most + 5 {
		searchers.Go(func() {
			resp, err := http.Get("http://" + w.addr + "/events?searchText=a")
			if err != nil || resp.StatusCode != 200 {
				t.Error(resp, err)
				return
			}
			_ = resp.Body.Close()
		})
	}
	waitFor(t, func() bool {
		return len(running) == most && w.srv.traffic.lines[searchingLane].inside.Load() == int64(most)+5
	})
	w.do("GET", "/events?searchText=b", "", headerDeadline, "20").want(503, codeOverloaded)
	w.do("GET", "/suggest?text=b", "", headerDeadline, "20").want(503, codeOverloaded)
	w.do("POST", "/bookings/ev-1", `{"ticketIds":["101-A-1"],`+pay+`}`).want(201)
	if len(running) != most {
		t.Errorf("%d searches run, want %d", len(running), most)
	}
	w.told(`boxoffice_http_shed_total{class="searching",reason="late"} 2`)
	close(stuck)
	searchers.Wait()
}

// The time that a long body takes to arrive is the client's own.
func TestDeadlineBeginsBeforeTheBody(t *testing.T) {
	var deadline time.Time
	w := newWorld(t, func(c *Config) {
		c.Seller = deadlineSeller{c.Seller.(*fakeSeller), &deadline}
	})
	w.put(arena("ev-1"))
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	body := `{"quantity":1` + strings.Repeat(" ", 3*maxHeaderBlock) + "}" // a short one comes with the head
	head := "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Deadline-Ms: 1000\r\n" +
		"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	if _, err := nc.Write([]byte(head + body[:2*maxHeaderBlock])); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return w.srv.metrics.inFlight.Load() == 1 })
	began := time.Now()
	if _, err := nc.Write([]byte(body[2*maxHeaderBlock:])); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.ReadResponse(bufio.NewReader(nc), nil); err != nil || resp.StatusCode != 201 {
		t.Fatal(resp, err)
	}
	if left := deadline.Sub(began); left >= time.Second {
		t.Errorf("%v are left when the body begins to come, of one second", left)
	}
}

// deadlineSeller notes the deadline of the last command.
type deadlineSeller struct {
	*fakeSeller
	last *time.Time
}

func (s deadlineSeller) Do(event string, cmd sale.Command, deadline time.Time) (sale.Answer, error) {
	*s.last = deadline
	return s.fakeSeller.Do(event, cmd, deadline)
}

// BenchmarkLane is what a request pays for its lane.
func BenchmarkLane(b *testing.B) {
	w := newWorld(b, nil)
	rt := &route{lane: readingLane}
	c := &call{srv: w.srv, route: rt}
	b.ReportAllocs()
	for b.Loop() {
		if !c.enter() {
			b.Fatal(errors.New("refused"))
		}
		c.leave()
	}
}
