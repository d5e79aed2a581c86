package search

import (
	"fmt"
	"sync"

	"boxoffice/storage/search/internal/columns"
	"boxoffice/storage/search/internal/postings"
)

// loading is the opening of a body: stored events become rows, by several goroutines. The
// values that they share (places, performers, genres) are told by the bytes they are
// written in, so each is made once, however many events have it.
type loading struct {
	b    *body
	fill *columns.Loader

	places, performers, genres numbers

	mu sync.Mutex // guards b.gone
}

// numbers are the numbers of values by their bytes.
type numbers struct {
	mu sync.RWMutex // guards by
	by map[string]uint32
}

// newLoading begins to load a body.
func newLoading(b *body) *loading {
	l := &loading{b: b, fill: b.table.Load()}
	for _, n := range []*numbers{&l.places, &l.performers, &l.genres} {
		n.by = map[string]uint32{}
	}
	return l
}

// of gives the number of a value, which make makes: of a value that several goroutines
// come upon at once, each does, and they get the same.
func (n *numbers) of(raw []byte, make func() uint32) uint32 {
	n.mu.RLock()
	number, ok := n.by[string(raw)]
	n.mu.RUnlock()
	if ok {
		return number
	}
	number = make()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.by[string(raw)] = number
	return number
}

// loader is one goroutine's part of a loading.
type loader struct {
	*loading
	filler *columns.Filler
	single map[uint32][]uint32 // billings of one, by who that is: events share them
	room   []uint32            // for other billings
	event  storedEvent
}

// roomSize is how many entries of billings are allocated at once.
const roomSize = 4096

// begin gives what a goroutine enters its documents with.
func (l *loading) begin() func(id, source []byte) (uint32, error) {
	g := &loader{loading: l, filler: l.fill.Filler(), single: map[uint32][]uint32{}}
	return g.enter
}

// enter enters a stored document.
func (l *loader) enter(id, source []byte) (uint32, error) {
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
	e := &l.event
	if err := e.read(source); err != nil {
		return 0, fmt.Errorf("event %q: %w", id, err)
	}
	return l.filler.Put(&columns.Loaded{
		ID: id, Title: e.spelled, Version: e.version, Start: e.startsAt, OnSale: e.onSaleAt,
		Cancelled: e.cancelled, Popularity: popularity(e.capacity),
		Genre:   l.genres.of(e.genre, func() uint32 { return l.fill.Genre(genreOf(string(e.genre))) }),
		Place:   l.places.of(e.venue, func() uint32 { return l.fill.Place(placeOf(e.readVenue())) }),
		Billing: l.billing(),
	}), nil
}

// billing is who appears at the event.
func (l *loader) billing() []uint32 {
	from := len(l.room)
	for _, raw := range l.event.performers {
		who := l.performers.of(raw, func() uint32 { return l.fill.Billed(performerOf(readPerformer(raw))) })
		if who != 0 {
			l.room = append(l.room, who)
		}
	}
	list := l.room[from:len(l.room):len(l.room)]
	switch {
	case len(list) == 0:
		return nil
	case len(list) == 1:
		l.room = l.room[:from]
		if l.single[list[0]] == nil {
			l.single[list[0]] = []uint32{list[0]}
		}
		return l.single[list[0]]
	case cap(l.room)-len(l.room) < 16:
		l.room = make([]uint32, 0, roomSize) // those that are there keep the old one
	}
	return list
}
