package sale

import "boxoffice/actors/sale/catalog"

// answers are the stored answers of idempotency keys, oldest first. Records come in
// the order of time, so the oldest is always in front, and to forget is to pop.
// Only the answer of a pending booking changes later; its age does not, because a
// key is as old as its first use.
type answers struct {
	list  queue[stored]
	index map[[16]byte]uint64 // Key.ID to number in list
}

// stored is a StoredAnswer in 72 bytes instead of 112: there may be MaxKeys of them.
type stored struct {
	at      catalog.Time
	key     Key
	version uint64
	what    any // *catalog.Event, *Hold, *Booking, *Refusal or nil
	created bool
}

func newAnswers() answers {
	return answers{index: map[[16]byte]uint64{}}
}

func (a *answers) len() int { return a.list.len() }

// get is the stored answer of a key, or nil.
func (a *answers) get(key [16]byte) *stored {
	n, ok := a.index[key]
	if !ok {
		return nil
	}
	return a.list.at(n)
}

// add stores an answer; its key is not in use.
func (a *answers) add(st stored) (number uint64) {
	before := len(a.index)
	number = a.list.push(st)
	a.index[st.key.ID] = number
	must(len(a.index) > before, "its idempotency key has an answer")
	return number
}

// store stores an answer. That of a booking whose payment is undecided changes once
// more, when it is decided: the booking knows which one it is.
func (s *State) store(st stored) {
	number := s.answers.add(st)
	if b, ok := st.what.(*Booking); ok && b.Status == Pending {
		if k := s.bookings.get(b.ID); k != nil {
			k.answer = number + 1
		}
	}
}

// settle replaces the stored answer of a booking whose payment is decided now.
func (s *State) settle(k *kept, what any) {
	if k.answer == 0 {
		return // booked without a key, or the key is older than KeyRetention
	}
	st := s.answers.list.at(k.answer - 1)
	st.version, st.what = s.version, what
	k.answer = 0
}

// forgetAnswer forgets the oldest answer. The booking may still be pending, a day
// later: its payment is then settled without anybody to be told by key.
func (s *State) forgetAnswer() {
	st := s.answers.list.front()
	if b, ok := st.what.(*Booking); ok && b.Status == Pending {
		if k := s.bookings.get(b.ID); k != nil {
			k.answer = 0
		}
	}
	delete(s.answers.index, st.key.ID)
	s.answers.list.pop()
}

// keep stores the answer to the record being applied, where it has a key. what is
// what the answer has beside its version: the stored pointer is to the immutable
// value of this version, so a later change does not reach it.
func (s *State) keep(key Key, what any) {
	if key.None() {
		return
	}
	s.store(stored{at: s.now, key: key, version: s.version, what: what})
}

// answer is the stored answer as it is told again: with the version that it had, so
// that a repeated answer is the same to the byte.
func (st *stored) answer() Answer {
	a := Answer{Version: st.version, Replayed: true, Created: st.created}
	switch what := st.what.(type) {
	case *catalog.Event:
		a.Event = what
	case *Hold:
		a.Hold = what
	case *Booking:
		a.Booking = what
	case *Refusal:
		a.Refusal = what
	}
	return a
}

// recall answers a command by its idempotency key alone, where that can be done:
// the key is known, or there is no room for another one.
func (s *State) recall(at catalog.Time, key Key) (Answer, bool) {
	if st := s.answers.get(key.ID); st != nil {
		if st.key.Body != key.Body {
			return refuse(KeyReused), true
		}
		a := st.answer()
		if s.event == nil && (a.Hold != nil || a.Booking != nil) {
			return refuse(EventNotFound), true // it can no longer be said where the tickets are
		}
		return a, true
	}
	// A record forgets old answers before it stores its own.
	if s.answers.len() >= s.bounds.keys && s.answers.list.front().at > at-KeyRetention {
		return refuse(TooManyKeys), true
	}
	return Answer{}, false
}

// keyOf is the idempotency key of a command. Reads have none: they change nothing
// and need no memory.
func keyOf(c Command) Key {
	switch c := c.(type) {
	case *PlaceHold:
		return c.By.Key
	case *Book:
		return c.By.Key
	case *ExtendHold:
		return c.By.Key
	case *SwapHold:
		return c.By.Key
	case *ReleaseHold:
		return c.By.Key
	case *CancelBooking:
		return c.By.Key
	case *DefineEvent:
		return c.By.Key
	case *RemoveEvent:
		return c.By.Key
	}
	return Key{}
}
