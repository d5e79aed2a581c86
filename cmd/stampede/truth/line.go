package truth

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
)

// line is a waiting room as the history tells it.
type line struct {
	places map[string]*place
	order  []*place // all that ever joined, in the order of the line
	head   int      // all before it were let in or are gone
	most   int      // shoppers at a time; 0: not known
	active int
	drawn  bool
	draw   *drawDoc
	drawV  uint64 // version of the draw; 0: there was none
}

// place is one place in the line. Versions are 0 where there is no such record.
type place struct {
	token    string
	taken    uint64
	admitted uint64
	ended    uint64
	rank     int // in order
}

func newLine() *line { return &line{places: map[string]*place{}} }

// apply is what a record does to the line.
func (l *line) apply(r *record, wrong func(p Property, says string, proof ...any)) {
	switch r.Type {
	case "event-defined":
		if r.Event != nil {
			l.most = r.Event.WaitingRoom.MaxActive
		}
		r.Event = nil // it is large and told all that is judged
	case "queue-steered":
		l.most = r.MaxActive
	case "queue-opened":
		l.draw = r.Draw
	case "place-taken":
		p := &place{token: r.Token, taken: r.Version, rank: len(l.order)}
		l.places[p.token] = p
		l.order = append(l.order, p)
	case "places-admitted":
		l.admit(r, wrong)
	case "place-ended":
		if p := l.places[r.Token]; p == nil || p.ended != 0 {
			wrong(AddsUp, fmt.Sprintf("place %s ends and is not there", r.Token), r)
		} else {
			p.ended = r.Version
			if p.admitted != 0 {
				l.active--
			}
		}
	case "queue-drawn":
		l.mix(r, wrong)
	}
}

// admit lets the first of the line in.
func (l *line) admit(r *record, wrong func(p Property, says string, proof ...any)) {
	for range r.Count {
		for l.head < len(l.order) && (l.order[l.head].admitted != 0 || l.order[l.head].ended != 0) {
			l.head++
		}
		if l.head == len(l.order) {
			wrong(InLine, fmt.Sprintf("%d places are let in and not so many wait", r.Count), r)
			return
		}
		l.order[l.head].admitted = r.Version
		l.active++
	}
	if l.most > 0 && l.active > l.most {
		wrong(InLine, fmt.Sprintf("%d may shop at a time, and now %d do", l.most, l.active), r)
	}
}

// mix draws the order of those who have joined, as the contract says: the shuffle of
// Fisher and Yates, from the last to the second, by numbers of SHA-256(seed ‖ counter).
func (l *line) mix(r *record, wrong func(p Property, says string, proof ...any)) {
	l.drawn, l.drawV = true, r.Version
	if l.draw == nil {
		return
	}
	seed, err := hex.DecodeString(l.draw.Seed)
	if err != nil || len(seed) != sha256.Size {
		wrong(InLine, "the seed of the draw was not published", r)
		return
	}
	if sum := sha256.Sum256(seed); hex.EncodeToString(sum[:]) != l.draw.Commitment {
		wrong(InLine, fmt.Sprintf("seed %s is not the one that was committed to with %s", l.draw.Seed,
			l.draw.Commitment), r)
	}
	next := numbers(seed)
	for i := len(l.order) - 1; i > 0; i-- {
		j := below(next, uint64(i)+1)
		l.order[i], l.order[j] = l.order[j], l.order[i]
	}
	for i, p := range l.order {
		p.rank = i
	}
}

// numbers is the stream of random numbers of a seed.
func numbers(seed []byte) func() uint64 {
	var block [sha256.Size]byte
	used, counter := 0, uint64(0)
	return func() uint64 {
		if used == 0 {
			block = sha256.Sum256(binary.BigEndian.AppendUint64(slices.Clone(seed), counter))
			counter++
		}
		x := binary.BigEndian.Uint64(block[used:])
		used = (used + 8) % len(block)
		return x
	}
}

// below is a number below n. Numbers of the last run of 2^64 that is not whole are
// left out: no order is likelier.
func below(next func() uint64, n uint64) uint64 {
	for rest := -n % n; ; {
		if x := next(); rest == 0 || x < -rest {
			return x % n
		}
	}
}

// state is what a place is at a version: "", waiting, admitted or ended.
func (p *place) state(version uint64) string {
	switch {
	case version < p.taken:
		return ""
	case p.ended != 0 && version >= p.ended:
		return "ended"
	case p.admitted != 0 && version >= p.admitted:
		return "admitted"
	}
	return "waiting"
}
