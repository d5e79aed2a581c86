package search

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config says how Open opens an index. DefaultConfig fills everything but Dir.
type Config struct {
	// Dir has the index and nothing else. Open makes it. One process at a time has it
	// open.
	Dir string
	// Nap is how long changes wait for others before they go to disk together, 1 ms to
	// 1 min. A longer one makes fewer and larger files; what a crash loses of it, the
	// feed brings again.
	Nap time.Duration
	// CacheBytes bounds the pages that are kept for queries that come again; 0 keeps
	// none.
	CacheBytes int64
	// MaxStale is how long a page may be given out after a change that is not in it, at
	// most: while one query makes it anew, the others need not wait. 0 to 1 s.
	MaxStale time.Duration
	// Budget is how long a query may take, 1 ms to 1 min; the slowest of a million events
	// takes a tenth of the default. One that takes longer gets ErrBudget.
	Budget time.Duration
	// Render makes of an event's source what a hit has as its Source; nil leaves it as it is.
	// It may be called by many goroutines at once.
	Render func(source []byte) ([]byte, error)
	// Now is the time in milliseconds since 1970.
	Now func() int64
	// Logger gets what an operator should know.
	Logger *slog.Logger

	// unsaved is how many batches may wait for the disk; a test may take fewer.
	unsaved int
}

// DefaultConfig is for a million events on a node that does other things as well.
func DefaultConfig(dir string) Config {
	return Config{
		Dir:        dir,
		Nap:        time.Second,
		CacheBytes: 64 << 20,
		MaxStale:   500 * time.Millisecond, // with the way of a change to here, less than a second
		Budget:     time.Second,
		Now:        func() int64 { return time.Now().UnixMilli() },
		Logger:     slog.Default(),
		unsaved:    256,
	}
}

// Validate says what is wrong with the configuration.
func (c *Config) Validate() error {
	switch {
	case c.Dir == "":
		return errors.New("search: no directory")
	case c.Nap < time.Millisecond || c.Nap > time.Minute:
		return fmt.Errorf("search: a nap of %v is not between 1 ms and 1 min", c.Nap)
	case c.CacheBytes < 0:
		return fmt.Errorf("search: a cache of %d bytes", c.CacheBytes)
	case c.MaxStale < 0 || c.MaxStale > time.Second:
		return fmt.Errorf("search: pages that are %v stale are not between 0 and 1 s", c.MaxStale)
	case c.Budget < time.Millisecond || c.Budget > time.Minute:
		return fmt.Errorf("search: a budget of %v is not between 1 ms and 1 min", c.Budget)
	case c.Now == nil || c.Logger == nil:
		return errors.New("search: no clock, or no logger")
	}
	return nil
}
