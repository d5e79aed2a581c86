// Package cluster says where events live: which node leads the shard of an event.
//
// What it says is a hint for routing. Two nodes may believe for a moment that
// they lead a shard; only the one whose epoch the log accepts can commit.
//
// Today a cluster has one member: Solo. The caller already asks, so that a
// second member changes this package and not its callers.
package cluster

import "context"

// Solo is the cluster of one node: it leads every shard.
type Solo struct {
	// Node is the name of the only node.
	Node string
}

// Locate names the node that leads a shard: always the only one, in no term. It
// never fails, does not block, and may be called by anybody.
func (s Solo) Locate(uint64) (node string, term uint64, err error) { return s.Node, 0, nil }

// Learn has nothing to learn.
func (s Solo) Learn(uint64, string, uint64) {}

// Wait blocks until ctx ends: nobody else will ever lead.
func (s Solo) Wait(ctx context.Context, _, _ uint64) (node string, term uint64, err error) {
	<-ctx.Done()
	return "", 0, ctx.Err()
}
