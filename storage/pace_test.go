package storage

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

const mega = 1 << 20

// shop is a node that sells while it copies, in a time of its own.
type shop struct {
	*pace
	t     *testing.T
	clock time.Time
	every time.Duration                           // between two commits; 0: nobody books
	takes func(rate float64) (took time.Duration) // a commit's time while so much is copied

	began, next time.Time // the commit that is under way, zero: none is; when that changes
}

// newShop is a shop that has sold for a while.
func newShop(t *testing.T, least float64, every time.Duration, takes func(float64) time.Duration) *shop {
	s := &shop{pace: newPace(least), t: t, clock: time.Unix(1e9, 0), every: every, takes: takes}
	s.now = func() time.Time { return s.clock }
	s.most = math.Inf(1) // as of a machine with many processors
	s.next = s.clock
	s.sellUntil(s.clock.Add(time.Minute), 0)
	return s
}

// sellUntil has all commits begin and end that are due by then.
func (s *shop) sellUntil(then time.Time, rate float64) {
	for s.every > 0 && !s.next.After(then) {
		s.clock = s.next
		if s.began.IsZero() {
			s.began = s.begin()
			s.next = s.clock.Add(s.takes(rate))
		} else {
			s.end(s.began, true)
			s.next = s.clock.Add(max(0, s.every-s.clock.Sub(s.began)))
			s.began = time.Time{}
		}
	}
	s.clock = then
}

// copy copies for so long, at 1 GB a second where nothing holds it up, and returns how
// fast it was in each second, in bytes.
func (s *shop) copy(seconds int) (rates []float64) {
	s.t.Helper()
	const piece = 256 << 10
	defer s.copying()()
	for range seconds {
		began, copied := s.clock, 0
		for s.clock.Sub(began) < time.Second {
			s.sellUntil(s.clock.Add(max(s.take(piece), piece*time.Second/1e9)), s.rate)
			copied += piece
		}
		rates = append(rates, float64(copied)/s.clock.Sub(began).Seconds())
	}
	return rates
}

func harmless(float64) time.Duration { return 2 * time.Millisecond }

// harmfulOver is a machine on which commits are slow while more than so much is copied.
func harmfulOver(most float64) func(float64) time.Duration {
	return func(rate float64) time.Duration {
		if rate > most {
			return 9 * time.Millisecond
		}
		return 2 * time.Millisecond
	}
}

func TestACopyIsUnboundWhereNobodyBooks(t *testing.T) {
	s := newShop(t, 8*mega, 0, nil)
	for i, rate := range s.copy(3) {
		if rate < 900e6 {
			t.Errorf("second %d: %.0f MB/s", i, rate/1e6)
		}
	}
}

func TestACopyThatDoesNotHurtBecomesFast(t *testing.T) {
	s := newShop(t, 8*mega, 10*time.Millisecond, harmless)
	rates := s.copy(6)
	if rates[0] > 24*mega {
		t.Errorf("it begins with %.0f MB/s", rates[0]/1e6)
	}
	if rates[5] < 100e6 {
		t.Errorf("after five seconds it is at %.0f MB/s", rates[5]/1e6)
	}
}

// However little it hurts, a node that sells keeps most of its processors for that.
func TestACopyLeavesProcessorsToASale(t *testing.T) {
	s := newShop(t, 8*mega, 10*time.Millisecond, harmless)
	s.most = 32 * mega
	for i, rate := range s.copy(10) {
		if rate > 33*mega || i > 5 && rate < 30*mega {
			t.Errorf("second %d: %.0f MB/s", i, rate/1e6)
		}
	}
	if most := newPace(8 * mega).most; most != float64(16*mega*min(runtime.NumCPU(), runtime.GOMAXPROCS(0))) {
		t.Errorf("at most %.0f MB/s", most/1e6)
	}
}

