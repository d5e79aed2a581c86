package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"boxoffice/actors/control"
)

const (
	drainText = `
Has a node give its leaderships away and returns when it leads nothing: then it
can be stopped without a buyer noticing. Its replicas stay. Stopping a node with
SIGTERM drains it too; this is for having a look before.`
	undrainText = `
Makes a drained node take part again: it may lead shards. A node whose removal
has begun stays in the cluster, as long as not all of its replicas have moved;
those that have come back by themselves.`
	rebalanceText = `
Has replicas and leaders spread evenly over the nodes now. A cluster does that by
itself when nodes come and go; replicas move one after the other, and nothing
stops selling. cluster status shows how it goes on.`
	removeText = `
Has a node leave for good: its replicas move to other nodes, then it stops and
its data directory is not opened again. Refused where a shard would lose its
majority. The command waits for the end and shows how far it is; interrupted, or
with --no-wait, the removal goes on without it. --force removes a node that is
down and will not come back: what only it had is lost. cluster undrain ends a
removal while the node still has replicas.`
)

// changeConfig is what drain, undrain and rebalance can be told.
type changeConfig struct{ clientConfig }

// options is the table of options, bound to c.
func (c *changeConfig) options() []option { return c.clientConfig.options(changeTimeout) }

// nodeArgument is the argument NODE.
func nodeArgument() *argument { return &argument{name: "NODE", valid: validName} }

// clusterDrain is the command cluster drain.
func clusterDrain(args []string, env environment) int {
	return changeNode("drain", args, env, "%[1]s leads nothing now and can be stopped; "+
		"boxoffice cluster undrain %[1]s makes it take part again\n")
}

// clusterUndrain is the command cluster undrain.
func clusterUndrain(args []string, env environment) int {
	return changeNode("undrain", args, env, "%s takes part again\n")
}

// changeNode asks for one change of one node and says what became of it. Each change
// may be asked for twice: the second finds it done.
func changeNode(verb string, args []string, env environment, done string) int {
	var c changeConfig
	node := nodeArgument()
	nodes, err := c.load(c.options(), args, env, node)
	if err == nil {
		ctx, stop := untilSignal()
		defer stop()
		_, err = nodes.ask(ctx, http.MethodPost, "/admin/nodes/"+node.value+"/"+verb, nil)
	}
	if err != nil {
		return env.fail("cluster "+verb, err)
	}
	fmt.Fprintf(env.stdout, done, node.value)
	return exitDone
}

// clusterRebalance is the command cluster rebalance.
func clusterRebalance(args []string, env environment) int {
	var c changeConfig
	nodes, err := c.load(c.options(), args, env)
	if err == nil {
		ctx, stop := untilSignal()
		defer stop()
		_, err = nodes.ask(ctx, http.MethodPost, "/admin/cluster/rebalance", nil)
	}
	if err != nil {
		return env.fail("cluster rebalance", err)
	}
	fmt.Fprintln(env.stdout, "replicas and leaders are being spread; see: boxoffice cluster status")
	return exitDone
}

// removeConfig is what cluster remove can be told.
type removeConfig struct {
	clientConfig
	force, noWait, yes bool
	patience           time.Duration
}

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *removeConfig) options() []option {
	if c.patience == 0 {
		c.patience = 30 * time.Minute
	}
	return append(c.clientConfig.options(changeTimeout),
		option{name: "force", help: "the node is down and will not come back", value: (*switchValue)(&c.force)},
		option{name: "yes", help: "do not ask", value: (*switchValue)(&c.yes)},
		option{name: "no-wait", help: "return when the removal is decided", value: (*switchValue)(&c.noWait)},
		option{name: "patience", arg: "DURATION", help: "wait that long for the end",
			value: (*durationValue)(&c.patience)})
}

