package storage

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/client"
	"github.com/lni/dragonboat/v4/raftio"

	"boxoffice/storage/internal/news"
)

// replicated is the real Log: Raft by the consensus library, state in one store.
type replicated struct {
	cfg    Config
	dir    *directory
	db     *pebble.DB
	host   *dragonboat.NodeHost
	space  *space
	board  *news.Board[Leadership]
	shards []*shard // [0] is nil
	me     uint64   // drawn by Open: tells this process from the one before

	stop chan struct{}  // closed by Close
	wg   sync.WaitGroup // goroutines of our own

	// life is held for reading while the library or the store is called, and for
	// writing to close. No call blocks for long under it: a proposal is handed over,
	// its answer is awaited without it.
	life struct {
		sync.RWMutex
		closed bool
	}
}

// shard is what a node knows about a shard besides its state.
type shard struct {
	id      uint64
	replica uint64
	session *client.Session
	doubt   doubt

	mu     sync.Mutex
	term   uint64 // of the last news
	leader uint64 // replica id; 0: none
}

var _ Log = (*replicated)(nil)

// errClosed is the ErrUnavailable of a closed log.
var errClosed = fmt.Errorf("%w: it is closed", ErrUnavailable)

// Open opens the log in cfg.Dir, or makes it. It returns before the shards have
// leaders: Leaderships tells when. A directory is open once at a time.
//
// Errors are about the configuration, the directory or the disk; none goes away by
// trying again.
func Open(cfg Config) (Log, error) {
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
		board: news.New(cfg.Shards, func(n Leadership) uint64 { return n.Shard }),
		me:    randomID(),
		stop:  make(chan struct{}),
	}
	l.space.look()
	if err := l.openParts(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.wg.Go(func() { l.space.watch(cfg.SpaceInterval, l.stop) })
	return l, nil
}

// openParts opens the store and the Raft log.
func (l *replicated) openParts() (err error) {
	if l.db, err = openDirStore(l.dir, &l.cfg); err != nil {
		return err
	}
	l.shards = make([]*shard, l.cfg.Shards+1)
	for _, r := range l.dir.id.replicas {
		if r.shard == 0 || r.shard > l.cfg.Shards || l.shards[r.shard] != nil {
			return fmt.Errorf("the node's identity has a replica of shard %d", r.shard)
		}
		l.shards[r.shard] = &shard{id: r.shard, replica: r.id}
	}
	if l.host, err = openRaft(l.dir, &l.cfg, l.db, l.leaderUpdated); err != nil {
		return err
	}
	for _, s := range l.shards[1:] {
		s.session = l.host.GetNoOPSession(s.id)
	}
	return l.dir.setReady()
}

// leaderUpdated is called by the library for every change of a leader. It must
// return at once.
func (l *replicated) leaderUpdated(i raftio.LeaderInfo) {
	if i.ShardID == 0 || i.ShardID >= uint64(len(l.shards)) {
		return
	}
	s := l.shards[i.ShardID]
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.Term < s.term {
		return // overtaken
	}
	s.term, s.leader = i.Term, i.LeaderID
	l.board.Post(Leadership{Shard: s.id, Term: s.term, Leader: s.leader == s.replica})
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
		s.mu.Lock()
		leader := s.leader
		s.mu.Unlock()
		if leader == raftio.NoLeader {
			return fmt.Errorf("%w: shard %d has no leader", ErrUnavailable, s.id)
		}
	}
	return nil
}

// Close implements Log. It waits for reads under way; writes under way end with
// ErrUnknown. Nothing is flushed that must be: a kill at any moment is as good.
func (l *replicated) Close() error {
	l.life.Lock()
	if l.life.closed {
		l.life.Unlock()
		return nil
	}
	l.life.closed = true
	l.life.Unlock()

	close(l.stop)
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
