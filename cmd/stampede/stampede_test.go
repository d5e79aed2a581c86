package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"boxoffice/cmd/stampede/report"
)

// runOn runs a command of a few words on a server, with more flags that may have
// blanks, and gives its result and exit code.
func runOn(t *testing.T, url, words string, more ...string) (*report.Result, int) {
	t.Helper()
	args := append([]string{"run"}, strings.Fields(words)...)
	args = append(append(args, "--url", url, "--json", "-", "--quiet"), more...)
	var out, errs bytes.Buffer
	code := dispatch(args, &out, &errs)
	r, err := report.Read(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatalf("exit %d, %v: %s", code, err, errs.String())
	}
	return r, code
}

// op gives an operation of a result.
func op(r *report.Result, name string) report.Operation {
	for _, o := range r.Operations {
		if o.Name == name {
			return o
		}
	}
	return report.Operation{}
}

// TestRun runs the plain scenarios on a fake node: everybody who is planned comes,
// from one process or from two, and is answered.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words string
		op    string
		want  int64
		sold  int64
	}{
		{"view --rate 400 --duration 250ms", "view", 100, 0},
		{"view --rate 400 --duration 250ms --processes 2", "view", 100, 0},
		{"search --rate 400 --duration 250ms", "search", 100, 0},
		{"book --rate 400 --duration 250ms --events 2 --seats 60", "book", 100, 100},
		{"book --rate 400 --duration 250ms --processes 2", "book", 100, 100},
		{"book --rate 400 --duration 1s --events 2 --seats 60", "book", 120, 120}, // it runs out
		{"contend --rate 400 --duration 250ms --seats 1", "book", 100, 1},
		{"contend --model closed --users 4 --duration 250ms --seats 1", "", 0, 1},
		{"hold-book --rate 100 --duration 250ms --think 1ms --set buyer.tickets=1 --set buyer.abandon=0",
			"hold", 25, 25},
		{"view --schedule ramp --rate 800 --duration 250ms --set load.arrivals=poisson", "", 0, 0},
	} {
		r, code := runOn(t, newFake(t, lies{}), c.words, "--check=false")
		got := op(r, c.op)
		if code != exitDone || c.op != "" && (got.Answered != c.want || got.Dropped+got.Errors != 0) {
			t.Errorf("%s: exit %d, %+v, want %d answers; %q", c.words, code, got, c.want, r.Why)
		}
		if r.Sale != nil && r.Sale.Sold != c.sold {
			t.Errorf("%s: sold %d, want %d", c.words, r.Sale.Sold, c.sold)
		}
		if len(r.Timeline) == 0 || r.Setup.CPUPer <= 0 {
			t.Errorf("%s: no timeline, or no CPU time", c.words)
		}
	}
}

// TestSeed wants a seed to be what people want, whatever the number of processes, and
// another seed to be something else.
func TestSeed(t *testing.T) {
	t.Parallel()
	wants := func(more string) []string {
		f, url := startFake(t, lies{})
		runOn(t, url, "contend --rate 500 --duration 200ms --seats 50 --check=false "+more)
		return slices.Sorted(slices.Values(f.wishes))
	}
	first, again, two, other := wants("--seed 7"), wants("--seed 7"), wants("--seed 7 --processes 2"), wants("--seed 8")
	if len(first) != 100 || !slices.Equal(first, again) || !slices.Equal(first, two) {
		t.Errorf("one seed, three crowds: %d, %d and %d wishes, and not the same", len(first), len(again), len(two))
	}
	if slices.Equal(first, other) {
		t.Error("two seeds, one crowd")
	}
}

// TestStall lets a server stand still for half a second in the middle of a run: the
// latency from the plan has all who came meanwhile, and the threshold is missed.
func TestStall(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	begin := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/events/") && asked.Add(1) == 100 {
			close(begin)
			<-time.After(500 * time.Millisecond)
		} else if asked.Load() > 100 {
			<-begin
		}
		w.Write([]byte("{}"))
	}))
	defer s.Close()
	r, code := runOn(t, s.URL, "view --rate 400 --duration 1s --connections 1 --set thresholds=",
		"--threshold", "view p90 < 100ms")
	got := op(r, "view")
	if code != report.ExitThreshold || got.Answered != 400 || got.Latency.P90 < 250 || got.Latency.Max < 450 {
		t.Errorf("exit %d, %+v, want a p90 over 250 ms and exit 99", code, got)
	}
}

// TestRetriesOfRun wants what was not answered to be asked again with its key.
func TestRetriesOfRun(t *testing.T) {
	t.Parallel()
	r, code := runOn(t, newFake(t, lies{silent: 3, busy: 5}),
		"book --rate 400 --duration 250ms --check=false --set thresholds=")
	if got := op(r, "book"); code != exitDone || got.Retries != 8 || got.Errors != 3 || got.Statuses["503"] != 5 ||
		got.Answered != 100 || r.Sale.Sold != 100 {
		t.Errorf("exit %d, %+v, want 100 bookings after 8 retries", code, got)
	}
}

