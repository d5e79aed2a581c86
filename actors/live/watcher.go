package live

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/actors/sale"
)

// The pauses after a question that failed: the first, which doubles, and the longest.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// watcher asks for one event what happens to it, for all on this node who watch it. Its
// run is one goroutine, which mostly waits for an answer; two more come and go: rounds
// asks for positions while places are watched, and catchUp for listeners who come with
// an old version.
type watcher struct {
	hub       *Hub
	event     string
	listeners int // guarded by hub.mu

	begun  chan struct{} // closed when version is known, or failed set
	failed error

	// deliver is held by whoever hands out frames, so that a listener gets one at a time
	// and in order. It guards what follows.
	deliver  sync.Mutex
	version  uint64 // of the event, up to which everything was handed out
	chain    chain
	behind   []*seat // who came with a version that the chain does not have
	catching bool    // catchUp is running
	rounds   rounds
	dead     bool // run has ended

	// mu guards the tables of listeners. Nothing is called while it is held.
	mu     sync.Mutex
	seats  map[*seat]struct{}
	told   []*seat              // the same as a list, which nobody changes; nil: to be made
	places map[sale.ID][]*place // each slice is replaced as a whole
}

func newWatcher(h *Hub, event string) *watcher {
	return &watcher{hub: h, event: event, begun: make(chan struct{}), seats: map[*seat]struct{}{},
		places: map[sale.ID][]*place{}, rounds: rounds{wake: make(chan struct{}, 1)}}
}

// listener is what seats and places have in common.
type listener struct {
	to   Listener
	of   *watcher
	gone atomic.Bool // it has stopped, or was told goodbye
}

// tell hands a frame over, unless it has stopped.
func (l *listener) tell(f *Frame) {
	if !l.gone.Load() {
		l.of.hub.metrics.frames[f.Kind].Inc()
		l.to.Deliver(f)
	}
}

// end makes it be told nothing more; false: it was so before.
func (l *listener) end() bool { return !l.gone.Swap(true) }

// run asks for news until nobody wants any.
func (w *watcher) run() {
	defer w.over()
	if !w.begin() {
		return
	}
	retry := firstRetry
	for w.hub.wanted(w) {
		a, err := w.ask(&sale.ShowNews{Since: w.version}, w.hub.cfg.NewsWait)
		var refusal *sale.Refusal
		switch {
		case errors.As(err, &refusal): // the event was removed
			return
		case err != nil:
			w.hub.metrics.asked(askedFailed)
			pause(retry/2 + rand.N(retry))
			retry = min(2*retry, lastRetry)
			continue
		case a.Version == w.version:
			w.hub.metrics.asked(askedNothing)
		default:
			w.hub.metrics.asked(askedNews)
			next := time.Now().Add(w.hub.cfg.Batch)
			w.take(a)
			pause(time.Until(next))
		}
		retry = firstRetry
	}
}

// begin asks for the event's version, for which everybody waits who joins.
func (w *watcher) begin() bool {
	defer close(w.begun)
	a, err := w.ask(&sale.ShowNews{}, w.hub.cfg.AskWait)
	w.deliver.Lock()
	defer w.deliver.Unlock()
	w.version, w.failed = a.Version, err
	w.chain.begin(a.Version)
	return err == nil
}

// over ends the watcher: nobody joins it any more, and who listens is sent away.
func (w *watcher) over() {
	w.hub.forget(w)
	w.deliver.Lock()
	w.dead = true
	w.deliver.Unlock()
	w.goodbye()
}

// pause waits.
func pause(d time.Duration) {
	if d > 0 {
		<-time.After(d)
	}
}

// ask asks the event, wherever it lives. A refusal is an error here.
func (w *watcher) ask(cmd sale.Command, within time.Duration) (sale.Answer, error) {
	a, err := w.hub.cfg.Events.Do(w.event, cmd, time.Now().Add(within))
	switch {
	case err != nil:
		return sale.Answer{}, err
	case a.Refusal != nil:
		return sale.Answer{}, a.Refusal
	case a.News == nil && len(a.Places) == 0:
		return sale.Answer{}, fmt.Errorf("%w: the event's node does not know of news", ErrUnavailable)
	}
	return a, nil
}

// take hands out what happened.
func (w *watcher) take(a sale.Answer) {
	w.deliver.Lock()
	defer w.deliver.Unlock()
	defer w.hub.metrics.delivered(time.Now())
	if f := w.chain.add(a.Version, a.News); f != nil {
		for _, s := range w.allSeats() {
			if s.joined {
				s.tell(f)
			}
		}
	}
	w.version = a.Version
	for i := range a.Places {
		w.placeIs(a.Version, &a.Places[i])
	}
	w.wakeRounds(a.News.Missed)
}

// goodbye ends all listeners.
func (w *watcher) goodbye() {
	w.deliver.Lock()
	defer w.deliver.Unlock()
	for _, s := range w.allSeats() {
		w.sayGoodbye(&s.listener)
		w.dropSeat(s)
	}
	for _, p := range w.allPlaces() {
		w.sayGoodbye(&p.listener)
		w.dropPlace(p)
	}
}

func (w *watcher) sayGoodbye(l *listener) { l.tell(goodbyeFrame(w.hub.retryAfter())) }

// without is a list without one of its members, in new memory.
func without[T comparable](list []T, gone T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return v == gone })
}
