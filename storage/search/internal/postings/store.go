package postings

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blugelabs/bluge/index"
	"github.com/blugelabs/ice"
)

// Store is an open index.
type Store struct {
	cfg     Config
	bluge   *index.Writer
	unsaved unsaved
	hints   hints

	writing   sync.Mutex // one Write, Flush or Close at a time
	positions atomic.Pointer[map[uint64][]byte]

	ready atomic.Bool // ordinals can be asked for
	mark  sync.Once   // what is saved for the first time is marked

	stop    chan struct{} // closed by Close
	closing sync.Once
}

// Open opens the index in cfg.Dir, or makes one. It reads every document. ErrDamaged
// and ErrSchema say that the directory is of no use any more; it is left as it is. It
// never panics, whatever is in the files.
func Open(cfg Config) (_ *Store, err error) {
	defer recovered("open the index", &err)
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the index: %w", err)
	}
	if err := tidy(cfg.Dir); err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg, stop: make(chan struct{})}
	s.unsaved.init()
	if s.bluge, err = index.OpenWriter(s.blugeConfig()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(err, s.bluge.Close())
	}
	return s, nil
}

// blugeConfig is what is set of Bluge.
func (s *Store) blugeConfig() index.Config {
	cfg := index.DefaultConfig(s.cfg.Dir).
		WithNormCalc(norm).
		WithUnsafeBatches(). // visible at once, saved by the persister
		WithPersisterNapTimeMSec(int(s.cfg.Nap / time.Millisecond)).
		WithSegmentPlugin(plugin(s.cfg.Ordinal, s.ready.Load)).
		WithSegmentVersion(ice.Version) // the second version panics
	cfg.NumAnalysisWorkers = 1 // there is nothing to analyse
	cfg.MergePlanOptions.MaxSegmentSize = int64(s.cfg.SegmentDocs)
	cfg.MergePlanOptions.MaxSegmentsPerTier = 6
	cfg.MergePlanOptions.SegmentsPerMergeTask = 6
	cfg.AsyncError = func(err error) {
		s.unsaved.fail(err)
		s.cfg.Failed(err)
	}
	cfg.EventCallback = func(e index.Event) {
		if e.Kind == index.EventKindMergeTaskIntroduction || e.Kind == index.EventKindPersisterProgress {
			s.cfg.Changed()
		}
	}
	return cfg
}

// load reads what is there.
func (s *Store) load() error {
	snapshot, err := s.bluge.Reader()
	if err != nil {
		return err
	}
	defer func() { _ = snapshot.Close() }()
	stored, err := storedPositions(snapshot)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	positions := map[uint64][]byte{}
	if stored != nil {
		var schema uint64
		if schema, positions, err = decodePositions(stored); err != nil {
			return fmt.Errorf("%w: positions: %w", ErrDamaged, err)
		}
		if schema != s.cfg.Schema {
			return fmt.Errorf("%w: %d, not %d", ErrSchema, schema, s.cfg.Schema)
		}
	}
	err = load(snapshot, s.cfg.Load)
	if err == nil {
		err = s.cfg.Loaded()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	s.positions.Store(&positions)
	s.ready.Store(true)
	return nil
}

// Position is how far the index is with a source, nil at the beginning. The caller
// may keep it, not change it.
func (s *Store) Position(source uint64) []byte { return (*s.positions.Load())[source] }

// Positions are all positions. They are only read.
func (s *Store) Positions() map[uint64][]byte { return *s.positions.Load() }

// Write changes documents and positions in one step. When it returns, a View that is
// asked for has it; it is on disk about a Nap later. Where too much waits for the disk
// it waits, as long as ctx allows and the disk does not refuse, then answers ErrBehind.
// After an error nothing was written.
func (s *Store) Write(ctx context.Context, b Batch) error {
	if len(b.Docs)+len(b.Deletes) > MaxBatch {
		return fmt.Errorf("postings: %d changes in a batch, at most %d", len(b.Docs)+len(b.Deletes), MaxBatch)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.unsaved.room(ctx, s.stop, &s.cfg); err != nil {
		return err
	}
	positions := maps.Clone(*s.positions.Load())
	for source, p := range b.Positions {
		positions[source] = slices.Clone(p)
	}
	batch := s.batch(&b, positions)
	n := len(b.Docs) + 1
	batch.SetPersistedCallback(func(error) { s.saved(n) })
	s.unsaved.add(n)
	if err := s.bluge.Batch(batch); err != nil {
		s.unsaved.saved(n)
		return fmt.Errorf("write a batch: %w", err)
	}
	s.positions.Store(&positions)
	return nil
}

// saved notes that a batch of so many documents is on disk.
func (s *Store) saved(docs int) {
	s.mark.Do(func() {
		if err := markSaved(s.cfg.Dir); err != nil {
			s.cfg.Failed(fmt.Errorf("mark the index as saved: %w", err))
		}
	})
	s.unsaved.saved(docs)
}

// batch is b as Bluge takes it: of an id that is there twice, Bluge would keep both.
func (s *Store) batch(b *Batch, positions map[uint64][]byte) *index.Batch {
	out := index.NewBatch()
	last := make(map[string]int, len(b.Docs))
	for i := range b.Docs {
		last[b.Docs[i].ID] = i
	}
	for _, id := range b.Deletes {
		out.Delete(idTerm(id)) // of what was there before the batch
	}
	for i := range b.Docs {
		if d := &b.Docs[i]; last[d.ID] == i {
			out.Update(idTerm(d.ID), newDocument(d))
		}
	}
	out.Update(idTerm(positionsID), positionsDocument(encodePositions(s.cfg.Schema, positions)))
	return out
}

// Flush waits until everything that was written is on disk.
func (s *Store) Flush(ctx context.Context) error {
	return s.unsaved.none(ctx, s.stop)
}

// View makes a view of what is there now, in a few microseconds. The caller releases
// it, and shares it as long as nothing changes.
func (s *Store) View() (*View, error) {
	snapshot, err := s.bluge.Reader()
	if err != nil {
		return nil, err
	}
	if snapshot == nil {
		return nil, ErrClosed
	}
	v, err := newView(snapshot, &s.hints)
	if err != nil {
		return nil, errors.Join(err, snapshot.Close())
	}
	return v, nil
}

// Bytes is how much the index takes on disk.
func (s *Store) Bytes() (int64, error) { return size(s.cfg.Dir) }

// closeTime is how long Close waits for what is not on disk yet: a Nap and a large
// merge in memory. A disk that refuses is not waited for.
const closeTime = 10 * time.Second

// Close lets a Write that is under way come to its end, waits for a Nap or so until
// all of it is on disk, and closes the index. Views that are still held stay good.
// Calling it again does nothing.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		close(s.stop)
		s.writing.Lock() // Bluge hangs when it is closed beside a batch
		defer s.writing.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		_ = s.unsaved.none(ctx, nil) // what is missing is written again by whoever follows the positions
		err = s.bluge.Close()
	})
	return err
}
