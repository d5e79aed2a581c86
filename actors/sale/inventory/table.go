package inventory

import "math/bits"

// valueBits is how many bits of a slot hold the value; the other 14 hold a part
// of the hash, so that a lookup compares texts about once.
const valueBits = 18

// maxValue bounds the values of a table, and so the tickets of a Plan: 262,142.
const maxValue = 1<<valueBits - 2

// table finds numbers by the hash of a text that it does not keep: the caller
// compares. It is open addressing with linear probing, four bytes a slot, three
// quarters full. Entries are never removed. An empty table finds nothing.
//
// The hash is fixed and not secret: who may define events can make ids that
// collide and so slow down his own event. Buyers cannot, since nothing they send
// is ever put in.
type table struct {
	slots []uint32 // 0: empty; else value+1 and, above it, a part of the hash
}

// newTable has room for n entries. The number of slots need not be a power of two, so
// a table is three quarters full whatever the size of the house.
func newTable(n int) table {
	if n == 0 {
		return table{}
	}
	return table{slots: make([]uint32, n+n/3+1)}
}

// put adds a value. The caller puts no more than newTable was told.
func (t *table) put(hash uint64, value uint32) {
	at := t.home(hash)
	for t.slots[at] != 0 {
		at = t.after(at)
	}
	t.slots[at] = mark(hash)<<valueBits | (value + 1)
}

// home is where the search for a hash starts: the hash scaled to the size.
func (t *table) home(hash uint64) int {
	hi, _ := bits.Mul64(hash, uint64(len(t.slots)))
	return int(hi)
}

// after is the slot behind a slot, around the end.
func (t *table) after(at int) int {
	if at++; at == len(t.slots) {
		return 0
	}
	return at
}

// mark is the part of a hash that a slot keeps. It comes from the low end, the
// home slot from the high end.
func mark(hash uint64) uint32 { return uint32(hash) >> valueBits }

// probe goes through the values that may belong to a hash.
type probe struct {
	table *table
	at    int    // the slot to look at next
	mark  uint32 // only slots with this mark are worth a comparison
}

// find starts a search.
func (t *table) find(hash uint64) probe {
	return probe{table: t, at: t.home(hash), mark: mark(hash)}
}

// next is the next value to compare; false where the search is over. It ends because
// a quarter of the slots is empty.
func (p *probe) next() (uint32, bool) {
	if len(p.table.slots) == 0 {
		return 0, false
	}
	for {
		slot := p.table.slots[p.at]
		if slot == 0 {
			return 0, false
		}
		p.at = p.table.after(p.at)
		if slot>>valueBits == p.mark {
			return slot&(1<<valueBits-1) - 1, true
		}
	}
}

// Two odd constants with as many ones as zeros, well mixed.
const (
	mix1 = 0x9E3779B97F4A7C15
	mix2 = 0xD6E8FEB86659FD93
)

// hash is a fixed function of a text: eight bytes at a time, multiplied to 128
// bits and folded, as the fast hashes without tables do.
func hash[T string | []byte](s T) uint64 {
	h := uint64(len(s)) * mix1
	for len(s) >= 8 {
		h = fold(h^word(s), mix1)
		s = s[8:]
	}
	var tail uint64
	for i := len(s) - 1; i >= 0; i-- {
		tail = tail<<8 | uint64(s[i])
	}
	return fold(fold(h^tail, mix2), mix1)
}

// word is the first eight bytes of a text.
func word[T string | []byte](s T) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// fold multiplies to 128 bits and mixes the halves. The constant keeps zero from
// being a dead end.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^mix2, b)
	return hi ^ lo
}
