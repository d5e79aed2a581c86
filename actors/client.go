package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
)

// Client is all that the HTTP layer calls. It finds where an event lives and asks
// its actor there. Safe for concurrent use.
type Client struct{ node *Node }

// maxMoves is how often a command follows an event that has moved before it
// executed; the second activation is nearly always there.
const maxMoves = 3

// Do sends a command to an event and blocks until its committed answer, or a
// little past the deadline. A refusal is an Answer with Refusal set, not an
// error; errors are ErrOverloaded, ErrUnavailable and ErrUnknown. A Book whose
// payment is undecided after Config.PaymentWait gets the pending booking.
func (c *Client) Do(event string, cmd sale.Command, deadline time.Time) (sale.Answer, error) {
	n := c.node
	if writes(cmd) {
		if err := n.cfg.Log.Healthy(); errors.Is(err, storage.ErrNoSpace) {
			return sale.Answer{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	for range maxMoves {
		a, err := c.find(event, cmd)
		if refusal, ok := err.(*sale.Refusal); ok {
			return sale.Answer{Refusal: refusal}, nil
		}
		if err != nil {
			return sale.Answer{}, err
		}
		call := n.calls.get(cmd, deadline)
		if err := a.gate.enter(n.cfg.MaxQueued); err != nil {
			call.put()
			if errors.Is(err, errMoved) {
				n.events.remove(a)
				continue
			}
			n.metrics.refused(boundQueued)
			return sale.Answer{}, err
		}
		call.gate = &a.gate
		n.send(a, call)
		r := call.wait(n.cfg.CommitTimeout + time.Second)
		if !errors.Is(r.err, errMoved) {
			return r.answer, r.err
		}
	}
	return sale.Answer{}, fmt.Errorf("%w: the event keeps moving", ErrUnavailable)
}

// find is the activation of an event, here.
// A command about an event that is not there wakes nobody: the refusal is an
// error of type *sale.Refusal.
func (c *Client) find(event string, cmd sale.Command) (*activation, error) {
	n := c.node
	if n.draining.Load() {
		return nil, fmt.Errorf("%w: the node is draining", ErrUnavailable)
	}
	where, err := n.cfg.Locator.Locate(n.cfg.Log.Shard(event))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if where != n.cfg.Node {
		return nil, fmt.Errorf("%w: the event lives on node %s", ErrUnavailable, where)
	}
	if _, makes := cmd.(*sale.DefineEvent); !makes && n.events.get(event) == nil && n.owns(event) {
		if _, err := n.cfg.Log.View(event); errors.Is(err, storage.ErrNotFound) {
			return nil, &sale.Refusal{Code: sale.EventNotFound}
		}
	}
	return n.activate(event)
}

// View is what GET /events/{id} shows.
type View struct {
	Event              *catalog.Event // without Inventory.Sections
	MinPrice, MaxPrice int64          // minor units
	Summary            sale.Summary
}

// viewPoll is how often a view that is too old is looked at again.
const viewPoll = 2 * time.Millisecond

// View reads an event's view from this node's replica, without waking its actor.
// It is at least of version atLeast: the call blocks until the replica has it, or
// ends with ErrUnavailable when ctx does. An event that is not there is a
// *sale.Refusal with EventNotFound.
func (c *Client) View(ctx context.Context, event string, atLeast uint64) (View, error) {
	v, err := c.view(event)
	if err == nil && v.Summary.Version >= atLeast || err != nil && atLeast == 0 {
		return existing(v, err)
	}
	poll := time.NewTicker(viewPoll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return View{}, fmt.Errorf("%w: version %d is not here yet", ErrUnavailable, atLeast)
		case <-poll.C:
		}
		if v, err = c.view(event); err == nil && v.Summary.Version >= atLeast {
			return existing(v, err)
		}
	}
}

// existing turns the view of an event that was removed into its absence.
func existing(v View, err error) (View, error) {
	if err == nil && !v.Summary.Exists {
		return View{}, &sale.Refusal{Code: sale.EventNotFound}
	}
	return v, err
}

func (c *Client) view(event string) (View, error) {
	stored, err := c.node.cfg.Log.View(event)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return View{}, &sale.Refusal{Code: sale.EventNotFound}
	case err != nil:
		return View{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	summary, err := salepb.DecodeSummary(stored.Summary)
	if err != nil {
		return View{}, fmt.Errorf("read the summary of %s: %w", event, err)
	}
	details, err := salepb.DecodeDetails(stored.Details)
	if err != nil {
		return View{}, fmt.Errorf("read the details of %s: %w", event, err)
	}
	return View{details.Event, details.MinPrice, details.MaxPrice, summary}, nil
}

// VersionedRecord is one line of an event's history.
type VersionedRecord struct {
	Version uint64
	Record  sale.Record
}

// History reads committed records from version from (1 is the first), at most
// limit, from this node's replica. ErrTrimmed: retention has deleted the first of
// them.
func (c *Client) History(event string, from uint64, limit int) ([]VersionedRecord, error) {
	raw, err := c.node.cfg.Log.Records(event, from, limit)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil, &sale.Refusal{Code: sale.EventNotFound}
	case errors.Is(err, storage.ErrTrimmed):
		return nil, fmt.Errorf("%w: %w", ErrTrimmed, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	history := make([]VersionedRecord, len(raw))
	for i, b := range raw {
		r, err := salepb.DecodeRecord(b)
		if err != nil {
			return nil, fmt.Errorf("read record %d of %s: %w", from+uint64(i), event, err)
		}
		history[i] = VersionedRecord{from + uint64(i), r}
	}
	return history, nil
}

// Ready is nil when the node can sell; else why not.
func (c *Client) Ready() error { return c.node.Ready() }

// writes reports whether a command may make a record.
func writes(c sale.Command) bool {
	switch c.(type) {
	case *sale.ShowHold, *sale.ShowBooking, *sale.ShowTickets, *sale.ShowEvent:
		return false
	}
	return true
}
