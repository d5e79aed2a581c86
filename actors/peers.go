package actors

import (
	"context"
	"errors"
	"time"
)

// Locator says where events live. It is a hint for routing: authority comes from
// the log's epochs alone. All methods are safe for concurrent use, and Locate and
// Learn do not block.
type Locator interface {
	// Locate names the node that leads a shard and the term in which it does; an
	// error where none is known.
	Locate(shard uint64) (node string, term uint64, err error)
	// Learn is told who leads a shard in a term. News of a term that is over is
	// ignored.
	Learn(shard uint64, node string, term uint64)
	// Wait blocks until the leader of a shard is known and its term is not notTerm,
	// and names it, or until ctx ends. notTerm 0 waits for any leader.
	Wait(ctx context.Context, shard, notTerm uint64) (node string, term uint64, err error)
}

// Peers carries requests to other nodes. All methods are safe for concurrent use.
type Peers interface {
	// Call asks a node and blocks until it has replied or the deadline is over.
	// After ErrUndelivered and ErrBusy the request was not and will not be handled;
	// after any other error nobody knows. body is not kept; the reply is the
	// caller's.
	Call(deadline time.Time, node string, kind uint8, body []byte) (reply []byte, err error)
	// Handle has h called for each request of a kind that comes from another node.
	// body is h's to read; reply is called once, from any goroutine, and does not keep
	// what it is given. h returns at once.
	Handle(kind uint8, h func(from string, deadline time.Time, body []byte, reply func([]byte)))
	// Reachable is false where there are other nodes and none of them answers.
	Reachable() bool
}

// The errors of Peers.Call that promise that nothing was done.
var (
	// ErrUndelivered: the node cannot be reached, or does not know the kind.
	ErrUndelivered = errors.New("the request was not delivered")
	// ErrBusy: the node has more requests than it can take.
	ErrBusy = errors.New("the node is busy")
)

// The kinds of requests. Those up to 9 are this package's.
const (
	kindCommand uint8 = 1 // Request.Command → Reply.Answer
	kindView    uint8 = 2 // Request.From → Reply.Bytes: summary, details
	kindHistory uint8 = 3 // Request.From, Limit → Reply.Bytes: records
	// 4 was to be the plan of a house; it is asked for as a sale.ShowEvent.
	kindDigest uint8 = 5 // → Reply.Answer.Version, Reply.Bytes: a digest
)
