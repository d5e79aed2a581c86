package httpapi

// The codes of errors. They are the contract's; those of the event's own state
// machine stand in package sale too.
const (
	codeInvalid         = "invalid-request"
	codeUnauthorized    = "unauthorized"
	codeDeclined        = "payment-declined"
	codeForbidden       = "forbidden"
	codeNotOnSale       = "not-on-sale"
	codeNotAdmitted     = "not-admitted"
	codeNotFound        = "not-found"
	codeEventNotFound   = "event-not-found"
	codeTicketNotFound  = "ticket-not-found"
	codeHoldNotFound    = "hold-not-found"
	codeBookingNotFound = "booking-not-found"
	codePlaceNotFound   = "queue-token-not-found"
	codeNodeNotFound    = "node-not-found"
	codeNoCluster       = "no-cluster"
	codeMethod          = "method-not-allowed"
	codeTimeout         = "request-timeout"
	codeUnavailTickets  = "tickets-unavailable"
	codeNotEnough       = "not-enough-tickets"
	codeLimit           = "limit-exceeded"
	codeHoldInPayment   = "hold-in-payment"
	codeBookingPending  = "booking-pending"
	codeKeyInFlight     = "idempotency-in-flight"
	codeUnsafe          = "unsafe-change"
	codeHoldExpired     = "hold-expired"
	codeTrimmed         = "history-trimmed"
	codeTooLarge        = "payload-too-large"
	codeURITooLong      = "uri-too-long"
	codeMediaType       = "unsupported-media-type"
	codeExpectation     = "expectation-failed"
	codeKeyReused       = "idempotency-key-reused"
	codeUpgrade         = "upgrade-required"
	codeRateLimited     = "rate-limited"
	codeHeaders         = "headers-too-large"
	codeInternal        = "internal-error"
	codeNotImplemented  = "not-implemented"
	codeOverloaded      = "overloaded"
	codeUnavailable     = "unavailable"
	codeUnknown         = "outcome-unknown"
	codeHTTPVersion     = "http-version-not-supported"
	codeBadFraming      = "malformed-request"
)

