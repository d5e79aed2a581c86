package live

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"boxoffice/actors/sale"
)

// Listener is one socket, or whatever else wants to be told.
type Listener interface {
	// Deliver gives it a frame, to keep and to share. It is called from the hub's
	// goroutines, one call at a time, and must not block: while it does, nobody else who
	// watches the event is told anything. It may be called before WatchSeats or
	// WatchPlace has returned, and once more while stop is called, or shortly after. It
	// may call stop, and no other method of the hub.
	Deliver(f *Frame)
}

// Hub hands what happens to those who watch on this node. Its methods are for any
// goroutine.
type Hub struct {
	cfg     Config
	metrics *metrics

	mu        sync.Mutex // guards what follows
	watchers  map[string]*watcher
	listeners int // those who watch, or are about to
}

// New is a hub without listeners. It has no goroutine until there are some.
func New(cfg Config) (*Hub, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	h := &Hub{cfg: cfg, watchers: map[string]*watcher{}}
	h.metrics = newMetrics(h)
	return h, nil
}

// WatchSeats tells l how seats of an event change from now on, until stop. A listener
// gets one Snapshot first where since is 0, else what changed after version since, or
// Resync where that is too old, too much, or not a version of the event at all.
//
// Where nobody on this node watches the event yet, it asks the event's node, and blocks
// until that has answered, at most Config.AskWait. Errors: a *sale.Refusal with
// EventNotFound; ErrOverloaded, where a bound is reached; ErrUnavailable; those of Events.
// stop may be called more than once, does not block, and is not nil without an error.
func (h *Hub) WatchSeats(event string, since uint64, l Listener) (stop func(), err error) {
	w, err := h.join(event)
	if err != nil {
		return nil, err
	}
	s := &seat{listener: listener{to: l, of: w}, since: since}
	w.addSeat(s)
	return func() { w.dropSeat(s) }, nil
}

// WatchPlace tells l how a place of an event's waiting room does, until stop. user is who
// asks, as for sale.ShowPlace. A listener gets first how the place is now (Position,
// Admitted, Ended or Expired), whatever since is, and nothing after Ended or Expired but a
// Goodbye. As long as it watches, its owner counts as being there.
//
// It asks the event's node, and blocks until that has answered, at most Config.AskWait,
// twice. Errors: a *sale.Refusal with EventNotFound or, for a token that is unknown or
// another user's, PlaceNotFound; else as for WatchSeats.
func (h *Hub) WatchPlace(event string, token sale.ID, user string, _ uint64, l Listener) (stop func(), err error) {
	w, err := h.join(event)
	if err != nil {
		return nil, err
	}
	a, err := h.cfg.Events.Do(event, &sale.ShowPlace{By: sale.By{User: user}, ID: token}, time.Now().Add(h.cfg.AskWait))
	if err == nil && a.Refusal != nil {
		err = a.Refusal
	}
	if err != nil {
		h.leave(w, 1)
		return nil, err
	}
	p := &place{listener: listener{to: l, of: w}, token: token}
	w.addPlace(p, a.Version, a.Place)
	return func() { w.dropPlace(p) }, nil
}

// Goodbye gives every listener a Goodbye with a retryAfterMs of its own, and nothing
// after it. Whoever watches from then on is served as before: a node that drains keeps
// them out itself.
func (h *Hub) Goodbye() {
	h.mu.Lock()
	all := make([]*watcher, 0, len(h.watchers))
	for _, w := range h.watchers {
		all = append(all, w)
	}
	h.mu.Unlock()
	for _, w := range all {
		w.goodbye()
	}
}

// retryAfter is when one listener is to come back: all together spread evenly.
func (h *Hub) retryAfter() time.Duration {
	return h.cfg.Return/20 + rand.N(h.cfg.Return-h.cfg.Return/20)
}

// join is the watcher of an event, which knows the event's version by then. Who joins
// counts as a listener until it leaves.
func (h *Hub) join(event string) (*watcher, error) {
	w, err := h.watcher(event)
	if err != nil {
		return nil, err
	}
	patience := time.NewTimer(h.cfg.AskWait)
	defer patience.Stop()
	select {
	case <-w.begun:
		err = w.failed
	case <-patience.C:
		err = fmt.Errorf("%w: the event's node does not answer", ErrUnavailable)
	}
	if err != nil {
		h.leave(w, 1)
		return nil, err
	}
	return w, nil
}

// watcher finds or makes the watcher of an event, for one listener more.
func (h *Hub) watcher(event string) (*watcher, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners >= h.cfg.MaxListeners {
		h.metrics.refused[boundListeners].Inc()
		return nil, fmt.Errorf("%w: too many watch", ErrOverloaded)
	}
	w := h.watchers[event]
	if w == nil {
		if len(h.watchers) >= h.cfg.MaxEvents {
			h.metrics.refused[boundEvents].Inc()
			return nil, fmt.Errorf("%w: too many events are watched", ErrOverloaded)
		}
		w = newWatcher(h, event)
		h.watchers[event] = w
		go w.run()
	}
	w.listeners++
	h.listeners++
	return w, nil
}

// leave is for listeners who no longer watch.
func (h *Hub) leave(w *watcher, listeners int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.listeners -= listeners
	h.listeners -= listeners
}

// wanted reports whether somebody listens to a watcher. Else nobody joins it any more.
func (h *Hub) wanted(w *watcher) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.listeners == 0 {
		h.forgetLocked(w)
	}
	return w.listeners > 0
}

// forget makes that nobody joins a watcher any more.
func (h *Hub) forget(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgetLocked(w)
}

func (h *Hub) forgetLocked(w *watcher) {
	if h.watchers[w.event] == w {
		delete(h.watchers, w.event)
	}
}

func (h *Hub) events() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.watchers)
}
