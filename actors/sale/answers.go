package sale

import "boxoffice/actors/sale/catalog"

// answers are the stored answers of idempotency keys, oldest first. Records come in
// the order of time, so the oldest is always in front, and to forget is to pop.
// Only the answer of a pending booking changes later; its age does not, because a
// key is as old as its first use.
type answers struct {
	list  queue[StoredAnswer]
	index map[[16]byte]uint64 // Key.ID to number in list
}

// StoredAnswer is the answer kept for an idempotency key, as small as can be: there may
// be MaxKeys of them. A State has a *kept in it where a checkpoint has a BookingRef.
type StoredAnswer struct {
	At      catalog.Time // of the key's first use
	Key     Key
	Version uint64 // of the answer
	What    any    // of the answer: *catalog.Event, *Hold, *Booking, *BookingRef, *Refusal or nil
	Created bool   // of the answer
}

// BookingRef stands for the booking with an id, as it was confirmed: a checkpoint has that
// among its bookings, and most stored answers are such ones.
type BookingRef ID

func newAnswers() answers {
	return answers{index: map[[16]byte]uint64{}}
}

func (a *answers) len() int { return a.list.len() }

// get is the stored answer of a key, or nil.
func (a *answers) get(key [16]byte) *StoredAnswer {
	n, ok := a.index[key]
	if !ok {
		return nil
	}
	return a.list.at(n)
}

// add stores an answer; its key is not in use.
func (a *answers) add(st StoredAnswer) (number uint64) {
	before := len(a.index)
	number = a.list.push(st)
	a.index[st.Key.ID] = number
	must(len(a.index) > before, "its idempotency key has an answer")
	return number
}

// store stores an answer. That of a booking whose payment is undecided changes once
// more, when it is decided: the booking knows which one it is.
func (s *State) store(st StoredAnswer) {
	var pending *kept
	switch what := st.What.(type) {
	case *BookingRef:
		k := s.bookings.get(ID(*what))
		must(k != nil, "an answer is a booking that is not there")
		st.What, k.answer = k, told
	case *Booking:
		switch k := s.bookings.get(what.ID); {
		case k == nil: // it was forgotten
		case what.Status == Pending:
			pending = k
		case what.Status == BookingConfirmed: // a checkpoint of an earlier version has it whole
			st.What, k.answer = k, told
		}
	}
	number := s.answers.add(st)
	if pending != nil {
		pending.answer = number + 1
	}
}

// settle replaces the stored answer of a booking whose payment is decided now.
func (s *State) settle(k *kept, what any) {
	if k.answer == 0 {
		return // booked without a key, or the key is older than KeyRetention
	}
	st := s.answers.list.at(k.answer - 1)
	st.Version, st.What = s.version, what
	if k.answer = 0; what == k {
		k.answer = told
	}
}

// forgetAnswer forgets the oldest answer. The booking may still be pending, a day
// later: its payment is then settled without anybody to be told by key.
func (s *State) forgetAnswer() {
	st := s.answers.list.front()
	switch what := st.What.(type) {
	case *Booking:
		if k := s.bookings.get(what.ID); k != nil && what.Status == Pending {
			k.answer = 0
		}
	case *kept:
		what.untell()
	}
	delete(s.answers.index, st.Key.ID)
	s.answers.list.pop()
}

// keep stores the answer to the record being applied, where it has a key. what is
// what the answer has beside its version: the stored pointer is to the immutable
// value of this version, so a later change does not reach it.
func (s *State) keep(key Key, what any) {
	if key.None() {
		return
	}
	s.store(StoredAnswer{At: s.now, Key: key, Version: s.version, What: what})
}

// Answer is the stored answer as it is told again: with the version that it had, so
// that a repeated answer is the same to the byte. Of a BookingRef it has the id alone.
func (st *StoredAnswer) Answer() Answer {
	a := Answer{Version: st.Version, Replayed: true, Created: st.Created}
	switch what := st.What.(type) {
	case *catalog.Event:
		a.Event = what
	case *Hold:
		a.Hold = what
	case *Booking:
		a.Booking = what
	case *BookingRef:
		a.Booking = &Booking{ID: ID(*what)}
	case *kept:
		a.Booking = what.now().asConfirmed()
	case *Refusal:
		a.Refusal = what
	}
	return a
}

// recall answers a command by its idempotency key alone, where that can be done:
// the key is known, or there is no room for another one.
func (s *State) recall(at catalog.Time, key Key) (Answer, bool) {
	if st := s.answers.get(key.ID); st != nil {
		if st.Key.Body != key.Body {
			return refuse(KeyReused), true
		}
		a := st.Answer()
		if s.event == nil && (a.Hold != nil || a.Booking != nil) {
			return refuse(EventNotFound), true // it can no longer be said where the tickets are
		}
		return a, true
	}
	// A record forgets old answers before it stores its own.
	if s.answers.len() >= s.bounds.keys && s.answers.list.front().At > at-KeyRetention {
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
