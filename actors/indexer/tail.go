package indexer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"boxoffice/actors/salepb"
	"boxoffice/storage"
	"boxoffice/storage/search"
)

// tail follows one shard into one index. What it owns is read and written by its own
// goroutine alone; what others may see is in seen.
type tail struct {
	copy   *indexCopy
	shard  uint64
	log    *slog.Logger
	source source

	position storage.Position // of the changes that are in the index
	part     part             // what is read next
	touched  uint64           // of the touches that are in it; of summaries: of the first page
	from     string           // the last summary's event
	done     uint64           // everything up to this index is in the index
	more     bool             // the last page was full: there is more
	looked   bool             // it has looked for news once
	trouble  trouble

	mu   sync.Mutex
	seen tailState // guarded by mu
}

// tailState is what is told of a tail.
type tailState struct {
	position uint64    // the Raft index of the last change in the index
	applied  uint64    // the last index that is known to be applied
	done     uint64    // everything up to it is in the index
	source   string    // the node whose replica is read; "": none answers
	began    time.Time // when the tail was made
	caughtUp time.Time // when it last had everything; zero: never
	waiting  bool      // it has everything, and waits for news
	failure  string    // why it does not read; "": it does
}

// newTail begins where the index ends.
func newTail(c *indexCopy, shard uint64, at storage.Position) *tail {
	log := c.follower.cfg.Logger.With("shard", shard)
	t := &tail{copy: c, shard: shard, log: log, position: at, part: partChanges,
		source: source{cfg: &c.follower.cfg, shard: shard}}
	t.seen.position, t.seen.began = at.Index, time.Now()
	return t
}

// run follows until ctx ends.
func (t *tail) run(ctx context.Context) {
	cfg := &t.copy.follower.cfg
	retry := cfg.RetryFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := t.step(ctx)
		if ctx.Err() != nil {
			return
		}
		t.trouble.note(t.log, err)
		if err == nil {
			retry = cfg.RetryFirst
			if t.looked && !t.more {
				pause(ctx, newsEvery-time.Since(began))
			}
			continue
		}
		t.tell(func(s *tailState) { s.failure, s.source, s.waiting = err.Error(), "", false })
		pause(ctx, retry)
		retry = min(2*retry, cfg.RetryMost)
	}
}

