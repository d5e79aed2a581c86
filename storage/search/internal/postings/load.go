package postings

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/blugelabs/bluge/index"
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

// load reads all documents of a snapshot and fills the tables of its parts. It gives
// what the document with the positions stores, nil if there is none.
func load(snapshot *index.Snapshot, visit func(id, source []byte) (uint32, error)) ([]byte, error) {
	stretches, fill, err := stretches(snapshot)
	if err != nil {
		return nil, err
	}
	var wg sync.WaitGroup
	var next atomic.Int64
	var positions atomic.Pointer[[]byte]
	workers := min(runtime.GOMAXPROCS(0), len(stretches))
	failures := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			defer recovered("load the index", &failures[w])
			for failures[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(stretches) {
					return
				}
				failures[w] = stretches[i].load(visit, &positions)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	fill()
	if p := positions.Load(); p != nil {
		return *p, nil
	}
	if len(stretches) > 0 {
		return nil, errors.New("there are documents, and no positions")
	}
	return nil, nil
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
func (s *stretch) load(visit func(id, source []byte) (uint32, error), positions *atomic.Pointer[[]byte]) error {
	var buf []byte
	return s.part.eachID(s.from, s.to, func(doc int, id []byte) error {
		s.table[doc] = NoOrdinal
		if s.deleted != nil && s.deleted.Contains(uint32(doc)) {
			return nil
		}
		var stored bool
		err := s.part.VisitStoredFields(uint64(doc), func(_ string, value []byte) bool {
			buf, stored = append(buf[:0], value...), true
			return false // each has one stored field
		})
		if err != nil {
			return fmt.Errorf("read a document: %w", err)
		}
		if !stored {
			return errors.New("a document has no source")
		}
		if string(id) == positionsID {
			own := append([]byte(nil), buf...)
			if !positions.CompareAndSwap(nil, &own) {
				return errors.New("positions are there twice")
			}
			return nil
		}
		s.table[doc], err = visit(id, buf)
		return err
	})
}
