package main

import (
	"context"
	"strings"
	"testing"

	"boxoffice/actors/control"
)

// indexes is what the fake cluster tells of its search indexes.
var indexes = []control.SearchStatus{
	{Node: "n1", SearchBrief: control.SearchBrief{State: control.SearchCurrent, Events: 1000},
		Index: control.SearchIndex{Segments: 3, Bytes: 5 << 20, RefreshMillis: 2.25, LastFailure: "disk\x1b[2J full",
			Cache:   control.SearchCache{Hits: 3, Misses: 1},
			Queries: []control.SearchLatency{{Kind: "text+geo", Count: 7, P50Millis: 0.5, P99Millis: 12.5}}},
		Shards: []control.SearchShard{{ID: 1, Position: 20, Applied: 22, Source: "n1"}}},
	{Node: "n2", SearchBrief: control.SearchBrief{State: control.SearchCatchingUp, Events: 10, LagSeconds: 61},
		Progress: &control.SearchProgress{Events: 4, Shards: 1, Of: 2}, Skipped: 2,
		Shards: []control.SearchShard{{ID: 1, Position: 5, Applied: 9, Lag: 4, LagSeconds: 61, Failure: "no replica"},
			{ID: 2, Position: 6, Applied: 6, Source: "n1"}}},
}

func (f *fakeCluster) SearchStatus(context.Context) ([]control.SearchStatus, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leaves == "all" {
		return []control.SearchStatus{}, nil
	}
	return indexes, f.err
}

func (f *fakeCluster) RebuildSearch(_ context.Context, node string) error {
	return f.change("rebuild " + node)
}

// The tables of search status, to the letter, and its exit codes.
func TestSearchStatusTable(t *testing.T) {
	f := newFakeCluster(t, "")
	code, out, errs := cli(f.addrs[0], "search status")
	want := `NODE  STATE                                              EVENTS  BEHIND  SEGMENTS     DISK  REFRESH  CACHE
n1    current                                              1000                 3  5.0 MiB   2.2 ms   75 %
n2    catching-up (rebuilding: 4 events, 1 of 2 shards)      10    1m1s         0      0 B   0.0 ms

NODE  QUERY     COUNT     P50      P99
n1    text+geo      7  0.5 ms  12.5 ms

NODE  SHARD  POSITION  APPLIED  LAG  BEHIND  SOURCE
n2        1         5        9    4    1m1s          no replica
n2        2         6        6    0          n1
n1: disk[2J full
n2 could not read 2 events; its log says which
`
	if out != want || code != exitFailed {
		t.Errorf("exit %d\n%s%s\nwant\n%s", code, out, errs, want)
	}
	if code, out, _ := cli(f.addrs[0], "search status --all -o json"); code != exitFailed ||
		!strings.Contains(out, `"p99Millis": 12.5`) {
		t.Errorf("exit %d\n%s", code, out)
	}
	f.leaves = "all"
	if code, out, _ := cli(f.addrs[0], "search status"); code != exitFailed || !strings.Contains(out, "no node has") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

// search rebuild asks for one node's index, or all, and says how it goes on.
func TestSearchRebuildCommand(t *testing.T) {
	f := newFakeCluster(t, "")
	for _, c := range []struct {
		args, asked, errs string
		err               error
		code              int
	}{
		{"", "rebuild ", "", nil, 0},
		{"--node n2", "rebuild n2", "", nil, 0},
		{"--node a/b", "", "is no node", nil, 2},
		{"x", "", "unexpected", nil, 2},
		{"--node n9", "rebuild n9", "node-not-found", control.UnknownNodeError{Node: "n9"}, 1},
	} {
		f.asked, f.err = nil, c.err
		code, out, errs := cli(f.addrs[0], "search rebuild "+c.args)
		if code != c.code || strings.Join(f.asked, ",") != c.asked || !printed(errs, c.errs) ||
			(c.code == 0) != strings.Contains(out, "search status") {
			t.Errorf("%+v: exit %d, asked for %q\n%s%s", c, code, f.asked, out, errs)
		}
	}
}
