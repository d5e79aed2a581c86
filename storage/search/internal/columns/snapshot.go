package columns

import (
	"strings"
	"sync"
)

// Snapshot is the table as of one Commit. It never changes, but for the live columns.
// Every ordinal that is given to a method must be below Len. Slices that methods give
// are only read.
type Snapshot struct {
	rows   shared[piece]
	hots   shared[hotPiece] // of the same rows
	live   []*livePiece
	n      int      // rows, dead ones too
	events int      // rows that are alive
	order  []uint32 // of those alive, by start

	places     Places
	genres     Dictionary
	cities     Dictionary
	venues     Dictionary
	performers Dictionary // by id
	billings   billings   // by id and name

	atPlace, ofPerformer lists // place and performer: ordinals
	atVenue              lists // venue: places
}

// Len is one more than the largest ordinal.
func (s *Snapshot) Len() int { return s.n }

// Events is how many events there are.
func (s *Snapshot) Events() int { return s.events }

// hot is the part of a row that most queries read.
func (s *Snapshot) hot(o uint32) *hot { return &s.hots.pieces[o>>pieceBits][o&pieceMask] }

// Alive tells whether an ordinal is an event's.
func (s *Snapshot) Alive(o uint32) bool {
	return s.hot(o).flags&alive != 0
}

// Living leaves the documents of a list whose ordinals are events' in the list's memory.
// It takes no branch for each, so a processor has several of the rows fetched at a time:
// they are all over the memory.
func (s *Snapshot) Living(docs, ordinals []uint32) []uint32 {
	kept := 0
	for _, doc := range docs {
		docs[kept] = doc
		if o := ordinals[doc]; int(o) < s.n {
			kept += int(s.hot(o).flags & alive)
		}
	}
	return docs[:kept]
}

// Cancelled tells whether the event is cancelled.
func (s *Snapshot) Cancelled(o uint32) bool {
	return s.hot(o).flags&cancelled != 0
}

// ID is the event's id.
func (s *Snapshot) ID(o uint32) string { return s.rows.pieces[o>>pieceBits].id[o&pieceMask] }

// IDHead is the first eight bytes of the event's id, as a number in their order: most ids
// differ in them, and they are nearer at hand.
func (s *Snapshot) IDHead(o uint32) uint64 { return s.rows.pieces[o>>pieceBits].head[o&pieceMask] }

// Version is the version of the event that the columns are of.
func (s *Snapshot) Version(o uint32) uint64 { return s.rows.pieces[o>>pieceBits].version[o&pieceMask] }

// Start is when it starts, in milliseconds since 1970.
func (s *Snapshot) Start(o uint32) int64 { return s.hot(o).start }

// OnSale is when its sale starts, in milliseconds since 1970.
func (s *Snapshot) OnSale(o uint32) int64 { return s.rows.pieces[o>>pieceBits].onSale[o&pieceMask] }

// Popularity is Row.Popularity.
func (s *Snapshot) Popularity(o uint32) float32 {
	return s.hot(o).popularity
}

// TitleLetters is the Letters of the title.
func (s *Snapshot) TitleLetters(o uint32) uint32 {
	return s.hot(o).letters
}

// HasShortTitle tells whether a spelling of the title is a single word, but for a "the".
func (s *Snapshot) HasShortTitle(o uint32) bool { return s.hot(o).flags&shortTitle != 0 }

// Title is the spellings of the title.
func (s *Snapshot) Title(o uint32) string { return s.rows.pieces[o>>pieceBits].title[o&pieceMask] }

// Month is the month of the start; MonthName writes it.
func (s *Snapshot) Month(o uint32) uint16 { return s.hot(o).month }

// Genre is a number in Genres.
func (s *Snapshot) Genre(o uint32) uint32 { return s.hot(o).genre }

// Place is a number in Places.
func (s *Snapshot) Place(o uint32) uint32 { return s.hot(o).place }

// Billing is who appears, in order: numbers for PerformerOf and NameOf.
func (s *Snapshot) Billing(o uint32) []uint32 {
	return s.rows.pieces[o>>pieceBits].performers[o&pieceMask]
}

// Single is the entry of a Billing that has only one; 0 where it has none or several.
func (s *Snapshot) Single(o uint32) uint32 { return s.hot(o).single }

// PerformerOf is the number in Performers of an entry of a Billing.
func (s *Snapshot) PerformerOf(billed uint32) uint32 { return s.billings.performer[billed] }

