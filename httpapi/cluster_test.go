package httpapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/actors/sale"
)

// fakeOperator notes what it is asked, and answers with err where it is set.
type fakeOperator struct {
	mu     sync.Mutex
	asked  []string
	err    error
	status control.Status
}

func (o *fakeOperator) note(ctx context.Context, what string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, what)
	if errors.Is(o.err, context.DeadlineExceeded) {
		<-ctx.Done()
		return fmt.Errorf("ask n2: %w", ctx.Err())
	}
	return o.err
}

func (o *fakeOperator) Status(ctx context.Context) (control.Status, error) {
	return o.status, o.note(ctx, "status")
}

func (o *fakeOperator) Drain(ctx context.Context, node string) error {
	return o.note(ctx, "drain "+node)
}

func (o *fakeOperator) Undrain(ctx context.Context, node string) error {
	return o.note(ctx, "undrain "+node)
}

func (o *fakeOperator) Remove(ctx context.Context, node string, force bool) error {
	return o.note(ctx, fmt.Sprintf("remove %s %v", node, force))
}

func (o *fakeOperator) Rebalance(ctx context.Context) error { return o.note(ctx, "rebalance") }

func (o *fakeOperator) Where(ctx context.Context, event string) (control.Where, error) {
	return control.Where{Event: event, Shard: 3, Leader: "n1", Term: 4, Replicas: []string{"n1", "n2"}},
		o.note(ctx, "where "+event)
}

// take gives what was asked since the last time.
func (o *fakeOperator) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	asked := strings.Join(o.asked, ", ")
	o.asked = nil
	return asked
}

func newCluster(t *testing.T) (*world, *fakeOperator) {
	t.Helper()
	o := &fakeOperator{status: control.Status{Cluster: "boxoffice", Health: control.Degraded,
		Problems: []string{"n3 is down"},
		Nodes: []control.NodeStatus{{Name: "n1.a", State: "up", Zone: "z", HTTP: "127.0.0.1:8080",
			Leaders: 1, Replicas: 1,
			DiskFreeBytes: 5, DiskTotalBytes: 9, UptimeSeconds: 7, Roles: []string{"search"},
			Search: &control.SearchBrief{State: control.SearchCurrent, Events: 3, Rebuilding: true}},
			{Name: "n3", State: "down"}},
		Shards: []control.ShardStatus{{ID: 1, System: true, Leader: "n1.a", Term: 2, Replicas: []control.ReplicaStatus{
			{Node: "n1.a", Replica: 1, Role: "voter", Applied: 12}}}, {ID: 2}}}}
	return newWorld(t, func(c *Config) { c.Operator, c.SearchOperator = o, o }), o
}

// GET /admin/cluster, also where everything is empty.
func TestClusterStatus(t *testing.T) {
	w, o := newCluster(t)
	r := w.do("GET", "/admin/cluster", "").want(200)
	if r.str("health") != "degraded" || len(r.list("problems")) != 1 || len(r.list("nodes")) != 2 ||
		len(r.list("shards")) != 2 || r.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%s", r.body)
	}
	o.status = control.Status{Health: control.OK}
	if r := w.do("GET", "/admin/cluster", "").want(200); !strings.Contains(string(r.body), `"nodes":[]`) {
		t.Errorf("%s", r.body)
	}
	w.do("HEAD", "/admin/cluster", "").want(200)
	w.do("GET", "/admin/cluster?verbose=1", "").want(400, codeInvalid)
	w.do("DELETE", "/admin/cluster", "").want(405, codeMethod)
}

// Each change asks for exactly what its path says.
func TestClusterChanges(t *testing.T) {
	w, o := newCluster(t)
	for _, c := range []struct {
		path, body string
		status     int
		asked      string
	}{
		{"/admin/nodes/n1.a/drain", "", 204, "drain n1.a"},
		{"/admin/nodes/n1/drain", "{}", 204, "drain n1"},
		{"/admin/nodes/n-1_x/undrain", "", 204, "undrain n-1_x"},
		{"/admin/nodes/n1/remove", "", 202, "remove n1 false"},
		{"/admin/nodes/n1/remove", "{}", 202, "remove n1 false"},
		{"/admin/nodes/n1/remove", `{"force":true}`, 202, "remove n1 true"},
		{"/admin/cluster/rebalance", "", 204, "rebalance"},
		{"/admin/nodes/n1/drain", `{"force":true}`, 400, ""},
		{"/admin/nodes/n1/drain?x", "", 400, ""},
		{"/admin/nodes/n1/remove", `{"forse":true}`, 400, ""},
		{"/admin/nodes/n1/remove", `{"force":"yes"}`, 400, ""},
		{"/admin/nodes/n1/remove", `[]`, 400, ""},
		{"/admin/cluster/rebalance", `{"x":1}`, 400, ""},
		{"/admin/nodes/a,b/drain", "", 404, ""},
		{"/admin/nodes/" + strings.Repeat("n", 65) + "/drain", "", 404, ""},
	} {
		r := w.do("POST", c.path, c.body).want(c.status)
		if asked := o.take(); asked != c.asked {
			t.Errorf("%s %s: asked for %q, want %q", c.path, c.body, asked, c.asked)
		}
		if c.status == 404 && r.str("code") != codeNodeNotFound ||
			c.status == 202 && r.header.Get("Location") != "/admin/cluster" {
			t.Errorf("%s: %v %s", c.path, r.header, r.body)
		}
	}
}

