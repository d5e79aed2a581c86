package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"boxoffice/storage/search/internal/columns"
)

// The errors of an index that callers tell apart.
var (
	// ErrClosed answers after Close.
	ErrClosed = errors.New("search: the index is closed")
	// ErrLocked is Open's: another process has the index open.
	ErrLocked = errors.New("search: the index is open elsewhere")
	// ErrBehind: so much waits for the disk that Apply takes no more, and the disk
	// refuses or the context ended. Nothing was applied; it may be tried again.
	ErrBehind = errors.New("search: the disk does not keep up")
)

// Index finds events. Any number of goroutines may use it.
type Index struct {
	cfg     Config
	lock    *os.File
	open    context.Context // ends when Close begins
	shut    context.CancelFunc
	rebuilt string // why Open made it anew; "": it did not

	body    *body
	pages   *cache
	changes history // of body, for the cache

	feeding sync.Mutex // one Apply at a time
	closed  bool       // guarded by feeding

	counts counts
}

// Position is the position of the last batch of a source that the index has; nil is the
// beginning.
func (x *Index) Position(source uint64) []byte { return x.body.store.Position(source) }

// SetLive sets what a sale changed of an event: queries that begin afterwards see it.
// It is false where there is no such event yet. A version older than the one that is
// there changes nothing. It does not wait for Apply.
func (x *Index) SetLive(id string, l Live) bool { return x.body.table.SetLive(id, l.columns()) }

// columns is a Live as columns have it.
func (l Live) columns() columns.Live {
	return columns.Live{
		Version: l.Version, Total: l.Total, Available: l.Available, Held: l.Held, Booked: l.Booked, Waiting: l.Waiting,
	}
}

// until is a context that ends with ctx, or else when Close begins.
func (x *Index) until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(x.open, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// Close saves what is not on disk yet, which takes a Nap, and closes the index. Queries
// that are under way come to their ends. Calling it again does nothing.
func (x *Index) Close() error {
	x.shut() // an Apply that waits comes back
	x.feeding.Lock()
	defer x.feeding.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	x.pages.close()
	return errors.Join(x.body.close(), x.lock.Close())
}

// Apply enters a batch: queries that begin when it has returned find it. It is on disk
// about a Nap later. One batch of a source comes after the other. Of an event, the
// last version counts, in the batch and in the index: older ones are ignored, also
// those of an event that was removed meanwhile. It waits while the disk is behind.
// Where it fails, nothing or a part was entered, and the position is the old one: the
// batch may be applied again.
func (x *Index) Apply(ctx context.Context, b Batch) error {
	x.feeding.Lock()
	defer x.feeding.Unlock()
	if x.closed {
		return ErrClosed
	}
	ctx, cancel := x.until(ctx)
	defer cancel()
	began := x.cfg.Now()
	changed, err := x.body.apply(ctx, &b, began)
	if changed {
		x.changes.add(x.cfg.Now())
	}
	x.counts.applied(x.cfg.Now()-began, err)
	if err != nil {
		return fmt.Errorf("apply a batch: %w", err)
	}
	return nil
}
