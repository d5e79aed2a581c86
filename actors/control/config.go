package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"boxoffice/cluster"
	"boxoffice/cluster/assign"
	"boxoffice/storage"
)

// Log is what the registry of nodes needs of storage.Log, which says more of each.
type Log interface {
	// Shard is where an event lives.
	Shard(event string) uint64
	// Claim makes this node the writer of the system shard for a term. Nobody else on
	// the node may claim that shard.
	Claim(ctx context.Context, shard, epoch uint64) (clock int64, err error)
	// Load reads the registry's records, after Claim.
	Load(ctx context.Context, event string) (storage.History, error)
	// Append makes records durable, on a quorum, or tells why not.
	Append(ctx context.Context, b storage.Batch) error
	// SaveCheckpoint stores the registry as a whole.
	SaveCheckpoint(ctx context.Context, event string, epoch, version uint64, data []byte) error
	// View reads from this node's replica; an error where it has none.
	View(event string) (storage.View, error)
}

// Placement is the replicas of this node: storage.Placement, which says more of each.
// Calls with a context block until it ends at the longest.
type Placement interface {
	// Identity is who this node is, with which disk.
	Identity() storage.Identity
	// Replicas lists, from the moment the node answers, every replica that it has,
	// those that are still starting too: what is not listed counts as lost.
	Replicas() []storage.ReplicaStatus
	// AddReplica adds one without a vote to a shard that is led here.
	AddReplica(ctx context.Context, shard uint64, address string) (replica uint64, err error)
	// Promote gives a replica of a shard that is led here its vote.
	Promote(ctx context.Context, shard, replica uint64) error
	// RemoveReplica removes one from a shard that is led here, for ever.
	RemoveReplica(ctx context.Context, shard, replica uint64) error
	// Transfer has another replica lead a shard that is led here.
	Transfer(ctx context.Context, shard, replica uint64) error
	// StartReplica starts a replica that was added for this node and its disk.
	StartReplica(ctx context.Context, shard, replica uint64) error
	// DropReplica deletes a replica of this node that was removed.
	DropReplica(ctx context.Context, shard, replica uint64) error
	// Settle restarts a replica of this node that is Hasty.
	Settle(ctx context.Context, shard uint64) error
	// Retire marks the directory, so that it is never opened again.
	Retire() error
}

// Member is this node's part in the cluster: cluster.Member, which says more of each.
// Solo is one for a node alone.
type Member interface {
	// Peers lists the nodes, this one too, dead ones as Down.
	Peers() []cluster.Peer
	// SetState tells the others what this node is ready for.
	SetState(state cluster.State)
	// Forget drops a node that is down from Peers.
	Forget(node string)
	// Locate names the node that leads a shard, and in which term.
	Locate(shard uint64) (node string, term uint64, err error)
	// Learn is told who leads a shard in a term; node "": nobody does any more.
	Learn(shard uint64, node string, term uint64)
	// Handle sets what answers calls of a kind. It may block.
	Handle(kind uint8, h func(cluster.Call))
	// Call asks a node, this one too, and blocks until its answer or the deadline.
	Call(deadline time.Time, node string, kind uint8, body []byte) ([]byte, error)
}

// The kinds of calls that an Agent handles; no other package may use them.
const (
	KindReport  uint8 = 0xC0 // what a node has
	KindOrder   uint8 = 0xC1 // what it is to do
	KindOperate uint8 = 0xC2 // an operator's call, for the controller
)

