package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"boxoffice/actors"
	"boxoffice/actors/control"
	"boxoffice/actors/sale"

	"github.com/prometheus/client_golang/prometheus"
)

// Seller is what the HTTP layer asks of the rest of the node; *actors.Client is
// one. Every method is called from many goroutines at once.
type Seller interface {
	// Do sends a command to an event and blocks for its committed answer, until
	// the deadline at the longest. Errors are those of package actors.
	Do(event string, cmd sale.Command, deadline time.Time) (sale.Answer, error)
	// View reads an event from this node's replica, at least of version least;
	// it blocks for that version until ctx ends.
	View(ctx context.Context, event string, least uint64) (actors.View, error)
	// History reads at most limit committed records from version from on;
	// actors.ErrTrimmed where the first of them is past its retention.
	History(event string, from uint64, limit int) ([]actors.VersionedRecord, error)
	// Ready is nil when the node can sell; else why not. It does not block.
	Ready() error
}

// Config is all that can be chosen about a Server. Start from DefaultConfig.
type Config struct {
	// Seller answers the commands. Required.
	Seller Seller
	// Operator answers what an operator asks of the cluster. Nil: those calls are
	// answered with no-cluster.
	Operator control.Operator
	// SearchOperator answers what an operator asks of the search indexes. Nil: those
	// calls are answered with no-cluster.
	SearchOperator control.SearchOperator
	// Search answers GET /events and GET /suggest. Nil: they are answered with
	// unavailable.
	Search Searcher
	// Live tells those who watch an event. Nil: the live calls are answered with
	// unavailable.
	Live Watcher
	// Registry gets the server's metrics and is what GET /metrics shows; other
	// packages add their own to it. Nil: a registry of its own.
	Registry *prometheus.Registry
	// Log gets what an operator must see: panics, a registry that cannot be
	// read. Nil: slog.Default().
	Log *slog.Logger
	// AccessLog gets one line a request: method, route, status, time, bytes and
	// request id; never a body, a token or an id that gives access. Nil: none.
	AccessLog *slog.Logger
	// Now is the wall clock; for tests. Nil: time.Now.
	Now func() time.Time

	// AdminToken is what admin calls show as a bearer token. Empty: admin calls
	// are answered to loopback peers only; a reverse proxy on the same machine
	// then makes everybody a loopback peer, so set a token there.
	AdminToken string
	// JWTKey checks bearer JWTs of users: a PEM public key (RS256, ES256 or
	// EdDSA by its type) or else an HS256 secret of 32 bytes or more. Empty:
	// users are told by the X-User-Id header that a gateway sets.
	JWTKey []byte
	// Version is what GET /version shows.
	Version Version

	// MaxConns bounds open connections; the next ones get 503 and are closed.
	// 16,000 costs about 200 MiB of buffers and stays below the usual limit of
	// 20,000 files.
	MaxConns int
	// MaxConnsPerIP bounds the connections of one address, or of the first 56 bits of an
	// IPv6 address (429); 0: no bound. Loopback addresses have none, unless
	// LimitLoopback. 1,024 are what a proxy needs, and a sixteenth of MaxConns.
	MaxConnsPerIP int
	// LimitLoopback has the bounds on addresses hold for those of this machine too, each
	// for itself. Else they have none: what comes from them is a proxy, or a test.
	LimitLoopback bool
	// UserRate bounds the requests of one user (429), and NetworkRate those of one network:
	// the first 24 bits of an IPv4 address, 56 of an IPv6 address. GETs of a place or of
	// tickets have buckets of their own with half the rate, the beginnings of live streams
	// with a twentieth; operators and probes have none. Zero: no bound.
	UserRate, NetworkRate Rate
	// MaxInside bounds the requests that are being served, by class: bookings may be so
	// many, holds 80 %, joins 60 %, reads 50 %, searches 25 %. It is what may be inside when
	// the processors have time; when they have not, it is less, 256 for each at least. The
	// next one of a class waits, and gets 503 overloaded after 0.5 to 5 s. 0: no bound.
	MaxInside int
	// MaxRequestsPerConn closes a connection after so many requests, so that
	// long-lived ones spread over the nodes again. 0: no bound.
	MaxRequestsPerConn int
	// ReadTimeout bounds reading one request, from its first byte to its last.
	ReadTimeout time.Duration
	// WriteTimeout bounds writing one answer.
	WriteTimeout time.Duration
	// IdleTimeout closes a connection that sends nothing between requests.
	IdleTimeout time.Duration
	// MaxBody bounds a request's body in bytes (413), the catalog's excepted.
	MaxBody int
	// LargeBodies bounds the memory for bodies over 64 KiB that are being read at
	// one time, in bytes; the next ones get 503 overloaded.
	LargeBodies int64

	// Origins are the pages that may watch an event, beside those of the host that is
	// asked: "https://shop.example", or AnyOrigin. Programs that are no pages always may.
	Origins []string
	// MaxSockets bounds the live streams (503 overloaded). They are connections too, and
	// should leave room for others.
	MaxSockets int
	// MaxSocketsPerClient bounds those of one peer address (429); 0: no bound. Behind a
	// gateway all clients have one address.
	MaxSocketsPerClient int
	// SocketBeat is after what time of silence a stream's client is asked for a sign of
	// life; a WebSocket is gone after half of it more without any.
	SocketBeat time.Duration

	// CommandTimeout is how long a command may take where the client names no
	// X-Deadline-Ms.
	CommandTimeout time.Duration
	// BookingTimeout is the same for bookings; longer than actors' wait for a
	// payment (10 s), after which a booking is answered as pending.
	BookingTimeout time.Duration
	// OperatorTimeout is the same for an operator's calls. A drain waits until the
	// node leads nothing.
	OperatorTimeout time.Duration
	// SearchTimeout is how long a search may take (503 overloaded), and the most that
	// a client's X-Deadline-Ms can ask for. It is far above what any search of a
	// million events needs (60 ms), and below what people wait for.
	SearchTimeout time.Duration
	// ViewAge is how old a cached event or seat map may be.
	ViewAge time.Duration
	// ViewWait is how long a read waits for Min-Event-Version.
	ViewWait time.Duration
	// EventCacheBytes bounds the cache of encoded events.
	EventCacheBytes int64
	// SeatCacheBytes bounds the cache of seat maps: their states, and their
	// encoded bodies, each by this much. A seat map of 50,000 seats is 6 MB.
	SeatCacheBytes int64

	// CatalogLine bounds a line of POST /admin/catalog in bytes.
	CatalogLine int
	// CatalogInFlight bounds how many lines of one upload are under way.
	CatalogInFlight int
	// CatalogUploads bounds the uploads at one time (503 overloaded).
	CatalogUploads int
}

