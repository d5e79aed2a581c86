package main

import (
	"runtime"
	"strings"
)

// spareThreads is how many more threads run Go code at a time than there are processors.
// A thread that waits for the disk, or writes a table, or marks what is alive, keeps a run
// queue for up to 10 ms, and what stands in it waits: with two processors and no spare
// ones the p99 of bookings at half the peak was 28 ms, with two of them 11 ms, and the
// peak 6 % higher. More than two made no difference.
const spareThreads = 2

// tuneProcessors adds spareThreads, unless the operator has said GOMAXPROCS.
func tuneProcessors(env environment) {
	for _, v := range env.environ {
		if strings.HasPrefix(v, "GOMAXPROCS=") {
			return
		}
	}
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), runtime.NumCPU()) + spareThreads)
}
