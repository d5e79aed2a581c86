package storage

import (
	"context"
	"errors"
	"fmt"
)

// The errors of a log; test with errors.Is.
var (
	// ErrFenced: another activation owns the shard or has extended the event.
	// Nothing was written; the caller's state is stale and must be dropped.
	ErrFenced = errors.New("fenced: the event is owned elsewhere")
	// ErrUnavailable: nothing was written and nothing will be; try again later.
	ErrUnavailable = errors.New("the log is unavailable")
	// ErrNoSpace is the ErrUnavailable of a disk that is nearly full: errors.Is is
	// true for both.
	ErrNoSpace = fmt.Errorf("%w: the disk is nearly full", ErrUnavailable)
	// ErrNoReplica is the ErrUnavailable of a read of a shard that has no replica on
	// this node, or one that has no vote yet: another node has to be asked.
	ErrNoReplica = fmt.Errorf("%w: no replica of the shard is here", ErrUnavailable)
	// ErrUnknown: the batch was sent to the log and its outcome is not known.
	ErrUnknown = errors.New("the outcome is unknown")
	// ErrNotFound: the event has no record.
	ErrNotFound = errors.New("no such event in the log")
	// ErrTrimmed: retention has deleted the records asked for; the checkpoint
	// stands for them.
	ErrTrimmed = errors.New("the records are past their retention")
)

// Batch extends the history of one event.
type Batch struct {
	Event   string
	Epoch   uint64   // of the event's shard, from Claim
	Base    uint64   // the event's version before the batch
	Records [][]byte // at least one; the event's version grows by their number
	Summary []byte   // replaces the event's summary
	Details []byte   // replaces the event's details; nil: as they were
	Busy    bool     // the event has something to do without being asked: Busy lists it
}

// History is an event as an activation needs it.
type History struct {
	Version    uint64   // of the last record; 0: no record
	At         uint64   // version of Checkpoint; 0: none
	Checkpoint []byte   // nil: none
	Records    [][]byte // those of versions At+1 to Version
}

// View is the small readable part of an event.
type View struct {
	Version          uint64
	Summary, Details []byte
}

// Leadership is news of a shard's leader.
type Leadership struct {
	Shard  uint64
	Term   uint64
	Leader bool // this node leads
}

// Log is what Open returns and storagetest fakes. All methods are safe for
// concurrent use. Methods with a context block until done or until it ends.
type Log interface {
	// Shards is the number of shards of events, fixed when the cluster was made. They
	// are numbered from 1. There is one more, the system shard, after them: it has the
	// SystemEvent and nothing else.
	Shards() uint64
	// Shard is where an event lives: a hash of its id.
	Shard(event string) uint64
	// Leaderships delivers the changes of leadership of this node's replicas, in
	// order per shard, the system shard too; after Open, the present ones. One reader. News that was not
	// read before later news of the same shard came is dropped: the later one
	// stands. Closed by Close.
	Leaderships() <-chan Leadership
	// Claim makes the caller the only writer of a shard: epoch is the Raft term in
	// which this node leads. It returns the shard's clock (see Tick), after all
	// that earlier epochs committed has been applied here. ErrFenced: a later
	// epoch has claimed, or the term is over. ErrUnavailable: this node does not
	// lead in that term. Claiming again what this node has claimed since it was
	// opened is harmless.
	Claim(ctx context.Context, shard, epoch uint64) (clock int64, err error)
	// Append commits a batch: nil means that it is durable on a quorum. Batches of
	// one event must not overlap in time. b and its slices are only read, and not
	// after the return.
	Append(ctx context.Context, b Batch) error
	// Confirm is nil if epoch is still the shard's, at a moment between call and
	// return: what its owner read from its own memory was linearizable.
	Confirm(ctx context.Context, shard, epoch uint64) error
	// Tick keeps the shard's clock (milliseconds since 1970), so that the next
	// owner knows how long there was none.
	Tick(ctx context.Context, shard, epoch uint64, clock int64) error
	// SaveCheckpoint stores an event's state at a version that is committed. It
	// replaces the one before, all at once, however large it is; records stay
	// unless retention says otherwise. Saves of one event must not overlap in time.
	SaveCheckpoint(ctx context.Context, event string, epoch, version uint64, data []byte) error
	// Load reads an event for its owner, after Claim: it has all that was ever
	// committed, and what has an unknown outcome so far is decided by the time it
	// returns. An event without records is the zero History, not an error.
	Load(ctx context.Context, event string) (History, error)
	// View reads an event's view from this node's replica, as far as it has
	// applied. ErrNotFound: no record. ErrNoReplica: the node has none of the shard.
	// ErrUnavailable: it has one that has missed something and catches up, or that has
	// known no leader for three seconds. Records, Busy and Load have these errors too.
	View(event string) (View, error)
	// Records reads committed records from version from (1 is the first), at most
	// limit, from this node's replica. None when from is past the last one.
	// ErrNotFound: the event has no record; ErrTrimmed: record from is deleted.
	Records(event string, from uint64, limit int) ([][]byte, error)
	// Busy lists the events of a shard whose last batch said Busy.
	Busy(shard uint64) ([]string, error)
	// Healthy is nil, or what is wrong with this node's part of the log: ErrNoSpace, a
	// shard whose replica here knows no leader. A shard without a replica here, or one
	// that has no vote yet, is no reason.
	Healthy() error
	// Close stops everything; calls under way end with an error.
	Close() error
}
