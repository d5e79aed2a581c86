package storage_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"boxoffice/storage"
)

// measured skips a test that only measures, unless STORAGE_MEASURE is set.
func measured(t *testing.T) {
	t.Helper()
	if os.Getenv("STORAGE_MEASURE") == "" {
		t.Skip("set STORAGE_MEASURE=1 to measure")
	}
}

// asShipped is a node's configuration with its real times and number of shards.
func asShipped(c *storage.Config) {
	d := storage.DefaultConfig(c.Dir)
	c.Shards, c.TickInterval, c.Logger = d.Shards, d.TickInterval, d.Logger
}

// processTime is the CPU time that this process has used.
func processTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// How long it takes to give all shards three replicas, what three nodes cost that have
// nothing to do, and for how long nobody takes a write while a leader moves.
func TestMeasureAClusterOfThree(t *testing.T) {
	measured(t)
	cfg := clusterConfig(t, "n1")
	asShipped(&cfg)
	start := time.Now()
	a := runPeer(t, cfg)
	a.owns(a.all()...)
	t.Logf("from Open to %d shards owned: %v", len(a.all()), time.Since(start).Round(time.Millisecond))
	n := nodes{a}
	for _, name := range []string{"n2", "n3"} {
		cfg := a.joiner(name)
		asShipped(&cfg)
		n = append(n, runPeer(t, cfg))
	}
	start = time.Now()
	var all sync.WaitGroup
	for _, s := range a.all() {
		all.Go(func() {
			for _, p := range n[1:] {
				n.grow(s, p)
			}
		})
	}
	all.Wait()
	t.Logf("%d shards from 1 to 3 replicas: %v", len(a.all()), time.Since(start).Round(time.Millisecond))
	for i, s := range a.all() { // leaders even, founders settled
		if i%3 != 0 {
			n.do(s, "lead elsewhere", func(p *peer) error { return p.give(s, n[i%3]) })
			n[i%3].owns(s)
			eventually(t, "the founder is settled", func() bool { return a.Settle(ctx, s) == nil })
		}
	}
	const idle = 10 * time.Second
	before, wall := processTime(t), time.Now()
	<-time.After(idle)
	used := processTime(t) - before
	t.Logf("idle: %.2f %% of a core a node", 100*used.Seconds()/time.Since(wall).Seconds()/3)
	measureTransfers(t, n)
}

// measureTransfers moves the leader of an event's shard round and round, while the
// event is written to as fast as its owner can.
func measureTransfers(t *testing.T, n nodes) {
	const event, moves = "e", 60
	shard := n[0].Shard(event)
	var gaps []time.Duration
	at := slices.IndexFunc(n, func(p *peer) bool { return p.epoch(shard) != 0 })
	version := uint64(0)
	for range moves {
		for range 20 {
			n.add(event, version, "x")
			version++
		}
		last := time.Now()
		to := (at + 1) % len(n)
		moved := make(chan error, 1)
		go func() { moved <- n[at].give(shard, n[to]) }()
		for n[at].add(event, version, "x") == nil {
			version++
			last = time.Now()
		}
		n[to].owns(shard)
		n.add(event, version, "x")
		version++
		gaps = append(gaps, time.Since(last))
		if err := <-moved; err != nil {
			t.Fatal(err)
		}
		at = to
	}
	slices.Sort(gaps)
	t.Logf("from the last write before to the first after a transfer, %d of them: p50 %v, p90 %v, max %v", moves,
		gaps[moves/2].Round(10*time.Microsecond), gaps[moves*9/10].Round(10*time.Microsecond),
		gaps[moves-1].Round(10*time.Microsecond))
}

// How fast a new replica of a gigabyte gets it, over the loopback, on the disk that
// its leader has too.
func TestMeasureCatchingUp(t *testing.T) {
	measured(t)
	cfg := clusterConfig(t, "n1")
	cfg.SnapshotEntries, cfg.CompactionOverhead = 200, 10
	a := runPeer(t, cfg)
	a.owns(a.all()...)
	const events, batch, size = 64, 1 << 20, 1 << 30
	shard, record, total := a.Shard("e-0"), make([]byte, 1<<14), 0
	random := rand.New(rand.NewPCG(1, 2)) // what does not compress
	for i := 0; total < size; i++ {
		event := fmt.Sprint("e-", i)
		if a.Shard(event) != shard {
			continue
		}
		for base := 0; base < size/events && total < size; base += batch {
			b := storage.Batch{Event: event, Epoch: a.epoch(shard), Base: uint64(base / len(record))}
			for range batch / len(record) {
				for j := 0; j < len(record); j += 8 {
					copy(record[j:], fmt.Appendf(nil, "%08x", random.Uint32()))
				}
				b.Records = append(b.Records, bytes.Clone(record))
			}
			if err := a.Append(ctx, b); err != nil {
				t.Fatal(err)
			}
			total += batch
		}
	}
	b := runPeer(t, a.joiner("n2"))
	start, cpu := time.Now(), processTime(t)
	replica, err := a.AddReplica(ctx, shard, b.cfg.RaftAddress)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.StartReplica(ctx, shard, replica); err != nil {
		t.Fatal(err)
	}
	eventuallyIn(t, 5*time.Minute, "it has caught up", func() bool {
		return b.status(shard).Applied >= a.status(shard).Applied
	})
	took := time.Since(start)
	t.Logf("%d MiB in %v: %.0f MB/s, %v of CPU", total>>20, took.Round(time.Millisecond),
		float64(total)/1e6/took.Seconds(), (processTime(t) - cpu).Round(time.Millisecond))
	start = time.Now()
	if err := a.Promote(ctx, shard, replica); err != nil {
		t.Fatal(err)
	}
	if err := a.RemoveReplica(ctx, shard, replica); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is gone", func() bool { return b.status(shard).Replica == 0 })
	t.Logf("promoted, removed and gone in %v", time.Since(start).Round(time.Millisecond))
}
