package httpapi

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var testPeer = netip.MustParseAddr("203.0.113.7")

// A user has so many requests at once, and so many a second. Others, and nobody, are
// not concerned; nor are operators and probes.
func TestUserRate(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.UserRate = Rate{PerSecond: 0.5, Burst: 4} })
	w.put(arena("ev-1"))
	ask := func(user string) *reply { return w.do("GET", "/events/ev-1", "", headerUserID, user) }
	for range 4 {
		ask("ann").want(200)
	}
	if r := ask("ann").want(429, codeRateLimited); r.header.Get(headerRetryAfter) != "2" ||
		r.get("executed") != false || r.get("retryable") != true {
		t.Errorf("%v %s", r.header, r.body)
	}
	w.do("POST", "/events/ev-1/holds", `{"quantity":`, headerUserID, "ann").want(429, codeRateLimited) // not read
	ask("bob").want(200)
	for range 6 {
		ask("").want(200)
		w.do("GET", "/healthz", "", headerUserID, "ann").want(200)
		w.do("GET", "/admin/events/ev-1", "", headerUserID, "ann").want(200)
	}
	if resp, _, _ := w.raw("GET /nowhere HTTP/1.1\r\nHost: x\r\nX-User-Id: ann\r\n\r\n"); resp.StatusCode != 429 {
		t.Errorf("a path that is not there: %d", resp.StatusCode)
	}
	w.clock.advance(1900 * time.Millisecond)
	if r := ask("ann").want(429, codeRateLimited); r.header.Get(headerRetryAfter) != "1" {
		t.Errorf("%v", r.header)
	}
	w.clock.advance(100 * time.Millisecond)
	ask("ann").want(200)
	ask("ann").want(429)
	w.told(`boxoffice_http_shed_total{class="reading",reason="user"} 4`,
		`boxoffice_http_shed_total{class="holding",reason="user"} 1`, `boxoffice_http_buckets_forgiven_total 0`)
}

// Polls have buckets of their own: who polls too fast can still buy, and who buys too
// fast can still poll.
func TestPollsHaveTheirOwnRate(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.UserRate = Rate{PerSecond: 1, Burst: 4} })
	w.put(arena("ev-1"))
	for range 2 { // half of 4
		w.do("GET", "/events/ev-1/tickets", "", headerUserID, "ann").want(200)
	}
	w.do("GET", "/events/ev-1/tickets", "", headerUserID, "ann").want(429, codeRateLimited)
	w.do("GET", "/events/ev-1/queue/AAAAAAAAAAAAAAAAAAAAAB", "", headerUserID, "ann").want(429, codeRateLimited)
	for range 4 {
		w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, headerUserID, "ann").want(201)
	}
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, headerUserID, "ann").want(429, codeRateLimited)
	w.clock.advance(time.Second)
	w.do("GET", "/events/ev-1/tickets", "", headerUserID, "ann").want(429) // half as often, too
	w.clock.advance(time.Second)
	w.do("GET", "/events/ev-1/tickets", "", headerUserID, "ann").want(200)
}

