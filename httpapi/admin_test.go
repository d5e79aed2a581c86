package httpapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/sale"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"
)

func text(t testing.TB, id string) string {
	t.Helper()
	b, err := appendEvent(nil, arena(id))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// PUT, GET and DELETE /admin/events/{eventId}.
func TestAdminEvent(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ViewAge = time.Hour })
	w.do("GET", "/events/ev-1", "").want(404, codeEventNotFound) // and cached
	body := text(t, "ev-1")
	r := w.do("PUT", "/admin/events/ev-1", body).want(201)
	if r.header.Get("Location") != "/events/ev-1" || string(r.body) != body {
		t.Fatalf("%s\n%s", body, r.body)
	}
	w.do("GET", "/events/ev-1", "").want(200) // what was cached is dropped
	if r := w.do("PUT", "/admin/events/ev-1", body).want(200); r.header.Get("Event-Version") != "1" {
		t.Errorf("the same description made version %s", r.header.Get("Event-Version"))
	}
	changed := strings.Replace(body, "Ada and the Loops", "Ada alone", 1)
	w.do("PUT", "/admin/events/ev-1", strings.Replace(changed, `"id":"ev-1",`, "", 1)).want(200)
	if r := w.do("GET", "/events/ev-1", "").want(200); r.str("title") != "Ada alone" {
		t.Errorf("%s", r.body)
	}
	if r := w.do("GET", "/admin/events/ev-1", "").want(200); string(r.body) != changed {
		t.Errorf("%s", r.body)
	}
	hold := w.do("POST", "/events/ev-1/holds", `{"ticketIds":["FLOOR-20"]}`).want(201).str("id")
	r = w.do("PUT", "/admin/events/ev-1", strings.Replace(changed, `"capacity":20`, `"capacity":19`, 1))
	if ids := r.want(409, codeUnavailTickets).list("ticketIds"); len(ids) != 1 || ids[0] != "FLOOR-20" {
		t.Errorf("%s", r.body)
	}
	w.do("DELETE", "/admin/events/ev-1", "").want(409, codeUnavailTickets)
	w.do("DELETE", "/events/ev-1/holds/"+hold, "").want(204)
	w.do("DELETE", "/admin/events/ev-1", "").want(204)
	w.do("GET", "/events/ev-1", "").want(404, codeEventNotFound)
	w.do("GET", "/admin/events/ev-1", "").want(404, codeEventNotFound)
	w.do("DELETE", "/admin/events/ev-1", "").want(404, codeEventNotFound)
	for _, id := range []string{"a.b", strings.Repeat("x", 65)} {
		if at := w.do("PUT", "/admin/events/"+id, body).want(400, codeInvalid).at(); at != "/id" {
			t.Errorf("%q: %s", id, at)
		}
	}
	for _, half := range []string{`{"lat":51.05}`, `{"lon":3.72}`, `{}`} {
		r := w.do("PUT", "/admin/events/ev-1", strings.Replace(body, `{"lat":51.05,"lon":3.72}`, half, 1))
		if r.want(400, codeInvalid).at() != "/venue/location" || !strings.Contains(string(r.body), "lat and lon") {
			t.Errorf("%s: %s", half, r.body)
		}
	}
	r = w.do("PUT", "/admin/events/ev-1", strings.Replace(body, `"2027-06-01T12:00:00.000Z"`, `"2027-06-01"`, 1))
	if r.want(400, codeInvalid).at() != "/startsAt" || !strings.Contains(string(r.body), "RFC 3339") {
		t.Errorf("%s", r.body)
	}
	for bad, at := range map[string]string{
		`{"venue":{"location":{"lat":1,"lon":2,"alt":3}}}`:               "/venue/location/alt",
		strings.Replace(body, `"ev-1"`, `"ev-2"`, 1):                     "/id",
		strings.Replace(body, `"price":12500`, `"price":-1`, 1):          "/inventory/sections/0/price",
		strings.Replace(body, `"price":12500`, `"price":12.5`, 1):        "/inventory/sections/0/price",
		strings.Replace(body, `"genre":`, `"sold":true,"genre":`, 1):     "/sold",
		strings.Replace(body, "Ada and", "4242 4242 4242 4242 and", 1):   "/title",
		strings.Replace(body, `"lat":51.05`, `"lat":1e400`, 1):           "/venue/location/lat",
		strings.Replace(body, `"name":"Ada"`, `"name":"A\u0000da"`, 1):   "/performers/0/name",
		strings.Replace(body, `"startsAt":"2027`, `"startsAt":"soon`, 1): "/startsAt",
	} {
		if r := w.do("PUT", "/admin/events/ev-1", bad).want(400, codeInvalid); r.at() != at {
			t.Errorf("at %q, want %q: %s", r.at(), at, r.body)
		}
	}
}

