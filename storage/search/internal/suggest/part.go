package suggest

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	// longRun is how many words a run has for which the best are kept ready, and longNear
	// how many one of a cell has.
	longRun, longNear = 2048, 256
	// ready is how many are kept: what one Find may ask for, and some that the overlay
	// may have taken away.
	ready = MaxFound + 14
	// maxForm is how much of a form is looked at, to the end of its last word.
	maxForm, maxWord = 256, 62 // bytes
)

// part is a set of entries that is made in one go: the base, or the overlay.
type part struct {
	entries []thing  // by rank
	masks   []uint32 // of each entry: the letters with which its words begin
	forms   []uint32 // where the forms of each entry begin in text, and the end of the last
	byID    []uint32 // ranks in the order of IDs
	// text has all forms, each between line ends, in the order of ranks.
	text string
	// starts are where words begin in text, in the order of what stands there, up to the
	// end of the form; owners are the ranks of their entries.
	starts, owners []uint32
	// best has the best of long runs, by the beginning that they share.
	best  map[string]best
	cells map[cell]*spots
}

// best are the best of a run, and those of them whose name begins so: places in a list of
// words, in the order of ranks.
type best struct{ all, heads []uint32 }

// thing is an entry as a part keeps it.
type thing struct {
	key, name, place string
	at               Point
	version          uint64
	popularity       float32
	ordinal          uint32
	events           int32
	kind             uint8
	located          bool
}

// thing gives the entry as it is kept.
func (e *Entry) thing() thing {
	t := thing{
		key: e.Key, name: e.Name, place: e.Place, version: e.Version, popularity: e.Popularity, ordinal: e.Ordinal,
		events: int32(min(e.Events, math.MaxInt32)), kind: e.Kind, located: e.At != nil,
	}
	if t.located {
		t.at = *e.At
	}
	return t
}

// id is what tells it from all others.
func (t *thing) id() ID { return ID{t.kind, t.key} }

// match is the thing as it was found.
func (t *thing) match(distance float64) Match {
	return Match{t.id(), t.name, t.place, int(t.events), t.ordinal, t.version, distance}
}

// newPart makes a part of entries whose IDs differ. It takes the slice.
func newPart(entries []Entry) *part {
	slices.SortFunc(entries, compareRanks)
	p := &part{entries: make([]thing, len(entries)), best: map[string]best{}, cells: map[cell]*spots{}}
	for i := range entries {
		p.entries[i] = entries[i].thing()
	}
	p.write(entries)
	p.sortStarts()
	all := list{p: p, n: len(p.starts), at: func(i int) uint32 { return uint32(i) }}
	all.keepBest(0, all.n, 0, longRun, p.best)
	p.place()
	p.byID = make([]uint32, len(entries))
	for i := range p.byID {
		p.byID[i] = uint32(i)
	}
	slices.SortFunc(p.byID, func(a, b uint32) int { return compareIDs(p.entries[a].id(), p.entries[b].id()) })
	return p
}

// before is the order of ranks: the more popular, then by name, then by ID.
func before(a, b *thing) int {
	return cmp.Or(cmp.Compare(b.popularity, a.popularity), strings.Compare(a.name, b.name), compareIDs(a.id(), b.id()))
}

// compareRanks is the same order, of entries.
func compareRanks(a, b Entry) int {
	if a.Popularity != b.Popularity {
		return cmp.Compare(b.Popularity, a.Popularity)
	}
	x, y := a.thing(), b.thing()
	return before(&x, &y)
}

// compareIDs is the order of IDs.
func compareIDs(a, b ID) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Key, b.Key))
}

// write makes text of the entries' forms, with the words' places and the masks. They are
// in the order of ranks.
func (p *part) write(entries []Entry) {
	n, words := 1, 0
	for i := range entries {
		for _, form := range entries[i].Forms {
			n += len(form) + 1
			words += strings.Count(form, " ") + 1
		}
	}
	var text strings.Builder
	text.Grow(n)
	text.WriteByte('\n')
	p.starts, p.owners = make([]uint32, 0, words), make([]uint32, 0, words)
	p.masks = make([]uint32, len(entries))
	p.forms = make([]uint32, 0, len(entries)+1)
	for rank := range entries {
		e := &entries[rank]
		p.forms = append(p.forms, uint32(text.Len()))
		for _, form := range e.Forms {
			begin := text.Len()
			for _, w := range strings.FieldsFunc(form, isBlank) {
				if text.Len()-begin > maxForm {
					break
				}
				if text.Len() > begin {
					text.WriteByte(' ')
				}
				p.starts = append(p.starts, uint32(text.Len()))
				p.owners = append(p.owners, uint32(rank))
				p.masks[rank] |= mask(w)
				text.WriteString(w[:min(len(w), maxWord)])
			}
			text.WriteByte('\n')
		}
	}
	p.forms = append(p.forms, uint32(text.Len()))
	p.text = text.String()
}

// isBlank tells what no word has.
func isBlank(r rune) bool { return r <= ' ' }

// mask is the bit of a word's first letter.
func mask(w string) uint32 { return 1 << (w[0] % 32) }

