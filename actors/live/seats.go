package live

import (
	"maps"
	"slices"

	"boxoffice/actors/sale"
)

// seat is one who watches the seats of an event.
type seat struct {
	listener
	since  uint64 // what it knew when it came
	joined bool   // it gets what the watcher gets; guarded by deliver
}

// addSeat takes a listener in: with a Snapshot, with what it missed, or among those for
// whom the event has to be asked.
func (w *watcher) addSeat(s *seat) {
	w.deliver.Lock()
	defer w.deliver.Unlock()
	w.mu.Lock()
	w.seats[s], w.told = struct{}{}, nil
	w.mu.Unlock()
	w.hub.metrics.seats.Add(1)
	switch {
	case w.dead: // since it was joined
		w.sayGoodbye(&s.listener)
		w.dropSeat(s)
	case s.since == 0:
		s.joined = true
		s.tell(versionFrame(Snapshot, w.version))
	case s.since <= w.version && w.catch(s, s.since):
	default:
		w.behind = append(w.behind, s)
		if !w.catching {
			w.catching = true
			go w.catchUp()
		}
	}
}

// catch has a listener that knows a version join, with the frames after it; false: the
// chain does not have them.
func (w *watcher) catch(s *seat, version uint64) bool {
	missed, ok := w.chain.after(version)
	if !ok {
		return false
	}
	s.joined = true
	for _, f := range missed {
		s.tell(f)
	}
	return true
}

// catchUp asks for those who are behind until nobody is: once for all who came while
// the last question was under way.
func (w *watcher) catchUp() {
	for {
		w.deliver.Lock()
		list := w.behind
		w.behind, w.catching = nil, len(list) > 0
		ahead := w.version
		w.deliver.Unlock()
		if len(list) == 0 {
			return
		}
		oldest := uint64(0) // where nobody is behind: how the event is now, without waiting
		for _, s := range list {
			if s.since < ahead && (oldest == 0 || s.since < oldest) {
				oldest = s.since
			}
		}
		a, err := w.ask(&sale.ShowNews{Since: oldest}, w.hub.cfg.AskWait)
		w.caughtUp(list, ahead, a, err)
	}
}

// caughtUp brings listeners up to date with an answer about the oldest of their
// versions. What changed after that one is told to all of them: each gets some that he
// knows, as they are now. Those that know of a later version than the watcher did (ahead)
// join where that can be, and are told to read everything where it cannot. So are all
// where nothing could be learned: whoever reads everything loses nothing.
func (w *watcher) caughtUp(list []*seat, ahead uint64, a sale.Answer, err error) {
	w.deliver.Lock()
	defer w.deliver.Unlock()
	frames := map[uint64]*Frame{} // by since
	for _, s := range list {
		switch {
		case err != nil || a.News.Stale || s.since > a.Version:
			w.resync(s)
			continue
		case s.since >= ahead && w.catch(s, s.since):
			continue
		}
		f := frames[s.since]
		if f == nil {
			f = ticketsFrame(s.since, a.Version, a.News.Changes)
			frames[s.since] = f
		}
		s.tell(f)
		if !w.catch(s, a.Version) {
			w.resync(s)
		}
	}
}

// resync has a listener read everything anew, and join.
func (w *watcher) resync(s *seat) {
	s.joined = true
	s.tell(versionFrame(Resync, w.version))
}

// dropSeat ends a listener.
func (w *watcher) dropSeat(s *seat) {
	if !s.end() {
		return
	}
	w.mu.Lock()
	delete(w.seats, s)
	w.told = nil
	w.mu.Unlock()
	w.hub.metrics.seats.Add(-1)
	w.hub.leave(w, 1)
}

// allSeats are the listeners; nobody changes the list.
func (w *watcher) allSeats() []*seat {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told == nil {
		w.told = slices.Collect(maps.Keys(w.seats))
	}
	return w.told
}
