package main

import (
	"runtime"
	"strings"
)

// spareThreads is how many more threads run Go code at a time than there are processors.
// A thread that waits for the disk, or writes a table, or marks what is alive, keeps a run
// queue for up to 10 ms, and what stands in it waits. With a single thread the runtime
// also looks which sockets have something to read only when it has nothing else to run, or
// after 10 ms, 128 of them at a time: under load, never soon. More spare threads would hide
// from the gates how long goroutines wait.
const spareThreads = 1

// tuneProcessors adds spareThreads, unless the operator has said GOMAXPROCS.
func tuneProcessors(env environment) {
	for _, v := range env.environ {
		if strings.HasPrefix(v, "GOMAXPROCS=") {
			return
		}
	}
	runtime.GOMAXPROCS(min(runtime.GOMAXPROCS(0), runtime.NumCPU()) + spareThreads)
}
