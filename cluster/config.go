package cluster

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// MaxBody bounds the body of a call and of an answer, in bytes. Two batches of the
// largest size fit in the transport's 64 MiB.
const MaxBody = 16 << 20

// Config is what a member needs to know. Node, Name, Gossip and Actors are
// required; the other values have defaults.
type Config struct {
	// Node is this node's name, unique in the cluster: 1 to 63 letters, digits, '.',
	// '_' and '-'.
	Node string
	// Name is the cluster's name, at most 64 bytes. Nodes of other names get nowhere.
	Name string

	// Gossip is where memberlist listens (TCP and UDP) and what peers are told,
	// HOST:PORT. Port 0 takes a free one; a host name is looked up once.
	Gossip string
	// Actors is where calls are listened for (TCP) and what peers are told.
	Actors string
	// Listen is the host that both are listened on where it is not the one that peers
	// are told, as behind a translated address. Default: the hosts above.
	Listen string
	// Raft and HTTP are told to the peers and mean nothing here.
	Raft, HTTP string

	// Seeds are gossip addresses of other nodes, HOST:PORT; a host name stands for all
	// its addresses. They need not be up. This node's own address does no harm.
	Seeds []string
	// PeersFile is where the gossip addresses of peers are kept, as seeds for the next
	// start. Default: nowhere.
	PeersFile string

	// Zone and Version are told to the peers.
	Zone, Version string
	// Roles are told to the peers: what this node does besides selling. They mean
	// nothing here.
	Roles []string
	// Incarnation, Cluster and Shards are the node's identity; 0: not known yet.
	// See Member.Become.
	Incarnation, Cluster, Shards uint64
	// ShardOf says which of the shards an event lives in, for Member.Cluster().Get.
	ShardOf func(event string, shards uint64) uint64

	// GossipKey encrypts gossip: 16, 24 or 32 bytes (AES); nil: plain.
	GossipKey []byte
	// ServerTLS and ClientTLS are for calls, both or none; see package certs.
	ServerTLS, ClientTLS *tls.Config
	// Insecure allows plain gossip and calls on addresses that others can reach.
	Insecure bool

	// MaxCalls bounds the calls of this node that wait for an answer. Default 16,384.
	MaxCalls int
	// MaxHandlers bounds the goroutines that handle calls of others. Default 1,024: one
	// may wait for a commit.
	MaxHandlers int
	// MaxWaiting bounds the calls of others that wait for a handler. Default 4,096.
	MaxWaiting int

	// Beat is how often peers hear of this node at least. Default 500 ms.
	Beat time.Duration
	// Silence is how long a peer may be silent before calls to it fail. Default 2 s: four
	// beats, and shorter than what a client waits.
	Silence time.Duration
	// ConnectWait is how long a call waits for a connection. Default 250 ms.
	ConnectWait time.Duration
	// Probe is how often memberlist probes a peer. Default 1 s, which finds a dead
	// one in about 5 s.
	Probe time.Duration
	// Grace is how long a dead peer is remembered. Default 1 h.
	Grace time.Duration

	// Logger gets what an operator should know. Default: nothing is logged.
	Logger *slog.Logger
	// Registry gets the metrics. Default: none.
	Registry *prometheus.Registry
}

var nodeName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,63}$`)

// complete sets the defaults and checks each value and their relations.
func (c *Config) complete() error {
	defaultTo(&c.MaxCalls, 16<<10)
	defaultTo(&c.MaxHandlers, 1<<10)
	defaultTo(&c.MaxWaiting, 4<<10)
	defaultTo(&c.Beat, 500*time.Millisecond)
	defaultTo(&c.Silence, 2*time.Second)
	defaultTo(&c.ConnectWait, 250*time.Millisecond)
	defaultTo(&c.Probe, time.Second)
	defaultTo(&c.Grace, time.Hour)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case !nodeName.MatchString(c.Node):
		return fmt.Errorf("node name %q: 1 to 63 letters, digits, '.', '_' and '-'", c.Node)
	case c.Name == "" || len(c.Name) > 64:
		return fmt.Errorf("cluster name %q: 1 to 64 bytes", c.Name)
	case (c.ServerTLS == nil) != (c.ClientTLS == nil):
		return errors.New("TLS for calls needs both a server's and a client's configuration")
	case c.MaxCalls < 1 || c.MaxCalls > maxSlots:
		return fmt.Errorf("calls under way: 1 to %d", maxSlots)
	case c.MaxHandlers < 1 || c.MaxWaiting < 1:
		return errors.New("handlers and waiting calls: at least 1")
	case c.Silence < 2*c.Beat:
		return errors.New("the silence must be two beats at least")
	}
	switch len(c.GossipKey) {
	case 0, 16, 24, 32:
	default:
		return fmt.Errorf("a gossip key of %d bytes: 16, 24 or 32", len(c.GossipKey))
	}
	return nil
}

func defaultTo[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// secured refuses plain traffic on an address that others can reach.
func (c *Config) secured(gossip, actors []net.IP) error {
	if c.Insecure {
		return nil
	}
	if c.GossipKey == nil && !allLoopback(gossip) {
		return fmt.Errorf("gossip on %s without a key: give one, listen on a loopback address, or allow it", c.Gossip)
	}
	if c.ServerTLS == nil && !allLoopback(actors) {
		return fmt.Errorf("calls on %s without TLS: give certificates, listen on a loopback address, or allow it",
			c.Actors)
	}
	return nil
}

func allLoopback(ips []net.IP) bool {
	for _, ip := range ips {
		if !ip.IsLoopback() {
			return false
		}
	}
	return len(ips) > 0
}
