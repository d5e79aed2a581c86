package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"boxoffice/actors/control"
	"boxoffice/actors/indexer"
)

const statusText = `
Shows a cluster: whether it is well and why not, its nodes, and its shards with
who leads them. SEARCH is a node's index of events: how many it has, and how far it
is behind. Any node answers; several are asked in turn. A replica that is
behind its leader has +ENTRIES behind it, one that does not vote yet (learner),
one that its node has lost (lost).

The exit code is 0 where the cluster is ok, 1 where it is degraded (it sells,
something is missing), 2 where it is unavailable (a shard cannot sell), where no
node answers, and for wrong usage.`

// The exit codes of cluster status.
const (
	exitOK          = 0
	exitDegraded    = 1
	exitUnavailable = 2
)

// statusConfig is what cluster status can be told.
type statusConfig struct {
	clientConfig
	output string
	watch  time.Duration
	all    bool
}

// options is the table of options, bound to c.
func (c *statusConfig) options() []option {
	return append(c.clientConfig.options(askTimeout), outputOption(&c.output),
		option{name: "all", help: "show every shard, also where there are many", value: (*switchValue)(&c.all)},
		option{name: "watch", arg: "DURATION", help: "show it again and again, with this pause",
			value: (*durationValue)(&c.watch)})
}

// clusterStatus is the command cluster status.
func clusterStatus(args []string, env environment) int {
	var c statusConfig
	nodes, err := c.load(c.options(), args, env)
	if err != nil {
		return env.fail("cluster status", err)
	}
	ctx, stop := untilSignal()
	defer stop()
	code := c.show(ctx, nodes, env)
	if c.watch == 0 {
		return code
	}
	tick := time.NewTicker(c.watch)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return code
		case <-tick.C:
			if env.terminal {
				fmt.Fprint(env.stdout, "\x1b[H\x1b[2J") // home, and clear the screen
			}
			code = c.show(ctx, nodes, env)
		}
	}
}

// untilSignal is a context that SIGINT and SIGTERM end.
func untilSignal() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// load reads options and takes no other arguments than the named ones, each of
// which is required; their values are put where the pointers say.
func (c *clientConfig) load(opts []option, args []string, env environment, named ...*argument) (*client, error) {
	rest, err := load(opts, args, env)
	if err != nil {
		return nil, err
	}
	for _, name := range env.strangers() {
		fmt.Fprintf(env.stderr, "boxoffice: unknown environment variable %s is ignored\n", name)
	}
	if len(rest) > len(named) {
		return nil, usagef("unexpected argument %q", rest[len(named)])
	}
	for i, a := range named {
		if len(rest) <= i {
			return nil, usagef("no %s given", a.name)
		}
		if a.value = rest[i]; !a.valid(a.value) {
			return nil, usagef("%q is no %s", a.value, a.name)
		}
	}
	return c.client(env)
}

// argument is an argument that is no option.
type argument struct {
	name, value string
	valid       func(string) bool
}

// show asks and prints once; the result is the exit code. Where the status cannot be
// had the code is that of the worst: a script that watches must not be told less.
func (c *statusConfig) show(ctx context.Context, nodes *client, env environment) int {
	s, raw, err := nodes.status(ctx)
	if err == nil && c.output == "json" {
		err = printJSON(env.stdout, raw)
	}
	if err != nil {
		env.fail("cluster status", err)
		return exitUnavailable
	}
	if c.output == "table" {
		printStatus(env.stdout, s, c.all)
	}
	switch s.Health {
	case control.OK:
		return exitOK
	case control.Degraded:
		return exitDegraded
	}
	return exitUnavailable
}

// printStatus is the cluster as people read it.
func printStatus(w io.Writer, s control.Status, all bool) {
	fmt.Fprintf(w, "%s is %s: %s, %s\n", printable(s.Cluster), strings.ToUpper(printable(string(s.Health))),
		plural(len(s.Nodes), "node"), plural(len(s.Shards), "shard"))
	for _, p := range s.Problems {
		fmt.Fprintf(w, "  - %s\n", printable(p))
	}
	nodes := table{heads: []string{"NODE", "STATE", ">LEADS", ">REPLICAS", ">DISK FREE", ">UP", "ZONE",
		"SEARCH", "HTTP", "VERSION"}}
	for _, n := range s.Nodes {
		disk, up := "", ""
		if n.DiskTotalBytes > 0 {
			disk = fmt.Sprintf("%s of %s", shortBytes(n.DiskFreeBytes), shortBytes(n.DiskTotalBytes))
		}
		if n.UptimeSeconds > 0 {
			up = shortTime(time.Duration(n.UptimeSeconds) * time.Second)
		}
		nodes.add(n.Name, n.State, strconv.Itoa(n.Leaders), strconv.Itoa(n.Replicas), disk, up, n.Zone, searchText(n),
			n.HTTP, n.Version)
	}
	fmt.Fprintln(w)
	nodes.print(w)
	fmt.Fprintln(w)
	printShards(w, s.Shards, all)
}

// searchText is a node's search index in a few words; "": it has none.
func searchText(n control.NodeStatus) string {
	switch {
	case n.Search == nil && slices.Contains(n.Roles, indexer.RoleSearch):
		return "unknown"
	case n.Search == nil:
		return ""
	}
	text := plural(n.Search.Events, "event")
	if n.Search.State != control.SearchCurrent {
		text += ", " + n.Search.State
	}
	if behind := seconds(n.Search.LagSeconds); behind != "" {
		text += ", +" + behind
	}
	if n.Search.Rebuilding {
		text += ", rebuilding"
	}
	return text
}

// fewShards is how many shards are shown in any case; of more, those with something
// to tell.
const fewShards = 40

// printShards prints a line a shard.
func printShards(w io.Writer, shards []control.ShardStatus, all bool) {
	t := table{heads: []string{">SHARD", "LEADER", ">TERM", ">APPLIED", "REPLICAS", ""}}
	left := 0
	for _, s := range shards {
		replicas, remarkable := replicasText(s)
		if !all && len(shards) > fewShards && !remarkable && !s.System {
			left++
			continue
		}
		leader, note := s.Leader, ""
		if leader == "" {
			leader = "none"
		}
		if s.System {
			note = "the cluster's own"
		}
		t.add(strconv.FormatUint(s.ID, 10), leader, strconv.FormatUint(s.Term, 10),
			strconv.FormatUint(applied(s), 10), replicas, note)
	}
	t.print(w)
	if left > 0 {
		fmt.Fprintf(w, "%s more, each with a leader and no replica behind; --all shows them\n",
			plural(left, "shard"))
	}
}

// muchLag is a lag that is worth to be shown on a shard of many.
const muchLag = 200

// replicasText lists the nodes with a replica; remarkable: not all is as it should
// be.
func replicasText(s control.ShardStatus) (text string, remarkable bool) {
	remarkable = s.Leader == ""
	var parts []string
	for _, r := range s.Replicas {
		var notes []string
		if r.Role != "voter" {
			notes = append(notes, r.Role)
		}
		if r.Lag > 0 {
			notes = append(notes, fmt.Sprintf("+%d", r.Lag))
		}
		part := r.Node
		if len(notes) > 0 {
			part += "(" + strings.Join(notes, " ") + ")"
		}
		parts = append(parts, part)
		remarkable = remarkable || r.Role != "voter" || r.Lag > muchLag
	}
	return strings.Join(parts, " "), remarkable
}

// applied is how far the shard is: its farthest replica.
func applied(s control.ShardStatus) (most uint64) {
	for _, r := range s.Replicas {
		most = max(most, r.Applied)
	}
	return most
}

// plural is a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
