package indexer

import (
	"context"
	"fmt"
	"sync"

	"boxoffice/storage/search"
)

// indexCopy is an index and the tails that feed it.
type indexCopy struct {
	follower *Follower
	number   int // of its directory
	index    Index
	tails    []*tail // by shard, from 1: tails[0] is shard 1's

	applying sync.Mutex // held while a batch is applied: one caller at a time

	whole   chan struct{} // closed when every tail has caught up once
	missing missing

	cancel context.CancelFunc // ends the tails
	done   sync.WaitGroup     // of the tails

	lent loans
}

// loans are who uses the index, which is closed after the last of them.
type loans struct {
	mu     sync.Mutex
	out    int           // guarded by mu
	closed bool          // guarded by mu: nobody gets it any more
	back   chan struct{} // closed when it is closed and nobody uses it
}

// missing is the shards that have not caught up yet.
type missing struct {
	mu     sync.Mutex
	shards map[uint64]bool // guarded by mu
}

// newCopy makes the tails of an index that was opened, and starts none. errForeign:
// the index is of another cluster.
func (f *Follower) newCopy(number int, ix Index) (*indexCopy, error) {
	c := &indexCopy{follower: f, number: number, index: ix, whole: make(chan struct{}),
		lent:    loans{back: make(chan struct{})},
		missing: missing{shards: map[uint64]bool{}}, cancel: func() {}}
	for shard := uint64(1); shard <= f.cfg.Shards; shard++ {
		at, err := parsePosition(f.cfg.Cluster, ix.Position(shard))
		if err != nil {
			return nil, fmt.Errorf("shard %d: %w", shard, err)
		}
		c.tails = append(c.tails, newTail(c, shard, at))
		c.missing.shards[shard] = true
	}
	return c, nil
}

// follow starts the tails.
func (c *indexCopy) follow(ctx context.Context) {
	ctx, c.cancel = context.WithCancel(ctx)
	for _, t := range c.tails {
		c.done.Go(func() { t.run(ctx) })
	}
}

// apply puts a batch into the index.
func (c *indexCopy) apply(ctx context.Context, b search.Batch) error {
	c.applying.Lock()
	defer c.applying.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := c.index.Apply(ctx, b); err != nil {
		return err
	}
	c.follower.counts.events.Add(uint64(len(b.Events) + len(b.Removed)))
	return nil
}

// caughtUp notes that a shard's tail has everything.
func (c *indexCopy) caughtUp(shard uint64) {
	c.missing.mu.Lock()
	defer c.missing.mu.Unlock()
	if !c.missing.shards[shard] {
		return
	}
	if delete(c.missing.shards, shard); len(c.missing.shards) == 0 {
		close(c.whole)
	}
}

// current reports whether every tail has caught up once.
func (c *indexCopy) current() bool {
	select {
	case <-c.whole:
		return true
	default:
		return false
	}
}

// borrow has the index stay open until done is called; false: it is closed.
func (c *indexCopy) borrow() (done func(), ok bool) {
	l := &c.lent
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, false
	}
	l.out++
	return l.giveBack, true
}

func (l *loans) giveBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out--; l.out == 0 && l.closed {
		close(l.back)
	}
}

// end lends the index no more, and waits until nobody uses it.
func (l *loans) end() {
	l.mu.Lock()
	if l.closed = true; l.out == 0 {
		close(l.back)
	}
	l.mu.Unlock()
	<-l.back
}

// close ends the tails, waits for who uses the index, and closes it. It may be called
// once.
func (c *indexCopy) close() error {
	c.cancel()
	c.done.Wait()
	c.lent.end()
	if err := c.index.Close(); err != nil {
		return fmt.Errorf("close the search index: %w", err)
	}
	return nil
}

// states is what is told of the tails, by shard.
func (c *indexCopy) states() []tailState {
	states := make([]tailState, len(c.tails))
	for i, t := range c.tails {
		states[i] = t.state()
	}
	return states
}
