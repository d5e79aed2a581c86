package search

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"boxoffice/storage/search/internal/text"
)

// A cursor is the spot of the last hit of a page, and what the scores of that page
// depended on. As text it is base64 of
//
//	1 byte    its format
//	8 bytes   a checksum of what follows and of the query it belongs to
//	the rest  varints and strings, see encode
//
// The checksum finds cursors that were cut, altered or used for another query. Who
// computes one by himself gets a page that he could have asked for.
const cursorFormat = 1

// maxCursor is the longest cursor, in characters: ten words with 32 likenesses of the
// longest kind would not be shorter. The usual one has about a hundred.
const maxCursor = 1 << 15

// cursor is where a page ended.
type cursor struct {
	last   spot
	fuzzy  bool
	frozen frozen
}

// encode writes the cursor for a query.
func (c *cursor) encode(print uint64) string {
	var w writer
	w.flag(c.fuzzy)
	w.fixed(c.last.key)
	w.text(c.last.id)
	w.text(c.last.name)
	w.fixed(uint64(c.frozen.now))
	w.fixed(math.Float64bits(c.frozen.length))
	w.number(len(c.frozen.idf))
	for _, v := range c.frozen.idf {
		w.fixed(math.Float64bits(v))
	}
	w.number(len(c.frozen.kept))
	for _, x := range c.frozen.kept {
		w.number(int(x.group))
		w.number(int(x.kind))
		w.number(len(x.words))
		before := ""
		for _, word := range x.words {
			same := commonPrefix(before, word)
			w.number(same)
			w.text(word[same:])
			before = word
		}
	}
	head := binary.LittleEndian.AppendUint64([]byte{cursorFormat}, checksum(print, w.b))
	return base64.RawURLEncoding.EncodeToString(append(head, w.b...))
}

// decode reads the cursor of a query.
func decodeCursor(s string, print uint64) (*cursor, error) {
	wrong := bad("?after", "is not the next of a page of this query")
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	const head = 9
	if err != nil || len(b) < head || b[0] != cursorFormat {
		return nil, wrong
	}
	if binary.LittleEndian.Uint64(b[1:]) != checksum(print, b[head:]) {
		return nil, wrong
	}
	r := reader{b: b[head:]}
	c := &cursor{fuzzy: r.flag(), last: spot{key: r.fixed(), id: r.text(), name: r.text()}}
	c.frozen.now = int64(r.fixed())
	c.frozen.length = math.Float64frombits(r.fixed())
	for range r.number(maxTerms) {
		c.frozen.idf = append(c.frozen.idf, math.Float64frombits(r.fixed()))
	}
	for range r.number(maxTerms) {
		x := expansion{group: uint8(r.number(MaxWords)), kind: expansionKind(r.number(int(kindCount)))}
		before := ""
		for range r.number(maxPrefixed) {
			same := r.number(len(before))
			before = before[:same] + r.text()
			x.words = append(x.words, before)
		}
		c.frozen.kept = append(c.frozen.kept, x)
	}
	if r.failed || len(r.b) > 0 || !c.frozen.sane() {
		return nil, wrong
	}
	return c, nil
}

// maxTerms is the most exact words, and kept expansions, that a query has.
const maxTerms = 16 * MaxWords

// sane tells whether scores with these numbers make sense.
func (f *frozen) sane() bool {
	for _, v := range f.idf {
		if !(v >= 0 && v < 64) {
			return false
		}
	}
	return f.length >= 1 && f.length < 1<<20
}

// checksum is of a cursor's body and its query.
func checksum(print uint64, body []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, print))
	_, _ = h.Write(body)
	return h.Sum64()
}

// fingerprint tells queries apart whose pages follow each other. Size and facets may
// differ from page to page.
func (q *Query) fingerprint() uint64 {
	var w writer
	w.condition(q)
	return checksum(0, w.b)
}

// condition writes what a query finds, and in which order.
func (w *writer) condition(q *Query) {
	for _, s := range []string{sameText(q.Text), q.Venue, q.Performer, text.Fold(q.Genre)} {
		w.text(s)
	}
	w.flag(q.Exact)
	w.flag(q.Near != nil)
	if q.Near != nil {
		w.fixed(math.Float64bits(q.Near.Lat))
		w.fixed(math.Float64bits(q.Near.Lon))
	}
	w.fixed(math.Float64bits(q.Radius))
	w.fixed(uint64(q.StartsAfter))
	w.fixed(uint64(q.StartsBefore))
	w.number(int(q.Availability))
	w.number(int(q.Sort))
}