// Billings is one more than the largest entry of a Billing.
func (s *Snapshot) Billings() int { return len(s.billings.folded) }

// BilledAs are the entries of Billings whose name, in one of its spellings, is these
// letters but for blanks; nil where there are none. It takes a lock, shortly.
func (s *Snapshot) BilledAs(letters string) []uint32 {
	return s.billings.whole.get(letters, s.Billings())
}

// InitialsOf are those of the name of an entry of a Billing.
func (s *Snapshot) InitialsOf(billed uint32) Initials { return s.billings.initials[billed] }

// ShortNames are the spellings of names of Billings that are a single word, but for a "the".
func (s *Snapshot) ShortNames() []ShortName { return s.billings.short }

// NameOf is the spellings of the name of an entry of a Billing.
func (s *Snapshot) NameOf(billed uint32) string { return s.billings.folded[billed] }

// Stock is how many tickets the event has and how many are left, as of now.
func (s *Snapshot) Stock(o uint32) (total, available int32) {
	return unpair(s.live[o>>pieceBits][o&pieceMask].stock.Load())
}

// Places are the places.
func (s *Snapshot) Places() *Places { return &s.places }

// Genres are the genres.
func (s *Snapshot) Genres() Dictionary { return s.genres }

// Cities are the cities.
func (s *Snapshot) Cities() Dictionary { return s.cities }

// Venues are the venues, by id.
func (s *Snapshot) Venues() Dictionary { return s.venues }

// Performers are the performers, by id.
func (s *Snapshot) Performers() Dictionary { return s.performers }

// AtPlace are the events at a place, in no order.
func (s *Snapshot) AtPlace(place uint32) []uint32 { return s.atPlace.of(place) }

// PlacesOf are the places of a venue: more than one where its details differ.
func (s *Snapshot) PlacesOf(venue uint32) []uint32 { return s.atVenue.of(venue) }

// EventsOf are the events of a performer, in no order.
func (s *Snapshot) EventsOf(performer uint32) []uint32 { return s.ofPerformer.of(performer) }

// ByStart are the events that start from after on and before before, by their start.
func (s *Snapshot) ByStart(after, before int64) []uint32 {
	low := position(s.order, 0, dated{start: after}, s.Start)
	return s.order[low:position(s.order, low, dated{start: before}, s.Start)]
}

// Plays tells whether a performer appears at an event.
func (s *Snapshot) Plays(o, performer uint32) bool { return s.plays(s.Billing(o), performer) }

// plays tells whether a performer is in a billing.
func (s *Snapshot) plays(billing []uint32, performer uint32) bool {
	for _, b := range billing {
		if s.billings.performer[b] == performer {
			return true
		}
	}
	return false
}

// billings are the performers of a snapshot by id and name, from 1: somebody who was
// renamed has two, and each event the name that it was billed with.
type billings struct {
	performer []uint32
	folded    []string
	initials  []Initials
	short     []ShortName
	whole     *whole
}

// whole finds billings by the letters of their names. All snapshots share it.
type whole struct {
	mu     sync.RWMutex // guards number
	number map[string][]uint32
}

// add enters the spellings of a billing.
func (w *whole) add(spellings string, number uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for spelling := range strings.SplitSeq(spellings, SpellingEnd) {
		letters := join(spelling)
		if list := w.number[letters]; len(list) == 0 || list[len(list)-1] != number {
			w.number[letters] = append(list, number) // behind what readers have of it
		}
	}
}

// get gives the billings below a number.
func (w *whole) get(letters string, below int) []uint32 {
	w.mu.RLock()
	list := w.number[letters]
	w.mu.RUnlock()
	for len(list) > 0 && int(list[len(list)-1]) >= below {
		list = list[:len(list)-1] // came after this snapshot
	}
	return list
}

// add numbers a billing.
func (b *billings) add(performer uint32, folded string) uint32 {
	b.performer = append(b.performer, performer)
	b.folded = append(b.folded, folded)
	b.initials = append(b.initials, InitialsOf(folded))
	number := uint32(len(b.folded) - 1)
	for spelling := range strings.SplitSeq(folded, SpellingEnd) {
		if isShort(spelling) {
			b.short = append(b.short, ShortName{number, HeadOf(strings.TrimPrefix(spelling, "the "))})
		}
	}
	return number
}
