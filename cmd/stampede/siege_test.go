package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/cmd/stampede/report"
	"boxoffice/cmd/stampede/siege"
)

var long = flag.Bool("stampede.long", false, "also the tests that take a crowd's time")

// needsTime leaves a test out that takes ten seconds and more, unless it is asked for:
// make soak does.
func needsTime(t *testing.T) {
	t.Helper()
	if !*long {
		t.Skip("takes a crowd's time: -stampede.long")
	}
}

// besiege runs a siege of a few words on a server and gives its verdict.
func besiege(t *testing.T, url, words string, more ...string) *siege.Verdict {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"run"}, strings.Fields(words)...)
	args = append(append(args, "-url", url, "-json", dir), more...)
	var out, errs bytes.Buffer
	code := dispatch(args, &out, &errs)
	text, err := os.ReadFile(filepath.Join(dir, args[1]+".json"))
	if err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, errs.String())
	}
	v := &siege.Verdict{}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
	if want := map[bool]int{true: exitDone, false: report.ExitThreshold}[v.Passed]; code != want {
		t.Errorf("exit %d, want %d", code, want)
	}
	if !strings.Contains(out.String(), map[bool]string{true: "PASS ", false: "FAIL "}[v.Passed]+args[1]) {
		t.Errorf("the text does not say it: %s", out.String())
	}
	return v
}

// wants checks a check of a verdict, the one that says so.
func wants(t *testing.T, v *siege.Verdict, says string, passed bool) {
	t.Helper()
	for _, c := range v.Checks {
		if strings.Contains(c.Says, says) {
			if c.Passed != passed {
				t.Errorf("%s: %v, it saw %s; want %v", c.Says, c.Passed, c.Saw, passed)
			}
			return
		}
	}
	t.Errorf("there is no check %q in %+v", says, v.Checks)
}

// front is a server before a fake one, which may answer in its place.
func front(t *testing.T, do func(w http.ResponseWriter, r *http.Request) bool) string {
	f, _ := startFake(t, lies{})
	s := httpServer(t, 0, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			io.WriteString(w, "go_goroutines 7\nprocess_resident_memory_bytes 1.5e+07\n")
		} else if do == nil || !do(w, r) {
			f.serve(w, r)
		}
	})
	return s
}

// httpServer starts a server that cuts off who sends a request for longer than cut, or
// reads an answer for longer; 0: it never does.
func httpServer(t *testing.T, cut time.Duration, do http.HandlerFunc) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: do, ReadTimeout: cut, WriteTimeout: cut, IdleTimeout: cut}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return "http://" + l.Addr().String()
}

// refuse answers with a refusal for load.
func refuse(w http.ResponseWriter, after string) bool {
	if after != "" {
		w.Header().Set("Retry-After", after)
	}
	w.WriteHeader(503)
	io.WriteString(w, `{"code":"overloaded"}`)
	return true
}

// TestFlood wants a server that does as it should to pass, and each way in which one may
// break to be told.
func TestFlood(t *testing.T) {
	needsTime(t)
	t.Parallel()
	const words = "flood -duration 2s -peak 60 -times 3"
	v := besiege(t, front(t, nil), words)
	if !v.Passed || len(v.Checks) < 7 || len(v.Phases) != 3 {
		t.Errorf("a good server: %+v", v.Checks)
	}
	wants(t, besiege(t, front(t, nil), words, "-memory", "1000000"), "memory is bounded", false)
	var n atomic.Int64
	v = besiege(t, front(t, func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == "POST" && n.Add(1) > 90 && refuse(w, "") // for ever: it does not come back
	}), words)
	wants(t, v, "useful work is 90 %", false)
	wants(t, v, "only refusals, for load with Retry-After", false)
	wants(t, v, "afterwards nobody is refused", false)
	wants(t, v, "memory is bounded", true)
	n.Store(0)
	v = besiege(t, front(t, func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == "POST" && n.Add(1) > 90 && n.Load()%4 == 0 && refuse(w, "2") // a few, and politely
	}), words)
	wants(t, v, "useful work is 90 %", true)
	wants(t, v, "only refusals, for load with Retry-After", true)
}

// TestRetryStorm wants a server to pass that is as before after its fault, and one to
// fail that stays down. It has the machine for itself: how long answers take decides.
func TestRetryStorm(t *testing.T) {
	needsTime(t)
	const words = "retry-storm -duration 6s -peak 60"
	if v := besiege(t, front(t, nil), words, "-at", "2s true"); !v.Passed {
		t.Errorf("a good server: %+v", v.Checks)
	}
	gone := filepath.Join(t.TempDir(), "gone")
	var n atomic.Int64
	v := besiege(t, front(t, func(w http.ResponseWriter, r *http.Request) bool {
		_, err := os.Stat(gone)
		if r.Method != "POST" || err != nil {
			return false
		}
		<-time.After(50 * time.Millisecond)
		return n.Add(1)%2 == 1 && refuse(w, "1")
	}), words, "-at", "2s touch "+gone)
	wants(t, v, "all is as before", false)
	wants(t, v, "nobody is refused or left", false)
	wants(t, v, "for load with Retry-After", true)
	for _, o := range v.Phases[0].Result.Operations {
		if o.Name == "book" && (o.Retries == 0 || o.Retries != o.Statuses["503"]) {
			t.Errorf("%d retries and %v: who is refused asks again", o.Retries, o.Statuses)
		}
	}
}

// TestGreedy wants a server to pass that refuses the greedy one, and one to fail on which
// everybody waits for everybody.
func TestGreedy(t *testing.T) {
	needsTime(t)
	t.Parallel()
	greedy := func(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("X-User-Id"), "siege-greedy") }
	const words = "greedy -duration 8s -honest 40 -connections 20"
	v := besiege(t, front(t, func(w http.ResponseWriter, r *http.Request) bool {
		if greedy(r) {
			<-time.After(20 * time.Millisecond)
			return refuse(w, "1")
		}
		return false
	}), words)
	wants(t, v, "the honest succeed", true)
	one := make(chan struct{}, 1)
	v = besiege(t, front(t, func(w http.ResponseWriter, r *http.Request) bool {
		one <- struct{}{}
		<-time.After(5 * time.Millisecond)
		<-one
		return false
	}), words)
	wants(t, v, "their p99 is within", false)
}

// TestSlow wants a server to pass that cuts the slow off, and one to fail that waits.
func TestSlow(t *testing.T) {
	needsTime(t)
	t.Parallel()
	f, _ := startFake(t, lies{})
	const words = "slow -duration 2s -honest 40 -connections 20 -cut 500ms -idle 500ms"
	v := besiege(t, httpServer(t, 500*time.Millisecond, f.serve), words)
	wants(t, v, "half-open requests", true)
	wants(t, v, "idle sockets", true)
	wants(t, v, "slow readers", true)
	wants(t, v, "the honest succeed", true)
	v = besiege(t, httpServer(t, 0, f.serve), words)
	wants(t, v, "half-open requests", false)
	wants(t, v, "idle sockets", false)
	wants(t, v, "slow readers", false)
}
