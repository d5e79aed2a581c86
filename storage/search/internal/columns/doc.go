// Package columns keeps what a search must know of every event, in memory, so that a
// filter, a sort or a facet is a look into an array.
//
//	t := columns.New()
//	c := t.Begin()
//	ordinal, fresh := c.Put(row)         // fresh is false: an older version, ignored
//	snapshot := c.Commit()               // or Abort: as if Begin had never been
//	t.SetLive("event-1", live)           // at any time, from any goroutine
//
// # Ordinals
//
// An event has an ordinal as long as it is there: a small number, its place in every
// column. The ordinal of a removed event is given to another one later.
//
// # Snapshots
//
// A Snapshot never changes, but for the live columns. Whoever reads takes one and needs
// no lock; whoever paired it with a view of an inverted index finds the same events in
// both. What a Change writes it writes to copies of pieces of 256 rows; snapshots share
// all other pieces. New rows are written in place, behind the last row of every
// snapshot there is. The garbage collector frees what only old snapshots had.
//
// A pair is made so: Put and Remove; Seal gives the snapshot; write the index, whose
// documents take their ordinals from Change.Ordinal; make the view and the snapshot
// one value, and publish that; Commit, or Abort where the write failed. An index that
// shows its new view before its writer can publish a pair numbers its views, and who
// reads takes the snapshot of his view's number.
//
// # Live columns
//
// What a sale changes is in columns of atomics that all snapshots share: a query sees
// it at once. Where a snapshot is older than the removal of an event whose ordinal
// is another one's by now, it sees that one's: the event is on its way out anyway, and
// whoever hands out live values asks by id (Table.Live).
//
// # Opening
//
// A table is filled with the rows of an index that is there by a Loader: it writes pieces
// as they come, from all processors, and makes the order, the lists and the ids at the
// end. A million rows take a second and a half of a processor, with Changes seven.
//
// # Dictionaries
//
// Genres, cities, venues, performers and places are numbers in the columns. Number 0
// means none. Two places are the same only when all that is said of them is, so an
// event is always where its own details say, even if its venue has moved for others;
// they share the number of the venue's id. Entries are not forgotten while the table
// lives, not even those that no event has any more.
package columns
