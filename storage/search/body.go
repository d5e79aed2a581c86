package search

import (
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/postings"
	"boxoffice/storage/search/internal/words"
)

// schema is the version of what is written of an event: its record, its words and the
// names of its fields. An index with another one is made anew.
const schema = 3

// vocabularyTime is how often the vocabulary is made anew: until then it has words that
// no event has any more.
const vocabularyTime = time.Minute

// body is one index: postings and columns of the same events.
type body struct {
	store *postings.Store
	table *columns.Table
	gone  tombs // of apply

	remembered atomic.Int64 // events in gone

	// pending finds ordinals that are not committed yet; nil: there are none.
	pending atomic.Pointer[func(id string) uint32]

	publishing sync.Mutex // held from before a write until its moment is published
	now        atomic.Pointer[moment]
	vocabulary vocabulary
	names      names
	clock      func() int64 // milliseconds since 1970
	failed     func(error)  // is told what went wrong behind the scenes

	changed chan struct{} // the store has merged or saved
	full    chan struct{} // the vocabulary has no room for more words
	crowded chan struct{} // names have no room for more
	stop    chan struct{} // closed by close
	done    sync.WaitGroup
}

// moment is a body as it was once: a view of its postings, and the columns that belong
// to it. Whoever has one releases it within a second.
type moment struct {
	view    *postings.View
	columns *columns.Snapshot
	words   *words.Vocabulary // as of when it was taken
	places  *words.Vocabulary // those of venues and cities, as of then or later
}

// release gives the moment back.
func (m *moment) release() { m.view.Release() }

// openBody opens the body of a name, and reads all of it into memory.
func openBody(cfg *Config, name string, failed func(error)) (*body, error) {
	b := &body{
		table:   columns.New(),
		failed:  failed,
		gone:    newTombs(),
		changed: make(chan struct{}, 1),
		full:    make(chan struct{}, 1),
		crowded: make(chan struct{}, 1),
		clock:   cfg.Now,
		stop:    make(chan struct{}),
	}
	l := newLoading(b)
	p := postings.DefaultConfig(filepath.Join(cfg.Dir, name))
	p.Schema, p.Nap, p.UnsavedBatches, p.Failed = schema, cfg.Nap, cfg.unsaved, failed
	p.Changed = func() { signal(b.changed) }
	p.Ordinal = b.ordinal
	p.Load, p.Loaded = l.begin, l.fill.End
	store, err := postings.Open(p)
	if err != nil {
		return nil, err
	}
	b.store = store
	b.remembered.Store(int64(len(b.gone.by)))
	b.done.Go(b.keep)
	err = b.publish()
	if err == nil {
		err = b.learnAll()
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	b.done.Go(b.keepNames)
	return b, nil
}

// ordinal is what the store asks for the ordinal of a document: also of one that is
// about to be written.
func (b *body) ordinal(id []byte) uint32 {
	if _, ok := goneID(id); ok {
		return postings.NoOrdinal
	}
	if find := b.pending.Load(); find != nil {
		return (*find)(string(id))
	}
	return b.table.Ordinal(string(id))
}

// publish makes a moment of what the store and the table have now.
func (b *body) publish() error {
	view, err := b.store.View()
	if err != nil {
		return err
	}
	m := &moment{view: view, columns: b.table.Now()}
	if old := b.now.Swap(m); old != nil {
		old.release()
	}
	return nil
}

// moment gives the newest moment. The caller releases it.
func (b *body) moment() (*moment, error) {
	for {
		m := b.now.Load()
		if m == nil {
			return nil, ErrClosed
		}
		if m.view.Acquire() {
			all := b.vocabulary.all.now.Load() // first: what is in it of places is in the other then
			return &moment{m.view, m.columns, all, b.vocabulary.places.now.Load()}, nil
		}
	}
}

// keep makes a new moment when the store has merged, and now and then a new vocabulary.
func (b *body) keep() {
	tick := time.NewTicker(vocabularyTime)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-b.stop:
			return
		case <-b.changed:
			b.publishing.Lock()
			err = b.publish()
			b.publishing.Unlock()
		case <-tick.C:
			if b.vocabulary.old.Load() {
				err = b.learnAll()
			}
		case <-b.full:
			err = b.learnAll()
		}
		if err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, postings.ErrClosed) {
			b.failed(err)
		}
	}
}

// close ends the body. Moments that are still held stay good.
func (b *body) close() error {
	err := b.store.Close() // a write that waits comes back
	close(b.stop)
	b.done.Wait()
	b.publishing.Lock()
	defer b.publishing.Unlock()
	if m := b.now.Swap(nil); m != nil {
		m.release()
	}
	return err
}

// signal wakes whoever waits for c, or will.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
