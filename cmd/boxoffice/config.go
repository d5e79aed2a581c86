package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/httpapi"
)

// Config is everything that can be set about a node. DefaultConfig says what a
// node does without being told; loadConfig reads what it was told; Validate
// holds the relations between fields.
type Config struct {
	// File is the YAML file that options were read from; "": none.
	File string
	// Data is the directory with everything that must survive. Required.
	Data string
	// HTTP is where clients connect, host:port. Port 0 takes any free one.
	HTTP string
	// Node is this node's name in the cluster. It belongs to Data: a data directory
	// that was made under one name is not opened under another.
	Node string
	// Cluster is host:port of the first of three ports in a row: gossip (TCP and
	// UDP), actors, Raft. It belongs to Data: other nodes' replicas know it.
	Cluster string
	// Join lists Cluster addresses of nodes; this node's own may be among them, and
	// one list may serve all nodes. See Peers and Founder.
	Join []string
	// ClusterName is told to other nodes; one with another name gets nowhere.
	ClusterName string
	// Zone is what this node shares its fate with, a room or a data centre; replicas
	// are spread over zones. "": none.
	Zone string
	// Roles are what this node does besides selling: "search", it has an index of the
	// events. Nodes without it ask one that has it.
	Roles []string
	// CA, Cert and Key are PEM files: with them nodes know and encrypt to each other.
	// All or none. They are read when the node starts.
	CA, Cert, Key string
	// GossipKey encrypts gossip: 16, 24 or 32 bytes in base64 or hex; "": gossip is
	// plain. The option takes the key itself or @FILE, as AuthJWTKey does.
	GossipKey string
	// Insecure lets nodes talk in plain text over a network.
	Insecure bool
	// Shards is the number of logs, fixed when the cluster is made: 1 to 1024.
	Shards int
	// AdminToken protects /admin/…; "": admin calls are answered on loopback only.
	AdminToken string
	// AuthJWTKey checks users' bearer tokens: a PEM public key, or an HS256 secret of
	// 32 bytes or more; "": X-User-Id is believed. The option takes the key itself or
	// @FILE; loadConfig reads the file once, and line ends at its end do not count. A
	// secret that begins with an @ has to be in a file.
	AuthJWTKey string
	// MinFreeDisk is how many bytes must be free in Data for a sale to go on. The
	// store hangs on a full disk, so the node refuses before.
	MinFreeDisk int64
	// Demo loads the demo catalog at the first start, when the store is empty.
	Demo bool
	// Payment is the provider: "sandbox".
	Payment string
	// SandboxLedger is the file of the sandbox inside this node; "":
	// sandbox-ledger.ndjson in Data. Not used with SandboxURL.
	SandboxLedger string
	// SandboxURL is the sandbox that all nodes share, http://HOST:PORT (boxoffice
	// sandbox); "": each has its own inside.
	SandboxURL string
	// MaxActiveEvents bounds the events in memory, 1 to 1,000,000.
	MaxActiveEvents int
	// PassivateAfter is how long an idle event stays in memory, from 1 s.
	PassivateAfter time.Duration
	// RetainRecords is how many records an event keeps behind its checkpoint; 0:
	// all, which is what an audit needs.
	RetainRecords int
	// MaxConnsPerIP bounds the connections of one address, or of the first 56 bits of an
	// IPv6 address; 0: no bound but that on all connections together. Like NetworkRate it
	// is not for loopback addresses, unless LimitLoopback.
	MaxConnsPerIP int
	// Origins are the pages, besides this host's own, that may watch seats and places;
	// "*": all.
	Origins []string
	// MaxSockets bounds those who watch on this node, 1 to 1,000,000. Each is a connection
	// and an open file.
	MaxSockets int
	// MaxSocketsPerClient bounds those of one address; 0: no bound but that on all. Behind
	// a gateway all clients have one.
	MaxSocketsPerClient int
	// UserRate and NetworkRate bound the requests of one user, and of one network (24
	// bits of IPv4, 56 of IPv6). Zero: no bound. Behind a gateway all clients are one
	// network, and a load test is one user or network with all that it sends.
	UserRate, NetworkRate httpapi.Rate
	// LimitLoopback has the bounds on addresses hold for those of this machine, each for
	// itself: for tests.
	LimitLoopback bool
	// LogLevel is debug, info, warn or error.
	LogLevel string
	// LogFormat is text or json.
	LogFormat string
	// Pprof is where Go's profiles are served, loopback only; "": nowhere.
	Pprof string
}

