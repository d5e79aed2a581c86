package postings

import (
	"context"
	"fmt"
	"sync"
)

// unsaved counts what was written and is not on disk yet.
type unsaved struct {
	mu            sync.Mutex // guards all below
	docs, batches int
	failure       error         // of the last try to save; nil after one that went well
	changed       chan struct{} // closed and replaced when anything above changes
}

func (u *unsaved) init() { u.changed = make(chan struct{}) }

// update changes the counts and wakes those that wait.
func (u *unsaved) update(change func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change()
	close(u.changed)
	u.changed = make(chan struct{})
}

// add counts a batch.
func (u *unsaved) add(docs int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.docs += docs
	u.batches++
}

// saved counts a batch as saved.
func (u *unsaved) saved(docs int) {
	u.update(func() {
		u.docs -= docs
		u.batches--
		u.failure = nil
	})
}

// fail notes that saving failed. It is tried again.
func (u *unsaved) fail(err error) {
	u.update(func() { u.failure = err })
}

// room waits until there is room for another batch.
func (u *unsaved) room(ctx context.Context, stop <-chan struct{}, cfg *Config) error {
	return u.wait(ctx, stop, cfg.UnsavedDocs, cfg.UnsavedBatches)
}

// none waits until everything is saved.
func (u *unsaved) none(ctx context.Context, stop <-chan struct{}) error {
	return u.wait(ctx, stop, 1, 1)
}

// wait waits until there are fewer documents and batches than that.
func (u *unsaved) wait(ctx context.Context, stop <-chan struct{}, docs, batches int) error {
	for {
		u.mu.Lock()
		enough := u.docs < docs && u.batches < batches
		failure, changed := u.failure, u.changed
		u.mu.Unlock()
		select {
		case <-stop:
			return ErrClosed
		default:
		}
		if enough {
			return nil
		}
		if failure != nil {
			return fmt.Errorf("%w: %w", ErrBehind, failure)
		}
		select {
		case <-changed:
		case <-stop:
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrBehind, context.Cause(ctx))
		}
	}
}
