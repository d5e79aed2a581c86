package cluster

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	pac "github.com/asynkron/protoactor-go/cluster"
	"github.com/prometheus/client_golang/prometheus"
)

// A joiner knows neither the cluster nor its number of shards, and learns both.
func TestJoined(t *testing.T) {
	first := startMember(t, testConfig("n1"))
	cfg := testConfig("n2")
	cfg.Cluster, cfg.Shards, cfg.Seeds = 0, 0, []string{first.self0().Gossip}
	m := startMember(t, cfg)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cluster, shards, err := m.Joined(ctx)
	if err != nil || cluster != 7 || shards != 16 {
		t.Fatalf("joined the cluster %d of %d shards: %v", cluster, shards, err)
	}
	m.Become(cluster, shards, 99)
	m.SetState(Draining)
	await(t, func() bool {
		for _, p := range first.Peers() {
			if p.Node == "n2" && p.Cluster == 7 && p.Shards == 16 && p.Incarnation == 99 && p.State == Draining {
				return true
			}
		}
		return false
	})
	late, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	cfg = testConfig("n3")
	cfg.Cluster, cfg.Shards = 0, 0
	if _, _, err := startMember(t, cfg).Joined(late); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("joined nobody: %v", err)
	}
}

// What a peer is told arrives whole.
func TestPeers(t *testing.T) {
	ms := startMembers(t, 2, func(c *Config) {
		c.Zone, c.Version, c.Raft, c.HTTP = "east", "v1.2", "10.1.1.1:7948", "127.0.0.1:8080"
		c.Roles = []string{"a", "b"}
	})
	peers := ms[0].Peers()
	if len(peers) != 2 || peers[0].Node != "n1" || peers[1].Node != "n2" {
		t.Fatalf("peers: %+v", peers)
	}
	p, want := peers[1], ms[1].self0()
	if p.Heard.IsZero() || time.Since(p.Heard) > 10*time.Second {
		t.Errorf("heard at %v", p.Heard)
	}
	want.Started = want.Started.Truncate(time.Millisecond)
	p.Started = p.Started.UTC()
	want.Started, want.Heard, p.Heard = want.Started.UTC(), time.Time{}, time.Time{}
	p.Started, want.Started = p.Started.Round(0), want.Started.Round(0)
	if !reflect.DeepEqual(p, want) || !p.Has("b") || p.Has("c") {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
}

// Seeds need not be up, and may be names. This node's own address is no seed.
func TestSeedsThatComeLater(t *testing.T) {
	port := freeUDP(t)
	cfg := testConfig("n1")
	cfg.Seeds = []string{"localhost:" + port, "no-such-host.invalid:1", "127.0.0.1:1"}
	early := startMember(t, cfg)
	cfg = testConfig("n2")
	cfg.Gossip = "127.0.0.1:" + port
	cfg.Seeds = []string{cfg.Gossip}
	startMember(t, cfg)
	await(t, func() bool { return reaches(early, "n2") })
}

func freeUDP(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// A node that restarts needs no seeds: it remembers its peers.
func TestPeersFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "peers")
	ms := startMembers(t, 2, func(c *Config) {
		if c.Node == "n1" {
			c.PeersFile = file
		}
	})
	await(t, func() bool {
		b, _ := os.ReadFile(file)
		return strings.Contains(string(b), "n2 "+ms[1].self0().Gossip)
	})
	ms[0].Stop(false)
	cfg := testConfig("n1")
	cfg.PeersFile = file
	again := startMember(t, cfg)
	await(t, func() bool { return reaches(again, "n2") && reaches(ms[1], "n1") })

	if err := os.WriteFile(file, []byte("\x00\xff\nn2 nonsense\nn3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := remembered(file); len(got) != 0 {
		t.Errorf("remembered %q from a broken file", got)
	}
}

// A node that leaves is down for the others, and cuts nobody off; a removed one is
// forgotten.
func TestLeaving(t *testing.T) {
	ms := startMembers(t, 3, nil)
	began := time.Now()
	ms[2].Stop(true)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("Stop took %v", took)
	}
	await(t, func() bool { return state(ms[0], "n3") == Down && state(ms[1], "n3") == Down })
	for _, k := range ms[0].roster.all() {
		if k.Node == "n3" && !k.left {
			t.Error("its farewell was not heard")
		}
	}
	await(t, func() bool { return len(ms[0].pacMembers()) == 2 })
	if _, err := ms[0].Call(time.Now().Add(time.Second), "n3", kindEcho, nil); !errors.Is(err, ErrUnreachable) {
		t.Errorf("call to a node that left: %v", err)
	}
	if _, err := ms[2].Call(time.Now().Add(time.Second), "n1", kindEcho, nil); !errors.Is(err, ErrUnreachable) {
		t.Errorf("call of a node that left: %v", err)
	}
	ms[0].Forget("n3")
	if ps := ms[0].Peers(); len(ps) != 2 {
		t.Errorf("%d peers after one was forgotten", len(ps))
	}
	ms[1].Stop(true)
	await(t, func() bool { return state(ms[0], "n2") == Down })
	if !ms[0].Reachable() {
		t.Error("cut off, though all others left on purpose")
	}
	ms[1].Stop(true) // a second time
}