// Config is what an Agent runs with. Start from DefaultConfig.
type Config struct {
	Log       Log
	Placement Placement
	Member    Member
	// Name is the cluster's name, for people.
	Name string
	// Version is this node's build, for people.
	Version string
	// Disk is the space of the data directory's disk in bytes; nil: not told.
	Disk func() (free, total uint64)
	// Full reports whether the node's disk is nearly full, so that it can write
	// nothing: then it leads nothing and gets nothing new, until there is space. It is
	// asked every LookEvery. nil: it never is.
	Full func() bool
	// OnDrain is called when an operator drains this node, after its leaders have
	// moved: refuse new connections, finish what is under way. It may take until ctx
	// ends. OnUndrain takes it back. nil: nothing to do.
	OnDrain   func(ctx context.Context)
	OnUndrain func()
	// OnLeave is called once, on a goroutine of its own, after the node was removed
	// and its directory marked: stop the process.
	OnLeave func()
	// Logger gets every change and what prevents one.
	Logger *slog.Logger

	// Replicas is how many voters a shard should have. 3 survive the loss of one.
	Replicas int
	// MaxMoves bounds the replicas that are brought up at a time, in all: each is a
	// copy of a shard over the network. 4 keep one link busy and no more.
	MaxMoves int
	// MaxNodes bounds the registry. A node beyond it gets no replicas.
	MaxNodes int
	// MaxLag is how many entries a replica may be behind its leader to count as caught
	// up: 200 are a few ms of replaying.
	MaxLag uint64
	// LeadLag is the same for one that is to be given the leadership: the shard takes no
	// writes until it has the rest, and a second more if that takes it long.
	LeadLag uint64
	// LookEvery is how often an agent looks at its own replicas. It costs about 10 µs.
	LookEvery time.Duration
	// RoundEvery is how often the controller looks at the cluster while something
	// changes, and after an action that failed; IdleEvery when nothing has changed for
	// QuietAfter; SoonAfter follows an action that was done.
	RoundEvery, IdleEvery, QuietAfter, SoonAfter time.Duration
	// ReportTimeout bounds the wait for a node's report. A slower node is skipped in
	// this round.
	ReportTimeout time.Duration
	// SilentAfter is how long a node may give no report before it counts as down, even
	// if gossip says that it lives.
	SilentAfter time.Duration
	// OrderTimeout bounds one order; a round takes that long at most, and a bit.
	OrderTimeout time.Duration
	// LostAfter is the number of reports in a row without a replica that make it lost,
	// LostWait the least time between the first and the last of them.
	LostAfter int
	LostWait  time.Duration
	// LearnerGrace is how long a new replica may fail to start, or its node be down,
	// before it is removed.
	LearnerGrace time.Duration
	// StuckAfter is how long a new replica may make no progress at all before it is
	// removed. A snapshot is one step. While people book it may be as slow as storage's
	// MinCopyRate, which MaxMoves copies share: an hour is enough for 3 GB each.
	StuckAfter time.Duration
	// AskTimeout bounds the search for a controller that takes an operator's call.
	AskTimeout time.Duration
	// SettleAfter is how long a replica with a lone replica's election times waits for
	// a third voter before it is restarted with normal ones: with two voters the shard
	// stands still for that moment.
	SettleAfter time.Duration

	next func(assign.Cluster) []assign.Action // for tests; nil: assign.Next
}

// DefaultConfig is a Config without its parts (Log, Placement, Member).
func DefaultConfig() Config {
	return Config{
		Logger:        slog.Default(),
		Replicas:      3,
		MaxMoves:      4,
		MaxNodes:      64,
		MaxLag:        200,
		LeadLag:       32,
		LookEvery:     250 * time.Millisecond,
		RoundEvery:    500 * time.Millisecond,
		IdleEvery:     2 * time.Second,
		QuietAfter:    5 * time.Second,
		SoonAfter:     50 * time.Millisecond,
		ReportTimeout: 300 * time.Millisecond,
		SilentAfter:   5 * time.Second,
		OrderTimeout:  5 * time.Second,
		LostAfter:     3,
		LostWait:      time.Second,
		LearnerGrace:  time.Minute,
		StuckAfter:    time.Hour,
		AskTimeout:    5 * time.Second,
		SettleAfter:   10 * time.Second,
	}
}

// Validate says what is missing or contradicts itself.
func (c *Config) Validate() error {
	if c.Log == nil || c.Placement == nil || c.Member == nil || c.Logger == nil {
		return errors.New("control: Log, Placement, Member and Logger are needed")
	}
	for name, v := range map[string]int64{
		"Replicas": int64(c.Replicas), "MaxMoves": int64(c.MaxMoves), "MaxNodes": int64(c.MaxNodes),
		"LookEvery": int64(c.LookEvery), "RoundEvery": int64(c.RoundEvery), "IdleEvery": int64(c.IdleEvery),
		"QuietAfter": int64(c.QuietAfter), "SoonAfter": int64(c.SoonAfter), "ReportTimeout": int64(c.ReportTimeout),
		"SilentAfter": int64(c.SilentAfter), "OrderTimeout": int64(c.OrderTimeout), "LostAfter": int64(c.LostAfter),
		"LearnerGrace": int64(c.LearnerGrace), "StuckAfter": int64(c.StuckAfter), "AskTimeout": int64(c.AskTimeout),
		"SettleAfter": int64(c.SettleAfter), "LostWait": int64(c.LostWait),
	} {
		if v <= 0 {
			return fmt.Errorf("control: %s must be positive", name)
		}
	}
	return nil
}
