package storage

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2"
	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/raftio"
	sm "github.com/lni/dragonboat/v4/statemachine"

	"boxoffice/storage/internal/early"
)

func init() { early.Return() }

// Raft's times, in ticks. A lone replica has nobody whose heartbeat could be late:
// it need not wait long before it elects itself.
const (
	electionTicks  = 20
	heartbeatTicks = 2

	loneElectionTicks  = 3
	loneHeartbeatTicks = 1
)

// openRaft starts the consensus library and this node's replicas. news is called
// for every change of a leader, by one goroutine.
func openRaft(
	d *directory, cfg *Config, db *pebble.DB, news func(raftio.LeaderInfo),
) (_ *dragonboat.NodeHost, err error) {
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
	host, err := dragonboat.NewNodeHost(hostConfig(dir, cfg, news))
	if err != nil {
		return nil, fmt.Errorf("open the raft log: %w", err)
	}
	if host == nil {
		return nil, errors.New("open the raft log: the library gave up, its log says why")
	}
	create := func(shard, _ uint64) sm.IOnDiskStateMachine { return newMachine(db, shard) }
	for _, r := range d.id.replicas {
		if err := host.StartOnDiskReplica(r.members, false, create, replicaConfig(r, cfg)); err != nil {
			host.Close()
			return nil, fmt.Errorf("start the replica of shard %d: %w", r.shard, err)
		}
	}
	return host, nil
}

// logBuffers is how many buffers of 4 MiB the Raft log may have waiting for a flush.
// Normally there are two. Near the bound the library calls its log busy and refuses
// all proposals of all shards; it looks again only when something is flushed, and two
// looks at the same time may end in the wrong order, so that it could stay busy for
// ever. One batch of 16 MiB came near the library's 4 buffers; nothing comes near 32.
const logBuffers = 32

// hostConfig is the library's configuration of a node. One worker executes all
// shards, and one log has them all, so that one sync serves them all: twice as fast
// as the default. Both numbers are fixed for the life of a directory.
func hostConfig(dir string, cfg *Config, news func(raftio.LeaderInfo)) config.NodeHostConfig {
	expert := config.GetDefaultExpertConfig()
	expert.Engine.ExecShards = 1
	expert.Engine.CommitShards = 1
	expert.Engine.ApplyShards = 4
	expert.Engine.SnapshotShards = 4
	expert.Engine.CloseShards = 4
	expert.LogDB = config.GetTinyMemLogDBConfig()
	expert.LogDB.Shards = 1
	expert.LogDB.KVMaxWriteBufferNumber = logBuffers
	if cfg.RaftAddress == "" {
		expert.TransportFactory = alone{}
	}
	return config.NodeHostConfig{
		NodeHostDir:       dir,
		RTTMillisecond:    uint64(cfg.TickInterval.Milliseconds()),
		RaftAddress:       cfg.raftAddress(),
		ListenAddress:     cfg.ListenAddress,
		RaftEventListener: leaderListener(news),
		Expert:            expert,
	}
}

// maxInMemoryLog bounds what one shard has in memory and not yet applied; beyond
// it proposals are refused.
const maxInMemoryLog = 64 << 20

// replicaConfig is the library's configuration of one replica.
func replicaConfig(r replica, cfg *Config) config.Config {
	c := config.Config{
		ShardID:            r.shard,
		ReplicaID:          r.id,
		CheckQuorum:        true,
		PreVote:            true,
		ElectionRTT:        electionTicks,
		HeartbeatRTT:       heartbeatTicks,
		SnapshotEntries:    cfg.SnapshotEntries,
		CompactionOverhead: cfg.CompactionOverhead,
		MaxInMemLogSize:    maxInMemoryLog,
	}
	if len(r.members) == 1 {
		c.ElectionRTT, c.HeartbeatRTT = loneElectionTicks, loneHeartbeatTicks
	}
	return c
}

// leaderListener is a function that the library can call.
type leaderListener func(raftio.LeaderInfo)

// LeaderUpdated implements the library's interface.
func (f leaderListener) LeaderUpdated(i raftio.LeaderInfo) { f(i) }
