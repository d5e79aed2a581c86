package postings

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// hintPiece is how many hints are allocated at once.
const hintPiece = 4096

// hints remember where the document of an ordinal was last seen: the number of a part
// and of a document in it. A hint may be out of date, so whoever follows it looks.
type hints struct {
	mu     sync.Mutex // of those that write
	parts  uint32     // numbers given to parts
	pieces atomic.Pointer[[]*[hintPiece]atomic.Uint64]
}

// enter notes where the documents of a part are, once. It numbers the part.
func (h *hints) enter(p *part, table []uint32, deleted *Bitmap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.number != 0 {
		return
	}
	h.parts++
	p.number = h.parts
	for doc, ordinal := range table {
		if ordinal != NoOrdinal && (deleted == nil || !deleted.Contains(uint32(doc))) {
			h.at(ordinal).Store(uint64(p.number)<<32 | uint64(doc))
		}
	}
}

// at is the hint of an ordinal, with as many pieces made as it takes. The caller holds mu.
func (h *hints) at(ordinal uint32) *atomic.Uint64 {
	var pieces []*[hintPiece]atomic.Uint64
	if p := h.pieces.Load(); p != nil {
		pieces = *p
	}
	piece := int(ordinal / hintPiece)
	if piece >= len(pieces) {
		grown := append([]*[hintPiece]atomic.Uint64(nil), pieces...)
		for piece >= len(grown) {
			grown = append(grown, new([hintPiece]atomic.Uint64))
		}
		h.pieces.Store(&grown)
		pieces = grown
	}
	return &pieces[piece][ordinal%hintPiece]
}

// of is the hint of an ordinal: part 0 where there is none.
func (h *hints) of(ordinal uint32) (part, doc uint32) {
	p := h.pieces.Load()
	if p == nil || int(ordinal/hintPiece) >= len(*p) {
		return 0, 0
	}
	hint := (*p)[ordinal/hintPiece][ordinal%hintPiece].Load()
	return uint32(hint >> 32), uint32(hint)
}

// Locate finds the document that has the id and the ordinal: its segment, as an index
// of Segments, and its number there. Mostly that is a look into a table; where the
// document has just moved it is one into each segment's dictionary. It is false where
// the view has no such document.
func (v *View) Locate(id string, ordinal uint32) (seg int, doc uint32, ok bool, err error) {
	if number, doc := v.hints.of(ordinal); number != 0 {
		for i := range v.segments {
			s := &v.segments[i]
			if s.number == number && int(doc) < len(s.table) && s.table[doc] == ordinal && !s.Deleted(doc) {
				return i, doc, true, nil
			}
		}
	}
	var list List
	for i := range v.segments {
		s := &v.segments[i]
		dict, err := s.part.Dictionary(idField)
		if err != nil {
			return 0, 0, false, fmt.Errorf("open a dictionary: %w", err)
		}
		d := Dictionary{dict, s.deleted}
		if err := d.Find(id, &list); err != nil {
			return 0, 0, false, err
		}
		it, err := list.Postings()
		if err != nil {
			return 0, 0, false, err
		}
		if it.Next() {
			return i, it.Doc, true, nil
		}
	}
	return 0, 0, false, nil
}
