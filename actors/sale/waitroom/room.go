package waitroom

import (
	"crypto/sha256"
	"iter"
)

// The bounds of a room.
const (
	// MaxPlaces bounds the places that a room has in memory.
	MaxPlaces = 1 << 21
	// KeepGone is how long a gone place is remembered at least, in milliseconds.
	KeepGone = 600_000
	// minute is in milliseconds: the unit of Settings.Rate.
	minute = 60_000
)

// ID is a token: 128 random bits. Zero is none.
type ID = [16]byte

// Who is whose place it is, as a hash that only equality is asked of; zero: nobody is
// known, and the token is all there is.
type Who = [16]byte

// Settings say how people are let in.
type Settings struct {
	MaxActive int   // shoppers at a time, at least 1
	Session   int64 // how long a shopper may shop, milliseconds
	Grace     int64 // how long a place is kept that nobody is seen at, milliseconds
	Rate      int   // admissions a minute at most; 0: no bound but MaxActive
	Shuffle   bool  // those who joined before the sale opens are mixed then
	Paused    bool  // nobody is let in
}

// State is what a place is.
type State uint8

// The states of a place.
const (
	Waiting State = iota + 1
	Active        // let in: a shopper
	Gone
)

// Reason is why a place is gone.
type Reason uint8

// The reasons.
const (
	Left      Reason = iota + 1 // its owner said so
	Lapsed                      // nobody was seen at it
	TimedOut                    // the session's time was over
	Booked                      // the shopper has what he came for
	HoldEnded                   // the shopper's hold ended and no other began
)

// Place is a place as it is at the moment.
type Place struct {
	Token  ID
	Who    Who
	Number int // in the order of joining, from 0
	State  State
	Reason Reason // of a place that is gone
	// At is, in milliseconds, when a waiting place was taken, when an active one's
	// session ends, when a gone one went.
	At int64
	// Busy is how many holds and undecided payments an active place has.
	Busy int
}

// Room is one event's waiting room. One goroutine owns it. The zero Room is of no use:
// see New and Restore.
type Room struct {
	settings Settings
	seed     [32]byte
	open     bool // the seed is set
	drawn    bool

	places   places
	tokens   index // of all places
	owners   index // of the newest place of each owner
	line     line
	sessions sessions

	active int // places that are active
	// credit is what the rate has earned at creditAt: with each millisecond as much as
	// there may be admissions a minute. An admission costs a minute of milliseconds.
	credit   int64
	creditAt int64
	flow     flow
}

// New is an empty room.
func New(s Settings) *Room {
	r := &Room{settings: s}
	r.tokens.key = func(n uint32) *[16]byte { return &r.places.at(n).token }
	r.owners.key = func(n uint32) *[16]byte { return &r.places.at(n).who }
	return r
}

// Settings are the present ones.
func (r *Room) Settings() Settings { return r.settings }

// Set changes the settings. Sessions that have begun keep their time.
func (r *Room) Set(s Settings) { r.settings = s }

// Open fixes the seed of the draw. It comes before the first place.
func (r *Room) Open(seed [32]byte) {
	must(!r.open, "the room is open")
	r.seed, r.open = seed, true
}

// Opened reports whether Open was called.
func (r *Room) Opened() bool { return r.open }

// Commitment is the SHA-256 of a seed: it tells nothing, and fixes everything.
func Commitment(seed [32]byte) [32]byte { return sha256.Sum256(seed[:]) }

// Commitment is that of the room's seed.
func (r *Room) Commitment() [32]byte { return Commitment(r.seed) }

// Drawn is whether the draw has been, and its seed, which is secret before.
func (r *Room) Drawn() (seed [32]byte, drawn bool) {
	if !r.drawn {
		return seed, false
	}
	return r.seed, true
}

// Owner is the Who of a name in a room with a seed. It is salted, so that nobody can
// choose names that collide.
func Owner(seed [32]byte, name string) Who {
	var room [320]byte // for nearly every name: nothing is allocated
	salt := sha256.Sum256(append(append(room[:0], "owner"...), seed[:]...))
	sum := sha256.Sum256(append(append(room[:0], salt[:]...), name...))
	return Who(sum[:16])
}

