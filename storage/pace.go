package storage

import (
	"math"
	"math/bits"
	"runtime"
	"sync"
	"time"
)

// A copy of a shard takes the disk, the network and the processors that commits need,
// and nobody knows beforehand which of them is short. So what is watched is what it is
// about: how long this node's commits take. A node has one pace, which all its copies
// share. It goes by windows of paceWindow:
//
//   - Nobody commits: as fast as it goes.
//   - At most one commit in paceFew takes paceHarm times what all but a twentieth took
//     when nothing was copied: faster, by a quarter, up to paceMost for each processor;
//     by little where it hurt before.
//   - More than that: half of what was really copied, down to the least rate.
//
// Where commits are frequent a copy begins at the least rate. At that rate a copy hardly
// hurts: some of the times that commits take then count as usual too. So a sale that has
// grown during a copy is not taken for harm for ever, but for a minute or so.
const (
	// paceWindow is how often the rate is looked at: long enough for some ten commits
	// of a node that sells, short enough that a wrong rate makes few slow ones.
	paceWindow = 250 * time.Millisecond
	// paceCommits is how many commits a window should have; it is longer, up to
	// paceIdle, until it has so many.
	paceCommits = 8
	// paceBusy is how many commits in paceIdle make a node one that sells.
	paceBusy = 4
	paceIdle = time.Second
	// paceHarm is how much longer than usual a slow commit takes. A p99 must not
	// double: 1.5 leaves some of that for the time until it is noticed.
	paceHarm = 1.5
	// paceFew is the part of a window's commits that may be slow. One in twenty takes
	// longer than the rest without a copy, by definition, and 1.5 times as long fewer:
	// one in twelve is rarely chance.
	paceFew = 12
	// paceMost bounds the rate of a node that sells, in bytes a second for each processor
	// that it has. Where processors are what is short, harm comes all at once: with two of
	// them, three nodes and their clients on both, nothing was to be seen at 45 MB/s, and
	// at 55 every third commit was slow, for the half second until that was noticed.
	paceMost = 16 << 20
	// paceKnown is how many commits tell what is usual.
	paceKnown = 64
	// paceLearns is the part of the commits during a copy at the least rate that count
	// as usual: as few as that, because a twentieth of all is enough to change it.
	paceLearns = 16
)

// pace is how fast a node copies. All methods may be called by many goroutines; none
// blocks.
type pace struct {
	least float64 // bytes a second
	most  float64 // bytes a second of a node that sells
	now   func() time.Time

	mu      sync.Mutex
	usual   spread              // of commits' times without a copy
	last    [paceBusy]time.Time // when the latest commits were done, a ring
	next    int                 // in last
	waiting int                 // commits that are under way
	copies  int                 // that are under way
	rate    float64             // bytes a second, +Inf: no bound
	hurt    float64             // the rate that was too much, +Inf: none was
	limit   time.Duration       // what a commit takes at most that is not slow
	free    time.Time           // when the next byte may go
	slowly  int                 // counts to paceLearns
	window  struct {            // since the rate was looked at
		since      time.Time
		done, slow int // commits
		bytes      int
	}
}

func newPace(least float64) *pace {
	most := max(least, float64(paceMost*processors()))
	return &pace{least: least, most: most, now: time.Now, rate: math.Inf(1), hurt: math.Inf(1)}
}

// processors is how many there are for this process: it may be told to run more threads
// than that at a time, or fewer.
func processors() int { return min(runtime.NumCPU(), runtime.GOMAXPROCS(0)) }

// begin says that a commit is under way. end must follow.
func (p *pace) begin() (start time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting++
	return p.now()
}

// end says how a commit ended.
func (p *pace) end(start time.Time, done bool) (took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	took = now.Sub(start)
	p.waiting--
	if !done {
		return took
	}
	p.last[p.next] = now
	p.next = (p.next + 1) % len(p.last)
	if p.learnsLocked() {
		p.usual.add(took)
	}
	p.window.done++
	if took > p.limit {
		p.window.slow++
	}
	return took
}