// clusterPorts is how many ports in a row a Cluster address takes.
const clusterPorts = 3

// maxShards bounds Config.Shards: a shard costs a Raft group on three nodes.
const maxShards = 1024

// DefaultConfig is a node of its own, on loopback, for a stranger's first try.
func DefaultConfig() Config {
	return Config{
		HTTP:            "127.0.0.1:8080",
		Node:            "node-1",
		Cluster:         "127.0.0.1:7400",
		ClusterName:     "boxoffice",
		Roles:           allRoles(),
		Shards:          16,
		MinFreeDisk:     512 << 20, // about a minute of full load, and room to compact
		Payment:         "sandbox",
		MaxActiveEvents: 10_000,
		PassivateAfter:  5 * time.Minute,
		MaxSockets:      15_000, // of the 20,000 files that a process usually may open
		MaxConnsPerIP:   httpapi.DefaultConfig().MaxConnsPerIP,
		LogLevel:        "info",
		LogFormat:       "text",
	}
}

// options is the table of options, bound to c. A zero c is filled with the
// defaults first.
func (c *Config) options() []option {
	if c.Shards == 0 {
		*c = DefaultConfig()
	}
	text := func(p *string) *textValue { return (*textValue)(p) }
	count := func(p *int) *countValue { return (*countValue)(p) }
	word := func(p *string, words ...string) choiceValue { return choiceValue{p, words} }
	return []option{
		{name: "config", arg: "FILE", help: "read options from a YAML file", value: text(&c.File)},
		{name: "data", arg: "DIR", help: "what must survive is kept here (required)", value: text(&c.Data)},
		{name: "http", arg: "HOST:PORT", help: "where clients connect", value: text(&c.HTTP)},
		{name: "node", arg: "NAME", help: "this node's name in the cluster", value: text(&c.Node)},
		{name: "cluster", arg: "HOST:PORT", help: "three ports: gossip, actors, Raft; never changes",
			value: text(&c.Cluster)},
		{name: "join", arg: "HOST:PORT,…", help: "cluster addresses of nodes; the first founds the cluster",
			value: (*listValue)(&c.Join), many: true},
		{name: "cluster-name", arg: "NAME", help: "nodes of another name get nowhere", value: text(&c.ClusterName)},
		{name: "zone", arg: "NAME", help: "what this node shares its fate with", value: text(&c.Zone)},
		{name: "roles", arg: "ROLE,…", help: "what this node does besides selling: search; all or none",
			value: (*rolesValue)(&c.Roles), many: true},
		{name: "ca", arg: "FILE", help: "the authority of the nodes' certificates, PEM", value: text(&c.CA)},
		{name: "cert", arg: "FILE", help: "this node's certificate, PEM", value: text(&c.Cert)},
		{name: "key", arg: "FILE", help: "the certificate's key, PEM", value: text(&c.Key)},
		{name: "gossip-key", arg: "KEY|@FILE", help: "encrypts gossip: 16, 24 or 32 bytes, base64 or hex",
			value: text(&c.GossipKey), secret: true},
		{name: "insecure", help: "let nodes talk in plain text over a network", value: (*switchValue)(&c.Insecure)},
		{name: "shards", arg: "N", help: "number of logs, fixed at the first start", value: count(&c.Shards)},
		{name: "admin-token", arg: "TOKEN", help: "protects /admin (without: loopback only)",
			value: text(&c.AdminToken), secret: true},
		{name: "auth-jwt-key", arg: "KEY|@FILE", help: "checks users' bearer tokens: a PEM public key or a secret",
			value: text(&c.AuthJWTKey), secret: true},
		{name: "min-free-disk", arg: "SIZE", help: "refuse to sell with less free space",
			value: (*bytesValue)(&c.MinFreeDisk)},
		{name: "demo", help: "load the demo catalog into an empty store", value: (*switchValue)(&c.Demo)},
		{name: "payment", arg: "PROVIDER", help: "who takes the money: sandbox", value: word(&c.Payment, "sandbox")},
		{name: "sandbox-ledger", arg: "FILE", help: "the sandbox's ledger (default DATA/sandbox-ledger.ndjson)",
			value: text(&c.SandboxLedger)},
		{name: "sandbox-url", arg: "URL", help: "use this sandbox, which all nodes share",
			value: text(&c.SandboxURL)},
		{name: "max-active-events", arg: "N", help: "events in memory at most", value: count(&c.MaxActiveEvents)},
		{name: "passivate-after", arg: "DURATION", help: "an idle event leaves memory after this",
			value: (*durationValue)(&c.PassivateAfter)},
		{name: "retain-records", arg: "N", help: "records kept behind a checkpoint, 0: all",
			value: count(&c.RetainRecords)},
		{name: "max-conns-per-ip", arg: "N", help: "connections of one address, 0: no bound",
			value: count(&c.MaxConnsPerIP)},
		{name: "origins", arg: "ORIGIN,…", help: "pages of other hosts that may watch: https://shop.example, or *",
			value: (*listValue)(&c.Origins), many: true},
		{name: "max-sockets", arg: "N", help: "who watches seats and places on this node, at most",
			value: count(&c.MaxSockets)},
		{name: "max-sockets-per-client", arg: "N", help: "the same from one address, 0: no bound",
			value: count(&c.MaxSocketsPerClient)},
		{name: "rate-per-user", arg: "N[:BURST]", help: "requests a second of one user, and at once; 0: no bound",
			value: (*rateValue)(&c.UserRate)},
		{name: "rate-per-network", arg: "N[:BURST]", help: "the same of one network: /24 of IPv4, /56 of IPv6",
			value: (*rateValue)(&c.NetworkRate)},
		{name: "limit-loopback", help: "bounds on addresses hold for 127.0.0.0/8 and ::1 too, each for itself",
			value: (*switchValue)(&c.LimitLoopback)},
		{name: "log-level", arg: "LEVEL", help: "debug, info, warn or error",
			value: word(&c.LogLevel, "debug", "info", "warn", "error")},
		{name: "log-format", arg: "FORMAT", help: "text or json", value: word(&c.LogFormat, "text", "json")},
		{name: "pprof", arg: "HOST:PORT", help: "serve Go's profiles here, loopback only", value: text(&c.Pprof)},
	}
}

