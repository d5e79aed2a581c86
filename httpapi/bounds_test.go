package httpapi

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
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
