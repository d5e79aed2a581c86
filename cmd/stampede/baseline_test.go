package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/wire"
)

// slowServer answers each request after a while and gives its address.
func slowServer(t *testing.T, d time.Duration) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(d)
		io.WriteString(w, "{}")
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// TestRequest wants requests that the standard library reads back.
func TestRequest(t *testing.T) {
	to := wire.Target{Address: "localhost:1", Token: "secret"}
	r := wire.Request{Method: "POST", Path: "/bookings/e", User: "u", Key: "k", Admin: true,
		Body: shop.BookingBody(nil, "h", shop.GoodCard, []string{"A-1", "A-2"})}
	got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.Append(nil, &to))))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"holdId":"h","ticketIds":["A-1","A-2"],"paymentInfo":{"method":"card","token":"pm_card_visa"}}`
	if string(body) != want || got.Header.Get("Idempotency-Key") != "k" || got.Header.Get("X-User-Id") != "u" ||
		got.Header.Get("Authorization") != "Bearer secret" || got.Host != "localhost:1" {
		t.Errorf("got %s %v", body, got.Header)
	}
}

// TestBaselines wants the constant server to answer so many bytes, and the appending
// one to have every body in its file when it has answered.
func TestBaselines(t *testing.T) {
	name := filepath.Join(t.TempDir(), "appended")
	for _, b := range []struct {
		args   []string
		status int
		length int
	}{{[]string{"constant"}, 200, 300}, {[]string{"append"}, 201, -1}} {
		handler, end, err := baselineHandler(b.args[0], 300, name)
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- serveBaseline(ctx, l, handler) }()
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				c := wire.NewConn(l.Addr().String(), time.Second)
				defer c.Close()
				to := wire.Target{Address: l.Addr().String()}
				r := wire.Request{Method: "POST", Path: "/bookings/e", Body: []byte("0123456789")}
				for range 50 {
					a, err := c.Do(r.Append(nil, &to))
					if err != nil || a.Status != b.status || b.length >= 0 && len(a.Body) != b.length {
						t.Errorf("%s: got %d %q, %v", b.args, a.Status, a.Body, err)
						return
					}
				}
			})
		}
		wait.Wait()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || string(got) != strings.Repeat("0123456789", 200) {
		t.Errorf("the file has %d bytes, %v, want 200 bodies", len(got), err)
	}
}

// countingDisk knows how much of what was written is synced.
type countingDisk struct {
	mu              sync.Mutex
	written, synced []byte
	syncs           int
}

func (d *countingDisk) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written = append(d.written, b...)
	return len(b), nil
}

func (d *countingDisk) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.synced = d.written
	d.syncs++
	return nil
}

func (d *countingDisk) Close() error { return nil }

// has says whether the text is synced.
func (d *countingDisk) has(text string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Contains(d.synced, []byte(text))
}

// TestGroupCommit wants an append that has returned to be synced, with all that
// was appended before it, and many appends to share a sync.
func TestGroupCommit(t *testing.T) {
	d := &countingDisk{}
	g := newGroupFile(d)
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			for n := range 50 {
				first, second := fmt.Sprintf("<call %d %d>", i, n), fmt.Sprintf("<answer %d %d>", i, n)
				if g.append([]byte(first), false) != nil || g.append([]byte(second), true) != nil {
					t.Error("an append failed")
				}
				if !d.has(first) || !d.has(second) {
					t.Errorf("%s came back before it was synced", second)
				}
			}
		})
	}
	wait.Wait()
	if err := g.close(); err != nil || d.syncs == 0 || d.syncs > 16*100 {
		t.Errorf("%v, %d syncs", err, d.syncs)
	}
}

// TestGroupFile wants an error of the disk to reach everybody who waits, and nothing
// to be taken after it.
func TestGroupFile(t *testing.T) {
	f, err := os.Open(os.DevNull) // not open for writing
	if err != nil {
		t.Fatal(err)
	}
	g := newGroupFile(f)
	for range 2 {
		if err := g.append([]byte("x"), true); err == nil {
			t.Error("a write to a file that is read-only was acknowledged")
		}
	}
	if err := g.close(); err != nil {
		t.Log("close says it too:", err)
	}
	if err := g.append([]byte("x"), true); err == nil {
		t.Error("a closed file took an append")
	}
}
