package versus

import (
	"errors"
	"runtime"
	"slices"
	"syscall"
	"time"

	"boxoffice/storage/search"
)

// row is what an engine needed for queries of a kind.
type row struct {
	queries  int
	p50, p99 time.Duration
	cpu      time.Duration // of processors, for each query
	hits     float64       // on average
	typed    []answer      // the first to each query, as it was typed
	exact    []answer      // to the first queries, without words that look alike
}

// measure asks all queries, one after the other, and all again until it took at least so
// long. Then it asks the first few exactly, which is not measured.
func measure(e engine, queries []search.Query, few int, least time.Duration) (row, error) {
	var out row
	for _, q := range queries[len(queries)-min(50, len(queries)/4):] { // what is read once is in memory then
		if _, err := e.ask(q); err != nil {
			return out, err
		}
	}
	runtime.GC()
	var times []time.Duration
	total := 0
	began, cpu := time.Now(), cpuTime()
	for round := 0; round == 0 || time.Since(began) < least; round++ {
		for _, q := range queries {
			start := time.Now()
			a, err := e.ask(q)
			if err != nil {
				return out, err
			}
			times = append(times, time.Since(start))
			total += a.total
			if round == 0 {
				out.typed = append(out.typed, a)
			}
		}
	}
	out.queries = len(times)
	out.cpu = (cpuTime() - cpu) / time.Duration(len(times))
	out.hits = float64(total) / float64(len(times))
	slices.Sort(times)
	out.p50, out.p99 = times[len(times)/2], times[len(times)*99/100]
	for _, q := range queries[:min(few, len(queries))] {
		q.Exact = true
		a, err := e.ask(q)
		if err != nil {
			return out, err
		}
		out.exact = append(out.exact, a)
	}
	return out, nil
}

// cpuTime is how long processors have worked for this process.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The bounds of settle.
const (
	settleWindow = 500 * time.Millisecond
	settleShare  = 0.02 // of a processor
	settleMost   = 15 * time.Minute
)

// errBusy means that an index never came to rest.
var errBusy = errors.New("an index works on and on, with nothing to do")

// settle waits until nothing works in this process: the merges that a build leaves
// behind, and what an index does after it was opened.
func settle() error {
	tick := time.NewTicker(settleWindow)
	defer tick.Stop()
	for end := time.Now().Add(settleMost); time.Now().Before(end); {
		at, before := time.Now(), cpuTime()
		<-tick.C
		if float64(cpuTime()-before) < settleShare*float64(time.Since(at)) {
			return nil
		}
	}
	return errBusy
}
