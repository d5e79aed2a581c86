package httpapi

import (
	"runtime"
	runtimemetrics "runtime/metrics"
	"time"
)

// The steward of the lines is a goroutine that is there while anybody waits. It decides
// how many may be inside, which is by how busy the processors are and not by how long a
// request takes: a booking that waits for a slow provider needs no processor.
//
// Few inside are enough to keep the processors busy, and then it is a matter of where the
// others wait: inside, where each makes the others slower, or in a line. So those inside
// grow in number while somebody waits and the processors are idle now and then, and shrink
// while what could run has to wait for a processor. A node that has just started, and one
// whose crowd has gone, begins with leastInside.

// How many may be inside: leastInside for each processor always.
const leastInside = 256

// The steward's round, and what it compares.
const (
	round = 5 * time.Millisecond
	// pressed is how long one of ten goroutines may wait for a processor before there are
	// too many inside.
	pressed = 4 * time.Millisecond
)

// wake sees to it that there is a steward.
func (t *traffic) wake() {
	if !t.tended.Swap(true) {
		go t.tend()
	}
}

// tend is the steward: it runs until nobody waits and those inside are as few as at first.
func (t *traffic) tend() {
	ticker := time.NewTicker(round)
	defer ticker.Stop()
	var press pressure
	press.look()
	last := time.Now()
	for {
		<-ticker.C
		now := time.Now()
		t.resize(press.look())
		pace := int(now.Sub(last).Seconds()*refusalPace*float64(processors()) + 1)
		last = now
		waiting := int64(0)
		for k := range t.lines {
			l := &t.lines[k]
			pace -= l.tend(now, max(pace, 0))
			l.hand()
			waiting += l.queued.Load() + l.benched.Load()
		}
		if waiting > 0 || t.size > t.least {
			continue
		}
		t.tended.Store(false)
		if t.waiting() == 0 || t.tended.Swap(true) {
			return
		}
	}
}

// waiting is how many wait in all lines.
func (t *traffic) waiting() (n int64) {
	for k := range t.lines {
		n += t.lines[k].queued.Load() + t.lines[k].benched.Load()
	}
	return n
}

// resize lets more in where the processors have time, and fewer where they have not. The
// steward calls it.
func (t *traffic) resize(delay time.Duration) {
	queued := int64(0)
	for k := range t.lines {
		queued += t.lines[k].queued.Load()
	}
	switch {
	case delay > pressed, queued == 0:
		t.size -= t.size / 8
	default:
		t.size += t.size/8 + 1
	}
	t.size = min(max(t.size, t.least), t.top)
	t.share()
}

// share gives each lane its part.
func (t *traffic) share() {
	for k, part := range laneShares {
		t.lines[k].most.Store((t.size*int64(part) + 99) / 100)
	}
}

// pressure is how long goroutines wait for a processor, as the runtime counts them.
type pressure struct {
	sample [1]runtimemetrics.Sample
	before []uint64
}

// look is how long one of ten had to wait at least, of those that have run since it looked
// last.
func (p *pressure) look() time.Duration {
	p.sample[0].Name = "/sched/latencies:seconds"
	runtimemetrics.Read(p.sample[:])
	h := p.sample[0].Value.Float64Histogram()
	if p.before == nil {
		p.before = make([]uint64, len(h.Counts))
	}
	all := uint64(0)
	for i, n := range h.Counts {
		all += n - p.before[i]
	}
	slow := uint64(0)
	i := len(h.Counts) - 1
	for ; i > 0; i-- {
		if slow += h.Counts[i] - p.before[i]; slow*10 > all {
			break
		}
	}
	copy(p.before, h.Counts)
	if i == 0 {
		return 0 // and its lower bound is no number
	}
	return time.Duration(h.Buckets[i] * float64(time.Second))
}

// processors is how many there are for this process: it may be told to run more threads
// than that at a time, or fewer.
func processors() int { return min(runtime.NumCPU(), runtime.GOMAXPROCS(0)) }
