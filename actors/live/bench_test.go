package live

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

// counter is a listener that costs nothing: it says when it was let in, and counts.
type counter struct {
	admitted chan time.Time
	got      *atomic.Int64
}

func (c *counter) Deliver(f *Frame) {
	c.got.Add(1)
	if f.Kind == Admitted {
		c.admitted <- time.Now()
	}
}

// processor is the processor's time that this process has used.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// report says how late things were, and what a second of it costs.
func report(b *testing.B, late []time.Duration, began time.Time, used time.Duration) {
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64((processor(b)-used).Milliseconds())/time.Since(began).Seconds(), "cpu-ms/s")
}

// realFleet is two nodes in real time, with an event that n1 leads.
func realFleet(b *testing.B, room catalog.WaitingRoom) *fleet {
	f := newFleet(b, 2, nil)
	for f.all[0].run.Ready() != nil {
		<-time.After(time.Millisecond)
	}
	f.all[0].must(&sale.DefineEvent{Event: popular(room)})
	return f
}

// memory is the heap that is in use.
func memory() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func (f *fleet) end() {
	for _, n := range f.all {
		n.hub.Goodbye()
		n.run.Stop()
	}
	_ = f.log.Close() // always nil
}

// BenchmarkPlaces has 5,000 places watched on the node that does not lead, each of which
// is told a new position every second, because some ten are let in a second. An operation is
// one of these; p50 and p99 are how long after its commit its listener knew.
func BenchmarkPlaces(b *testing.B) {
	const places = 5000
	f := realFleet(b, catalog.WaitingRoom{Enabled: true, MaxActive: 1})
	defer f.end()
	var got atomic.Int64
	var line []*counter
	var tokens []sale.ID
	for i := range places + 1 {
		token := f.all[0].must(&sale.JoinQueue{ID: f.id()}).Place.ID
		if i == 0 {
			continue // he is in
		}
		tokens = append(tokens, token)
		line = append(line, &counter{admitted: make(chan time.Time, 10), got: &got})
	}
	without := memory()
	for i, c := range line {
		if _, err := f.all[1].hub.WatchPlace("e", tokens[i], "", 0, c); err != nil {
			b.Fatal(err)
		}
	}
	with := memory()
	<-time.After(1500 * time.Millisecond)
	var late []time.Duration
	active, began, used, before := 1, time.Now(), processor(b), got.Load()
	for b.Loop() {
		<-time.After(rand.N(200 * time.Millisecond)) // at any moment of the watcher's pause
		active++
		f.all[0].must(&sale.SteerQueue{MaxActive: &active})
		since := time.Now()
		late = append(late, (<-line[active-2].admitted).Sub(since))
	}
	report(b, late, began, used)
	b.ReportMetric(float64(got.Load()-before)/time.Since(began).Seconds(), "frames/s")
	b.ReportMetric((with-without)/places, "B/listener")
}

// BenchmarkSeats has 15,000 listeners on the node that does not lead. An operation is a
// change of a seat; p50 and p99 are how long after its commit the last listener knew.
func BenchmarkSeats(b *testing.B) {
	const listeners = 15_000
	f := realFleet(b, catalog.WaitingRoom{})
	defer f.end()
	var got atomic.Int64
	without := memory()
	for range listeners {
		if _, err := f.all[1].hub.WatchSeats("e", 0, &counter{got: &got}); err != nil {
			b.Fatal(err)
		}
	}
	with := memory()
	var late []time.Duration
	began, used := time.Now(), processor(b)
	for b.Loop() {
		before := got.Load()
		hold := f.hold("S-A-1")
		f.all[0].must(hold)
		since := time.Now()
		for got.Load() < before+listeners {
			<-time.After(100 * time.Microsecond)
		}
		late = append(late, time.Since(since))
		f.all[0].must(&sale.ReleaseHold{ID: hold.ID})
		for got.Load() < before+2*listeners {
			<-time.After(100 * time.Microsecond)
		}
	}
	report(b, late, began, used)
	b.ReportMetric((with-without)/listeners, "B/listener")
}

// BenchmarkIdleEvents has a thousand events watched in which nothing happens. An
// operation is a second of that.
func BenchmarkIdleEvents(b *testing.B) {
	const events = 1000
	f := realFleet(b, catalog.WaitingRoom{})
	defer f.end()
	var got atomic.Int64
	for i := range events {
		e := popular(catalog.WaitingRoom{})
		e.ID = fmt.Sprint("e", i)
		if _, err := f.all[0].Do(e.ID, &sale.DefineEvent{Event: e}, time.Now().Add(time.Second)); err != nil {
			b.Fatal(err)
		}
		if _, err := f.all[1].hub.WatchSeats(e.ID, 0, &counter{got: &got}); err != nil {
			b.Fatal(err)
		}
	}
	began, used := time.Now(), processor(b)
	for b.Loop() {
		<-time.After(time.Second)
	}
	b.ReportMetric(float64((processor(b)-used).Milliseconds())/time.Since(began).Seconds(), "cpu-ms/s")
}
