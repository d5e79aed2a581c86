package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/lni/dragonboat/v4"

	"boxoffice/storage/internal/news"
)

// replicated is the real Log: Raft by the consensus library, state in one store.
type replicated struct {
	cfg    Config
	dir    *directory
	db     *pebble.DB
	host   *dragonboat.NodeHost
	space  *space
	pace   *pace // of copies to and from this node
	board  *news.Board[Leadership]
	shards []*shard // [0] is nil, the last one is the system shard
	me     uint64   // drawn by Open: tells this process from the one before

	ending context.Context // over when Close begins
	end    context.CancelFunc
	stop   <-chan struct{} // closed when ending is over
	wake   chan struct{}   // one place: tend has something to do
	wg     sync.WaitGroup  // goroutines of our own

	// life is held for reading while the library or the store is called, and for
	// writing to close. No call blocks for long under it: a proposal is handed over,
	// its answer is awaited without it.
	life struct {
		sync.RWMutex
		closed bool
	}
}

var _ Node = (*replicated)(nil)

// errClosed is the ErrUnavailable of a closed log.
var errClosed = fmt.Errorf("%w: it is closed", ErrUnavailable)

// Open opens the log in cfg.Dir, or makes it. It returns before the shards have
// leaders: Leaderships tells when. A directory is open once at a time.
//
// Errors are about the configuration, the directory or the disk; none goes away by
// trying again.
func Open(cfg Config) (Node, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	dir, err := openDirectory(&cfg)
	if err != nil {
		return nil, err
	}
	l := &replicated{
		cfg:   cfg,
		dir:   dir,
		space: &space{dir: cfg.Dir, min: cfg.MinFreeBytes, free: cfg.freeSpace, log: cfg.Logger},
		pace:  newPace(float64(cfg.MinCopyRate)),
		board: news.New(cfg.Shards+1, func(n Leadership) uint64 { return n.Shard }),
		me:    randomID(),
		wake:  make(chan struct{}, 1),
	}
	l.ending, l.end = context.WithCancel(context.Background())
	l.stop = l.ending.Done()
	l.space.look()
	if err := l.openParts(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.wg.Go(func() { l.space.watch(cfg.SpaceInterval, l.stop) })
	l.wg.Go(l.tend)
	return l, nil
}

// openParts opens the store and the Raft log, and starts the replicas.
func (l *replicated) openParts() (err error) {
	if l.db, err = openDirStore(l.ending, l.dir, &l.cfg); err != nil {
		return err
	}
	l.shards = make([]*shard, l.cfg.Shards+2)
	for id := uint64(1); id <= l.cfg.Shards+1; id++ {
		l.shards[id] = newShard(id)
	}
	if l.host, err = openRaft(l.dir, &l.cfg, l); err != nil {
		return err
	}
	for _, s := range l.shards[1:] {
		s.session = l.host.GetNoOPSession(s.id)
	}
	if err := l.startAll(); err != nil {
		return err
	}
	return l.dir.setReady()
}

// Shards implements Log.
func (l *replicated) Shards() uint64 { return l.cfg.Shards }

// Shard implements Log.
func (l *replicated) Shard(event string) uint64 { return ShardOf(event, l.cfg.Shards) }

// Leaderships implements Log.
func (l *replicated) Leaderships() <-chan Leadership { return l.board.C() }

// Healthy implements Log.
func (l *replicated) Healthy() error {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return errClosed
	}
	if err := l.space.check(0); err != nil {
		return err
	}
	for _, s := range l.shards[1:] {
		if err := s.healthy(); err != nil {
			return err
		}
	}
	return nil
}

// Space implements Log.
func (l *replicated) Space() error { return l.space.check(0) }

// Close implements Log. It waits for reads under way; writes under way end with
// ErrUnknown. Nothing is flushed that must be: a kill at any moment is as good.
func (l *replicated) Close() error {
	l.end()
	l.life.Lock()
	if l.life.closed {
		l.life.Unlock()
		return nil
	}
	l.life.closed = true
	l.life.Unlock()

	l.wg.Wait()
	var errs []error
	if l.host != nil {
		errs = append(errs, closeHost(l.host))
	}
	l.board.Close()
	if l.db != nil {
		errs = append(errs, l.db.Close())
	}
	errs = append(errs, l.dir.close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the log: %w", err)
	}
	return nil
}

// closeHost makes an error of the library's panic.
func closeHost(h *dragonboat.NodeHost) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("close the raft log: %v", r)
		}
	}()
	h.Close()
	return nil
}
