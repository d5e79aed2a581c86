package waitroom

import "encoding/binary"

// index finds numbers by a key of 16 bytes, of which the places have the only copy. The
// keys are random or hashes, so that their bits need no mixing: the first byte chooses
// one of 256 tables with open addressing, the next eight a slot. A table that grows
// copies one 256th of all.
type index struct {
	key   func(n uint32) *[16]byte
	parts [256]part
}

// part is one table. A slot has a number plus one; 0 is free.
type part struct {
	slots []uint32
	used  int
}

// slotOf is where the search for a key begins: bits that the choice of the table has
// not used.
func slotOf(key *[16]byte, mask uint32) uint32 {
	return uint32(binary.LittleEndian.Uint64(key[1:9])>>16) & mask
}

// find is the number with a key.
func (x *index) find(key *[16]byte) (n uint32, ok bool) {
	p := &x.parts[key[0]]
	if p.used == 0 {
		return 0, false
	}
	mask := uint32(len(p.slots) - 1)
	for i := slotOf(key, mask); p.slots[i] != 0; i = (i + 1) & mask {
		if n := p.slots[i] - 1; *x.key(n) == *key {
			return n, true
		}
	}
	return 0, false
}

// add adds a number under a key that is not there.
func (x *index) add(key *[16]byte, n uint32) {
	p := &x.parts[key[0]]
	if p.used >= len(p.slots)*3/4 {
		x.grow(p)
	}
	p.put(key, n)
	p.used++
}

// put writes a number into the first free slot from its own on.
func (p *part) put(key *[16]byte, n uint32) {
	mask := uint32(len(p.slots) - 1)
	i := slotOf(key, mask)
	for p.slots[i] != 0 {
		i = (i + 1) & mask
	}
	p.slots[i] = n + 1
}

// grow doubles a table: at three quarters a search looks at two or three slots.
func (x *index) grow(p *part) {
	old := p.slots
	p.slots = make([]uint32, max(8, 2*len(old)))
	for _, s := range old {
		if s != 0 {
			p.put(x.key(s-1), s-1)
		}
	}
}

// remove removes a key that is there, and moves those behind it up: a free slot ends
// every search.
func (x *index) remove(key *[16]byte) {
	p := &x.parts[key[0]]
	mask := uint32(len(p.slots) - 1)
	i := slotOf(key, mask)
	for ; *x.key(p.slots[i] - 1) != *key; i = (i + 1) & mask {
		must(p.slots[i] != 0, "the index has no such key")
	}
	for j := (i + 1) & mask; p.slots[j] != 0; j = (j + 1) & mask {
		home := slotOf(x.key(p.slots[j]-1), mask)
		if (j-home)&mask >= (j-i)&mask {
			p.slots[i] = p.slots[j]
			i = j
		}
	}
	p.slots[i] = 0
	p.used--
}
