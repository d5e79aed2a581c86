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
	// ErrTrimmed: what was asked for is no longer kept. Of records: retention has
	// deleted them, the checkpoint stands for them. Of touches: Summaries stands for
	// them.
	ErrTrimmed = errors.New("it is past its retention")
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
	// Peek is Load for anybody: an event as far as this node's replica has applied.
	// Replicas are compared by it; nothing may be decided on it.
	Peek(event string) (History, error)
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
	// Changes reads a page of a shard's feed: the events whose details were ever
	// written, each once, in the order of the last such write, those after a position.
	// The zero Position is the beginning. A change has the event's view of now, so one
	// that is written again while the feed is read comes again, later. At most limit
	// changes, fewer where they are large; none: the end is reached. next is where to
	// go on, at this replica or another one. A replica that is behind after has
	// nothing to say: no changes, and next is after. One that began to keep the feed
	// later than after starts from the beginning. Errors are those of View.
	Changes(shard uint64, after Position, limit int) (changes []Change, next Position, err error)
	// Touched reads which events of a shard were extended after a Raft index, in the
	// order of their last append, each once, with its summary of now; at most limit,
	// none: the end is reached. next is the index to go on after. A replica that is
	// behind after has none, and next is after. It is kept in memory, for the last
	// 8,192 events of a shard and since the replica was started or copied here;
	// ErrTrimmed: that does not reach back to after. Then Summaries has them. Other
	// errors are those of View.
	Touched(shard, after uint64, limit int) (touches []Touch, next uint64, err error)
	// Summaries reads the summaries of a shard's events, in the order of their ids,
	// those after an id ("" is the beginning), at most limit; none: the end is reached.
	// at is the Raft index that the page is of: who reads them all goes on with
	// Touched after the at of the first page. Errors are those of View.
	Summaries(shard uint64, after string, limit int) (page []Touch, at uint64, err error)
	// Wait blocks until this node's replica of a shard has applied something after a
	// Raft index, of whatever kind, and returns the last index it has applied: what was
	// applied can be read then. Any number of callers may wait, one costs no goroutine.
	// ErrUnavailable: ctx is over, or the log is closed. The errors of View are looked
	// for at the call and whenever something is applied, or the replica goes. So who
	// waits at a replica that is cut off is not told: a wait should have a deadline.
	Wait(ctx context.Context, shard, after uint64) (applied uint64, err error)
	// Healthy is nil, or what is wrong with this node's part of the log: ErrNoSpace, a
	// shard whose replica here knows no leader. A shard without a replica here, or one
	// that has no vote yet, is no reason.
	Healthy() error
	// Space is nil, or ErrNoSpace: what Healthy says of the disk alone, at the cost of a
	// look at memory.
	Space() error
	// Close stops everything; calls under way end with an error.
	Close() error
}
