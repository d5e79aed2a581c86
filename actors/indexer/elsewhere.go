package indexer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"boxoffice/actors"
	"boxoffice/cluster"
	"boxoffice/storage/search"
)

// maxTries bounds the nodes that one question is sent to.
const maxTries = 4

// elsewhere asks the other nodes that have the role, one after the other, until one has
// answered, refused, or the time is over. errBuilding: no index has caught up, and
// one at least is being built.
func (f *Finder) elsewhere(ctx context.Context, kind uint8, flags byte, question, out any) error {
	body, err := appendQuestion(nil, flags, question)
	if err != nil { // a number that is none, or a text that is none
		return &search.BadQuery{Detail: err.Error()}
	}
	nodes := f.nodes()
	nodes = nodes[:min(len(nodes), maxTries)]
	deadline, _ := ctx.Deadline()
	failure := errNoNode
	for i, node := range nodes {
		if ctx.Err() != nil {
			break
		}
		// One that is silent leaves time for the others.
		until := time.Now().Add(time.Until(deadline) / time.Duration(len(nodes)-i))
		err := f.askNode(until, node, kind, body, out)
		switch {
		case settled(err):
			return err
		case errors.Is(err, errBuilding):
			failure = errBuilding
		case failure == errNoNode || errors.Is(err, actors.ErrOverloaded) && failure != errBuilding:
			failure = fmt.Errorf("ask node %s: %w", node, err)
		}
	}
	return failure
}

// askNode asks one node. One that gives no answer is sick for a while.
func (f *Finder) askNode(until time.Time, node string, kind uint8, body []byte, out any) error {
	answer, err := f.cfg.Company.Call(until, node, kind, body)
	switch {
	case errors.Is(err, cluster.ErrBusy):
		return fmt.Errorf("%w: %w", actors.ErrOverloaded, err)
	case err != nil:
		f.sick.note(node, time.Now().Add(f.cfg.SickFor))
		return fmt.Errorf("%w: %w", actors.ErrUnavailable, err)
	}
	return parseAnswer(answer, out)
}

// nodes lists the other nodes with the role, the best first: those that are well, of
// this zone, not about to stop; within that at random, so that they share the work.
func (f *Finder) nodes() []string {
	if f.cfg.Company == nil {
		return nil
	}
	type candidate struct {
		node string
		rank int
	}
	var all []candidate
	now := time.Now()
	for _, p := range f.cfg.Company.Peers() {
		if p.Node == f.cfg.Node || p.State == cluster.Down || !p.Has(RoleSearch) {
			continue
		}
		c := candidate{node: p.Node}
		if p.Zone != f.cfg.Zone {
			c.rank++
		}
		if p.State != cluster.Up {
			c.rank += 2
		}
		if f.sick.is(p.Node, now) {
			c.rank += 4
		}
		all = append(all, c)
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	nodes := make([]string, len(all))
	for i, c := range all {
		nodes[i] = c.node
	}
	return nodes
}

// sick is the nodes that have failed a moment ago.
type sick struct {
	mu    sync.Mutex
	until map[string]time.Time // guarded by mu; an entry a node at most
}

func (s *sick) note(node string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = map[string]time.Time{}
	}
	s.until[node] = until
}

func (s *sick) is(node string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.until[node]
	if ok && !until.After(now) {
		delete(s.until, node)
	}
	return ok && until.After(now)
}

// listen answers the questions of other nodes.
func (f *Finder) listen() {
	if f.cfg.Company == nil {
		return
	}
	f.cfg.Company.Handle(kindSearch, func(c cluster.Call) { answerTo(f, c, searchIn) })
	f.cfg.Company.Handle(kindSuggest, func(c cluster.Call) { answerTo(f, c, suggestIn) })
	f.serveOperator()
}

// answerTo answers another node's question from this node's index, and never sends it
// on.
func answerTo[Q, A any](f *Finder, c cluster.Call, do ask[Q, A]) {
	ctx, cancel := context.WithDeadline(context.Background(), c.Deadline)
	defer cancel()
	var q Q
	var answer A
	flags, err := parseQuestion(c.Body, &q)
	if err == nil {
		answer, err = here(ctx, f, q, flags&onlyCurrent != 0, do)
	}
	b := appendAnswer(nil, answer, err)
	if len(b) > cluster.MaxBody {
		b = appendAnswer(nil, nil, fmt.Errorf("%w: the answer has %d bytes", actors.ErrUnavailable, len(b)))
	}
	c.Reply(b)
}
