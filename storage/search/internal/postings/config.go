package postings

import (
	"errors"
	"fmt"
	"time"
)

// Config says how Open opens an index. Dir, Schema, Load, Loaded and Ordinal are
// needed.
type Config struct {
	// Dir has the files and nothing else. Open makes it. Whoever opens it sees to it
	// that nobody else does.
	Dir string
	// Schema is the version of what is in the documents. An index with another one is
	// refused with ErrSchema.
	Schema uint64

	// Load is called before Open returns by each goroutine that reads documents, as many
	// as there are processors. What it gives is called by that one, for every document
	// that is there once, with the id and the source, which are good for the call only. It
	// gives the document's ordinal. An error ends Open with ErrDamaged.
	Load func() (enter func(id, source []byte) (ordinal uint32, err error))
	// Loaded is called when all documents were read, before Ordinal is called for any. Its
	// error ends Open with ErrDamaged.
	Loaded func() error
	// Ordinal gives the ordinal of an id, NoOrdinal if it has none. It is called for
	// the documents of each Write, and again whenever files are written or merged, by
	// several goroutines: an id has its ordinal before it is written.
	Ordinal func(id []byte) uint32

	// Failed is told what went wrong behind the scenes: a disk that is full, a merge
	// that was given up. It is tried again each Nap. It must be quick.
	Failed func(error)
	// Changed is told when segments were merged or saved: a view that was made before
	// holds files that are not needed any more, and more segments than there need be.
	// It is called by Bluge's goroutines, and must be quick.
	Changed func()
	// Nap is how long written documents wait for others before they go to disk
	// together. A longer one makes fewer and larger files; what is in memory only is
	// gone after a crash.
	Nap time.Duration
	// SegmentDocs is how many documents a merge may make of its segments. Larger
	// segments make queries cheaper and a merge longer; at 300,000 reading the ids
	// again takes a third of a second, in the background.
	SegmentDocs int
	// UnsavedDocs and UnsavedBatches bound what waits for the disk: documents, for they
	// are in memory twice until they are saved; batches, for each is a segment that
	// every query looks into.
	UnsavedDocs, UnsavedBatches int
}

// DefaultConfig has a value for everything that has a default.
func DefaultConfig(dir string) Config {
	return Config{
		Dir:         dir,
		Failed:      func(error) {},
		Changed:     func() {},
		Nap:         time.Second,
		SegmentDocs: 300_000,

		UnsavedDocs:    40_000,
		UnsavedBatches: 256,
	}
}

// validate says what is missing.
func (c *Config) validate() error {
	switch {
	case c.Dir == "":
		return errors.New("postings: no directory")
	case c.Load == nil || c.Loaded == nil || c.Ordinal == nil || c.Failed == nil || c.Changed == nil:
		return errors.New("postings: a function is missing")
	case c.Nap < time.Millisecond || c.Nap > time.Minute:
		return fmt.Errorf("postings: a nap of %v is not between 1 ms and 1 min", c.Nap)
	case c.SegmentDocs < MaxBatch:
		return fmt.Errorf("postings: segments of %d documents are less than a batch", c.SegmentDocs)
	case c.UnsavedDocs < 1 || c.UnsavedBatches < 1:
		return errors.New("postings: nothing may wait for the disk")
	}
	return nil
}

// Errors that callers tell apart.
var (
	// ErrClosed answers after Close.
	ErrClosed = errors.New("postings: the index is closed")
	// ErrDamaged is Open's: the files are not what was written. The index is made anew.
	ErrDamaged = errors.New("postings: the index is damaged")
	// ErrSchema is Open's: the documents are of another version. The index is made anew.
	ErrSchema = errors.New("postings: the index has another schema")
	// ErrBehind is Write's: so much waits for the disk that there is no room for more,
	// and the disk refuses. Nothing was written; it may be tried again.
	ErrBehind = errors.New("postings: the disk does not keep up")
)
