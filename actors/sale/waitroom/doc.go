// Package waitroom is the waiting room of one event: who waits, in which order, who
// has been let in, and until when. It is pure. It has no clock, no goroutine and no
// I/O; time is milliseconds and comes in with every call.
//
//	room := waitroom.New(waitroom.Settings{MaxActive: 500, Session: 600_000, Grace: 120_000})
//	room.Open(seed)
//	room.Take(now, token, who)        // a place at the end of the line
//	n := room.Admissible(now, true)   // how many may be let in now
//	room.Admit(now, n)                // the first n of the line become shoppers
//
// # Who decides
//
// A Room decides nothing. Package sale asks it, makes records of what follows, and
// applies each record with one call here. Calls that change a Room cannot refuse: one
// that cannot follow panics, like a broken log. So the same records give the same
// Room, on any machine, at any time. There is one exception, Seen: see Presence.
//
// # Places
//
// A place is waiting, then active, then gone; or waiting, then gone. It has a token,
// which its owner knows and nobody can guess, a number, counted from 0 in the order of
// joining, and a rank, which is its position in the line. The rank is the number, except
// for those whom a draw has mixed.
//
// The line never moves backwards: places join behind all others, and who leaves only
// makes others' positions smaller. Draw is the one time when ranks change, and before
// it no position is told.
//
// # The draw
//
// Before the sale opens people gather. Open fixes a seed of 32 bytes before the first
// of them joins, and Commitment is its SHA-256, which can be published at once. Draw
// mixes those who have joined so far by nothing but their numbers and the seed, which
// is published then. Anybody can hash the seed, compare, and mix again: see Mix.
//
// # Presence
//
// A place that nobody has been seen at for the grace lapses: whoever waits behind it is
// not held up by somebody who left. When a place was seen is not a record, because a
// million browsers that say that they are there would be a million records a minute.
// The room's owner notes it (Seen), and a new owner begins with everybody just seen
// (SeenAll). That a place lapsed is a record.
//
// # How long it takes
//
// Wait and SoldOut estimate from what moved in the last ten minutes (flow.go), as two
// numbers: half of all people wait at most so long, and nine tenths. The tests let eight
// kinds of crowds shop, and compare what people were told with how it went.
//
// # What is found where
//
// room.go asks, change.go is what records do, snapshot.go is the checkpoint. places.go
// has the places by number, index.go finds them by token and by owner, line.go counts
// who is ahead, sessions.go knows which session ends next, draw.go mixes.
//
// # What is bounded
//
// MaxPlaces, waiting, active and gone together. Gone places are forgotten a block of
// 4,096 at a time, when all of the block are gone since KeepGone or longer, by the time of
// whoever joins. Until then their owner is told what became of them.
//
// # What it costs
//
// A place takes about 70 bytes: 48 for itself, 4 for when it was seen, about 13 in
// the indexes by token and by owner, 4 in the drawn order, and one bit in the line. The
// indexes are in 256 parts, so that growing one copies a few thousand entries, not a
// million: the longest pause is some tens of microseconds. A position is a sum over at
// most log n block counts and 64 words of bits.
package waitroom
