package httpapi

import (
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"boxoffice/actors/sale"
)

// newTraffic is a node's lines with so many inside each lane of bookings at most.
func newTraffic(most int64) *traffic {
	t := &traffic{least: most, top: most, size: most}
	t.lines[joiningLane].ordered = true
	t.share()
	return t
}

// arrive puts a call in line; its verdict waits in the call.
func arrive(l *lineup) *call {
	c := &call{verdict: make(chan int, 1)}
	l.join(c, time.Now())
	return c
}

// heard is what a call has heard; the last result is false where it still waits.
func heard(c *call) (int, bool) {
	select {
	case v := <-c.verdict:
		return v, true
	default:
		return 0, false
	}
}

// A place that is given back is the next one's: of a line that has just formed the first
// one's, of one that stands the last one's, but for those who want to get in line.
func TestWhoIsNext(t *testing.T) {
	for k, standsFirst := range map[lane]bool{payingLane: false, joiningLane: true} {
		synctest.Test(t, func(t *testing.T) {
			tr := newTraffic(1)
			l := &tr.lines[k]
			if !l.try() {
				t.Fatal("there is no room in an empty lane")
			}
			first, second := arrive(l), arrive(l)
			if l.try() {
				t.Fatal("somebody is let in before those who wait")
			}
			l.leave()
			if v, ok := heard(first); !ok || v != admitted {
				t.Fatal("a new line: the first one is not next")
			}
			<-time.After(standing + time.Millisecond)
			third := arrive(l)
			l.leave()
			next, other := third, second
			if standsFirst {
				next, other = second, third
			}
			if v, ok := heard(next); !ok || v != admitted {
				t.Errorf("lane %d, a line that stands: the wrong one is next", k)
			}
			if _, ok := heard(other); ok {
				t.Errorf("lane %d: two are let in", k)
			}
		})
	}
}

// Who waits too long is refused, at a pace; those whom the pace leaves waiting are refused
// at the end of benchTime. Nobody is forgotten, and the steward goes when all have gone.
func TestRefusalsHaveAPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTraffic(1)
		l := &tr.lines[payingLane]
		l.try()
		began := time.Now()
		var calls []*call
		for range 20_000 {
			calls = append(calls, arrive(l))
		}
		tr.wake()
		refused := func() (n int) {
			for _, c := range calls {
				if len(c.verdict) > 0 {
					n++
				}
			}
			return n
		}
		<-time.After(longPatience - 2*round)
		synctest.Wait()
		if n := refused(); n != 0 {
			t.Errorf("%d are refused before their patience is over", n)
		}
		<-time.After(time.Second + 2*round)
		synctest.Wait()
		if n := refused(); n == 0 || n > 20_000/2 {
			t.Errorf("%d are refused after a second of refusals: that is no pace", n)
		}
		<-time.After(time.Until(began.Add(benchTime + 2*round)))
		synctest.Wait()
		if n := refused(); n != 20_000 || tr.waiting() != 0 {
			t.Errorf("%d are refused in the end, %d wait", n, tr.waiting())
		}
		<-time.After(2 * round)
		synctest.Wait()
		if tr.tended.Load() {
			t.Error("there is a steward, and nobody who waits")
		}
	})
}

// Those inside become more while somebody waits and the processors have time, fewer while
// they have not, and are as few as at first when nobody waits.
func TestRoomByPressure(t *testing.T) {
	tr := newTraffic(64)
	tr.top = 1000
	l := &tr.lines[payingLane]
	l.queued.Store(1)
	for range 100 {
		tr.resize(0)
	}
	if tr.size != 1000 || l.most.Load() != 1000 || tr.lines[readingLane].most.Load() != 500 {
		t.Errorf("idle processors: %d may be inside, %d read", l.most.Load(), tr.lines[readingLane].most.Load())
	}
	for range 100 {
		tr.resize(2 * pressed)
	}
	if tr.size != 64 {
		t.Errorf("busy processors: %d may be inside, want 64", tr.size)
	}
	tr.resize(0)
	if tr.size <= 64 {
		t.Error("it does not grow again")
	}
	l.queued.Store(0)
	for range 100 {
		tr.resize(0)
	}
	if tr.size != 64 {
		t.Errorf("nobody waits: %d may be inside, want 64", tr.size)
	}
}

