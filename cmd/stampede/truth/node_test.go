package truth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// node is a real node in a process of its own.
type node struct {
	t           *testing.T
	program     string
	data, url   string
	http, inner string // addresses
	cmd         *exec.Cmd
}

// startNode builds the program and starts it on an empty folder.
func startNode(t *testing.T) *node {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds a node and lets a crowd at it")
	}
	dir := t.TempDir()
	n := &node{t: t, program: filepath.Join(dir, "boxoffice"), data: filepath.Join(dir, "data")}
	build := exec.Command("go", "build", "-o", n.program, "boxoffice/cmd/boxoffice")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the node: %v\n%s", err, out)
	}
	n.http, n.inner = ports(t, 1), ports(t, 3)
	n.url = "http://" + n.http
	n.start()
	t.Cleanup(n.kill)
	return n
}

// ports gives the first of n ports in a row that are free.
func ports(t *testing.T, n int) string {
	for range 100 {
		first := 20000 + rand.IntN(30000)
		free := true
		for i := range n {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+i))
			if free = free && err == nil; err == nil {
				l.Close()
			}
		}
		if free {
			return fmt.Sprintf("127.0.0.1:%d", first)
		}
	}
	t.Fatal("no free ports in a row")
	return ""
}

// start starts the node and waits until it is ready.
func (n *node) start() {
	n.t.Helper()
	n.cmd = exec.Command(n.program, "serve", "--data", n.data, "--http", n.http, "--cluster", n.inner)
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	c := newClient(n.url, "", time.Second)
	defer c.close()
	for until := time.Now().Add(time.Minute); ; {
		if r, err := c.once(n.t.Context(), "GET", "/readyz", "", "", "", nil); err == nil && r.status == 200 {
			return
		}
		if time.Now().After(until) {
			n.t.Fatal("the node is not ready")
		}
		_ = pause(n.t.Context(), 50*time.Millisecond)
	}
}

// kill ends the node at once.
func (n *node) kill() {
	_ = n.cmd.Process.Signal(syscall.SIGKILL) // it may have ended
	_ = n.cmd.Wait()
}

// define makes an event of 60 seats.
func (n *node) define(event string, room bool) {
	n.t.Helper()
	doc := map[string]any{
		"id": event, "title": "Truth", "description": "d", "genre": "Rock", "startsAt": "2036-06-01T19:30:00.000Z",
		"timezone": "Europe/Berlin",
		"venue": map[string]any{"id": "v", "name": "V", "city": "B", "region": "BE", "country": "DE",
			"location": map[string]any{"lat": 1, "lon": 1}},
		"performers": []any{map[string]any{"id": "p", "name": "P"}},
		"inventory": map[string]any{"currency": "USD", "sections": []any{map[string]any{"name": "A", "price": 100,
			"rows": []any{map[string]any{"name": "1", "seats": 60}}}}},
		"holdSeconds": 10, "maxTicketsPerUser": 0,
	}
	if room {
		doc["waitingRoom"] = map[string]any{"enabled": true, "maxActive": 4, "sessionSeconds": 600, "order": "fifo"}
	}
	r, err := newClient(n.url, "", 10*time.Second).ask(n.t.Context(), "PUT", "/admin/events/"+event, "", "", "",
		[]byte(text(doc)))
	if err != nil || r.status/100 != 2 {
		n.t.Fatalf("define: %v %s", err, r.body)
	}
}

// shopper is one of a crowd.
type shopper struct {
	n     *node
	rec   *Recorder
	http  *http.Client
	event string
	user  string
	place string // Queue-Token
	keys  int
	rand  *rand.Rand
}

// send sends a request, and again with its key where there was no answer for good.
func (s *shopper) send(method, path string, o Observation, body any) *told {
	o.Event, o.User = s.event, s.user
	if body != nil {
		o.Request = []byte(text(body))
		s.keys++
		o.Key = fmt.Sprintf("%s-%d", s.user, s.keys)
	}
	for try := 0; ; try++ {
		t := s.try(method, path, o)
		if t != nil || try == 40 {
			return t
		}
		_ = pause(s.n.t.Context(), 50*time.Millisecond)
	}
}

