package main

import (
	"fmt"
	"net/url"
	"strings"

	"boxoffice/actors/live"
	"boxoffice/actors/sale"
	"boxoffice/httpapi"

	"github.com/prometheus/client_golang/prometheus"
)

// liveConfig is for the hub of those who watch. It asks for events as the node's clients
// do, and shows a place as they are shown it. It costs nothing while nobody watches.
func (n *node) liveConfig(r *prometheus.Registry) live.Config {
	c := live.DefaultConfig()
	c.Events, c.Place, c.Registry = n.actors.Client(), httpapi.RenderPlace, r
	c.MaxListeners = n.cfg.MaxSockets
	return c
}

// lobbyLive is the lobby as the watcher of a node's server. Who wants to watch waits a
// little for a node that is starting.
type lobbyLive struct{ lobby *lobby }

var _ httpapi.Watcher = lobbyLive{}

// WatchSeats implements httpapi.Watcher.
func (l lobbyLive) WatchSeats(event string, since uint64, to live.Listener) (stop func(), err error) {
	if err := l.lobby.wait(startPatience); err != nil {
		return nil, err
	}
	return l.lobby.hub.WatchSeats(event, since, to)
}

// WatchPlace implements httpapi.Watcher.
func (l lobbyLive) WatchPlace(event string, token sale.ID, user string, since uint64, to live.Listener) (
	stop func(), err error) {
	if err := l.lobby.wait(startPatience); err != nil {
		return nil, err
	}
	return l.lobby.hub.WatchPlace(event, token, user, since, to)
}

// Goodbye implements httpapi.Watcher.
func (l lobbyLive) Goodbye() {
	select {
	case <-l.lobby.open:
		l.lobby.hub.Goodbye()
	default: // nobody has been let in
	}
}

// checkOrigin says what is wrong with an entry of --origins.
func checkOrigin(s string) error {
	if s == httpapi.AnyOrigin {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		!strings.EqualFold(u.Scheme+"://"+u.Host, s) {
		return fmt.Errorf("%q: as browsers send it, https://shop.example or http://localhost:3000, or *", s)
	}
	return nil
}