// step reads a page and puts it into the index. Large pages are read by few tails at a
// time; news are short, mostly.
func (t *tail) step(ctx context.Context) error {
	q := t.request()
	if t.more {
		select {
		case t.copy.follower.bulk <- struct{}{}:
			defer func() { <-t.copy.follower.bulk }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	p, from, err := t.source.read(ctx, q)
	t.more = t.more && err == nil // who fails needs no place
	if err != nil {
		return err
	}
	if p.applied < max(t.done, t.touched) || q.part == partSummaries && p.touched < t.touched {
		return fmt.Errorf("read the replica of node %s: %w", from, errBehind)
	}
	t.tell(func(s *tailState) {
		s.applied, s.source, s.failure, s.waiting = max(s.applied, p.applied), from, "", false
	})
	if err := t.take(ctx, p); err != nil {
		return err
	}
	t.goOn(q, p)
	return nil
}

// The most events that a tail asks for without one of the few places; how long a page
// may take that is not news, for the replica may have to catch up; how long news are
// waited for where there are some, or may be; and how often they are asked for: a shard
// that sells has some each millisecond, and asking for each took a twelfth of the node.
const (
	fewEvents = 64
	pageWait  = time.Second
	newsSoon  = 10 * time.Millisecond
	newsEvery = 20 * time.Millisecond
)

// request is what the tail needs next.
func (t *tail) request() request {
	q := request{part: t.part, shard: t.shard, after: t.position, touched: t.touched, from: t.from,
		least: max(t.done, t.touched), wait: pageWait, limit: fewEvents}
	if t.part == partNews {
		q.least, q.wait = t.done, t.copy.follower.cfg.NewsWait
		if t.more || !t.looked {
			q.wait = newsSoon
		}
	}
	if t.more {
		q.limit = pageEvents
		if t.part == partSummaries {
			q.limit = pageShort
		}
	}
	return q
}

// take puts a page into the index: events first, so that what is available of them
// finds them.
func (t *tail) take(ctx context.Context, p page) error {
	if len(p.changes) > 0 {
		b, live := batchOf(p.changes, t.skip)
		b.Source, b.Position = t.shard, positionBytes(t.copy.follower.cfg.Cluster, p.next)
		if err := t.copy.apply(ctx, b); err != nil {
			return fmt.Errorf("put %d events into the search index: %w", len(b.Events)+len(b.Removed), err)
		}
		for _, l := range live {
			t.copy.index.SetLive(l.event, l.live)
		}
	}
	t.position = p.next
	return t.takeTouches(ctx, p.touches)
}

// takeTouches puts summaries into the index. An event that it does not have yet comes
// with a later change, as it is then. One that was removed, by a node that did not
// write that as a change, is removed.
func (t *tail) takeTouches(ctx context.Context, touches []storage.Touch) error {
	var gone []search.Removed
	for _, touch := range touches {
		l, err := liveOf(touch)
		if err != nil {
			t.skip(touch.Event, err)
			continue
		}
		known := t.copy.index.SetLive(l.event, l.live)
		if s, _ := salepb.DecodeSummary(touch.Summary); known && !s.Exists {
			gone = append(gone, search.Removed{ID: touch.Event, Version: touch.Version})
		}
	}
	t.copy.follower.counts.touches.Add(uint64(len(touches)))
	if len(gone) == 0 {
		return nil
	}
	b := search.Batch{Source: t.shard, Position: positionBytes(t.copy.follower.cfg.Cluster, t.position), Removed: gone}
	if err := t.copy.apply(ctx, b); err != nil {
		return fmt.Errorf("take %d events out of the search index: %w", len(gone), err)
	}
	return nil
}

// goOn notes what the index has now, and what is to be read next. It has everything up
// to what was applied before the page's changes were read; not up to where its touches
// or summaries end, for they are read later, and there may be changes before them.
func (t *tail) goOn(q request, p page) {
	t.more = p.more
	switch q.part {
	case partChanges:
		if !p.more {
			t.done = p.applied
			t.rest()
		}
	case partSummaries:
		if t.from == "" {
			t.touched = p.touched // that of the first page: later ones may be of later
		}
		if p.more {
			t.from = p.touches[len(p.touches)-1].Event
		} else {
			t.part = partNews
		}
	case partNews:
		t.touched, t.looked = p.touched, true
		if p.trimmed {
			t.rest()
		} else if !p.more {
			t.done = p.applied
		}
	}
	current := q.part == partNews && !p.more
	t.tell(func(s *tailState) {
		s.position, s.done = t.position.Index, max(t.done, t.position.Index)
		if s.waiting = current; current {
			s.caughtUp = time.Now()
		}
	})
	if current {
		t.copy.caughtUp(t.shard)
	}
}

// rest has the summaries read, all of them.
func (t *tail) rest() { t.part, t.from, t.touched, t.more = partSummaries, "", 0, false }

// tell changes what others see.
func (t *tail) tell(change func(*tailState)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.seen)
}

// state is what others see.
func (t *tail) state() tailState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen
}

// skip leaves out an event that cannot be read: waiting for it would stop the shard.
func (t *tail) skip(event string, err error) {
	t.copy.follower.counts.skipped.Add(1)
	t.log.Error("an event cannot be searched for", "event", event, "error", err)
}

// positionFormat begins a position in the index: then come 8 bytes of the cluster, and
// the feed's own.
const positionFormat = 1

// errForeign: the position is of another cluster, or of a later version.
var errForeign = errors.New("the index is of another cluster")

func positionBytes(clusterID uint64, p storage.Position) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{positionFormat}, clusterID), p.Bytes()...)
}

// parsePosition reads a position; nothing is the beginning.
func parsePosition(clusterID uint64, b []byte) (storage.Position, error) {
	switch {
	case len(b) == 0:
		return storage.Position{}, nil
	case len(b) < 9 || b[0] != positionFormat || binary.BigEndian.Uint64(b[1:]) != clusterID:
		return storage.Position{}, errForeign
	}
	return storage.ParsePosition(b[9:])
}
