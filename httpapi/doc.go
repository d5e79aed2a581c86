// Package httpapi is the HTTP border of a node: it turns requests into commands
// for actors.Client and answers into JSON. The contract is openapi.yaml, which is
// embedded, served at GET /openapi.yaml, and held to every handler by the tests.
//
// # The way of a request
//
//	conn.go      the gate: more connections than the bounds get 503 or 429 and are closed
//	crowd.go     the requests of a client with very many connections take turns
//	precheck.go  the header: framing, method, version, sizes; refused before the body is read
//	router.go    the path, on its original bytes; the method; the media type
//	toll.go      429 for the user or the network that asks too fast, before the body is read
//	lane.go      503 where too many requests of this class are inside
//	identity.go  who asks: admin token, JWT, X-User-Id
//	json.go      the body: strict JSON, bounded in size and depth
//	search.go, suggest.go: Config.Search answers; searchquery.go reads what is asked,
//	             searchpage.go writes what was found
//	events.go, tickets.go, holds.go, bookings.go, queue.go, admin.go, queueadmin.go,
//	catalog.go, history.go
//	             one file a resource
//	live.go      what becomes a live stream: handshake.go, then socket.go
//	cluster.go   what an operator asks: Config.Operator answers
//	problem.go   every error: one table of codes
//
// Checks run in that order and the first that fails answers: a request with two
// faults is told of the earlier one. For one request: framing (400, 413, 414, 417,
// 431, 501, 505), rates and room (429, 503), path (404), method (405), body framing and size (400, 408, 413),
// media type (415), admin rights (401, 403), user (400, 401), idempotency key and
// other headers (400), query (400), body (400), and then the event's own answer.
//
// # Memory
//
// fasthttp reuses a request's memory as soon as the handler returns. So nothing
// that leaves a handler may point into it: ids, strings and bodies are copied at
// the border (call.go, json.go), once, and only for requests that leave it.
//
// # Caches
//
// GET /events/{eventId} and the seat maps are answered from encoded bodies that
// are at most Config.ViewAge old (viewcache.go). Concurrent misses of one key make
// one load. A cached answer touches no actor, no log and allocates nothing.
//
// A page of search results is cached by the index, its hits encoded already
// (RenderHit). What changes by itself is written behind them for each request.
//
// # Live streams
//
// A live stream begins as a request, and all that can be refused is refused as one. Then
// its connection leaves fasthttp (live.go) and is a socket's (socket.go), over WebSocket or
// as Server-Sent Events (transport.go). Config.Live gives it messages, each of which is
// encoded once for all sockets. They wait in a queue of 16; a writer that lives only while
// there are any writes them, with a deadline, so that who does not read holds up himself.
// A reader (reading.go) waits for the client's end, bounds what he may say, and pings.
// Nothing that happens to an event ever waits for a socket. A socket that is still costs
// less than 5 KiB: a small stack and no buffers. sockets.go bounds and counts them.
//
// # Who may call what, and what blocks
//
// A Server is safe for concurrent use. Handlers run on fasthttp's goroutine of the
// connection, one request at a time for each connection, and block in
// Seller.Do, or in Searcher.Search, until its deadline at the longest.
package httpapi
