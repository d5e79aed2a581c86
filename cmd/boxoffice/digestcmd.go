package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const digestText = `
Compares an event's replicas: every node replays its own and tells the SHA-256 of
the state that it comes to. A replica that is behind is asked again for a while.
The exit code is 1 where two replicas differ, or fewer than two could be compared
though the cluster has more than one node.`

// digestTries bounds how often replicas are asked that are not at one version, with
// digestPause between.
const (
	digestTries = 10
	digestPause = 200 * time.Millisecond
)

// replicaDigest is what one node's replica of an event came to.
type replicaDigest struct {
	Node    string `json:"node"`
	Version uint64 `json:"version,omitempty"`
	Sum     string `json:"sha256,omitempty"`
	Problem string `json:"problem,omitempty"` // why there is none
}

// eventDigest is the command event digest.
func eventDigest(args []string, env environment) int {
	var c eventConfig
	return c.about("event digest", c.options(), args, env, func(ctx context.Context, nodes *client, id string) error {
		return c.compare(ctx, nodes, id, env)
	})
}

// compare asks every node and prints what they say; an error where they differ.
func (c *eventConfig) compare(ctx context.Context, nodes *client, id string, env environment) error {
	if _, _, err := nodes.status(ctx); err != nil && !hasCode(err, "no-cluster") {
		return err
	}
	got := nodes.digests(ctx, id)
	for try := 1; try < digestTries && !sameVersion(got); try++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(digestPause):
		}
		got = nodes.digests(ctx, id)
	}
	if c.output == "json" {
		text, err := json.Marshal(got)
		if err == nil {
			err = printJSON(env.stdout, text)
		}
		if err != nil {
			return err
		}
	} else {
		printDigests(env, got)
	}
	return judge(got)
}

// digests asks each node for its replica's digest, one after the other: a digest is a
// replay, and two at a time would take from the sale. Nodes without a replica, and
// those that do not answer, have a Problem.
func (c *client) digests(ctx context.Context, id string) []replicaDigest {
	var out []replicaDigest
	for _, server := range c.servers {
		d := replicaDigest{Node: server}
		a, err := c.askOne(ctx, server, http.MethodGet, "/admin/events/"+id+"/digest", nil)
		if err == nil {
			err = json.Unmarshal(a.body, &d)
		}
		if err != nil {
			d.Problem = err.Error()
		}
		if d.Sum != "" && slices.ContainsFunc(out, func(o replicaDigest) bool { return o.Node == d.Node }) {
			continue // one node under two addresses
		}
		out = append(out, d)
	}
	return out
}

// sameVersion reports whether all replicas that were asked are at one version.
func sameVersion(ds []replicaDigest) bool {
	var version uint64
	for _, d := range ds {
		if d.Version == 0 {
			continue
		}
		if version != 0 && d.Version != version {
			return false
		}
		version = d.Version
	}
	return true
}

// judge is nil where replicas could be compared and are the same.
func judge(ds []replicaDigest) error {
	sums := map[uint64]string{}
	replicas := 0
	for _, d := range ds {
		if d.Version == 0 {
			continue
		}
		replicas++
		if sum, seen := sums[d.Version]; seen && sum != d.Sum {
			return fmt.Errorf("replicas differ at version %d", d.Version)
		}
		sums[d.Version] = d.Sum
	}
	switch {
	case replicas == 0 || replicas == 1 && len(ds) > 1:
		return errors.New("there are not two replicas to compare")
	case len(sums) > 1:
		return errors.New("the replicas are not at one version; nothing differs where two are")
	}
	return nil
}

// printDigests prints a line a node.
func printDigests(env environment, ds []replicaDigest) {
	t := table{heads: []string{"NODE", ">VERSION", "SHA-256"}}
	for _, d := range ds {
		if d.Version == 0 {
			t.add(d.Node, "-", d.Problem)
			continue
		}
		t.add(d.Node, strconv.FormatUint(d.Version, 10), d.Sum)
	}
	t.print(env.stdout)
}
