package suggest

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// exactly is what names that are all of the text have before all others: more than
	// everything else together.
	exactly = 4
	// beginning is what names have that begin with the text, "the" left out: as much as
	// being half as far away.
	beginning = 0.25
)

// finder is one Find.
type finder struct {
	x     *Index
	p     *part
	words []string // but for the one whose run is looked through
	need  uint32   // their masks
	text  string   // the whole of what was typed, and a line end
	near  *Point
	width float64 // metres of a degree of longitude, at the least, within Reach of near
	k     int
	found []candidate // best first
}

// candidate is an entry that may be among the best.
type candidate struct {
	Match
	score float64
}

// Find gives the entries that have, for each word of text, a word that begins so, in
// any order; at most k, at most MaxFound. Text is plain, like Entry.Forms. Names that
// are all of text come first, then by popularity, with near also nearness, and something
// for names that begin with text; equals by name. Each entry is there once.
func (x *Index) Find(text string, near *Point, k int) []Match {
	words := strings.FieldsFunc(text, isBlank)
	if len(words) == 0 || k < 1 {
		return nil
	}
	words = words[:min(len(words), MaxWords)]
	if !near.valid() {
		near = nil
	}
	f := finder{x: x, near: near, k: min(k, MaxFound), text: strings.Join(words, " ") + "\n"}
	if near != nil {
		f.width = narrowest(near.Lat)
	}
	f.found = make([]candidate, 0, f.k+1)
	for _, p := range []*part{x.base, x.over} {
		f.p = p
		f.search(words)
	}
	out := make([]Match, len(f.found))
	for i := range f.found {
		out[i] = f.found[i].Match
	}
	return out
}

// search looks through a part.
func (f *finder) search(words []string) {
	least, at, from, to := len(f.p.starts)+1, 0, 0, 0
	for i, w := range words {
		if low, high := f.p.run(w); high-low < least {
			least, at, from, to = high-low, i, low, high
		}
	}
	if least == 0 {
		return
	}
	f.words, f.need = slices.Delete(slices.Clone(words), at, at+1), 0
	for _, w := range f.words {
		f.need |= mask(w)
	}
	f.exact()
	f.begun()
	all := span{from, to, 0}
	f.popular(all, f.p.best[words[at]], func(_, rank uint32) bool { return f.hasRest(rank) })
	f.nearby(all, func(s *spot) bool { return f.hasRest(s.owner) })
}

// span is a run, [low, high) of starts, and what its entries have beside popularity and
// nearness.
type span struct {
	low, high int
	more      float64
}

// begun takes names that begin with the text.
func (f *finder) begun() {
	text := f.text[:len(f.text)-1]
	low, high := f.p.run(text)
	s := span{low, high, beginning}
	f.popular(s, f.p.heads[text], func(start, _ uint32) bool { return f.p.isHead(start) })
	f.nearby(s, func(s *spot) bool { return f.p.isHead(f.p.starts[s.place]) })
}

// hasRest tells whether an entry has all words but the one that its run is of.
func (f *finder) hasRest(rank uint32) bool {
	return f.p.masks[rank]&f.need == f.need && f.p.has(rank, f.words)
}

// exact takes names that are all of the text.
func (f *finder) exact() {
	low, high := f.p.run(f.text)
	for i := low; i < high; i++ {
		if f.p.begins(f.p.starts[i]) && f.here(f.p.owners[i]) {
			f.offer(f.p.owners[i], exactly)
		}
	}
}

// popular takes the best by popularity of a run that fit. kept are the best of it that
// need not be asked, nil where there are none.
func (f *finder) popular(s span, kept []uint32, fits func(start, rank uint32) bool) {
	var best ranks
	low, high := s.low, s.high
	if kept != nil && (len(f.words) == 0 || s.more > 0) {
		for _, rank := range kept {
			if f.here(rank) && best.n < f.k {
				best.offer(rank, f.k)
			}
		}
		if best.n == f.k || len(kept) < ready {
			low = high // the overlay did not take so many that those of the run are needed
		}
	}
	for i, rank := range f.p.owners[low:high] {
		if best.n == f.k && rank >= best.list[f.k-1] {
			continue
		}
		if f.here(rank) && fits(f.p.starts[low+i], rank) {
			best.offer(rank, f.k)
		}
	}
	for _, rank := range best.list[:best.n] {
		f.offer(rank, s.more)
	}
}

// nearby takes what is good by nearness, of the words of a run that are near and fit.
func (f *finder) nearby(r span, fits func(*spot) bool) {
	if f.near == nil || r.low == r.high {
		return
	}
	low, high := uint32(r.low), uint32(r.high)
	f.p.around(*f.near, func(spots []spot) {
		i, _ := slices.BinarySearchFunc(spots, low, func(s spot, low uint32) int { return cmp.Compare(s.place, low) })
		for ; i < len(spots) && spots[i].place < high; i++ {
			s := &spots[i]
			if len(f.found) == f.k && f.atMost(s)+r.more < f.found[f.k-1].score {
				continue
			}
			if f.here(s.owner) && fits(s) {
				f.offer(s.owner, r.more)
			}
		}
	})
}

// atMost gives a score that a spot's entry does not exceed without being all of the
// text. It is much cheaper than the distance, and close to it.
func (f *finder) atMost(s *spot) float64 {
	return float64(s.popularity) + Nearness*max(0, 1-f.atLeast(s)/Reach)
}

// here says whether an entry of the part is not gone.
func (f *finder) here(rank uint32) bool { return f.p != f.x.base || !f.x.isGone(rank) }

// offer takes an entry if it is among the best k.
func (f *finder) offer(rank uint32, more float64) {
	c := candidate{Match{&f.p.entries[rank], -1}, more}
	c.score += float64(c.Popularity)
	if f.near != nil && c.At != nil {
		c.Distance = f.x.distance(*f.near, *c.At)
		c.score += Nearness * max(0, 1-c.Distance/Reach)
	}
	if len(f.found) == f.k && !c.before(&f.found[f.k-1]) {
		return
	}
	i := len(f.found)
	for j := range f.found {
		if f.found[j].Entry == c.Entry {
			return
		}
		if i == len(f.found) && c.before(&f.found[j]) {
			i = j
		}
	}
	if len(f.found) == f.k {
		f.found = f.found[:f.k-1]
	}
	f.found = slices.Insert(f.found, i, c)
}

// before is the order of what is found.
func (c *candidate) before(o *candidate) bool {
	if c.score != o.score {
		return c.score > o.score
	}
	return before(c.Entry, o.Entry) < 0
}
