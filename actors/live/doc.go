// Package live tells those who watch an event what happens to it: seats as they change,
// and a place in its waiting room as it moves.
//
//	hub, err := live.New(cfg)                                    // one a node
//	stop, err := hub.WatchSeats("hamlet", 0, listener)           // a socket
//	stop, err := hub.WatchPlace("hamlet", token, "ann", 0, listener)
//
// # Messages
//
//	{"type":"snapshot-version","version":7}
//	{"type":"tickets","since":7,"version":9,"changes":[["101-A-1","held"],…]}
//	{"type":"resync","version":12}
//	{"type":"position","version":9,…}               with the members of GET …/queue/{token}
//	{"type":"admitted","version":9,"admittedUntil":"2026-…"}
//	{"type":"ended"|"expired","version":9,"reason":"booked"}
//	{"type":"goodbye","retryAfterMs":1234}
//
// # What a client does with them
//
// A client knows a version: that of the last message, or of the seats that it has read.
// A tickets message says how all seats that changed after since are as of version:
//
//	version ≤ its own           it knows that already
//	since ≤ its own < version   it takes the changes over, and the version
//	its own < since             something is missing: it reads the seats anew
//
// So there is no number a socket, and one encoded frame is for all of them. After
// snapshot-version v the seats are read with at least that version; after resync too.
// Messages about a place are whole: the last one counts.
//
// # How it is known
//
// A watcher asks for one event, on behalf of all on this node who watch it, what happened
// after the version that it has (sale.ShowNews). The event's node, this one or another,
// answers when something has, or after NewsWait that nothing did. So nothing is polled
// and nothing is pushed: an idle event costs one answer in NewsWait, and does not stay in
// memory for being watched. What happens is told at once, what happens within Batch after
// that together.
//
// When the event moves, the question fails or is sent on, and the next one goes to its next
// node with the same version: that is all there is to a failover.
//
// Who comes with a version is told what changed since, from the last 64 messages or by one
// question for all who came meanwhile.
//
// # Places
//
// That a place was let in or ended comes with the news, as soon as it is durable. How those
// stand that wait is asked for in rounds (sale.SeePlaces): once in PositionEvery while the
// event changes, 500 places a question, spread over that time; a place that moved is told
// so. The same question says that their owners are there: all places are asked for four
// times in the event's grace, at least twice a minute. A listener that stops is no longer
// asked for, and its place lapses when the grace is over.
//
// An event remembers the last places that it let in, and its next node may remember fewer.
// Where that does not reach back to the watcher's version, all its places are asked for at
// once. So the news make it quick, and the rounds make it right.
//
// No position gets worse: versions only grow, and what is older than what a listener was
// told is dropped.
//
// # Who runs what
//
// A watched event has one goroutine here, which mostly waits for an answer; while places
// are watched, one more; while somebody catches up, a third. Listeners have none: Deliver is
// called by these, and does not block. A watcher whose last listener has gone ends when its
// question is answered, or takes the next listener in.
//
// # What is bounded, and what happens at the bound
//
//   - those who watch: MaxListeners; the next one gets actors.ErrOverloaded.
//   - events that are watched: MaxEvents; the same.
//   - seats in one message: what sale tells at once; beyond it a resync.
//   - messages that are kept to be resumed from: 64 an event; beyond them the event is asked.
//
// A queue is none of the hub's: a listener decides what happens when its own is full.
//
// # What it costs
//
// Five thousand places that each get a position every second, of an event on another node:
// 25 ms of a processor a second, asking and encoding. A change of a seat is with the last
// of 15,000 listeners 2 ms after it came. A listener to seats takes some 100 bytes, one to a
// place 300. (BenchmarkPlaces, BenchmarkSeats.)
package live
