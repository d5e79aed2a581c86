package main

import (
	"path/filepath"
	"slices"

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

// openIndex opens the search index in a directory.
func (n *node) openIndex(dir string) (indexer.Index, error) {
	c := search.DefaultConfig(dir)
	c.Render, c.Logger = httpapi.RenderHit, n.log
	ix, err := search.Open(c)
	if err != nil {
		return nil, err
	}
	return ix, nil
}
