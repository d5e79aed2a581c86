package storage

import "github.com/lni/dragonboat/v4/raftio"

// listener is what we want to know of the library's events. It is called by the
// library's goroutine, which others wait for: it must return at once.
type listener interface {
	// leaderUpdated: a replica of this node has another leader, or term, or none.
	leaderUpdated(raftio.LeaderInfo)
	// membersChanged: a replica has applied a change, or all, of its membership.
	membersChanged()
	// replicaDeleted: a replica has applied its own removal, and stops.
	replicaDeleted(raftio.NodeInfo)
}

// libraryEvents translates what the library tells.
type libraryEvents struct{ l listener }

var (
	_ raftio.IRaftEventListener   = libraryEvents{}
	_ raftio.ISystemEventListener = libraryEvents{}
)

// LeaderUpdated implements the library's interface, as do the others.
func (e libraryEvents) LeaderUpdated(i raftio.LeaderInfo)           { e.l.leaderUpdated(i) }
func (e libraryEvents) MembershipChanged(raftio.NodeInfo)           { e.l.membersChanged() }
func (e libraryEvents) NodeReady(raftio.NodeInfo)                   { e.l.membersChanged() }
func (e libraryEvents) NodeDeleted(i raftio.NodeInfo)               { e.l.replicaDeleted(i) }
func (e libraryEvents) NodeUnloaded(raftio.NodeInfo)                {}
func (e libraryEvents) NodeHostShuttingDown()                       {}
func (e libraryEvents) ConnectionEstablished(raftio.ConnectionInfo) {}
func (e libraryEvents) ConnectionFailed(raftio.ConnectionInfo)      {}
func (e libraryEvents) SendSnapshotStarted(raftio.SnapshotInfo)     {}
func (e libraryEvents) SendSnapshotCompleted(raftio.SnapshotInfo)   {}
func (e libraryEvents) SendSnapshotAborted(raftio.SnapshotInfo)     {}
func (e libraryEvents) SnapshotReceived(raftio.SnapshotInfo)        {}
func (e libraryEvents) SnapshotRecovered(raftio.SnapshotInfo)       {}
func (e libraryEvents) SnapshotCreated(raftio.SnapshotInfo)         {}
func (e libraryEvents) SnapshotCompacted(raftio.SnapshotInfo)       {}
func (e libraryEvents) LogCompacted(raftio.EntryInfo)               {}
func (e libraryEvents) LogDBCompacted(raftio.EntryInfo)             {}

// leaderUpdated implements listener.
func (l *replicated) leaderUpdated(i raftio.LeaderInfo) {
	if i.ShardID == 0 || i.ShardID >= uint64(len(l.shards)) {
		return
	}
	s := l.shards[i.ShardID]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leadLocked(i) {
		l.board.Post(Leadership{Shard: s.id, Term: s.term, Leader: s.leader == s.replica})
		l.nudge()
	}
}

// membersChanged implements listener.
func (l *replicated) membersChanged() { l.nudge() }

// replicaDeleted implements listener.
func (l *replicated) replicaDeleted(i raftio.NodeInfo) {
	if i.ShardID == 0 || i.ShardID >= uint64(len(l.shards)) {
		return
	}
	s := l.shards[i.ShardID]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replica == i.ReplicaID {
		s.gone = true
		l.nudge()
	}
}
