package storage

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/client"
	"github.com/lni/dragonboat/v4/raftio"
)

// cutOff is how long a replica without a leader answers reads. What it has was the
// truth not long ago, but others may go on without it.
const cutOff = 3 * time.Second

// The answers of a replica that cannot be written, or read.
var (
	errGiving   = fmt.Errorf("%w: the leadership is given away", ErrUnavailable)
	errCutOff   = fmt.Errorf("%w: this node's replica is cut off: it knows no leader", ErrUnavailable)
	errCatching = fmt.Errorf("%w: the one that is catches up", ErrNoReplica)
)

// shard is what a node knows about a shard besides its state. It is there for every
// shard, with a replica on this node or without.
type shard struct {
	id      uint64
	session *client.Session
	doubt   doubt
	moving  chan struct{} // one place: held while the replica is started or stopped

	mu      sync.Mutex
	replica uint64 // 0: none here
	hasty   bool   // it has a lone replica's times
	joins   bool   // it was added to a shard that existed
	role    Role
	current bool // it has applied all that was committed when it came or came back
	gone    bool // it has applied its own removal
	giving  bool // it gives the leadership away and takes no writes
	tended  bool // a goroutine does what tend found to do

	term   uint64    // of the last news
	leader uint64    // replica id; 0: none
	since  time.Time // when the leader came, or went

	voters  map[uint64]string // address by replica id
	config  uint64            // of voters
	members membership        // as of config, or before it
	cut     uint64            // applied when the log of a lone replica was last cut

	incoming bool    // a goroutine follows the snapshot that is coming
	arrived  float64 // how fast it comes, or has come, in bytes a second; 0: not known
}

// membership is all of a shard's replicas as of a configuration change.
type membership struct {
	config  uint64 // 0: not known
	members []Member
	removed []uint64
}

func newShard(id uint64) *shard {
	return &shard{id: id, moving: make(chan struct{}, 1)}
}

// settleIn takes note of a replica that is about to be started; none is replica 0.
func (s *shard) settleIn(r replica) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replica, s.hasty, s.joins, s.role = r.id, r.hasty(), r.joins(), Starting
	s.current, s.gone = false, false
	s.term, s.leader, s.since = 0, raftio.NoLeader, time.Now()
	s.voters, s.config, s.members, s.cut = nil, 0, membership{}, 0
}

// leads says whether this node's replica leads the shard, as far as it knows.
func (s *shard) leads() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replica != 0 && s.leader == s.replica
}

// takes is nil if a command may be proposed here. The library would send it to the
// leader, wherever that is, and nobody would know what became of it.
func (s *shard) takes(cmd []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.replica == 0 || s.leader != s.replica:
		return errNotLeading
	case s.giving && op(cmd[1]) != opBarrier:
		return errGiving
	}
	return nil
}

// here is this node's replica of the shard.
func (s *shard) here() (replica uint64, hasty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replica, s.hasty
}

// aloneLocked says that the replica is the only one with a vote: nobody can be ahead.
func (s *shard) aloneLocked() bool { return len(s.voters) == 1 && s.role == Voter }

// leadLocked takes note of a leader; false if that is no news.
func (s *shard) leadLocked(i raftio.LeaderInfo) bool {
	if i.ReplicaID != s.replica || i.Term < s.term {
		return false // of the replica before, or overtaken
	}
	now := time.Now()
	if (s.leader == raftio.NoLeader) != (i.LeaderID == raftio.NoLeader) {
		if s.leader == raftio.NoLeader && now.Sub(s.since) > cutOff && !s.aloneLocked() {
			s.current = false // others went on without it
		}
		s.since = now
	}
	s.term, s.leader = i.Term, i.LeaderID
	return true
}

// learn takes note of what the library knows about the replica.
func (s *shard) learn(i *dragonboat.ShardInfo) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i.ReplicaID != s.replica || i.Pending {
		return
	}
	_, voter := i.Replicas[i.ReplicaID]
	switch {
	case voter:
		s.role = Voter
	case i.IsNonVoting:
		s.role = Learner
	}
	s.voters, s.config = i.Replicas, i.ConfigChangeIndex
	if s.aloneLocked() {
		s.current = true
	}
}

// catchUp takes note that the replica has applied what was committed.
func (s *shard) catchUp(replica uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replica == replica {
		s.current = true
	}
}

// readable is nil if the replica's state may be shown.
func (s *shard) readable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.replica == 0 || s.role == Learner:
		return ErrNoReplica
	case s.leader == raftio.NoLeader && !s.aloneLocked() && time.Since(s.since) > cutOff:
		return errCutOff
	case !s.current:
		return errCatching
	}
	return nil
}

// healthy is nil if the replica can do its part. One that is new in its shard has
// none yet.
func (s *shard) healthy() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replica == 0 || s.leader != raftio.NoLeader || s.role == Learner || s.role == Starting && s.joins {
		return nil
	}
	return fmt.Errorf("%w: shard %d has no leader", ErrUnavailable, s.id)
}

// status is what Replicas tells, but for Applied.
func (s *shard) status() ReplicaStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := ReplicaStatus{
		Shard: s.id, Replica: s.replica, Role: s.role, Term: s.term, Leader: s.leader, Hasty: s.hasty,
		Members: slices.Clone(s.members.members), Removed: slices.Clone(s.members.removed), Config: s.members.config,
	}
	if st.Config == 0 { // nobody could be asked yet
		st.Config = s.config
		for _, id := range slices.Sorted(maps.Keys(s.voters)) {
			st.Members = append(st.Members, Member{id, s.voters[id], true})
		}
	}
	return st
}
