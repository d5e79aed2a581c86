package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/actors/live"
	"boxoffice/actors/sale"
	"boxoffice/httpapi"
)

// lobby is what a node's server asks, from the moment that it listens. It passes all on
// to the node's parts once they are there. Until then an orchestrator that asks whether
// the node lives hears yes, one that asks whether it is ready hears what it waits for,
// and a client waits a little: a node that is restarted takes a fraction of a second.
type lobby struct {
	open chan struct{} // closed when the parts are there
	why  atomic.Pointer[string]

	seller   seller           // once open is closed
	operator control.Operator // the same
	searcher searcher         // the same
	hub      *live.Hub        // the same
}

// seller is all that the server asks of *actors.Client.
type seller interface {
	httpapi.Seller
	httpapi.Digester
}

var _ seller = (*lobby)(nil)

// The reasons that GET /readyz gives.
const (
	whyStarting = "the node is starting"
	whyWaiting  = "waiting for the cluster"
)

// startPatience is how long a client waits for a node that is starting.
const startPatience = time.Second

func newLobby() *lobby {
	l := &lobby{open: make(chan struct{})}
	l.says(whyStarting)
	return l
}

// says sets what the node waits for.
func (l *lobby) says(why string) { l.why.Store(&why) }

// pass ends it: who waits goes on, to the node's own parts.
func (l *lobby) pass(s seller, o control.Operator, f searcher, h *live.Hub) {
	l.seller, l.operator, l.searcher, l.hub = s, o, f, h
	close(l.open)
}

// wait returns nil when the node's parts are there. It does not wait for a cluster,
// which may be down for hours.
func (l *lobby) wait(atMost time.Duration) error {
	select {
	case <-l.open:
		return nil
	default:
	}
	if *l.why.Load() == whyStarting {
		patience := time.NewTimer(min(atMost, startPatience))
		defer patience.Stop()
		select {
		case <-l.open:
			return nil
		case <-patience.C:
		}
	}
	return fmt.Errorf("%w: %s", actors.ErrUnavailable, *l.why.Load())
}

// Ready implements httpapi.Seller.
func (l *lobby) Ready() error {
	select {
	case <-l.open:
		return l.seller.Ready()
	default:
		return errors.New(*l.why.Load())
	}
}

// Do implements httpapi.Seller.
func (l *lobby) Do(event string, cmd sale.Command, deadline time.Time) (sale.Answer, error) {
	if err := l.wait(time.Until(deadline)); err != nil {
		return sale.Answer{}, err
	}
	return l.seller.Do(event, cmd, deadline)
}

// View implements httpapi.Seller.
func (l *lobby) View(ctx context.Context, event string, least uint64) (actors.View, error) {
	if err := l.wait(startPatience); err != nil {
		return actors.View{}, err
	}
	return l.seller.View(ctx, event, least)
}

// History implements httpapi.Seller.
func (l *lobby) History(event string, from uint64, limit int) ([]actors.VersionedRecord, error) {
	if err := l.wait(startPatience); err != nil {
		return nil, err
	}
	return l.seller.History(event, from, limit)
}

// Digest implements httpapi.Digester.
func (l *lobby) Digest(ctx context.Context, event string) (version uint64, sum [sha256.Size]byte, err error) {
	if err := l.wait(startPatience); err != nil {
		return 0, sum, err
	}
	return l.seller.Digest(ctx, event)
}

// lobbyOperator is the lobby as the control.Operator of a node's server. An operator does
// not wait.
type lobbyOperator struct{ lobby *lobby }

// inside is the node's own operator, or why there is none yet.
func (o lobbyOperator) inside() (control.Operator, error) {
	select {
	case <-o.lobby.open:
		return o.lobby.operator, nil
	default:
		return nil, fmt.Errorf("%w: %s", control.ErrUnavailable, *o.lobby.why.Load())
	}
}

// do passes a call on.
func (o lobbyOperator) do(f func(control.Operator) error) error {
	in, err := o.inside()
	if err != nil {
		return err
	}
	return f(in)
}

// Status implements control.Operator.
func (o lobbyOperator) Status(ctx context.Context) (s control.Status, err error) {
	err = o.do(func(in control.Operator) error { s, err = in.Status(ctx); return err })
	return s, err
}

// Drain implements control.Operator.
func (o lobbyOperator) Drain(ctx context.Context, node string) error {
	return o.do(func(in control.Operator) error { return in.Drain(ctx, node) })
}

// Undrain implements control.Operator.
func (o lobbyOperator) Undrain(ctx context.Context, node string) error {
	return o.do(func(in control.Operator) error { return in.Undrain(ctx, node) })
}

// Remove implements control.Operator.
func (o lobbyOperator) Remove(ctx context.Context, node string, force bool) error {
	return o.do(func(in control.Operator) error { return in.Remove(ctx, node, force) })
}

// Rebalance implements control.Operator.
func (o lobbyOperator) Rebalance(ctx context.Context) error {
	return o.do(func(in control.Operator) error { return in.Rebalance(ctx) })
}

// Where implements control.Operator.
func (o lobbyOperator) Where(ctx context.Context, event string) (w control.Where, err error) {
	err = o.do(func(in control.Operator) error { w, err = in.Where(ctx, event); return err })
	return w, err
}
