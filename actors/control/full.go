package control

import (
	"context"
	"time"
)

// relieveEvery is how often a node with a full disk tries to give away what it leads
// still, or again after an election.
const relieveEvery = time.Second

// space looks whether the node's disk is nearly full, and says so to all when that
// changes. Such a node gives its leaderships away by itself: a controller could be
// on it, and could record nothing. It has nothing to do with an operator's drain:
// neither ends the other.
func (w *watcher) space() {
	a := w.agent
	if a.cfg.Full == nil {
		return
	}
	full := a.cfg.Full()
	if full != a.full.Load() {
		a.announce(func() { a.full.Store(full) })
		w.relieved = time.Time{}
		if full {
			a.cfg.Logger.Warn("the disk is nearly full: this node gives its leaderships away")
		} else {
			a.cfg.Logger.Info("the disk has space again: this node takes part again")
		}
	}
	if full && time.Since(w.relieved) >= relieveEvery {
		w.relieved = time.Now()
		a.relieve()
	}
}

// relieve has what this node leads led by others, as far as they have space. It does
// not wait.
func (a *Agent) relieve() {
	if len(a.led()) == 0 || len(a.others()) == 0 || !a.relief.CompareAndSwap(false, true) {
		return
	}
	a.running.Go(func() {
		defer a.relief.Store(false)
		ctx, cancel := context.WithTimeout(a.ctx, a.cfg.OrderTimeout)
		defer cancel()
		a.giveAway(ctx, a.led())
	})
}
