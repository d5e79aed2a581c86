package main

import (
	"context"
	"path/filepath"
	"slices"

	"boxoffice/actors/control"
	"boxoffice/actors/indexer"
	"boxoffice/httpapi"
	"boxoffice/storage/search"

	"github.com/prometheus/client_golang/prometheus"
)

// searchDir is where in the data directory the search index lives. All of it comes
// from the log: it may be deleted while the node is stopped.
func searchDir(cfg Config) string { return filepath.Join(cfg.Data, "search") }

// startSearch lets other nodes follow this one's replicas, follows the log itself where
// the node has the role, and answers searches, its own and the others'.
func (n *node) startSearch(r *prometheus.Registry) error {
	indexer.ServeFeed(n.member, n.store)
	f := indexer.FinderConfig{Node: n.cfg.Node, Zone: n.cfg.Zone, Company: n.member}
	if slices.Contains(n.cfg.Roles, indexer.RoleSearch) {
		id := n.store.Identity()
		c := indexer.DefaultConfig()
		c.Dir, c.Feed, c.Company, c.Node, c.Zone = searchDir(n.cfg), n.store, n.member, n.cfg.Node, n.cfg.Zone
		c.Cluster, c.Shards, c.Logger, c.Registry = id.Cluster, id.Shards, n.log, r
		c.Open = n.openIndex
		var err error
		if n.index, err = indexer.Start(c); err != nil {
			return err
		}
		f.Local = n.index
	}
	n.finder = indexer.NewFinder(f)
	return nil
}

// openIndex opens the search index in a directory. What is the same in every answer that
// shows an event is made once, when it enters a page.
func (n *node) openIndex(dir string) (indexer.Index, error) {
	c := search.DefaultConfig(dir)
	c.Render, c.Logger = httpapi.RenderHit, n.log
	ix, err := search.Open(c)
	if err != nil {
		return nil, err
	}
	return ix, nil
}

// searcher is what a node's server asks about search: people's questions, and an
// operator's. An *indexer.Finder is one.
type searcher interface {
	httpapi.Searcher
	control.SearchOperator
}

// lobbySearch is the lobby as the searcher of a node's server. Whoever looks for an
// event waits a little for a node that is starting, as whoever buys a ticket does.
type lobbySearch struct{ lobby *lobby }

// Search implements httpapi.Searcher.
func (s lobbySearch) Search(ctx context.Context, q search.Query) (*search.Page, error) {
	if err := s.lobby.wait(startPatience); err != nil {
		return nil, err
	}
	return s.lobby.searcher.Search(ctx, q)
}

// Suggest implements httpapi.Searcher.
func (s lobbySearch) Suggest(ctx context.Context, q search.SuggestQuery) ([]search.Suggestion, error) {
	if err := s.lobby.wait(startPatience); err != nil {
		return nil, err
	}
	return s.lobby.searcher.Suggest(ctx, q)
}

// SearchStatus implements control.SearchOperator.
func (s lobbySearch) SearchStatus(ctx context.Context) ([]control.SearchStatus, error) {
	if _, err := (lobbyOperator(s)).inside(); err != nil {
		return nil, err
	}
	return s.lobby.searcher.SearchStatus(ctx)
}

// RebuildSearch implements control.SearchOperator.
func (s lobbySearch) RebuildSearch(ctx context.Context, node string) error {
	if _, err := (lobbyOperator(s)).inside(); err != nil {
		return err
	}
	return s.lobby.searcher.RebuildSearch(ctx, node)
}
