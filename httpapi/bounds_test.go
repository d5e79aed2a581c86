package httpapi

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"boxoffice/actors/sale"
)

// The memory for large bodies has a bound, and room comes back.
func TestLargeBodies(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.LargeBodies = int64(c.MaxBody) })
	w.put(arena("ev-1"))
	nc, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	const head = "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
		"Content-Length: 200000\r\n\r\n"
	if _, err := nc.Write([]byte(head + strings.Repeat(" ", 100_000))); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return w.srv.largeBodies.Load() > 0 })
	large := `{"quantity":1` + strings.Repeat(" ", 100_000) + `}`
	w.do("POST", "/events/ev-1/holds", large).want(503, codeOverloaded)
	w.told("boxoffice_http_large_bodies_bytes 1.048576e+06", "boxoffice_http_large_bodies_refused_total 1")
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`).want(201)
	if err := nc.Close(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return w.srv.largeBodies.Load() == 0 })
	w.do("POST", "/events/ev-1/holds", large).want(201)
}

// The access log has a line a request and nothing that gives access to anything.
func TestAccessLog(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(c *Config) {
		c.AccessLog, c.AdminToken = slog.New(slog.NewTextHandler(&log, nil)), "sesame"
	})
	b, err := appendEvent(nil, arena("ev-1"))
	if err != nil {
		t.Fatal(err)
	}
	w.do("PUT", "/admin/events/ev-1", string(b), "Authorization", "Bearer sesame").want(201)
	booking := w.do("POST", "/bookings/ev-1", `{"ticketIds":["101-A-1"],`+pay+`}`, "X-User-Id", "u1",
		"Idempotency-Key", "secret-key").want(201)
	w.do("GET", booking.header.Get("Location"), "", "X-User-Id", "u1", "X-Request-Id", "r1").want(200)
	for _, secret := range []string{"sesame", "pm_card", "secret-key", booking.str("id"), "u1", "101-A-1"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log:\n%s", secret, log.String())
		}
	}
	for _, want := range []string{`route="GET /bookings/{eventId}/{bookingId}" status=200`, "requestId=r1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in\n%s", want, log.String())
		}
	}
}

// Two Authorization headers are none.
func TestTwoTokens(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.AdminToken = "sesame" })
	const one = "Authorization: Bearer sesame\r\n"
	for auth, status := range map[string]int{one: 404, one + one: 401} {
		resp, body, _ := w.raw("GET /admin/events/a HTTP/1.1\r\nHost: x\r\n" + auth + "\r\n")
		if resp.StatusCode != status {
			t.Errorf("%d, want %d: %s", resp.StatusCode, status, body)
		}
	}
}

// A configuration that cannot work is refused, every fault at once.
func TestConfig(t *testing.T) {
	_, err := New(Config{})
	if err == nil || !strings.Contains(err.Error(), "Seller") || !strings.Contains(err.Error(), "MaxConns ") {
		t.Errorf("%v", err)
	}
	cfg := DefaultConfig()
	cfg.Seller = newFake(nil)
	if _, err := New(cfg); err != nil {
		t.Error(err)
	}
}

// Lines of one event go one after another, whatever goes on beside them.
func TestCatalogOrder(t *testing.T) {
	w := newWorld(t, nil)
	var under atomic.Int64
	other := make(chan struct{})
	var once sync.Once
	w.seller.intercept(func(event string, _ sale.Command) error {
		if event != "twice" {
			once.Do(func() { close(other) })
			return nil
		}
		if under.Add(1) > 1 {
			t.Error("two lines of one event are under way")
		}
		<-other // a line behind both is under way: the reader has handed out both
		for range 1000 {
			runtime.Gosched() // time for the second, where nothing holds it back
		}
		under.Add(-1)
		return nil
	})
	lines := text(t, "twice") + "\n" + strings.Replace(text(t, "twice"), "Ada and", "Bob and", 1)
	for i := range 100 {
		lines += "\n" + text(t, fmt.Sprint("ev-", i))
	}
	r := w.do("POST", catalogPath, lines, "Content-Type", ndjsonType)
	if accepted, _, _, _ := summary(t, r); accepted != 102 {
		t.Errorf("%s", r.body)
	}
	if r := w.do("GET", "/events/twice", "").want(200); r.str("title") != "Bob and the Loops" {
		t.Errorf("%s", r.body)
	}
}

// BenchmarkCatalog is an upload of a thousand events, without what a log costs.
func BenchmarkCatalog(b *testing.B) {
	w := newWorld(b, nil)
	var lines strings.Builder
	for i := range 1000 {
		lines.WriteString(text(b, fmt.Sprint("ev-", i)) + "\n")
	}
	for b.Loop() {
		resp, err := w.client.Post("http://"+w.addr+catalogPath, ndjsonType, strings.NewReader(lines.String()))
		if err != nil || resp.StatusCode != 200 {
			b.Fatal(resp, err)
		}
		if err := resp.Body.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "events/s")
}
