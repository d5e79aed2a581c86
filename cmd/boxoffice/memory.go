package main

import (
	"context"
	"regexp"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
)

// gcPercent lets the heap grow to five times what is alive before it is collected:
// a sale under way allocates much and keeps little, and a node has memory to spare.
// Collections were 7 % of a node's time under bookings at Go's own 100, 3 % at 400.
const gcPercent = 400

// tuneMemory sets gcPercent, unless the operator has said GOGC.
func tuneMemory(env environment) {
	if !env.says("GOGC") {
		debug.SetGCPercent(gcPercent)
	}
}

// collectorCost has /metrics say how much of the CPU time went into collecting garbage.
var collectorCost = collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/cpu/classes/(gc/)?total:`)}

// What a heap that grows to five times what is alive leaves behind, a node gives back when
// it rests: when it has allocated little for restTime. It looks as often, and gives back
// what is worth a collection.
const (
	restTime   = 30 * time.Second
	restAllocs = 128 << 20 // bytes in that time, or fewer
	restGain   = 48 << 20  // bytes that are not alive, or more
)

// heap is what restMemory remembers of the heap.
type heap struct {
	allocated uint64 // bytes, since the process began
}

// rests looks at the heap, and says whether it has hardly been used since the last look
// and there is something to give back.
func (h *heap) rests(allocated, live, mapped uint64) bool {
	quiet := allocated-h.allocated <= restAllocs
	h.allocated = allocated
	return quiet && mapped >= live+restGain
}

// restMemory gives memory back whenever the node rests, until ctx ends.
func restMemory(ctx context.Context, h *heap) {
	t := time.NewTicker(restTime)
	defer t.Stop()
	names := [...]string{
		"/gc/heap/allocs:bytes", "/gc/heap/live:bytes", "/memory/classes/heap/objects:bytes",
		"/memory/classes/heap/unused:bytes", "/memory/classes/heap/free:bytes",
	}
	var now [len(names)]metrics.Sample
	for i, name := range names {
		now[i].Name = name
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		metrics.Read(now[:])
		mapped := now[2].Value.Uint64() + now[3].Value.Uint64() + now[4].Value.Uint64()
		if h.rests(now[0].Value.Uint64(), now[1].Value.Uint64(), mapped) {
			debug.FreeOSMemory()
		}
	}
}