// TestFaults wants a fault to run at its time and to be in the result, its failure too.
func TestFaults(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "fault")
	r, _ := runOn(t, newFake(t, lies{}), "view --rate 50 --duration 500ms --processes 2",
		"--at", "100ms echo done > "+name, "--at", "200ms echo no; exit 3")
	if text, err := os.ReadFile(name); err != nil || string(text) != "done\n" {
		t.Errorf("the fault wrote %q, %v", text, err)
	}
	if len(r.Faults) != 2 || r.Faults[0].At < 0.1 || r.Faults[0].Error != "" ||
		!strings.Contains(r.Faults[1].Error, "no") {
		t.Errorf("got %+v", r.Faults)
	}
}

// TestRunUsage wants wrong words to be told, and to be exit code 2.
func TestRunUsage(t *testing.T) {
	for _, c := range []struct{ words, say string }{
		{"run", "the scenarios are view"},
		{"run deluge", "there is no scenario"},
		{"run view --rate fast", "load.rate"},
		{"run view extra", `unexpected "extra"`},
		{"run view --set load.speed=1", "there is no such member"},
		{"run view --threshold nonsense", "nonsense"},
		{"run view --url ftp://x", "not of the form"},
		{"run none.yaml", "none.yaml"},
		{"run flood extra", `unexpected "extra"`},
		{"run flood --times 0", "more than 0"},
		{"run retry-storm --at nonsense", "nonsense"},
		{"soak deluge", "there is no scenario"},
		{"init deluge", "there is no scenario"},
		{"init", "stampede init SCENARIO"},
	} {
		var out, errs bytes.Buffer
		code := dispatch(strings.Fields(c.words), &out, &errs)
		if code != exitUsage || !strings.Contains(errs.String(), c.say) {
			t.Errorf("%s: exit %d: %s", c.words, code, errs.String())
		}
	}
	var out, errs bytes.Buffer
	code := dispatch([]string{"init", "onsale"}, &out, &errs)
	if code != exitDone || !strings.Contains(out.String(), "scenario: onsale") {
		t.Errorf("exit %d: %s", code, errs.String())
	}
}

// TestOnSaleAtNode builds a node and lets an on-sale stampede over it, from two
// processes, until it is sold out; the server must have told the truth.
func TestOnSaleAtNode(t *testing.T) {
	t.Parallel()
	r, code := runOn(t, builtNode(t), "onsale --buyers 150 --duration 2s --seats 40 --processes 2 --think 20ms",
		"--set", "load.opens=500ms", "--set", "events.active=20", "--set", "buyer.poll=200ms",
		"--set", "buyer.abandon=0.1", "--set", "buyer.release=1", "--set", "buyer.patience=20s")
	if code != exitDone {
		t.Errorf("exit %d: %q", code, r.Why)
	}
	if r.Sale == nil || r.Sale.Sold != 40 || r.Sale.Buyers != r.Sale.Happy+r.Sale.Left || r.Sale.SoldOutAt == 0 {
		t.Errorf("the sale was %+v, want 40 of 40 sold", r.Sale)
	}
	if r.Truth == nil || !r.Truth.Holds || r.Truth.Observations == 0 {
		t.Errorf("the truth is %+v", r.Truth)
	}
}

// TestLiveAtNode lets people watch seats and places of a node over sockets: all sockets
// open, and the news of every change comes.
func TestLiveAtNode(t *testing.T) {
	needsTime(t)
	t.Parallel()
	r, code := runOn(t, builtNode(t), "live --sockets 30 --rate 20 --duration 3s --seats 200",
		"--set", "live.places=15", "--set", "events.active=5", "--set", "load.drain=5s", "--set", "thresholds=",
		"--threshold", "* failed < 1%")
	if code != exitDone {
		t.Errorf("exit %d: %q", code, r.Why)
	}
	if got := op(r, "listen"); got.Statuses["101"] != 45 || got.Errors != 0 {
		t.Errorf("the sockets: %+v, want 45", got)
	}
	if seats, places := op(r, "seat-news"), op(r, "admit-news"); seats.Answered == 0 || places.Answered == 0 {
		t.Errorf("%d news of seats and %d of places, want some", seats.Answered, places.Answered)
	}
}

// builtNode builds a node, runs it until the test is over, and gives its URL.
func builtNode(t *testing.T) string {
	if testing.Short() {
		t.Skip("builds and runs a node")
	}
	program := filepath.Join(t.TempDir(), "boxoffice")
	if out, err := exec.Command("go", "build", "-o", program, "boxoffice/cmd/boxoffice").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	node, err := startNode(program, filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := node.cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return node.url
}