// Version says what is running.
type Version struct {
	Version  string // of the program
	Revision string // of its source
	Go       string // of the compiler
	Node     string // the node's name
}

// DefaultConfig is what a node runs with; Seller is left to be set.
func DefaultConfig() Config {
	return Config{
		MaxConns:           16_000,
		MaxConnsPerIP:      1_024,
		MaxInside:          16_000,
		MaxRequestsPerConn: 100_000,
		ReadTimeout:        5 * time.Second,
		WriteTimeout:       5 * time.Second,
		IdleTimeout:        30 * time.Second,
		MaxBody:            1 << 20,
		LargeBodies:        256 << 20,
		MaxSockets:         15_000,
		SocketBeat:         20 * time.Second,
		CommandTimeout:     5 * time.Second,
		BookingTimeout:     15 * time.Second,
		OperatorTimeout:    20 * time.Second,
		SearchTimeout:      time.Second,
		ViewAge:            time.Second,
		ViewWait:           250 * time.Millisecond,
		EventCacheBytes:    64 << 20,
		SeatCacheBytes:     256 << 20,
		CatalogLine:        4 << 20,
		CatalogInFlight:    256,
		CatalogUploads:     4,
	}
}

// check says what is wrong with a configuration, every fault at once.
func (c *Config) check() error {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("httpapi: "+what))
		}
	}
	need(c.Seller != nil, "Seller is missing")
	need(c.MaxConns > 0, "MaxConns must be positive")
	need(c.MaxConnsPerIP >= 0 && c.MaxConnsPerIP <= c.MaxConns, "MaxConnsPerIP must be 0 to MaxConns")
	need(c.UserRate.valid() && c.NetworkRate.valid(), "rates must be above 0 and at most 1,000,000, with a burst")
	need(c.MaxInside >= 0, "MaxInside must not be negative")
	need(c.MaxRequestsPerConn >= 0, "MaxRequestsPerConn must not be negative")
	need(c.ReadTimeout > 0 && c.WriteTimeout > 0 && c.IdleTimeout > 0, "timeouts must be positive")
	need(c.MaxBody > 0 && c.CatalogLine > 0, "MaxBody and CatalogLine must be positive")
	need(c.LargeBodies >= int64(c.MaxBody), "LargeBodies must be MaxBody or more")
	need(c.MaxSockets > 0, "MaxSockets must be positive")
	need(c.MaxSocketsPerClient >= 0, "MaxSocketsPerClient must not be negative")
	need(c.SocketBeat >= time.Millisecond, "SocketBeat must be a millisecond or more")
	need(c.CommandTimeout > 0 && c.BookingTimeout >= c.CommandTimeout,
		"CommandTimeout must be positive and BookingTimeout no shorter")
	need(c.OperatorTimeout > 0, "OperatorTimeout must be positive")
	need(c.SearchTimeout > 0, "SearchTimeout must be positive")
	need(c.ViewAge > 0 && c.ViewWait > 0, "ViewAge and ViewWait must be positive")
	need(c.EventCacheBytes > 0 && c.SeatCacheBytes > 0, "cache bounds must be positive")
	need(c.CatalogInFlight > 0 && c.CatalogUploads > 0, "catalog bounds must be positive")
	return errors.Join(errs...)
}
