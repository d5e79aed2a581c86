package httpapi

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// viewCache keeps what was loaded a moment ago under a key, bounded in bytes and
// in age. It is a table of buckets of four slots; a slot is one atomic pointer, so
// a hit takes no lock and allocates nothing. Concurrent misses of one key share a
// load. What does not fit is dropped: everything here can be loaded again.
//
// Why not a general cache: nothing here lives longer than a second, so the usual
// machinery (frequency sketches, queues, timers) costs more than it could save.
type viewCache[V any] struct {
	seed   maphash.Seed
	slots  []atomic.Pointer[entry[V]]
	bytes  atomic.Int64
	max    int64
	maxAge time.Duration
	hand   atomic.Uint64 // the clock hand of eviction

	hits, misses, evicted atomic.Uint64
	tooLarge              atomic.Uint64 // values that were not kept for their size

	mu struct {
		sync.Mutex
		flights map[string]*flight[V]
		// drops counts calls of drop: a load that began before one is not kept.
		drops uint64
	}
}

// entry is immutable once stored.
type entry[V any] struct {
	key   string
	value V
	size  int64
	// loaded is when the load of the value began, so that its age is never
	// less than the truth.
	loaded time.Time
}

// flight is a load under way, and what it ended with.
type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// bucket is how many slots a key may be in.
const bucket = 4

// entryOverhead is what an entry costs besides its value.
const entryOverhead = 128

// newViewCache makes a cache of so many slots (a power of two) and bytes.
func newViewCache[V any](slots int, maxBytes int64, maxAge time.Duration) *viewCache[V] {
	vc := &viewCache[V]{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[entry[V]], slots), max: maxBytes,
		maxAge: maxAge}
	vc.mu.flights = make(map[string]*flight[V])
	return vc
}

// get is a value that is not too old at a time. The key is read only.
func (vc *viewCache[V]) get(key []byte, now time.Time) (v V, ok bool) {
	if e := vc.find(key); e != nil && now.Sub(e.loaded) < vc.maxAge {
		vc.hits.Add(1)
		return e.value, true
	}
	return v, false
}

// stale is a key's value whatever its age: to be shown again where it did not change.
func (vc *viewCache[V]) stale(key []byte) (v V, ok bool) {
	if e := vc.find(key); e != nil {
		return e.value, true
	}
	return v, false
}

// find is the entry of a key, of any age. It takes no lock.
func (vc *viewCache[V]) find(key []byte) *entry[V] {
	base := vc.bucketOf(maphash.Bytes(vc.seed, key))
	for i := range bucket {
		if e := vc.slots[base+i].Load(); e != nil && e.key == string(key) {
			return e
		}
	}
	return nil
}

// bucketOf is the first slot of a hash's bucket. The seed is the process's own, so
// nobody outside can aim at one bucket.
func (vc *viewCache[V]) bucketOf(hash uint64) int {
	return int(hash&uint64(len(vc.slots)-1)) &^ (bucket - 1)
}

// put stores a value that was loaded at a time. One that is over a quarter of the
// bound is not kept: it would empty the cache.
func (vc *viewCache[V]) put(key string, v V, size int64, loaded time.Time) {
	vc.mu.Lock()
	defer vc.mu.Unlock()
	vc.putLocked(key, v, size, loaded)
}

// putLocked is put for callers that hold mu: writers take turns, so that the sum of
// bytes is that of the slots. Readers see either entry.
func (vc *viewCache[V]) putLocked(key string, v V, size int64, loaded time.Time) {
	size += entryOverhead + int64(len(key))
	if size > vc.max/4 {
		vc.tooLarge.Add(1)
		return
	}
	slot := vc.slotFor(key)
	if old := slot.Swap(&entry[V]{key: key, value: v, size: size, loaded: loaded}); old != nil {
		vc.bytes.Add(-old.size)
		if old.key != key {
			vc.evicted.Add(1)
		}
	}
	vc.bytes.Add(size)
	vc.shrink()
}

// slotFor is where a key goes: its own slot, else an empty one, else the oldest.
func (vc *viewCache[V]) slotFor(key string) *atomic.Pointer[entry[V]] {
	base := vc.bucketOf(maphash.String(vc.seed, key))
	var best *atomic.Pointer[entry[V]]
	var oldest time.Time
	for i := range bucket {
		slot := &vc.slots[base+i]
		e := slot.Load()
		switch {
		case e != nil && e.key == key:
			return slot
		case e == nil && (best == nil || !oldest.IsZero()):
			best, oldest = slot, time.Time{}
		case e != nil && (best == nil || e.loaded.Before(oldest)):
			best, oldest = slot, e.loaded
		}
	}
	return best
}

// shrink empties slots in turn until the bound is kept. It ends: one round of the
// hand empties the table.
func (vc *viewCache[V]) shrink() {
	for n := 0; vc.bytes.Load() > vc.max && n < len(vc.slots); n++ {
		i := vc.hand.Add(1) % uint64(len(vc.slots))
		if old := vc.slots[i].Swap(nil); old != nil {
			vc.bytes.Add(-old.size)
			vc.evicted.Add(1)
		}
	}
}

// drop forgets a key, and keeps loads that began before from being stored: the
// caller has changed what the key stands for.
func (vc *viewCache[V]) drop(key string) {
	vc.mu.Lock()
	vc.mu.drops++
	delete(vc.mu.flights, key) // the next caller starts a load of its own
	vc.mu.Unlock()
	base := vc.bucketOf(maphash.String(vc.seed, key))
	for i := range bucket {
		if e := vc.slots[base+i].Load(); e != nil && e.key == key && vc.slots[base+i].CompareAndSwap(e, nil) {
			vc.bytes.Add(-e.size)
		}
	}
}

// load gets a value by calling fetch, once for all who ask for the key at the
// same time, and keeps it. fetch says the value's size in bytes; what it makes
// with an error is not kept.
func (vc *viewCache[V]) load(key string, fetch func() (V, int64, error)) (V, error) {
	vc.misses.Add(1)
	vc.mu.Lock()
	if f := vc.mu.flights[key]; f != nil {
		vc.mu.Unlock()
		<-f.done
		return f.value, f.err
	}
	f := &flight[V]{done: make(chan struct{}), err: errStopped}
	vc.mu.flights[key] = f
	drops := vc.mu.drops
	vc.mu.Unlock()

	defer func() { // in a panic too: those who wait get an error
		vc.mu.Lock()
		if vc.mu.flights[key] == f {
			delete(vc.mu.flights, key)
		}
		vc.mu.Unlock()
		close(f.done)
	}()
	began := time.Now()
	var size int64
	f.value, size, f.err = fetch()
	if f.err == nil {
		vc.mu.Lock()
		current := vc.mu.drops == drops
		if current {
			vc.putLocked(key, f.value, size, began)
		}
		vc.mu.Unlock()
	}
	return f.value, f.err
}
