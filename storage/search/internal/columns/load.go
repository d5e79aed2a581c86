package columns

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// Loader fills an empty table with the rows of an index that is opened, several times as
// fast as a Change: rows come with numbers instead of values, and what belongs to all rows
// is made at the end, in one go. Nobody else uses the table before End.
//
//	l := t.Load()
//	f := l.Filler()          // in each goroutine
//	place := f.Place(p)      // once a place
//	f.Put(Loaded{…})
//	err := l.End()           // when all goroutines are done
type Loader struct {
	mu     sync.Mutex // guards what follows
	change *Change    // for its values
	pieces []*piece
	hots   []*hotPiece
	unused []uint32 // ordinals in pieces that were not filled to their ends
	open   []*Filler
}

// Loaded is a row with its values as numbers, 0 for none.
type Loaded struct {
	ID, Title     []byte // Put copies them
	Version       uint64
	Start, OnSale int64
	Cancelled     bool
	Popularity    float32
	Genre, Place  uint32
	Billing       []uint32 // the table keeps it: rows may share one
}

// Filler fills pieces of its own. For one goroutine.
type Filler struct {
	l      *Loader
	piece  *piece
	hot    *hotPiece
	number int    // of both
	n      int    // rows that it has
	text   []byte // of ids and titles of the piece, one after the other
	ends   []int  // of each id and each title in text
}

// Load begins to fill a table that New made.
func (t *Table) Load() *Loader { return &Loader{change: t.Begin()} }

// Filler makes a filler.
func (l *Loader) Filler() *Filler {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &Filler{l: l, n: pieceSize}
	l.open = append(l.open, f)
	return f
}

// Place numbers a place.
func (l *Loader) Place(p Place) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.change.place(p)
}

// Genre numbers a genre.
func (l *Loader) Genre(v Value) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.change.next.genres.put(v)
}

// Billed gives the entry of a Billing that is a performer; 0: it has neither id nor name.
func (l *Loader) Billed(p Performer) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if numbers := l.change.billing([]Performer{p}); len(numbers) > 0 {
		return numbers[0]
	}
	return 0
}

// Put enters a row, and gives its ordinal.
func (f *Filler) Put(r *Loaded) uint32 {
	if f.n == pieceSize {
		f.begin()
	}
	p, i := f.piece, f.n
	f.text = append(append(f.text, r.ID...), r.Title...)
	f.ends = append(f.ends, len(f.text)-len(r.Title), len(f.text))
	p.version[i], p.onSale[i], p.performers[i] = r.Version, r.OnSale, r.Billing
	f.hot[i] = hot{start: r.Start, popularity: r.Popularity, place: r.Place, genre: r.Genre}
	if r.Cancelled {
		f.hot[i].flags = cancelled
	}
	f.n++
	return uint32(f.number<<pieceBits + i)
}

// begin begins the next piece.
func (f *Filler) begin() {
	f.finish()
	f.piece, f.hot, f.n = new(piece), new(hotPiece), 0
	f.l.mu.Lock()
	defer f.l.mu.Unlock()
	f.number = len(f.l.pieces)
	f.l.pieces, f.l.hots = append(f.l.pieces, f.piece), append(f.l.hots, f.hot)
}

// finish gives the rows of the piece their ids and titles. All of them are one string: a
// million small ones would be most of the garbage collector's work.
func (f *Filler) finish() {
	all, from := string(f.text), 0
	for i := range len(f.ends) / 2 {
		id, title := f.ends[2*i], f.ends[2*i+1]
		f.piece.id[i], f.piece.title[i] = all[from:id], all[id:title]
		f.piece.head[i] = idHead(all[from:id])
		h := &f.hot[i]
		h.fill(all[id:title], f.piece.performers[i], h.flags&cancelled != 0)
		from = title
	}
	f.text, f.ends = f.text[:0], f.ends[:0]
}

// End lets everybody see the rows. Where an id was there twice, it is an error, and the
// table is of no use.
func (l *Loader) End() error {
	c := l.change
	rows := 0
	for _, f := range l.open {
		f.finish()
		for i := f.n; i < pieceSize; i++ {
			l.unused = append(l.unused, uint32(f.number<<pieceBits+i))
		}
		rows -= pieceSize - f.n
	}
	rows += len(l.pieces) << pieceBits
	next := &c.next
	next.rows.pieces, next.hots.pieces = l.pieces, l.hots
	next.n, next.events = len(l.pieces)<<pieceBits, rows
	for range l.pieces {
		next.live = append(next.live, new(livePiece))
	}
	var twice error
	var all sync.WaitGroup
	all.Go(func() { twice = c.t.enterAll(next) })
	next.order = orderOf(next)
	l.list()
	all.Wait()
	c.settle()
	c.t.free = l.unused
	c.t.now.Store(next)
	return twice
}

// enterAll makes the table of ids.
func (t *Table) enterAll(s *Snapshot) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ids.reserve(s.events)
	for o := range uint32(s.n) {
		if s.Alive(o) && !t.ids.addNew(o, s.ID) {
			return fmt.Errorf("event %q is there twice", s.ID(o))
		}
	}
	return nil
}

// orderOf is the order by start of all rows.
func orderOf(s *Snapshot) []uint32 {
	all := make([]dated, 0, s.events)
	for o := range uint32(s.n) {
		if s.Alive(o) {
			all = append(all, dated{s.Start(o), o})
		}
	}
	slices.SortFunc(all, func(a, b dated) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		return cmp.Compare(a.ordinal, b.ordinal)
	})
	order := make([]uint32, len(all))
	for i := range all {
		order[i] = all[i].ordinal
	}
	return order
}

// list makes the lists of places and performers.
func (l *Loader) list() {
	next := &l.change.next
	next.atPlace.fill(next, next.places.Len(), func(o uint32, add func(uint32)) {
		if place := next.Place(o); place != 0 {
			add(place)
		}
	})
	next.ofPerformer.fill(next, next.performers.Len(), func(o uint32, add func(uint32)) {
		l.change.eachPerformer(next.Billing(o), add)
	})
}

// fill makes lists of all rows; each calls add with the numbers of a row, which are below
// n. First they are counted, so that every list is as long as it needs to be, in memory
// that they share.
func (l *lists) fill(s *Snapshot, n int, each func(o uint32, add func(uint32))) {
	ends := make([]uint32, n+1)
	for o := range uint32(s.n) {
		if s.Alive(o) {
			each(o, func(number uint32) { ends[number+1]++ })
		}
	}
	for i := range n {
		ends[i+1] += ends[i]
	}
	all, at := make([]uint32, ends[n]), slices.Clone(ends)
	for o := range uint32(s.n) {
		if s.Alive(o) {
			each(o, func(number uint32) { all[at[number]], at[number] = o, at[number]+1 })
		}
	}
	for i := range n {
		if i&pieceMask == 0 {
			l.edit(i >> pieceBits)
		}
		l.pieces[i>>pieceBits][i&pieceMask] = slices.Clip(all[ends[i]:ends[i+1]])
	}
}
