package columns

import "hash/maphash"

// ids finds ordinals by id: an open-addressed table of numbers. The ids themselves are
// in the rows, so an event costs it about 8 bytes instead of a map's 50.
type ids struct {
	seed  maphash.Seed
	slots []uint32 // 0: never used; 1: was used; else the ordinal and 2
	used  int      // slots that are not 0
}

// Marks of slots.
const (
	slotFree = iota
	slotGone
	slotFirst // the slot of ordinal 0
)

// newIDs has no ids.
func newIDs() ids { return ids{seed: maphash.MakeSeed(), slots: make([]uint32, 1024)} }

// find gives the slot where an id is, or else None.
func (x *ids) find(id string, idOf func(ordinal uint32) string) uint32 {
	mask := uint64(len(x.slots) - 1)
	for at := maphash.String(x.seed, id) & mask; ; at = (at + 1) & mask {
		switch s := x.slots[at]; s {
		case slotFree:
			return None
		case slotGone:
		default:
			if idOf(s-slotFirst) == id {
				return uint32(at)
			}
		}
	}
}

// get gives the ordinal of an id, or else None.
func (x *ids) get(id string, idOf func(ordinal uint32) string) uint32 {
	at := x.find(id, idOf)
	if at == None {
		return None
	}
	return x.slots[at] - slotFirst
}

// add enters an ordinal whose id is not there.
func (x *ids) add(ordinal uint32, idOf func(ordinal uint32) string) {
	if (x.used+1)*4 > len(x.slots)*3 {
		x.grow(idOf)
	}
	x.place(ordinal, idOf(ordinal))
}

// reserve makes a table without ids have room for n.
func (x *ids) reserve(n int) {
	size := 1024
	for size < n*2 {
		size *= 2
	}
	x.slots = make([]uint32, size)
}

// addNew enters an ordinal in a table that has room, and no ids that are gone. It is false
// where the id is there.
func (x *ids) addNew(ordinal uint32, idOf func(ordinal uint32) string) bool {
	id := idOf(ordinal)
	mask := uint64(len(x.slots) - 1)
	at := maphash.String(x.seed, id) & mask
	for ; x.slots[at] != slotFree; at = (at + 1) & mask {
		if idOf(x.slots[at]-slotFirst) == id {
			return false
		}
	}
	x.slots[at] = ordinal + slotFirst
	x.used++
	return true
}

// place enters an ordinal in a table that has room.
func (x *ids) place(ordinal uint32, id string) {
	mask := uint64(len(x.slots) - 1)
	at := maphash.String(x.seed, id) & mask
	for x.slots[at] != slotFree {
		at = (at + 1) & mask
	}
	x.slots[at] = ordinal + slotFirst
	x.used++
}

// grow makes a table of twice as many slots as there are ids, or more, without those
// that are gone.
func (x *ids) grow(idOf func(ordinal uint32) string) {
	old, live := x.slots, 0
	for _, s := range old {
		if s >= slotFirst {
			live++
		}
	}
	size := 1024
	for size < live*2 {
		size *= 2
	}
	x.slots, x.used = make([]uint32, size), 0
	for _, s := range old {
		if s >= slotFirst {
			x.place(s-slotFirst, idOf(s-slotFirst))
		}
	}
}

// remove takes an id out.
func (x *ids) remove(id string, idOf func(ordinal uint32) string) {
	if at := x.find(id, idOf); at != None {
		x.slots[at] = slotGone
	}
}
