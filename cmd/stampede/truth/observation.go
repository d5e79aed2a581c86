package truth

// Op is what a request asks for.
type Op uint8

// The operations. Each is one line of the contract.
const (
	View        Op = iota // GET /events/{event}
	SeatMap               // GET /events/{event}/tickets
	Search                // GET /events?…
	Hold                  // POST /events/{event}/holds
	ReadHold              // GET /events/{event}/holds/{hold}
	Extend                // POST /events/{event}/holds/{hold}/extend
	Swap                  // PATCH /events/{event}/holds/{hold}
	Release               // DELETE /events/{event}/holds/{hold}
	Book                  // POST /bookings/{event}
	ReadBooking           // GET /bookings/{event}/{booking}
	Cancel                // DELETE /bookings/{event}/{booking}
	Join                  // POST /events/{event}/queue
	ReadPlace             // GET /events/{event}/queue/{token}, or a message of its live feed
	Leave                 // DELETE /events/{event}/queue/{token}
	ops                   // how many there are
)

// opNames are the operations as reports name them.
var opNames = [ops]string{
	"view", "seat-map", "search", "hold", "read-hold", "extend", "swap", "release", "book", "read-booking", "cancel",
	"join", "read-place", "leave",
}

// String is the operation's name in reports: "hold", "read-place".
func (o Op) String() string {
	if o < ops {
		return opNames[o]
	}
	return "unknown"
}

// Observation is one try of one request and what came back. Slices and strings
// stay the caller's: Add copies what it keeps.
type Observation struct {
	Op    Op
	Event string
	User  string // X-User-Id; "": none
	Key   string // Idempotency-Key; "": none. All tries with a key are one operation
	ID    string // of the hold, booking or place in the path, or of the hold that Book pays for

	Tickets []string // asked for by name; of Swap those that are added. Nil where the server is to choose
	Removed []string // Swap: those that are given back
	Count   int      // Hold, Book: how many are asked for where Tickets is nil

	Sent     int64 // Recorder.Now before the first byte went out
	Received int64 // Recorder.Now after the last byte came, or when the try was given up

	// Unsent says that nothing was sent: there was no connection. Status is 0 then, and
	// the outcome is known.
	Unsent bool

	Status    int    // of the answer; 0: none came
	Version   uint64 // Event-Version; 0: none
	RequestID string // X-Request-Id
	Replayed  bool   // Idempotency-Replayed: true
	Body      []byte // of the answer, wanted for all but View, SeatMap and Search

	// Request is the body that was sent. With it, Check can ask again for an outcome
	// that is not known, and send keys once more.
	Request []byte
}
