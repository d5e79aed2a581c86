package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"boxoffice/actors/control"
)

// fleet is the nodes of a cluster under test, with the provider that they share.
type fleet struct {
	t        *testing.T
	dir      string
	net      *chaosNet // nil: everything is on loopback, and no line can be cut
	nodes    []*nodeProcess
	provider *nodeProcess
	shop     *shop
	base     int // loopback: the first port
}

// fleetNodes is the most nodes that a fleet can have: three, and one that comes and
// goes.
const fleetNodes = 4

// newFleet prepares a cluster's keys and provider; add starts its nodes.
func newFleet(t *testing.T, net *chaosNet) *fleet {
	t.Helper()
	f := &fleet{t: t, dir: t.TempDir(), net: net}
	if net == nil {
		f.base = freePorts(t, 8*fleetNodes+8)
	}
	f.must("cert", "ca", "--out", f.path("certs"))
	f.provider = &nodeProcess{t: t, url: "http://" + f.providerAddress(),
		args: []string{"sandbox", "--listen", f.providerAddress(), "--ledger", f.path("ledger.ndjson")}}
	t.Cleanup(f.provider.kill)
	f.provider.launch()
	f.provider.waitFor("/healthz", http.StatusOK)
	return f
}

func (f *fleet) path(name string) string { return filepath.Join(f.dir, name) }