// 404 node-not-found, 409 unsafe-change, 503, 500: a change whose time is over may
// have had its effect, a question has none.
func TestClusterFailures(t *testing.T) {
	w, o := newCluster(t)
	for _, c := range []struct {
		err            error
		status         int
		change, asking string
		executed       any
	}{
		{fmt.Errorf("drain: %w", control.UnknownNodeError{Node: "n9"}), 404, codeNodeNotFound, codeNodeNotFound, false},
		{control.UnsafeError{Reason: "shard 1 would have 1 of 3"}, 409, codeUnsafe, codeUnsafe, false},
		{fmt.Errorf("%w: no controller", control.ErrUnavailable), 503, codeUnknown, codeUnavailable, "unknown"},
		{actors.ErrUnavailable, 503, codeUnavailable, codeUnavailable, false},
		{actors.ErrOverloaded, 503, codeOverloaded, codeOverloaded, false},
		{actors.ErrUnknown, 503, codeUnknown, codeUnknown, "unknown"},
		{context.DeadlineExceeded, 503, codeUnknown, codeUnavailable, "unknown"},
		{errors.New("a bug"), 500, codeInternal, codeInternal, "unknown"},
	} {
		o.err = c.err
		for _, path := range []string{"/admin/nodes/n1/drain", "/admin/nodes/n1/undrain", "/admin/nodes/n1/remove",
			"/admin/cluster/rebalance"} {
			r := w.do("POST", path, "", "X-Deadline-Ms", "30").want(c.status, c.change)
			if r.get("executed") != c.executed || c.change == codeUnsafe && r.str("reason") == "" {
				t.Errorf("%s: %s", path, r.body)
			}
		}
		for _, path := range []string{"/admin/cluster", "/admin/events/ev-1/where"} {
			w.do("GET", path, "", "X-Deadline-Ms", "30").want(c.status, c.asking)
		}
	}
	w.do("GET", "/admin/cluster", "", "X-Deadline-Ms", "30001").want(400, codeInvalid)
}

// GET /admin/events/{eventId}/where.
func TestWhere(t *testing.T) {
	w, o := newCluster(t)
	r := w.do("GET", "/admin/events/ev-1/where", "").want(200)
	if r.str("event") != "ev-1" || r.get("shard") != 3.0 || r.str("leader") != "n1" || o.take() != "where ev-1" {
		t.Errorf("%s", r.body)
	}
	w.do("GET", "/admin/events/a.b/where", "").want(404, codeEventNotFound)
	w.do("GET", "/admin/events/ev-1/where?x", "").want(400, codeInvalid)
}

// digesting is a seller that can tell digests.
type digesting struct{ *fakeSeller }

func (d digesting) Digest(ctx context.Context, event string) (uint64, [32]byte, error) {
	switch event {
	case "slow":
		<-ctx.Done()
		return 0, [32]byte{}, ctx.Err()
	case "elsewhere":
		return 0, [32]byte{}, actors.ErrUnavailable
	case "gone":
		return 0, [32]byte{}, &sale.Refusal{Code: sale.EventNotFound}
	case "none":
		return 0, [32]byte{}, nil
	}
	return 7, sha256.Sum256([]byte(event)), nil
}

// GET /admin/events/{eventId}/digest.
func TestDigest(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Seller = digesting{c.Seller.(*fakeSeller)} })
	r := w.do("GET", "/admin/events/ev-1/digest", "").want(200)
	if r.str("sha256") != fmt.Sprintf("%x", sha256.Sum256([]byte("ev-1"))) || r.get("version") != 7.0 ||
		r.str("node") != "n1" || r.header.Get("Event-Version") != "7" {
		t.Errorf("%s", r.body)
	}
	w.do("GET", "/admin/events/none/digest", "").want(404, codeEventNotFound)
	w.do("GET", "/admin/events/gone/digest", "").want(404, codeEventNotFound)
	w.do("GET", "/admin/events/elsewhere/digest", "").want(503, codeUnavailable)
	w.do("GET", "/admin/events/slow/digest", "", "X-Deadline-Ms", "20").want(503, codeUnavailable)
	w.do("GET", "/admin/events/ev-1/digest?x", "").want(400, codeInvalid)
	for range digestCalls {
		w.srv.digesting <- struct{}{}
	}
	w.do("GET", "/admin/events/ev-1/digest", "").want(503, codeOverloaded)
}

// A node without the part that knows a cluster says so; a full one too; and all of
// it is the admin's.
func TestNoCluster(t *testing.T) {
	w := newWorld(t, nil)
	guarded := newWorld(t, func(c *Config) { c.AdminToken = "sesame" })
	full, _ := newCluster(t)
	for range operatorCalls {
		full.srv.operating <- struct{}{}
	}
	for path, method := range map[string]string{"/admin/cluster": "GET", "/admin/cluster/rebalance": "POST",
		"/admin/nodes/n1/drain": "POST", "/admin/nodes/n1/undrain": "POST", "/admin/nodes/n1/remove": "POST",
		"/admin/events/e/where": "GET", "/admin/events/e/digest": "GET", "/admin/search": "GET",
		"/admin/search/rebuild": "POST"} {
		w.do(method, path, "").want(404, codeNoCluster)
		guarded.do(method, path, "").want(401, codeUnauthorized)
		if path != "/admin/events/e/digest" {
			full.do(method, path, "").want(503, codeOverloaded)
		}
	}
}
