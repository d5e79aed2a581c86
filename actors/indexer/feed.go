package indexer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"boxoffice/storage"
)

// Feed is what is read of this node's replicas: storage.Log, which says more of each
// method.
type Feed interface {
	// Changes reads the events whose details were written after a position.
	Changes(shard uint64, after storage.Position, limit int) ([]storage.Change, storage.Position, error)
	// Touched reads the summaries of events that were extended after an index.
	Touched(shard, after uint64, limit int) (touches []storage.Touch, next uint64, err error)
	// Summaries reads the summaries of events after an id; at is the index they are of.
	Summaries(shard uint64, after string, limit int) (page []storage.Touch, at uint64, err error)
	// Wait blocks until something after an index was applied.
	Wait(ctx context.Context, shard, after uint64) (applied uint64, err error)
}

// part is what a page of a feed is to have.
type part uint8

// The parts. The numbers are on the wire.
const (
	partChanges   part = 1 // changes alone
	partSummaries part = 2 // the summaries of all events, page by page
	partNews      part = 3 // changes and touches, once there are any
)

// request asks for a page of a shard's feed.
type request struct {
	part    part
	shard   uint64
	after   storage.Position // changes are after it
	touched uint64           // touches are after it
	from    string           // summaries are after this id
	least   uint64           // a replica that has applied less has to catch up first
	wait    time.Duration    // how long to wait for least, and for news
	limit   int              // events, about
}

// page is a page of a shard's feed, as far as a replica has applied.
type page struct {
	changes []storage.Change
	next    storage.Position // where the changes go on
	more    bool             // there is more: ask again at once
	touches []storage.Touch  // or summaries
	touched uint64           // where the touches go on; of summaries: the index they are of
	trimmed bool             // the touches asked for are not kept any more
	applied uint64           // all that is not said to be left, up to this index, is in the page
}

// The bounds of a page.
const (
	pageEvents = 1_000   // changes, of an event's details each: 1 KB, 20 KB at most
	pageBytes  = 8 << 20 // of changes, about
	pageShort  = 20_000  // touches or summaries: some 50 bytes each
)

// errBehind: the replica has applied less than was read of another one.
var errBehind = fmt.Errorf("%w: the replica is behind what was read before", storage.ErrUnavailable)

// read reads a page from this node's replica. It blocks for request.wait, or until ctx
// ends.
func read(ctx context.Context, f Feed, q request) (p page, err error) {
	p.next, p.touched = q.after, q.touched
	var news bool
	if p.applied, news, err = waitFor(ctx, f, q); err != nil || !news {
		return p, err
	}
	switch q.part {
	case partChanges:
		err = p.readChanges(f, q)
	case partSummaries:
		err = p.readSummaries(f, q)
	case partNews:
		if err = p.readChanges(f, q); err == nil {
			err = p.readTouches(f, q)
		}
	default:
		err = fmt.Errorf("%w: part %d of a feed is not known", storage.ErrUnavailable, q.part)
	}
	if err != nil {
		return p, fmt.Errorf("read the feed: %w", err)
	}
	return p, nil
}

// waitFor waits until the replica has applied what the request needs, and for news
// something after it, and returns what is applied. It is false, and request.least, where
// no news came in time. A replica that may not be read is an error at once: it has nothing
// new for ever, so another one is to be asked.
func waitFor(ctx context.Context, f Feed, q request) (applied uint64, news bool, err error) {
	after, patience := q.least, q.wait
	switch {
	case q.least == 0: // nothing is needed: a shard may have nothing
		patience = min(patience, newsSoon)
	case q.part != partNews:
		after--
	}
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	applied, err = f.Wait(wait, q.shard, after)
	switch {
	case err == nil:
		return applied, true, nil
	case errors.Is(err, storage.ErrNoReplica) || wait.Err() == nil || ctx.Err() != nil:
		return 0, false, fmt.Errorf("wait for the replica: %w", err)
	case q.part == partNews:
		return q.least, false, nil
	case q.least > 0:
		return 0, false, errBehind
	}
	return 0, true, nil
}

// readChanges fills the page with changes, to the end or the page's.
func (p *page) readChanges(f Feed, q request) error {
	limit, size := min(q.limit, pageEvents), 0
	for {
		changes, next, err := f.Changes(q.shard, p.next, limit-len(p.changes))
		if err != nil {
			return err
		}
		p.next = next
		if len(changes) == 0 {
			return nil
		}
		for _, c := range changes {
			size += len(c.View.Details) + len(c.View.Summary)
		}
		if p.changes = append(p.changes, changes...); len(p.changes) >= limit || size >= pageBytes {
			p.more = true
			return nil
		}
	}
}

// readTouches adds the touches, to the end or the page's.
func (p *page) readTouches(f Feed, q request) error {
	for {
		touches, next, err := f.Touched(q.shard, p.touched, pageShort-len(p.touches))
		if errors.Is(err, storage.ErrTrimmed) {
			p.trimmed, p.more = true, true
			return nil
		}
		if err != nil {
			return err
		}
		p.touched = next
		if len(touches) == 0 {
			return nil
		}
		if p.touches = append(p.touches, touches...); len(p.touches) >= pageShort {
			p.more = true
			return nil
		}
	}
}

// readSummaries fills the page with summaries.
func (p *page) readSummaries(f Feed, q request) error {
	touches, at, err := f.Summaries(q.shard, q.from, min(q.limit, pageShort))
	if err != nil {
		return err
	}
	p.touches, p.touched, p.more = touches, at, len(touches) > 0
	return nil
}
