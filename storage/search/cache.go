package search

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// CacheStats tells how the cache of pages does, since Open.
type CacheStats struct {
	Hits   uint64 // pages that were there, and had every change
	Stale  uint64 // pages that were there, and a change behind, by MaxStale at most
	Misses uint64 // pages that had to be waited for, by one query or by several
	Loads  uint64 // pages that were made
	Pages  int
	Bytes  int64
}

// loadTime bounds the making of a page. Those who wait have shorter deadlines.
const loadTime = 10 * time.Second

// cache keeps pages by their queries, the most useful ones up to a number of bytes. A
// page is good as long as nothing has changed that it may be of; then it is given out
// for maxStale more. In the second half of that, it is made anew behind the scenes, so a
// page is made at most a few times a second, however much changes. Of queries for a
// page that is not there, one makes it and the others wait for that.
type cache struct {
	pages    *otter.Cache[string, entry] // nil: nothing is kept
	maxStale int64                       // milliseconds
	now      func() int64

	base    context.Context // of all flights; ends with close
	cancel  context.CancelFunc
	mu      sync.Mutex // guards flights, and that none begins after close
	flights map[string]*flight
	done    sync.WaitGroup

	hits, stale, misses, loads atomic.Uint64
}

// entry is a page that is kept.
type entry struct {
	page       *Page
	generation uint64 // of what it was made from
	made       int64  // when its making began, in milliseconds since 1970
}

// flight is the making of a page. It ends early when nobody waits for it any more.
type flight struct {
	generation uint64
	made       int64
	waiting    int // guarded by cache.mu
	cancel     context.CancelFunc
	done       chan struct{} // closed when page and err are there
	page       *Page
	err        error
}

// request is a query as the cache knows it.
type request struct {
	key string
	// live marks a page that depends on live values: it is stale as soon as it is made.
	live bool
	// load makes the page. It is called in a goroutine of its own; its context ends when
	// nobody waits any more.
	load func(context.Context) (*Page, error)
}

// newCache makes a cache of so many bytes; with 0 it keeps nothing, and still lets one
// query of several that are equal do the work.
func newCache(bytes int64, maxStale time.Duration, now func() int64) *cache {
	c := &cache{maxStale: maxStale.Milliseconds(), now: now, flights: map[string]*flight{}}
	c.base, c.cancel = context.WithCancel(context.Background())
	if bytes > 0 {
		c.pages = otter.Must(&otter.Options[string, entry]{
			MaximumWeight: uint64(bytes),
			Weigher:       func(key string, e entry) uint32 { return uint32(min(weigh(key, e.page), 1<<31)) },
		})
	}
	return c
}

// weigh is about how many bytes a page takes.
func weigh(key string, p *Page) int {
	const (
		perPage  = 300 // its own, the entry's and otter's
		perHit   = 160
		perValue = 64
	)
	n := perPage + len(key) + len(p.Next)
	for i := range p.Hits {
		n += perHit + len(p.Hits[i].ID) + len(p.Hits[i].Source)
	}
	for _, f := range p.Facets {
		for _, v := range f.Values {
			n += perValue + len(v.ID) + len(v.Value)
		}
	}
	for _, c := range p.Corrected {
		n += perValue * (1 + len(c.For))
	}
	return n
}

// get gives the page of a request: one that is kept, or one that load makes. changes
// are those of what load reads. Where ctx ends first, its error is given.
func (c *cache) get(ctx context.Context, r request, changes *history) (*Page, error) {
	if e, ok := c.look(r.key); ok {
		switch age := c.age(e.generation, e.made, r.live, changes); {
		case age == 0:
			c.hits.Add(1)
			return e.page, nil
		case age <= c.maxStale:
			c.stale.Add(1)
			if age > c.maxStale/2 {
				c.begin(&r, changes, 0)
			}
			return e.page, nil
		}
	}
	c.misses.Add(1)
	f := c.begin(&r, changes, 1)
	if f == nil {
		return nil, ErrClosed
	}
	select {
	case <-f.done:
		return f.page, f.err
	case <-ctx.Done():
		c.leave(f)
		return nil, context.Cause(ctx)
	}
}

// look finds a page.
func (c *cache) look(key string) (entry, bool) {
	if c.pages == nil {
		return entry{}, false
	}
	return c.pages.GetIfPresent(key)
}

// age is for how many milliseconds a page has been a change behind, at least 1; 0: it
// is not. generation and made are what it was made from, and when.
func (c *cache) age(generation uint64, made int64, live bool, changes *history) int64 {
	since, behind := changes.outdated(generation)
	if live && (!behind || made < since) {
		since, behind = made, true
	}
	if !behind {
		return 0
	}
	return max(1, c.now()-since)
}

// begin joins the flight for a request, or starts it; waiting is how many callers wait
// for it now. A flight whose page will be too stale is not joined. It gives nil after
// close.
func (c *cache) begin(r *request, changes *history, waiting int) *flight {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f := c.flights[r.key]; f != nil && c.age(f.generation, f.made, r.live, changes) <= c.maxStale {
		f.waiting += waiting
		return f
	}
	if c.base.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.base, loadTime)
	f := &flight{
		generation: changes.generation(), made: c.now(),
		waiting: max(1, waiting), // the cache itself waits for a page that is made ahead
		cancel:  cancel, done: make(chan struct{}),
	}
	c.flights[r.key] = f
	load, key := r.load, r.key
	c.done.Go(func() { c.fly(ctx, f, key, load) })
	return f
}

// fly makes a page, keeps it, and tells those who wait.
func (c *cache) fly(ctx context.Context, f *flight, key string, load func(context.Context) (*Page, error)) {
	defer f.cancel()
	c.loads.Add(1)
	f.page, f.err = loadSafely(ctx, load)
	if f.err == nil && c.pages != nil {
		c.pages.Set(key, entry{f.page, f.generation, f.made})
	}
	c.mu.Lock()
	if c.flights[key] == f {
		delete(c.flights, key)
	}
	c.mu.Unlock()
	close(f.done)
}

// loadSafely makes of a panic an error, for nobody above could.
func loadSafely(ctx context.Context, load func(context.Context) (*Page, error)) (_ *Page, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("search: panic: %v", r)
		}
	}()
	return load(ctx)
}

// leave says that a caller waits no more. The last one ends the flight.
func (c *cache) leave(f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
	}
}

// close ends all flights and forgets all pages.
func (c *cache) close() {
	c.mu.Lock()
	c.cancel() // under the lock: no flight begins after this
	c.mu.Unlock()
	c.done.Wait()
	if c.pages != nil {
		c.pages.InvalidateAll()
		c.pages.CleanUp()
		c.pages.StopAllGoroutines()
	}
}

// stats gives the numbers.
func (c *cache) stats() CacheStats {
	s := CacheStats{Hits: c.hits.Load(), Stale: c.stale.Load(), Misses: c.misses.Load(), Loads: c.loads.Load()}
	if c.pages != nil {
		c.pages.CleanUp() // what was kept a moment ago is not counted before
		s.Pages, s.Bytes = c.pages.EstimatedSize(), int64(c.pages.WeightedSize())
	}
	return s
}