// A request that waited, and whose client has gone or whose deadline has passed, is not
// executed; a client that is there is served.
func TestWhoHasGoneIsNotServed(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxInside = 1 })
	w.put(arena("ev-1"))
	stuck, did := make(chan struct{}), make(chan sale.Command, 9)
	w.seller.intercept(func(_ string, cmd sale.Command) error {
		did <- cmd
		<-stuck
		return nil
	})
	l := &w.srv.traffic.lines[holdingLane]
	ask := func(header string) net.Conn {
		nc, err := net.Dial("tcp", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = nc.Close() })
		body := `{"quantity":1}`
		if _, err := fmt.Fprintf(nc, "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", header, len(body), body); err != nil {
			t.Fatal(err)
		}
		return nc
	}
	first := ask("")
	<-did
	began := time.Now()
	gone, late, patient := ask(""), ask(headerDeadline+": 1\r\n"), ask("")
	waitFor(t, func() bool { return l.queued.Load() == 3 })
	_ = gone.Close()
	waitFor(t, func() bool { return time.Since(began) > 4*round })
	close(stuck)
	for nc, want := range map[net.Conn]string{first: "201", late: "503", patient: "201"} {
		b, err := io.ReadAll(nc)
		if err != nil || len(b) < 12 || string(b[9:12]) != want {
			t.Errorf("%q %v, want %s", b, err, want)
		}
	}
	waitFor(t, func() bool { return l.inside.Load() == 0 && l.queued.Load() == 0 })
	if len(did) != 1 {
		t.Errorf("%d of those who waited were served, want 1", len(did))
	}
	w.told(`boxoffice_http_shed_total{class="holding",reason="gone"} 1`,
		`boxoffice_http_shed_total{class="holding",reason="late"} 1`,
		`boxoffice_http_waiting{class="holding",where="line"} 0`, `boxoffice_http_waits_total{class="holding"} 3`)
}

// Who has gone does not keep his connection until it is his turn to be refused.
func TestWhoHasGoneIsNotOnTheBench(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxInside = 1 })
	l := &w.srv.traffic.lines[readingLane]
	if !l.try() {
		t.Fatal("there is no room in an empty lane")
	}
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(nc, "GET /problems HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return l.queued.Load() == 1 })
	_ = nc.Close()
	waitFor(t, func() bool { return l.queued.Load() == 0 })
	l.mu.Lock() // the steward has done with him
	if n := l.benched.Load(); n != 0 {
		t.Errorf("%d on the bench", n)
	}
	l.mu.Unlock()
	waitFor(t, func() bool { return l.shed[shedGone].Load() == 1 })
	waitFor(t, func() bool { return w.srv.metrics.conns.open.Load() == 0 })
	l.leave()
}

// A sweep looks at each in turn, takes out who is to go, and keeps the order of the rest.
func TestSweep(t *testing.T) {
	var q queue
	all := make([]*call, 10)
	for i := range all {
		all[i] = &call{}
		q.push(all[i])
	}
	q.first() // a head that has gone is not looked at
	looked := map[*call]int{}
	goes := map[*call]bool{all[2]: true, all[3]: true, all[9]: true}
	for range 3 {
		gone := q.sweep(3, func(c *call) bool {
			looked[c]++
			return goes[c]
		})
		for _, c := range gone {
			if !goes[c] {
				t.Errorf("one has gone who is to stay")
			}
			delete(goes, c)
		}
	}
	if len(goes) > 0 || looked[all[0]]+looked[nil] > 0 {
		t.Errorf("%d of 3 stay, the head was looked at %d times", len(goes),
			looked[all[0]]+looked[nil])
	}
	for _, i := range []int{1, 4, 5, 6, 7, 8} {
		if looked[all[i]] == 0 || q.len() == 0 || q.first() != all[i] {
			t.Fatalf("the order is lost at %d, or it was not looked at", i)
		}
	}
	if q.len() != 0 || len(q.sweep(3, nil)) != 0 {
		t.Error("an empty queue is not")
	}
}

// A sweep goes on where it was although the queue has used its room before the head again.
func TestSweepGoesOn(t *testing.T) {
	var q queue
	for range 200 {
		q.push(&call{})
	}
	looked := map[*call]int{}
	look := func(c *call) bool {
		looked[c]++
		return false
	}
	q.sweep(150, look)
	for range 120 {
		q.first()
	}
	q.push(&call{})
	if q.head != 0 || q.len() != 81 {
		t.Fatalf("the head is at %d of %d: nothing was used again", q.head, q.len())
	}
	q.sweep(51, look)
	for i, c := range q.calls {
		if looked[c] != 1 {
			t.Errorf("%d was looked at %d times, want 1", i, looked[c])
		}
	}
}