// Owner is the Who of a name in this room.
func (r *Room) Owner(name string) Who { return Owner(r.seed, name) }

// Find is the place with a token.
func (r *Room) Find(token ID) (Place, bool) {
	n, ok := r.tokens.find(&token)
	if !ok {
		return Place{}, false
	}
	return r.place(n), true
}

// Of is the newest place of an owner, of those that are not gone.
func (r *Room) Of(who Who) (Place, bool) {
	if who == (Who{}) {
		return Place{}, false
	}
	n, ok := r.owners.find(&who)
	if !ok || r.places.at(n).state == Gone {
		return Place{}, false
	}
	return r.place(n), true
}

func (r *Room) place(n uint32) Place {
	p := r.places.at(n)
	return Place{
		Token: p.token, Who: p.who, Number: int(n), State: p.state, Reason: p.reason, At: p.at, Busy: int(p.busy),
	}
}

// Ahead is how many wait before a waiting place. 0: it is the next.
func (r *Room) Ahead(p Place) int { return r.line.before(r.places.at(uint32(p.Number)).rank) }

// Front is the tokens of the first n of the line, or of all.
func (r *Room) Front(n int) iter.Seq[ID] {
	return func(yield func(ID) bool) {
		rank, ok := r.line.first()
		for ; ok && n > 0 && yield(r.places.at(r.line.number(rank)).token); n-- {
			rank, ok = r.line.next(rank)
		}
	}
}

// Waiting and Active are how many places are so.
func (r *Room) Waiting() int { return r.line.len() }

// Active is how many shoppers there are.
func (r *Room) Active() int { return r.active }

// Len is how many places there are: waiting, active and gone.
func (r *Room) Len() int { return r.places.len() }

// Admissible is how many places may be let in now: those that wait, as long as there
// is room and the rate allows it; none before the sale is open, or before the draw
// where there has to be one.
func (r *Room) Admissible(at int64, open bool) int {
	s := &r.settings
	if !open || s.Paused || s.Shuffle && r.open && !r.drawn && r.line.len() > 0 {
		return 0
	}
	return r.admissible(at, r.line.len())
}

// admissible is how many of n may be let in, now that people may.
func (r *Room) admissible(at int64, n int) int {
	n = min(n, r.settings.MaxActive-r.active)
	if r.settings.Rate > 0 {
		n = min(n, int(r.creditBy(at)/minute))
	}
	return max(n, 0)
}

// Passes reports whether a place that is taken now may be let in at once.
func (r *Room) Passes(at int64, open bool) bool {
	return open && !r.settings.Paused && r.line.len() == 0 && r.admissible(at, 1) == 1
}

// Next is the number of the next place.
func (r *Room) Next() int { return int(r.places.next) }

// Flow is what moved in the last ten minutes, oldest first; steps in which nothing did
// are left out.
func (r *Room) Flow(at int64) []Flow { return append([]Flow(nil), r.flow.recent(at)...) }

// OldestSeen is when the owner of a waiting place was seen who was not for the longest;
// 0: nobody waits. It looks at every waiting place.
func (r *Room) OldestSeen() (oldest int64) {
	for rank, ok := r.line.first(); ok; rank, ok = r.line.next(rank) {
		if seen := r.places.seen(r.line.number(rank)); oldest == 0 || seen < oldest {
			oldest = seen
		}
	}
	return oldest
}

// NextCredit is when the rate allows the next admission; 0: it does not forbid one.
func (r *Room) NextCredit(at int64) int64 {
	if r.settings.Rate <= 0 {
		return 0
	}
	missing := minute - r.creditBy(at)
	if missing <= 0 {
		return 0
	}
	rate := int64(r.settings.Rate)
	return at + (missing+rate-1)/rate
}

// creditBy is what the rate has earned: at most a second's worth, and one admission.
func (r *Room) creditBy(at int64) int64 {
	rate := int64(r.settings.Rate)
	most := max(minute, rate*1000)
	if since := at - r.creditAt; since < most/rate {
		return min(most, r.credit+since*rate)
	}
	return most
}

// must is an invariant of the log.
func must(ok bool, why string) {
	if !ok {
		panic("waitroom: the record cannot follow: " + why)
	}
}