// Admin calls need the token, where there is one.
func TestAdminToken(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.AdminToken = "sesame" })
	paths := map[string]string{"PUT": "/admin/events/a", "GET": "/admin/events/a", "DELETE": "/admin/events/a",
		"POST": catalogPath}
	for method, path := range paths {
		for _, auth := range []string{"", "Bearer", "Bearer x", "Bearer sesame2", "Basic sesame", "sesame"} {
			r := w.do(method, path, bodyFor(method), "Authorization", auth).want(401, codeUnauthorized)
			if r.header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("no WWW-Authenticate")
			}
		}
	}
	w.do("GET", "/admin/events/a", "", "Authorization", "Bearer sesame").want(404, codeEventNotFound)
	w.do("GET", "/admin/events/a/history", "", "Authorization", "bearer sesame").want(404, codeEventNotFound)
}

func bodyFor(method string) string {
	if method == "PUT" || method == "POST" {
		return `{}`
	}
	return ""
}

// elsewhere makes every peer one of another machine.
type elsewhere struct{ net.Listener }

func (l elsewhere) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return farConn{nc}, nil
}

type farConn struct{ net.Conn }

func (farConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9} }

// 403: without a token admin calls are this machine's only.
func TestAdminElsewhere(t *testing.T) {
	w := newWorld(t, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- w.srv.Serve(elsewhere{ln}) }()
	near := w.addr
	w.addr = ln.Addr().String()
	w.do("GET", "/admin/events/a", "").want(403, codeForbidden)
	w.do("GET", "/events/a", "").want(404, codeEventNotFound)
	w.client.CloseIdleConnections()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	w.addr = near
	w.do("GET", "/admin/events/a", "").want(404, codeEventNotFound)
}

// Users by JWT: the algorithm is the key's, exp is needed, X-User-Id counts for nothing.
func TestJWT(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPub, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		method  jwt.SigningMethod
		sign    any
		trusted []byte
	}{
		{jwt.SigningMethodHS256, secret, secret},
		{jwt.SigningMethodRS256, rsaKey, publicPEM(t, &rsaKey.PublicKey)},
		{jwt.SigningMethodES256, ecKey, publicPEM(t, &ecKey.PublicKey)},
		{jwt.SigningMethodEdDSA, edKey, publicPEM(t, edPub)},
	} {
		t.Run(row.method.Alg(), func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.JWTKey = row.trusted })
			w.put(arena("ev-1"))
			token := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
				s, err := jwt.NewWithClaims(method, claims).SignedString(key)
				if err != nil {
					t.Fatal(err)
				}
				return "Bearer " + s
			}
			later, before := testNow.Add(time.Hour).Unix(), testNow.Add(-time.Hour).Unix()
			u1 := token(row.method, row.sign, jwt.MapClaims{"sub": "u1", "exp": later})
			path := "/events/ev-1/holds/" +
				w.do("POST", "/events/ev-1/holds", `{"quantity":1}`, "Authorization", u1).want(201).str("id")
			w.do("GET", path, "", "Authorization", u1).want(200)
			u2 := token(row.method, row.sign, jwt.MapClaims{"sub": "u2", "exp": later})
			w.do("GET", path, "", "Authorization", u2).want(404, codeHoldNotFound)
			w.do("GET", path, "", "X-User-Id", "u1").want(404, codeHoldNotFound)
			for name, bad := range map[string]string{
				"expired": token(row.method, row.sign, jwt.MapClaims{"sub": "u1", "exp": before}),
				"no exp":  token(row.method, row.sign, jwt.MapClaims{"sub": "u1"}),
				"not yet": token(row.method, row.sign, jwt.MapClaims{"sub": "u1", "exp": later, "nbf": later}),
				"no sub":  token(row.method, row.sign, jwt.MapClaims{"exp": later}),
				"bad sub": token(row.method, row.sign, jwt.MapClaims{"sub": "a b", "exp": later}),
				"none": token(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType,
					jwt.MapClaims{"sub": "u1", "exp": later}),
				"key as HMAC": token(jwt.SigningMethodHS512, row.trusted, jwt.MapClaims{"sub": "u1", "exp": later}),
				"cut":         u1[:len(u1)-4],
				"no scheme":   strings.TrimPrefix(u1, "Bearer "),
			} {
				if r := w.do("GET", path, "", "Authorization", bad); r.status != 401 {
					t.Errorf("%s: %d %s", name, r.status, r.body)
				}
			}
		})
	}
	for _, bad := range []string{"short", "-----BEGIN PUBLIC KEY-----\nx"} {
		if _, err := newVerifier([]byte(bad), time.Now); err == nil {
			t.Errorf("key %q was taken", bad)
		}
	}
}

func publicPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// summary is the last line of a catalog's answer, and the number of those before.
func summary(t *testing.T, r *reply) (accepted, created, refused, lines int) {
	t.Helper()
	r.want(200)
	all := strings.Split(strings.TrimSuffix(string(r.body), "\n"), "\n")
	var sum struct {
		Accepted  int `json:"accepted"`
		Created   int `json:"created"`
		Unchanged int `json:"unchanged"`
		Refused   int `json:"refused"`
	}
	if err := json.Unmarshal([]byte(all[len(all)-1]), &sum, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err, string(r.body))
	}
	if sum.Created+sum.Unchanged > sum.Accepted {
		t.Errorf("new and unchanged are more than all: %s", r.body)
	}
	return sum.Accepted, sum.Created, sum.Refused, len(all) - 1
}

// POST /admin/catalog: lines are independent, and the same again changes nothing.
func TestCatalog(t *testing.T) {
	w := newWorld(t, nil)
	var b strings.Builder
	for i := range 500 {
		b.WriteString(text(t, fmt.Sprintf("ev-%d", i)) + "\n")
	}
	b.WriteString("\n  \n{\"id\":\"bad\"}\nnonsense\n")
	b.WriteString(strings.Replace(text(t, "ev-7"), "Ada and", "Bob and", 1)) // without a line end
	// The second time only ev-7 changes, there and back.
	for round, want := range []string{
		`{"accepted":501,"created":500,"unchanged":0,"refused":2}`,
		`{"accepted":501,"created":0,"unchanged":499,"refused":2}`,
	} {
		r := w.do("POST", catalogPath, b.String(), "Content-Type", ndjsonType)
		if _, _, _, lines := summary(t, r); lines != 2 || !strings.HasSuffix(string(r.body), "\n"+want+"\n") {
			t.Fatalf("round %d: %s", round, r.body)
		}
		if !strings.HasPrefix(string(r.body), `{"line":503,"id":"bad","code":"invalid-request"`) ||
			!strings.Contains(string(r.body), "\n"+`{"line":504,"code":"invalid-request"`) {
			t.Fatalf("%s", r.body)
		}
	}
	if r := w.do("GET", "/events/ev-7", "").want(200); r.str("title") != "Bob and the Loops" {
		t.Error("a later line of the same event did not win")
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(text(t, "ev-z") + "\n" + text(t, "ev-y"))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r := w.do("POST", catalogPath, packed.String(), "Content-Type", ndjsonType, "Content-Encoding", "gzip")
	if accepted, _, refused, _ := summary(t, r); accepted != 2 || refused != 0 {
		t.Errorf("%s", r.body)
	}
	cut := packed.String()[:packed.Len()-20]
	r = w.do("POST", catalogPath, cut, "Content-Type", ndjsonType, "Content-Encoding", "gzip")
	if _, _, refused, _ := summary(t, r); refused == 0 {
		t.Errorf("a cut stream passed: %s", r.body)
	}
	w.do("POST", catalogPath, "not gzip", "Content-Type", ndjsonType, "Content-Encoding", "gzip").want(200)
	w.do("POST", catalogPath, "{}", "Content-Type", ndjsonType, "Content-Encoding", "br").want(415, codeMediaType)
	w.do("POST", catalogPath, "{}", "Content-Type", "text/csv").want(415, codeMediaType)
	w.do("POST", catalogPath, "", "Content-Type", ndjsonType).want(200)
}

// The bounds of an upload: the length of a line, what gzip may unpack to, the
// number of uploads at one time.
func TestCatalogBounds(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.CatalogLine, c.CatalogUploads, c.CatalogInFlight = 100_000, 1, 2 })
	long := strings.Replace(text(t, "ev-1"), `"Rock"`, `"`+strings.Repeat("r", 200_000)+`"`, 1)
	r := w.do("POST", catalogPath, long+"\n"+text(t, "ev-2")+"\n"+long, "Content-Type", ndjsonType)
	if accepted, _, refused, _ := summary(t, r); accepted != 1 || refused != 2 ||
		!strings.HasPrefix(string(r.body), `{"line":1,"code":"payload-too-large"`) {
		t.Errorf("%s", r.body)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 100 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r = w.do("POST", catalogPath, packed.String(), "Content-Type", ndjsonType, "Content-Encoding", "gzip")
	if _, _, refused, _ := summary(t, r); refused != 2 || !strings.Contains(string(r.body), "unpacks to far more") {
		t.Errorf("%s", clip(string(r.body)))
	}
	started, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.seller.intercept(func(string, sale.Command) error {
		once.Do(func() { close(started); <-release })
		return nil
	})
	done := make(chan *reply)
	go func() { done <- w.do("POST", catalogPath, text(t, "ev-3"), "Content-Type", ndjsonType) }()
	<-started
	w.do("POST", catalogPath, text(t, "ev-4"), "Content-Type", ndjsonType).want(503, codeOverloaded)
	w.told("boxoffice_http_catalog_uploads 1", "boxoffice_http_catalog_uploads_max 1",
		"boxoffice_http_catalog_uploads_refused_total 1",
		fmt.Sprint("boxoffice_http_catalog_lines_bytes ", len(text(t, "ev-3"))))
	close(release)
	(<-done).want(200)
	w.told("boxoffice_http_catalog_uploads 0", "boxoffice_http_catalog_lines_bytes 0")
}

