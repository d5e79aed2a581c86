// Package cluster knows the other nodes: who is there, who leads which shard, and
// how to call them.
//
//	m, err := cluster.Start(cluster.Config{Node: "n1", Name: "shop", Gossip: "10.0.0.1:7946", …})
//	m.Handle(kindCommand, func(c cluster.Call) { c.Reply(answer(c.Body)) })
//	node, term, err := m.Locate(shard)
//	answer, err := m.Call(deadline, node, kindCommand, body)
//
// What it says is a hint for routing. Two nodes may believe for a moment that
// they lead a shard; only the one whose epoch the log accepts can commit.
//
// # Members
//
// Membership is memberlist's (gossip over UDP and TCP). What a node says of itself
// (addresses, zone, version, identity, state) is in its memberlist meta; see
// meta.go. A peer that dies stays in Peers as Down for Config.Grace, and proto.actor
// keeps it as a member that long: it blocks the id of a member that left for ever.
// Seeds are tried until they answer, and addresses of peers that were lost are
// tried again for ever, so that the halves of a cut cluster find each other.
//
// # Leaders
//
// The table shard → (node, term) is fed by Learn: from the node's own replicas and
// from answers that say "moved". Lower terms are ignored. What this node leads is
// told to every peer at once and with every beat; the whole table travels with
// memberlist's state exchange.
//
// # Calls
//
// One kind of message travels between the actor systems of the nodes: a
// google.protobuf.BytesValue that carries a batch of frames; envelope.go has its
// layout. Frames for a peer collect in its link while proto.actor's writer is busy
// with the batch before, so a batch is as large as the load makes it, and a lone
// call leaves at once. No call has a goroutine, a timer or a map entry: it has one
// of a bounded number of slots, and one loop looks for those whose time is over.
//
// A call that fails says what is known of it. ErrUnreachable, ErrBusy and
// ErrUnknownKind: it was not carried out and never will be. ErrLost: it left this
// node, and no answer will come. Calls to a peer fail at once when its connection
// breaks, when memberlist declares it dead and it is silent too, and when nothing
// was heard of it for Config.Silence. Requests carry how long they may still take; a node that was
// paused drops what came too late, by its own clock and the sender's (late.go).
//
// # What proto.actor does here
//
// Actor systems and their remote transport; the cluster's two interfaces: provider
// is its ClusterProvider, lookup its IdentityLookup, so that
// Member.Cluster().Get(event, "event") is the process "events" on the node that
// leads the event's shard. Not used, because they lose or repeat messages: cluster
// requests, futures, the PID cache, its gossip (its interval is an hour), pub/sub,
// graceful shutdown.
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
