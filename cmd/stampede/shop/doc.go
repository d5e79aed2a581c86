// Package shop is what virtual users do: the scenarios. It speaks the HTTP contract
// through package wire, counts with package load and records what changes something
// with package truth.
//
// A Shop is the world of one process: the events of the run, the servers, the meter. It
// gives load.Users, and each arrival is one buyer from his coming to his leaving. What
// a buyer wants follows from the seed and the number of the arrival alone; what he
// gets does not.
//
// # Latency
//
// A buyer's first request is planned for the arrival's instant, each later one for the
// end of the one before plus the time he thinks: what the machine adds to that is
// part of the latency. A request that got no answer, a 429, a 503 or
// idempotency-in-flight is sent again with the same Idempotency-Key, after Retry-After
// where there is one, at most Retries times; in all at most a tenth of the
// requests, plus 100, so that retries never become the load.
//
// # Scenarios
//
//	view       one event of the run
//	search     a word of the script, near a place, of a genre, or page by page
//	book       the nth arrival buys the nth ticket, so nobody loses
//	contend    everybody wants one of the same seats, by taste; who loses leaves
//	hold-book  hold some seats of one's own, think, pay, be declined, or leave
//	mixed      view, search, hold and book by the parts of the script
//	queue      join, poll, be let in, hold the best that is free, think, pay
//	onsale     join, poll, be let in, look at the seat map, pick, lose, again, pay
//	live       sockets that listen, and arrivals that hold and release seats
//
// A socket of live that is lost comes back after up to a second, at the next server, with
// the version that it knows.
//
// The operations that are counted have the names of the contract's calls (view, hold,
// join…), and a few are no requests: line (from joining to being let in), purchase
// (from coming to tickets in hand), seat-news (from the sending of a hold to the message
// that tells of it), admit-news (from the admission, by the server's clock, to its message),
// position-news (between two positions of a place; a worse one is an error) and back (from
// the loss of a socket to the next one).
package shop
