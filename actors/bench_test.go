package actors

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/cluster"
	"boxoffice/storage"
	"boxoffice/storage/storagetest"
)

// benchNode is a node over a log, with an arena on sale.
func benchNode(b *testing.B, log storage.Log, seats int) *Client {
	b.Helper()
	sandbox, err := payment.NewSandbox(payment.SandboxConfig{Ledger: b.TempDir() + "/ledger.ndjson"})
	if err != nil {
		b.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Log, cfg.Gateway, cfg.Node, cfg.Locator = log, sandbox, "n1", cluster.Solo{Node: "n1"}
	cfg.Logger, cfg.MaxQueued = slog.New(slog.DiscardHandler), 1<<20
	node, err := Start(cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		node.Stop()
		if err := sandbox.Close(); err != nil {
			b.Error(err)
		}
	})
	for node.Ready() != nil {
		<-time.After(time.Millisecond)
	}
	e := theatre("e", time.Now())
	e.Inventory.Sections[0].Rows = nil
	for r := range (seats + 999) / 1000 {
		e.Inventory.Sections[0].Rows = append(e.Inventory.Sections[0].Rows,
			catalog.Row{Name: fmt.Sprint(r), Seats: 1000})
	}
	a, err := node.Client().Do("e", &sale.DefineEvent{Event: e}, time.Now().Add(time.Minute))
	if err != nil || a.Refusal != nil {
		b.Fatal(err, a.Refusal)
	}
	return node.Client()
}

// benchLogs are the log in memory, which costs nothing, and the one on disk.
func benchLogs(b *testing.B, bench func(b *testing.B, log storage.Log)) {
	b.Run("memory", func(b *testing.B) {
		log := storagetest.NewMemory(1)
		bench(b, log)
		_ = log.Close() // always nil
	})
	b.Run("disk", func(b *testing.B) {
		cfg := storage.DefaultConfig(b.TempDir())
		cfg.Shards, cfg.MinFreeBytes = 1, 1<<20
		log, err := storage.Open(cfg)
		if err != nil {
			b.Fatal(err)
		}
		bench(b, log)
		if err := log.Close(); err != nil {
			b.Error(err)
		}
	})
}

// benchID is the n-th id.
func benchID(n uint64) (id sale.ID) {
	binary.LittleEndian.PutUint64(id[:], n)
	return id
}

// BenchmarkBook is whole bookings of distinct seats of one event: two commits and
// an authorisation until the answer, a capture and a commit after it.
func BenchmarkBook(b *testing.B) {
	benchLogs(b, func(b *testing.B, log storage.Log) {
		client := benchNode(b, log, 190_000)
		var next atomic.Uint64
		b.ReportAllocs()
		b.SetParallelism(128)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				n := next.Add(1)
				id := benchID(n)
				cmd := &sale.Book{By: sale.By{Key: sale.Key{ID: id}}, ID: id, Method: "card", Token: "pm_card_visa",
					TicketIDs: []string{fmt.Sprintf("S-%d-%d", n%190_000/1000, n%1000+1)}}
				a, err := client.Do("e", cmd, time.Now().Add(time.Minute))
				if err != nil || n < 190_000 && a.Refusal != nil {
					b.Errorf("%v %v", err, a.Refusal)
					return
				}
			}
		})
	})
}

// BenchmarkJoin is people who take a place before the sale opens.
func BenchmarkJoin(b *testing.B) {
	benchLogs(b, func(b *testing.B, log storage.Log) {
		client := benchNode(b, log, 1000)
		e := popular(catalog.WaitingRoom{Order: "shuffle", GraceSeconds: 3600})
		e.OnSaleAt = catalog.At(time.Now().Add(time.Hour))
		a, err := client.Do("e", &sale.DefineEvent{Event: e}, time.Now().Add(time.Minute))
		if err != nil || a.Refusal != nil {
			b.Fatal(err, a.Refusal)
		}
		var next atomic.Uint64
		b.ReportAllocs()
		b.SetParallelism(512)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				n := next.Add(1)
				cmd := &sale.JoinQueue{By: sale.By{User: fmt.Sprint(n)}, ID: benchID(n * 0x9E3779B97F4A7C15)}
				a, err := client.Do("e", cmd, time.Now().Add(time.Minute))
				if err != nil || a.Refusal != nil {
					b.Errorf("%v %v", err, a.Refusal)
					return
				}
			}
		})
	})
}

// BenchmarkRefuse is the rush: everybody wants the same seat. Nothing is recorded.
func BenchmarkRefuse(b *testing.B) {
	benchLogs(b, func(b *testing.B, log storage.Log) {
		client := benchNode(b, log, 1000)
		var next atomic.Uint64
		b.ReportAllocs()
		b.SetParallelism(128)
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				cmd := &sale.PlaceHold{ID: benchID(next.Add(1)), TicketIDs: []string{"S-0-1"}}
				if _, err := client.Do("e", cmd, time.Now().Add(time.Minute)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