// clusterRemove is the command cluster remove.
func clusterRemove(args []string, env environment) int {
	var c removeConfig
	node := nodeArgument()
	nodes, err := c.load(c.options(), args, env, node)
	if err == nil && env.terminal && !c.yes {
		err = confirm(env, "Remove "+node.value+" from the cluster for good?")
	}
	if err == nil {
		err = c.remove(nodes, node.value, env)
	}
	if err != nil {
		return env.fail("cluster remove", err)
	}
	return exitDone
}

// confirm asks a person; anything but a yes is an error.
func confirm(env environment, question string) error {
	fmt.Fprintf(env.stderr, "%s [y/N] ", question)
	line, _ := bufio.NewReader(env.stdin).ReadString('\n') // an end without a word is no
	if word := strings.ToLower(strings.TrimSpace(line)); word == "y" || word == "yes" {
		return nil
	}
	return errors.New("nothing was done")
}

// errGoesOn ends a wait; what is waited for does not end.
var errGoesOn = errors.New("the removal goes on; see: boxoffice cluster status")

// errStays ends a wait for what will not come: somebody has ended the removal.
var errStays = errors.New("the removal was ended by cluster undrain: the node stays")

// staysAfter is how many looks in a row must show a node that stays: one may be at a
// node that has not heard yet.
const staysAfter = 5

// remove asks for the removal and waits for its end.
func (c *removeConfig) remove(nodes *client, node string, env environment) error {
	ctx, stop := untilSignal()
	defer stop()
	if !c.noWait { // to know the other nodes before the one that is asked stops
		if _, _, err := nodes.status(ctx); err != nil {
			return err
		}
	}
	wish := map[string]bool{"force": c.force}
	if _, err := nodes.ask(ctx, http.MethodPost, "/admin/nodes/"+node+"/remove", wish); err != nil {
		return err
	}
	if c.noWait {
		fmt.Fprintf(env.stdout, "%s is leaving; see: boxoffice cluster status\n", node)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	if err := waitRemoved(ctx, nodes, node, env); err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%s is removed; its data directory will not be opened again\n", node)
	return nil
}

// statusPause is the time between two looks at a removal.
const statusPause = 300 * time.Millisecond

// waitRemoved returns when the cluster no longer has the node, and says on the way
// how far it is.
func waitRemoved(ctx context.Context, nodes *client, node string, env environment) error {
	nodes.timeout = min(nodes.timeout, askTimeout)
	tick := time.NewTicker(statusPause)
	defer tick.Stop()
	said, stays := "", 0
	for {
		s, _, err := nodes.status(ctx)
		var now string
		switch {
		case err != nil: // a leader may be moving: the next look tells
			now = err.Error()
		case removed(s, node):
			return nil
		case state(s, node) == "up":
			if stays++; stays >= staysAfter {
				return errStays
			}
		default:
			now, stays = leaving(s, node), 0
		}
		if now != said && now != "" && ctx.Err() == nil {
			fmt.Fprintf(env.stderr, "%s: %s\n", node, now)
			said = now
		}
		select {
		case <-ctx.Done():
			return errGoesOn
		case <-tick.C:
		}
	}
}

// removed reports whether a cluster no longer has a node.
func removed(s control.Status, node string) bool {
	return !slices.ContainsFunc(s.Nodes, func(n control.NodeStatus) bool {
		return n.Name == node && n.State != "removed"
	})
}

// state is a node's; "" where a cluster does not have it.
func state(s control.Status, node string) string {
	for _, n := range s.Nodes {
		if n.Name == node {
			return n.State
		}
	}
	return ""
}

// leaving says how far a node's removal is.
func leaving(s control.Status, node string) string {
	i := slices.IndexFunc(s.Nodes, func(n control.NodeStatus) bool { return n.Name == node })
	if n := s.Nodes[i]; n.Replicas > 0 {
		return fmt.Sprintf("%s, %s to move, %d of them led",
			printable(n.State), plural(n.Replicas, "replica"), n.Leaders)
	}
	return "its replicas have moved; it stops"
}
