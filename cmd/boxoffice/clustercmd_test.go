package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/actors/sale"
	"boxoffice/httpapi"
)

// fakeCluster is a control.Operator whose nodes a test moves. A removal takes as
// many looks as the node has replicas.
type fakeCluster struct {
	mu     sync.Mutex
	status control.Status
	asked  []string
	err    error
	leaves string // the node that is leaving
	addrs  []string
}

func (f *fakeCluster) note(what string) error {
	f.asked = append(f.asked, what)
	return f.err
}

func (f *fakeCluster) change(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.note(what)
}

func (f *fakeCluster) Status(context.Context) (control.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.status.Nodes {
		if n := &f.status.Nodes[i]; n.Name == f.leaves {
			n.State = "leaving"
			if n.Replicas--; n.Replicas < 0 {
				n.State, n.Replicas = "removed", 0
			}
		}
	}
	return f.status, f.err
}

func (f *fakeCluster) Drain(_ context.Context, node string) error { return f.change("drain " + node) }
func (f *fakeCluster) Undrain(_ context.Context, node string) error {
	return f.change("undrain " + node)
}
func (f *fakeCluster) Rebalance(context.Context) error { return f.change("rebalance") }

func (f *fakeCluster) Remove(_ context.Context, node string, force bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.leaves = node
	}
	return f.note(fmt.Sprintf("remove %s %v", node, force))
}

func (f *fakeCluster) Where(_ context.Context, event string) (control.Where, error) {
	return control.Where{Event: event, Shard: 5, Leader: "n2", Term: 4, Replicas: []string{"n1", "n2", "n3"}}, f.err
}

func (f *fakeCluster) take() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := strings.Join(f.asked, ", ")
	f.asked = nil
	return asked
}

// fakeShop is a httpapi.Seller that has no events but can tell digests; those that
// end in "bad" are another on each node.
type fakeShop struct{ node string }

func (fakeShop) Do(string, sale.Command, time.Time) (sale.Answer, error) {
	return sale.Answer{}, actors.ErrUnavailable
}

func (fakeShop) View(context.Context, string, uint64) (actors.View, error) {
	return actors.View{}, actors.ErrUnavailable
}

func (fakeShop) History(string, uint64, int) ([]actors.VersionedRecord, error) {
	return nil, actors.ErrUnavailable
}

func (fakeShop) Ready() error { return nil }

func (s fakeShop) Digest(_ context.Context, event string) (uint64, [32]byte, error) {
	switch {
	case event == "alone" && s.node != "n1":
		return 0, [32]byte{}, actors.ErrUnavailable
	case strings.HasSuffix(event, "bad"):
		event += s.node
	}
	return 9, sha256.Sum256([]byte(event)), nil
}

// newFakeCluster serves the real HTTP border of three nodes over a fake cluster.
func newFakeCluster(t *testing.T, token string) *fakeCluster {
	t.Helper()
	f := &fakeCluster{status: control.Status{Cluster: "boxoffice", Health: control.OK, Shards: []control.ShardStatus{
		{ID: 1, Leader: "n1", Term: 4, Replicas: []control.ReplicaStatus{{Node: "n1", Role: "voter", Applied: 12034},
			{Node: "n2", Role: "voter", Applied: 12034}, {Node: "n3", Role: "learner", Applied: 11000, Lag: 1034}}},
		{ID: 2, Term: 3, Replicas: []control.ReplicaStatus{{Node: "n2", Role: "lost"}}},
		{ID: 3, System: true, Leader: "n2", Term: 9}}}}
	for i := range 3 {
		name := fmt.Sprint("n", i+1)
		cfg := httpapi.DefaultConfig()
		cfg.Seller, cfg.Operator, cfg.SearchOperator, cfg.AdminToken = fakeShop{name}, f, f, token
		cfg.Version.Node, cfg.Log = name, slog.New(slog.DiscardHandler)
		srv, err := httpapi.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(ln) }()
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = srv.Shutdown(ctx) // connections that are kept are cut
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
		f.addrs = append(f.addrs, "http://"+ln.Addr().String())
		f.status.Nodes = append(f.status.Nodes, control.NodeStatus{Name: name, State: "up", HTTP: ln.Addr().String(),
			Leaders: 1, Replicas: 3, DiskFreeBytes: 41 << 30, DiskTotalBytes: 50 << 30, UptimeSeconds: 90061})
	}
	return f
}