// A network is held to its rate, whoever its users say they are; loopback addresses only
// where a test wants that, and then each for itself.
func TestNetworkRate(t *testing.T) {
	rate := func(c *Config) { c.NetworkRate = Rate{PerSecond: 1, Burst: 3} }
	w := newWorld(t, rate)
	for range 9 {
		w.do("GET", "/problems", "").want(200)
	}
	w = newWorld(t, func(c *Config) { rate(c); c.LimitLoopback = true })
	from := func(addr string) int {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
		nc, err := d.Dial("tcp", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		fmt.Fprintf(nc, "GET /problems HTTP/1.1\r\nHost: x\r\nX-User-Id: u%s\r\n\r\n", appendRequestID(nil))
		resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil {
			t.Fatal(err)
		}
		after, _ := strconv.Atoi(resp.Header.Get(headerRetryAfter))
		if resp.StatusCode == 429 && (after < 1 || after > 3) {
			t.Errorf("Retry-After %d", after)
		}
		return resp.StatusCode
	}
	for _, peer := range []string{"127.0.0.1", "127.0.0.2"} {
		for _, want := range []int{200, 200, 200, 429, 429} {
			if got := from(peer); got != want {
				t.Errorf("%s: %d, want %d", peer, got, want)
			}
		}
	}
	w.clock.advance(time.Second)
	if got := from("127.0.0.1"); got != 200 {
		t.Errorf("a second later: %d", got)
	}
}

// Neighbours share a network's bucket, and strangers do not.
func TestNetworks(t *testing.T) {
	for _, row := range []struct {
		a, b string
		same bool
	}{
		{"203.0.113.7", "203.0.113.250", true}, {"203.0.113.7", "203.0.114.7", false},
		{"2001:db8:0:aa00::1", "2001:db8:0:aaff::2", true}, {"2001:db8:0:aa00::1", "2001:db8:0:ab00::1", false},
		{"127.0.0.1", "127.0.0.2", false}, {"::1", "::1", true}, {"127.0.0.1", "::1", false},
		{"0.0.0.1", "::1", false},
	} {
		a, b := netip.MustParseAddr(row.a), netip.MustParseAddr(row.b)
		if same := networkOf(a) == networkOf(b); same != row.same {
			t.Errorf("%s and %s are one network: %v", a, b, same)
		}
	}
	for _, row := range [][2]string{{"203.0.113.7", "203.0.113.7"}, {"2001:db8:0:aabb::1", "2001:db8:0:aa00::"},
		{"::1", "::1"}} {
		if got := siteOf(netip.MustParseAddr(row[0])).String(); got != row[1] {
			t.Errorf("%s counts under %s, want %s", row[0], got, row[1])
		}
	}
}

// A refused request's short body is passed over; behind a long one the connection ends.
func TestRefusedBodies(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.UserRate = Rate{PerSecond: 1, Burst: 1} })
	w.put(arena("ev-1"))
	post := func(body string) string {
		return "POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nX-User-Id: ann\r\nContent-Type: application/json\r\n" +
			"Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	}
	w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, headerUserID, "ann").want(201)
	for name, row := range map[string]struct {
		send string
		open bool
	}{
		"short": {post(`{"quantity":1}`), true},
		"long":  {post(`{"quantity":1` + strings.Repeat(" ", keepBuffer) + "}"), false},
		"chunks": {"POST /events/ev-1/holds HTTP/1.1\r\nHost: x\r\nX-User-Id: ann\r\n" +
			"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"qua\r\n0\r\n\r\n", false},
	} {
		nc, err := net.Dial("tcp", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		fmt.Fprint(nc, row.send+"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		br := bufio.NewReader(nc)
		resp, err := http.ReadResponse(br, nil)
		if err != nil || resp.StatusCode != 429 || resp.Close == row.open {
			t.Fatalf("%s: %v %v", name, resp, err)
		}
		body := make([]byte, resp.ContentLength)
		if _, err := br.Read(body); err != nil {
			t.Fatal(err)
		}
		if next, err := http.ReadResponse(br, nil); (err == nil && next.StatusCode == 200) != row.open {
			t.Errorf("%s: then %v %v", name, next, err)
		}
	}
	if n := w.seller.done.Load(); n != 2 { // the event, and one hold
		t.Errorf("%d commands reached the seller", n)
	}
}

// With tokens the bucket is that of the user who is proved: a forged token uses up nobody's.
func TestUserRateWithTokens(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	w := newWorld(t, func(c *Config) { c.JWTKey, c.UserRate = secret, Rate{PerSecond: 1, Burst: 2} })
	w.put(arena("ev-1"))
	bearer := func(key string) string {
		s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "ann",
			"exp": testNow.Add(time.Hour).Unix()}).SignedString([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + s
	}
	hold := func(auth string) *reply {
		return w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "Authorization", auth)
	}
	for range 5 {
		hold(bearer(strings.Repeat("x", 32))).want(401, codeUnauthorized)
	}
	hold(bearer(string(secret))).want(201)
	hold(bearer(string(secret))).want(201)
	hold(bearer(string(secret))).want(429, codeRateLimited)
}

// Every route has its class and its bucket.
func TestRoutesByClass(t *testing.T) {
	want := map[string]string{
		"GET /events": "searching 0", "GET /suggest": "searching 0", "GET /events/{eventId}": "reading 0",
		"GET /events/{eventId}/tickets": "reading 1", "GET /events/{eventId}/live": "reading 2",
		"POST /events/{eventId}/holds": "holding 0", "GET /events/{eventId}/holds/{holdId}": "reading 0",
		"PATCH /events/{eventId}/holds/{holdId}": "holding 0", "DELETE /events/{eventId}/holds/{holdId}": "holding 0",
		"POST /events/{eventId}/holds/{holdId}/extend": "paying 0", "POST /events/{eventId}/queue": "joining 0",
		"GET /events/{eventId}/queue/{token}": "reading 1", "DELETE /events/{eventId}/queue/{token}": "joining 0",
		"GET /events/{eventId}/queue/{token}/live": "reading 2", "POST /bookings/{eventId}": "paying 0",
		"GET /bookings/{eventId}/{bookingId}": "reading 0", "DELETE /bookings/{eventId}/{bookingId}": "paying 0",
		"GET /problems": "reading 0", "GET /problems/{code}": "reading 0", "GET /openapi.yaml": "reading 0",
	}
	table := routes()
	newRouter(table)
	for _, rt := range table {
		name := rt.method + " " + rt.path
		w, known := want[name]
		if rt.admin || rt.probe {
			w, known = "free 3", true
		}
		if got := fmt.Sprint(laneNames[rt.lane], " ", rt.toll); !known || got != w {
			t.Errorf("%s is %s, want %s", name, got, w)
		}
	}
}
