package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"boxoffice/actors/control"
)

// trio is a cluster of three nodes on loopback, each with an event a shard or so.
type trio struct {
	t     *testing.T
	nodes []*nodeProcess
}

// trioEvents are enough that every node leads some.
const trioEvents = 24

// newTrio starts nodes with their data in dirs and waits until they are whole.
func newTrio(t *testing.T, dirs ...string) *trio {
	t.Helper()
	c := &trio{t: t}
	for i, dir := range dirs {
		extra := []string{"--node", fmt.Sprintf("n%d", i+1), "--min-free-disk", "100MiB"}
		if i > 0 {
			extra = append(extra, "--join", clusterOf(c.nodes[0]))
		}
		n := newNode(t, filepath.Join(dir, "data"), extra...)
		n.start()
		c.nodes = append(c.nodes, n)
	}
	c.until("a whole cluster", c.whole)
	for e := range trioEvents {
		defineCrashEvent(t, c.nodes[0].url, e)
	}
	return c
}

// until waits until a status is as wanted.
func (c *trio) until(what string, ok func(control.Status) bool) {
	c.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(60 * time.Second); ; <-tick.C {
		var s control.Status
		status, text := c.nodes[len(c.nodes)-1].ask("/admin/cluster")
		if status == http.StatusOK && json.Unmarshal([]byte(text), &s) == nil && ok(s) {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("never: %s\n%s\n%s", what, text, c.nodes[0].out)
		}
	}
}

// whole: all nodes are up, every shard has a voter on each, and all lead some.
func (c *trio) whole(s control.Status) bool {
	for _, n := range s.Nodes {
		if n.State != "up" || n.Leaders < 5 {
			return false
		}
	}
	for _, sh := range s.Shards {
		for _, r := range sh.Replicas {
			if r.Role != "voter" {
				return false
			}
		}
		if len(sh.Replicas) != len(c.nodes) {
			return false
		}
	}
	return len(s.Nodes) == len(c.nodes) && s.Health == control.OK
}

// visitor is a client of the cluster as a browser is one: it stays on a connection
// and goes to the next node when it is told to.
type visitor struct {
	trio *trio
	name string
	node int
	http *http.Client
	sold int
	slow time.Duration // the slowest answer
	errs []string
}

// visit has visitors hold tickets and give them back, some at each node, until closed
// is. What they tell may be read when done is closed.
func (c *trio) visit(nodes ...int) (visitors []*visitor, leave func()) {
	closed := make(chan struct{})
	var inside sync.WaitGroup
	for i, node := range nodes {
		v := &visitor{trio: c, name: fmt.Sprintf("v%d", i), node: node,
			http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}
		visitors = append(visitors, v)
		inside.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-closed:
					return
				default:
					v.shop(n)
				}
			}
		})
	}
	return visitors, func() { close(closed); inside.Wait() }
}

// shop holds a ticket and gives it back.
func (v *visitor) shop(n int) {
	path := "/events/" + crashEventID(n%trioEvents) + "/holds"
	status, location := v.do(http.MethodPost, path, `{"quantity":1}`)
	if status != http.StatusCreated {
		return
	}
	v.sold++
	v.do(http.MethodDelete, location, "")
}

// do sends a request; what is not a success is noted.
func (v *visitor) do(method, path, body string) (status int, location string) {
	n := v.trio.nodes[v.node]
	req, err := http.NewRequest(method, n.url+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("X-User-Id", v.name)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	resp, err := v.http.Do(req)
	v.slow = max(v.slow, time.Since(began))
	if err != nil {
		v.errs = append(v.errs, fmt.Sprintf("%s at %s: %v", v.name, n.url, err))
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body) // it is only shown
	if resp.StatusCode/100 != 2 {
		v.errs = append(v.errs, fmt.Sprintf("%s at %s: %s %s: %d %s", v.name, n.url, method, path,
			resp.StatusCode, text))
	}
	if resp.Close {
		v.node = (v.node + 1) % len(v.trio.nodes)
	}
	return resp.StatusCode, resp.Header.Get("Location")
}

// A node that is told to stop under load costs nobody an error: neither the clients
// of other nodes, nor its own, who are told to go.
func TestStopUnderLoad(t *testing.T) {
	c := newTrio(t, t.TempDir(), t.TempDir(), t.TempDir())
	visitors, leave := c.visit(0, 0, 1, 1, 2, 2)
	for _, n := range c.nodes { // and meanwhile they shop
		n.waitFor("/readyz", http.StatusOK)
	}
	if code := c.nodes[0].terminate(); code != exitDone {
		t.Errorf("exit code %d\n%s", code, c.nodes[0].out)
	}
	leave()
	for _, v := range visitors {
		t.Logf("%s held %d tickets; the slowest answer took %v", v.name, v.sold, v.slow)
		if v.sold == 0 || v.node == 0 || len(v.errs) > 0 {
			t.Errorf("%s held %d tickets and ended at node %d; errors: %q", v.name, v.sold, v.node, v.errs)
		}
	}
}

// When the disk of one node of three fills up, the others sell its events too, and it
// takes part again when it has space.
func TestFullDiskOfOneNode(t *testing.T) {
	small := smallDisk(t, "400m")
	c := newTrio(t, small, t.TempDir(), t.TempDir())
	filler := fill(t, small, 50<<20)
	c.until("the full node leads nothing", func(s control.Status) bool {
		return s.Nodes[0].State == "full" && s.Nodes[0].Leaders == 0 && s.Health == control.Degraded
	})
	visitors, leave := c.visit(0, 1, 2)
	c.nodes[0].waitFor("/readyz", http.StatusServiceUnavailable)
	for _, n := range c.nodes[1:] {
		n.waitFor("/readyz", http.StatusOK)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	c.until("a whole cluster again", c.whole)
	leave()
	for _, v := range visitors {
		if v.sold == 0 || len(v.errs) > 0 {
			t.Errorf("%s held %d tickets; errors: %q", v.name, v.sold, v.errs)
		}
	}
}
