package postings

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/RoaringBitmap/roaring"
	"github.com/blugelabs/bluge/index"
	segment "github.com/blugelabs/bluge_segment_api"
	"github.com/blugelabs/ice"
)

// part is a segment with the ordinals of its documents. Bluge makes, reads and merges
// them through a plugin, and ours wraps its own: that is where a table is filled
// before anybody asks for it, and where a panic becomes an error.
type part struct {
	segment.Segment
	ordinal             func(id []byte) uint32
	nameDocs, nameWords int
	number              uint32 // guarded by hints.mu; 0: not in a view yet

	once     sync.Once
	ordinals []uint32
	err      error
}

// plugin makes parts; ordinal gives the ordinal of an id. ready says whether it can:
// a part that is read before fills its table when it is first asked.
func plugin(ordinal func(id []byte) uint32, ready func() bool) *index.SegmentPlugin {
	return &index.SegmentPlugin{
		Type:    ice.Type,
		Version: ice.Version,
		New: func(docs []segment.Document, norm func(string, int) float32) (_ segment.Segment, _ uint64, err error) {
			defer recovered("make a segment", &err)
			made, size, err := ice.New(docs, norm)
			if err != nil {
				return nil, 0, err
			}
			p := newPart(made, ordinal)
			p.once.Do(func() { p.ordinals = ordinalsOf(docs, ordinal) })
			return p, size, nil
		},
		Load: func(data *segment.Data) (_ segment.Segment, err error) {
			defer recovered("read a segment", &err)
			read, err := ice.Load(data)
			if err != nil {
				return nil, err
			}
			p := newPart(read, ordinal)
			if ready() {
				_, err = p.table()
			}
			return p, err
		},
		Merge: func(parts []segment.Segment, drops []*roaring.Bitmap, buffer int) segment.Merger {
			bare := make([]segment.Segment, len(parts))
			for i, p := range parts {
				bare[i] = p.(*part).Segment
			}
			return merger{ice.Merge(bare, drops, buffer)}
		},
	}
}

// merger is Bluge's, with its panics as errors: the merge is given up.
type merger struct{ segment.Merger }

func (m merger) WriteTo(w io.Writer, stop chan struct{}) (n int64, err error) {
	defer recovered("merge segments", &err)
	return m.Merger.WriteTo(w, stop)
}

// newPart wraps a segment.
func newPart(s segment.Segment, ordinal func(id []byte) uint32) *part {
	p := &part{Segment: s, ordinal: ordinal}
	if stats, err := s.CollectionStats(fieldNames[Name]); err == nil && stats != nil {
		p.nameDocs, p.nameWords = int(stats.DocumentCount()), int(stats.SumTotalTermFrequency())
	}
	return p
}

// recovered turns a panic into an error.
func recovered(doing string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: panic: %v", doing, r)
	}
}

// table gives the ordinals, reading the ids at the first call.
func (p *part) table() ([]uint32, error) {
	p.once.Do(func() {
		defer recovered("read ids", &p.err)
		table := make([]uint32, p.Count())
		p.err = p.eachID(0, len(table), func(doc int, id []byte) error {
			table[doc] = ordinalOf(id, p.ordinal)
			return nil
		})
		p.ordinals = table
	})
	return p.ordinals, p.err
}

// eachID reads the ids of the documents from..to, in order.
func (p *part) eachID(from, to int, visit func(doc int, id []byte) error) error {
	values, err := p.Segment.DocumentValueReader([]string{idField})
	if err != nil {
		return err
	}
	for doc := from; doc < to; doc++ {
		found := false
		var failed error
		err := values.VisitDocumentValues(uint64(doc), func(_ string, id []byte) {
			found, failed = true, visit(doc, id)
		})
		if err == nil && !found {
			err = errors.New("a document has no id")
		}
		if err = errors.Join(err, failed); err != nil {
			return err
		}
	}
	return nil
}

// stored appends a stored field of a document to buf.
func (p *part) stored(doc uint32, field string, buf []byte) ([]byte, error) {
	found := false
	err := p.VisitStoredFields(uint64(doc), func(name string, value []byte) bool {
		if name == field {
			buf, found = append(buf, value...), true
		}
		return !found
	})
	if err == nil && !found {
		err = errors.New("it is not there")
	}
	if err != nil {
		return nil, fmt.Errorf("read the field %q of a document: %w", field, err)
	}
	return buf, nil
}

// ordinalsOf are the ordinals of documents that are at hand.
func ordinalsOf(docs []segment.Document, ordinal func(id []byte) uint32) []uint32 {
	table := make([]uint32, len(docs))
	for i, d := range docs {
		table[i] = ordinalOf([]byte(d.(*document).id), ordinal)
	}
	return table
}

// ordinalOf is the ordinal of an id; the positions have none.
func ordinalOf(id []byte, ordinal func(id []byte) uint32) uint32 {
	if string(id) == positionsID {
		return NoOrdinal
	}
	return ordinal(id)
}

// DocumentValueReader without fields gives the part itself. Bluge hands segments out
// in a wrapper that nobody else can name; this is the way through it.
func (p *part) DocumentValueReader(fields []string) (segment.DocumentValueReader, error) {
	if len(fields) == 0 {
		return through{p}, nil
	}
	return p.Segment.DocumentValueReader(fields)
}

// through carries a part through Bluge's wrapper.
type through struct{ part *part }

// VisitDocumentValues visits none.
func (through) VisitDocumentValues(uint64, segment.DocumentValueVisitor) error { return nil }

// partOf is the part in a segment of Bluge's.
func partOf(s index.SegmentSnapshot) (*part, error) {
	wrapped, ok := s.(interface{ Segment() segment.Segment })
	if !ok {
		return nil, errors.New("a segment is not what Bluge 0.2 makes")
	}
	reader, err := wrapped.Segment().DocumentValueReader(nil)
	if err != nil {
		return nil, err
	}
	t, ok := reader.(through)
	if !ok {
		return nil, errors.New("a segment was not made by the plugin")
	}
	return t.part, nil
}
