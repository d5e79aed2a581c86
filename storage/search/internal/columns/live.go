package columns

import (
	"runtime"
	"sync/atomic"
)

// live is the live row of an event: atomics, so that readers need no lock. Writers hold
// Table.liveMu. A row takes 32 bytes.
type live struct {
	seq     atomic.Uint32 // odd while the row is being written
	waiting atomic.Int32
	version atomic.Uint64
	stock   atomic.Uint64 // total and available: a filter reads both in one step
	taken   atomic.Uint64 // held and booked
}

// livePiece is the live rows of 256 events.
type livePiece [pieceSize]live

// pair packs two counts.
func pair(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// unpair undoes pair.
func unpair(w uint64) (a, b int32) { return int32(w >> 32), int32(uint32(w)) }

// store writes the row.
func (r *live) store(l Live) {
	r.seq.Add(1)
	r.version.Store(l.Version)
	r.stock.Store(pair(l.Total, l.Available))
	r.taken.Store(pair(l.Held, l.Booked))
	r.waiting.Store(l.Waiting)
	r.seq.Add(1)
}

// load reads the row as one: all of it is of the same store.
func (r *live) load() Live {
	for {
		before := r.seq.Load()
		l := Live{Version: r.version.Load(), Waiting: r.waiting.Load()}
		l.Total, l.Available = unpair(r.stock.Load())
		l.Held, l.Booked = unpair(r.taken.Load())
		if before%2 == 0 && r.seq.Load() == before {
			return l
		}
		runtime.Gosched() // a writer needs a few nanoseconds, if it has a processor
	}
}
