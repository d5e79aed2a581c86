package indexer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"boxoffice/actors"
	"boxoffice/storage/search"
)

// FinderConfig is what a Finder needs to know.
type FinderConfig struct {
	// Node and Zone are this node's.
	Node, Zone string
	// Company is the other nodes; nil: there are none.
	Company Company
	// Local has this node's index; nil: it has not the role.
	Local *Follower

	// MaxQueries bounds the queries of this node and of others that are under way
	// here; the next one is overloaded. Default 256: far more than cores, and each has
	// a deadline.
	MaxQueries int
	// Patience is how long a question may take whose context has no deadline. Default
	// 2 s.
	Patience time.Duration
	// SickFor is how long a node that has failed is asked after all others. Default 1 s.
	SickFor time.Duration
}

// Finder finds events, in this node's index or in another's. All its methods may be
// called by anybody.
type Finder struct {
	cfg    FinderConfig
	local  host // nil: none
	places chan struct{}
	sick   sick
	took   latencies
}

// host lends an index.
type host interface {
	// borrow gives the index that serves, which is not closed before done was called;
	// nil: there is none now. current: it has caught up with the log.
	borrow() (ix Index, done func(), current bool)
}

// NewFinder makes a Finder, and answers the questions of other nodes from now on.
func NewFinder(cfg FinderConfig) *Finder {
	var local host
	if cfg.Local != nil {
		local = cfg.Local
	}
	return newFinder(cfg, local)
}

func newFinder(cfg FinderConfig, local host) *Finder {
	if cfg.MaxQueries == 0 {
		cfg.MaxQueries = 256
	}
	if cfg.Patience == 0 {
		cfg.Patience = 2 * time.Second
	}
	if cfg.SickFor == 0 {
		cfg.SickFor = time.Second
	}
	f := &Finder{cfg: cfg, local: local, places: make(chan struct{}, cfg.MaxQueries)}
	f.listen()
	return f
}

// Search finds events. It blocks until ctx ends at the longest, or for
// FinderConfig.Patience. The page is only read: others may have it too. Errors are
// *search.BadQuery, search.ErrBudget, actors.ErrOverloaded and actors.ErrUnavailable.
func (f *Finder) Search(ctx context.Context, q search.Query) (*search.Page, error) {
	return find(ctx, f, kindSearch, q, searchIn)
}

// Suggest finds names that begin so, the likeliest first. It blocks and fails as
// Search does.
func (f *Finder) Suggest(ctx context.Context, q search.SuggestQuery) ([]search.Suggestion, error) {
	return find(ctx, f, kindSuggest, q, suggestIn)
}

func searchIn(ctx context.Context, ix Index, q search.Query) (*search.Page, error) {
	return ix.Search(ctx, q)
}

func suggestIn(ctx context.Context, ix Index, q search.SuggestQuery) ([]search.Suggestion, error) {
	return ix.Suggest(ctx, q)
}

// ask is a question to an index.
type ask[Q, A any] func(ctx context.Context, ix Index, q Q) (A, error)

// find asks this node's index where it has caught up, else other nodes', else
// whichever is there: one that is still being built is better than none.
func find[Q, A any](ctx context.Context, f *Finder, kind uint8, q Q, do ask[Q, A]) (answer A, err error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.cfg.Patience)
		defer cancel()
	}
	answer, err = here(ctx, f, q, true, do)
	if !errors.Is(err, errBuilding) && !errors.Is(err, errNoIndex) {
		return answer, err
	}
	partial := errors.Is(err, errBuilding) // there is one here
	if err = f.elsewhere(ctx, kind, onlyCurrent, q, &answer); settled(err) {
		return answer, err
	}
	if partial {
		return here(ctx, f, q, false, do)
	}
	if errors.Is(err, errBuilding) {
		err = f.elsewhere(ctx, kind, 0, q, &answer)
	}
	return answer, err
}

// settled reports whether a question needs to be asked nowhere else.
func settled(err error) bool {
	var bad *search.BadQuery
	return err == nil || errors.As(err, &bad) || errors.Is(err, search.ErrBudget)
}

// The ways in which a question gets to no index.
var (
	errNoIndex = fmt.Errorf("%w: this node has no index", actors.ErrUnavailable)
	errNoNode  = fmt.Errorf("%w: no node with the role %q answers", actors.ErrUnavailable, RoleSearch)
)

// here asks this node's index, within the bound.
func here[Q, A any](ctx context.Context, f *Finder, q Q, current bool, do ask[Q, A]) (answer A, err error) {
	if f.local == nil {
		return answer, errNoIndex
	}
	ix, done, isCurrent := f.local.borrow()
	if ix == nil {
		return answer, errNoIndex
	}
	defer done()
	if current && !isCurrent {
		return answer, errBuilding
	}
	select {
	case f.places <- struct{}{}:
		defer func() { <-f.places }()
	default:
		return answer, fmt.Errorf("%w: %d queries are under way", actors.ErrOverloaded, f.cfg.MaxQueries)
	}
	began := time.Now()
	answer, err = do(ctx, ix, q)
	f.took[kindOf(q)].add(time.Since(began))
	return answer, plain(err)
}

// plain is an index's error as Search's callers know it.
func plain(err error) error {
	switch {
	case settled(err):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return search.ErrBudget
	}
	return fmt.Errorf("%w: %w", actors.ErrUnavailable, err)
}
