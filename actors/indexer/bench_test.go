package indexer

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
	"boxoffice/storage/search"
	"boxoffice/storage/storagetest"
)

// BenchmarkFresh is how long it takes from an append that this node has applied until
// what is available is in the index, at a thousand appends a second: ns/op is all of it,
// p50-ms and p99-ms are what a search waits for.
func BenchmarkFresh(b *testing.B) {
	log := storagetest.NewMemory(1)
	if _, err := log.Claim(b.Context(), 1, 1); err != nil {
		b.Fatal(err)
	}
	seen := make(chan uint64, 1024)
	s := newShelf()
	c := DefaultConfig()
	c.Dir, c.Feed, c.Cluster, c.Shards, c.Node = b.TempDir(), log, testCluster, 1, "n1"
	c.Logger = slog.New(slog.DiscardHandler)
	c.Open = func(dir string) (Index, error) {
		ix, err := s.Open(dir)
		return toldIndex{ix, seen}, err
	}
	f, err := Start(c)
	if err != nil {
		b.Fatal(err)
	}
	var took latency
	version := uint64(0)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for b.Loop() {
		version++
		var details []byte
		if version == 1 {
			details = salepb.EncodeDetails(salepb.Details{Event: exampleEvent})
		}
		sum := sale.Summary{Version: version, Exists: true, Total: 100, Available: int(version % 100)}
		began := time.Now()
		err := log.Append(b.Context(), storage.Batch{Event: "e", Epoch: 1, Base: version - 1, Details: details,
			Records: [][]byte{{1}}, Summary: salepb.AppendSummary(nil, sum)})
		if err != nil {
			b.Fatal(err)
		}
		for v := uint64(0); v < version; v = <-seen {
		}
		took.add(time.Since(began))
		<-tick.C
	}
	b.ReportMetric(took.quantile(0.5), "p50-ms")
	b.ReportMetric(took.quantile(0.99), "p99-ms")
	if err := f.Stop(); err != nil {
		b.Fatal(fmt.Errorf("stop: %w", err))
	}
}

// toldIndex tells which versions it was given.
type toldIndex struct {
	Index
	seen chan uint64
}

func (x toldIndex) SetLive(id string, l search.Live) bool {
	known := x.Index.SetLive(id, l)
	if known {
		select {
		case x.seen <- l.Version:
		default: // the one before is enough
		}
	}
	return known
}
