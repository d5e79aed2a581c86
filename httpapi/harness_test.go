package httpapi

import (
	"bytes"
	"context"
	"errors"

	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/actors/sale/catalog"

	"github.com/go-json-experiment/json"
)

// world is a server on loopback, its clock, and what sells behind it.
type world struct {
	t      testing.TB
	addr   string
	srv    *Server
	seller *fakeSeller
	clock  *clock
	client *http.Client
	log    *bytes.Buffer
}

// clock is a wall clock that a test moves.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

var testNow = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// newWorld starts a server. change, where not nil, changes its configuration.
func newWorld(t testing.TB, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{}, log: &bytes.Buffer{}}
	w.clock.ms.Store(testNow.UnixMilli())
	w.seller = newFake(w.clock.now)
	cfg := DefaultConfig()
	cfg.Seller = w.seller
	cfg.Now = w.clock.now
	cfg.Log = slog.New(slog.NewTextHandler(w.log, nil))
	cfg.Version = Version{Version: "test", Go: "go", Node: "n1"}
	if change != nil {
		change(&cfg)
	}
	srv, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	w.srv, w.addr = srv, ln.Addr().String()
	w.client = &http.Client{Transport: &http.Transport{DisableCompression: true}}
	t.Cleanup(func() {
		w.client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = srv.Shutdown(ctx) // a test may have left a connection open on purpose
		// A test that asks the server without its socket may end before it serves at all.
		if err := <-served; err != nil && !errors.Is(err, errStopped) {
			t.Error(err)
		}
	})
	return w
}

// reply is an answer, read to its end.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// do sends a request and reads the answer. headers are pairs of name and value.
// Every answer is held to openapi.yaml, and the request too where it was accepted.
func (w *world) do(method, path, body string, headers ...string) *reply {
	w.t.Helper()
	var rd io.Reader
	if body != "" {
		rd = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, "http://"+w.addr+path, rd)
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", jsonType)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	if resp.Header.Get(headerRequestID) == "" {
		w.t.Errorf("%s %s: no %s", method, path, headerRequestID)
	}
	if (resp.StatusCode == 503 || resp.StatusCode == 429) && resp.Header.Get(headerRetryAfter) == "" {
		w.t.Errorf("%s %s: %d without %s", method, path, resp.StatusCode, headerRetryAfter)
	}
	holdToSpec(w.t, req, body, resp, got)
	return &reply{w.t, resp.StatusCode, resp.Header, got}
}

// want checks the status and, where given, the error's code.
func (r *reply) want(status int, code ...string) *reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	if len(code) > 0 {
		if got := r.str("code"); got != code[0] {
			r.t.Fatalf("code %q, want %q: %s", got, code[0], r.body)
		}
		if r.header.Get("Content-Type") != problemType {
			r.t.Errorf("media type %q of an error", r.header.Get("Content-Type"))
		}
		if r.str("requestId") != r.header.Get(headerRequestID) {
			r.t.Errorf("requestId %q, header %q", r.str("requestId"), r.header.Get(headerRequestID))
		}
	}
	return r
}

// get is a member of the body by its path of names.
func (r *reply) get(path ...string) any {
	r.t.Helper()
	var v any
	if err := json.Unmarshal(r.body, &v); err != nil {
		r.t.Fatalf("%v: %s", err, r.body)
	}
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func (r *reply) str(path ...string) string {
	r.t.Helper()
	s, _ := r.get(path...).(string)
	return s
}

func (r *reply) list(path ...string) []any {
	r.t.Helper()
	l, _ := r.get(path...).([]any)
	return l
}

// at is where the first fault of an invalid-request is.
func (r *reply) at() string {
	r.t.Helper()
	for _, e := range r.list("errors") {
		return e.(map[string]any)["at"].(string)
	}
	return "none"
}

// arena is an event with 2 rows of 10 seats, and a floor of 20.
func arena(id string) *catalog.Event {
	return &catalog.Event{
		ID: id, Title: "Ada and the Loops", Genre: "Rock", Timezone: "America/New_York",
		StartsAt: catalog.At(testNow.AddDate(0, 6, 0)), OnSaleAt: catalog.At(testNow.Add(-time.Hour)),
		Venue: catalog.Venue{ID: "v-1", Name: "The Hall", City: "Ghent", Country: "BE",
			Location: &catalog.Location{Lat: 51.05, Lon: 3.72}},
		Performers: []catalog.Performer{{ID: "p-1", Name: "Ada"}},
		Inventory: catalog.Inventory{Currency: "EUR", Sections: []catalog.Section{
			{Name: "101", Price: 12500, Rows: []catalog.Row{{Name: "A", Seats: 10}, {Name: "B", Seats: 10}}},
			{Name: "FLOOR", Price: 9900, Capacity: 20}}},
		HoldSeconds: 600, MaxTicketsPerUser: 8,
	}
}

// put makes an event through the admin's path.
func (w *world) put(e *catalog.Event) {
	w.t.Helper()
	b, err := appendEvent(nil, e)
	if err != nil {
		w.t.Fatal(err)
	}
	if r := w.do("PUT", "/admin/events/"+e.ID, string(b)); r.status != 201 && r.status != 200 {
		w.t.Fatalf("put: %d %s", r.status, r.body)
	}
}
