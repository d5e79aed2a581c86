package sale

import (
	"bytes"
	"cmp"
	"iter"
	"slices"

	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// The bounds of one event. They belong to the log's meaning: a change of one of
// the last three gives other states from the same records.
const (
	// MaxTicketsPerCommand bounds the tickets that one command names, and so the
	// tickets of a hold or a booking.
	MaxTicketsPerCommand = 100
	// MaxKeys bounds the stored answers; TooManyKeys is the refusal beyond it.
	MaxKeys = 1_000_000
	// MaxEnded bounds, each for itself, the expired holds, the declined bookings
	// and the refunded bookings that are remembered: beyond it the oldest goes.
	MaxEnded = 100_000
	// KeyRetention is how long stored answers, expired holds and declined bookings
	// are remembered at least, in milliseconds: 24 hours.
	KeyRetention = 24 * 60 * 60 * 1000
)

// State is everything about one event. One goroutine owns it; no method blocks.
// The zero State is of no use: see New and Restore.
type State struct {
	version uint64
	now     catalog.Time
	bounds  bounds

	event *catalog.Event   // without Inventory.Sections; nil: none
	stock *inventory.Stock // nil exactly where event is

	holds     holdSet
	bookings  bookingSet
	confirmed int            // bookings with status BookingConfirmed
	users     map[string]int // tickets in live holds and bookings, of known users

	answers  answers
	expired  expiredHolds
	declined endings // bookings, by EndedAt
	refunded endings // bookings, by EndedAt

	// laidOut is the version since which tickets have only changed, and are the same ones.
	laidOut uint64

	room  *waitroom.Room // nil: the event has none
	moves moves
	steer steering
	// scan is no part of what records make: another owner may look through the room at
	// other times, and records say what came of it.
	scan catalog.Time // when the room is looked through for places that nobody is at

	foresight foresight
}

// bounds are MaxKeys, MaxEnded, waitroom.MaxPlaces and maxMoves, smaller in tests: a bound
// that no test reaches is a bound that nobody knows to hold.
type bounds struct{ keys, ended, places, moves int }

// New is the state before the first record: no event, version 0.
func New() *State {
	return &State{
		bounds:   bounds{keys: MaxKeys, ended: MaxEnded, places: waitroom.MaxPlaces, moves: maxMoves},
		holds:    newHoldSet(),
		bookings: newBookingSet(),
		users:    map[string]int{},
		answers:  newAnswers(),
		expired:  newExpiredHolds(),
	}
}

// Step makes a command happen at a time: it ticks where a deadline has passed,
// decides, applies, and appends the records it made to out. Records that follow by
// themselves come behind those of the command: a shopper's time that ends, and who is
// let in. A time before Now() counts as Now(). Resume is not preceded by a tick:
// deadlines that passed while nobody could act move first.
func (s *State) Step(at catalog.Time, c Command, out []Record) ([]Record, Answer) {
	at = max(at, s.now)
	if _, ok := c.(*Resume); !ok {
		out = s.pass(at, out)
	}
	first := len(out)
	out, a := s.Decide(at, c, out)
	out = s.happen(at, first, out)
	return s.letIn(at, out), a
}

// pass is what time does. It looks again after it: a shopper's time may be over with
// the hold that had kept him in.
func (s *State) pass(at catalog.Time, out []Record) []Record {
	for s.overdue(at) {
		first := len(out)
		if out = s.tick(at, out); len(out) == first {
			return out
		}
		out = s.happen(at, first, out)
	}
	return out
}

func (s *State) applyAll(rs []Record) {
	for _, r := range rs {
		s.Apply(r)
	}
}

// Version is the number of records applied.
func (s *State) Version() uint64 { return s.version }

// Now is the time of the last record; zero: there was none.
func (s *State) Now() catalog.Time { return s.now }

// Due is the earliest deadline: the next hold or session to end, the next admission
// that only time holds up; zero: none. A hold that is being paid for has no deadline.
func (s *State) Due() catalog.Time {
	due := s.queueDue()
	if h := s.holds.first(); h != nil && (due == 0 || h.ExpiresAt < due) {
		due = h.ExpiresAt
	}
	return due
}

// overdue reports whether a hold's or a session's time is over, or the draw's is there.
func (s *State) overdue(at catalog.Time) bool {
	due := s.Due()
	return due != 0 && due <= at
}

// Busy reports whether time or the payer will change the state without anybody
// asking: a live hold, an owed task, a place. A busy event is not passivated.
func (s *State) Busy() bool {
	return s.holds.len() > 0 || s.bookings.owed > 0 || s.room != nil && s.room.Waiting()+s.room.Active() > 0
}

// Tasks are the bookings that the payer owes something, in the order of their
// StartedAt and ID: the first in the queue is paid for first. It sorts them when it
// is ranged over, n log n for n owed tasks, so it is for an activation or a slow
// beat; what a SettlePayment or a Book leaves owed is in its answer's Booking.
func (s *State) Tasks() iter.Seq[*Booking] {
	return func(yield func(*Booking) bool) {
		owed := make([]*Booking, 0, s.bookings.owed)
		for k := s.bookings.first; k != nil; k = k.next {
			owed = append(owed, k.open)
		}
		slices.SortFunc(owed, func(a, b *Booking) int {
			return cmp.Or(cmp.Compare(a.StartedAt, b.StartedAt), compareIDs(a.ID, b.ID))
		})
		for _, b := range owed {
			if !yield(b) {
				return
			}
		}
	}
}

// Summary is the small changing part of a view.
func (s *State) Summary() Summary {
	sum := Summary{
		Version:  s.version,
		Exists:   s.event != nil,
		Holds:    s.holds.len(),
		Bookings: s.confirmed,
	}
	if s.stock != nil {
		sum.Total = s.stock.Plan().Total()
		sum.Available, sum.Held, sum.Booked = s.stock.Counts()
	}
	if s.room != nil {
		sum.Waiting, sum.Active = s.room.Waiting(), s.room.Active()
	}
	return sum
}

// Summary is the small changing part of a view: it goes with every append.
type Summary struct {
	Version                        uint64
	Exists                         bool // false: never defined, or removed
	Total, Available, Held, Booked int
	Holds, Bookings                int // live holds; confirmed bookings
	Waiting, Active                int // places in the waiting room; shoppers
}

// Plan is the layout of the house now; nil where there is no event.
func (s *State) Plan() *inventory.Plan {
	if s.stock == nil {
		return nil
	}
	return s.stock.Plan()
}

// count adds n tickets to what a user has; anonymous tickets are not counted. A user
// without tickets takes no memory.
func (s *State) count(user string, n int) {
	if user == "" || n == 0 {
		return
	}
	s.users[user] += n // one look into the map, not two
	if n < 0 && s.users[user] == 0 {
		delete(s.users, user)
	}
}

// compareIDs is the order in which ids come wherever there has to be one.
func compareIDs(a, b ID) int { return bytes.Compare(a[:], b[:]) }
