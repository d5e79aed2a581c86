package live

import (
	"boxoffice/actors/sale"
	"boxoffice/actors/sale/waitroom"
)

// quietRounds is after how many rounds in which it did not move a place is told how long
// it will wait, where that has changed.
const quietRounds = 10

// place is one who watches a place in the waiting room. Several may watch the same one.
// All but token is guarded by deliver.
type place struct {
	listener
	token   sale.ID
	version uint64     // of shown
	shown   sale.Place // what it was told last
	quiet   int        // rounds in which it was told nothing
	over    bool       // it was told of the place's end
}

// addPlace takes a listener in who was found to have the place as it is at a version.
func (w *watcher) addPlace(p *place, version uint64, is *sale.Place) {
	w.deliver.Lock()
	defer w.deliver.Unlock()
	w.mu.Lock()
	list := w.places[p.token]
	w.places[p.token] = append(list[:len(list):len(list)], p)
	w.mu.Unlock()
	w.hub.metrics.places.Add(1)
	if w.dead { // since it was joined
		w.sayGoodbye(&p.listener)
		w.dropPlace(p)
		return
	}
	p.take(version, is)
	p.tell(placeFrame(version, is, w.hub.cfg.Place))
	r := &w.rounds
	if version < w.version { // news that it should have had has passed
		r.fresh = append(r.fresh, p.token)
	}
	r.setGrace(is.Grace)
	if !r.running {
		r.running = true
		go w.runRounds()
	}
	r.signal()
}

// placeIs tells those who watch a place how it is at a version, where that is news.
func (w *watcher) placeIs(version uint64, is *sale.Place) {
	w.mu.Lock()
	list := w.places[is.ID]
	w.mu.Unlock()
	var f *Frame
	for _, p := range list {
		if p.over || version < p.version || !p.take(version, is) {
			continue
		}
		if f == nil {
			f = placeFrame(version, is, w.hub.cfg.Place)
		}
		p.tell(f)
	}
}

// take takes over how the place is, and reports whether that is to be told: not more often
// than it moves, for a place that only waits.
func (p *place) take(version uint64, is *sale.Place) (tell bool) {
	p.version = version
	if !p.moved(is) {
		p.quiet++
		was := &p.shown
		if is.State != waitroom.Waiting || p.quiet < quietRounds ||
			is.Waiting == was.Waiting && is.Estimate == was.Estimate && is.SoldOut == was.SoldOut {
			return false
		}
	}
	p.shown, p.quiet = *is, 0
	k := kindOf(is)
	p.over = k == Ended || k == Expired
	return true
}

// moved reports whether the place is not where it was.
func (p *place) moved(is *sale.Place) bool {
	was := &p.shown
	switch {
	case is.State != was.State || is.ID != was.ID:
		return true
	case is.State != waitroom.Waiting:
		return is.Until != was.Until
	}
	return is.Ahead != was.Ahead || is.OpensAt != was.OpensAt || drawn(is) != drawn(was)
}

// drawn reports whether the order of the line is known to be a draw's.
func drawn(p *sale.Place) bool { return p.Draw != nil && p.Draw.Seed != [32]byte{} }

// dropPlace ends a listener. The owner counts as being there for the grace from the last
// time on that he was seen.
func (w *watcher) dropPlace(p *place) {
	if !p.end() {
		return
	}
	w.mu.Lock()
	list := without(w.places[p.token], p)
	w.places[p.token] = list
	if len(list) == 0 {
		delete(w.places, p.token)
	}
	last := len(w.places) == 0
	w.mu.Unlock()
	if last {
		w.rounds.signal()
	}
	w.hub.metrics.places.Add(-1)
	w.hub.leave(w, 1)
}

// allPlaces are the listeners.
func (w *watcher) allPlaces() (all []*place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, list := range w.places {
		all = append(all, list...)
	}
	return all
}

// tokens are the places that are watched: those that wait or, with all, those that may
// still change. Called with deliver.
func (w *watcher) tokens(all bool) []sale.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]sale.ID, 0, len(w.places))
	for token, watchers := range w.places {
		p := watchers[0]
		if !p.over && (all || p.shown.State == waitroom.Waiting) {
			list = append(list, token)
		}
	}
	return list
}
