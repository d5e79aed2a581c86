package search

import (
	"sync"
	"sync/atomic"
)

// historyLength is how many changes are remembered with their times.
const historyLength = 4096

// history numbers the changes of what is searched: its generation, from 0. It tells
// when one of the last was made.
type history struct {
	count atomic.Uint64
	mu    sync.Mutex           // guards times, and changes of count
	times [historyLength]int64 // when generation g+1 was made, at g % historyLength
}

// add counts a change that was made at a time.
func (h *history) add(at int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.times[h.count.Load()%historyLength] = at
	h.count.Add(1)
}

// generation is how many changes there were.
func (h *history) generation() uint64 { return h.count.Load() }

// outdated tells since when something of a generation is outdated: false, it is not.
// What is too old to be remembered is outdated since 1970.
func (h *history) outdated(generation uint64) (since int64, ok bool) {
	if generation >= h.count.Load() {
		return 0, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count.Load()-generation > historyLength {
		return 0, true
	}
	return h.times[generation%historyLength], true
}