// try sends a request once and records it; nil: it is worth another try.
func (s *shopper) try(method, path string, o Observation) *told {
	req, err := http.NewRequest(method, s.n.url+path, bytes.NewReader(o.Request))
	if err != nil {
		s.n.t.Error(err)
		return &told{}
	}
	req.Header.Set("X-User-Id", s.user)
	if o.Key != "" {
		req.Header.Set("Idempotency-Key", o.Key)
		req.Header.Set("Content-Type", "application/json")
	}
	if s.place != "" {
		req.Header.Set("Queue-Token", s.place)
	}
	o.Sent = s.rec.Now()
	resp, err := s.http.Do(req)
	if err == nil {
		o.Body, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	o.Received = s.rec.Now()
	if err == nil {
		o.Status, o.RequestID = resp.StatusCode, resp.Header.Get("X-Request-Id")
		o.Version, _ = strconv.ParseUint(resp.Header.Get("Event-Version"), 10, 64)
		o.Replayed = resp.Header.Get("Idempotency-Replayed") == "true"
	}
	s.rec.Add(&o)
	t := parse(&o)
	if out := outcomeOf(&o, &t); out == unknown || o.Status == 503 || o.Status == 429 {
		return nil
	}
	return &t
}

// seats are one to three tickets that lie together, mostly at the front.
func (s *shopper) seats() (list []string) {
	first := min(s.rand.IntN(60), s.rand.IntN(60))
	for i := range 1 + s.rand.IntN(3) {
		list = append(list, fmt.Sprintf("A-1-%d", min(60, first+i+1)))
		if first+i+1 >= 60 {
			break
		}
	}
	return list
}

// shop does one of the things that people do.
func (s *shopper) shop() {
	pay := func(token string) any { return map[string]any{"method": "card", "token": token} }
	token := "pm_card_visa"
	if s.rand.IntN(4) == 0 {
		token = "pm_card_chargeDeclined"
	}
	seats, book := s.seats(), "/bookings/"+s.event
	if s.rand.IntN(4) == 0 {
		s.end(s.send("POST", book, Observation{Op: Book, Tickets: seats},
			map[string]any{"ticketIds": seats, "paymentInfo": pay(token)}))
		return
	}
	holds := "/events/" + s.event + "/holds"
	h := s.send("POST", holds, Observation{Op: Hold, Tickets: seats}, map[string]any{"ticketIds": seats})
	if h == nil || h.ID == "" || h.Code != "" {
		return
	}
	path := holds + "/" + h.ID
	switch s.rand.IntN(6) {
	case 0: // left to end by itself
	case 1:
		s.send("DELETE", path, Observation{Op: Release, ID: h.ID}, nil)
	case 2:
		s.send("POST", path+"/extend", Observation{Op: Extend, ID: h.ID}, map[string]any{})
	case 3:
		s.send("PATCH", path, Observation{Op: Swap, ID: h.ID, Tickets: []string{"A-1-60"}, Removed: seats[:1]},
			map[string]any{"add": []string{"A-1-60"}, "remove": seats[:1]})
		s.send("GET", path, Observation{Op: ReadHold, ID: h.ID}, nil)
	default:
		s.end(s.send("POST", book, Observation{Op: Book, ID: h.ID},
			map[string]any{"holdId": h.ID, "paymentInfo": pay(token)}))
	}
}

// end cancels most bookings, so that there is always something to sell.
func (s *shopper) end(b *told) {
	if b != nil && b.ID != "" && b.Code == "" && s.rand.IntN(5) > 0 {
		s.send("DELETE", "/bookings/"+s.event+"/"+b.ID, Observation{Op: Cancel, ID: b.ID}, nil)
	}
}

// queue goes through the waiting room, and leaves when it has shopped.
func (s *shopper) queue() {
	path := "/events/" + s.event + "/queue"
	p := s.send("POST", path, Observation{Op: Join}, map[string]any{})
	for i := 0; p != nil && p.Status == "waiting" && i < 1000; i++ {
		_ = pause(s.n.t.Context(), 5*time.Millisecond)
		p = s.send("GET", path+"/"+p.ID, Observation{Op: ReadPlace, ID: p.ID}, nil)
	}
	if p == nil || p.Status != "admitted" {
		return
	}
	s.place = p.ID
	s.shop()
	s.send("DELETE", path+"/"+p.ID, Observation{Op: Leave, ID: p.ID}, nil)
	s.place = ""
}

// crowd lets people shop until the time is over.
func (n *node) crowd(rec *Recorder, name string, people int, long time.Duration) {
	var wait sync.WaitGroup
	until := time.Now().Add(long)
	for i := range people {
		wait.Go(func() {
			s := &shopper{n: n, rec: rec, http: &http.Client{Timeout: 2 * time.Second}, event: "open",
				user: fmt.Sprintf("%s-%d", name, i), rand: rand.New(rand.NewPCG(1, uint64(i)))}
			defer s.http.CloseIdleConnections()
			for time.Now().Before(until) {
				if i%2 == 0 {
					s.event = "open"
					s.shop()
				} else {
					s.event = "room"
					s.queue()
				}
			}
		})
	}
	wait.Wait()
}

// TestNode lets a crowd at a real node, kills it in the middle, and wants everything
// that it said to be true.
func TestNode(t *testing.T) {
	n := startNode(t)
	n.define("open", false)
	n.define("room", true)
	rec, err := NewRecorder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	n.crowd(rec, "early", 12, 3*time.Second)
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		_ = pause(t.Context(), 700*time.Millisecond)
		n.kill()
		n.start()
	}()
	n.crowd(rec, "late", 12, 10*time.Second)
	<-killed
	if err := rec.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := Config{Server: n.url, Ledger: filepath.Join(n.data, "sandbox-ledger.ndjson"), Resend: 200}
	v, err := Check(t.Context(), cfg, rec.File())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	_ = v.WriteText(&b)
	t.Logf("%d observations, %d records, %d settled, %d unknown, %.2f s\n%s", v.Observations, v.Records, v.Settled,
		v.Unknown, v.Seconds, b.String())
	if !v.Holds {
		t.Error("the node did not tell the truth")
		if file := os.Getenv("TRUTH_VERDICT"); file != "" {
			out, _ := json.MarshalIndent(v, "", " ")
			_ = os.WriteFile(file, out, 0o600)
		}
	}
	for _, f := range v.Findings {
		if f.Checked == 0 {
			t.Errorf("nothing was looked at for %s: %s", f.Property, f.Skipped)
		}
	}
}
