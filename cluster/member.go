package cluster

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	pac "github.com/asynkron/protoactor-go/cluster"
	"github.com/hashicorp/memberlist"
)

// A Member is this node among the others. All its methods may be called by
// anybody, from any goroutine.
type Member struct {
	cfg   Config
	log   *slog.Logger
	began time.Time // 0 of the member's clock
	life  uint64    // drawn at the start

	aboutMu sync.Mutex
	about   Peer // what is told of this node; guarded by aboutMu once the gossip runs

	system *actor.ActorSystem
	pac    *pac.Cluster
	self   *actor.PID // the gateway
	gossip *gossip

	roster   *roster
	leaders  leaders
	links    links
	calls    *calls
	pool     *pool
	handlers [256]atomic.Pointer[func(Call)]
	counts   counts

	complaints complaints
	examining  atomic.Bool

	ctx      context.Context // ends when the member stops
	cancel   context.CancelFunc
	stopped  atomic.Bool
	latest   atomic.Int64 // ns since began: when all calls end; 0: each at its own deadline
	stopOnce sync.Once
	watching atomic.Bool   // the loop in look is awake
	wake     chan struct{} // wakes it
	kick     chan struct{} // wakes the keeper
	done     sync.WaitGroup
}

// Start makes this node a member: it listens, and then looks for its seeds in the
// background. It returns when it listens, after some milliseconds; an error means
// that nothing is left running. Handlers may be set afterwards; calls of other
// nodes are answered with ErrUnknownKind until then.
func Start(cfg Config) (*Member, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("check the cluster's configuration: %w", err)
	}
	m := &Member{
		cfg: cfg, log: cfg.Logger, began: time.Now(), life: draw(),
		roster: newRoster(), links: links{all: map[string]*link{}}, calls: newCalls(cfg.MaxCalls),
		wake: make(chan struct{}, 1), kick: make(chan struct{}, 1),
		about: Peer{
			Node: cfg.Node, Zone: cfg.Zone, Version: cfg.Version, Roles: cfg.Roles,
			Incarnation: cfg.Incarnation, Cluster: cfg.Cluster, Shards: cfg.Shards,
			Gossip: cfg.Gossip, Actors: cfg.Actors, Raft: cfg.Raft, HTTP: cfg.HTTP, Started: time.Now(),
		},
	}
	m.gossip = &gossip{m: m}
	m.pool = newPool(cfg.MaxHandlers, cfg.MaxWaiting, m.handle)
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.watching.Store(true)
	if err := m.start(); err != nil {
		m.Stop(false)
		return nil, err
	}
	m.done.Go(m.look)
	m.done.Go(m.keep)
	m.done.Go(func() { m.joiner(remembered(cfg.PeersFile)) })
	return m, nil
}

func draw() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:])
}

// start finds the addresses and makes proto.actor and memberlist listen.
func (m *Member) start() error {
	p, actorsIP, err := m.addresses()
	if err != nil {
		return err
	}
	if err := m.newSystem(); err != nil {
		return err
	}
	if n := len(appendMeta(m.about, m.system.ID)); n > memberlist.MetaMaxSize {
		return fmt.Errorf("addresses, zone and version take %d bytes, %d at most", n, memberlist.MetaMaxSize)
	}
	rc, err := m.remoteConfig(actorsIP)
	if err != nil {
		return err
	}
	m.pac = pac.New(m.system, m.pacConfig(p, rc))
	go func() {
		defer func() {
			if r := recover(); r != nil { // where proto.actor cannot listen, it panics
				p.started <- fmt.Errorf("start the actors' transport: %v", r)
			}
		}()
		m.pac.StartMember() // sleeps for a second at its end, which nobody waits for
	}()
	if err := <-p.started; err != nil {
		return err
	}
	if m.cfg.Registry != nil {
		if err := m.cfg.Registry.Register(m); err != nil {
			return fmt.Errorf("register the metrics: %w", err)
		}
	}
	return nil
}

// addresses looks up where to listen, and refuses what is not safe.
func (m *Member) addresses() (*provider, net.IP, error) {
	gossip, err := m.ips(m.cfg.Gossip)
	if err != nil {
		return nil, nil, err
	}
	actors, err := m.ips(m.cfg.Actors)
	if err != nil {
		return nil, nil, err
	}
	p := &provider{m: m, listen: gossip[0], advertise: gossip[0], started: make(chan error, 2)}
	actorsIP := actors[0]
	if m.cfg.Listen != "" {
		listen, err := resolve(m.ctx, m.cfg.Listen)
		if err != nil {
			return nil, nil, err
		}
		p.listen, actorsIP = listen[0], listen[0]
		gossip, actors = append(gossip, listen...), append(actors, listen...)
	}
	if err := m.cfg.secured(gossip, actors); err != nil {
		return nil, nil, err
	}
	host, port, _ := net.SplitHostPort(m.cfg.Actors)
	if port == "0" {
		if m.about.Actors, err = freePort(host, actorsIP); err != nil {
			return nil, nil, err
		}
	}
	return p, actorsIP, nil
}

// ips looks up the host of an address that peers are told. A name that is not known
// yet may be in a moment, as when an orchestrator has just made this node.
func (m *Member) ips(address string) ([]net.IP, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("read the address %q: %w", address, err)
	}
	var ips []net.IP
	for try := 0; ; try++ {
		if ips, err = resolve(m.ctx, host); err == nil && len(ips) > 0 {
			break
		}
		if try == 10 {
			return nil, fmt.Errorf("find this node's own address: %w", errors.Join(err))
		}
		time.Sleep(500 * time.Millisecond)
	}
	if ips[0].IsUnspecified() {
		return nil, fmt.Errorf("peers cannot reach %q: give the address that they shall use", address)
	}
	return ips, nil
}

// freePort finds a port that is free now.
func freePort(host string, ip net.IP) (string, error) {
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: ip})
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return net.JoinHostPort(host, strconv.Itoa(l.Addr().(*net.TCPAddr).Port)), nil
}

// now is the member's clock: nanoseconds since its start. It does not jump.
func (m *Member) now() int64 { return int64(time.Since(m.began)) }

// Cluster is the member in proto.actor: Cluster().Get(event, "event") finds the
// process that takes calls about an event. Its Request and Shutdown must not be
// used.
func (m *Member) Cluster() *pac.Cluster { return m.pac }

// Joined waits until the identity of the cluster is known: this node's own, or what
// a peer told.
func (m *Member) Joined(ctx context.Context) (cluster, shards uint64, err error) {
	for {
		changed := m.roster.change()
		if p := m.self0(); p.Cluster != 0 && p.Shards != 0 {
			return p.Cluster, p.Shards, nil
		}
		if cluster, shards, ok := m.roster.identity(); ok {
			return cluster, shards, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("wait for a member of the cluster: %w", ctx.Err())
		case <-m.ctx.Done():
			return 0, 0, errStopped
		}
	}
}
