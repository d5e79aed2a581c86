package sale

import "encoding/binary"

// bookingSet is the bookings, by id, and those of them that the payer owes something.
//
// A map of a hundred thousand ids is not in a processor's cache, and a look into it
// costs as much as a third of a decision. So there is one map, what else there is to
// know of a booking stands beside it, and what was asked for lately is found without
// it: a booking is asked for five times within a few milliseconds, and then hardly
// ever again.
type bookingSet struct {
	index  map[ID]*kept
	recent []*kept // by the first bits of their ids, which are random; a power of two; entries may be nil
	first  *kept   // of those with a Task, in no order that means anything
	owed   int     // how many they are
}

// The sizes of recent: of a small set, whose map is in the cache, it finds what Decide
// has found for Apply; of a large one, the bookings whose payment is under way.
const (
	fewRecent  = 1
	manyRecent = 1024
	largeSet   = 4096
)

// kept is a booking, and what hangs on it. A capture changes nothing but a mark: so
// the stored answer of the booking's key, which tells of the booking as it was when
// it was confirmed, shares the Booking, and a sold out arena has each of them once and
// not twice. A kept is the owner's; the Bookings that it gives out are immutable.
type kept struct {
	*Booking          // as it is now, but for taken
	taken      bool   // its money was captured since
	prev, next *kept  // of those with a Task
	answer     uint64 // number of its stored answer plus one, while its payment is undecided; 0: none
}

// now is the booking as it is now, for whoever is told of it: of a captured one, a
// new Booking each time, for hardly anybody asks.
func (k *kept) now() *Booking {
	if k.taken {
		return k.Booking.captured()
	}
	return k.Booking
}

// Task is what the payer owes the booking now.
func (k *kept) Task() Task {
	if k.taken {
		return NoTask
	}
	return k.Booking.Task()
}

func newBookingSet() bookingSet {
	return bookingSet{index: map[ID]*kept{}, recent: make([]*kept, fewRecent)}
}

// place is where a booking stands if it is a recent one.
func (s *bookingSet) place(id ID) **kept {
	return &s.recent[int(binary.LittleEndian.Uint16(id[:]))&(len(s.recent)-1)]
}

// get is the booking with an id, or nil.
func (s *bookingSet) get(id ID) *kept {
	place := s.place(id)
	if k := *place; k != nil && k.ID == id {
		return k
	}
	k := s.index[id]
	if k != nil {
		*place = k
	}
	return k
}

// add takes in a booking whose id is not in use: else it panics.
func (s *bookingSet) add(b *Booking) {
	k, before := &kept{}, len(s.index)
	s.index[b.ID] = k // once, not after a look
	must(len(s.index) > before, "the booking's id is in use")
	s.replace(k, b)
	if before == largeSet {
		s.recent = make([]*kept, manyRecent)
	}
	*s.place(b.ID) = k
}

// replace sets what a booking is now, and with it whether the payer owes it something.
func (s *bookingSet) replace(k *kept, b *Booking) {
	owed := k.Booking != nil && k.Task() != NoTask
	k.Booking, k.taken = b, false
	if owes := b.Task() != NoTask; owes != owed {
		s.owe(k, owes)
	}
}

// capture notes that a booking's money was taken: nothing is owed any more.
func (s *bookingSet) capture(k *kept) {
	s.owe(k, false)
	k.taken = true
}

// owe puts a booking on the list of those with a Task, or takes it off.
func (s *bookingSet) owe(k *kept, owes bool) {
	if owes {
		k.next = s.first
		if k.next != nil {
			k.next.prev = k
		}
		s.first = k
		s.owed++
		return
	}
	if k.prev != nil {
		k.prev.next = k.next
	} else {
		s.first = k.next
	}
	if k.next != nil {
		k.next.prev = k.prev
	}
	k.prev, k.next = nil, nil
	s.owed--
}

// remove forgets a booking without a Task.
func (s *bookingSet) remove(id ID) {
	delete(s.index, id)
	if place := s.place(id); *place != nil && (*place).ID == id {
		*place = nil
	}
}

// foresight is what a decision made of a booking. It spares Apply to make it again;
// it is no part of the state.
type foresight struct {
	record  Record
	was, is *Booking
}

// foresee notes what a record will make of a booking, and gives it back. Decide calls
// it: to forget it, or to note something else meanwhile, changes no answer.
func (s *State) foresee(r Record, was, is *Booking) *Booking {
	s.foresight = foresight{r, was, is}
	return is
}

// foreseen is what the record makes of the booking, where that was decided last of
// all and the booking is what it was then; else nil.
func (s *State) foreseen(r Record, k *kept) *Booking {
	if f := &s.foresight; f.record == r && f.was == k.Booking {
		return f.is
	}
	return nil
}
