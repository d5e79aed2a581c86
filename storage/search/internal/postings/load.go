package postings

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/blugelabs/bluge/index"
	segment "github.com/blugelabs/bluge_segment_api"
)

// loadStride is how many documents one goroutine loads at a time: a multiple of what
// Bluge packs ids by.
const loadStride = 8 * 1024

// stretch is some documents of a part that are to be loaded.
type stretch struct {
	part     *part
	deleted  *Bitmap
	table    []uint32
	from, to int
}

// load reads all documents of a snapshot and fills the tables of its parts.
func load(snapshot *index.Snapshot, begin func() (enter func(id, source []byte) (uint32, error))) error {
	stretches, fill, err := stretches(snapshot)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	var next atomic.Int64
	workers := min(runtime.GOMAXPROCS(0), len(stretches))
	failures := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			defer recovered("load the index", &failures[w])
			enter := begin()
			for failures[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(stretches) {
					return
				}
				failures[w] = stretches[i].load(enter)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		return err
	}
	fill()
	return nil
}

// storedPositions gives what the document with the positions stores; nil where there
// are no documents at all.
func storedPositions(snapshot *index.Snapshot) (stored []byte, err error) {
	found := 0
	for _, s := range snapshot.Segments() {
		p, err := partOf(s)
		if err != nil {
			return nil, err
		}
		docs, err := p.DocsMatchingTerms([]segment.Term{idTerm(positionsID)})
		if err != nil {
			return nil, err
		}
		if s.Deleted() != nil {
			docs.AndNot(s.Deleted())
		}
		for _, doc := range docs.ToArray() {
			found++
			if stored, err = p.stored(doc, positionsField, nil); err != nil {
				return nil, err
			}
		}
	}
	if found != 1 && len(snapshot.Segments()) > 0 {
		return nil, fmt.Errorf("there are documents, and positions %d times", found)
	}
	return stored, nil
}

// stretches cuts the documents of a snapshot into stretches. fill gives the parts the
// tables, once all stretches are loaded.
func stretches(snapshot *index.Snapshot) (all []stretch, fill func(), err error) {
	var parts []*part
	var tables [][]uint32
	for _, s := range snapshot.Segments() {
		p, err := partOf(s)
		if err != nil {
			return nil, nil, err
		}
		table := make([]uint32, p.Count())
		for from := 0; from < len(table); from += loadStride {
			all = append(all, stretch{p, s.Deleted(), table, from, min(from+loadStride, len(table))})
		}
		parts, tables = append(parts, p), append(tables, table)
	}
	return all, func() {
		for i, p := range parts {
			p.once.Do(func() { p.ordinals = tables[i] })
		}
	}, nil
}

// load loads the documents of one stretch.
func (s *stretch) load(enter func(id, source []byte) (uint32, error)) error {
	var buf []byte
	return s.part.eachID(s.from, s.to, func(doc int, id []byte) (err error) {
		s.table[doc] = NoOrdinal
		if s.deleted != nil && s.deleted.Contains(uint32(doc)) || string(id) == positionsID {
			return nil
		}
		if buf, err = s.part.stored(uint32(doc), sourceField, buf[:0]); err != nil {
			return err
		}
		s.table[doc], err = enter(id, buf)
		return err
	})
}
