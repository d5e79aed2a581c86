package control

import "context"

// SearchOperator is what an operator can ask of the search indexes of a cluster. Any
// node answers: it asks those that have one. Every call blocks until it is done or ctx
// ends.
type SearchOperator interface {
	// SearchStatus tells how the index of each node with the role is, by name.
	SearchStatus(ctx context.Context) ([]SearchStatus, error)
	// RebuildSearch has a node make its index anew from the log, or, where node is "",
	// every node with the role. It returns when that has begun; the indexes before
	// serve meanwhile, and asking again is harmless. UnknownNodeError: there is no such
	// node, or it has no index.
	RebuildSearch(ctx context.Context, node string) error
}

// The states of a search index.
const (
	SearchCurrent     = "current"     // it has all that the log has, or nearly
	SearchCatchingUp  = "catching-up" // it has not caught up since it was opened
	SearchOpening     = "opening"     // nobody can ask it yet
	SearchStopped     = "stopped"
	SearchUnreachable = "unreachable" // its node does not answer
)

// SearchBrief is a node's search index in one line.
type SearchBrief struct {
	State      string  `json:"state"`
	Events     int     `json:"events"`
	LagSeconds float64 `json:"lagSeconds"` // of the shard that is farthest behind
	Rebuilding bool    `json:"rebuilding,omitempty"`
}

// SearchStatus is how a node's search index is.
type SearchStatus struct {
	Node string `json:"node"`
	Zone string `json:"zone,omitempty"`
	SearchBrief
	// Progress is how far a new index is; absent: none is being made.
	Progress *SearchProgress `json:"progress,omitempty"`
	// Applied and Touched are the events and the summaries that were put into the index,
	// Skipped the events that could not be, Rebuilds the new indexes that were begun:
	// since the node's start.
	Applied  uint64        `json:"applied"`
	Touched  uint64        `json:"touched"`
	Skipped  uint64        `json:"skipped"`
	Rebuilds uint64        `json:"rebuilds"`
	Index    SearchIndex   `json:"index"`
	Shards   []SearchShard `json:"shards"` // by number
}

// SearchProgress is how far a new index is.
type SearchProgress struct {
	Events int `json:"events"`
	Shards int `json:"shards"` // that have caught up
	Of     int `json:"of"`     // shards
}

// SearchIndex is what an index tells of itself.
type SearchIndex struct {
	Segments int   `json:"segments"`
	Bytes    int64 `json:"bytes"` // on the disk
	// Rebuilt is why it was found empty when it was opened; "": it was not.
	Rebuilt string `json:"rebuilt,omitempty"`
	// Batches were applied since it was opened, in so many milliseconds on average, and
	// at most: until they could be found.
	Batches       uint64  `json:"batches"`
	RefreshMillis float64 `json:"refreshMillis"`
	RefreshMost   int64   `json:"refreshMostMillis"`
	// Failures are of saving and merging, which are tried again.
	Failures    uint64          `json:"failures"`
	LastFailure string          `json:"lastFailure,omitempty"`
	Cache       SearchCache     `json:"cache"`
	Queries     []SearchLatency `json:"queries"` // the kinds that were asked for
}

// SearchCache is how often the pages that an index keeps were of use.
type SearchCache struct {
	Hits   uint64 `json:"hits"`
	Stale  uint64 `json:"stale"` // hits that were a moment behind
	Misses uint64 `json:"misses"`
	Pages  int    `json:"pages"`
	Bytes  int64  `json:"bytes"`
}

// SearchLatency is how long the queries of a kind took, since the node's start.
type SearchLatency struct {
	Kind      string  `json:"kind"` // filter, text, geo, text+geo, suggest
	Count     uint64  `json:"count"`
	P50Millis float64 `json:"p50Millis"`
	P99Millis float64 `json:"p99Millis"`
}

// SearchShard is how far an index is with a shard.
type SearchShard struct {
	ID       uint64 `json:"id"`
	Position uint64 `json:"position"` // Raft index of the last change in the index
	Applied  uint64 `json:"applied"`  // Raft index that the replica is known to have applied
	Lag      uint64 `json:"lag"`      // entries that the index has not seen
	// LagSeconds is how long ago the index had everything; 0: it has.
	LagSeconds float64 `json:"lagSeconds"`
	Source     string  `json:"source,omitempty"`  // the node whose replica is read
	Failure    string  `json:"failure,omitempty"` // why none is
}
