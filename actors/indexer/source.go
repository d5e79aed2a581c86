package indexer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"boxoffice/cluster"
	"boxoffice/storage"
)

// maxWaiting bounds the requests of other nodes that wait here for news. The next one
// is answered at once, and its sender asks again a little later.
const maxWaiting = 256

// waitHere bounds how long one of them waits.
const waitHere = 10 * time.Second

// ServeFeed lets other nodes read this node's replicas, from now on. A node serves
// them whether it has an index or not.
func ServeFeed(company Company, feed Feed) {
	waiting := make(chan struct{}, maxWaiting)
	company.Handle(kindFeed, func(c cluster.Call) {
		q, err := parseRequest(c.Body)
		if err != nil {
			c.Reply(appendPage(nil, page{}, err))
			return
		}
		select {
		case waiting <- struct{}{}:
			defer func() { <-waiting }()
			q.wait = min(q.wait, waitHere)
		default:
			q.wait = min(q.wait, time.Millisecond)
		}
		ctx, cancel := context.WithDeadline(context.Background(), c.Deadline)
		defer cancel()
		p, err := read(ctx, feed, q)
		c.Reply(appendPage(nil, p, err))
	})
}

// source is where a tail reads its shard. It belongs to the tail.
type source struct {
	cfg   *Config
	shard uint64
	node  string // the other node that answered last; "": none
}

// read reads a page: of this node's replica, else of another node's: the one that was
// read last, the leader's, any other's. from is the node it is of.
func (s *source) read(ctx context.Context, q request) (p page, from string, err error) {
	if p, err = read(ctx, s.cfg.Feed, q); err == nil {
		s.node = ""
		return p, s.cfg.Node, nil
	}
	errs := []error{err}
	for _, node := range s.nodes() {
		if ctx.Err() != nil {
			break
		}
		if p, err = s.call(ctx, node, q); err == nil {
			s.node = node
			return p, node, nil
		}
		if !errors.Is(err, storage.ErrNoReplica) { // which most nodes say, and mean no harm
			errs = append(errs, fmt.Errorf("node %s: %w", node, err))
		}
	}
	s.node = ""
	return page{}, "", errors.Join(errs...)
}

// nodes lists the other nodes in the order in which they are asked.
func (s *source) nodes() []string {
	if s.cfg.Company == nil {
		return nil
	}
	var near, far []string
	for _, p := range s.cfg.Company.Peers() {
		switch {
		case p.Node == s.cfg.Node || p.State == cluster.Down:
		case p.Zone == s.cfg.Zone:
			near = append(near, p.Node)
		default:
			far = append(far, p.Node)
		}
	}
	for _, nodes := range [][]string{near, far} {
		rand.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	}
	nodes := append(near, far...)
	for _, first := range []string{s.leader(), s.node} {
		if i := slices.Index(nodes, first); i >= 0 {
			nodes = slices.Insert(slices.Delete(nodes, i, i+1), 0, first)
		}
	}
	return nodes
}

// leader is the node that leads the shard, as far as is known.
func (s *source) leader() string {
	node, _, err := s.cfg.Company.Locate(s.shard)
	if err != nil {
		return ""
	}
	return node
}

// call reads a page of another node's replica. It takes PollEvery at least where there
// is no news.
func (s *source) call(ctx context.Context, node string, q request) (page, error) {
	began := time.Now()
	answer, err := cluster.CallWithin(ctx, s.cfg.Company, began.Add(q.wait+s.cfg.CallTimeout), node, kindFeed,
		appendRequest(nil, q))
	if err != nil {
		return page{}, err
	}
	p, err := parsePage(answer)
	if err != nil {
		return page{}, err
	}
	if q.part == partNews && len(p.changes)+len(p.touches) == 0 && !p.more {
		pause(ctx, s.cfg.PollEvery-time.Since(began))
	}
	return p, nil
}

// pause waits for a time, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// trouble says in the log when something begins to fail and when it works again, and
// nothing in between.
type trouble struct {
	since time.Time // of the first failure in a row; zero: none
	told  bool
}

// troubleAfter is how long something fails before the log says so: a leader's move is
// over by then.
const troubleAfter = 2 * time.Second

// note takes how an attempt ended.
func (t *trouble) note(log *slog.Logger, err error) {
	switch {
	case err == nil && t.told:
		log.Info("the search index follows again", "after", time.Since(t.since).Round(time.Millisecond))
		*t = trouble{}
	case err == nil:
		*t = trouble{}
	case t.since.IsZero():
		t.since = time.Now()
	case !t.told && time.Since(t.since) >= troubleAfter:
		t.told = true
		log.Warn("the search index cannot follow; it tries again", "error", err)
	}
}