// A copy finds the rate that does not hurt, stays near it, and rarely goes beyond.
func TestACopyThatHurtsBecomesSlower(t *testing.T) {
	const most = 40 * mega
	slow, all := 0, 0
	harm := harmfulOver(most)
	s := newShop(t, 8*mega, 10*time.Millisecond, func(rate float64) time.Duration {
		took := harm(rate)
		if all++; took > 2*time.Millisecond {
			slow++
		}
		return took
	})
	rates := s.copy(60)
	total := 0.0
	for _, rate := range rates[5:] {
		if total += rate; rate > most*3/2 {
			t.Errorf("%.0f MB/s in a second: %.0f", rate/1e6, rates)
		}
	}
	if mean := total / float64(len(rates)-5); mean < most/2 {
		t.Errorf("%.0f MB/s where %.0f do not hurt", mean/1e6, most/1e6)
	}
	if slow*10 > all {
		t.Errorf("%d of %d commits were slow", slow, all)
	}
}

// Whatever a copy does to the commits, it goes on.
func TestACopyNeverStandsStill(t *testing.T) {
	const least = 8 * mega
	for name, takes := range map[string]func(float64) time.Duration{
		"all commits are slow":       harmfulOver(-1),
		"each one takes two seconds": func(float64) time.Duration { return 2 * time.Second },
	} {
		s := newShop(t, least, 10*time.Millisecond, harmless)
		s.takes = takes
		copied := 0.0
		for _, rate := range s.copy(30) {
			copied += rate
		}
		if s.rate < least {
			t.Errorf("%s: it is at %.1f MB/s", name, s.rate/1e6)
		}
		if copied/30 < 0.9*least || copied/30 > 1.5*least {
			t.Errorf("%s: %.1f MB/s", name, copied/30/1e6)
		}
	}
}

// Commits that do not come back at all are the worst harm, and leave no time to measure.
func TestACopyDuringWhichCommitsHangBecomesSlower(t *testing.T) {
	s := newShop(t, 8*mega, 10*time.Millisecond, harmless)
	s.copy(5)
	defer s.copying()()
	s.rate, s.every = 100*mega, 0
	s.begin()
	for range 4 * 60 { // two seconds at half of that rate
		s.clock = s.clock.Add(max(s.take(mega/2), 5*time.Millisecond))
	}
	if s.rate > 60*mega {
		t.Errorf("it is at %.0f MB/s while a commit hangs", s.rate/1e6)
	}
}

func TestACopyIsUnboundWhenTheSaleIsOver(t *testing.T) {
	s := newShop(t, 8*mega, 10*time.Millisecond, harmfulOver(20*mega))
	if rates := s.copy(5); rates[4] > 40*mega {
		t.Errorf("%.0f MB/s while people book", rates[4]/1e6)
	}
	s.every = 0
	if rates := s.copy(4); rates[3] < 900e6 {
		t.Errorf("%.0f MB/s when nobody books any more", rates[3]/1e6)
	}
}

// What a copy at the least rate cannot be blamed for is usual, after a while.
func TestASaleThatGrowsDuringACopy(t *testing.T) {
	s := newShop(t, 8*mega, 10*time.Millisecond, harmless)
	s.takes = func(float64) time.Duration { return 5 * time.Millisecond }
	rates := s.copy(120)
	if last := rates[len(rates)-1]; last < 100e6 {
		t.Errorf("it is at %.0f MB/s after two minutes: %.0f", last/1e6, rates)
	}
}

// A spread's answer is that of a sorted list, to a fourth.
func TestSpreadAgainstASortedList(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < spreadKeeps; n = n*3 + 1 {
		var s spread
		var all []time.Duration
		for range n {
			d := time.Duration(random.ExpFloat64() * float64(3*time.Millisecond))
			s.add(d)
			all = append(all, d)
		}
		slices.Sort(all)
		for _, part := range []float64{0.5, 0.95, 1} {
			want := all[max(0, int(part*float64(n)+0.999999)-1)]
			if got := s.most(part); got < want || float64(got) > 1.26*float64(want)+8 {
				t.Errorf("%.2f of %d are at most %v, want %v", part, n, got, want)
			}
		}
	}
}
