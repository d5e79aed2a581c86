package cluster

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestLeaderTable(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	if _, _, err := m.Locate(3); !errors.Is(err, ErrNoLeader) {
		t.Errorf("a shard nobody spoke of: %v", err)
	}
	for _, step := range []struct {
		node string
		term uint64
		want string
		is   uint64
	}{
		{"n1", 5, "n1", 5},
		{"n2", 4, "n1", 5}, // older
		{"n2", 5, "n1", 5}, // a term has one leader
		{"", 5, "n1", 5},   // "none" of a term with a leader is no news
		{"", 6, "", 6},
		{"n2", 6, "n2", 6},
		{"n3", 9, "n3", 9},
	} {
		m.Learn(3, step.node, step.term)
		if node, term, err := m.Locate(3); node != step.want || term != step.is || (err == nil) != (node != "") {
			t.Errorf("after %v: %q in term %d, %v", step, node, term, err)
		}
	}
	m.Learn(0, "n1", 1)
	m.Learn(maxShard+1, "n1", 1)
	if _, _, err := m.Locate(maxShard + 1); err == nil {
		t.Error("a shard beyond the bound is kept")
	}
}

// What a node leads is known to all at once; what it learned, with the exchange of
// states.
func TestLeadersAreGossiped(t *testing.T) {
	ms := startMembers(t, 3, nil)
	ms[0].Learn(1, "n1", 3)
	ms[2].Learn(17, "n3", 4)
	for _, m := range ms {
		await(t, func() bool {
			a, term, _ := m.Locate(1)
			b, _, _ := m.Locate(17)
			return a == "n1" && term == 3 && b == "n3"
		})
	}
	// Told at once: much quicker than a beat.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	began := time.Now()
	ms[1].Learn(1, "n2", 4)
	if node, _, err := ms[2].Wait(ctx, 1, 3); err != nil || node != "n2" {
		t.Errorf("waited for %q, %v", node, err)
	}
	t.Logf("a new leader is known to a peer after %v", time.Since(began))

	ms[0].Learn(9, "somebody", 2)
	cfg := testConfig("n4")
	cfg.Seeds = []string{ms[0].self0().Gossip}
	joiner := startMember(t, cfg)
	await(t, func() bool {
		a, _, _ := joiner.Locate(9)
		b, _, _ := joiner.Locate(1)
		return a == "somebody" && b == "n2"
	})
}

func TestWait(t *testing.T) {
	m := startMember(t, testConfig("n1"))
	m.Learn(1, "n1", 3)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if node, term, err := m.Wait(ctx, 1, 2); node != "n1" || term != 3 || err != nil {
		t.Errorf("a leader that is there: %q %d %v", node, term, err)
	}
	got := make(chan string, 1)
	go func() {
		node, _, _ := m.Wait(ctx, 1, 3)
		got <- node
	}()
	m.Learn(2, "n9", 9) // another shard
	m.Learn(1, "", 4)   // no leader
	m.Learn(1, "n2", 5)
	if node := <-got; node != "n2" {
		t.Errorf("waited for %q", node)
	}
	short, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := m.Wait(short, 1, 5); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited for nothing: %v", err)
	}
}