// A line whose event cannot be reached for a moment is tried again.
func TestCatalogRetries(t *testing.T) {
	w := newWorld(t, nil)
	var mu sync.Mutex
	left := map[string]int{"ev-1": 2, "ev-2": 1}
	w.seller.intercept(func(event string, _ sale.Command) error {
		mu.Lock()
		defer mu.Unlock()
		if left[event]--; left[event] >= 0 {
			return []error{actors.ErrUnknown, actors.ErrOverloaded}[left[event]%2]
		}
		if event == "ev-3" {
			return errors.New("for good")
		}
		return nil
	})
	lines := text(t, "ev-1") + "\n" + text(t, "ev-2") + "\n" + text(t, "ev-3")
	r := w.do("POST", catalogPath, lines, "Content-Type", ndjsonType)
	if accepted, _, refused, _ := summary(t, r); accepted != 2 || refused != 1 ||
		!strings.Contains(string(r.body), `{"line":3,"id":"ev-3","code":"internal-error"`) {
		t.Errorf("%s", r.body)
	}
}

// GET /admin/events/{eventId}/history: every record, in order.
func TestHistory(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	hold := "/events/ev-1/holds/" + w.do("POST", "/events/ev-1/holds", `{"quantity":2}`, "X-User-Id", "u1").str("id")
	w.do("POST", hold+"/extend", "", "X-User-Id", "u1")
	w.clock.advance(time.Second)
	w.do("POST", hold+"/extend", "", "X-User-Id", "u1").want(200)
	w.do("DELETE", hold, "", "X-User-Id", "u1").want(204)
	booking := w.do("POST", "/bookings/ev-1", `{"ticketIds":["FLOOR-1"],`+pay+`}`).want(201).header.Get("Location")
	w.do("DELETE", booking, "").want(200)
	declined := strings.Replace(`{"ticketIds":["FLOOR-2"],`+pay+`}`, "visa", "chargeDeclined", 1)
	w.do("POST", "/bookings/ev-1", declined, "Idempotency-Key", "k").want(402)
	end := w.do("GET", "/admin/events/ev-1/history?from=99", "").want(200)
	now := w.do("GET", "/events/ev-1", "").header.Get(headerEventVersion)
	if got := end.header.Get(headerEventVersion); got != now {
		t.Errorf("behind the end: version %q, want %s", got, now)
	}
	w.do("DELETE", "/admin/events/ev-1", "").want(204)
	r := w.do("GET", "/admin/events/ev-1/history", "").want(200)
	var types []string
	for i, rec := range r.list("records") {
		m := rec.(map[string]any)
		types = append(types, m["type"].(string))
		if m["version"] != float64(i+1) || m["at"] == "" {
			t.Errorf("%v", m)
		}
	}
	got := strings.Join(types, " ")
	for _, want := range []string{"event-defined hold-placed", "hold-changed hold-ended payment-started confirmed " +
		"captured cancelled refunded payment-started declined", "event-removed"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(string(r.body), "pm_card") {
		t.Error("a payment token is told")
	}
	page := w.do("GET", "/admin/events/ev-1/history?from=2&limit=3", "").want(200)
	if len(page.list("records")) != 3 || page.get("next") != 5.0 || page.header.Get("Event-Version") != "4" {
		t.Errorf("%s", page.body)
	}
	lines := w.do("GET", "/admin/events/ev-1/history", "", "Accept", ndjsonType).want(200)
	if n := bytes.Count(lines.body, []byte("\n")); n != len(types) {
		t.Errorf("%d lines, %d records", n, len(types))
	}
	w.do("GET", "/admin/events/ev-1/history?from=99", "").want(200)
	w.do("GET", "/admin/events/none/history", "").want(404, codeEventNotFound)
	w.seller.trimmed.Store(3)
	for _, accept := range []string{"", ndjsonType} {
		for _, query := range []string{"", "?from=0", "?from=3"} {
			r := w.do("GET", "/admin/events/ev-1/history"+query, "", "Accept", accept).want(410, codeTrimmed)
			if r.get("retryable") != false || r.get("executed") != false {
				t.Errorf("%s", r.body)
			}
		}
	}
	if r := w.do("GET", "/admin/events/ev-1/history?from=4", "").want(200); len(r.list("records")) != len(types)-3 {
		t.Errorf("%s", r.body)
	}
	for query, at := range map[string]string{
		"limit=0": "?limit", "limit=1001": "?limit", "from=x": "?from", "to=1": "?to",
	} {
		if r := w.do("GET", "/admin/events/ev-1/history?"+query, "").want(400, codeInvalid); r.at() != at {
			t.Errorf("%s: %s", query, r.body)
		}
	}
}

// The node's own paths.
func TestOps(t *testing.T) {
	w := newWorld(t, nil)
	w.do("GET", "/healthz", "").want(200)
	w.do("GET", "/readyz", "").want(200)
	if r := w.do("GET", "/version", "").want(200); r.str("version") != "test" || r.str("node") != "n1" {
		t.Errorf("%s", r.body)
	}
	if r := w.do("GET", "/openapi.yaml", "").want(200); !bytes.Equal(r.body, openAPI) {
		t.Error("another document is served")
	}
	no := errors.New("no quorum")
	w.seller.notReady.Store(&no)
	if r := w.do("GET", "/readyz", "").want(503, codeUnavailable); !strings.Contains(r.str("detail"), "no quorum") {
		t.Errorf("%s", r.body)
	}
	w.seller.notReady.Store(nil)
	for _, path := range []string{"/healthz", "/readyz", "/version", "/openapi.yaml", "/metrics", "/problems"} {
		w.do("GET", path+"?x=1", "").want(400, codeInvalid)
	}
}

// GET /problems/{code}: cause, what to do, an example; of every code that is answered.
func TestProblems(t *testing.T) {
	w := newWorld(t, nil)
	all := w.do("GET", "/problems", "").want(200).list("problems")
	if len(all) != len(problems) {
		t.Fatalf("%d problems, %d in the table", len(all), len(problems))
	}
	for i := range problems {
		p := &problems[i]
		r := w.do("GET", "/problems/"+p.code, "").want(200)
		if r.str("cause") == "" || r.str("remedy") == "" || r.str("example", "code") != p.code {
			t.Errorf("%s", r.body)
		}
		page := w.do("GET", "/problems/"+p.code, "", "Accept", "text/html,*/*").want(200)
		if !strings.Contains(page.header.Get("Content-Type"), "text/html") ||
			!strings.Contains(string(page.body), "<code>"+p.code+"</code>") {
			t.Errorf("%s", page.body)
		}
		if http.StatusText(p.status) == "" || p.retryAfter > 0 && !p.retryable {
			t.Errorf("%s: status %d, retryable %v", p.code, p.status, p.retryable)
		}
		// Who is told to come back is told when, but for faults that have no time.
		wait := p.status == 503 || p.status == 429 || p.status == 409 && p.retryable
		if wait != (p.retryAfter > 0) {
			t.Errorf("%s: status %d with Retry-After %d", p.code, p.status, p.retryAfter)
		}
	}
	for _, code := range []sale.Code{sale.EventNotFound, sale.TicketNotFound, sale.HoldNotFound, sale.BookingNotFound,
		sale.NotOnSale, sale.TicketsUnavailable, sale.NotEnoughTickets, sale.LimitExceeded, sale.HoldExpired,
		sale.HoldInPayment, sale.BookingPending, sale.CardDeclined, sale.KeyReused, sale.WrongTickets,
		sale.TooManyKeys} {
		if problemByCode[string(code)] == nil {
			t.Errorf("%s of the core has no row", code)
		}
	}
}

// GET /metrics tells what was counted.
func TestMetrics(t *testing.T) {
	w := newWorld(t, nil)
	w.put(arena("ev-1"))
	for range 3 {
		w.do("GET", "/events/ev-1", "").want(200)
	}
	w.do("GET", "/nowhere", "").want(404, codeNotFound)
	w.do("GET", "/events/ev-1/tickets", "").want(200)
	w.do("GET", "/events/ev-1/tickets", "").want(200)
	w.raw("BREW / HTTP/1.1\r\nHost: x\r\n\r\n")
	w.told(
		`boxoffice_http_requests_total{method="GET",route="/events/{eventId}",status="200"} 3`,
		`boxoffice_http_requests_total{method="none",route="none",status="404"} 1`,
		`boxoffice_http_requests_total{method="none",route="none",status="501"} 1`,
		`boxoffice_http_problems_total{code="not-found"} 1`,
		`boxoffice_http_cache_requests_total{cache="events",result="hit"} 2`,
		`boxoffice_http_cache_requests_total{cache="events",result="miss"} 1`,
		`boxoffice_http_request_duration_seconds_count{method="GET",route="/events/{eventId}"} 3`,
		`boxoffice_http_requests_in_flight 1`,
		`boxoffice_http_connections_max 16000`,
		`boxoffice_http_connections_peer_max 1024`,
		`boxoffice_http_connections_refused_total{bound="peer"} 0`,
		`boxoffice_http_cache_requests_total{cache="seat-maps",result="hit"} 1`,
		`boxoffice_http_cache_requests_total{cache="seat-maps",result="miss"} 1`,
		`boxoffice_http_cache_too_large_total{cache="seat-maps"} 0`,
		`boxoffice_http_cache_evicted_total{cache="snapshots"} 0`,
		`boxoffice_http_catalog_lines_bytes_max 2.68435456e+08`,
	)
}

// told checks that GET /metrics has these lines.
func (w *world) told(lines ...string) {
	w.t.Helper()
	got := string(w.do("GET", "/metrics", "").want(200).body)
	for _, want := range lines {
		if !strings.Contains(got, "\n"+want+"\n") {
			w.t.Errorf("no %s", want)
		}
	}
}

// Shutdown: requests under way end, and what does not end is cut off.
func TestShutdown(t *testing.T) {
	for _, patient := range []bool{true, false} {
		w := newWorld(t, nil)
		w.put(arena("ev-1"))
		started, release := make(chan struct{}), make(chan struct{})
		w.seller.intercept(func(string, sale.Command) error { close(started); <-release; return nil })
		got := make(chan error, 1)
		go func() {
			resp, err := http.Post("http://"+w.addr+"/events/ev-1/holds", jsonType, strings.NewReader(`{"quantity":1}`))
			if err == nil {
				if resp.StatusCode != 201 || !resp.Close {
					err = fmt.Errorf("status %d, close %v", resp.StatusCode, resp.Close)
				}
				err = errors.Join(err, resp.Body.Close())
			}
			got <- err
		}()
		<-started
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- w.srv.Shutdown(ctx) }()
		<-w.srv.stopped
		if patient {
			waitFor(t, func() bool { // the listener is closed
				nc, err := net.Dial("tcp", w.addr)
				if err == nil {
					nc.Close()
				}
				return err != nil
			})
			close(release)
			if err := <-got; err != nil {
				t.Error(err)
			}
			w.client.CloseIdleConnections()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		} else {
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if err := <-got; err == nil {
				t.Error("what was cut off had an answer")
			}
			close(release)
		}
		cancel()
	}
}
