package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"boxoffice/cluster/clustertest"
)

// These tests run the node as a real process and end it with kill -9 at random
// moments under load. What was acknowledged must be there afterwards, with the
// same content; every request that got no answer is sent again with its key
// until it has one; in the end the seat map, the bookings and the provider's
// ledger must agree with what the clients were told, ticket by ticket.
//
//	go test ./cmd/boxoffice -run TestCrash -crash.kills=100 -crash.seed=7 -v

var (
	crashKills = flag.Int("crash.kills", 4, "how often the node is killed")
	crashSeed  = flag.Uint64("crash.seed", 0, "seed of the run; 0: from the clock")
)

// asNode makes the test binary a node: TestMain runs its arguments as commands.
const asNode = "BOXOFFICE_TEST_AS_PROGRAM=1"

func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		if v == asNode {
			os.Exit(run(os.Args[1:], environment{
				stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, now: time.Now,
			}))
		}
	}
	os.Exit(clustertest.Main(m))
}

// nodeProcess is a node that a test can kill.
type nodeProcess struct {
	t    *testing.T
	wrap []string // goes before the program, to run it elsewhere
	args []string
	url  string
	log  string // a file that gets what it prints; "": out does
	cmd  *exec.Cmd
	out  *printout
	done chan struct{}
}

// printout is what a process has printed; it may be read while it prints.
type printout struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (p *printout) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// String is all so far.
func (p *printout) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// newNode prepares a node on free ports of loopback, with its data in dir.
func newNode(t *testing.T, dir string, extra ...string) *nodeProcess {
	t.Helper()
	port := freePorts(t, 4)
	n := &nodeProcess{t: t, url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	n.args = append([]string{"serve", "--data", dir, "--http", fmt.Sprintf("127.0.0.1:%d", port),
		"--cluster", fmt.Sprintf("127.0.0.1:%d", port+1), "--min-free-disk", "1MiB", "--log-level", "warn"}, extra...)
	t.Cleanup(n.kill)
	return n
}

// freePorts finds a number of free ports in a row below the range that outgoing
// connections use, so that none of them is taken while the node is down.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	for range 100 {
		first := 12000 + rand.IntN(15000)
		free := true
		for p := first; p < first+n && free; p++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
			if free = err == nil; free {
				_ = l.Close() // it was only asked whether it is free
			}
		}
		if free {
			return first
		}
	}
	t.Fatal("no free ports")
	return 0
}

// start runs the node and waits until it can sell.
func (n *nodeProcess) start() {
	n.t.Helper()
	n.launch()
	n.waitFor("/readyz", http.StatusOK)
}

// launch runs the node.
func (n *nodeProcess) launch() {
	n.t.Helper()
	n.out = &printout{}
	line := append(append(slices.Clone(n.wrap), os.Args[0]), n.args...)
	n.cmd = exec.Command(line[0], line[1:]...)
	n.cmd.Env = append(os.Environ(), asNode)
	n.cmd.Stdout, n.cmd.Stderr = n.out, n.out
	if n.log != "" {
		f, err := os.OpenFile(n.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			n.t.Fatal(err)
		}
		defer func() { _ = f.Close() }() // the process has it
		n.cmd.Stdout, n.cmd.Stderr = f, f
	}
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // killed on purpose, mostly
		close(done)
	}(n.cmd, n.done)
}

// waitFor polls a path until it answers with a status.
func (n *nodeProcess) waitFor(path string, status int) {
	n.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(60 * time.Second); ; {
		select {
		case <-n.done:
			n.t.Fatalf("the node ended by itself:\n%s", n.out)
		case <-deadline:
			n.t.Fatalf("GET %s was not %d within 60 s:\n%s", path, status, n.out)
		case <-tick.C:
		}
		resp, err := http.Get(n.url + path)
		if err != nil {
			continue
		}
		_ = resp.Body.Close() // not read
		if resp.StatusCode == status {
			return
		}
	}
}

// kill ends the node as a power cut of the process would.
func (n *nodeProcess) kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Signal(syscall.SIGKILL) // it may have ended already
	<-n.done
	n.cmd = nil
}

// terminate stops the node politely and gives its exit code.
func (n *nodeProcess) terminate() int {
	n.t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Fatal(err)
	}
	select {
	case <-n.done:
	case <-time.After(15 * time.Second):
		n.t.Fatal("SIGTERM did not stop the node within 15 s")
	}
	code := n.cmd.ProcessState.ExitCode()
	n.cmd = nil
	return code
}

// crashAdmin is the admin token of nodes that have one; the others do not look at it.
const crashAdmin = "chaos-admin-token"

// crashSize is the shape of the load.
const (
	crashEvents = 3
	crashRows   = 20
	crashSeats  = 20 // a row
	crashBuyers = 8
)

func TestCrash(t *testing.T) {
	seed := *crashSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d: again with -crash.seed=%d -crash.kills=%d", seed, seed, *crashKills)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	node := newNode(t, dir)
	node.start()
	shop := openShop(t, node.url, seed)
	for k := range *crashKills {
		<-time.After(time.Duration(100+random.IntN(500)) * time.Millisecond)
		node.kill()
		node.start()
		if k%10 == 9 {
			t.Logf("%d kills, %d answers of 2xx so far", k+1, shop.granted.Load())
		}
	}
	shop.stop()
	shop.check(filepath.Join(dir, "sandbox-ledger.ndjson"))
	if code := node.terminate(); code != exitDone {
		t.Errorf("SIGTERM: exit code %d\n%s", code, node.out)
	}
	if code, out := runProgram("verify", "--data", dir); code != exitDone {
		t.Errorf("boxoffice verify: exit code %d\n%s", code, out)
	}
	t.Logf("%d kills: %d answers of 2xx kept, %d requests sent again, %d replays compared",
		*crashKills, shop.granted.Load(), shop.resent.Load(), shop.replayed.Load())
}

// runProgram runs a command of the program in this process.
func runProgram(args ...string) (int, string) {
	var out bytes.Buffer
	code := run(args, environment{stdin: strings.NewReader(""), stdout: &out, stderr: &out, now: time.Now})
	return code, out.String()
}

func crashEventID(e int) string { return "crash-" + strconv.Itoa(e) }

func defineCrashEvent(t *testing.T, url string, e int) {
	t.Helper()
	type row struct {
		Name  string `json:"name"`
		Seats int    `json:"seats"`
	}
	var rows []row
	for r := range crashRows {
		rows = append(rows, row{fmt.Sprintf("R%d", r), crashSeats})
	}
	body, err := json.Marshal(map[string]any{
		"title": "Crash", "startsAt": time.Now().Add(1000 * time.Hour).UTC().Format("2006-01-02T15:04:05.000Z"),
		"holdSeconds": 86400,
		"inventory": map[string]any{"currency": "USD", "sections": []any{
			map[string]any{"name": "S", "price": 2500, "rows": rows}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := newShop(t, url).insist(http.MethodPut, "/admin/events/"+crashEventID(e), "", body)
	if r.status != http.StatusCreated && r.status != http.StatusOK { // 200: an answer was lost
		t.Fatalf("PUT event: %d %s", r.status, r.body)
	}
}

// shell runs lines as a stranger would, and gives what they print.
func shell(t *testing.T, script string) string {
	t.Helper()
	for _, tool := range []string{"sh", "curl", "sed", "tee"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not here", tool)
		}
	}
	out, err := exec.Command("sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
