package postings

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/blugelabs/bluge/index"
)

// NoOrdinal stands where a document has no ordinal: it is deleted, or none of ours.
const NoOrdinal = ^uint32(0)

// View is the index as it was at one moment. It holds files: whoever has it releases
// it soon, after a second at most. What was got from a view (lists, bitmaps,
// iterators) must not be used once it is released: their memory may be gone.
type View struct {
	snapshot  *index.Snapshot
	refs      atomic.Int64
	segments  []Segment
	documents int
	nameDocs  int
	nameWords int
	hints     *hints
}

// Segment is a part of the index. Its documents are numbered from 0.
type Segment struct {
	part    *part
	number  uint32  // of the part, among those of the store
	deleted *Bitmap // nil: none
	table   []uint32
}

// Release gives the view back.
func (v *View) Release() {
	if v.refs.Add(-1) == 0 {
		_ = v.snapshot.Close() // nothing can be done about a file that does not close
	}
}

// Acquire adds a holder, who releases the view too. It is false, and does nothing, where
// the last holder is gone.
func (v *View) Acquire() bool {
	for {
		n := v.refs.Load()
		if n == 0 {
			return false
		}
		if v.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Segments are the parts that the view is made of. They are only read.
func (v *View) Segments() []Segment { return v.segments }

// Documents is how many documents there are.
func (v *View) Documents() int { return v.documents }

// MeanNameLength is how many words the field Name has on average: about, for it
// counts deleted documents until they are merged away. 1 where there are none.
func (v *View) MeanNameLength() float64 {
	if v.nameDocs == 0 || v.nameWords == 0 {
		return 1
	}
	return float64(v.nameWords) / float64(v.nameDocs)
}

// Frequency is how many documents have the word in the field. It costs a look into
// every segment's dictionary, a few microseconds each.
func (v *View) Frequency(f Field, word string) (int, error) {
	var list List
	n := 0
	for i := range v.segments {
		dict, err := v.segments[i].Dictionary(f)
		if err != nil {
			return 0, err
		}
		if err := dict.Find(word, &list); err != nil {
			return 0, err
		}
		n += list.Count()
	}
	return n, nil
}

// Words are all words of the field with the number of documents that have them. It
// reads every dictionary whole: for building a vocabulary in the background.
func (v *View) Words(f Field) (map[string]int, error) {
	words := map[string]int{}
	for i := range v.segments {
		if err := v.segments[i].words(f, words); err != nil {
			return nil, err
		}
	}
	return words, nil
}

// Len is how many documents the segment has, deleted ones counted.
func (s *Segment) Len() int { return len(s.table) }

// Ordinals are the ordinals of the documents, NoOrdinal where there is none. A
// document that was deleted may still have one. They are only read.
func (s *Segment) Ordinals() []uint32 { return s.table }

// Deleted says whether the document was deleted.
func (s *Segment) Deleted(doc uint32) bool { return s.deleted != nil && s.deleted.Contains(doc) }

// DropDeleted takes deleted documents out of the set.
func (s *Segment) DropDeleted(set *Bitmap) {
	if s.deleted != nil {
		set.AndNot(s.deleted)
	}
}

// Dictionary opens the words of a field.
func (s *Segment) Dictionary(f Field) (Dictionary, error) {
	dict, err := s.part.Dictionary(fieldNames[f])
	if err != nil {
		return Dictionary{}, fmt.Errorf("open a dictionary: %w", err)
	}
	return Dictionary{dict, s.deleted}, nil
}

// Source appends the source of a document to buf, and returns that.
func (s *Segment) Source(doc uint32, buf []byte) ([]byte, error) {
	return s.part.stored(doc, sourceField, buf)
}

// words adds the segment's words of a field, with those of their documents that are
// not deleted. They are looked up: what an entry counts is 1 from the first word of a
// single document on, for ice (1.0.0) never takes that word's mark off its iterator.
func (s *Segment) words(f Field, into map[string]int) error {
	dict, err := s.Dictionary(f)
	if err != nil {
		return err
	}
	var list List
	it := dict.dict.Iterator(nil, nil, nil)
	for {
		entry, err := it.Next()
		if err != nil {
			return fmt.Errorf("read a dictionary: %w", err)
		}
		if entry == nil {
			return nil
		}
		if err := dict.Find(entry.Term(), &list); err != nil {
			return err
		}
		if n := list.Count(); n > 0 {
			into[entry.Term()] += n
		}
	}
}

// newView makes a view of what Bluge has now; it takes the snapshot over.
func newView(snapshot *index.Snapshot, hints *hints) (*View, error) {
	v := &View{snapshot: snapshot, hints: hints}
	v.refs.Store(1)
	for _, s := range snapshot.Segments() {
		p, err := partOf(s)
		if err != nil {
			return nil, err
		}
		table, err := p.table()
		if err != nil {
			return nil, err
		}
		hints.enter(p, table, s.Deleted())
		v.segments = append(v.segments, Segment{p, p.number, s.Deleted(), table})
		v.documents += len(table)
		if s.Deleted() != nil {
			v.documents -= int(s.Deleted().GetCardinality())
		}
		v.nameDocs += p.nameDocs
		v.nameWords += p.nameWords
	}
	if v.documents > 0 {
		v.documents-- // the one with the positions: every batch has it
	}
	v.segments = slices.Clip(v.segments)
	return v, nil
}
