package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"boxoffice/actors/control"
)

const (
	indexesText = `
Shows the search index of every node that has one: how many events it has, how far
it is behind the log, how long a change takes until it is found, how often its kept
pages are of use, and how long queries take. A shard is shown where it is behind, or
its replica is read at another node; --all shows every one.

The exit code is 0 where every index is current, 1 where one is not or does not
answer, where there is none, and where no node answers.`
	rebuildText = `
Has search indexes made anew from the log: that of one node with --node, else of
every node that has one. The indexes before serve until the new ones have caught up,
so nobody notices; until then they take their space twice. It returns when that has
begun; search status shows how far it is. A node that stops before the end keeps the
index before.`
)

// searchConfig is what search status can be told.
type searchConfig struct {
	clientConfig
	output string
	all    bool
}

// options is the table of options, bound to c.
func (c *searchConfig) options() []option {
	return append(c.clientConfig.options(askTimeout), outputOption(&c.output),
		option{name: "all", help: "show every shard", value: (*switchValue)(&c.all)})
}

// searchStatus is the command search status.
func searchStatus(args []string, env environment) int {
	var c searchConfig
	nodes, err := c.load(c.options(), args, env)
	if err != nil {
		return env.fail("search status", err)
	}
	ctx, stop := untilSignal()
	defer stop()
	indexes, raw, err := nodes.searchStatus(ctx)
	if err == nil && c.output == "json" {
		err = printJSON(env.stdout, raw)
	}
	if err != nil {
		return env.fail("search status", err)
	}
	if c.output == "table" {
		printIndexes(env.stdout, indexes, c.all)
	}
	for _, s := range indexes {
		if s.State != control.SearchCurrent {
			return exitFailed
		}
	}
	if len(indexes) == 0 {
		return exitFailed
	}
	return exitDone
}

// searchStatus asks for the search indexes. raw is what was answered.
func (c *client) searchStatus(ctx context.Context) (indexes []control.SearchStatus, raw []byte, err error) {
	a, err := c.ask(ctx, http.MethodGet, "/admin/search", nil)
	if err != nil {
		return nil, nil, err
	}
	var answer struct{ Nodes []control.SearchStatus }
	if err := json.Unmarshal(a.body, &answer); err != nil {
		return nil, nil, fmt.Errorf("read the answer of %s: %w", a.server, err)
	}
	return answer.Nodes, a.body, nil
}

// printIndexes is the search indexes as people read them.
func printIndexes(w io.Writer, indexes []control.SearchStatus, all bool) {
	if len(indexes) == 0 {
		fmt.Fprintln(w, "no node has the role search: events cannot be searched for")
		return
	}
	t := table{heads: []string{"NODE", "STATE", ">EVENTS", ">BEHIND", ">SEGMENTS", ">DISK", ">REFRESH", ">CACHE",
		"ZONE"}}
	for _, s := range indexes {
		t.add(s.Node, stateOf(s), strconv.Itoa(s.Events), seconds(s.LagSeconds), strconv.Itoa(s.Index.Segments),
			shortBytes(uint64(s.Index.Bytes)), fmt.Sprintf("%.1f ms", s.Index.RefreshMillis), hitRate(s.Index.Cache),
			s.Zone)
	}
	t.print(w)
	printQueries(w, indexes)
	printFollowing(w, indexes, all)
	for _, s := range indexes {
		if s.Skipped > 0 {
			fmt.Fprintf(w, "%s could not read %s; its log says which\n", s.Node, plural(int(s.Skipped), "event"))
		}
		if s.Index.LastFailure != "" {
			fmt.Fprintf(w, "%s: %s\n", s.Node, printable(s.Index.LastFailure))
		}
	}
}

// stateOf is an index's state, and how far a new one is.
func stateOf(s control.SearchStatus) string {
	if p := s.Progress; p != nil {
		return fmt.Sprintf("%s (rebuilding: %s, %d of %d shards)", s.State, plural(p.Events, "event"), p.Shards, p.Of)
	}
	return s.State
}

// seconds is a time that something is behind; "": it is not, or less than a second.
func seconds(s float64) string {
	if s < 1 {
		return ""
	}
	return shortTime(time.Duration(s * float64(time.Second)))
}

// hitRate is how many of a hundred queries the cache had; "": nobody has asked.
func hitRate(c control.SearchCache) string {
	if c.Hits+c.Misses == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*float64(c.Hits)/float64(c.Hits+c.Misses))
}

// printQueries prints how long queries took, a line a node and kind.
func printQueries(w io.Writer, indexes []control.SearchStatus) {
	t := table{heads: []string{"NODE", "QUERY", ">COUNT", ">P50", ">P99"}}
	for _, s := range indexes {
		for _, q := range s.Index.Queries {
			t.add(s.Node, q.Kind, strconv.FormatUint(q.Count, 10), fmt.Sprintf("%.3g ms", q.P50Millis),
				fmt.Sprintf("%.3g ms", q.P99Millis))
		}
	}
	if len(t.rows) > 0 {
		fmt.Fprintln(w)
	}
	t.print(w)
}

// printFollowing prints how far the indexes are with shards, those with something to
// tell or all.
func printFollowing(w io.Writer, indexes []control.SearchStatus, all bool) {
	t := table{heads: []string{"NODE", ">SHARD", ">POSITION", ">APPLIED", ">LAG", ">BEHIND", "SOURCE", ""}}
	for _, s := range indexes {
		for _, shard := range s.Shards {
			if !all && shard.Lag <= muchLag && shard.LagSeconds < 1 && shard.Source == s.Node {
				continue
			}
			t.add(s.Node, strconv.FormatUint(shard.ID, 10), strconv.FormatUint(shard.Position, 10),
				strconv.FormatUint(shard.Applied, 10), strconv.FormatUint(shard.Lag, 10), seconds(shard.LagSeconds),
				shard.Source, printable(shard.Failure))
		}
	}
	if len(t.rows) > 0 {
		fmt.Fprintln(w)
	}
	t.print(w)
}

// rebuildConfig is what search rebuild can be told.
type rebuildConfig struct {
	clientConfig
	node string
}

// options is the table of options, bound to c.
func (c *rebuildConfig) options() []option {
	return append(c.clientConfig.options(changeTimeout),
		option{name: "node", arg: "NAME", help: "only this node's index", value: (*textValue)(&c.node)})
}

// searchRebuild is the command search rebuild.
func searchRebuild(args []string, env environment) int {
	var c rebuildConfig
	nodes, err := c.load(c.options(), args, env)
	if err == nil && c.node != "" && !validName(c.node) {
		err = usagef("%q is no node", c.node)
	}
	if err == nil {
		ctx, stop := untilSignal()
		defer stop()
		wish := map[string]string{}
		if c.node != "" {
			wish["node"] = c.node
		}
		_, err = nodes.ask(ctx, http.MethodPost, "/admin/search/rebuild", wish)
	}
	if err != nil {
		return env.fail("search rebuild", err)
	}
	fmt.Fprintln(env.stdout, "search indexes are being made anew; see: boxoffice search status")
	return exitDone
}
