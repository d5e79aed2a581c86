package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"boxoffice/storage"
)

const benchRecord = 150 // bytes

// BenchmarkAppend appends to events, one batch in flight each. An operation is one
// batch. Compare with BenchmarkFile, which is the least that durability costs.
func BenchmarkAppend(b *testing.B) {
	for _, events := range []int{1, 16} {
		for _, n := range []int{1, 16, 128} {
			b.Run(fmt.Sprintf("events=%d/records=%d", events, n), func(b *testing.B) {
				cfg := storage.DefaultConfig(b.TempDir())
				cfg.MinFreeBytes = 1 << 20
				l := own(b, cfg)
				records := make([][]byte, n)
				for i := range records {
					records[i] = make([]byte, benchRecord)
				}
				summary := make([]byte, 100)
				run(b, events, n, func(writer, i int) error {
					batch := l.batch(fmt.Sprint("event-", writer), uint64(i*n), records...)
					batch.Summary = summary
					return l.Append(ctx, batch)
				})
			})
		}
	}
}

// BenchmarkFile appends the same bytes to a plain file and syncs it, one writer.
func BenchmarkFile(b *testing.B) {
	for _, n := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "file"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			data := make([]byte, n*benchRecord)
			run(b, 1, n, func(int, int) error {
				if _, err := f.Write(data); err != nil {
					return err
				}
				return f.Sync()
			})
		})
	}
}

// run shares b.N operations among writers; do is told which writer it is, and how
// many operations of that writer came before.
func run(b *testing.B, writers, records int, do func(writer, i int) error) {
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range (b.N - w + writers - 1) / writers {
				if err := do(w, i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N*records)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkOpen is the start of a node that was there before: Open, until every shard
// is led and claimed, and Close.
func BenchmarkOpen(b *testing.B) {
	cfg := storage.DefaultConfig(b.TempDir())
	cfg.MinFreeBytes = 1 << 20
	var opened, led, closed time.Duration
	round := func() {
		start := time.Now()
		l, err := storage.Open(cfg)
		if err != nil {
			b.Fatal(err)
		}
		opened += time.Since(start)
		claimAll(l, func(err error) { b.Fatal(err) })
		led += time.Since(start)
		start = time.Now()
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		closed += time.Since(start)
	}
	round()
	opened, led, closed = 0, 0, 0
	for b.Loop() {
		round()
	}
	for unit, d := range map[string]time.Duration{"ms-open": opened, "ms-led": led, "ms-close": closed} {
		b.ReportMetric(float64(d.Milliseconds())/float64(b.N), unit)
	}
}

// BenchmarkView reads one event's view again and again.
func BenchmarkView(b *testing.B) {
	l := own(b, testConfig(b.TempDir()))
	batch := l.batch("e", 0, make([]byte, benchRecord))
	batch.Summary, batch.Details = make([]byte, 100), make([]byte, 1000)
	if err := l.Append(ctx, batch); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.View("e"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConfirm is one read barrier.
func BenchmarkConfirm(b *testing.B) {
	l := own(b, testConfig(b.TempDir()))
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Confirm(ctx, 1, l.epochs[1]); err != nil {
			b.Fatal(err)
		}
	}
}
