package search

import (
	"maps"
	"sync"
)

// Stats is what an operator may want to know.
type Stats struct {
	Events      int
	Segments    int               // of the inverted index: each costs every query a little
	Bytes       int64             // on disk
	Positions   map[uint64][]byte // by source
	Remembered  int               // events that were removed and are remembered as such
	Rebuilt     string            // why Open made the index anew; "": it did not
	Applied     uint64            // batches
	ApplyTime   int64             // milliseconds that all batches took together
	ApplyMax    int64             // milliseconds of the slowest batch
	Failures    uint64            // of saving and merging, which are tried again
	LastFailure string
	Cache       CacheStats
}

// Stats gives the state of the index. It reads a directory, and does not wait for Apply.
func (x *Index) Stats() (Stats, error) {
	m, err := x.body.moment()
	if err != nil {
		return Stats{}, err
	}
	defer m.release()
	b := x.body
	size, err := b.store.Bytes()
	if err != nil {
		return Stats{}, err
	}
	s := x.counts.stats()
	s.Events, s.Segments, s.Bytes = m.columns.Events(), len(m.view.Segments()), size
	s.Positions = maps.Clone(b.store.Positions())
	s.Remembered, s.Rebuilt = int(b.remembered.Load()), x.rebuilt
	s.Cache = x.pages.stats()
	return s, nil
}

// counts are what happened since Open.
type counts struct {
	mu sync.Mutex // guards s
	s  Stats
}

// applied counts a batch that took so many milliseconds.
func (c *counts) applied(took int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.s.Applied++
		c.s.ApplyTime += took
		c.s.ApplyMax = max(c.s.ApplyMax, took)
	}
}

// failed counts a failure behind the scenes.
func (c *counts) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.s.Failures++
	c.s.LastFailure = err.Error()
}

// stats gives the counts.
func (c *counts) stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s
}