// cli runs a command on nodes of a cluster.
func cli(servers, command string, environ ...string) (int, string, string) {
	w := newWorld(append(environ, "BOXOFFICE_SERVER="+servers)...)
	code := run(strings.Fields(command), w.environment)
	return code, w.out.String(), w.err.String()
}

// The table of cluster status, to the letter.
func TestStatusTable(t *testing.T) {
	f := newFakeCluster(t, "")
	f.status.Health, f.status.Problems = control.Unavailable, []string{"shard 2 has no leader", "a\x1b[2Jb"}
	f.status.Nodes[1].State = "draining"
	f.status.Nodes[0].Roles, f.status.Nodes[1].Roles = []string{"search"}, []string{"search"}
	f.status.Nodes[0].Search = &control.SearchBrief{State: "catching-up", Events: 1, LagSeconds: 90.5, Rebuilding: true}
	for i := range f.status.Nodes {
		f.status.Nodes[i].HTTP = fmt.Sprint("127.0.0.1:808", i)
	}
	code, out, _ := cli(f.addrs[0], "cluster status")
	want := `boxoffice is UNAVAILABLE: 3 nodes, 3 shards
  - shard 2 has no leader
  - a[2Jb

NODE  STATE     LEADS  REPLICAS         DISK FREE    UP  SEARCH                                    HTTP
n1    up            1         3  41 GiB of 50 GiB  1d1h  1 event, catching-up, +1m30s, rebuilding  127.0.0.1:8080
n2    draining      1         3  41 GiB of 50 GiB  1d1h  unknown                                   127.0.0.1:8081
n3    up            1         3  41 GiB of 50 GiB  1d1h                                            127.0.0.1:8082

SHARD  LEADER  TERM  APPLIED  REPLICAS
    1  n1         4    12034  n1 n2 n3(learner +1034)
    2  none       3        0  n2(lost)
    3  n2         9        0                           the cluster's own
`
	if out != want || code != exitUnavailable {
		t.Errorf("exit %d\n%s\nwant\n%s", code, out, want)
	}
}

// Exit codes are a contract: 0 ok, 1 degraded, 2 unavailable or nobody answers.
func TestStatusExitCodes(t *testing.T) {
	f := newFakeCluster(t, "sesame")
	const down, token = "http://127.0.0.1:1", "BOXOFFICE_ADMIN_TOKEN=sesame"
	for _, c := range []struct {
		health  control.Health
		servers string
		args    string
		code    int
		err     string
	}{
		{control.OK, f.addrs[0], "", 0, ""}, {control.Degraded, f.addrs[0], "", 1, ""},
		{control.Unavailable, f.addrs[0], "", 2, ""}, {"strange", f.addrs[0], "", 2, ""},
		{control.OK, down + "," + f.addrs[0], "", 0, ""}, {control.Degraded, down + "," + f.addrs[0], "-o json", 1, ""},
		{control.OK, down, "", 2, "connection refused"}, {control.OK, down, "-o json", 2, "connection refused"},
		{control.OK, f.addrs[0], "--token wrong", 2, "unauthorized"}, {control.OK, f.addrs[0], "--bogus", 2, "--bogus"},
		{control.OK, f.addrs[0], "-o xml", 2, "none of table, json"}, {control.OK, f.addrs[0], "x", 2, "unexpected"},
		{control.OK, "127.0.0.1:80", "", 2, "a URL begins with"},
		{control.OK, f.addrs[0], "--timeout 0s", 2, "--timeout"},
	} {
		f.status.Health = c.health
		code, out, errs := cli(c.servers, "cluster status "+c.args, token)
		if code != c.code || !printed(errs, c.err) || (out == "") != (c.err != "") {
			t.Errorf("%+v: exit %d\n%s\n%s", c, code, out, errs)
		}
		if strings.Contains(c.args, "json") && out != "" {
			var s control.Status
			if err := json.Unmarshal([]byte(out), &s); err != nil || s.Health != c.health || len(s.Nodes) != 3 {
				t.Errorf("%v: %s", err, out)
			}
		}
	}
}

