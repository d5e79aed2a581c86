package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// Rebuild is an index that is being made anew, beside the one that serves. It is fed
// from the beginning, with Apply; when it is as far as the other, Finish lets it serve.
// One goroutine at a time uses it. A crash leaves the old one.
type Rebuild struct {
	x    *Index
	name string
	body *body
	over bool // guarded by Index.feeding
}

// errRebuilding is Rebuild's where there is one already.
var errRebuilding = errors.New("search: the index is being rebuilt already")

// errOver answers a Rebuild that has ended.
var errOver = errors.New("search: the rebuild is over")

// Rebuild begins to make the index anew. Until Finish or Abandon, the events are in
// memory and on disk twice.
func (x *Index) Rebuild() (*Rebuild, error) {
	x.feeding.Lock()
	defer x.feeding.Unlock()
	switch {
	case x.closed:
		return nil, ErrClosed
	case x.building != nil:
		return nil, errRebuilding
	}
	current, err := readCurrent(x.cfg.Dir)
	if err != nil {
		return nil, err
	}
	r := &Rebuild{x: x, name: nextName(current)}
	if r.body, err = openBody(&x.cfg, r.name, x.counts.failed); err != nil {
		return nil, fmt.Errorf("begin to rebuild: %w", err)
	}
	x.building = r
	x.rebuilding.Store(true)
	return r, nil
}

// Position is Index.Position, of the new index.
func (r *Rebuild) Position(source uint64) []byte { return r.body.store.Position(source) }

// Apply is Index.Apply, on the new index. It goes on beside Index.Apply.
func (r *Rebuild) Apply(ctx context.Context, b Batch) error {
	ctx, cancel := r.x.until(ctx)
	defer cancel()
	if _, err := r.body.apply(ctx, &b, r.x.cfg.Now()); err != nil {
		return fmt.Errorf("apply a batch to the new index: %w", err)
	}
	return nil
}

// Finish lets the new index serve and removes the old one. Both must have the same
// positions, or else it answers ErrNotCaughtUp and nothing has changed. It waits until
// the new one is on disk; Index.Apply waits for it. Live values come over.
func (r *Rebuild) Finish(ctx context.Context) error {
	x := r.x
	x.feeding.Lock()
	defer x.feeding.Unlock()
	if r.over {
		return errOver
	}
	old := x.serving.Load()
	if !maps.EqualFunc(old.store.Positions(), r.body.store.Positions(), bytes.Equal) {
		return ErrNotCaughtUp
	}
	if err := r.body.store.Flush(ctx); err != nil {
		return fmt.Errorf("save the new index: %w", translate(err))
	}
	if err := writeCurrent(x.cfg.Dir, r.name); err != nil {
		return err
	}
	r.serve(old)
	x.building, r.over = nil, true
	x.rebuilding.Store(false)
	x.changes.add(x.cfg.Now())
	err := old.close()
	if err := errors.Join(err, sweep(x.cfg.Dir, r.name)); err != nil {
		x.counts.failed(err) // the new one serves all the same
	}
	return nil
}

// serve lets the new index serve, with the live values of the old one: SetLive told
// only that.
func (r *Rebuild) serve(old *body) {
	r.x.live.Lock()
	defer r.x.live.Unlock()
	now := old.table.Now()
	for o := range uint32(now.Len()) {
		if now.Alive(o) {
			id := now.ID(o)
			r.body.table.SetLive(id, old.table.Live(o, id))
		}
	}
	r.x.serving.Store(r.body)
}

// Abandon ends the rebuild and removes what it made. After Finish it does nothing.
func (r *Rebuild) Abandon() error {
	r.x.feeding.Lock()
	defer r.x.feeding.Unlock()
	if r.over {
		return nil
	}
	return r.x.abandon()
}

// abandon ends the rebuild that is under way, if one is. The caller holds feeding.
func (x *Index) abandon() error {
	r := x.building
	if r == nil {
		return nil
	}
	x.building, r.over = nil, true
	x.rebuilding.Store(false)
	return errors.Join(r.body.close(), os.RemoveAll(filepath.Join(x.cfg.Dir, r.name)))
}
