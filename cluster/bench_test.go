package cluster

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCall measures calls of 64 bytes between two members of one process, over
// loopback TCP: both sides' CPU is in cpu-us/call, and both sides' allocations.
func BenchmarkCall(b *testing.B) {
	ms := startMembers(b, 2, usualTimes)
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			benchCalls(b, ms[0], "n2", callers)
		})
	}
	ca := newCA(b)
	secured := startMembers(b, 2, func(c *Config) { usualTimes(c); withTLS(b, c, ca, c.Node) })
	b.Run("tls-64", func(b *testing.B) { benchCalls(b, secured[0], "n2", 64) })
	b.Run("local-64", func(b *testing.B) { benchCalls(b, ms[0], "n1", 64) })
}

// usualTimes are the defaults, not those of the other tests.
func usualTimes(c *Config) { c.Probe, c.Beat, c.Silence = 0, 0, 0 }

func benchCalls(b *testing.B, m *Member, node string, callers int) {
	b.ReportAllocs()
	body := make([]byte, 64)
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	cpu := cpuTime(b)
	b.ResetTimer()
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := m.Call(time.Now().Add(5*time.Second), node, kindEcho, body); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-us/call")
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkIdle measures what three members with the default times cost while
// nothing happens: CPU of one of them, in per cent of a core.
func BenchmarkIdle(b *testing.B) {
	ms := startMembers(b, 3, usualTimes)
	cpu := cpuTime(b)
	for b.Loop() {
		<-time.After(time.Second)
	}
	b.ReportMetric(100*float64(cpuTime(b)-cpu)/float64(b.Elapsed())/float64(len(ms)), "%-of-a-core")
}
