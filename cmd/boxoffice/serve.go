package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/actors/indexer"
	"boxoffice/actors/live"
	"boxoffice/cluster"
	"boxoffice/httpapi"
	"boxoffice/storage"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

const serveText = `
Runs a node until it is told to stop: SIGTERM or SIGINT make it give what it
leads to other nodes, send its clients there, answer what is under way and end
within 10 s. A second signal ends it at once; nothing that was acknowledged is
lost either way.

Several nodes are a cluster: give all of them the same --join list, and each its
own --node, --cluster and --data. The first of the list founds the cluster, unless
another has one already. An address that other machines reach needs certificates
and a key (boxoffice cert makes them), or --insecure.`

// stopWithin bounds an orderly stop.
const stopWithin = 9 * time.Second

// serve is the command of that name.
func serve(args []string, env environment) int {
	cfg, warnings, err := loadConfig(args, env)
	if err != nil {
		return env.fail("serve", err)
	}
	log := newLogger(cfg, env)
	for _, w := range warnings {
		log.Warn(w)
	}
	tuneMemory(env)
	tuneProcessors(env)
	log.Info("starting", "build", thisBuild().String(), "config", cfg)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	n, err := startNode(ctx, cfg, log)
	switch {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil: // told to stop while it waited
		log.Info("stopped")
		return exitDone
	case err != nil:
		return env.fail("serve", err)
	}
	go restMemory(ctx, &heap{})
	err = n.run(ctx, env)
	stop() // a second signal ends the process at once
	if err = errors.Join(err, n.stop()); err != nil {
		return env.fail("serve", err)
	}
	log.Info("stopped")
	return exitDone
}

// newLogger writes to standard error, as the configuration says.
func newLogger(cfg Config, env environment) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // Validate has seen it
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(env.stderr, options))
	}
	return slog.New(slog.NewTextHandler(env.stderr, options))
}

// node is the parts of a running node, from the inside out.
type node struct {
	cfg     Config
	log     *slog.Logger
	member  *cluster.Member
	store   storage.Node
	gateway gateway
	actors  *actors.Node
	live    *live.Hub
	index   *indexer.Follower // nil: the node has not the role
	finder  *indexer.Finder
	agent   *control.Agent
	http    *httpapi.Server
	socket  net.Listener
	served  chan error    // what ended the serving of socket
	lobby   *lobby        // what http asks
	profile *http.Server  // nil: none
	left    chan struct{} // closed when the cluster has removed this node
}

// startNode opens everything; on an error nothing stays open. The socket comes
// first: two nodes on one address are the most common mistake.
func startNode(ctx context.Context, cfg Config, log *slog.Logger) (n *node, err error) {
	n = &node{cfg: cfg, log: log, lobby: newLobby(), served: make(chan error, 1),
		left: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.stop())
		}
	}()
	if n.socket, err = httpapi.Listen(ctx, cfg.HTTP); err != nil {
		return n, fmt.Errorf("listen for HTTP: %w", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectorCost)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if n.http, err = httpapi.New(n.httpConfig(registry)); err != nil {
		return n, err
	}
	go func() { n.served <- n.http.Serve(n.socket) }()
	if err = n.build(ctx, registry); err != nil {
		return n, err
	}
	n.lobby.pass(n.actors.Client(), n.agent.Operator(), n.finder, n.live)
	return n, nil
}

// build opens what is behind the socket, from the inside out.
func (n *node) build(ctx context.Context, registry *prometheus.Registry) (err error) {
	cfg := n.cfg
	if err = os.MkdirAll(cfg.Data, 0o750); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	id, found, err := storage.Inspect(storeDir(cfg))
	if err != nil {
		return err
	}
	if err = n.startMember(registry, id); err != nil {
		return err
	}
	if err = n.openStore(ctx, id, found); err != nil {
		return err
	}
	if n.gateway, err = openGateway(cfg); err != nil {
		return err
	}
	if n.actors, err = actors.Start(n.actorsConfig(registry)); err != nil {
		return err
	}
	if n.live, err = live.New(n.liveConfig(registry)); err != nil {
		return err
	}
	if err = n.startSearch(registry); err != nil {
		return err
	}
	if err = n.startAgent(); err != nil {
		return err
	}
	return n.startProfiles()
}

// storeDir is where in the data directory the log lives.
func storeDir(cfg Config) string { return filepath.Join(cfg.Data, "store") }

func storageConfig(cfg Config, log *slog.Logger) storage.Config {
	s := storage.DefaultConfig(storeDir(cfg))
	s.Node, s.RaftAddress, s.Shards = cfg.Node, cfg.RaftAddress(), uint64(cfg.Shards)
	s.MinFreeBytes, s.RetainRecords, s.Logger = uint64(cfg.MinFreeDisk), uint64(cfg.RetainRecords), log
	return s
}

