package actors

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"boxoffice/actors/salepb"
)

// Digest replays an event from this node's replica, as far as it has applied: the
// version that it came to, and a digest of the whole state. Replicas that have the
// same version of an event have the same digest of it, or one of them is broken.
// Version 0 is an event without a record.
//
// It takes as long and as much memory as to activate the event, so one is made at
// a time. ErrUnavailable where this node has no replica of the event, or ctx ends.
func (c *Client) Digest(ctx context.Context, event string) (version uint64, sum [sha256.Size]byte, err error) {
	n := c.node
	select {
	case n.remote.digests <- struct{}{}:
		defer func() { <-n.remote.digests }()
	case <-ctx.Done():
		return 0, sum, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	h, err := n.cfg.Log.Peek(event)
	if err != nil {
		return 0, sum, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s, err := replay(event, h)
	if err != nil {
		return 0, sum, err
	}
	return s.Version(), sha256.Sum256(salepb.EncodeCheckpoint(s.Checkpoint())), nil
}

// DigestAt is Digest from another node's replica, or from this one's.
func (c *Client) DigestAt(ctx context.Context, node, event string) (version uint64, sum [sha256.Size]byte, err error) {
	n := c.node
	if node == n.cfg.Node {
		return c.Digest(ctx, event)
	}
	if n.cfg.Peers == nil {
		return 0, sum, fmt.Errorf("%w: there is no node %s", ErrUnavailable, node)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(readPatience)
	}
	p, err := n.remote.call(deadline, node, kindDigest, &salepb.Request{Event: event})
	switch {
	case err != nil:
		return 0, sum, fmt.Errorf("%w: ask node %s for a digest: %w", ErrUnavailable, node, err)
	case p.Status == salepb.Moved:
		return 0, sum, fmt.Errorf("%w: node %s has no replica of %s", ErrUnavailable, node, event)
	case p.Status != salepb.Answered || len(p.Bytes) != 1 || len(p.Bytes[0]) != len(sum):
		return 0, sum, fmt.Errorf("%w: node %s gives no digest: %s", ErrUnavailable, node, p.Text)
	}
	return p.Answer.Version, [sha256.Size]byte(p.Bytes[0]), nil
}

// serveDigest is Digest for another node.
func (r *remote) serveDigest(q *salepb.Request, deadline time.Time) salepb.Reply {
	ctx, cancel := context.WithDeadline(r.node.ctx, deadline)
	defer cancel()
	version, sum, err := r.node.Client().Digest(ctx, q.Event)
	if err != nil {
		return r.failed(r.node.toRead(q.Event, deadline), err)
	}
	p := salepb.Reply{Status: salepb.Answered, Bytes: [][]byte{sum[:]}}
	p.Answer.Version = version
	return p
}