// must runs a command of the program that has to succeed.
func (f *fleet) must(args ...string) {
	f.t.Helper()
	if code, out := runProgram(args...); code != exitDone {
		f.t.Fatalf("boxoffice %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
}

func (f *fleet) name(i int) string { return fmt.Sprintf("n%d", i) }

// The addresses of node i, which is numbered from 1.
func (f *fleet) clusterAddress(i int) string {
	if f.net == nil {
		return fmt.Sprintf("127.0.0.1:%d", f.base+8*i)
	}
	return clusterIP(i) + ":7400"
}

func (f *fleet) httpAddress(i int) string {
	if f.net == nil {
		return fmt.Sprintf("127.0.0.1:%d", f.base+8*i+4)
	}
	return clientIP(i) + ":8080"
}

func (f *fleet) providerAddress() string {
	if f.net == nil {
		return fmt.Sprintf("127.0.0.1:%d", f.base)
	}
	return clientIP(hubHost) + ":7500"
}

// add starts node i on an empty directory and waits until it can sell.
func (f *fleet) add(i int) *nodeProcess {
	f.t.Helper()
	n := f.prepare(i)
	n.start()
	return n
}

// prepare makes node i one of the fleet. The first makes the cluster, the others join
// it.
func (f *fleet) prepare(i int) *nodeProcess {
	f.t.Helper()
	host, _, _ := strings.Cut(f.clusterAddress(i), ":")
	if _, err := os.Stat(f.path("certs/" + f.name(i) + ".pem")); err != nil {
		f.must("cert", "node", "--ca", f.path("certs"), "--name", f.name(i), "--hosts", host, "--out",
			f.path("certs"))
	}
	n := &nodeProcess{t: f.t, url: "http://" + f.httpAddress(i)}
	n.args = []string{"serve", "--data", f.path(f.name(i)), "--node", f.name(i), "--http", f.httpAddress(i),
		"--cluster", f.clusterAddress(i), "--cluster-name", "chaos", "--min-free-disk", "8MiB",
		"--ca", f.path("certs/ca.pem"), "--cert", f.path("certs/" + f.name(i) + ".pem"),
		"--key", f.path("certs/" + f.name(i) + ".key"), "--gossip-key", "@" + f.path("certs/gossip.key"),
		"--admin-token", crashAdmin, "--sandbox-url", f.provider.url, "--log-level", "info", "--zone", f.name(i)}
	if i > 1 {
		n.args = append(n.args, "--join", f.clusterAddress(1)+","+f.clusterAddress(2))
	}
	if f.net != nil {
		n.wrap = []string{"ip", "netns", "exec", f.net.space(i)}
	}
	if *chaosLogs != "" {
		n.log = filepath.Join(*chaosLogs, f.name(i)+".log")
		n.args = append(n.args, "--log-level", "debug")
	}
	f.t.Cleanup(n.kill)
	f.nodes = append(f.nodes[:min(i-1, len(f.nodes))], n)
	return n
}

// urls are those of the nodes that there are.
func (f *fleet) urls() []string {
	var urls []string
	for _, n := range f.nodes {
		urls = append(urls, n.url)
	}
	return urls
}

// get asks a node for something only an operator may see.
func (f *fleet) get(n *nodeProcess, path string, into any) error {
	req, err := http.NewRequest(http.MethodGet, n.url+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+crashAdmin)
	resp, err := (&http.Client{Timeout: 3 * time.Second}).Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body) // it is only shown
		return fmt.Errorf("GET %s: %s: %s", n.url+path, resp.Status, text)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// until waits for a condition and says what kept it, if it never comes.
func (f *fleet) until(what string, atMost time.Duration, holds func() error) {
	f.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(atMost); ; <-tick.C {
		err := holds()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("%s: not within %v: %v\n%s", what, atMost, err, f.logs())
		}
	}
}

// logs is the end of what each node has printed.
func (f *fleet) logs() string {
	var b strings.Builder
	for i, n := range f.nodes {
		var kept []string
		for line := range strings.Lines(n.out.String()) {
			if !strings.Contains(line, "the payment provider gave no answer") { // that is on purpose
				kept = append(kept, line)
			}
		}
		out := strings.Join(kept, "")
		fmt.Fprintf(&b, "--- n%d\n%s\n", i+1, out[max(0, len(out)-6000):])
	}
	return b.String()
}

// whole waits until every node says that the cluster is whole: so many nodes are up,
// every shard has its replicas and a leader.
func (f *fleet) whole(nodes int) {
	f.t.Helper()
	f.wholeWithin(nodes, 90*time.Second)
}

// wholeWithin is whole that waits so long for each node.
func (f *fleet) wholeWithin(nodes int, wait time.Duration) {
	f.t.Helper()
	for i := range f.nodes {
		f.until(fmt.Sprintf("a whole cluster of %d, as n%d sees it", nodes, i+1), wait, func() error {
			var s control.Status
			if err := f.get(f.nodes[i], "/admin/cluster", &s); err != nil {
				return err
			}
			return wholeness(s, nodes)
		})
	}
}

// wholeness says what keeps a status from being that of a whole cluster.
func wholeness(s control.Status, nodes int) error {
	up := 0
	for _, n := range s.Nodes {
		if n.State == "up" {
			up++
		}
	}
	if s.Health != control.OK || up != nodes {
		return fmt.Errorf("%d nodes are up, health %s: %q: %+v", up, s.Health, s.Problems, s.Shards)
	}
	for _, sh := range s.Shards {
		voters := 0
		for _, r := range sh.Replicas {
			if r.Role == "voter" {
				voters++
			}
		}
		if voters != min(nodes, 3) || sh.Leader == "" {
			return fmt.Errorf("shard %d has %d voters and the leader %q", sh.ID, voters, sh.Leader)
		}
	}
	return nil
}

// leaderOf is the node that leads an event, by its index, as node asked knows; -1: it
// does not.
func (f *fleet) leaderOf(event string, asked int) int {
	var w control.Where
	if f.get(f.nodes[asked], "/admin/events/"+event+"/where", &w) != nil || w.Leader == "" {
		return -1
	}
	return slices.IndexFunc(f.nodes, func(m *nodeProcess) bool { return slices.Contains(m.args, w.Leader) })
}

// operate runs an operator's command, asking the first node. While shards change hands
// it may be refused as unsafe: then it is asked again.
func (f *fleet) operate(verb string, args ...string) {
	f.t.Helper()
	args = append([]string{"cluster", verb, "--server", f.nodes[0].url, "--token", crashAdmin}, args...)
	f.until("cluster "+verb, 30*time.Second, func() error {
		code, out := runProgram(args...)
		if code != exitDone && !strings.Contains(out, "unsafe-change") {
			f.t.Fatalf("boxoffice %s: exit code %d\n%s", strings.Join(args, " "), code, out)
		}
		if code != exitDone {
			return fmt.Errorf("%s", out)
		}
		return nil
	})
}

// removeLast removes the last node from the cluster and waits until it has ended.
func (f *fleet) removeLast() {
	f.t.Helper()
	last := f.nodes[len(f.nodes)-1]
	f.operate("remove", f.name(len(f.nodes)))
	select {
	case <-last.done:
	case <-time.After(60 * time.Second):
		f.t.Fatalf("n%d was removed and does not end:\n%s", len(f.nodes), f.logs())
	}
	last.cmd = nil
	f.nodes = f.nodes[:len(f.nodes)-1]
}

// agree waits until all replicas of every event have the same state.
func (f *fleet) agree() {
	f.t.Helper()
	for e := range int(f.shop.events.Load()) {
		event := crashEventID(e)
		f.until("one state of "+event+" on all replicas", 30*time.Second, func() error {
			seen := map[string][]string{}
			for i, n := range f.nodes {
				var d struct {
					Version uint64 `json:"version"`
					Digest  string `json:"sha256"`
				}
				if err := f.get(n, "/admin/events/"+event+"/digest", &d); err != nil {
					return err
				}
				state := fmt.Sprint(d.Version, " ", d.Digest)
				seen[state] = append(seen[state], f.name(i+1))
			}
			if len(seen) != 1 {
				return fmt.Errorf("%v", seen)
			}
			return nil
		})
	}
}

// verifyAll stops every node and replays what each has on its disk.
func (f *fleet) verifyAll() {
	f.t.Helper()
	for i, n := range f.nodes {
		if code := n.terminate(); code != exitDone {
			f.t.Errorf("SIGTERM to n%d: exit code %d\n%s", i+1, code, n.out)
		}
		if code, out := runProgram("verify", "--data", f.path(f.name(i+1))); code != exitDone {
			f.t.Errorf("boxoffice verify of n%d: exit code %d\n%s", i+1, code, out)
		}
	}
}

// lose deletes a node's whole disk.
func (f *fleet) lose(i int) {
	f.t.Helper()
	if err := os.RemoveAll(f.path(f.name(i))); err != nil {
		f.t.Fatal(err)
	}
}
