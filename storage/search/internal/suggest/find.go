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

	reached   []reached // of the last span that was looked for nearby
	reachedOf string    // its text
}

// candidate is an entry that may be among the best.
type candidate struct {
	*thing
	distance float64 // metres; below 0: not known
	score    float64
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
		out[i] = f.found[i].match(f.found[i].distance)
	}
	return out
}

// search looks through a part.
func (f *finder) search(words []string) {
	f.reached = nil
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
	text := f.text[:len(f.text)-1]
	low, high := f.p.run(text)
	begun := span{text: text, low: low, high: high, more: beginning, heads: true}
	begun.fits = func(place, _ uint32) bool { return f.p.isHead(f.p.starts[place]) }
	f.popular(&begun)
	f.nearby(&begun)
	all := span{text: words[at], low: from, high: to}
	all.fits = func(_, rank uint32) bool { return f.hasRest(rank) }
	f.popular(&all)
	f.nearby(&all)
}

// span is the words that begin with a text, [low, high) of starts, and what their entries
// have beside popularity and nearness. Those of names that begin so, where it is of
// heads; else of entries that have the other words.
type span struct {
	text      string
	low, high int
	heads     bool
	more      float64
	fits      func(place, rank uint32) bool
}

// of gives what is kept ready of a span.
func (s *span) of(b best) []uint32 {
	if s.heads {
		return b.heads
	}
	return b.all
}

// worse tells whether whatever has a popularity, or less, is behind what was found, with more
// for all it may have besides.
func (f *finder) worse(popularity float32, more float64) bool {
	return len(f.found) == f.k && float64(popularity)+more < f.found[f.k-1].score
}

// hasRest tells whether an entry has all words but the one that its run is of.
func (f *finder) hasRest(rank uint32) bool {
	return len(f.words) == 0 || f.p.masks[rank]&f.need == f.need && f.p.has(rank, f.words)
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

// popular takes the best by popularity of a span that fit. Where the best of it are kept,
// they are mostly enough: either k of them fit, or there are no others, or the others are
// less popular than all that was found. What is better by nearness comes with nearby.
func (f *finder) popular(s *span) {
	if best, ok := f.p.best[s.text]; ok {
		kept, taken := s.of(best), 0
		for i := 0; i < len(kept) && taken < f.k; i++ {
			// Each that is looked at is a wait for memory, in several places.
			if rank := f.p.owners[kept[i]]; f.here(rank) && (s.heads || s.fits(kept[i], rank)) {
				f.offer(rank, s.more)
				taken++
			}
		}
		if taken == f.k || len(kept) < ready || f.worse(f.popularityAt(kept[ready-1]), s.more) {
			return
		}
	}
	var best ranks
	for i, rank := range f.p.owners[s.low:s.high] {
		if best.n == f.k && rank >= best.list[f.k-1] {
			continue
		}
		if place := uint32(s.low + i); f.here(rank) && s.fits(place, rank) {
			best.offer(rank, place, f.k)
		}
	}
	for _, rank := range best.list[:best.n] {
		f.offer(rank, s.more)
	}
}

// popularityAt is that of the entry whose word is at a place in starts.
func (f *finder) popularityAt(place uint32) float32 { return f.p.entries[f.p.owners[place]].popularity }

// nearby takes what is good by nearness, of the words of a span that are near and fit. Of
// a cell's best that are kept, each tells what those behind it have at the most.
func (f *finder) nearby(s *span) {
	if f.near == nil || s.low == s.high {
		return
	}
	for i := range f.reach(s) {
		f.nearbyIn(&f.reached[i], s)
	}
}

// nearbyIn does that in a cell.
func (f *finder) nearbyIn(r *reached, s *span) {
	list := r.cell.list
	if r.kept {
		kept := s.of(r.best)
		for _, i := range kept {
			if f.worse(list[i].popularity, s.more+r.most) {
				return
			}
			f.look(r, &list[i], s)
		}
		if len(kept) < ready || f.worse(list[kept[ready-1]].popularity, s.more+r.most) {
			return
		}
	}
	if r.from < 0 {
		r.from, _ = slices.BinarySearchFunc(list, uint32(s.low), spot.compare)
	}
	for i := r.from; i < len(list) && int(list[i].place) < s.high; i++ {
		f.look(r, &list[i], s)
	}
}

// reached is a cell near by, and where it has a text: of a single word, the spans of heads
// and of all have the same, and to find it again would be most of the work.
type reached struct {
	cell   *spots
	corner Point
	most   float64 // of Nearness, for whatever is there
	best   best
	kept   bool // best is
	from   int  // the first spot of the text; below 0: not looked for yet
}

// reach gives the cells that may be near, the nearest first, with what they have of a span.
func (f *finder) reach(s *span) []reached {
	if f.reached != nil && f.reachedOf == s.text {
		return f.reached
	}
	f.reached, f.reachedOf = make([]reached, 0, 9), s.text
	f.p.around(*f.near, func(c *spots, corner Point) {
		b, kept := c.best[s.text]
		f.reached = append(f.reached, reached{c, corner, nearness(f.cellAtLeast(corner)), b, kept, -1})
	})
	slices.SortFunc(f.reached, func(a, b reached) int { return cmp.Compare(b.most, a.most) })
	return f.reached
}

// look takes a spot of a span if it is good enough and fits.
func (f *finder) look(r *reached, at *spot, s *span) {
	if len(f.found) == f.k && f.atMost(r, at)+s.more < f.found[f.k-1].score {
		return
	}
	if f.here(at.owner) && s.fits(at.place, at.owner) {
		f.offer(at.owner, s.more)
	}
}

// atMost gives a score that a spot's entry does not exceed without being all of the
// text. It is much cheaper than the distance, and close to it.
func (f *finder) atMost(r *reached, s *spot) float64 {
	return float64(s.popularity) + nearness(f.atLeast(s, r.corner))
}

// nearness is what an entry has for being so many metres away.
func nearness(metres float64) float64 { return Nearness * max(0, 1-metres/Reach) }

// here says whether an entry of the part is not gone.
func (f *finder) here(rank uint32) bool { return f.p != f.x.base || !f.x.isGone(rank) }

// offer takes an entry if it is among the best k.
func (f *finder) offer(rank uint32, more float64) {
	c := candidate{&f.p.entries[rank], -1, more}
	c.score += float64(c.popularity)
	if f.near != nil && c.located {
		c.distance = f.x.distance(*f.near, c.at)
		c.score += nearness(c.distance)
	}
	if len(f.found) == f.k && !c.before(&f.found[f.k-1]) {
		return
	}
	i := len(f.found)
	for j := range f.found {
		if f.found[j].thing == c.thing {
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
	return before(c.thing, o.thing) < 0
}