// learnsLocked says whether a commit's time counts as usual.
func (p *pace) learnsLocked() bool {
	if p.copies == 0 || p.usual.total < paceKnown {
		return true
	}
	p.slowly = (p.slowly + 1) % paceLearns
	return p.slowly == 0 && p.rate <= p.least
}

// copying says that a copy begins; stop must be called when it ends.
func (p *pace) copying() (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.copies++; p.copies == 1 {
		now := p.now()
		p.rate, p.hurt = p.least, math.Inf(1)
		if !p.sellsLocked(now) {
			p.rate = math.Inf(1)
		}
		p.free = now
		p.openLocked(now)
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.copies--
	}
}

// take asks to copy n bytes and returns how long to wait before they go.
func (p *pace) take(n int) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.lookLocked(now)
	p.window.bytes += n
	if p.free.Before(now) {
		p.free = now
	}
	wait = p.free.Sub(now)
	p.free = p.free.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
	return wait
}

// lookLocked ends the window if it is over, and changes the rate.
func (p *pace) lookLocked(now time.Time) {
	w := &p.window
	age := now.Sub(w.since)
	if age < paceWindow || w.done < paceCommits && age < paceIdle {
		return
	}
	copied := float64(w.bytes) / age.Seconds()
	switch {
	case w.done == 0 && p.waiting > 0, w.slow*paceFew > w.done:
		p.hurt = max(p.least, min(p.rate, copied))
		p.rate = max(p.least, p.hurt/2)
	case !p.sellsLocked(now):
		if p.waiting == 0 { // else it may hang
			p.rate, p.hurt = math.Inf(1), math.Inf(1)
		}
	case p.usual.total < paceKnown:
		p.rate = p.least
	case copied < p.rate/2: // it is not the rate that holds it up
	case p.rate > p.hurt*3/4 && p.rate <= p.hurt:
		p.rate = min(p.rate+p.hurt/64, p.most)
	default:
		p.rate = min(p.rate*1.25, p.most)
	}
	p.openLocked(now)
}

// openLocked begins a window.
func (p *pace) openLocked(now time.Time) {
	p.window.since, p.window.done, p.window.slow, p.window.bytes = now, 0, 0, 0
	p.limit = math.MaxInt64
	if p.usual.total >= paceKnown {
		p.limit = time.Duration(paceHarm * float64(p.usual.most(0.95)))
	}
}

// sellsLocked says whether commits are frequent.
func (p *pace) sellsLocked(now time.Time) bool {
	oldest := p.last[p.next]
	return !oldest.IsZero() && now.Sub(oldest) < paceIdle
}

// spread counts durations by size, in steps of a fifth. Older ones count less: all
// counts are halved when there are spreadKeeps.
type spread struct {
	counts [64 * 4]int
	total  int
}

// spreadKeeps is about how many durations count: half a minute of a node that sells.
const spreadKeeps = 8192

// add counts a duration.
func (s *spread) add(d time.Duration) {
	if s.total >= spreadKeeps {
		s.total = 0
		for i := range s.counts {
			s.counts[i] /= 2
			s.total += s.counts[i]
		}
	}
	s.counts[step(d)]++
	s.total++
}

// step is the place of a duration in counts: its highest bit and the two after it.
func step(d time.Duration) int {
	n := uint64(max(d, 4))
	high := bits.Len64(n) - 1
	return high*4 + int(n>>(high-2)&3)
}

// most is the duration that so large a part of all do not exceed.
func (s *spread) most(part float64) time.Duration {
	seen := 0
	for i, n := range s.counts {
		if seen += n; seen > 0 && float64(seen) >= part*float64(s.total) {
			high, rest := i/4, uint64(i%4)
			return time.Duration((rest + 5) << (high - 2)) // the end of its step
		}
	}
	return 0
}