// Of many shards those are shown that have something to tell.
func TestManyShards(t *testing.T) {
	s := control.Status{Cluster: "c", Health: control.OK}
	for i := range 100 {
		s.Shards = append(s.Shards, control.ShardStatus{ID: uint64(i + 1), Leader: "n1",
			Replicas: []control.ReplicaStatus{{Node: "n1", Role: "voter", Lag: uint64(i)}}})
	}
	s.Shards[7].Leader, s.Shards[99].System = "", true
	s.Shards[9].Replicas[0].Lag = muchLag + 1
	var few, all bytes.Buffer
	printStatus(&few, s, false)
	printStatus(&all, s, true)
	if n := strings.Count(few.String(), "\n"); n != 8 || !strings.Contains(few.String(), "97 shards more, each") {
		t.Errorf("%d lines:\n%s", n, few.String())
	}
	if n := strings.Count(all.String(), "\n"); n != 104 {
		t.Errorf("%d lines:\n%s", n, all.String())
	}
}

// Each change asks for what it says, says what became of it, and its exit code too.
func TestClusterChanges(t *testing.T) {
	f := newFakeCluster(t, "")
	servers := "http://127.0.0.1:1," + f.addrs[1]
	for _, c := range []struct {
		command string
		err     error
		code    int
		asked   string
		text    string
	}{
		{"drain n2", nil, 0, "drain n2", "n2 leads nothing now"},
		{"undrain n2", nil, 0, "undrain n2", "n2 takes part again"},
		{"rebalance", nil, 0, "rebalance", "are being spread"},
		{"remove n3 --no-wait", nil, 0, "remove n3 false", "n3 is leaving"},
		{"remove --force --no-wait n3", nil, 0, "remove n3 true", "n3 is leaving"},
		{"drain", nil, 2, "", "no NODE given"}, {"drain a/b", nil, 2, "", "is no NODE"},
		{"drain n1 n2", nil, 2, "", "unexpected"}, {"rebalance n1", nil, 2, "", "unexpected"},
		{"remove", nil, 2, "", "no NODE given"}, {"drian n1", nil, 2, "", "unknown command"},
		{"drain n9", control.UnknownNodeError{Node: "n9"}, 1, "drain n9", "node-not-found"},
		{"remove n1 --no-wait", control.UnsafeError{Reason: "shard 3 would have 1 of 3"}, 1, "remove n1 false",
			"unsafe-change: shard 3 would have 1 of 3"},
		{"drain n1", errors.New("a bug"), 1, "drain n1", "internal-error"},
	} {
		f.err = c.err
		code, out, errs := cli(servers, "cluster "+c.command)
		if asked := f.take(); code != c.code || asked != c.asked || !strings.Contains(out+errs, c.text) {
			t.Errorf("%s: exit %d, asked %q\n%s%s", c.command, code, asked, out, errs)
		}
	}
}