// problems is the one table of errors, in order of status. GET /problems/{code}
// tells it to people, appendProblem to programs.
var problems = [...]problem{
	{code: codeInvalid, status: 400, title: "Invalid request",
		cause:   "A member, parameter or header is missing, unknown, repeated, malformed or a card number.",
		remedy:  "Correct what errors names: a member (/ticketIds/0), a parameter (?since) or a header.",
		example: `,"errors":[{"at":"/ticketIds/0","detail":"a ticket id has 1 to 64 characters"}]`},
	{code: codeBadFraming, status: 400, title: "Malformed HTTP message", closes: true,
		cause:  "The bytes are not an HTTP/1.1 request that can be read in one way only.",
		remedy: "Send one Host, one Content-Length or chunks, no folded lines, and a path that begins with a slash."},
	{code: codeUnauthorized, status: 401, title: "Unauthorized",
		cause:  "The bearer token is missing, malformed, expired or not ours.",
		remedy: "Send Authorization: Bearer with a valid token."},
	{code: codeDeclined, status: 402, title: "Payment declined",
		cause:  "The payment provider said no. The tickets stay held until the hold ends, where there was a hold.",
		remedy: "Book again with another payment method and another Idempotency-Key before expiresAt.",
		example: `,"reason":"insufficient_funds","holdId":"AAAAAAAAAAAAAAAAAAAAAA",` +
			`"expiresAt":"2026-12-01T10:10:00.000Z"`},
	{code: codeForbidden, status: 403, title: "Forbidden",
		cause: "The node has no admin token, so admin calls are answered to this machine only; or a page of another " +
			"origin asks for a live stream.",
		remedy: "Start the node with an admin token, or call from the machine that it runs on; name the page's " +
			"origin with --origins."},
	{code: codeNotOnSale, status: 403, title: "Not on sale",
		cause:   "The event is not on sale yet, or over, or cancelled, or its sale is stopped for a while.",
		remedy:  "Wait until onSaleAt, where it is given.",
		example: `,"onSaleAt":"2026-12-01T10:00:00.000Z"`},
	{code: codeNotAdmitted, status: 403, title: "Not admitted",
		cause:   "The event has a waiting room, and the request has no Queue-Token that is let in and not over.",
		remedy:  "Join at queue with POST, wait until the place is admitted, and send its token as Queue-Token.",
		example: `,"queue":"/events/ev-1/queue"`},
	{code: codeNotFound, status: 404, title: "Not found",
		cause:  "There is no such path.",
		remedy: "Look at GET /openapi.yaml for the paths."},
	{code: codeEventNotFound, status: 404, title: "Event not found",
		cause:  "There is no event with this id.",
		remedy: "Check the id; ids tell capital letters from small ones."},
	{code: codeTicketNotFound, status: 404, title: "Ticket not found",
		cause:   "The event has no tickets with these ids.",
		remedy:  "Take the ids from GET /events/{eventId}/tickets.",
		example: `,"ticketIds":["101-A-99"]`},
	{code: codeHoldNotFound, status: 404, title: "Hold not found",
		cause:  "There is no such hold, or it is somebody else's, or it ended some time ago.",
		remedy: "Hold the tickets again."},
	{code: codeBookingNotFound, status: 404, title: "Booking not found",
		cause:  "There is no such booking, or it is somebody else's.",
		remedy: "Check the id and the user."},
	{code: codePlaceNotFound, status: 404, title: "Queue token not found",
		cause:  "There is no such place in the waiting room, or it is somebody else's, or it was left or ended.",
		remedy: "Join the waiting room again."},
	{code: codeNodeNotFound, status: 404, title: "Node not found",
		cause:  "The cluster has no node with this name, and had none that it remembers.",
		remedy: "Take the names from GET /admin/cluster; names tell capital letters from small ones."},
	{code: codeNoCluster, status: 404, title: "No cluster",
		cause:  "This node was started without the part that knows a cluster.",
		remedy: "Ask a node of the cluster: boxoffice cluster status --server URL."},
	{code: codeMethod, status: 405, title: "Method not allowed",
		cause:  "This path does not answer to this method.",
		remedy: "Use one of the methods that the Allow header names."},
	{code: codeTimeout, status: 408, title: "Request timeout", retryable: true, closes: true,
		cause:  "The request did not arrive in time.",
		remedy: "Send the whole request within five seconds."},
	{code: codeUnavailTickets, status: 409, title: "Tickets unavailable",
		cause:   "At least one of the tickets is held or booked by another. Nothing was taken.",
		remedy:  "Choose other tickets; alternatives is a proposal where there is one.",
		example: `,"ticketIds":["101-A-1"],"tickets":[{"id":"101-A-1","status":"held"}],"alternatives":["101-A-3"]`},
	{code: codeNotEnough, status: 409, title: "Not enough tickets",
		cause:   "Fewer tickets than asked for are available under these conditions.",
		remedy:  "Ask for at most available tickets, or drop section, maxPrice or adjacent.",
		example: `,"available":1`},
	{code: codeLimit, status: 409, title: "Limit exceeded",
		cause:   "More tickets than one user, or one request, may have.",
		remedy:  "Ask for at most limit tickets, those already held and booked included.",
		example: `,"limit":8`},
	{code: codeHoldInPayment, status: 409, title: "Hold in payment", retryable: true, retryAfter: 2,
		cause:  "The hold is being paid for and cannot change until the payment is decided.",
		remedy: "Ask for the booking, and try again when it is decided."},
	{code: codeBookingPending, status: 409, title: "Booking pending", retryable: true, retryAfter: 2,
		cause:  "The booking's payment is not decided yet.",
		remedy: "Try again when the booking is confirmed or declined."},
	{code: codeKeyInFlight, status: 409, title: "Idempotency key in flight", retryable: true, retryAfter: 1,
		cause:  "The first request with this Idempotency-Key is still running.",
		remedy: "Try again with the same key."},
	{code: codeUnsafe, status: 409, title: "Unsafe change",
		cause: "The change would break what reason says: mostly a shard would lose its majority. Nothing was changed.",
		remedy: "Bring the nodes that are down back, or add one, and ask again. A node that is lost for good is " +
			"removed with force.",
		example: `,"reason":"shard 3 would have 1 of its 3 replicas"`},
	{code: codeHoldExpired, status: 410, title: "Hold expired",
		cause:  "The hold's time is over and its tickets are for sale again.",
		remedy: "Hold tickets again."},
	{code: codeTrimmed, status: 410, title: "History trimmed",
		cause:  "Retention has deleted the record that the page would begin with.",
		remedy: "Begin at a later version with ?from; a node keeps them all where --retain-records is 0."},
	{code: codeTooLarge, status: 413, title: "Payload too large", closes: true,
		cause:  "The body is over 1 MiB, or a line of the catalog over 4 MiB.",
		remedy: "Send less at once; POST /admin/catalog takes any number of lines."},
	{code: codeURITooLong, status: 414, title: "URI too long", closes: true,
		cause:  "The request target is over 2 KiB.",
		remedy: "Shorten the query."},
	{code: codeMediaType, status: 415, title: "Unsupported media type",
		cause:  "The body is not application/json in UTF-8, or is compressed.",
		remedy: "Send Content-Type: application/json, no Content-Encoding; /admin/catalog takes NDJSON and gzip."},
	{code: codeExpectation, status: 417, title: "Expectation failed", closes: true,
		cause:  "The Expect header asks for something other than 100-continue.",
		remedy: "Leave it out."},
	{code: codeKeyReused, status: 422, title: "Idempotency key reused",
		cause:  "The Idempotency-Key was used for another request.",
		remedy: "Make a new key for each request; keep it for repeats of the same one."},
	{code: codeUpgrade, status: 426, title: "Upgrade required",
		cause:  "The request asks for a WebSocket of another version than the one that is spoken here.",
		remedy: "Send Sec-WebSocket-Version: 13."},
	{code: codeRateLimited, status: 429, title: "Too many requests", retryable: true, retryAfter: 1,
		cause:  "Too many connections or live streams come from this address, or requests of this user or network.",
		remedy: "Wait for Retry-After. Use fewer connections; each takes any number of requests."},
	{code: codeHeaders, status: 431, title: "Headers too large", closes: true,
		cause:  "The header block is over 8 KiB or has more than 64 lines.",
		remedy: "Send fewer and shorter headers."},
	{code: codeInternal, status: 500, title: "Internal error", unknown: true, retryable: true,
		cause:  "The node met a fault of its own.",
		remedy: "Try again with the same Idempotency-Key, and tell the operator the requestId."},
	{code: codeNotImplemented, status: 501, title: "Method not implemented", closes: true,
		cause:  "The method is not one of HTTP's.",
		remedy: "Methods are written in capital letters: GET, HEAD, POST, PUT, PATCH, DELETE."},
	{code: codeOverloaded, status: 503, title: "Overloaded", retryable: true, retryAfter: 1, spread: 5,
		cause:  "A bound on waiting work is reached, or the answer would come after the deadline. Nothing was done.",
		remedy: "Try again after Retry-After, with some jitter."},
	{code: codeUnavailable, status: 503, title: "Unavailable", retryable: true, retryAfter: 1,
		cause:  "The event cannot be reached in time: no leader, no space, or a draining node. Nothing was done.",
		remedy: "Try again after Retry-After; another node may answer at once."},
	{code: codeUnknown, status: 503, title: "Outcome unknown", unknown: true, retryable: true, retryAfter: 1,
		cause:  "The answer was lost after the command had been sent to the log.",
		remedy: "Ask again with the same Idempotency-Key: the command has its effect once at most."},
	{code: codeHTTPVersion, status: 505, title: "HTTP version not supported", closes: true,
		cause:  "The request is not HTTP/1.1 or HTTP/1.0.",
		remedy: "Speak HTTP/1.1."},
}
