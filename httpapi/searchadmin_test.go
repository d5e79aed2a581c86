package httpapi

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"boxoffice/actors/control"
)

func (o *fakeOperator) SearchStatus(ctx context.Context) ([]control.SearchStatus, error) {
	return []control.SearchStatus{{Node: "n1", Zone: "z", Applied: 1, Touched: 2,
		SearchBrief: control.SearchBrief{State: control.SearchCatchingUp, Events: 4, LagSeconds: 0.5, Rebuilding: true},
		Progress:    &control.SearchProgress{Events: 1, Shards: 1, Of: 2},
		Index: control.SearchIndex{Segments: 5, Bytes: 6, Rebuilt: "it was damaged",
			Queries: []control.SearchLatency{{Kind: "text+geo", Count: 9, P50Millis: 0.5, P99Millis: 2}}},
		Shards: []control.SearchShard{{ID: 1, Position: 2, Applied: 5, Lag: 3, LagSeconds: 0.5, Source: "n2"},
			{ID: 2, Failure: "no replica"}}},
		{Node: "n2", SearchBrief: control.SearchBrief{State: control.SearchUnreachable},
			Index: control.SearchIndex{Queries: []control.SearchLatency{}}, Shards: []control.SearchShard{}},
	}, o.note(ctx, "search status")
}

func (o *fakeOperator) RebuildSearch(ctx context.Context, node string) error {
	return o.note(ctx, "rebuild "+node)
}

// GET /admin/search: the indexes of all nodes; openapi.yaml has every member.
func TestSearchIndexes(t *testing.T) {
	w, o := newCluster(t)
	r := w.do("GET", "/admin/search", "").want(200)
	if len(r.list("nodes")) != 2 || o.take() != "search status" ||
		r.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%s", r.body)
	}
	w.do("HEAD", "/admin/search", "").want(200)
	w.do("GET", "/admin/search?x", "").want(400, codeInvalid)
	w.do("POST", "/admin/search", "").want(405, codeMethod)
}

// POST /admin/search/rebuild: of one node, or of all.
func TestSearchRebuild(t *testing.T) {
	w, o := newCluster(t)
	for _, c := range []struct {
		body   string
		status int
		asked  string
	}{
		{"", 202, "rebuild "},
		{"{}", 202, "rebuild "},
		{`{"node":"n1.a"}`, 202, "rebuild n1.a"},
		{`{"node":"a,b"}`, 404, ""},
		{`{"nodes":"n1"}`, 400, ""},
		{`{"node":1}`, 400, ""},
	} {
		r := w.do("POST", "/admin/search/rebuild", c.body).want(c.status)
		if asked := o.take(); asked != c.asked || c.status == 202 && r.header.Get("Location") != "/admin/search" {
			t.Errorf("%s: asked for %q", c.body, asked)
		}
	}
	w.do("POST", "/admin/search/rebuild?x", "").want(400, codeInvalid)
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{control.UnknownNodeError{Node: "n9"}, 404, codeNodeNotFound},
		{fmt.Errorf("%w: node n2", control.ErrUnavailable), 503, codeUnknown},
		{context.DeadlineExceeded, 503, codeUnknown},
		{errors.New("a bug"), 500, codeInternal},
	} {
		o.err = c.err
		w.do("POST", "/admin/search/rebuild", "", "X-Deadline-Ms", "30").want(c.status, c.code)
	}
}
