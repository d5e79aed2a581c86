// Package assign decides which node should hold and lead which shard. It is pure:
// a cluster goes in, the next few changes come out.
//
//	for _, a := range assign.Next(seen) {
//		… do it, or fail; then look again and ask again
//	}
//
// # The simple version
//
// A shard wants as many voters as Cluster.Replicas says, or as there are nodes, on
// different nodes and, where that can be, in different zones. What is missing is
// added as a learner, promoted when it has caught up, and only then is what is too
// much removed. Leaders are spread evenly over the nodes that may lead.
//
// # Rules
//
//   - At most one action a shard. A shard with a learner gets no other replica.
//   - No removal that leaves fewer live voters than a quorum of what remains, and none
//     that the present group could not commit.
//   - A node that is down keeps its replicas: it may come back, and moving a
//     gigabyte for a restart helps nobody. Only an operator gives a node up (Leaving).
//   - A replica whose node is up and has lost it is removed before anything else:
//     its id can never vote again, and it counts against the quorum.
//   - A draining node leads nothing and gets nothing new; it keeps what it has. So
//     does one whose disk is nearly full. Where all are full, nothing moves.
//   - A leaving node's replicas are replaced one by one. Where no node can take one,
//     the shard shrinks.
//
// # What it does not do
//
// It knows nothing of time: a node is up or it is not, and how long to wait before an
// operator is called is the operator's question. It weighs no shard by its size or
// its traffic: with sixteen shards a node, and events hashed over them, numbers are
// even enough. It does not undo: what was asked for and failed is asked for again.
//
// # Why it ends
//
// Whoever carries the actions out may die between any two of them: nothing is
// remembered here, the next Next starts from what is there. Each move for evenness
// takes a replica from a node to one that has at least two fewer, so the sum of
// squares of the loads falls; leaders move along paths from a node to one that
// leads at least two fewer. TestConverges runs this from random clusters to a fixed point.
package assign
