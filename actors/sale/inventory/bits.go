package inventory

import "math/bits"

// bitSet is a bit a ticket. Searches in it go a word of 64 at a time; bits behind the
// last ticket are always clear, and no search relies on that.
type bitSet []uint64

// newBitSet has n bits, all clear.
func newBitSet(n int) bitSet { return make(bitSet, (n+wordBits-1)/wordBits) }

// has reads the bit of a ticket.
func (b bitSet) has(t Ticket) bool { return b[t/wordBits]>>(t%wordBits)&1 != 0 }

// add sets it.
func (b bitSet) add(t Ticket) { b[t/wordBits] |= 1 << (t % wordBits) }

// drop clears it.
func (b bitSet) drop(t Ticket) { b[t/wordBits] &^= 1 << (t % wordBits) }

// fill sets the first n bits.
func (b bitSet) fill(n int) {
	for i := range b {
		b[i] = ^uint64(0)
	}
	if n%wordBits != 0 {
		b[len(b)-1] = 1<<(n%wordBits) - 1
	}
}

// nextSet is the first set bit from a place on; end where there is none before it.
func (b bitSet) nextSet(from, end Ticket) Ticket {
	for from < end {
		if w := b[from/wordBits] >> (from % wordBits); w != 0 {
			return min(end, from+Ticket(bits.TrailingZeros64(w)))
		}
		from = (from/wordBits + 1) * wordBits
	}
	return end
}

// nextClear is the first clear bit from a place on; end where there is none before it.
func (b bitSet) nextClear(from, end Ticket) Ticket {
	for from < end {
		if w := ^b[from/wordBits] >> (from % wordBits); w != 0 {
			return min(end, from+Ticket(bits.TrailingZeros64(w)))
		}
		from = (from/wordBits + 1) * wordBits
	}
	return end
}

// runStart is where the run of set bits that ends before t starts; first at the
// earliest, t where the bit before t is clear.
func (b bitSet) runStart(first, t Ticket) Ticket {
	for t > first {
		last := t - 1
		// Taken tickets as ones, the last one on top: zeros above the first are the run.
		w := ^b[last/wordBits] << (wordBits - 1 - last%wordBits)
		if w != 0 {
			return max(first, t-Ticket(bits.LeadingZeros64(w)))
		}
		t = last / wordBits * wordBits
	}
	return first
}

// longest is the length of the longest run of set bits from first to end-1. It
// stops early at a run of enough bits.
func (b bitSet) longest(first, end Ticket, enough uint32) uint32 {
	most := uint32(0)
	for at := b.nextSet(first, end); at < end; {
		stop := b.nextClear(at, end)
		if most = max(most, uint32(stop-at)); most >= enough {
			break
		}
		at = b.nextSet(stop, end)
	}
	return most
}
