package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/actors/sale"
	"boxoffice/httpapi"
)

// lobby answers on a node's socket until the node can: an orchestrator that asks
// whether it lives hears yes, and one that asks whether it is ready hears what it
// waits for. All else is unavailable.
type lobby struct {
	http *httpapi.Server
	door *door
	over chan struct{} // closed when it serves no more
	why  atomic.Pointer[string]
}

// The reasons that GET /readyz gives.
const (
	whyStarting = "the node is starting"
	whyWaiting  = "waiting for the cluster"
)

// openLobby serves on the node's socket until close.
func (n *node) openLobby(socket *net.TCPListener) (*lobby, error) {
	l := &lobby{door: &door{TCPListener: socket}, over: make(chan struct{})}
	l.says(whyStarting)
	c := n.httpConfig()
	c.Seller, c.Operator = l, absentOperator{l}
	var err error
	if l.http, err = httpapi.New(c); err != nil {
		return nil, err
	}
	go func() {
		defer close(l.over)
		_ = l.http.Serve(l.door) // what ends it early ends the node's own server too
	}()
	return l, nil
}

// says sets what the node waits for.
func (l *lobby) says(why string) { l.why.Store(&why) }

// closeWithin bounds the answers that are under way at the end: they wait for nothing.
const closeWithin = time.Second

// close ends it and leaves the socket open. A connection that was not accepted yet
// waits for the next server.
func (l *lobby) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	_ = l.http.Shutdown(ctx) // who has sent nothing in a second is cut off
	_ = l.door.Close()       // where Serve was just about to begin
	<-l.over
	if err := l.door.SetDeadline(time.Time{}); err != nil {
		return fmt.Errorf("go on with the socket: %w", err)
	}
	return nil
}

// door is a listener whose Close ends Accept and keeps the socket.
type door struct {
	*net.TCPListener
	closed atomic.Bool
}

// Accept implements net.Listener.
func (d *door) Accept() (net.Conn, error) {
	if d.closed.Load() {
		return nil, net.ErrClosed
	}
	c, err := d.TCPListener.Accept()
	if err != nil && d.closed.Load() {
		return nil, net.ErrClosed
	}
	return c, err
}

// Close implements net.Listener.
func (d *door) Close() error {
	d.closed.Store(true)
	return d.SetDeadline(time.Unix(1, 0))
}

// Ready implements httpapi.Seller.
func (l *lobby) Ready() error { return errors.New(*l.why.Load()) }

func (l *lobby) absent() error { return fmt.Errorf("%w: %w", actors.ErrUnavailable, l.Ready()) }

// Do implements httpapi.Seller.
func (l *lobby) Do(string, sale.Command, time.Time) (sale.Answer, error) {
	return sale.Answer{}, l.absent()
}

// View implements httpapi.Seller.
func (l *lobby) View(context.Context, string, uint64) (actors.View, error) {
	return actors.View{}, l.absent()
}

// History implements httpapi.Seller.
func (l *lobby) History(string, uint64, int) ([]actors.VersionedRecord, error) {
	return nil, l.absent()
}

// absentOperator is a control.Operator that can do nothing yet.
type absentOperator struct{ lobby *lobby }

func (o absentOperator) absent() error {
	return fmt.Errorf("%w: %w", control.ErrUnavailable, o.lobby.Ready())
}

// Status implements control.Operator.
func (o absentOperator) Status(context.Context) (control.Status, error) {
	return control.Status{}, o.absent()
}

// Drain implements control.Operator.
func (o absentOperator) Drain(context.Context, string) error { return o.absent() }

// Undrain implements control.Operator.
func (o absentOperator) Undrain(context.Context, string) error { return o.absent() }

// Remove implements control.Operator.
func (o absentOperator) Remove(context.Context, string, bool) error { return o.absent() }

// Rebalance implements control.Operator.
func (o absentOperator) Rebalance(context.Context) error { return o.absent() }

// Where implements control.Operator.
func (o absentOperator) Where(context.Context, string) (control.Where, error) {
	return control.Where{}, o.absent()
}
