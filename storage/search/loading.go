package search

import (
	"fmt"
	"sync"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/postings"
)

// loadStep is how many events the columns get at a time while an index is opened.
const loadStep = 16_384

// loading is the opening of a body: stored events become rows, by several goroutines.
type loading struct {
	b     *body
	names sync.Map // names that were read, and their spellings: most come many times

	mu     sync.Mutex // guards change, its rows, and b.gone
	change *columns.Change
	rows   int
}

// newLoading begins to load a body.
func newLoading(b *body) *loading { return &loading{b: b, change: b.table.Begin()} }

// ordinal finds an event that was loaded.
func (l *loading) ordinal(id string) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.change == nil { // it was asked for before end, and comes after
		return l.b.table.Ordinal(id)
	}
	return l.change.Ordinal(id)
}

// enter enters a stored document.
func (l *loading) enter(id, source []byte) (uint32, error) {
	if event, ok := goneID(id); ok {
		t, err := decodeTomb(source)
		if err != nil {
			return 0, err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.b.gone.put(event, t)
		return postings.NoOrdinal, nil
	}
	e, err := decodeRecord(source)
	if err != nil {
		return 0, fmt.Errorf("event %q: %w", id, err)
	}
	e.ID = string(id)
	row := rowOf(&e, l.spellings)
	l.mu.Lock()
	defer l.mu.Unlock()
	ordinal, fresh := l.change.Put(row)
	if !fresh {
		return 0, fmt.Errorf("event %q is there twice", id)
	}
	if l.rows++; l.rows%loadStep == 0 {
		l.change.Commit()
		l.change = l.b.table.Begin()
	}
	return ordinal, nil
}

// end lets everybody see what was loaded, and forgets the rest: the store keeps enter.
func (l *loading) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.change.Commit()
	l.change = nil
	l.names.Clear()
}

// spellings is the function of that name, with a memory.
func (l *loading) spellings(name string) string {
	if known, ok := l.names.Load(name); ok {
		return known.(string)
	}
	s := spellings(name)
	l.names.Store(name, s)
	return s
}