// commonPrefix is how many bytes two words begin with alike.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// writer writes the parts of a cursor.
type writer struct{ b []byte }

func (w *writer) fixed(v uint64) { w.b = binary.LittleEndian.AppendUint64(w.b, v) }
func (w *writer) number(n int)   { w.b = binary.AppendUvarint(w.b, uint64(n)) }
func (w *writer) flag(v bool) {
	if v {
		w.number(1)
		return
	}
	w.number(0)
}
func (w *writer) text(s string) {
	w.number(len(s))
	w.b = append(w.b, s...)
}

// reader reads them. What is not there is zero, and failed.
type reader struct {
	b      []byte
	failed bool
}

// take reads n bytes.
func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.failed, r.b = true, nil
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) fixed() uint64 {
	b := r.take(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// number reads one of 0 to most.
func (r *reader) number(most int) int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > uint64(most) {
		r.failed, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *reader) flag() bool   { return r.number(1) == 1 }
func (r *reader) text() string { return strings.Clone(string(r.take(r.number(maxCursor)))) }

// expansionKind says what an expansion's words are to their group.
type expansionKind uint8

// The kinds.
const (
	keptBegin expansionKind = iota // words that begin so
	keptEnd                        // words that begin like the last part
	keptOne                        // words one edit away
	keptTwo                        // words two edits away
	keptSplit                      // two parts that the vocabulary had; none: it had none
	kindCount
)

// expansion is words that stand for one of a group. Which ones depends on the words
// that the index had and on how frequent they were, so the next page takes them over.
type expansion struct {
	group uint8
	kind  expansionKind
	words []string // sorted
}

// keep gives the expansions that may be others by the next page: those that were cut
// off by their bound, or that a few dozen new words would bring there, and all
// likenesses. Others only ever gain words that are new, and events that have these are
// new too.
func (p *plan) keep() []expansion {
	var kept []expansion
	add := func(group int, kind expansionKind, words []string) {
		kept = append(kept, expansion{uint8(group), kind, slices.Sorted(slices.Values(words))})
	}
	for i := range p.groups {
		g := &p.groups[i]
		if len(g.begin) >= maxPrefixed/2 {
			add(i, keptBegin, g.begin)
		}
		if end := g.end(); end != nil && len(end.begin) >= maxPrefixed/2 {
			add(i, keptEnd, end.begin)
		}
		if !p.fuzzy {
			continue
		}
		add(i, keptOne, g.fuzzy[1])
		add(i, keptTwo, g.fuzzy[2])
		var split []string
		for _, parts := range g.split {
			split = []string{parts[0].stem, parts[1].stem}
		}
		kept = append(kept, expansion{uint8(i), keptSplit, split})
	}
	return kept
}

// end is the last part of a group's word, nil where it has no parts.
func (g *group) end() *part {
	if len(g.parts) == 0 {
		return nil
	}
	return &g.parts[0][len(g.parts[0])-1]
}

// resume makes the plan what it was for the page before. It is false where the cursor
// is of another plan.
func (p *plan) resume(c *cursor) bool {
	terms := 0
	for i := range p.groups {
		terms += len(p.groups[i].exact)
	}
	if terms != len(c.frozen.idf) {
		return false
	}
	p.fuzzy, p.frozen = c.fuzzy, c.frozen
	for _, x := range c.frozen.kept {
		if int(x.group) >= len(p.groups) || !p.groups[x.group].take(&x) {
			return false
		}
	}
	return true
}

// take sets an expansion. It is false where the group cannot have it.
func (g *group) take(x *expansion) bool {
	end := g.end()
	switch {
	case x.kind == keptBegin:
		g.begin = x.words
	case x.kind == keptEnd && end != nil:
		end.begin = x.words
	case x.kind == keptOne:
		g.fuzzy[1] = x.words
	case x.kind == keptTwo:
		g.fuzzy[2] = x.words
	case x.kind == keptSplit && len(x.words) == 2:
		g.split = [][]part{{{stem: x.words[0]}, {stem: x.words[1]}}}
	default:
		return x.kind == keptSplit && len(x.words) == 0
	}
	return true
}
