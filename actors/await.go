package actors

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb"
)

// newsMargin is how long before its deadline a question for news is answered that
// nothing happened, so that the answer still arrives.
const newsMargin = time.Second

// await blocks until an event of this node, in a shard that it owns, has a version after
// since, until the deadline is near, or the shard is lost (errMoved). news: there is
// something that the event's actor is to be asked for; else the answer is that nothing
// happened. Since 0 is answered at once with the version that there is.
//
// Nobody is inside the event meanwhile: it leaves memory as if nobody waited, and
// whatever happens to it brings it back and is noticed.
func (n *Node) await(event string, since uint64, s *shard, deadline time.Time) (a sale.Answer, news bool, err error) {
	beat, leave := n.news.join(event)
	defer leave()
	version, err := n.versionOf(event)
	switch refusal, refused := err.(*sale.Refusal); {
	case refused:
		return sale.Answer{Refusal: refusal}, false, nil
	case err != nil:
		return sale.Answer{}, false, err
	case since == 0:
		return sale.Answer{Version: version, News: &sale.News{}}, false, nil
	case version != since:
		return sale.Answer{}, true, nil
	}
	patience := time.NewTimer(time.Until(deadline) - newsMargin)
	defer patience.Stop()
	select {
	case <-beat:
		return sale.Answer{}, true, nil
	case <-patience.C:
		return sale.Answer{Version: since, News: &sale.News{}}, false, nil
	case <-s.life.Done():
		return sale.Answer{}, false, fmt.Errorf("%w: while its news were waited for", errMoved)
	}
}

// versionOf is the committed version of an event, and a refusal where it is not there.
func (n *Node) versionOf(event string) (uint64, error) {
	v, err := n.viewNow(event)
	if err != nil {
		return 0, err
	}
	summary, err := salepb.DecodeSummary(v.Summary)
	if err == nil && !summary.Exists {
		return 0, &sale.Refusal{Code: sale.EventNotFound}
	}
	return v.Version, err
}

// pulses wake those who wait for an event's next commit. An event that nobody waits for
// has none, and its commits cost one atomic load.
type pulses struct {
	waiting atomic.Int64
	mu      sync.Mutex // guards what follows
	byEvent map[string]*pulse
}

type pulse struct {
	next    chan struct{} // closed at the next commit
	waiting int
}

// join makes the caller wait for an event: beat is closed at the next commit after it.
// leave is to be called once.
func (p *pulses) join(event string) (beat <-chan struct{}, leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.byEvent[event]
	if q == nil {
		if p.byEvent == nil {
			p.byEvent = map[string]*pulse{}
		}
		q = &pulse{next: make(chan struct{})}
		p.byEvent[event] = q
	}
	q.waiting++
	p.waiting.Add(1)
	return q.next, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waiting.Add(-1)
		if q.waiting--; q.waiting == 0 && p.byEvent[event] == q {
			delete(p.byEvent, event)
		}
	}
}

// beat wakes those who wait for an event.
func (p *pulses) beat(event string) {
	if p.waiting.Load() == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if q := p.byEvent[event]; q != nil {
		close(q.next)
		delete(p.byEvent, event) // who comes now waits for the next one
	}
}
