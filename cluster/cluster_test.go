package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"
)

const (
	kindEcho  = 1
	kindNever = 2 // no answer
	kindOther = 9 // nobody handles it
)

// testConfig is for members of a test: on free ports of the loopback address, and
// quick to find out.
func testConfig(node string) Config {
	return Config{
		Node: node, Name: "test", Cluster: 7, Shards: 16,
		Gossip: "127.0.0.1:0", Actors: "127.0.0.1:0", Raft: "127.0.0.1:3", HTTP: "127.0.0.1:4",
		Probe: 400 * time.Millisecond, Beat: 100 * time.Millisecond,
		Silence: time.Second,
	}
}

// startMember starts a member that answers, and stops it with the test.
func startMember(t testing.TB, cfg Config) *Member {
	t.Helper()
	if os.Getenv("CLUSTER_LOG") != "" {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})).
			With("on", cfg.Node)
	}
	m, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Stop(false) })
	m.Handle(kindEcho, func(c Call) { c.Reply(c.Body) })
	m.Handle(kindNever, func(Call) {})
	return m
}

// startMembers starts members n1, n2, … that know each other.
func startMembers(t testing.TB, count int, edit func(*Config)) []*Member {
	t.Helper()
	var ms []*Member
	for i := range count {
		cfg := testConfig(fmt.Sprintf("n%d", i+1))
		if edit != nil {
			edit(&cfg)
		}
		if i > 0 {
			cfg.Seeds = append(cfg.Seeds, ms[0].self0().Gossip)
		}
		ms = append(ms, startMember(t, cfg))
	}
	for _, m := range ms {
		for _, other := range ms {
			if m != other {
				await(t, func() bool { return reaches(m, other.cfg.Node) })
			}
		}
	}
	return ms
}

// reaches says whether a call gets through.
func reaches(m *Member, node string) bool {
	_, err := m.Call(time.Now().Add(time.Second), node, kindEcho, nil)
	return err == nil
}

// await waits for a condition.
func await(t testing.TB, f func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("waited a minute for nothing")
		}
	}
}

func TestCalls(t *testing.T) {
	ms := startMembers(t, 2, nil)
	for _, to := range []string{"n1", "n2"} {
		answer, err := ms[0].Call(time.Now().Add(time.Second), to, kindEcho, []byte("hello"))
		if err != nil || string(answer) != "hello" {
			t.Errorf("call to %s: %q, %v", to, answer, err)
		}
		if _, err := ms[0].Call(time.Now().Add(time.Second), to, kindOther, nil); !errors.Is(err, ErrUnknownKind) {
			t.Errorf("call of an unknown kind to %s: %v", to, err)
		}
		began := time.Now()
		_, err = ms[0].Call(began.Add(100*time.Millisecond), to, kindNever, nil)
		if took := time.Since(began); !errors.Is(err, ErrLost) || took < 100*time.Millisecond || took > time.Second {
			t.Errorf("call to %s without an answer: %v after %v", to, err, took)
		}
	}
	if _, err := ms[0].Call(time.Now().Add(time.Second), "n9", kindEcho, nil); !errors.Is(err, ErrUnreachable) {
		t.Errorf("call to a stranger: %v", err)
	}
}