// loadConfig reads a node's configuration from args, environment and file, and
// validates it. Arguments that are no options are refused. The warnings are for
// the log: environment variables that look like options and are none.
func loadConfig(args []string, env environment) (c Config, warnings []string, err error) {
	rest, err := load(c.options(), args, env)
	if err != nil {
		return Config{}, nil, err
	}
	if len(rest) > 0 {
		return Config{}, nil, usagef("unexpected argument %q", rest[0])
	}
	for _, name := range env.strangers() {
		warnings = append(warnings, "unknown environment variable "+name+" is ignored")
	}
	if err := c.Validate(); err != nil {
		return Config{}, nil, usageError{err.Error()}
	}
	if c.SandboxLedger == "" && c.SandboxURL == "" {
		c.SandboxLedger = filepath.Join(c.Data, "sandbox-ledger.ndjson")
	}
	if c.Insecure {
		warnings = append(warnings, "--insecure: nodes may talk in plain text; whoever reaches their ports reads and "+
			"changes everything")
	}
	if file, ok := strings.CutPrefix(c.AuthJWTKey, "@"); ok {
		if c.AuthJWTKey, err = readKey(file); err != nil {
			return Config{}, nil, fmt.Errorf("--auth-jwt-key: %w", err)
		}
	}
	if file, ok := strings.CutPrefix(c.GossipKey, "@"); ok {
		if c.GossipKey, err = readKey(file); err == nil {
			_, err = decodeGossipKey(c.GossipKey)
		}
		if err != nil {
			return Config{}, nil, fmt.Errorf("--gossip-key: %w", err)
		}
	}
	return c, warnings, nil
}

// maxKeyBytes bounds a key's file; an RSA key of 16,384 bits has 3 KB as PEM.
const maxKeyBytes = 64 << 10

