package indexer

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is what a Follower runs with. Start from DefaultConfig.
type Config struct {
	// Dir is where the indexes are kept; it is this package's alone.
	Dir string
	// Open opens the index in a directory, or makes one there.
	Open func(dir string) (Index, error)
	// Feed is this node's replicas.
	Feed Feed
	// Company is the other nodes; nil: there are none, and every shard is here.
	Company Company
	// Node and Zone are this node's.
	Node, Zone string
	// Cluster is the cluster's identity, and Shards how many it has, numbered from 1.
	Cluster, Shards uint64
	// Logger gets what an operator should know.
	Logger *slog.Logger
	// Registry gets the metrics; nil: none.
	Registry *prometheus.Registry

	// NewsWait is how long a tail waits for news in one go; after it it looks whether
	// the replica that it reads may still be read.
	NewsWait time.Duration
	// PollEvery is the least time between two calls to another node that had nothing to
	// say: it did not wait, because too many wait there already.
	PollEvery time.Duration
	// CallTimeout is how long another node may take for a page, waiting not counted.
	CallTimeout time.Duration
	// RetryFirst and RetryMost are the first and the longest pause after a failure; it
	// doubles in between.
	RetryFirst, RetryMost time.Duration
	// MaxBulk bounds the tails that read large pages at a time: each holds some 10 MiB.
	MaxBulk int
}

// DefaultConfig is a Config without its parts: Dir, Open, Feed, Cluster and Shards.
func DefaultConfig() Config {
	return Config{
		Logger:      slog.Default(),
		NewsWait:    5 * time.Second,
		PollEvery:   250 * time.Millisecond,
		CallTimeout: 5 * time.Second,
		RetryFirst:  50 * time.Millisecond,
		RetryMost:   5 * time.Second,
		MaxBulk:     4,
	}
}

// maxShards bounds the tails.
const maxShards = 1 << 16

// validate says what is missing or contradicts itself.
func (c *Config) validate() error {
	switch {
	case c.Dir == "" || c.Open == nil || c.Feed == nil || c.Logger == nil:
		return errors.New("indexer: Dir, Open, Feed and Logger are needed")
	case c.Cluster == 0 || c.Shards == 0 || c.Shards > maxShards:
		return fmt.Errorf("indexer: cluster %x with %d shards: neither may be 0", c.Cluster, c.Shards)
	case c.NewsWait <= 0 || c.PollEvery <= 0 || c.CallTimeout <= 0:
		return errors.New("indexer: NewsWait, PollEvery and CallTimeout must be positive")
	case c.RetryFirst <= 0 || c.RetryMost < c.RetryFirst || c.MaxBulk < 1:
		return errors.New("indexer: RetryFirst must be positive, RetryMost no shorter, MaxBulk at least 1")
	}
	return nil
}
