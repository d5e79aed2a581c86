// Package indexer feeds the search index, and finds a node that has one.
//
//	f, err := indexer.Start(cfg)                 // on a node with the role: follow the log into an index
//	indexer.ServeFeed(company, log, logger)      // on every node: let the others follow this one's replicas
//	finder := indexer.NewFinder(finderConfig)    // on every node: what the HTTP layer asks
//	page, err := finder.Search(ctx, search.Query{Text: "beyonce"})
//
// # Following
//
// The index is a copy of what the log says of events. A Follower has one goroutine a
// shard, its tail, which reads the shard's feed from the position that the index
// itself holds, and gives what it reads to the index in the same step as the position
// that follows. So a process that dies at any moment goes on where its index ends.
//
// A shard is read in three parts, one after the other, and then the first and the
// third for ever:
//
//	changes     events whose details were written: to Index.Apply
//	summaries   what is available of every event: to Index.SetLive; after each start
//	touches     the same of the events that were extended since: to Index.SetLive
//
// Details come before what is available of them, so that SetLive finds its event. What
// is read later is never older than what was read before: a replica that has applied
// less than the one before is not read until it has caught up.
//
// A tail that has everything waits, and costs nothing: for its own replica's next
// command, or in a call to the node whose replica it reads. Which one that is, is
// asked anew when it fails: this node's own, the leader's, any other's.
//
// # A new copy
//
// Rebuild makes another index beside the one that serves, with tails of its own, and
// puts it in its place when it has caught up. The same happens at the start when the
// index is of another cluster, or cannot be opened. Indexes live in numbered
// directories; a file says which of them counts.
//
// # Asking
//
// A Finder asks this node's index, or that of another node with the role: one of the
// same zone first, then any, then the next where one fails or is still being built. A
// query is asked again without harm. Its bounds and what each means to the caller:
//
//	too many queries under way, here or there    actors.ErrOverloaded
//	no node with the role answers in time        actors.ErrUnavailable
//	a query that makes no sense                  *search.BadQuery
//	a query that takes too long                  search.ErrBudget
package indexer
