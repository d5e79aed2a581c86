package indexer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/cluster"
)

var _ control.SearchOperator = (*Finder)(nil)

// SearchStatus implements control.SearchOperator. A node that does not answer within
// the Finder's patience is unreachable.
func (f *Finder) SearchStatus(ctx context.Context) ([]control.SearchStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Patience)
	defer cancel()
	all := []control.SearchStatus{}
	if f.cfg.Local != nil {
		all = append(all, f.status())
	}
	for _, a := range askAll[control.SearchStatus](ctx, f, f.others(""), kindStatus) {
		if a.err != nil {
			a.answer = control.SearchStatus{Zone: a.peer.Zone, Shards: []control.SearchShard{},
				SearchBrief: control.SearchBrief{State: control.SearchUnreachable}}
		}
		a.answer.Node = a.peer.Node
		all = append(all, a.answer)
	}
	slices.SortFunc(all, func(a, b control.SearchStatus) int { return cmp.Compare(a.Node, b.Node) })
	return all, nil
}

// status is how this node's index is.
func (f *Finder) status() control.SearchStatus {
	s := f.cfg.Local.Status()
	s.Index.Queries = append(s.Index.Queries, f.took.status()...)
	return s
}

// RebuildSearch implements control.SearchOperator.
func (f *Finder) RebuildSearch(ctx context.Context, node string) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.cfg.Patience)
		defer cancel()
	}
	here := f.cfg.Local != nil && (node == "" || node == f.cfg.Node)
	others := f.others(node)
	switch {
	case !here && len(others) == 0 && node != "":
		return control.UnknownNodeError{Node: node}
	case !here && len(others) == 0:
		return errNoNode
	}
	var errs []error
	if here {
		errs = append(errs, f.cfg.Local.Rebuild())
	}
	for _, a := range askAll[struct{}](ctx, f, others, kindRebuild) {
		if a.err != nil {
			errs = append(errs, fmt.Errorf("node %s: %w", a.peer.Node, a.err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w: %w", control.ErrUnavailable, err)
	}
	return nil
}

// others lists the other nodes with the role that live, or the one of a name.
func (f *Finder) others(node string) []cluster.Peer {
	if f.cfg.Company == nil {
		return nil
	}
	return slices.DeleteFunc(f.cfg.Company.Peers(), func(p cluster.Peer) bool {
		return p.Node == f.cfg.Node || p.State == cluster.Down || !p.Has(RoleSearch) || node != "" && node != p.Node
	})
}

// answered is what a node has said.
type answered[A any] struct {
	peer   cluster.Peer
	answer A
	err    error
}

// askAll asks nodes at once, and waits for all of them until ctx ends.
func askAll[A any](ctx context.Context, f *Finder, peers []cluster.Peer, kind uint8) []answered[A] {
	out := make([]answered[A], len(peers))
	body, err := appendQuestion(nil, 0, struct{}{})
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(f.cfg.Patience)
	}
	var asked sync.WaitGroup
	for i, p := range peers {
		out[i] = answered[A]{peer: p, err: err}
		if err == nil {
			asked.Go(func() { out[i].err = f.askNode(deadline, p.Node, kind, body, &out[i].answer) })
		}
	}
	asked.Wait()
	return out
}

// serveOperator answers the other nodes' questions about this one's index.
func (f *Finder) serveOperator() {
	serve := func(kind uint8, do func(local *Follower) (any, error)) {
		f.cfg.Company.Handle(kind, func(c cluster.Call) {
			if f.cfg.Local == nil {
				c.Reply(appendAnswer(nil, nil, errNoIndex))
				return
			}
			answer, err := do(f.cfg.Local)
			if err != nil {
				err = fmt.Errorf("%w: %w", actors.ErrUnavailable, err)
			}
			c.Reply(appendAnswer(nil, answer, err))
		})
	}
	serve(kindStatus, func(*Follower) (any, error) { return f.status(), nil })
	serve(kindRebuild, func(local *Follower) (any, error) { return struct{}{}, local.Rebuild() })
}
