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

// Do sends a command to an event and blocks until its committed answer, or a
// little past the deadline. The event may live on any node. A refusal is an Answer
// with Refusal set, not an error; errors are ErrOverloaded, ErrUnavailable and
// ErrUnknown. A Book whose payment is undecided after Config.PaymentWait gets the
// pending booking. A ShowNews waits for news: until a second before the deadline, see
// await.
func (c *Client) Do(event string, cmd sale.Command, deadline time.Time) (sale.Answer, error) {
	j := journey{node: c.node, event: event, shard: c.node.cfg.Log.Shard(event), deadline: deadline}
	return j.run(cmd)
}

// View is what GET /events/{id} shows.
type View struct {
	Event              *catalog.Event // without Inventory.Sections
	MinPrice, MaxPrice int64          // minor units
	Summary            sale.Summary
}

// viewPoll is how often a view that is too old is looked at again.
const viewPoll = 2 * time.Millisecond

// View reads an event's view from this node's replica, without waking its actor;
// on a node that has none, from that of the event's leader. It is at least of
// version atLeast: the call blocks until the replica has it, or ends with
// ErrUnavailable when ctx does. An event that is not there is a *sale.Refusal with
// EventNotFound.
func (c *Client) View(ctx context.Context, event string, atLeast uint64) (View, error) {
	stored, err := c.node.storedView(ctx, event, atLeast)
	if errors.Is(err, storage.ErrNoReplica) {
		stored, err = c.node.viewElsewhere(ctx, event, atLeast)
	}
	if err != nil {
		return View{}, err
	}
	summary, err := salepb.DecodeSummary(stored.Summary)
	if err != nil {
		return View{}, fmt.Errorf("read the summary of %s: %w", event, err)
	}
	if !summary.Exists { // it was removed
		return View{}, &sale.Refusal{Code: sale.EventNotFound}
	}
	details, err := salepb.DecodeDetails(stored.Details)
	if err != nil {
		return View{}, fmt.Errorf("read the details of %s: %w", event, err)
	}
	return View{details.Event, details.MinPrice, details.MaxPrice, summary}, nil
}

// storedView waits until this node's replica has a version of an event's view.
func (n *Node) storedView(ctx context.Context, event string, atLeast uint64) (storage.View, error) {
	v, err := n.viewNow(event)
	if err == nil && v.Version >= atLeast || err != nil && atLeast == 0 || errors.Is(err, storage.ErrNoReplica) {
		return v, err
	}
	poll := time.NewTicker(viewPoll)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return storage.View{}, fmt.Errorf("%w: version %d is not here yet", ErrUnavailable, atLeast)
		case <-poll.C:
		}
		if v, err = n.viewNow(event); err == nil && v.Version >= atLeast {
			return v, nil
		}
	}
}

func (n *Node) viewNow(event string) (storage.View, error) {
	v, err := n.cfg.Log.View(event)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return v, &sale.Refusal{Code: sale.EventNotFound}
	case err != nil:
		return v, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return v, nil
}

// VersionedRecord is one line of an event's history.
type VersionedRecord struct {
	Version uint64
	Record  sale.Record
}

// History reads committed records from version from (1 is the first), at most
// limit, from this node's replica; on a node that has none, from that of the
// event's leader. ErrTrimmed: retention has deleted the first of them.
func (c *Client) History(event string, from uint64, limit int) ([]VersionedRecord, error) {
	raw, err := c.node.storedRecords(event, from, limit)
	if errors.Is(err, storage.ErrNoReplica) {
		raw, err = c.node.recordsElsewhere(event, from, limit)
	}
	if err != nil {
		return nil, err
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

// storedRecords reads records from this node's replica.
func (n *Node) storedRecords(event string, from uint64, limit int) ([][]byte, error) {
	raw, err := n.cfg.Log.Records(event, from, limit)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil, &sale.Refusal{Code: sale.EventNotFound}
	case errors.Is(err, storage.ErrTrimmed):
		return nil, fmt.Errorf("%w: %w", ErrTrimmed, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return raw, nil
}

// Ready is nil when the node can sell; else why not.
func (c *Client) Ready() error { return c.node.Ready() }

// writes reports whether a command may make a record.
func writes(c sale.Command) bool {
	switch c.(type) {
	case *sale.ShowHold, *sale.ShowBooking, *sale.ShowTickets, *sale.ShowEvent, *sale.ShowPlace, *sale.SeePlaces,
		*sale.ShowQueue, *sale.ShowNews:
		return false
	}
	return true
}
