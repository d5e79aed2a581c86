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
package live
