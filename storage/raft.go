package storage

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/config"

	"boxoffice/storage/internal/early"
)

func init() { early.Return() }

// Raft's times, in ticks. Five heartbeats fit in an election time: more of them were a
// fifth of what an idle node costs, and find nothing sooner. The shards' heartbeats of
// one tick travel together, so a node also pays for each tick of a heartbeat's interval:
// with four ticks of 50 ms it cost a third more than with two of 100 ms. A lone replica
// has nobody whose heartbeat could be late: it need not wait long before it elects itself.
const (
	electionTicks  = 10
	heartbeatTicks = 2

	loneElectionTicks  = 3
	loneHeartbeatTicks = 1
)

// openRaft starts the consensus library, without replicas. It tells events what
// happens, from one goroutine.
func openRaft(d *directory, cfg *Config, events listener) (_ *dragonboat.NodeHost, err error) {
	dir := filepath.Join(d.path, raftDir)
	if err := prepareHost(dir); err != nil {
		return nil, err
	}
	early.LogTo(cfg.Logger)
	if early.Settings() == 0 {
		cfg.Logger.Warn("no temporary directory at the start: the consensus library has its own, slower settings")
	}
	// The library panics where another one would return an error.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("open the raft log: %v", r)
		}
	}()
	host, err := dragonboat.NewNodeHost(hostConfig(dir, d.now(), cfg, events))
	if err != nil {
		return nil, fmt.Errorf("open the raft log: %w", err)
	}
	if host == nil {
		return nil, errors.New("open the raft log: the library gave up, its log says why")
	}
	return host, nil
}

// The Raft log's write buffers. An entry that is cut off before its buffer is flushed
// never becomes part of a table. With buffers of 4 MiB nearly all were flushed, and
// every second flush wrote all tables anew: their keys span all shards. Buffers
// larger than 16 MiB save little more, and the shards wait while one is allocated.
// The first ones are small, so that an idle node stays small; but each has a file of
// its own, and that has its full size on the disk at once.
//
// logBuffers bounds those that wait for a flush. Normally there are two. Near the
// bound the library calls its log busy and refuses all proposals of all shards; it
// looks again only when something is flushed, and two looks at the same time may end
// in the wrong order, so that it could stay busy for ever. A batch of 16 MiB takes
// two buffers; nothing comes near 16.
const (
	logBufferBytes = 16 << 20
	logBuffers     = 16
)

// atOddTimes is a size of a write buffer, at most so many bytes and at least three
// quarters of them. The replicas of a shard write the same bytes: with buffers of one
// size they would all be flushed, and their tables compacted, at the same moments, and a
// commit, which needs most of them, would find all of them slow. With any two sizes they
// do so at different ones.
func atOddTimes(bytes uint64) uint64 { return bytes - rand.Uint64N(bytes/4) }

// hostConfig is the library's configuration of a node. One worker executes all
// shards, and one log has them all, so that one sync serves them all: twice as fast
// as the default. Both numbers are fixed for the life of a directory. A copy that is
// slow on purpose keeps one of the snapshots' workers, on each side: the controller's
// four copies must leave some for cutting logs and for starting replicas.
func hostConfig(dir string, id *identity, cfg *Config, events listener) config.NodeHostConfig {
	expert := config.GetDefaultExpertConfig()
	expert.Engine.ExecShards = 1
	expert.Engine.CommitShards = 1
	expert.Engine.ApplyShards = 4
	expert.Engine.SnapshotShards = 8
	expert.Engine.CloseShards = 4
	expert.LogDB = config.GetTinyMemLogDBConfig()
	expert.LogDB.Shards = 1
	expert.LogDB.KVWriteBufferSize = atOddTimes(logBufferBytes)
	expert.LogDB.KVMaxWriteBufferNumber = logBuffers
	if cfg.RaftAddress == "" {
		expert.TransportFactory = alone{}
	}
	return config.NodeHostConfig{
		DeploymentID:        id.deployment(),
		NodeHostDir:         dir,
		RTTMillisecond:      uint64(cfg.TickInterval.Milliseconds()),
		RaftAddress:         cfg.raftAddress(),
		ListenAddress:       cfg.ListenAddress,
		MutualTLS:           cfg.CAFile != "",
		CAFile:              cfg.CAFile,
		CertFile:            cfg.CertFile,
		KeyFile:             cfg.KeyFile,
		RaftEventListener:   libraryEvents{events},
		SystemEventListener: libraryEvents{events},
		Expert:              expert,
	}
}

// maxInMemoryLog bounds what one shard has in memory and not yet applied, on any
// replica; beyond it the leader refuses proposals for ten ticks and more. A replica that
// gets much of the log as entries has much of it in memory for a moment: at 64 MiB a
// shard stood still for ten seconds while 150 MB of them were sent.
const maxInMemoryLog = 512 << 20

// replicaConfig is the library's configuration of one replica.
func replicaConfig(r replica, cfg *Config) config.Config {
	c := config.Config{
		ShardID:             r.shard,
		ReplicaID:           r.id,
		CheckQuorum:         true,
		PreVote:             true,
		ElectionRTT:         electionTicks,
		HeartbeatRTT:        heartbeatTicks,
		SnapshotEntries:     cfg.SnapshotEntries,
		CompactionOverhead:  cfg.CompactionOverhead,
		OrderedConfigChange: true,
		MaxInMemLogSize:     maxInMemoryLog,
		// It is promoted by what it applies; at the start it must be what it was added as.
		IsNonVoting: r.joins(),
		// After each cut the library would flush its buffers and rewrite the shard's
		// tables, to free space at once. The next flushes free it as well.
		DisableAutoCompactions: true,
	}
	if r.hasty() {
		c.ElectionRTT, c.HeartbeatRTT = loneElectionTicks, loneHeartbeatTicks
	}
	return c
}
