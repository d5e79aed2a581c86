package search

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/storage/search/internal/geo"
	"boxoffice/storage/search/internal/suggest"
)

// namesTime is how often the names are collected anew: until then names that are gone
// are still suggested, and counts are old. New names come at once.
const namesTime = 5 * time.Minute

// namesPause is the least time between two collections: with a million events one takes
// a few seconds of a processor.
const namesPause = 15 * time.Second

// names are the names of a body.
type names struct {
	now     atomic.Pointer[suggest.Index] // nil: not collected yet
	mu      sync.Mutex                    // guards recent, and changes of now
	recent  []suggest.Entry               // that came while all are collected
	running bool                          // they are being collected
	known   []uint64                      // hashes of titles and cities that were collected, in order; nil: not yet
	since   map[uint64]struct{}           // and of those that came since
	dirty   atomic.Bool                   // something changed since
}

// add adds names, until all are collected anew. It is false where there is no room.
func (n *names) add(entries []suggest.Entry) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dirty.Store(true)
	if n.running {
		n.recent = append(n.recent, entries...)
	}
	now := n.now.Load()
	if now == nil {
		return true
	}
	next, ok := now.With(entries, nil)
	n.now.Store(next)
	return ok
}

// nameSeed is of the hashes of names.
var nameSeed = maphash.MakeSeed()

// isNew tells whether a title or the key of a city was not there when the names were
// collected, nor asked for since; one with events to come is new where the others that
// there were are over. That two have one hash happens to one in a billion.
func (n *names) isNew(name string, coming bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	hash := maphash.String(nameSeed, name)
	ok := n.knows(hash)
	if !coming && !ok {
		hash = ^hash // of a name whose events are over
		ok = n.knows(hash)
	}
	if n.known != nil && !ok {
		n.since[hash] = struct{}{}
	}
	return !ok
}

// knows tells whether a hash is known. The caller holds mu.
func (n *names) knows(hash uint64) bool {
	_, ok := n.since[hash]
	if !ok {
		_, ok = slices.BinarySearch(n.known, hash)
	}
	return ok
}

// known are the hashes of titles and cities, in order.
func (c *collector) known() []uint64 {
	known := make([]uint64, 0, len(c.titles)+len(c.cities))
	enter := func(name string, t *tally) {
		hash := maphash.String(nameSeed, name)
		if t.events == 0 {
			hash = ^hash
		}
		known = append(known, hash)
	}
	for title, t := range c.titles {
		enter(title, t)
	}
	for name, t := range c.cities {
		enter(name.key(), t)
	}
	slices.Sort(known)
	return known
}

// keepNames collects the names, at first, now and then, and when there is no room for
// more of them.
func (b *body) keepNames() {
	tick := time.NewTicker(namesTime)
	defer tick.Stop()
	for {
		if err := b.collect(); err != nil && !b.stopped() {
			b.failed(err)
		}
		if !b.wantNames(tick.C) {
			return
		}
	}
}

// wantNames waits until names are to be collected again; false: close was called.
func (b *body) wantNames(tick <-chan time.Time) bool {
	pause := time.NewTimer(namesPause)
	defer pause.Stop()
	select {
	case <-b.stop:
		return false
	case <-pause.C:
	}
	for {
		select {
		case <-b.stop:
			return false
		case <-b.crowded:
			return true
		case <-tick:
			if b.names.dirty.Load() {
				return true
			}
		}
	}
}

// stopped tells whether close was called.
func (b *body) stopped() bool {
	select {
	case <-b.stop:
		return true
	default:
		return false
	}
}

// collect collects all names.
func (b *body) collect() error {
	n := &b.names
	n.mu.Lock()
	n.running, n.recent = true, nil
	n.dirty.Store(false)
	n.mu.Unlock()
	m, err := b.moment()
	if err != nil {
		return err
	}
	c := collectNames(m.columns, b.clock())
	entries := suggest.Keep(c.entries())
	known := c.known()
	untitled := m.entitle(entries) // they are read when they are suggested, or left out
	m.release()
	index := suggest.Build(entries, func(a, b suggest.Point) float64 {
		return geo.Haversine(geo.Point(a), geo.Point(b))
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	if next, ok := index.With(n.recent, nil); ok {
		index = next
	} else {
		signal(b.crowded)
	}
	n.now.Store(index)
	n.known, n.since = known, map[uint64]struct{}{}
	n.running, n.recent = false, nil
	return untitled
}
