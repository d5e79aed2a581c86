package storage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/storage"
)

// has is what the node says of its replica of a shard.
func (p *peer) has(shard uint64) storage.Has {
	return func(ctx context.Context, index uint64) error {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for p.status(shard).Applied < index {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
}

// give gives the leadership of a shard to another node.
func (p *peer) give(shard uint64, to *peer) error {
	return p.Transfer(ctx, shard, to.status(shard).Replica, to.has(shard))
}

// settle has the founder lead nothing and wait as long for a leader as the others do.
func (n nodes) settle() {
	n[0].t.Helper()
	for _, s := range n[0].all() {
		n.do(s, "lead elsewhere", func(p *peer) error {
			if p != n[0] {
				return nil
			}
			return p.give(s, n[1])
		})
		eventually(n[0].t, "the founder is settled", func() bool { return n[0].Settle(ctx, s) == nil })
		n[0].knows(s)
	}
}

// knows waits until the node's replica follows a leader, or is it.
func (p *peer) knows(shard uint64) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%s knows the leader of %d", p.cfg.Node, shard), func() bool {
		return p.status(shard).Leader != 0
	})
}

// missed counts the candidacies that the library has refused. It sees them in what the
// library logs.
type missed struct {
	slog.Handler
	n *atomic.Int64
}

func (m missed) Enabled(context.Context, slog.Level) bool { return true }

func (m missed) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "campaign skipped") {
		m.n.Add(1)
	}
	return nil
}

// writer appends to an event, wherever it is owned, until over is closed. It returns the
// longest time between two appends, and how many there were.
func (n nodes) writer(event string, over <-chan struct{}) (longest time.Duration, version uint64) {
	shard, last := n[0].Shard(event), time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return longest, version
		default:
		}
		at := slices.IndexFunc(n, func(p *peer) bool { return p.epoch(shard) != 0 })
		switch {
		case at < 0:
			<-tick.C
		case n[at].add(event, version, "x") == nil:
			version++
			longest, last = max(longest, time.Since(last)), time.Now()
		default:
			if h, err := n[at].Load(ctx, event); err == nil {
				version = h.Version
			}
			<-tick.C
		}
	}
}

// However many write to it, a shard changes hands without an election time in which it
// takes nothing: its heir has all when it is told to stand.
func TestTransfersUnderLoad(t *testing.T) {
	const moves, events = 200, 8
	refused := new(atomic.Int64)
	loaded := new(atomic.Bool)
	n := trio(t, func(cfg *storage.Config) {
		cfg.Logger = slog.New(missed{slog.DiscardHandler, refused})
		cfg.TickInterval = 100 * time.Millisecond // nobody stands by himself
		storage.SetApplying(cfg, func() {
			if loaded.Load() && rand.IntN(8) == 0 { // now and then a replica is slow, one or the other
				<-time.After(20 * time.Millisecond)
			}
		})
	})
	n.settle()
	loaded.Store(true)
	over := make(chan struct{})
	var writing sync.WaitGroup
	var longest, written atomic.Int64
	for i := range events {
		writing.Go(func() {
			gap, version := n.writer(fmt.Sprintf("e%d", i), over)
			longest.Store(max(longest.Load(), int64(gap)))
			written.Add(int64(version))
		})
	}
	refused.Store(0) // what growing took
	failed := 0
	for k := range moves {
		shard := uint64(k)%n[0].Shards() + 1
		from := n.owner(shard)
		to := n[(slices.Index(n, from)+1)%len(n)]
		if err := from.give(shard, to); err != nil {
			failed++
			continue
		}
		to.owns(shard)
	}
	close(over)
	writing.Wait()
	t.Logf("%d transfers, %d failed, %d candidacies refused; %d appends, the longest gap %v",
		moves, failed, refused.Load(), written.Load(), time.Duration(longest.Load()).Round(time.Millisecond))
	if refused.Load() > moves/100 || failed > moves/10 {
		t.Errorf("of %d transfers %d were refused by the heir, and %d failed", moves, refused.Load(), failed)
	}
}

// giveToNobody has the owner of e's shard give it to a node that is down. While that node
// is asked for what it has a write comes; then the answer comes. It returns what became of
// the transfer and of the write.
func giveToNobody(t *testing.T, answer error) (given, written error) {
	n := trio(t, asTheyAre)
	const event = "e"
	shard := n[0].Shard(event)
	n.add(event, 0, "one")
	owner := n.owner(shard)
	to := n[0]
	if owner == to {
		to = n[1]
	}
	replica := to.status(shard).Replica
	to.close()
	call, cancel := context.WithCancel(ctx)
	defer cancel()
	answers, writes := make(chan error, 1), make(chan error, 1)
	go func() {
		answers <- owner.Transfer(call, shard, replica, func(context.Context, uint64) error {
			go func() { writes <- owner.add(event, 1, "two") }()
			select {
			case err := <-writes:
				t.Errorf("a write was answered while the shard was quiet: %v", err)
				writes <- err
			case <-time.After(20 * time.Millisecond):
			}
			time.AfterFunc(20*time.Millisecond, cancel)
			return answer
		})
	}()
	return <-answers, <-writes
}

// A leadership that nobody takes stays, and what came meanwhile is written: at once where
// the heir has said that it does not have all, after an election time where it has said
// that it does.
func TestATransferToNobody(t *testing.T) {
	for _, answer := range []error{errors.New("no"), nil} {
		given, written := giveToNobody(t, answer)
		if !errors.Is(given, storage.ErrUnavailable) || written != nil {
			t.Errorf("told %v: given %v, written %v", answer, given, written)
		}
	}
}

// Who writes while the shard changes hands is told that it has, without having to ask.
func TestAWriteMeetsATransfer(t *testing.T) {
	n := trio(t, asTheyAre)
	const event = "e"
	shard := n[0].Shard(event)
	n.add(event, 0, "one")
	from := n.owner(shard)
	to := n[(slices.Index(n, from)+1)%len(n)]
	epoch, writes := from.epoch(shard), make(chan error, 1)
	err := from.Transfer(ctx, shard, to.status(shard).Replica, func(ctx context.Context, index uint64) error {
		go func() { writes <- from.add(event, 1, "two") }()
		return to.has(shard)(ctx, index)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-writes; !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("the write: %v", err)
	}
	if err := from.Confirm(ctx, shard, epoch); !errors.Is(err, storage.ErrFenced) {
		t.Errorf("confirming what is over: %v", err)
	}
	n.add(event, 1, "two")
}
