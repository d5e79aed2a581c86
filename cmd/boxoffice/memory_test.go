package main

import "testing"

// TestRests wants memory to be given back when little was allocated since the last look
// and much of the heap is not alive.
func TestRests(t *testing.T) {
	const mib = 1 << 20
	h := &heap{}
	for i, look := range []struct {
		allocated, live, mapped uint64
		want                    bool
	}{
		{5000 * mib, 200 * mib, 1600 * mib, false}, // busy
		{5010 * mib, 200 * mib, 1600 * mib, true},  // quiet, and much to give
		{5020 * mib, 200 * mib, 220 * mib, false},  // quiet, and nothing to give
		{5100 * mib, 200 * mib, 300 * mib, true},
		{6000 * mib, 200 * mib, 900 * mib, false}, // busy again
	} {
		if got := h.rests(look.allocated, look.live, look.mapped); got != look.want {
			t.Errorf("look %d: got %v", i, got)
		}
	}
}
