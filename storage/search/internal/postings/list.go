package postings

import (
	"fmt"
	"math"

	"github.com/RoaringBitmap/roaring"
	segment "github.com/blugelabs/bluge_segment_api"
	"github.com/blugelabs/ice"
)

// Bitmap is a set of documents of one segment. One that was filled from a view's
// lists may share their memory: it is not used after the view was released.
type Bitmap = roaring.Bitmap

// NewBitmap makes an empty set.
func NewBitmap() *Bitmap { return roaring.New() }

// Dictionary looks words of one field up in one segment. For one goroutine.
type Dictionary struct {
	dict    segment.Dictionary
	deleted *Bitmap
}

// Find fills list with the documents that have the word; none is an empty list. The
// list's memory is used again.
func (d *Dictionary) Find(word string, list *List) error {
	found, err := d.dict.PostingsList([]byte(word), d.deleted, list.of())
	if err != nil {
		return fmt.Errorf("look up a word: %w", err)
	}
	list.postings = found.(*ice.PostingsList)
	list.count = int(found.Count())
	return nil
}

// List is the documents of a segment that have a word. The zero List is empty; Find
// fills it. For one goroutine, until its view is released.
type List struct {
	postings *ice.PostingsList
	count    int
	iterator segment.PostingsIterator // the memory of the last one
}

// of is the list as Bluge takes it for using its memory again.
func (l *List) of() segment.PostingsList {
	if l.postings == nil {
		return nil
	}
	return l.postings
}

// Count is how many documents have the word, deleted ones not counted.
func (l *List) Count() int { return l.count }

// OrInto adds the documents to a set: also those that are deleted, which a set drops
// at its end, once for all its lists (Segment.DropDeleted).
func (l *List) OrInto(set *Bitmap) {
	if l.postings != nil {
		l.postings.OrInto(set)
	}
}

// Postings begins to read the documents with their frequencies. An Iterator that was
// begun earlier on the same List ends with it.
func (l *List) Postings() (Iterator, error) {
	if l.count == 0 {
		return Iterator{}, nil
	}
	it, err := l.postings.Iterator(true, true, false, l.iterator)
	if err != nil {
		return Iterator{}, fmt.Errorf("read postings: %w", err)
	}
	l.iterator = it
	return Iterator{it: it}, nil
}

// Iterator reads postings in the order of documents, without deleted ones.
//
//	for it.Next() {
//		use(it.Doc, it.Freq, it.Length)
//	}
//	err = it.Err()
type Iterator struct {
	Doc    uint32 // number of the document in its segment
	Freq   int    // how often the document's field has the word
	Length int    // words that the field has

	it  segment.PostingsIterator
	err error
}

// Next goes to the next document, at first to the first one; false: there is none.
func (i *Iterator) Next() bool { return i.Advance(0) }

// Advance goes forward to the first document whose number is at least doc, and at
// least to the next one; false: there is none.
func (i *Iterator) Advance(doc uint32) bool {
	if i.it == nil {
		return false
	}
	p, err := i.it.Advance(uint64(doc))
	if err != nil || p == nil {
		i.it, i.err = nil, err
		return false
	}
	i.Doc, i.Freq = uint32(p.Number()), p.Frequency()
	i.Length = int(math.Float32bits(float32(p.Norm())))
	return true
}

// Err is what ended the iteration too early, if anything.
func (i *Iterator) Err() error {
	if i.err == nil {
		return nil
	}
	return fmt.Errorf("read postings: %w", i.err)
}
