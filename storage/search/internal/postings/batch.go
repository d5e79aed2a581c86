package postings

import (
	"math"
	"slices"

	segment "github.com/blugelabs/bluge_segment_api"
)

// MaxBatch is how many documents a batch may have: the memory that building a
// segment takes grows with it, tenfold from 2,000 to 10,000.
const MaxBatch = 2000

// Field is a part of a document whose words can be found.
type Field uint8

// The fields. Only Name has frequencies and lengths: in the others every word counts
// once, and List.Postings says 1 for both.
const (
	Name      Field = iota // words of title and performers
	All                    // stems of everything
	Place                  // words of venue and city
	Performer              // ids
	Venue                  // id
	Genre                  // one word, folded
	fieldCount
)

// fieldNames are how the fields are called on disk.
var fieldNames = [fieldCount]string{"name", "all", "place", "performerId", "venueId", "genre"}

// Names on disk of what is not a Field.
const (
	idField        = "_id" // Bluge wants this name
	sourceField    = "src"
	positionsField = "positions"
	positionsID    = "!positions" // of the document that has them: no document of ours begins with "!"
)

// Doc is a document: what can be found, and what is given back. Write keeps no part of it.
type Doc struct {
	ID         string   // 1 byte and more, none of it 0xFF; not beginning with "!"
	Name       []string // words in any order; one that is there twice has frequency two
	All        []string // words in any order
	Place      []string // words in any order
	Performers []string // ids
	Venue      string   // id; "": none
	Genre      string   // "": none
	Source     []byte   // given back by Segment.Source
}

// Batch is what Write does in one step. An id's last change counts; a document with
// the id of one that is there takes its place.
type Batch struct {
	Docs      []Doc
	Deletes   []string          // ids; done before Docs
	Positions map[uint64][]byte // by source; sources that are not named keep theirs
}

// document is a Doc as Bluge wants it.
type document struct {
	id     string
	fields []field
}

// field is one field of it, with its words sorted, each once.
type field struct {
	name   string
	terms  []term
	length int // words, repeated ones counted each time
	stored []byte
	values bool // documents can be asked for their words: the id's
}

// term is a word and how often the field has it.
type term struct {
	text []byte
	freq int
}

// idTerm is an id as Bluge looks for it.
type idTerm string

func (t idTerm) Field() string { return idField }
func (t idTerm) Term() []byte  { return []byte(t) }

// newDocument prepares a document. Words of all its fields share one buffer.
func newDocument(d *Doc) *document {
	out := &document{id: d.ID, fields: make([]field, 0, fieldCount+2)}
	out.fields = append(out.fields, idFieldOf(d.ID))
	out.add(Name, d.Name)
	out.add(All, d.All)
	out.add(Place, d.Place)
	out.add(Performer, d.Performers)
	out.add(Venue, []string{d.Venue})
	out.add(Genre, []string{d.Genre})
	out.fields = append(out.fields, field{name: sourceField, stored: append([]byte{}, d.Source...)})
	return out
}

// positionsDocument is the document that carries the positions.
func positionsDocument(encoded []byte) *document {
	return &document{id: positionsID, fields: []field{
		idFieldOf(positionsID), {name: positionsField, stored: encoded},
	}}
}

// idFieldOf is the field that has the id: found, and read back by document.
func idFieldOf(id string) field {
	return field{name: idField, terms: []term{{[]byte(id), 1}}, length: 1, values: true}
}

// add adds the words of a field, without empty ones. Without words there is no field.
func (d *document) add(f Field, words []string) {
	sorted := make([]string, 0, len(words))
	size := 0
	for _, w := range words {
		if w != "" {
			sorted = append(sorted, w)
			size += len(w)
		}
	}
	if len(sorted) == 0 {
		return
	}
	slices.Sort(sorted)
	text := make([]byte, 0, size)
	terms := make([]term, 0, len(sorted))
	for i, w := range sorted {
		if i > 0 && w == sorted[i-1] {
			if f == Name {
				terms[len(terms)-1].freq++
			}
			continue
		}
		text = append(text, w...)
		terms = append(terms, term{text[len(text)-len(w) : len(text) : len(text)], 1})
	}
	d.fields = append(d.fields, field{name: fieldNames[f], terms: terms, length: len(sorted)})
}

// norm is what is stored of a field's length: all of it in the bits of a float where
// it counts, the same everywhere else, which packs best.
func norm(name string, length int) float32 {
	if name != fieldNames[Name] {
		length = 1
	}
	return math.Float32frombits(uint32(length))
}

// What Bluge asks of a document, a field and a term.

func (d *document) Analyze() {}

func (d *document) EachField(visit segment.VisitField) {
	for i := range d.fields {
		visit(&d.fields[i])
	}
}

func (f *field) Name() string         { return f.name }
func (f *field) Length() int          { return f.length }
func (f *field) Value() []byte        { return f.stored }
func (f *field) Index() bool          { return f.terms != nil }
func (f *field) Store() bool          { return f.stored != nil }
func (f *field) IndexDocValues() bool { return f.values }

func (f *field) EachTerm(visit segment.VisitTerm) {
	for i := range f.terms {
		visit(&f.terms[i])
	}
}

func (t *term) Term() []byte                       { return t.text }
func (t *term) Frequency() int                     { return t.freq }
func (t *term) EachLocation(segment.VisitLocation) {}
