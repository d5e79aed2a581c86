package live

import (
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
)

const (
	// chunk is how many places one question is about: some 100 µs of the event's actor.
	chunk = 500
	// The bounds of how often all places are seen, whatever the event's grace is.
	leastSeen, mostSeen = time.Second, 30 * time.Second
)

// rounds is when the places of an event are asked for next. To ask is to say that their
// owners are there. It is guarded by watcher.deliver.
type rounds struct {
	running bool      // runRounds is
	moved   bool      // the event has changed since the last round: positions may have
	missed  bool      // places may have been let in or ended that nobody told of
	fresh   []sale.ID // to be asked at once
	seen    time.Duration
	last    time.Time // when the last round began
	lastAll time.Time // when the last one began that was about all places
	wake    chan struct{}
}

// setGrace is told how long a place is kept that nobody is seen at: it is seen four times
// in that time.
func (r *rounds) setGrace(grace catalog.Time) {
	if r.seen = mostSeen; grace > 0 {
		r.seen = min(max(time.Duration(grace)*time.Millisecond/4, leastSeen), mostSeen)
	}
}

func (r *rounds) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// wakeRounds says that the event has changed. Called with deliver.
func (w *watcher) wakeRounds(missed bool) {
	r := &w.rounds
	r.moved, r.missed = true, r.missed || missed
	if r.running {
		r.signal()
	}
}

// runRounds asks for positions as long as places are watched: once in PositionEvery where
// something has changed, of all of them four times in the grace, and at once of those
// that something may have been missed of.
func (w *watcher) runRounds() {
	w.deliver.Lock()
	w.rounds.last, w.rounds.lastAll = time.Now(), time.Now()
	w.deliver.Unlock()
	for {
		list, hurry, until, over := w.nextRound(time.Now())
		switch {
		case over:
			return
		case len(list) == 0:
			w.rest(until)
		default:
			w.askRound(list, hurry)
		}
	}
}

// nextRound is the places to be asked for now; else until when there are none, unless
// something happens. over: no place is watched, and the rounds are over.
func (w *watcher) nextRound(now time.Time) (list []sale.ID, hurry bool, until time.Time, over bool) {
	w.deliver.Lock()
	defer w.deliver.Unlock()
	r := &w.rounds
	all := r.lastAll.Add(r.seen)
	switch {
	case w.noPlaces():
		r.running = false
		return nil, false, until, true
	case r.missed || !now.Before(all):
		hurry = r.missed
		r.missed, r.moved, r.fresh = false, false, nil
		r.last, r.lastAll = now, now
		return w.tokens(true), hurry, all, false
	case len(r.fresh) > 0:
		list, r.fresh = r.fresh, nil
		return list, true, all, false
	case r.moved && now.Sub(r.last) >= w.hub.cfg.PositionEvery:
		r.moved, r.last = false, now
		return w.tokens(false), false, all, false
	case r.moved:
		until = r.last.Add(w.hub.cfg.PositionEvery)
	}
	if until.IsZero() || all.Before(until) {
		until = all
	}
	return nil, false, until, false
}

func (w *watcher) noPlaces() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.places) == 0
}

// rest waits for a time, or for news of the rounds.
func (w *watcher) rest(until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.rounds.wake:
	}
}

// askRound asks for places, some at a time. Unless it is in a hurry it spreads that over
// most of PositionEvery, so that neither the event nor this node has all of it at once.
func (w *watcher) askRound(list []sale.ID, hurry bool) {
	gap := w.hub.cfg.PositionEvery * 4 / 5 / time.Duration((len(list)+chunk-1)/chunk)
	for len(list) > 0 {
		next := time.Now().Add(gap)
		n := min(chunk, len(list))
		if !w.askChunk(list[:n]) {
			return
		}
		list = list[n:]
		for len(list) > 0 && !hurry && time.Now().Before(next) {
			w.rest(next)
			hurry = w.urgent()
		}
	}
}

// urgent reports whether there is something to be asked for at once.
func (w *watcher) urgent() bool {
	w.deliver.Lock()
	defer w.deliver.Unlock()
	return w.rounds.missed || len(w.rounds.fresh) > 0
}

// askChunk asks for places and tells those who watch them. Where that fails, all places
// are asked for when there is an answer again: false.
func (w *watcher) askChunk(list []sale.ID) bool {
	a, err := w.ask(&sale.SeePlaces{IDs: list}, w.hub.cfg.AskWait)
	if err != nil {
		w.hub.metrics.asked(askedFailed)
		pause(lastRetry / 4)
		w.deliver.Lock()
		w.rounds.missed = true
		w.deliver.Unlock()
		return false
	}
	w.hub.metrics.asked(askedPlaces)
	w.deliver.Lock()
	defer w.deliver.Unlock()
	defer w.hub.metrics.delivered(time.Now())
	for i := range a.Places {
		w.placeIs(a.Version, &a.Places[i])
		if a.Places[i].Grace > 0 {
			w.rounds.setGrace(a.Places[i].Grace)
		}
	}
	return true
}
