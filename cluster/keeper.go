package cluster

import (
	"log/slog"
	"time"
)

// keep is the loop that tells the peers of this node: beats, its meta, and to
// proto.actor and the peers file who is there.
func (m *Member) keep() {
	ticker := time.NewTicker(m.cfg.Beat)
	defer ticker.Stop()
	saved := ""
	for {
		changed := m.roster.change()
		m.publish()
		if lines := m.peerLines(); m.cfg.PeersFile != "" && lines != saved {
			if err := remember(m.cfg.PeersFile, lines); err != nil {
				m.log.Warn("The peers are not remembered for the next start.", slog.Any("error", err))
			}
			saved = lines
		}
		m.beat()
	wait:
		select {
		case <-m.ctx.Done():
			return
		case <-changed:
		case <-m.kick:
			m.gossip.update()
		case <-ticker.C:
			m.beat()
			if !m.roster.expire(time.Now().Add(-m.cfg.Grace)) {
				goto wait
			}
		}
	}
}

// beat says to every peer that lives what this node leads. It also makes the
// connection, and finds markers that vanished.
func (m *Member) beat() {
	m.tell()
	for _, l := range m.roster.links() {
		l.repost()
	}
	m.pruneLinks()
}

func (m *Member) kickKeeper() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

// reannounce gossips what has changed of this node.
func (m *Member) reannounce() {
	m.roster.touch()
	m.kickKeeper()
}

// Stop ends the membership, within two seconds. leave tells the peers that the node
// goes on purpose; without it they find out by themselves, as after a crash. Calls
// that wait fail, handlers that run are not waited for.
func (m *Member) Stop(leave bool) {
	m.stopOnce.Do(func() {
		if leave {
			m.farewell()
		}
		m.stopped.Store(true)
		m.eachLink(func(l *link) { m.fail(l, errCut, errStopped) })
		m.calls.each(func(_ *slot, id uint64) { m.calls.end(id, result{err: errCut}) })
		m.quietly("gossip", func() { m.gossip.stop(leave) })
		m.cancel()
		if m.pac != nil {
			m.quietly("proto.actor's gossip", m.pac.Gossip.Shutdown)
			m.quietly("proto.actor", func() { m.pac.Shutdown(false) })
		}
		close(m.pool.closed)
		if m.cfg.Registry != nil {
			m.cfg.Registry.Unregister(m)
		}
		ended := make(chan struct{})
		go func() { m.done.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(time.Second):
			m.log.Debug("Something of the member still ends.")
		}
	})
}

// quietly runs a step of Stop; proto.actor panics where it was not started fully.
func (m *Member) quietly(what string, f func()) {
	defer func() {
		if p := recover(); p != nil {
			m.log.Debug("A part did not stop cleanly.", slog.String("part", what), slog.Any("panic", p))
		}
	}()
	f()
}

// farewell says good bye to the peers, for at most 200 ms.
func (m *Member) farewell() {
	until := m.now() + int64(200*time.Millisecond)
	links := m.roster.links()
	for _, l := range links {
		_ = l.send(frame{kind: frameBye}, until)
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for m.now() < until {
		waiting := 0
		for _, l := range links {
			l.mu.Lock()
			waiting += len(l.waiting)
			l.mu.Unlock()
		}
		if waiting == 0 {
			return
		}
		<-ticker.C
	}
}
