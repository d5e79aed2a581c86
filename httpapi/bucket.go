package httpapi

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// Rate is how often something may happen: so many times a second on average, and Burst
// times at once. The zero Rate is no bound.
type Rate struct {
	PerSecond float64 // up to 1,000,000
	Burst     int     // 1 or more
}

// on reports whether a rate is a bound at all.
func (r Rate) on() bool { return r.PerSecond > 0 }

// valid reports whether a rate is none, or one that can be kept.
func (r Rate) valid() bool {
	return r == Rate{} || r.PerSecond > 0 && r.PerSecond <= maxRate && r.Burst > 0 && r.Burst <= maxRate
}

// maxRate bounds both parts of a Rate: so a bucket's debt is far from an int64's end.
const maxRate = 1_000_000

// part is a rate a so-manieth as high; the burst stays 1 at least.
func (r Rate) part(n int) Rate {
	if !r.on() {
		return r
	}
	return Rate{PerSecond: r.PerSecond / float64(n), Burst: max(1, r.Burst/n)}
}

// gap is the time that one token takes to come back, in ns.
func (r Rate) gap() int64 { return max(1, int64(float64(time.Second)/r.PerSecond)) }

// bucketSets and bucketSlots are the size of a table: 65,536 buckets in 1.1 MiB.
const (
	bucketSets  = 1 << 13
	bucketSlots = 8
)

// buckets are token buckets under hashed keys, in memory of a fixed size. A bucket is
// one number: when it will be full again. (This is the generic cell rate algorithm.) So
// one that is full is the same as none, and forgetting it loses nothing; only where all
// slots of a key's set are in debt, the one with the least debt is forgiven.
//
// Keys are spread by a seed of the process's own: nobody outside can aim at a set.
type buckets struct {
	seed     maphash.Seed
	sets     []bucketSet
	forgiven atomic.Uint64
}

// bucketSet is where the keys of one hash may be. Its lock is held for some 20 ns.
type bucketSet struct {
	mu   sync.Mutex
	keys [bucketSlots]uint64
	full [bucketSlots]int64 // ns since the table's beginning; 0: the slot is free
}

func newBuckets(sets int) *buckets {
	return &buckets{seed: maphash.MakeSeed(), sets: make([]bucketSet, sets)}
}

// key is the key of a name among those of a kind.
func (b *buckets) key(kind uint8, name []byte) uint64 {
	// The multiplier is odd and has no pattern: kinds of one name are far apart.
	return maphash.Bytes(b.seed, name) ^ (uint64(kind)+1)*0x9E3779B97F4A7C15
}

// take takes a token out of a key's bucket at a time, in ns since some beginning. 0: it
// was there; else how long it takes until there is one, and nothing was taken.
func (b *buckets) take(key uint64, r Rate, now int64) (wait time.Duration) {
	set := &b.sets[key%uint64(len(b.sets))]
	gap := r.gap()
	set.mu.Lock()
	defer set.mu.Unlock()
	i := set.slot(key)
	if set.keys[i] != key {
		if set.full[i] > now {
			b.forgiven.Add(1)
		}
		set.keys[i], set.full[i] = key, now
	}
	full := max(set.full[i], now) + gap
	if late := full - now - gap*int64(r.Burst); late > 0 {
		return time.Duration(late)
	}
	set.full[i] = full
	return 0
}

// slot is the slot of a key, or else the one that owes least: a full one, where there
// is any.
func (s *bucketSet) slot(key uint64) int {
	least := 0
	for i, k := range s.keys {
		if k == key {
			return i
		}
		if s.full[i] < s.full[least] {
			least = i
		}
	}
	return least
}