// cluster remove waits for the end, shows how far it is, and does not mind that the
// node it asked stops on the way.
func TestRemoveWaits(t *testing.T) {
	f := newFakeCluster(t, "")
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		gone := f.leaves != ""
		f.mu.Unlock()
		if gone && r.Method == http.MethodGet {
			panic(http.ErrAbortHandler)
		}
		passOn(t, f.addrs[2], w, r)
	}))
	defer front.Close()
	code, out, errs := cli(front.URL, "cluster remove n3 --yes")
	if code != 0 || !strings.Contains(out, "n3 is removed") || !strings.Contains(errs, "2 replicas to move") {
		t.Errorf("exit %d\n%s\n%s", code, out, errs)
	}
	f = newFakeCluster(t, "")
	f.status.Nodes[2].Replicas = 1000
	code, _, errs = cli(f.addrs[0], "cluster remove n3 --patience 50ms")
	if code != 1 || !strings.Contains(errs, "the removal goes on") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// A removal that somebody ends is no longer waited for.
func TestRemoveIsEnded(t *testing.T) {
	f := newFakeCluster(t, "")
	f.status.Nodes[2].Replicas = 1000
	looks := 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		if looks++; looks == 4 {
			f.leaves, f.status.Nodes[2].State = "", "up"
		}
		f.mu.Unlock()
		passOn(t, f.addrs[0], w, r)
	}))
	defer front.Close()
	f.addrs[1], f.addrs[2] = f.addrs[0], f.addrs[0]
	code, _, errs := cli(front.URL, "cluster remove n3 --yes")
	if code != 1 || !strings.Contains(errs, "to move") || !strings.Contains(errs, "ended by cluster undrain") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// passOn is a proxy in front of a node.
func passOn(t *testing.T, server string, w http.ResponseWriter, r *http.Request) {
	req, err := http.NewRequest(r.Method, server+r.URL.Path, r.Body)
	if err != nil {
		t.Error(err)
		return
	}
	req.Header = r.Header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		t.Error(err)
	}
}

// On a terminal cluster remove asks first.
func TestRemoveAsks(t *testing.T) {
	f := newFakeCluster(t, "")
	for answer, code := range map[string]int{"y\n": 0, "YES\n": 0, "n\n": 1, "\n": 1, "": 1} {
		w := newWorld()
		w.terminal, w.stdin = true, strings.NewReader(answer)
		got := run([]string{"cluster", "remove", "n1", "--no-wait", "--server", f.addrs[0]}, w.environment)
		if asked := f.take(); got != code || (asked != "") != (code == 0) {
			t.Errorf("%q: exit %d, asked %q: %s", answer, got, asked, w.err.String())
		}
	}
}

// event digest asks every node that the cluster has.
func TestEventDigest(t *testing.T) {
	f := newFakeCluster(t, "")
	for _, c := range []struct {
		id   string
		code int
		text string
	}{
		{"good", 0, fmt.Sprintf("n3          9  %x", sha256.Sum256([]byte("good")))},
		{"bad", 1, "replicas differ at version 9"},
		{"alone", 1, "not two replicas"},
	} {
		code, out, errs := cli(f.addrs[0], "event digest "+c.id)
		if code != c.code || !strings.Contains(out+errs, c.text) {
			t.Errorf("%s: exit %d\n%s%s", c.id, code, out, errs)
		}
	}
	var got []replicaDigest
	_, out, _ := cli(f.addrs[0], "event digest good -o json")
	if err := json.Unmarshal([]byte(out), &got); err != nil || len(got) != 3 || got[2].Node != "n3" {
		t.Errorf("%v: %s", err, out)
	}
}

// What nodes say of themselves is not followed from an encrypted way to a plain one.
func TestLearn(t *testing.T) {
	s := control.Status{Nodes: []control.NodeStatus{{HTTP: "a:1"}, {HTTP: "b:1", State: "removed"}, {}, {HTTP: "c:1"}}}
	for server, want := range map[string]string{"http://a:1": "http://a:1 http://c:1", "https://a": "https://a"} {
		c := &client{servers: []string{server}}
		c.learn(server, s)
		c.learn(server, s)
		if got := strings.Join(c.servers, " "); got != want {
			t.Errorf("from %s: %s", server, got)
		}
	}
}
