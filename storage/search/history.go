package search

import "sync"

// historyLength is how many changes are remembered with their times.
const historyLength = 4096

// history numbers the changes of what is searched: its generation, from 0. It tells
// when one of the last was made.
type history struct {
	mu    sync.Mutex // guards all below
	count uint64
	times [historyLength]int64 // when generation g+1 was made, at g % historyLength
}

// add counts a change that was made at a time.
func (h *history) add(at int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.times[h.count%historyLength] = at
	h.count++
}

// generation is how many changes there were.
func (h *history) generation() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

// outdated tells since when something of a generation is outdated: false, it is not.
// What is too old to be remembered is outdated since 1970.
func (h *history) outdated(generation uint64) (since int64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case generation >= h.count:
		return 0, false
	case h.count-generation > historyLength:
		return 0, true
	}
	return h.times[generation%historyLength], true
}
