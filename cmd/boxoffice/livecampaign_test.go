package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/control"
	"boxoffice/storage"
)

// crowdKiB is what each of 15,000 sockets may cost a node, of all that the process has.
const crowdKiB = 20

// liveCampaign measures what is promised to those who watch: 15,000 sockets on a node and
// their memory, how late news are, who does not read, and a node's death. Stampede is the
// crowd, in processes of its own.
func liveCampaign(t *testing.T) {
	c := &crowd{program: filepath.Join(t.TempDir(), "stampede")}
	build := exec.Command("go", "build", "-o", c.program, "boxoffice/cmd/stampede")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build stampede: %v\n%s", err, out)
	}
	// In the warm-up the other process may still open its sockets.
	seats := []string{"--places", "0", "--processes", "2", "--duration", "24s", "--warmup", "14s",
		"--set", "thresholds=seat-news p99 < 500ms,listen failed == 0%"}
	one := func(name string, sockets int, args ...string) {
		t.Run(name, func(t *testing.T) {
			if r := c.oneNode(t, sockets, args...); r.kib > crowdKiB && sockets == 15_000 {
				t.Errorf("a socket takes %.1f KiB", r.kib)
			}
		})
	}
	one("15000 watch seats", 15_000, append(seats, "--sockets", "15000", "--rate", "1")...)
	one("15000 watch ten holds a second", 15_000, append(seats, "--sockets", "15000", "--rate", "10")...)
	one("5000 watch seats", 5000, append(seats, "--sockets", "5000", "--rate", "5")...)
	one("5000 watch places", 5020, "--sockets", "0", "--places", "5020", "--rate", "1",
		"--set", "thresholds=admit-news p99 < 250ms,position-news p50 < 1100ms,position-news failed == 0%,"+
			"listen failed == 0%")
	t.Run("one in a hundred is frozen", func(t *testing.T) {
		busy := append(seats, "--sockets", "3000", "--rate", "300", "--set", "events.seats=100000")
		all := c.oneNode(t, 3000, busy...)
		some := c.oneNode(t, 3000, append(busy, "--set", "live.frozen=0.01")...)
		t.Logf("seat-news p99: %.0f ms where all read, %.0f ms where one in a hundred does not",
			all.op("seat-news").Latency.P99, some.op("seat-news").Latency.P99)
	})
	t.Run("a node dies", c.nodeDies)
}

// crowd runs stampede.
type crowd struct{ program string }

// crowdResult is what the campaign reads of a run's result.
type crowdResult struct {
	Passed     bool
	Why        []string
	Operations []crowdOp
	kib        float64 // of the node's resident memory, for each socket
}

type crowdOp struct {
	Name     string
	Answered int
	Reasons  map[string]int
	Latency  struct{ P50, P99, Max float64 }
}

func (r *crowdResult) op(name string) crowdOp {
	if i := slices.IndexFunc(r.Operations, func(o crowdOp) bool { return o.Name == name }); i >= 0 {
		return r.Operations[i]
	}
	return crowdOp{}
}

// run lets the crowd of a live scenario come, and shows what it saw.
func (c *crowd) run(t *testing.T, urls string, args ...string) *crowdResult {
	t.Helper()
	file := filepath.Join(t.TempDir(), "result.json")
	args = append([]string{"run", "live", "--url", urls, "--quiet", "--check=false", "--duration", "12s",
		"--json", file}, args...)
	out, err := exec.Command(c.program, args...).CombinedOutput()
	t.Logf("stampede %s\n%s", strings.Join(args, " "), out)
	var r crowdResult
	if text, e := os.ReadFile(file); e != nil || json.Unmarshal(text, &r) != nil {
		t.Fatal(err, e)
	}
	if !r.Passed {
		t.Error(r.Why)
	}
	return &r
}

// oneNode lets the crowd come to one node, and divides the node's memory by its sockets: with
// all that the sale itself needs meanwhile.
func (c *crowd) oneNode(t *testing.T, sockets int, args ...string) *crowdResult {
	t.Helper()
	n := newNode(t, t.TempDir())
	n.start()
	before, most, over := residentKiB(t, n), 0, make(chan struct{})
	measured := make(chan struct{})
	go func() {
		defer close(measured)
		for tick := time.NewTicker(200 * time.Millisecond); ; {
			select {
			case <-over:
				tick.Stop()
				return
			case <-tick.C:
				most = max(most, residentKiB(t, n))
			}
		}
	}()
	r := c.run(t, n.url, args...)
	close(over)
	<-measured
	r.kib = float64(most-before) / float64(sockets)
	t.Logf("resident memory: %d KiB before, %d KiB at most, %.1f KiB a socket", before, most, r.kib)
	_, text := n.ask("/metrics")
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "boxoffice_http_sockets_ended_total") && !strings.HasSuffix(line, " 0") {
			t.Log(line)
		}
	}
	n.kill()
	return r
}

// residentKiB is the memory that a process has, by the kernel's word.
func residentKiB(t *testing.T, n *nodeProcess) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.cmd.Process.Pid))
	if err != nil {
		t.Error(err)
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest + " ?")[0])
	if err != nil {
		t.Error(err)
	}
	return kib
}

// nodeDies kills the node that has all sockets and leads the event of their places.
func (c *crowd) nodeDies(t *testing.T) {
	dir := t.TempDir()
	trio := newTrio(t, filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "3"))
	var urls []string
	for _, n := range trio.nodes {
		urls = append(urls, n.url)
	}
	r := c.run(t, strings.Join(urls, ","), "--name", trio.nameLedBy("n1"), "--sockets", "0", "--places", "5000",
		"--set", "live.first=1", "--duration", "25s", "--rate", "1",
		"--at", fmt.Sprintf("5s kill -9 %d", trio.nodes[0].cmd.Process.Pid),
		"--set", "thresholds=back max < 10s,position-news failed == 0%")
	back, listen := r.op("back"), r.op("listen")
	lost := listen.Reasons["cut off"] + listen.Reasons["broken"]
	t.Logf("%d sockets were lost, %d are back: p50 %.0f ms, p99 %.0f ms, max %.0f ms", lost, back.Answered,
		back.Latency.P50, back.Latency.P99, back.Latency.Max)
	if lost < 4000 || back.Answered != lost {
		t.Error("not all are back, or too few were lost")
	}
}

// nameLedBy is a name for a run whose event with the waiting room a node will lead.
func (c *trio) nameLedBy(node string) (name string) {
	c.until("a shard led by "+node, func(s control.Status) bool {
		leaders := map[uint64]string{}
		for _, sh := range s.Shards {
			if !sh.System {
				leaders[sh.ID] = sh.Leader
			}
		}
		for k := range 1000 {
			name = fmt.Sprint("dies-", k)
			if leaders[storage.ShardOf(name+"-room-1", uint64(len(leaders)))] == node {
				return true
			}
		}
		return false
	})
	return name
}
