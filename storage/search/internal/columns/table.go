package columns

import (
	"sync"
	"sync/atomic"
)

// Table has the columns. One goroutine at a time changes it; any number read.
type Table struct {
	now atomic.Pointer[Snapshot]

	mu  sync.RWMutex // guards ids, and that they are those of now
	ids ids

	liveMu sync.Mutex // held by who writes live rows; taken after mu

	// Of the writer alone: what has which number.
	numbers map[Place]uint32
	billed  map[billing]uint32
	whole   *whole
	free    []uint32 // ordinals of removed events
}

// billing is what makes an entry of a Billing.
type billing struct {
	performer uint32
	folded    string
}

// New is a table without events.
func New() *Table {
	t := &Table{ids: newIDs(), numbers: make(map[Place]uint32), billed: make(map[billing]uint32)}
	t.whole = &whole{number: make(map[string][]uint32)}
	t.now.Store(&Snapshot{
		places: newPlaces(), genres: newDictionary(), cities: newDictionary(),
		venues: newDictionary(), performers: newDictionary(),
		billings: billings{
			performer: make([]uint32, 1), folded: make([]string, 1), initials: make([]Initials, 1), whole: t.whole,
		},
	})
	return t
}

// Now is the table as of the last Commit.
func (t *Table) Now() *Snapshot { return t.now.Load() }

// Ordinal gives the ordinal of an id as of the last Commit, or else None.
func (t *Table) Ordinal(id string) uint32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.ids.get(id, t.now.Load().ID)
}

// SetLive sets an event's live columns: every snapshot shows it at once. A version older
// than the one that is there is ignored. It is false where no such event is committed.
func (t *Table) SetLive(id string, l Live) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	now := t.now.Load()
	o := t.ids.get(id, now.ID)
	if o == None {
		return false
	}
	row := &now.live[o>>pieceBits][o&pieceMask]
	t.liveMu.Lock()
	defer t.liveMu.Unlock()
	if l.Version >= row.version.Load() {
		row.store(l)
	}
	return true
}

// Live reads the live columns of an event that was at an ordinal; it looks for it where
// another one is there by now. The zero Live where it is gone.
func (t *Table) Live(o uint32, id string) Live {
	now := t.now.Load()
	if int(o) >= now.n || !now.Alive(o) || now.ID(o) != id {
		t.mu.RLock()
		defer t.mu.RUnlock()
		now = t.now.Load()
		if o = t.ids.get(id, now.ID); o == None {
			return Live{}
		}
	}
	return now.live[o>>pieceBits][o&pieceMask].load()
}
