package search

import "boxoffice/storage/search/internal/columns"

// A query may find a hundred thousand events, each with several performers: who they are
// is all over the memory. But few names are all of a text; and only names that are a single
// word say something to one (see compare), and most of them are something else. So after
// some events it pays to go the other way: to find the names that are what is looked for,
// and to mark the events of those who bear them.

const (
	likedAfter = 256     // events are looked at first: it costs about as much
	likedMost  = 1 << 16 // events are marked, at most
)

// liked are the events that have a performer with one of some names. The zero liked has not
// looked yet.
type liked struct {
	asked  int
	events []uint64  // by ordinal, bits; nil: not known
	room   *[]uint64 // their memory
}

// mayPlay tells whether an event may have such a performer; names gives the entries of the
// billings, when it is time. It errs on that side only.
func (l *liked) mayPlay(h *phrasing, o uint32, names func() []uint32) bool {
	if l.events == nil {
		if l.asked++; l.asked != likedAfter || !l.mark(h, names()) {
			return true
		}
	}
	return l.events[o/64]&(1<<(o%64)) != 0
}

// mark marks the events of names. It is false, and does nothing, where there are too many.
func (l *liked) mark(h *phrasing, names []uint32) bool {
	events := 0
	for _, billed := range names {
		events += len(h.now.EventsOf(h.now.PerformerOf(billed)))
	}
	if events > likedMost {
		return false
	}
	*l.room = zeros(*l.room, (h.now.Len()+63)/64)
	l.events = *l.room
	for _, billed := range names {
		for _, o := range h.now.EventsOf(h.now.PerformerOf(billed)) {
			l.events[o/64] |= 1 << (o % 64)
		}
	}
	return true
}

// likedNames are the names that are something to a single word: those that begin with it are told by
// their heads, and those that are it or look like it are looked up.
func (h *phrasing) likedNames() (list []uint32) {
	look := func(billed uint32) {
		if h.likenessOf(billed) != unlike {
			list = append(list, billed)
		}
	}
	same := func(word string) {
		for _, letters := range [...]string{word, article + word} {
			for _, billed := range h.now.BilledAs(letters) {
				look(billed)
			}
		}
	}
	w := &h.wanted[0]
	for _, s := range w.begun {
		head := columns.HeadOf(s)
		for _, name := range h.now.ShortNames() {
			if name.Head == head {
				look(name.Billed)
			}
		}
	}
	for _, s := range w.exact {
		same(s)
	}
	for s := range w.alike {
		same(s)
	}
	return list
}
