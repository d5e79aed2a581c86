package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/cluster"
	"boxoffice/cluster/certs"
	"boxoffice/storage"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"
)

// founderPatience is how long a node that would found a cluster, and knows of others,
// waits for one of them to have one already.
const founderPatience = 10 * time.Second

// peersFile is where in the data directory the other nodes' addresses are kept.
const peersFile = "peers"

// startMember makes the node a member of the cluster: before the log is opened,
// because a joiner learns from the others which cluster that is.
func (n *node) startMember(r *prometheus.Registry, id storage.Identity) error {
	c := cluster.Config{
		Node: n.cfg.Node, Name: n.cfg.ClusterName, Zone: n.cfg.Zone, Version: thisBuild().Version,
		Roles:  n.cfg.Roles,
		Gossip: n.cfg.Cluster, Actors: n.cfg.ActorAddress(), Raft: n.cfg.RaftAddress(),
		HTTP:  n.cfg.ClientAddress(n.socket.Addr()),
		Seeds: n.cfg.Peers(), PeersFile: filepath.Join(n.cfg.Data, peersFile),
		Incarnation: id.Incarnation, Cluster: id.Cluster, Shards: id.Shards, ShardOf: storage.ShardOf,
		GossipKey: n.cfg.GossipKeyBytes(), Insecure: n.cfg.Insecure, Logger: n.log, Registry: r,
	}
	if n.cfg.CA != "" {
		var err error
		if c.ServerTLS, c.ClientTLS, err = certs.Load(n.cfg.CA, n.cfg.Cert, n.cfg.Key); err != nil {
			return err
		}
	}
	var err error
	n.member, err = cluster.Start(c)
	return err
}

// openStore opens the log: as it was, or as the first of a new cluster, or as a
// member of one that the others tell of. It waits for the others as long as it must.
func (n *node) openStore(ctx context.Context, id storage.Identity, found bool) error {
	s := storageConfig(n.cfg, n.log)
	var err error
	switch {
	case !found:
		if s.Join, err = n.joins(ctx, &s); err != nil {
			return err
		}
	case n.cfg.Shards == DefaultConfig().Shards:
		s.Shards = id.Shards // it was not asked for another number
	}
	if n.store, err = storage.Open(s); err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	id = n.store.Identity()
	n.member.Become(id.Cluster, id.Shards, id.Incarnation)
	return nil
}

// joins decides what a node with an empty directory becomes, and fills in which
// cluster it joins.
func (n *node) joins(ctx context.Context, s *storage.Config) (bool, error) {
	if len(n.cfg.Peers()) == 0 {
		return false, nil
	}
	wait := ctx
	if n.cfg.Founder() {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, founderPatience)
		defer cancel()
	}
	n.log.Info("looking for the cluster", "join", n.cfg.Peers())
	n.lobby.says(whyWaiting)
	defer n.lobby.says(whyStarting)
	id, shards, err := n.member.Joined(wait)
	switch {
	case err == nil:
		s.Cluster, s.Shards = id, shards
		return true, nil
	case ctx.Err() == nil && n.cfg.Founder():
		n.log.Info("no other node has a cluster: this one makes it")
		return false, nil
	}
	return false, fmt.Errorf("find the cluster to join: %w", err)
}

// startAgent starts the node's part in the control of the cluster.
func (n *node) startAgent() error {
	c := control.DefaultConfig()
	c.Log, c.Placement, c.Member, c.Logger = n.store, n.store, n.member, n.log
	c.Name, c.Version = n.cfg.ClusterName, thisBuild().Version
	c.Disk = func() (free, total uint64) { return diskSpace(n.cfg.Data) }
	c.Full = func() bool { return errors.Is(n.store.Healthy(), storage.ErrNoSpace) }
	if n.index != nil {
		c.Search = n.index.Brief
	}
	c.OnDrain = func(context.Context) { n.http.Drain() }
	c.OnUndrain = func() { n.http.Undrain() }
	c.OnLeave = func() {
		n.log.Info("the cluster has removed this node: it stops")
		close(n.left)
	}
	var err error
	n.agent, err = control.Start(c)
	return err
}

// leaveTime bounds giving the leaderships away before a stop.
const leaveTime = 4 * time.Second

// giveAway moves what this node leads to others, so that its events go on there
// while it stops.
func (n *node) giveAway() {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	if err := n.agent.Drain(ctx); err != nil {
		n.log.Warn("not all leaderships could be given away; elections will", "error", err)
	}
}

// peers is a cluster.Member as package actors wants it.
type peers struct{ *cluster.Member }

var _ actors.Peers = peers{}

// Call implements actors.Peers.
func (p peers) Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error) {
	reply, err := p.Member.Call(deadline, node, kind, body)
	switch {
	case err == nil:
		return reply, nil
	case errors.Is(err, cluster.ErrUnreachable), errors.Is(err, cluster.ErrUnknownKind),
		errors.Is(err, cluster.ErrTooLarge):
		return nil, fmt.Errorf("%w: %w", actors.ErrUndelivered, err)
	case errors.Is(err, cluster.ErrBusy):
		return nil, fmt.Errorf("%w: %w", actors.ErrBusy, err)
	}
	return nil, err
}

// Handle implements actors.Peers.
func (p peers) Handle(kind uint8, h func(from string, deadline time.Time, body []byte, reply func([]byte))) {
	p.Member.Handle(kind, func(c cluster.Call) { h(c.From, c.Deadline, c.Body, c.Reply) })
}

// stopCompany takes the node out of the cluster, after its events have gone.
func (n *node) stopCompany() {
	if n.agent != nil {
		n.agent.Stop()
	}
	if n.member != nil {
		n.member.Stop(true)
	}
}

// diskSpace is the space of a directory's disk in bytes, zeros where it cannot be
// told.
func diskSpace(dir string) (free, total uint64) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize)
}
