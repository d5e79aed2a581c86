package cluster

import (
	"maps"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
)

// maxLinks bounds the addresses that this node speaks with.
const maxLinks = 1024

// links are a member's links by address. They are few, and
// kept for long.
type links struct {
	mu  sync.RWMutex
	all map[string]*link
}

// linkTo finds or makes the link to an address; nil when there are too many.
func (m *Member) linkTo(address string) *link {
	m.links.mu.RLock()
	l := m.links.all[address]
	m.links.mu.RUnlock()
	if l != nil {
		return l
	}
	m.links.mu.Lock()
	defer m.links.mu.Unlock()
	if l := m.links.all[address]; l != nil {
		return l
	}
	if len(m.links.all) >= maxLinks {
		return nil
	}
	l = &link{m: m, address: address, to: actor.NewPID(address, gatewayName)}
	m.links.all[address] = l
	return l
}

// pruneLinks drops links to addresses that no peer has any more, before there are
// too many.
func (m *Member) pruneLinks() {
	used := map[string]bool{}
	for _, k := range m.roster.all() {
		used[k.Actors] = true
	}
	old := m.now() - int64(time.Minute)
	m.links.mu.Lock()
	defer m.links.mu.Unlock()
	if len(m.links.all) < maxLinks/2 {
		return
	}
	maps.DeleteFunc(m.links.all, func(address string, l *link) bool { return !used[address] && l.heard.Load() < old })
}

func (m *Member) eachLink(f func(*link)) {
	m.links.mu.RLock()
	defer m.links.mu.RUnlock()
	for _, l := range m.links.all {
		f(l)
	}
}

// refuses says why a request has no chance now. The caller holds mu.
func (l *link) refuses(now int64) error {
	cfg := &l.m.cfg
	switch {
	case l.m.stopped.Load():
		return errStopped
	case l.down:
		return errDown
	case l.state == linkConnecting && now-l.since > int64(cfg.ConnectWait):
		return errNoLink
	case l.state == linkConnected && now-max(l.heard.Load(), l.since) > int64(cfg.Silence):
		return errSilent
	}
	return nil
}

// unfit is refuses, for the loop that looks after waiting calls.
func (l *link) unfit(now int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refuses(now)
}

// setDown says what memberlist thinks of the node.
func (l *link) setDown(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setDownLocked(down)
}

func (l *link) setDownLocked(down bool) {
	if down && !l.down {
		l.downAt = l.m.now()
	}
	l.down = down
}

// shut fails the calls to a node that memberlist takes for dead, unless it was just
// heard: on a machine that is too busy to answer probes in time, calls still work,
// and the node will soon have refuted its death. The next beat looks again.
func (m *Member) shut(k *known) {
	if k.link == nil || !k.left && m.now()-k.link.heard.Load() < int64(m.cfg.Silence) {
		return
	}
	k.link.mu.Lock()
	was := k.link.down
	k.link.setDownLocked(true)
	k.link.mu.Unlock()
	if !was {
		m.fail(k.link, errCut, errDown)
	}
}

// setState notes that a connection was made or lost.
func (l *link) setState(s linkState) {
	l.mu.Lock()
	if l.state == linkConnected {
		l.lost = l.m.now()
	}
	l.state, l.since = s, l.m.now()
	if s == linkIdle {
		l.posted = false
	}
	l.mu.Unlock()
}

// apart reports whether there was no connection since a time.
func (l *link) apart(since int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state != linkConnected && l.lost <= since
}

// onTransport gets proto.actor's news of connections, on the goroutine that found
// out. A lost connection ends the calls that it carried at once.
func (m *Member) onTransport(event any) {
	switch e := event.(type) {
	case *remote.EndpointConnectedEvent:
		if l := m.linkTo(e.Address); l != nil {
			l.setState(linkConnected)
		}
	case *remote.EndpointTerminatedEvent:
		if l := m.linkTo(e.Address); l != nil {
			l.setState(linkIdle)
			m.fail(l, errCut, errNoLink)
		}
	}
}
