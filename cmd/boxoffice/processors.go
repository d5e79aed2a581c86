package main

import "runtime"

// leastThreads is how many threads run Go code at a time at least. With a single one the
// runtime looks which sockets have something to read only when it has nothing else to run,
// or after 10 ms, 128 of them at a time: under load, never soon. And while that thread
// syncs a file, none runs. More threads than processors shorten the longest waits of a
// busy node, but a node at rest costs two fifths more for each.
const leastThreads = 2

// tuneProcessors sees to leastThreads, unless the operator has said GOMAXPROCS.
func tuneProcessors(env environment) {
	if !env.says("GOMAXPROCS") && runtime.GOMAXPROCS(0) < leastThreads {
		runtime.GOMAXPROCS(leastThreads)
	}
}
