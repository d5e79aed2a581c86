package actors

import (
	"context"
	"fmt"
	"time"

	"boxoffice/actors/salepb"
	"boxoffice/storage"
)

const (
	// readPatience is how long a read from another node may take where its caller
	// names no deadline.
	readPatience = 5 * time.Second
	// pageBytes ends a page of records from another node early: a record can be a
	// whole house, and a message has a bound.
	pageBytes = 8 << 20
)

// toRead is the way to an event's leader for a read.
func (n *Node) toRead(event string, deadline time.Time) *journey {
	return &journey{node: n, event: event, shard: n.cfg.Log.Shard(event), deadline: deadline}
}

// viewElsewhere reads a view from the replica of the event's leader.
func (n *Node) viewElsewhere(ctx context.Context, event string, atLeast uint64) (storage.View, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(readPatience)
	}
	p, elsewhere, err := n.toRead(event, deadline).read(kindView, &salepb.Request{From: atLeast})
	switch {
	case err != nil:
		return storage.View{}, err
	case !elsewhere: // the replica came here meanwhile
		return n.storedView(ctx, event, atLeast)
	case p.Answer.Refusal != nil:
		return storage.View{}, p.Answer.Refusal
	case len(p.Bytes) != 2:
		return storage.View{}, fmt.Errorf("%w: a view of %d parts", ErrUnavailable, len(p.Bytes))
	}
	return storage.View{Version: p.Answer.Version, Summary: p.Bytes[0], Details: p.Bytes[1]}, nil
}

// serveView reads a view from this node's replica.
func (r *remote) serveView(q *salepb.Request, deadline time.Time) salepb.Reply {
	ctx, cancel := context.WithDeadline(r.node.ctx, deadline)
	defer cancel()
	v, err := r.node.storedView(ctx, q.Event, q.From)
	if err != nil {
		return r.failed(r.node.toRead(q.Event, deadline), err)
	}
	p := salepb.Reply{Status: salepb.Answered, Bytes: [][]byte{v.Summary, v.Details}}
	p.Answer.Version = v.Version
	return p
}

// recordsElsewhere reads records from the replica of the event's leader, page by
// page.
func (n *Node) recordsElsewhere(event string, from uint64, limit int) (records [][]byte, err error) {
	from = max(from, 1)
	for len(records) < limit {
		q := &salepb.Request{From: from + uint64(len(records)), Limit: uint64(limit - len(records))}
		p, elsewhere, err := n.toRead(event, time.Now().Add(readPatience)).read(kindHistory, q)
		switch {
		case err != nil:
			return nil, err
		case !elsewhere:
			more, err := n.storedRecords(event, q.From, int(q.Limit))
			return append(records, more...), err
		case p.Answer.Refusal != nil:
			return nil, p.Answer.Refusal
		case len(p.Bytes) == 0:
			return records, nil
		}
		records = append(records, p.Bytes...)
	}
	return records, nil
}

// maxPage bounds the records of a page, whatever was asked for.
const maxPage = 10_000

// serveHistory reads a page of records from this node's replica.
func (r *remote) serveHistory(q *salepb.Request, deadline time.Time) salepb.Reply {
	records, err := r.node.storedRecords(q.Event, q.From, int(min(q.Limit, maxPage)))
	if err != nil {
		return r.failed(r.node.toRead(q.Event, deadline), err)
	}
	size := 0
	for i, b := range records {
		if size += len(b); size > pageBytes {
			records = records[:i+1]
			break
		}
	}
	return salepb.Reply{Status: salepb.Answered, Bytes: records}
}