// suffix gives what stands at a word's start, up to the end of the form and with it.
func (p *part) suffix(start uint32) string {
	s := p.text[start:]
	return s[:strings.IndexByte(s, '\n')+1]
}

// begins says whether a form begins at start.
func (p *part) begins(start uint32) bool { return p.text[start-1] == '\n' }

// article is what may stand before the word with which a name begins for most people.
const article = "\nthe "

// isHead says whether a name begins at start.
func (p *part) isHead(start uint32) bool {
	return p.begins(start) || start >= uint32(len(article)) && p.text[start-uint32(len(article)):start] == article
}

// sortStarts sorts the words' places. Most of the work is done by the first eight bytes,
// as a number; words that are the same are in the order of ranks.
func (p *part) sortStarts() {
	type place struct {
		head         uint64
		start, owner uint32
	}
	places := make([]place, len(p.starts))
	for i, start := range p.starts {
		places[i] = place{head(p.text[start:]), start, p.owners[i]}
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(strings.Compare(p.suffix(a.start), p.suffix(b.start)), cmp.Compare(a.owner, b.owner))
	})
	for i, at := range places {
		p.starts[i], p.owners[i] = at.start, at.owner
	}
}

// head gives the first eight bytes of s, up to a line end, as a number in their order.
func head(s string) uint64 {
	n := uint64(0)
	for i := range 8 {
		n <<= 8
		if i < len(s) && s[i] != '\n' {
			n |= uint64(s[i])
		} else {
			return n << (8 * (7 - i))
		}
	}
	return n
}

// list is words of a part in the order of starts: all of them, or those of a cell.
type list struct {
	p  *part
	n  int
	at func(i int) uint32 // the place in starts
}

// keepBest keeps the best of the runs in [low, high) that share more than depth bytes
// and have more than long words.
func (l *list) keepBest(low, high, depth, long int, kept map[string]best) {
	letter := func(i int) byte { return l.p.text[int(l.p.starts[l.at(i)])+depth] }
	for low < high {
		c, end := letter(low), low+1
		for end < high && letter(end) == c {
			end++
		}
		if c != '\n' && end-low > long {
			start := int(l.p.starts[l.at(low)])
			kept[l.p.text[start:start+depth+1]] = l.bestOf(low, end)
			l.keepBest(low, end, depth+1, long, kept)
		}
		low = end
	}
}

// bestOf gives the best of [low, high).
func (l *list) bestOf(low, high int) best {
	var all, heads ranks
	for i := low; i < high; i++ {
		at := l.at(i)
		all.offer(l.p.owners[at], uint32(i), ready)
		if l.p.isHead(l.p.starts[at]) {
			heads.offer(l.p.owners[at], uint32(i), ready)
		}
	}
	return best{slices.Clone(all.places[:all.n]), slices.Clone(heads.places[:heads.n])}
}

// run gives the words that begin with w: [low, high) of starts.
func (p *part) run(w string) (low, high int) {
	at := func(i int) string {
		start := int(p.starts[i])
		return p.text[start:min(start+len(w), len(p.text))]
	}
	low, high = 0, len(p.starts)
	for low < high {
		if middle := (low + high) / 2; at(middle) < w {
			low = middle + 1
		} else {
			high = middle
		}
	}
	high = len(p.starts)
	for next := low; next < high; {
		if middle := (next + high) / 2; at(middle) == w {
			next = middle + 1
		} else {
			high = middle
		}
	}
	return low, high
}

// has says whether the entry has words that begin with all of these.
func (p *part) has(rank uint32, words []string) bool {
	text := p.text[p.forms[rank]-1 : p.forms[rank+1]] // a line end, then the forms
	for _, w := range words {
		found := false
		for rest := text; !found; {
			i := strings.Index(rest[1:], w)
			if i < 0 {
				return false
			}
			found = rest[i] <= ' '
			rest = rest[i+1:]
		}
	}
	return true
}

// rank finds an entry by its ID.
func (p *part) rank(id ID) (uint32, bool) {
	i, ok := slices.BinarySearchFunc(p.byID, id, func(rank uint32, id ID) int {
		return compareIDs(p.entries[rank].id(), id)
	})
	if !ok {
		return 0, false
	}
	return p.byID[i], true
}

// bytes is about the memory of the part.
func (p *part) bytes() int {
	n := len(p.text) + 4*(cap(p.starts)+cap(p.owners)+cap(p.forms)+cap(p.masks)+cap(p.byID))
	for i := range p.entries {
		e := &p.entries[i]
		n += entryBytes + len(e.name) + len(e.place) + len(e.key)
	}
	n += bytesOf(p.best)
	for _, c := range p.cells {
		n += mapBytes + spotBytes*cap(c.list) + bytesOf(c.best)
	}
	return n
}

// bytesOf is about the memory of what is kept ready.
func bytesOf(kept map[string]best) int {
	n := 0
	for _, b := range kept {
		n += 2*mapBytes + 4*(len(b.all)+len(b.heads))
	}
	return n
}

// What things take in memory, about.
const (
	entryBytes = 88
	spotBytes  = 16
	mapBytes   = 80 // an entry of a map, with its slice
)
