package storage

import (
	"errors"
	"testing"
	"time"

	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/raftio"
)

// known is a shard whose replica 3 has a vote, as do others, and knows a leader.
func known(voters ...uint64) *shard {
	s := newShard(7)
	s.settleIn(replica{shard: 7, id: 3, condition: joined})
	info := dragonboat.ShardInfo{ReplicaID: 3, ConfigChangeIndex: 1, Replicas: map[uint64]string{}}
	for _, v := range voters {
		info.Replicas[v] = "address"
	}
	s.learn(&info)
	s.leadLocked(raftio.LeaderInfo{ReplicaID: 3, Term: 5, LeaderID: 1})
	return s
}

func wantReadable(t *testing.T, what string, s *shard, want error) {
	t.Helper()
	if err := s.readable(); !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// A replica that was cut off has missed something, until it has asked.
func TestWhatAReplicaMayShow(t *testing.T) {
	s := known(1, 2, 3)
	wantReadable(t, "it has just come", s, ErrNoReplica)
	s.catchUp(9) // somebody else
	wantReadable(t, "it has just come", s, ErrNoReplica)
	s.catchUp(3)
	wantReadable(t, "it has caught up", s, nil)
	s.leadLocked(raftio.LeaderInfo{ReplicaID: 3, Term: 5})
	wantReadable(t, "it has no leader", s, nil)
	s.since = s.since.Add(-cutOff)
	wantReadable(t, "it is cut off", s, errCutOff)
	s.leadLocked(raftio.LeaderInfo{ReplicaID: 3, Term: 6, LeaderID: 2})
	wantReadable(t, "it is back", s, ErrNoReplica)
	s.catchUp(3)
	s.leadLocked(raftio.LeaderInfo{ReplicaID: 3, Term: 6})
	s.leadLocked(raftio.LeaderInfo{ReplicaID: 3, Term: 7, LeaderID: 2})
	wantReadable(t, "an election was quick", s, nil)

	s = known(1, 2)
	wantReadable(t, "it has no vote", s, ErrNoReplica)
	s = known(3)
	s.leadLocked(raftio.LeaderInfo{ReplicaID: 3, Term: 6})
	s.since = time.Now().Add(-time.Hour)
	wantReadable(t, "it is alone", s, nil)
}

// News of another replica, or of a term that is over, is none.
func TestOldNewsOfALeader(t *testing.T) {
	s := known(1, 2, 3)
	for _, i := range []raftio.LeaderInfo{
		{ReplicaID: 2, Term: 9, LeaderID: 2}, // the one that was here before
		{ReplicaID: 3, Term: 4, LeaderID: 2},
	} {
		if s.leadLocked(i) || s.term != 5 || s.leader != 1 {
			t.Errorf("%+v was taken", i)
		}
	}
}

// A replica takes writes where it leads, and does not give that away.
func TestWhatAReplicaTakes(t *testing.T) {
	s, write := known(1, 2, 3), encodeTick(5, 1)
	if err := s.takes(write); !errors.Is(err, errNotLeading) {
		t.Errorf("a follower: %v", err)
	}
	s.leadLocked(raftio.LeaderInfo{ReplicaID: 3, Term: 6, LeaderID: 3})
	if err := s.takes(write); err != nil {
		t.Errorf("a leader: %v", err)
	}
	if done, err := s.give(2); done || err != nil {
		t.Errorf("it gives: %t, %v", done, err)
	}
	if err := s.takes(write); !errors.Is(err, errGiving) || !errors.Is(err, ErrUnavailable) {
		t.Errorf("while it gives: %v", err)
	}
	if err := s.takes(encodeBarrier()); err != nil {
		t.Errorf("a barrier while it gives: %v", err)
	}
	s.leadLocked(raftio.LeaderInfo{ReplicaID: 3, Term: 7, LeaderID: 2})
	if done, err := s.give(2); !done || err != nil {
		t.Errorf("it has given: %t, %v", done, err)
	}
	s.takeAgain()
}

// Only the log of a replica that has no others beside it is cut early.
func TestWhenALoneLogIsCut(t *testing.T) {
	s := known(3)
	if s.cutDueLocked(5000, 20000) {
		t.Error("it is cut before all members are known")
	}
	s.keep(3, &dragonboat.Membership{ConfigChangeID: 1, Nodes: map[uint64]string{3: "a"}})
	for applied, due := range map[uint64]bool{3999: false, 4000: true, 5000: true} {
		if s.cutDueLocked(applied, 20000) != due {
			t.Errorf("after %d entries", applied)
		}
	}
	if !s.cutDueLocked(50, 50) {
		t.Error("not as often as the configuration says")
	}
	s.cut = 5000
	if s.cutDueLocked(8999, 20000) || !s.cutDueLocked(9000, 20000) {
		t.Error("it does not count from the last cut")
	}
	s.keep(3, &dragonboat.Membership{
		ConfigChangeID: 2, Nodes: map[uint64]string{3: "a"}, NonVotings: map[uint64]string{4: "b"},
	})
	s.config = 2
	if s.cutDueLocked(19000, 20000) {
		t.Error("it is cut while another one catches up")
	}
}
