package httpapi

import (
	"context"

	"boxoffice/actors/control"
)

// getSearch is GET /admin/search: how the search index of each node with one is.
func (s *Server) getSearch(c *call) {
	if !c.query(nil) {
		return
	}
	var status struct {
		Nodes []control.SearchStatus `json:"nodes"`
	}
	if c.operateSearch(false, func(ctx context.Context, o control.SearchOperator) (err error) {
		status.Nodes, err = o.SearchStatus(ctx)
		return err
	}) {
		c.answer(status)
	}
}

// rebuildSearch is POST /admin/search/rebuild: a new index, of one node or of all that
// have one. It has begun when it is answered: GET /admin/search shows how far it is.
func (s *Server) rebuildSearch(c *call) {
	var wish struct {
		Node string `json:"node"`
	}
	if !c.query(nil) || len(c.body) > 0 && !c.decode(&wish) {
		return
	}
	if wish.Node != "" && !isNodeName([]byte(wish.Node)) {
		c.fail(codeNodeNotFound, fault{})
		return
	}
	if c.operateSearch(true, func(ctx context.Context, o control.SearchOperator) error {
		return o.RebuildSearch(ctx, wish.Node)
	}) {
		c.ctx.Response.Header.Set("Location", "/admin/search")
		c.ctx.Response.SetStatusCode(202)
	}
}

// operateSearch is operate for calls about search.
func (c *call) operateSearch(changes bool, do func(context.Context, control.SearchOperator) error) bool {
	s := c.srv
	if s.cfg.SearchOperator == nil {
		c.fail(codeNoCluster, fault{detail: "This node cannot tell of search indexes."})
		return false
	}
	return c.within(s.operating, s.cfg.OperatorTimeout, func(ctx context.Context) bool {
		err := do(ctx, s.cfg.SearchOperator)
		if err != nil {
			c.operatorFailed(err, changes)
		}
		return err == nil
	})
}