// A dead peer is forgotten after the grace.
func TestGrace(t *testing.T) {
	ms := startMembers(t, 2, func(c *Config) { c.Grace = 300 * time.Millisecond })
	ms[1].Stop(false)
	await(t, func() bool { return len(ms[0].Peers()) == 1 })
	ms[0].Stop(false)
	if n := ms[0].pac.MemberList.Length(); n != 1 {
		t.Errorf("proto.actor knows %d members of 1", n)
	}
}

// proto.actor finds an event's process on the node that leads its shard.
func TestIdentityLookup(t *testing.T) {
	ms := startMembers(t, 2, func(c *Config) {
		c.ShardOf = func(_ string, shards uint64) uint64 { return shards }
	})
	if pid := ms[0].Cluster().Get("ev-1", "event"); pid != nil {
		t.Errorf("an event without a leader is at %v", pid)
	}
	for term, node := range []string{"n1", "n2", "n1"} {
		ms[0].Learn(16, node, uint64(term+1))
		pid := ms[0].Cluster().Get("ev-1", "event")
		want := ms[term%2].self0().Actors
		if pid == nil || pid.Address != want || pid.Id != gatewayName {
			t.Errorf("led by %s: the event is at %v, want %s", node, pid, want)
		}
	}
	if pid := ms[0].Cluster().Get("ev-1", "other"); pid != nil {
		t.Errorf("an unknown kind is at %v", pid)
	}
	var _ pac.ClusterProvider = (*provider)(nil)
}

func TestMetrics(t *testing.T) {
	r := prometheus.NewRegistry()
	ms := startMembers(t, 2, func(c *Config) {
		if c.Node == "n1" {
			c.Registry = r
		}
	})
	_, _ = ms[0].Call(time.Now().Add(time.Second), "n2", kindOther, nil)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, f := range families {
		text += f.String() + "\n"
	}
	for _, want := range []string{"boxoffice_cluster_calls_total", "unknown-kind",
		"boxoffice_cluster_bound_drops_total", "boxoffice_cluster_bound_length", "boxoffice_cluster_peers"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

// What cannot work is refused at the start, and leaves nothing behind.
func TestRefusedConfigs(t *testing.T) {
	taken := startMember(t, testConfig("n1"))
	for name, edit := range map[string]func(*Config){
		"no name":           func(c *Config) { c.Node = "" },
		"no cluster name":   func(c *Config) { c.Name = "" },
		"half of TLS":       func(c *Config) { c.ServerTLS = taken.cfg.ServerTLS; c.ClientTLS = tlsNothing },
		"short key":         func(c *Config) { c.GossipKey = []byte("short") },
		"a wildcard":        func(c *Config) { c.Gossip = "0.0.0.0:0" },
		"plain gossip":      func(c *Config) { c.Listen = "0.0.0.0" },
		"plain calls":       func(c *Config) { c.Listen, c.GossipKey = "0.0.0.0", make([]byte, 16) },
		"no port":           func(c *Config) { c.Actors = "127.0.0.1" },
		"port taken":        func(c *Config) { c.Actors = taken.self0().Actors },
		"gossip port taken": func(c *Config) { c.Gossip = taken.self0().Gossip },
		"too much to tell":  func(c *Config) { c.Zone = strings.Repeat("z", 500) },
		"short silence":     func(c *Config) { c.Silence = c.Beat },
	} {
		cfg := testConfig("n2")
		edit(&cfg)
		if m, err := Start(cfg); err == nil {
			m.Stop(false)
			t.Errorf("%s: no error", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	cfg := testConfig("n2")
	cfg.Listen, cfg.Insecure = "0.0.0.0", true
	m := startMember(t, cfg)
	if !m.Reachable() {
		t.Error("a node alone is cut off")
	}
}

// Nothing of a member goes on after Stop, but what ends by itself in some seconds.
func TestStopEndsAll(t *testing.T) {
	startMembers(t, 2, nil)[0].Stop(true) // what a process starts once is started
	before := runtime.NumGoroutine()
	for range 3 {
		for _, m := range startMembers(t, 2, nil) {
			m.Stop(false)
		}
	}
	await(t, func() bool { return runtime.NumGoroutine() <= before })
}