func (n *node) actorsConfig(r *prometheus.Registry) actors.Config {
	a := actors.DefaultConfig()
	a.Log, a.Gateway, a.Logger, a.Registry = n.store, n.gateway, n.log, r
	a.Node, a.Locator, a.Peers = n.cfg.Node, n.member, peers{n.member}
	a.MaxActive, a.PassivateAfter = n.cfg.MaxActiveEvents, n.cfg.PassivateAfter
	return a
}

// otherConns is how many connections there may be that are no sockets, however many
// sockets there are.
const otherConns = 1000

func (n *node) httpConfig(r *prometheus.Registry) httpapi.Config {
	build := thisBuild()
	h := httpapi.DefaultConfig()
	h.Log, h.AdminToken, h.JWTKey = n.log, n.cfg.AdminToken, []byte(n.cfg.AuthJWTKey)
	h.Version = httpapi.Version{Version: build.Version, Revision: build.Revision, Go: build.Go, Node: n.cfg.Node}
	h.MaxConnsPerIP = min(n.cfg.MaxConnsPerIP, h.MaxConns)
	h.UserRate, h.NetworkRate, h.LimitLoopback = n.cfg.UserRate, n.cfg.NetworkRate, n.cfg.LimitLoopback
	h.Seller, h.Operator, h.Registry = n.lobby, lobbyOperator{n.lobby}, r
	// Sockets are connections too: beside all of them there is room for others.
	h.MaxSockets, h.MaxConns = n.cfg.MaxSockets, max(h.MaxConns, n.cfg.MaxSockets+otherConns)
	h.Origins, h.MaxSocketsPerClient, h.Live = n.cfg.Origins, n.cfg.MaxSocketsPerClient, lobbyLive{n.lobby}
	h.Search, h.SearchOperator = lobbySearch{n.lobby}, lobbySearch{n.lobby}
	return h
}

// startProfiles serves Go's profiles on a socket of their own, if asked to.
func (n *node) startProfiles() error {
	if n.cfg.Pprof == "" {
		return nil
	}
	l, err := net.Listen("tcp", n.cfg.Pprof)
	if err != nil {
		return fmt.Errorf("listen for profiles: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	n.profile = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := n.profile.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("serving profiles", "error", err)
		}
	}()
	return nil
}

// run serves until ctx ends or serving fails.
func (n *node) run(ctx context.Context, env environment) error {
	ready := make(chan error, 1)
	go func() { ready <- n.prepare(ctx, env) }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.left:
			return nil
		case err := <-n.served:
			return err
		case err := <-ready:
			if err != nil {
				return err
			}
			ready = nil
		}
	}
}

// prepare waits until the node can sell, loads the demo, and says how to go on.
func (n *node) prepare(ctx context.Context, env environment) error {
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for n.actors.Ready() != nil {
		select {
		case <-ctx.Done():
			return nil
		case <-poll.C:
		}
	}
	n.log.Info("ready", "http", n.socket.Addr().String())
	if !n.cfg.Demo {
		return nil
	}
	if err := loadDemo(n.actors.Client(), env); err != nil {
		return err
	}
	fmt.Fprint(env.stdout, demoLines(n.socket.Addr().String()))
	return nil
}

// lingerTime bounds the wait for clients that are about to ask once more, and so
// learn that they are to go elsewhere.
const lingerTime = 500 * time.Millisecond

// hurryAfter is how long callers may still wait for other nodes once this one's events are
// at rest. A payment may take longer than a stop: who is told that its outcome is unknown
// repeats his request elsewhere, and finds it.
const hurryAfter = 2 * time.Second

// stop ends the node from the outside in. First others take over what it leads, while
// everything is still served; then clients are sent elsewhere, those under way are
// answered, the index and the events leave, the log closes last. Parts that never started are nil.
func (n *node) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	var errs []error
	if n.agent != nil {
		n.giveAway()
	}
	if n.http != nil {
		n.http.Drain()
		linger, cancel := context.WithTimeout(ctx, lingerTime)
		n.http.Settle(linger)
		cancel()
	}
	if n.actors != nil {
		n.actors.Drain(stopWithin / 2)
	}
	if n.member != nil {
		n.member.Hurry(time.Now().Add(hurryAfter))
	}
	if n.http != nil {
		errs = append(errs, n.http.Shutdown(ctx))
	}
	if n.socket != nil {
		_ = n.socket.Close() // Shutdown has closed it already where it was served
	}
	if n.index != nil {
		errs = append(errs, n.index.Stop())
	}
	if n.actors != nil {
		n.actors.Stop()
	}
	if n.gateway != nil {
		errs = append(errs, n.gateway.Close())
	}
	n.stopCompany()
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	if n.profile != nil {
		errs = append(errs, n.profile.Close())
	}
	return errors.Join(errs...)
}
