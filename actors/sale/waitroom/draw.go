package waitroom

import (
	"crypto/sha256"
	"encoding/binary"
)

// Mix is the draw: an order of the numbers from first to first+n-1, by nothing but
// them and the seed. It is the shuffle of Fisher and Yates, from the last to the
// second, with j of the i+1 candidates (j from 0 to i) taken as a number below i+1 from
// a stream of random numbers. The stream is SHA-256(seed ‖ counter), with the counter
// from 0 as 8 bytes big endian, each hash read as four numbers of 64 bits, big endian.
// A number x gives j = x mod (i+1), unless x is in the last incomplete run of i+1
// numbers below 2^64: then the next number is taken, so that no order is likelier.
//
// D. E. Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm P.
func Mix(seed [32]byte, first, n uint32) []uint32 {
	order := make([]uint32, n)
	for i := range order {
		order[i] = first + uint32(i)
	}
	s := stream{seed: seed}
	for i := len(order) - 1; i > 0; i-- {
		j := s.below(uint64(i) + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// stream is the random numbers of a seed.
type stream struct {
	seed    [32]byte
	counter uint64
	block   [32]byte
	used    int // of block; 0: all of it
}

func (s *stream) next() uint64 {
	if s.used == 0 {
		var in [40]byte
		copy(in[:], s.seed[:])
		binary.BigEndian.PutUint64(in[32:], s.counter)
		s.block = sha256.Sum256(in[:])
		s.counter++
	}
	x := binary.BigEndian.Uint64(s.block[s.used:])
	s.used = (s.used + 8) % len(s.block)
	return x
}

// below is a number below n, each as likely as any other.
func (s *stream) below(n uint64) uint64 {
	rest := -n % n // 2^64 mod n
	for {
		if x := s.next(); x < -rest || rest == 0 {
			return x % n
		}
	}
}

// Draw mixes all places that are in the room: their positions are told from now on.
func (r *Room) Draw() {
	must(r.open && !r.drawn, "there was a draw, or the room is not open")
	r.drawn = true
	first, n := r.places.first, uint32(r.places.len())
	if n == 0 {
		return
	}
	order := Mix(r.seed, first, n)
	for i, number := range order {
		r.places.at(number).rank = first + uint32(i)
	}
	r.line.mix(first, order, func(number uint32) bool { return r.places.at(number).state == Waiting })
}
