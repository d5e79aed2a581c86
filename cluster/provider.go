package cluster

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	pac "github.com/asynkron/protoactor-go/cluster"
	"github.com/asynkron/protoactor-go/remote"
)

// eventKind is the kind that Cluster().Get knows.
const eventKind = "event"

// provider is proto.actor's ClusterProvider over memberlist.
type provider struct {
	m                 *Member
	listen, advertise net.IP
	started           chan error
}

var _ pac.ClusterProvider = (*provider)(nil)

// StartMember starts the gossip, when proto.actor listens.
func (p *provider) StartMember(*pac.Cluster) error {
	p.m.system.EventStream.Subscribe(p.m.onTransport)
	err := p.m.gossip.start(p.listen, p.advertise)
	p.started <- err
	return err
}

// StartClient is StartMember: all nodes are members.
func (p *provider) StartClient(c *pac.Cluster) error { return p.StartMember(c) }

// Shutdown ends the gossip; gracefully tells the peers first. The member calls it.
func (p *provider) Shutdown(gracefully bool) error {
	p.m.gossip.stop(gracefully)
	return nil
}

// publish tells proto.actor who is a member.
func (m *Member) publish() { m.pac.MemberList.UpdateClusterTopology(m.pacMembers()) }

// pacMembers are the members as proto.actor sees them. It blocks a member that left
// by its id, for ever, so one that only seems dead stays until Config.Grace is over.
func (m *Member) pacMembers() pac.Members {
	members := pac.Members{pacMember(m.self0().Actors, m.system.ID)}
	for _, k := range m.roster.all() {
		if k.gone.IsZero() || !k.left {
			members = append(members, pacMember(k.Actors, k.system))
		}
	}
	return members
}

// pacMember keeps the brackets of an IPv6 host: proto.actor joins host and port
// with a colon.
func pacMember(address, id string) *pac.Member {
	i := strings.LastIndexByte(address, ':')
	port, _ := strconv.ParseUint(address[i+1:], 10, 16)
	return &pac.Member{Host: address[:i], Port: int32(port), Id: id, Kinds: []string{eventKind}}
}

// lookup is proto.actor's IdentityLookup: an event is where its shard is led. It
// keeps nothing, so a move is seen with the next look.
type lookup struct{ m *Member }

var _ pac.IdentityLookup = lookup{}

// Get finds the process that takes calls about an event, on the node that leads its
// shard; nil where no leader is known.
func (l lookup) Get(id *pac.ClusterIdentity) *actor.PID {
	m := l.m
	shards := m.self0().Shards
	if id.Kind != eventKind || m.cfg.ShardOf == nil || shards == 0 {
		return nil
	}
	node, _, err := m.Locate(m.cfg.ShardOf(id.Identity, shards))
	switch {
	case err != nil:
		return nil
	case node == m.cfg.Node:
		return m.self
	}
	if to := m.roster.link(node); to != nil {
		return to.to
	}
	return nil
}

// RemovePid: nothing is kept.
func (l lookup) RemovePid(*pac.ClusterIdentity, *actor.PID) {}

// Setup: nothing to do.
func (l lookup) Setup(*pac.Cluster, []string, bool) {}

// Shutdown: nothing to do, as often as it is called.
func (l lookup) Shutdown() {}

// pacConfig are proto.actor's settings. Its own gossip carries nothing that we use
// and blocks members that it takes for dead: it speaks once an hour (0 panics), and
// blocks nobody.
func (m *Member) pacConfig(p *provider, rc *remote.Config) *pac.Config {
	c := pac.Configure(m.cfg.Name, p, lookup{m}, rc, pac.WithHeartbeatExpiration(10*365*24*time.Hour))
	c.GossipInterval = time.Hour
	return c
}
