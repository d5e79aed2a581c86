// Package storage is the replicated log: an event's records, in order, on several
// disks, with one writer at a time.
//
//	log, err := storage.Open(storage.DefaultConfig("data"))
//	lead := <-log.Leaderships()                                // this node leads a shard
//	clock, err := log.Claim(ctx, lead.Shard, lead.Term)        // now it owns it
//	h, err := log.Load(ctx, "event-1")                         // all there is of an event
//	err = log.Append(ctx, storage.Batch{Event: "event-1", Epoch: lead.Term, Base: h.Version, Records: …})
//
// # Shards, epochs, versions
//
// An event lives in a shard, by a hash of its id. A shard is a Raft group; its
// leader's node runs the shard's events. When it becomes leader it claims the shard
// with its Raft term, the epoch. Every append carries the epoch and the version
// that it extends. The state machine of every replica refuses it unless both are the
// present ones. So of two writers that both believe to be the owner one loses, and
// learns it: ErrFenced.
//
// # Nodes
//
// What Open returns is also a Placement: it says which replicas this node has, and
// adds, starts, moves and removes them when it is told to. One more shard, after those
// of events, has the cluster's own records: the SystemEvent. It is claimed and written
// like any other.
//
// # What an error means
//
// ErrFenced and ErrUnavailable (ErrNoSpace is one) say that nothing was written and
// nothing will be. ErrUnknown says that the write was handed to Raft and may still
// commit. There is nothing else: a write never fails in a way that leaves its caller
// guessing which it is. After ErrUnknown, Load tells what became of it.
//
// # Reading
//
// Load is for the owner, and complete. View, Records and Busy read this node's
// replica as far as it has applied, without asking anybody; each call sees one
// moment. Without a replica that can answer they are ErrNoReplica. Confirm makes what
// the owner has in memory linearizable: the epoch is still the shard's.
//
// # Following
//
// Somebody who keeps a copy of all events, an index or a cache, reads two feeds of each
// shard. Changes has the events whose details were written, durably: from the beginning
// it is every event once. Touched has those that were extended at all, in memory; who
// has missed too much reads Summaries. Both are as of this node's replica:
//
//	for {
//		page, next, err := log.Changes(shard, at, 500)      // at is kept with the copy
//		if len(page) == 0 { log.Wait(ctx, shard, next.Index) } // the end: nothing is polled
//		at = next
//	}
//
// Positions are Raft indexes, the same at every replica. So a reader may go on at
// another one; if that is behind, it has nothing to say yet. A reader gets each change
// at least once: it drops a view whose version is older than the one it has.
//
// # Who runs what
//
// All methods may be called by many goroutines. Reads block for a disk read at most.
// Writes block for a commit, and never longer than Config.ProposalTimeout a proposal.
// The package has two goroutines of its own: one watches the free space, one looks
// after the replicas, with one more for each that needs something, and for each
// snapshot that comes. The consensus library and the state store have about forty.
//
// # Files
//
// The data directory has a text file that says whose data it is (identity.go), the
// Raft logs, and one store with the state of all shards (keys.go has its layout). The
// Raft log is synced before a write is acknowledged, the store is not: what it loses
// in a crash is applied again from the log. DESIGN.md has the reasons.
//
// What nobody waits for leaves the disk and the processors to what somebody waits for:
// tables are written with rests (gentle.go), copies have a pace (pace.go, paced.go), what
// comes is written and given back in pieces (incoming.go), and the replicas of a shard
// do not flush their buffers at the same moments (raft.go, atOddTimes).
//
// One process-wide thing happens at start: before main, the working directory is
// left for a moment and returned to. See internal/early.
package storage
