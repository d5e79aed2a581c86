package storage

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// Config says how Open opens a log. DefaultConfig fills everything that has a
// default; Open checks the rest.
type Config struct {
	// Dir is the data directory. Open makes it if it is not there; a directory with
	// anything else in it is refused.
	Dir string
	// Node is the node's name, unique in the cluster. It is kept in Dir and cannot
	// change there.
	Node string
	// RaftAddress is host:port where this node's replicas talk to those of other
	// nodes. It is part of the replicated membership: kept in Dir, and it cannot
	// change there. "" is a node that is alone: no socket is opened.
	RaftAddress string
	// ListenAddress is host:port to listen on where that is not RaftAddress; "" is
	// RaftAddress. It may change.
	ListenAddress string
	// CAFile, CertFile and KeyFile are PEM files for mutual TLS between the nodes'
	// replicas: all or none. A node's certificate must be good for the host in its
	// RaftAddress, as a server's and as a client's, and signed by CAFile's.
	CAFile, CertFile, KeyFile string
	// Join makes of an empty Dir a node without replicas, which waits for a cluster
	// to give it some (see Placement). Without it an empty Dir becomes a cluster of
	// its own. Where there is data it means nothing.
	Join bool
	// Cluster is the id of the cluster: a joiner must say it, and it must be the one
	// in a Dir with data. 0 is no wish: a new cluster draws one. Nodes of different
	// clusters do not hear each other.
	Cluster uint64
	// Shards is the number of shards, 1 to 1024. It is fixed when the cluster is made:
	// events are found by it. More shards spread leaders over more nodes but share
	// less of each sync; 16 was the best of 4, 16 and 64 on three nodes.
	Shards uint64

	// MinFreeBytes is the free space of Dir's disk below which writes are refused
	// with ErrNoSpace. It must cover what is written behind the scenes: two
	// write-ahead logs, compactions. They are accepted again when there is an eighth
	// more than that.
	MinFreeBytes uint64
	// SpaceInterval is how often the free space is looked at.
	SpaceInterval time.Duration
	// RetainRecords is how many records before an event's checkpoint are kept at
	// least; 0 keeps all for ever. Older ones may be deleted when the next
	// checkpoint is saved.
	RetainRecords uint64

	// ProposalTimeout bounds each write, and each barrier of a read, where the
	// caller's context does not end sooner.
	ProposalTimeout time.Duration
	// TickInterval is the unit of Raft's clock: with several replicas a leader is
	// missed after 10 to 20 of them. One sync that takes long delays heartbeats, so
	// 10 of them should be a second or more. A lone replica elects itself after 3 to 6.
	TickInterval time.Duration
	// SnapshotEntries is how many entries of a shard are applied between two
	// truncations of its Raft log; at most 4000 where the replica is alone.
	SnapshotEntries uint64
	// CompactionOverhead is how many entries a truncation leaves, for replicas that
	// are a little behind; at most 100 where there are no others.
	CompactionOverhead uint64
	// MinCopyRate is how fast a shard is copied to a new replica at least, in bytes a
	// second, on each side. While nobody writes it goes as fast as the disk and the
	// network do; else so fast that commits take hardly longer than without a copy (see
	// pace.go), but never slower than this: at 8 MiB/s a gigabyte takes two minutes to
	// come and as long to be stored, and that is less than a tenth of what two cores
	// and a disk can do.
	MinCopyRate int64
	// CacheBytes is the size of the state store's block cache.
	CacheBytes int64

	// Logger gets what an operator should know. It is one for the process as far as
	// the consensus library is concerned: the last Open's.
	Logger *slog.Logger
	// OnCommit, if not nil, is called after every successful Append, by its
	// goroutine: how long it took, and what was in it. It must be quick.
	OnCommit func(took time.Duration, records, bytes int)

	// freeSpace is free space of a directory's disk; a test may replace it.
	freeSpace func(dir string) (uint64, error)
	// applying is called before entries are applied; a test may make that slow with it.
	applying func()
}

// DefaultConfig is the configuration of a node that is alone, with its data in dir.
func DefaultConfig(dir string) Config {
	return Config{
		Dir:                dir,
		Node:               "n1",
		Shards:             16,
		MinFreeBytes:       256 << 20,
		SpaceInterval:      250 * time.Millisecond,
		ProposalTimeout:    2 * time.Second,
		TickInterval:       100 * time.Millisecond,
		SnapshotEntries:    20000,
		CompactionOverhead: 5000,
		MinCopyRate:        8 << 20,
		CacheBytes:         64 << 20,
		Logger:             slog.New(slog.DiscardHandler),
		freeSpace:          freeSpace,
		applying:           func() {},
	}
}

// maxShards bounds Config.Shards: every shard costs half a megabyte and ticks.
const maxShards = 1024

// validate says what is wrong with a configuration.
func (c *Config) validate() error {
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(c.Dir != "", "no directory")
	want(c.Node != "" && len(c.Node) <= 64, "node name %q: 1 to 64 bytes", c.Node)
	for _, a := range []string{c.RaftAddress, c.ListenAddress} {
		want(a == "" || validAddress(a), "address %q is not host:port", a)
	}
	want(!c.Join || c.RaftAddress != "" && c.Cluster != 0,
		"a node that joins needs a raft address and the id of the cluster")
	tls := c.CAFile != ""
	want((c.CertFile != "") == tls && (c.KeyFile != "") == tls, "of CA, certificate and key all or none are wanted")
	want(c.Shards >= 1 && c.Shards <= maxShards, "%d shards: 1 to %d", c.Shards, maxShards)
	want(c.SpaceInterval > 0, "the space interval %v is not positive", c.SpaceInterval)
	want(c.ProposalTimeout >= 2*c.TickInterval, "the proposal timeout %v is less than two ticks", c.ProposalTimeout)
	want(c.TickInterval >= time.Millisecond, "the tick interval %v is less than 1ms", c.TickInterval)
	want(c.SnapshotEntries > 0, "no snapshot entries: the log would never be truncated")
	want(c.CompactionOverhead < c.SnapshotEntries,
		"the compaction overhead %d is not less than the snapshot entries %d", c.CompactionOverhead, c.SnapshotEntries)
	want(c.MinCopyRate > 0, "no least rate of copying: a copy might never end")
	want(c.CacheBytes > 0, "no cache")
	want(c.Logger != nil, "no logger")
	want(c.freeSpace != nil, "the configuration was not made by DefaultConfig")
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("the log's configuration: %w", err)
	}
	return nil
}

// raftAddress is RaftAddress as the membership has it.
func (c *Config) raftAddress() string { return cmp.Or(c.RaftAddress, aloneAddress) }

func validAddress(a string) bool {
	host, port, err := net.SplitHostPort(a)
	return err == nil && host != "" && port != ""
}
