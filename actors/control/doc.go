// Package control keeps a cluster in order: which node has which replica, who
// leads, who comes and who goes.
//
// # The parts
//
// An Agent runs on each node. It says what the node has (a report), does what it
// is told (an order: start a replica, give a leadership away, leave …), tells the
// table of leaders what its own replicas know, and drops replicas that were removed.
//
// The controller runs inside the Agent of the node that leads the system shard. In
// rounds it asks every node for a report, asks package assign what to change, and
// orders it. It ends when the leadership moves; the next one starts elsewhere.
//
// Agent is also the Operator: any node takes an operator's call and passes it to the
// controller or to the node that it is about.
//
// # What is kept where
//
// Who has a replica is in the shards' own memberships. Which nodes there are, with
// which disk (incarnation), and which are to leave, are records of the event
// storage.SystemEvent. Everything else is in reports. A controller that dies leaves
// nothing behind that the next one could not see: it may die between any two steps.
//
// # Rules
//
//   - A shard is changed only on what its leader reported in the same round, if no
//     other replica knows a newer membership or a later term (shard.settled).
//   - One change at a time a shard; rounds do not overlap.
//   - An order names the membership it was decided on and the controller's term. The
//     agent refuses an order about another membership, and one of an earlier term
//     than it has heard of: a controller that was paused moves nothing.
//   - A replica is started only where the same controller had it added, on the disk
//     that the node had before that. A replica with a wiped disk and an old id would
//     break the promise its vote was. What is not there and may not be started is
//     lost: it is removed, and another one, with a new id, takes its place.
//   - A replica counts as lost after several reports in a row without it, never
//     because a report is missing. A node that is down keeps its replicas until an
//     operator gives it up, except a learner: it is removed after a while.
//
// # Ends
//
// Remove records that the node leaves, once assign.Safe agrees. Its replicas move
// away. When it has none, it is ordered to leave: it marks its directory, so that it
// is never started again, and stops. Then it is recorded as removed. A node that was
// given up and comes back gets the same order.
//
// A drained node is not recorded: a restart ends the draining.
//
// # A full disk
//
// A node whose disk is nearly full (Config.Full) leads nothing and gets no replica,
// as if it were drained, until there is space again; it gives its leaderships away
// by itself. Where all nodes are full they stay where they are. An operator's drain
// is another matter: it lasts whatever the disk does, and ending it fills no disk.
package control
