package cluster

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/hashicorp/memberlist"
)

// gossip is this node in memberlist. Its methods are memberlist's callbacks, called
// from its goroutines and partly under its lock: they must neither block nor call
// memberlist.
type gossip struct {
	m     *Member
	list  *memberlist.Memberlist
	where string // this node's gossip address, with an IP address
}

var (
	_ memberlist.Delegate         = (*gossip)(nil)
	_ memberlist.EventDelegate    = (*gossip)(nil)
	_ memberlist.AliveDelegate    = (*gossip)(nil)
	_ memberlist.ConflictDelegate = (*gossip)(nil)
)

// gossipTimeout bounds a connection to a seed, and each step on it.
const gossipTimeout = 2 * time.Second

// start makes memberlist listen. Nobody is asked to join yet.
func (g *gossip) start(listen, advertise net.IP) error {
	m := g.m
	_, port, err := net.SplitHostPort(m.cfg.Gossip)
	if err != nil {
		return fmt.Errorf("read the gossip address: %w", err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return fmt.Errorf("read the gossip port: %w", err)
	}
	c := memberlist.DefaultLANConfig()
	c.Name, c.Label, c.SecretKey = m.cfg.Node, m.cfg.Name, m.cfg.GossipKey
	c.BindAddr, c.BindPort = listen.String(), int(n)
	c.AdvertiseAddr, c.AdvertisePort = advertise.String(), int(n)
	c.ProbeInterval, c.ProbeTimeout = m.cfg.Probe, m.cfg.Probe/2
	c.GossipInterval = min(c.GossipInterval, m.cfg.Probe/2)
	c.TCPTimeout = gossipTimeout
	c.PushPullInterval = 15 * time.Second   // heals the table of leaders
	c.DeadNodeReclaimTime = time.Nanosecond // a dead node may come back with another address
	c.Delegate, c.Events, c.Alive, c.Conflict = g, g, g, g
	c.LogOutput = gossipLog{m}
	// The port in the meta is not known before memberlist listens, so the meta has no
	// address of it: peers take it from memberlist.
	if g.list, err = memberlist.Create(c); err != nil {
		return fmt.Errorf("listen for gossip: %w", err)
	}
	self := g.list.LocalNode()
	g.where = self.Address()
	host, _, _ := net.SplitHostPort(m.cfg.Gossip)
	m.aboutMu.Lock()
	m.about.Gossip = net.JoinHostPort(host, strconv.Itoa(int(self.Port)))
	m.aboutMu.Unlock()
	return nil
}

// stop leaves, if told so, and closes the sockets.
func (g *gossip) stop(leave bool) {
	if g.list == nil {
		return
	}
	if leave {
		if err := g.list.Leave(500 * time.Millisecond); err != nil {
			g.m.log.Debug("The farewell was not heard.", slog.Any("error", err))
		}
	}
	if err := g.list.Shutdown(); err != nil {
		g.m.log.Debug("Gossip did not close cleanly.", slog.Any("error", err))
	}
}

// update gossips the meta again.
func (g *gossip) update() {
	// It waits for the broadcast, and that nobody heard it yet is no error.
	_ = g.list.UpdateNode(time.Millisecond)
}

// peer reads what memberlist knows of a node.
func (g *gossip) peer(n *memberlist.Node) (known, error) {
	p, system, err := parseMeta(n.Meta)
	if err != nil {
		return known{}, err
	}
	p.Node = n.Name
	if p.Gossip == "" {
		p.Gossip = n.Address()
	}
	return known{Peer: p, system: system, where: n.Address(), joined: time.Now()}, nil
}

// NotifyAlive refuses nodes of another cluster, and what is no node of ours.
func (g *gossip) NotifyAlive(n *memberlist.Node) error {
	if n.Name == g.m.cfg.Node {
		return nil
	}
	k, err := g.peer(n)
	if err != nil {
		return err
	}
	if own := g.m.self0().Cluster; own != 0 && k.Cluster != 0 && k.Cluster != own {
		err := fmt.Errorf("it is of the cluster %016x, this one is %016x", k.Cluster, own)
		g.m.complain(aboutCluster, "A node was turned away: it belongs to another cluster of the same name.",
			slog.String("node", n.Name), slog.String("gossip", n.Address()), slog.Any("error", err))
		return err
	}
	return nil
}

// NotifyConflict: two nodes have one name. The first one keeps it.
func (g *gossip) NotifyConflict(first, second *memberlist.Node) {
	g.m.log.Warn("Two nodes have the same name, or one has changed its address while it is taken for alive.",
		slog.String("node", first.Name), slog.String("first", first.Address()), slog.String("second", second.Address()))
}

// NotifyJoin: a node is there.
func (g *gossip) NotifyJoin(n *memberlist.Node) { g.put(n) }

// NotifyUpdate: a node says something else of itself.
func (g *gossip) NotifyUpdate(n *memberlist.Node) { g.put(n) }

func (g *gossip) put(n *memberlist.Node) {
	m := g.m
	if n.Name == m.cfg.Node {
		return
	}
	k, err := g.peer(n)
	if err != nil {
		return // NotifyAlive has refused it
	}
	if k.link = m.linkTo(k.Actors); k.link != nil {
		k.link.setDown(false)
	}
	if old := m.roster.all()[k.Node]; old != nil && old.link != nil && old.link != k.link {
		old.link.setDown(true) // it has moved
		m.fail(old.link, errCut, errDown)
	}
	m.roster.put(k)
}

// NotifyLeave: a node is dead, or has left.
func (g *gossip) NotifyLeave(n *memberlist.Node) {
	if n.Name == g.m.cfg.Node {
		return
	}
	lost := g.m.roster.lose(n.Name, time.Now())
	if lost == nil {
		return
	}
	g.m.log.Info("A node is down.", slog.String("node", n.Name), slog.Bool("left", lost.left))
	g.m.shut(lost)
}

// NodeMeta is what this node says of itself.
func (g *gossip) NodeMeta(int) []byte { return appendMeta(g.m.self0(), g.m.system.ID) }

// LocalState is the table of leaders, for memberlist's state exchange.
func (g *gossip) LocalState(bool) []byte { return g.m.leaders.snapshot(g.m.self0().Cluster) }

// MergeRemoteState takes another node's table.
func (g *gossip) MergeRemoteState(b []byte, _ bool) { g.m.leaders.restore(b, g.m.self0().Cluster) }

// NotifyMsg and GetBroadcasts: nothing of ours travels as memberlist's broadcasts.
// News of leaders go over the links, which are faster than its interval.
func (g *gossip) NotifyMsg([]byte) {}

// GetBroadcasts: see NotifyMsg.
func (g *gossip) GetBroadcasts(int, int) [][]byte { return nil }