// readKey reads a key's file. An empty one is an error: it would be no key at all.
// Errors do not name the file: it may be a secret that begins with an @.
func readKey(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("open the key's file: %w", nameless(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyBytes+1))
	if err != nil {
		return "", fmt.Errorf("read the key's file: %w", nameless(err))
	}
	if len(text) > maxKeyBytes {
		return "", fmt.Errorf("the key's file has more than %d bytes", maxKeyBytes)
	}
	key := strings.TrimRight(string(text), "\r\n")
	if key == "" {
		return "", errors.New("the key's file is empty")
	}
	return key, nil
}

// nameless is an error of a file without the file's name.
func nameless(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// Validate reports everything that is wrong with a configuration, each in a
// sentence that begins with the option's flag.
func (c *Config) Validate() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(c.Data == "", "--data is required: the directory that the node keeps its data in")
	refuse(!validName(c.Node) || len(c.Node) > 63, "--node %q: 1 to 63 letters, digits, '.', '_' or '-' are allowed",
		c.Node)
	refuse(c.Shards < 1 || c.Shards > maxShards, "--shards %d: 1 to %d are allowed", c.Shards, maxShards)
	refuse(c.MaxActiveEvents < 1 || c.MaxActiveEvents > 1e6,
		"--max-active-events %d: 1 to 1000000 are allowed", c.MaxActiveEvents)
	refuse(c.PassivateAfter < time.Second, "--passivate-after %s: at least 1s is allowed", c.PassivateAfter)
	refuse(c.RetainRecords < 0, "--retain-records %d: it cannot be negative", c.RetainRecords)
	refuse(c.MaxConnsPerIP < 0, "--max-conns-per-ip %d: it cannot be negative", c.MaxConnsPerIP)
	refuse(c.MaxSockets < 1 || c.MaxSockets > 1e6, "--max-sockets %d: 1 to 1000000 are allowed", c.MaxSockets)
	refuse(c.MaxSocketsPerClient < 0, "--max-sockets-per-client %d: it cannot be negative", c.MaxSocketsPerClient)
	for _, origin := range c.Origins {
		if err := checkOrigin(origin); err != nil {
			errs = append(errs, fmt.Errorf("--origins %w", err))
		}
	}
	refuse(c.MinFreeDisk < 0, "--min-free-disk %d: it cannot be negative", c.MinFreeDisk)
	refuse(c.Payment != "sandbox", "--payment %q: sandbox is the only provider", c.Payment)
	if c.SandboxURL != "" {
		if err := payment.CheckURL(c.SandboxURL); err != nil {
			errs = append(errs, fmt.Errorf("--sandbox-url %w", err))
		}
	}
	errs = append(errs, c.validateAddresses()...)
	return errors.Join(append(errs, c.validateCluster()...)...)
}

// validateAddresses is Validate for the network.
func (c *Config) validateAddresses() []error {
	var errs []error
	httpHost, httpPort, err := splitAddress(c.HTTP)
	if err != nil {
		errs = append(errs, fmt.Errorf("--http %w", err))
	}
	host, port, err := splitAddress(c.Cluster)
	switch {
	case err != nil:
		errs = append(errs, fmt.Errorf("--cluster %w", err))
	case port == 0 || port > 65535-clusterPorts+1:
		errs = append(errs, fmt.Errorf("--cluster %s: three ports in a row from 1 to 65535 are needed", c.Cluster))
	case httpPort >= port && httpPort < port+clusterPorts && overlap(host, httpHost):
		errs = append(errs, fmt.Errorf("--http %s lies in the three ports of --cluster %s", c.HTTP, c.Cluster))
	}
	for _, peer := range c.Join {
		if _, port, err := splitAddress(peer); err != nil {
			errs = append(errs, fmt.Errorf("--join %w", err))
		} else if port == 0 {
			errs = append(errs, fmt.Errorf("--join %s: a port is needed", peer))
		}
	}
	if c.Pprof != "" {
		host, _, err := splitAddress(c.Pprof)
		if err != nil {
			errs = append(errs, fmt.Errorf("--pprof %w", err))
		} else if !loopback(host) {
			errs = append(errs, fmt.Errorf("--pprof %s: profiles are for loopback only", c.Pprof))
		}
	}
	return errs
}

// LogValue is the configuration as it is printed once at the start: every option
// with its value, secrets as [set].
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, o := range c.options() {
		attrs = append(attrs, slog.String(o.name, o.shown()))
	}
	return slog.GroupValue(attrs...)
}
