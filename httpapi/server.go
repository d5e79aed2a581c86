package httpapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"
)

// Server is the HTTP border of a node.
type Server struct {
	cfg        Config
	log        *slog.Logger
	now        func() time.Time
	http       *fasthttp.Server
	router     *router
	metrics    *metrics
	verifier   *verifier // of users' JWTs; nil: X-User-Id
	adminToken *[sha256.Size]byte

	calls     sync.Pool
	events    *viewCache[*eventView]
	snapshots *viewCache[snapshotView]
	seatMaps  *viewCache[*seatMap]
	encodings *viewCache[*seatMap] // only its flights are used: seatMaps keeps
	uploads   chan struct{}        // a place for each upload under way
	operating chan struct{}        // the same for an operator's calls
	digesting chan struct{}        // and for digests
	sockets   sockets              // the live streams
	traffic   traffic              // what is inside, by what it is worth
	gatehouse *gatehouse           // nil: nobody is held to a rate
	// largeBodies is the memory taken for bodies over keepBuffer, in bytes.
	largeBodies atomic.Int64
	// catalogBytes is the lines under way of all uploads, in bytes.
	catalogBytes atomic.Int64

	draining atomic.Bool
	stopped  chan struct{} // closed when Shutdown begins
	stopOnce sync.Once
	mu       struct {
		sync.Mutex
		gates []*gate
	}
}

// The slots of the caches: what can be kept at one time, a few bytes each.
const (
	eventSlots    = 1 << 14
	snapshotSlots = 1 << 10
	seatMapSlots  = 1 << 12
)

// New makes a server. It fails on a configuration that cannot work, and where the
// registry has such a server already.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	s := &Server{cfg: cfg, log: cfg.Log, now: cfg.Now, stopped: make(chan struct{})}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.verifier, err = newVerifier(cfg.JWTKey, s.now); err != nil {
		return nil, err
	}
	if cfg.AdminToken != "" {
		sum := sha256.Sum256([]byte(cfg.AdminToken))
		s.adminToken = &sum
	}
	table := routes()
	s.metrics = newMetrics(table)
	s.router = newRouter(table)
	s.calls.New = func() any { return &call{srv: s, verdict: make(chan int, 1)} }
	s.sockets.bound(cfg.MaxSockets, cfg.MaxSocketsPerClient)
	s.traffic.bound(&s.cfg)
	s.gatehouse = newGatehouse(&s.cfg, s.now())
	s.uploads = make(chan struct{}, cfg.CatalogUploads)
	s.operating, s.digesting = make(chan struct{}, operatorCalls), make(chan struct{}, digestCalls)
	s.events = newViewCache[*eventView](eventSlots, cfg.EventCacheBytes, cfg.ViewAge)
	s.snapshots = newViewCache[snapshotView](snapshotSlots, cfg.SeatCacheBytes, cfg.ViewAge)
	s.seatMaps = newViewCache[*seatMap](seatMapSlots, cfg.SeatCacheBytes, cfg.ViewAge)
	s.encodings = newViewCache[*seatMap](bucket, bucket, cfg.ViewAge)
	watch(s.metrics, "events", s.events, &s.events.misses)
	watch(s.metrics, "snapshots", s.snapshots, &s.snapshots.misses)
	watch(s.metrics, "seat-maps", s.seatMaps, &s.encodings.misses)
	for _, k := range []prometheus.Collector{collector{s}, trafficCollector{s}} {
		if err := cfg.Registry.Register(k); err != nil {
			return nil, fmt.Errorf("register the HTTP metrics: %w", err)
		}
	}
	s.http = s.newHTTP()
	return s, nil
}

// newHTTP is the fasthttp server with the bounds of the configuration. What it
// does by default and we do not want is switched off or checked in precheck.go.
func (s *Server) newHTTP() *fasthttp.Server {
	return &fasthttp.Server{
		Handler:        s.serve,
		HeaderReceived: s.headerReceived,
		ErrorHandler:   s.requestError,
		// The gate refuses first, with an answer of our form.
		Concurrency:        s.cfg.MaxConns + s.cfg.MaxConns/4 + 16,
		MaxRequestsPerConn: s.cfg.MaxRequestsPerConn,
		ReadBufferSize:     maxHeaderBlock,
		WriteBufferSize:    writeBuffer,
		// Bodies come as streams, so that one path may take any length; all
		// others are bounded by precheck and readBody.
		StreamRequestBody:            true,
		MaxRequestBodySize:           s.cfg.MaxBody,
		ReadTimeout:                  s.cfg.ReadTimeout,
		WriteTimeout:                 s.cfg.WriteTimeout,
		IdleTimeout:                  s.cfg.IdleTimeout,
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		SecureErrorLogMessage:        true,
		CloseOnShutdown:              true,
		// A socket goes on with the connection when fasthttp has let go of it.
		KeepHijackedConns: true,
		Logger:            quiet{},
	}
}

// quiet drops fasthttp's own log lines: they are about peers that went away, and
// may hold what peers sent.
type quiet struct{}

// Printf does nothing.
func (quiet) Printf(string, ...any) {}

// Serve answers the listener's connections until Shutdown, then returns nil. It
// may be called for several listeners.
func (s *Server) Serve(ln net.Listener) error {
	if err := bound(ln); err != nil {
		return errors.Join(err, ln.Close())
	}
	g := newGate(ln, s.cfg.MaxConns, s.cfg.MaxConnsPerIP, &s.metrics.conns, &s.draining)
	g.loopback = s.cfg.LimitLoopback
	s.mu.Lock()
	select {
	case <-s.stopped:
		s.mu.Unlock()
		return errors.Join(errStopped, ln.Close())
	default:
	}
	s.mu.gates = append(s.mu.gates, g)
	s.mu.Unlock()
	if err := s.http.Serve(g); err != nil {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	return nil
}

// Shutdown drains, closes listeners and idle connections, ends the live streams, and
// waits for the requests under way until ctx ends; what is left then is cut off. It
// returns nil where nothing had to be cut off, else ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	s.stopOnce.Do(func() { close(s.stopped) })
	err := errors.Join(s.http.ShutdownWithContext(ctx), s.sockets.endAll(ctx))
	if err == nil {
		return nil
	}
	s.mu.Lock()
	gates := s.mu.gates
	s.mu.Unlock()
	for _, g := range gates {
		g.closeAll()
	}
	return fmt.Errorf("finish the requests under way: %w", err)
}
