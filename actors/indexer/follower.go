package indexer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// Follower keeps this node's index as the log is. All its methods may be called by
// anybody.
type Follower struct {
	cfg    Config
	bulk   chan struct{} // places of tails that read large pages
	counts counts

	ctx    context.Context // ends when the follower stops
	cancel context.CancelFunc
	work   sync.WaitGroup // the goroutines that open the index, and that make a new copy

	serving atomic.Pointer[indexCopy] // nil: it is being opened, or the follower has stopped

	mu      sync.Mutex
	next    *indexCopy // guarded by mu; nil: none is being made
	stopped bool       // guarded by mu
}

// counts are the numbers that only grow.
type counts struct{ events, touches, skipped, rebuilds atomic.Uint64 }

// Start opens the index of the directory and follows the log from where it is, in the
// background: a node sells before it finds. An index that cannot be used is left, and
// another one begun; where that fails too, as on a full disk, it is tried again.
func Start(cfg Config) (*Follower, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	f := &Follower{cfg: cfg, bulk: make(chan struct{}, cfg.MaxBulk)}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	if cfg.Registry != nil {
		if err := cfg.Registry.Register(collector{f}); err != nil {
			f.cancel()
			return nil, fmt.Errorf("register the search index's metrics: %w", err)
		}
	}
	f.work.Go(f.begin)
	return f, nil
}

// begin opens the index and has it followed.
func (f *Follower) begin() {
	for retry := f.cfg.RetryFirst; f.ctx.Err() == nil; retry = min(2*retry, f.cfg.RetryMost) {
		c, err := f.open()
		if err == nil {
			f.serving.Store(c)
			c.follow(f.ctx)
			return
		}
		if retry == f.cfg.RetryFirst {
			f.cfg.Logger.Error("this node cannot make a search index; it tries again", "error", err)
		}
		pause(f.ctx, retry)
	}
}

// Stop ends the following, waits for the questions under way, and closes the index:
// what it has is durable then. It may be called once; questions that come later find
// no index.
func (f *Follower) Stop() error {
	f.mu.Lock()
	f.stopped = true
	f.mu.Unlock()
	f.cancel()
	f.work.Wait()
	c := f.serving.Swap(nil)
	if f.cfg.Registry != nil {
		f.cfg.Registry.Unregister(collector{f})
	}
	if c == nil {
		return nil
	}
	return c.close()
}

// borrow implements host.
func (f *Follower) borrow() (ix Index, done func(), current bool) {
	for c := f.serving.Load(); c != nil; c = f.serving.Load() {
		if done, ok := c.borrow(); ok {
			return c.index, done, c.current()
		}
	}
	return nil, nil, false
}

// Current reports whether the index has caught up with the log since it was opened. It
// does not block.
func (f *Follower) Current() bool {
	c := f.serving.Load()
	return c != nil && c.current()
}

// Rebuild begins to make the index anew from the log, beside the one that serves, which
// it replaces when it has caught up. Where one is being made already, that is the one.
// It returns at once; a node that stops before the end forgets about it.
func (f *Follower) Rebuild() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.serving.Load()
	switch {
	case f.stopped || old == nil:
		return errNoIndex
	case f.next != nil:
		return nil
	}
	c, err := f.create(old.number + 1)
	if err != nil {
		return err
	}
	f.next = c
	f.counts.rebuilds.Add(1)
	f.cfg.Logger.Info("the search index is made anew; the one before serves meanwhile")
	c.follow(f.ctx)
	f.work.Go(func() { f.replace(old, c) })
	return nil
}

// replace puts a new copy in the place of the old one when it is whole.
func (f *Follower) replace(old, c *indexCopy) {
	var err error
	select {
	case <-c.whole:
		err = f.choose(c.number)
	case <-f.ctx.Done():
		err = f.ctx.Err()
	}
	if err == nil {
		f.serving.Store(c)
	}
	f.mu.Lock()
	f.next = nil
	f.mu.Unlock()
	given := old
	if err != nil {
		given = c
	}
	if e := given.close(); e != nil {
		f.cfg.Logger.Warn("a search index that is not needed any more", "error", e)
	}
	f.discard(given.number)
	switch {
	case err == nil:
		f.cfg.Logger.Info("the new search index serves")
	case f.ctx.Err() == nil:
		f.cfg.Logger.Error("the new search index cannot serve; the one before goes on", "error", err)
	}
}
