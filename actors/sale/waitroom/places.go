package waitroom

// blockLen is how many places a block has.
const blockLen = 4096

// place is a Place as it is kept: 56 bytes.
type place struct {
	token  ID
	who    Who
	at     int64
	rank   uint32
	busy   uint16 // at most 1<<15
	state  State
	reason Reason // of a gone place
	parked bool   // its session is not in the heap, see sessions
}

// block is places with consecutive numbers.
type block struct {
	places [blockLen]place
	// seen is when somebody was at each, in seconds since the room's first such time,
	// rounded up: nobody lapses before his time.
	seen [blockLen]uint32
	// gone is how many of its places are, and goneAt when the last of them went.
	gone   int
	goneAt int64
}

// places are all places by number. Blocks come at the end and go at the front: no
// place is ever copied.
type places struct {
	blocks []*block
	first  uint32 // number of the first place of blocks[0]
	next   uint32 // number of the next place
	epoch  int64  // milliseconds: what seen counts from
}

func (s *places) len() int { return int(s.next - s.first) }

// at is the place with a number that is in memory.
func (s *places) at(n uint32) *place {
	i := n - s.first
	return &s.blocks[i/blockLen].places[i%blockLen]
}

func (s *places) block(n uint32) *block { return s.blocks[(n-s.first)/blockLen] }

func (s *places) add(p place) (number uint32) {
	n := s.next
	must(n < 1<<32-1, "there is no number left")
	if int((n-s.first)/blockLen) == len(s.blocks) {
		s.blocks = append(s.blocks, new(block))
	}
	s.next++
	*s.at(n) = p
	return n
}

// gone counts a place that has gone.
func (s *places) gone(n uint32) {
	b := s.block(n)
	b.gone++
	b.goneAt = max(b.goneAt, s.at(n).at)
}

// oldestGone reports whether the oldest block, and all that have numbers below mixed,
// are gone since before.
func (s *places) oldestGone(before int64, mixed uint32) bool {
	for i, b := range s.blocks {
		if b.gone < blockLen || b.goneAt > before {
			return false
		}
		if s.first+uint32(i+1)*blockLen >= mixed {
			return true
		}
	}
	return false
}

// oldest are the first number of the oldest block, and the first of the next.
func (s *places) oldest() (from, to uint32) { return s.first, s.first + blockLen }

// drop forgets the oldest block.
func (s *places) drop() {
	s.blocks[0] = nil
	s.blocks = s.blocks[1:]
	s.first += blockLen
}

func (s *places) each(f func(n uint32, p *place)) {
	for n := s.first; n < s.next; n++ {
		f(n, s.at(n))
	}
}

// see notes when somebody was at a place.
func (s *places) see(n uint32, at int64) {
	if s.epoch == 0 {
		s.epoch = at
	}
	s.block(n).seen[(n-s.first)%blockLen] = uint32((max(at-s.epoch, 0) + 999) / 1000)
}

// seen is when somebody was at a place, to the second after.
func (s *places) seen(n uint32) int64 {
	return s.epoch + 1000*int64(s.block(n).seen[(n-s.first)%blockLen])
}

func (s *places) seeAll(at int64) {
	s.epoch = at
	for _, b := range s.blocks {
		clear(b.seen[:])
	}
}
