package sale

import (
	"encoding/binary"
	"math"

	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/slab"
)

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
	made   slab.Of[kept]
	texts  slab.Texts // of those that are packed
}

// The sizes of recent: of a small set, whose map is in the cache, it finds what Decide
// has found for Apply; of a large one, the bookings whose payment is under way.
const (
	fewRecent  = 1
	manyRecent = 1024
	largeSet   = 4096
)

// kept is a booking, and what hangs on it. The stored answer of its key, which tells of
// the booking as it was when it was confirmed, is the kept itself: so a sold out arena
// has each booking once and not twice. A kept is the owner's; the Bookings that it gives
// out are immutable.
type kept struct {
	open       *Booking // as it is now; nil: it is packed
	packed     packed   // one that is sold and paid for
	prev, next *kept    // of those with a Task; they are open
	answer     uint64   // number of its stored answer plus one, while its payment is undecided; 0: none; told or gone
}

// Answers of a kept that are no numbers.
const (
	gone = math.MaxUint64 - iota // it was forgotten; the stored answer may be there still
	told                         // a stored answer is the kept itself
)

// untell is for the kept whose stored answer was forgotten.
func (k *kept) untell() {
	if k.answer == gone {
		k.empty()
		return
	}
	k.answer = 0
}

// empty lets go of what nobody asks for any more: the kept itself is there as long as
// those beside it.
func (k *kept) empty() { k.open, k.packed = nil, "" }

// now is the booking as it is now: of a packed one a new Booking each time, for hardly
// anybody asks.
func (k *kept) now() *Booking {
	if k.open == nil {
		return k.packed.booking()
	}
	return k.open
}

// set says what a booking is now.
func (s *bookingSet) set(k *kept, b *Booking) {
	if b.paid() {
		s.pack(k, b)
	} else {
		k.open, k.packed = b, ""
	}
}

// pack is set for a booking that is paid for; it does not keep b, which is best made on
// the stack.
func (s *bookingSet) pack(k *kept, b *Booking) { k.open, k.packed = nil, pack(b, &s.texts) }

// seat gives a booking, which is b now, its tickets in another plan.
func (s *bookingSet) seat(k *kept, b *Booking, seats []inventory.Ticket) {
	next := *b
	next.seats = seats
	if next.paid() {
		s.pack(k, &next)
		return
	}
	open := next
	k.open = &open
}

// copy is a kept of its own, in no list.
func (k *kept) copy() kept { return kept{open: k.open, packed: k.packed, answer: k.answer} }

// id is the booking's id.
func (k *kept) id() ID {
	if k.open == nil {
		return k.packed.id()
	}
	return k.open.ID
}

// task is what the payer owes the booking now.
func (k *kept) task() Task {
	if k.open == nil {
		return NoTask
	}
	return k.open.Task()
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
	if k := *place; k != nil && k.id() == id {
		return k
	}
	k := s.index[id]
	if k != nil {
		*place = k
	}
	return k
}

// add takes in a booking whose id is not in use, else it panics. It stays open.
func (s *bookingSet) add(b *Booking) {
	k, before := s.made.New(), len(s.index)
	k.open = b
	s.index[b.ID] = k // once, not after a look
	must(len(s.index) > before, "the booking's id is in use")
	if b.Task() != NoTask {
		s.owe(k, true)
	}
	if before == largeSet {
		s.recent = make([]*kept, manyRecent)
	}
	*s.place(b.ID) = k
}

// replace sets what a booking is now, and with it whether the payer owes it something.
func (s *bookingSet) replace(k *kept, b *Booking) {
	owed, owes := k.task() != NoTask, b.Task() != NoTask
	if s.set(k, b); owes != owed {
		s.owe(k, owes)
	}
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

// capture is replace by what the booking is once its money was taken: of nearly all
// bookings that is the end, and none is made only to be packed.
func (s *bookingSet) capture(k *kept) {
	s.owe(k, false)
	s.pack(k, k.open.captured())
}

// remove forgets a booking without a Task.
func (s *bookingSet) remove(id ID) {
	k := s.index[id]
	delete(s.index, id)
	if place := s.place(id); *place == k {
		*place = nil
	}
	if k.answer != told {
		k.empty()
	}
	k.answer = gone
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
	if f := &s.foresight; f.record == r && f.was == k.open {
		return f.is
	}
	return nil
}
