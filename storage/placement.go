package storage

import "context"

// Node is what Open returns: the log, and this node's part in keeping it.
type Node interface {
	Log
	Placement
}

// Placement says and changes which nodes have replicas of a shard. It decides
// nothing: who calls it does. All methods are safe for concurrent use. Those with a
// context return when it ends, and after ten seconds at the latest.
//
// A shard gets another replica in four steps: AddReplica on its leader's node,
// StartReplica on the new replica's node, wait until that has applied what the leader
// has, Promote on the leader's node. It loses one by RemoveReplica on the leader's
// node; the removed replica drops itself when it learns of it, or by DropReplica.
//
// A replica id is one replica on one disk, for ever. If the disk is lost the id must
// be removed and another one added: a node that starts an id whose promises it has
// forgotten breaks the shard, and the consensus library ends its process. So
// StartReplica must be called with an id only on the node that it was added for, and
// not when that node has lost its disk since (Identity tells: another Incarnation).
type Placement interface {
	// Identity is who this node is. It does not change while it is open.
	Identity() Identity
	// Replicas are the replicas on this node, by shard. It reads memory.
	Replicas() []ReplicaStatus
	// LeaderOf is the raft address of a shard's leader and its term, as this node's
	// replica knows it: "" where it knows none, or is none.
	LeaderOf(shard uint64) (address string, term uint64)

	// The next four are for the shard's leader's node, and ErrUnavailable anywhere
	// else. An error is ErrUnavailable where nothing was changed, and ErrUnknown where
	// that is not certain; repeating the call is harmless.

	// AddReplica adds a replica without a vote at a node's raft address, under an id
	// that the shard never had. If there is one at the address, its id is returned.
	AddReplica(ctx context.Context, shard uint64, address string) (replica uint64, err error)
	// Promote gives a replica a vote. It does not look how far the replica is.
	Promote(ctx context.Context, shard, replica uint64) error
	// RemoveReplica removes a replica, for ever; one that is not there is removed. It
	// refuses to remove the leader, and the last one with a vote.
	RemoveReplica(ctx context.Context, shard, replica uint64) error
	// Transfer gives the leadership to a replica with a vote, and returns when it was
	// seen to lead. Writes wait meanwhile, for milliseconds, and are then refused
	// (ErrUnavailable): another node leads. If it fails they go on here; where has said
	// yes and the replica was lost since, after an election time.
	Transfer(ctx context.Context, shard, replica uint64, has Has) error

	// The others are for the replica's own node.

	// StartReplica starts a replica that AddReplica has added for this node. One that
	// runs is started. ErrUnavailable: another replica of the shard is here.
	StartReplica(ctx context.Context, shard, replica uint64) error
	// DropReplica stops a replica that was removed from its shard, and deletes its
	// data. One that is not here is dropped. It is finished, by this process or the
	// next, also if the call ends early.
	DropReplica(ctx context.Context, shard, replica uint64) error
	// Settle restarts a Hasty replica with the times of one among several. It refuses
	// (ErrUnavailable) while the replica leads or is the only one with a vote. One
	// that is not Hasty is settled.
	Settle(ctx context.Context, shard uint64) error
	// Retire marks the directory: the cluster has removed this node. Nothing stops,
	// but Open refuses the directory from now on.
	Retire() error
}

// Has asks the node of the replica that Transfer is about, and is nil as soon as that
// replica has Applied (see ReplicaStatus) what is at an index; an error if it has not by
// the end of ctx, which is soon. Writes wait for it.
type Has func(ctx context.Context, index uint64) error

// Identity is who a node is.
type Identity struct {
	Node        string
	Cluster     uint64 // drawn when the cluster was made
	Incarnation uint64 // drawn when the data directory was made
	Shards      uint64 // without the system shard
	RaftAddress string // in memberships; "alone": a node that can have no others
}

// Role is what a replica is in its shard.
type Role int

// The roles.
const (
	Starting Role = iota // it does not know its shard yet
	Learner              // it has no vote
	Voter
)

// String is the role's name in small letters.
func (r Role) String() string {
	switch r {
	case Learner:
		return "learner"
	case Voter:
		return "voter"
	}
	return "starting"
}

// Member is a replica of a shard, wherever it is.
type Member struct {
	Replica uint64
	Address string // of its node
	Voter   bool
}

// ReplicaStatus is a replica on this node.
type ReplicaStatus struct {
	Shard, Replica uint64
	Role           Role
	Term           uint64
	Leader         uint64 // replica id; 0: none is known
	// Applied is the Raft index of the last command that is applied here.
	Applied uint64
	// Members are the shard's replicas by id, and Removed the ids that it had, as of
	// a configuration change; Config is that one's index: the larger is the newer.
	Members []Member
	Removed []uint64
	Config  uint64
	// Hasty says that the replica has the short election times of one that is alone.
	// Among several they depose a leader whose disk is slow once: see Settle.
	Hasty bool
}
