// Package actors runs events: one actor an event, which decides about it one
// command at a time, and tells nobody anything before it is durable.
//
// # The simple version
//
//	node, err := actors.Start(cfg)          // claims the shards this process leads
//	answer, err := node.Client().Do(event, &sale.PlaceHold{…}, deadline)
//
// Client finds where the event lives. Where that is this node, it lets the command
// through the event's gate, posts it to the event's actor and waits on a channel. The actor hands it to
// sale.State.Step, which decides and applies it in memory, and puts the records
// and the answer into a batch. The batch goes to the log; when it is durable,
// everybody in it is answered.
//
// # Rules
//
//   - One goroutine owns an event: its actor. Nobody else reads its state; what
//     leaves the actor (answers, checkpoints) is immutable.
//   - One batch is in flight, the next one fills. A batch leaves when none is in
//     flight and no command is left in the mailbox.
//   - Every answer waits for a batch, also a refusal and a read: they tell of state
//     that may not be durable yet. A batch without records asks the log
//     whether the shard is still ours.
//   - A batch that fails ends the activation: the state in memory is ahead of the
//     log and is thrown away. Its callers get ErrUnknown where nobody knows what
//     was written; where nothing was, they and those who were decided after them
//     are sent on to the next activation, here or on another node.
//   - The actor waits for nothing. Loading, committing and paying happen on other
//     goroutines and come back as messages.
//
// # The life of an activation
//
//	loading ──► ready ──► stopping
//
// The first command for an event that is not in memory spawns its actor. While it
// loads, commands wait in it. The first thing it does is sale.Resume: deadlines
// move by the time for which the shard had no owner. Then it owes the payer what
// its bookings owe. It ends when the shard is lost, when a batch fails, when
// it panics, or when it has been idle: no live hold, no owed task, nobody inside.
// The gate makes the end safe: it closes in the same step in which the last
// command has left, so no command is posted to a mailbox that nobody reads.
//
// # Who gets in
//
// An event has Config.MaxQueued slots: who pays may fill all, who takes tickets 80 %, who
// joins a waiting room 60 %, who reads 50 %. A command whose estimated wait, commits before
// it at the pace of the last ones, is longer than its deadline does not get in, and one that
// would be late when its turn comes is not decided: ErrOverloaded, and nothing was done. The
// payer's news need no slot. Nor do bookings that wait for the provider.
//
// # Who is told what
//
// A Book whose payment is undecided is kept among the waiters until the payer's
// news has been committed, at most Config.PaymentWait or until its deadline; then its
// caller is told that the booking is pending. The same command with the same key waits likewise.
//
// # News
//
// Who watches an event asks for what happened after a version, with a sale.ShowNews, and
// the question waits until something has: not inside the event, but for the next commit of
// it on this node (await.go). So the event may leave memory meanwhile, and a commit that
// nobody waits for pays one atomic load. Package live asks for all who watch.
//
// # Other nodes
//
// A command about an event that another node leads is sent there (journey). The
// serving node does with it what it does with its own callers' commands, and never
// sends it on: it answers, or says who leads, and the sender follows, maxMoves
// times at most. Where nobody leads, or the leader has not claimed the shard yet, a
// command waits for Config.MoveWait, so that a planned move shows no error.
//
//	answered      the answer; of a plan only its fingerprint, see plans
//	moved         not done; perhaps begun, see errBegun
//	overloaded    not done: a bound there
//	unavailable   not done: no disk space, no owner, draining, too late
//	no answer     a write: ErrUnknown. A read is asked again
//
// A Book that waits for its payment when its shard moves is sent again as it is. The
// next leader knows it by the id of its booking, and tells how it ended; where the
// log never got it, it is made now.
//
// Views and histories are read from this node's replica, where it has one; else from
// the leader's.
//
// # Why not proto.actor's own means
//
// A future costs five times a pooled channel, and its time-out races with its
// result. Bounded mailboxes spin or drop. ReceiveTimeout races. Supervision
// restarts an actor with the message lost. So: channels, a counter before the
// mailbox, one ticker a node, and a recover that answers the caller.
package actors
