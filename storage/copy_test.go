package storage_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"boxoffice/storage"
)

// sell appends to an event until over, as fast as it goes, and says how often it did.
func (p *peer) sell(event string, over <-chan struct{}) (sold uint64) {
	for {
		select {
		case <-over:
			return sold
		default:
		}
		if err := p.add(event, sold, "sold"); err != nil {
			p.t.Errorf("append %d: %v", sold, err)
			return sold
		}
		sold++
	}
}

// store appends records of 1 MiB that do not compress to an event.
func (p *peer) store(event string, records uint64) {
	p.t.Helper()
	noise := rand.New(rand.NewPCG(1, 2))
	for base := range records {
		record := make([]byte, 1<<20)
		for i := range record {
			record[i] = byte(noise.Uint32())
		}
		err := p.Append(ctx, storage.Batch{
			Event: event, Epoch: p.epoch(p.Shard(event)), Base: base, Records: [][]byte{record}})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// A shard that sells comes to a new node as a snapshot, though its log has all entries;
// it comes slowly, and it comes whole.
func TestACopyOfAShardThatSells(t *testing.T) {
	const least, size, shard, enough = 4 << 20, 12, 1, 2000
	n := trio(t, func(c *storage.Config) {
		c.Shards, c.MinCopyRate, c.SnapshotEntries, c.CompactionOverhead = 1, least, 100_000, 50_000
		c.TickInterval, c.ProposalTimeout = 400*time.Millisecond, 10*time.Second // no leader is to be deposed
	})
	owner, over, sold := n.owner(shard), make(chan struct{}), uint64(0)
	var shop sync.WaitGroup
	shop.Go(func() { sold = owner.sell("sells", over) })
	stop := sync.OnceFunc(func() { close(over); shop.Wait() })
	defer stop()
	owner.store("large", size)
	eventuallyIn(t, time.Minute, "its log is long", func() bool { return owner.status(shard).Applied > enough })
	if first, err := storage.LogBegins(owner.Node, shard); err != nil || first != 1 {
		t.Fatalf("the leader's log begins at %d, %v", first, err)
	}

	cfg := n[0].joiner("n4")
	cfg.TickInterval = 400 * time.Millisecond
	late := runPeer(t, cfg)
	began := time.Now()
	replica, err := owner.AddReplica(ctx, shard, late.cfg.RaftAddress)
	if err != nil {
		t.Fatal(err)
	}
	if err := late.StartReplica(ctx, shard, replica); err != nil {
		t.Fatal(err)
	}
	eventuallyIn(t, time.Minute, "the new node sees it come", func() bool { return storage.Incoming(late.Node, shard) })
	eventuallyIn(t, time.Minute, "it has come", func() bool { return late.status(shard).Applied > enough })
	took := time.Since(began)
	if first, err := storage.LogBegins(late.Node, shard); err != nil || first < enough/2 {
		t.Errorf("the new replica's log begins at %d, %v: it got entries", first, err)
	}
	if took < time.Second { // it may become faster by a quarter in each quarter of a second
		t.Errorf("%d MiB came and were stored in %v, at %d MiB/s at first", size, took, least>>20)
	}
	stop()
	if err := owner.Promote(ctx, shard, replica); err != nil {
		t.Fatal(err)
	}
	late.shows("sells", sold)
	if h, err := late.Peek("large"); err != nil || h.Version != size {
		t.Errorf("the large event is at %d, %v", h.Version, err)
	}
}
