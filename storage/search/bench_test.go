package search

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// benchEvents is how many events the larger benchmarks have; SEARCH_EVENTS changes it.
func benchEvents(b *testing.B) int {
	n := 50_000
	if s := os.Getenv("SEARCH_EVENTS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

// build fills an index as a feed does that is read from its beginning.
func build(b *testing.B, x *Index, n int) {
	events := make([]Event, 0, 2000)
	for i := 0; i < n; i += 2000 {
		events = events[:0]
		for j := i; j < min(i+2000, n); j++ {
			events = append(events, some(j, 1))
		}
		apply(b, x, batch(strconv.Itoa(i), events...))
	}
}

// processor is how much processor time the process has used.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heap is how much memory is in use.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkBuild makes an index of a catalog: documents a second, bytes a document on
// disk, bytes in memory.
func BenchmarkBuild(b *testing.B) {
	n := benchEvents(b)
	for b.Loop() {
		x, err := Open(DefaultConfig(b.TempDir()))
		if err != nil {
			b.Fatal(err)
		}
		before, began, used := heap(), time.Now(), processor(b)
		build(b, x, n)
		took := time.Since(began)
		after := heap()
		if err := x.body.store.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		saved := time.Since(began)
		used = processor(b) - used
		s, err := x.Stats()
		if err != nil {
			b.Fatal(err)
		}
		end(b, x)
		bytes, err := x.body.store.Bytes() // of what is left when merges are done
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n)/took.Seconds(), "docs/s")
		b.ReportMetric(float64(n)/saved.Seconds(), "saved-docs/s")
		b.ReportMetric(used.Seconds()*1e6/float64(n), "cpu-µs/doc")
		b.ReportMetric(float64(bytes)/float64(n), "disk-B/doc")
		b.ReportMetric((after-before)/float64(n), "heap-B/doc")
		b.ReportMetric(float64(s.Segments), "segments")
	}
}

// BenchmarkOpen opens an index that is there.
func BenchmarkOpen(b *testing.B) {
	dir, n := b.TempDir(), benchEvents(b)
	x, err := Open(DefaultConfig(dir))
	if err != nil {
		b.Fatal(err)
	}
	build(b, x, n)
	end(b, x)
	before := heap()
	for b.Loop() {
		used := processor(b)
		if x, err = Open(DefaultConfig(dir)); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		b.ReportMetric((processor(b)-used).Seconds()*1e6/float64(n), "cpu-µs/event")
		b.ReportMetric((heap()-before)/float64(n), "heap-B/event")
		end(b, x)
		b.StartTimer()
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkApply changes 1,000 events a second, a hundred at a time, in an index of
// many: how long until a query would see them.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{2, 100} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			n := benchEvents(b)
			x, err := Open(DefaultConfig(b.TempDir()))
			if err != nil {
				b.Fatal(err)
			}
			defer end(b, x)
			build(b, x, n)
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			var took []time.Duration
			version, used := uint64(1), processor(b)
			for b.Loop() {
				<-tick.C
				version++
				events := make([]Event, size)
				for i := range events {
					events[i] = some((int(version)*7919+i*104729)%n, version)
				}
				began := time.Now()
				apply(b, x, batch("p", events...))
				took = append(took, time.Since(began))
			}
			used = processor(b) - used
			b.ReportMetric(used.Seconds()*1000/float64(len(took)), "cpu-ms/batch")
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
