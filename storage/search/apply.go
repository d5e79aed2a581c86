package search

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/postings"
)

// maxPosition is the length of the longest position, in bytes.
const maxPosition = 256

// edit is what becomes of one event: it is as event says, or it is removed.
type edit struct {
	id      string
	version uint64
	event   *Event       // nil: removed
	tomb    bool         // there is one to take away
	doc     postings.Doc // of event
	row     columns.Row  // of event
}

// cost is how many documents the edit changes.
func (e *edit) cost() int {
	if e.event == nil || e.tomb {
		return 2
	}
	return 1
}

// apply enters a batch, in several steps where it is large; the last one has the
// position. changed says whether any event changed, also where there is an error. One
// goroutine at a time.
func (b *body) apply(ctx context.Context, batch *Batch, now int64) (changed bool, err error) {
	if err := checkBatch(batch); err != nil {
		return false, err
	}
	edits := b.fresh(batch)
	for {
		n, cost := 0, maxForget
		for n < len(edits) && cost+edits[n].cost() <= postings.MaxBatch {
			cost += edits[n].cost()
			n++
		}
		step, rest := edits[:n], edits[n:]
		var positions map[uint64][]byte
		if len(rest) == 0 {
			positions = map[uint64][]byte{batch.Source: batch.Position}
		}
		if err := b.step(ctx, step, positions, now); err != nil {
			return changed, translate(err)
		}
		changed = changed || n > 0
		if len(rest) == 0 {
			return changed, nil
		}
		edits = rest
	}
}

// checkBatch refuses what the index could not keep.
func checkBatch(b *Batch) error {
	if n := len(b.Position); n < 1 || n > maxPosition {
		return fmt.Errorf("a position of %d bytes, at least 1 and at most %d", n, maxPosition)
	}
	for i := range b.Events {
		if !validID(b.Events[i].ID) {
			return fmt.Errorf("%q is no id of an event", b.Events[i].ID)
		}
	}
	for _, r := range b.Removed {
		if !validID(r.ID) {
			return fmt.Errorf("%q is no id of an event", r.ID)
		}
	}
	return nil
}

// validID says whether it is 1 to 64 bytes of [A-Za-z0-9_-].
func validID(id string) bool {
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 64
}

// fresh gives an edit for each event of the batch whose version is newer than what is
// there: the newest of the batch, a removal before a change of the same version.
func (b *body) fresh(batch *Batch) []edit {
	edits := make([]edit, 0, len(batch.Events)+len(batch.Removed))
	at := make(map[string]int, cap(edits))
	columns := b.table.Now()
	enter := func(e edit) {
		if i, ok := at[e.id]; ok {
			if e.version > edits[i].version || e.version == edits[i].version && edits[i].event != nil {
				e.tomb = edits[i].tomb
				edits[i] = e
			}
			return
		}
		if b.gone.hides(e.id, e.version) {
			return
		}
		if o := b.table.Ordinal(e.id); o != postings.NoOrdinal {
			have := columns.Version(o)
			if e.version < have || e.version == have && e.event != nil {
				return
			}
		}
		_, e.tomb = b.gone.by[e.id]
		at[e.id] = len(edits)
		edits = append(edits, e)
	}
	for i := range batch.Events {
		e := &batch.Events[i]
		enter(edit{id: e.ID, version: e.Version, event: e})
	}
	for _, r := range batch.Removed {
		enter(edit{id: r.ID, version: r.Version})
	}
	return edits
}

// step enters edits and positions in one step, and publishes the moment that has them.
func (b *body) step(ctx context.Context, edits []edit, positions map[uint64][]byte, now int64) error {
	prepare(edits)
	b.publishing.Lock()
	defer b.publishing.Unlock()
	change := b.table.Begin()
	forget := b.gone.surplus()
	out := postings.Batch{Positions: positions, Deletes: goneIDs(forget)}
	ordinals := make(map[string]uint32, len(edits))
	for i := range edits {
		e := &edits[i]
		if e.event == nil {
			change.Remove(e.id, e.version)
			out.Deletes = append(out.Deletes, e.id)
			out.Docs = append(out.Docs, postings.Doc{ID: gonePrefix + e.id, Source: encodeTomb(tomb{e.version, now})})
			continue
		}
		ordinals[e.id], _ = change.Put(e.row)
		out.Docs = append(out.Docs, e.doc)
		if e.tomb {
			out.Deletes = append(out.Deletes, gonePrefix+e.id)
		}
	}
	find := func(id string) uint32 {
		if o, ok := ordinals[id]; ok {
			return o
		}
		return b.table.Ordinal(id)
	}
	b.pending.Store(&find)
	defer b.pending.Store(nil)
	if err := b.store.Write(ctx, out); err != nil {
		change.Abort()
		return err
	}
	change.Commit()
	b.bury(edits, forget, now)
	b.learnNames(edits, b.table.Now(), now)
	if err := b.publish(); err != nil {
		return err
	}
	b.learn(edits) // afterwards: counting all words must find them
	return nil
}

// bury remembers the events that edits removed, and forgets those that are back or
// that there is no room for.
func (b *body) bury(edits []edit, forget []string, now int64) {
	for _, id := range forget {
		delete(b.gone.by, id)
	}
	for i := range edits {
		if e := &edits[i]; e.event == nil {
			b.gone.put(e.id, tomb{e.version, now})
		} else {
			delete(b.gone.by, e.id)
		}
	}
	b.remembered.Store(int64(len(b.gone.by)))
}

// goneIDs are the ids of the documents that remember events.
func goneIDs(events []string) []string {
	ids := make([]string, 0, len(events))
	for _, id := range events {
		ids = append(ids, gonePrefix+id)
	}
	return ids
}

// prepare makes documents and rows of edits, on all processors.
func prepare(edits []edit) {
	const stride = 32
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (len(edits)+stride-1)/stride) {
		wg.Go(func() {
			for {
				from := int(next.Add(stride)) - stride
				if from >= len(edits) {
					return
				}
				for i := from; i < min(from+stride, len(edits)); i++ {
					if e := &edits[i]; e.event != nil {
						e.row = rowOf(e.event)
						e.doc = docOf(e.event, e.row.Title)
					}
				}
			}
		})
	}
	wg.Wait()
}

// translate makes errors of the store those of this package.
func translate(err error) error {
	switch {
	case errors.Is(err, postings.ErrClosed):
		return ErrClosed
	case errors.Is(err, postings.ErrBehind):
		return fmt.Errorf("%w: %w", ErrBehind, err)
	}
	return err
}
