package indexer

import (
	"context"

	"boxoffice/cluster"
	"boxoffice/storage/search"
	"time"
)

// RoleSearch is the role of nodes that have an index of events.
const RoleSearch = "search"

// Index is what is fed and asked: *search.Index, which says more of each method. All
// but Apply and Close may be called by anybody at any time.
type Index interface {
	// Position is how far the index is with a source; nil: at its beginning.
	Position(source uint64) []byte
	// Apply takes a batch, which is visible when it returns. One caller at a time.
	Apply(ctx context.Context, b search.Batch) error
	// SetLive takes what is available of an event. False: it is not in the index.
	SetLive(id string, l search.Live) bool
	// Search finds events.
	Search(ctx context.Context, q search.Query) (*search.Page, error)
	// Suggest finds names.
	Suggest(ctx context.Context, q search.SuggestQuery) ([]search.Suggestion, error)
	// Stats is what an operator should know.
	Stats() (search.Stats, error)
	// Close ends it; what was applied is durable then.
	Close() error
}

// Company is the other nodes: *cluster.Member, which says more of each method. All
// are safe for concurrent use.
type Company interface {
	// Peers lists the nodes, this one too, dead ones as Down.
	Peers() []cluster.Peer
	// Locate names the node that leads a shard; an error where none is known.
	Locate(shard uint64) (node string, term uint64, err error)
	// Handle sets what answers calls of a kind. It may block.
	Handle(kind uint8, h func(cluster.Call))
	// Call asks a node and blocks until its answer or the deadline.
	Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error)
}

// The kinds of calls between nodes that this package has; no other may use them.
const (
	kindFeed    uint8 = 0x20 // a page of a shard's feed
	kindSearch  uint8 = 0x21 // a query
	kindSuggest uint8 = 0x22 // a question for names
	kindStatus  uint8 = 0x23 // how the node's index is
	kindRebuild uint8 = 0x24 // make it anew
)
