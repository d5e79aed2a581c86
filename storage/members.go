package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lni/dragonboat/v4"
)

// placementTimeout bounds every call of Placement whose context does not end sooner.
const placementTimeout = 10 * time.Second

// Identity implements Placement.
func (l *replicated) Identity() Identity {
	id := l.dir.now()
	return Identity{
		Node: id.node, Cluster: id.cluster, Incarnation: id.incarnation,
		Shards: id.shards, RaftAddress: id.raftAddress,
	}
}

// Replicas implements Placement.
func (l *replicated) Replicas() []ReplicaStatus {
	l.look()
	var out []ReplicaStatus
	for _, s := range l.shards[1:] {
		if st := s.status(); st.Replica != 0 {
			st.Applied = l.applied(s)
			out = append(out, st)
		}
	}
	return out
}

// applied is the index of the last command that is applied here; 0: none, or closed.
func (l *replicated) applied(s *shard) uint64 {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return 0
	}
	at, err := readApplied(l.db, s.id)
	if err != nil {
		l.cfg.Logger.Error("the state store cannot be read", "shard", s.id, "err", err)
	}
	return at.index
}

// LeaderOf implements Placement.
func (l *replicated) LeaderOf(shard uint64) (address string, term uint64) {
	s, err := l.shard(shard)
	if err != nil {
		return "", 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.voters[s.leader], s.term
}

// within bounds a call of Placement: by ctx, by placementTimeout, by Close.
func (l *replicated) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, placementTimeout)
	stop := context.AfterFunc(l.ending, cancel)
	return ctx, func() { stop(); cancel() }
}

// membership asks the shard's leader for all members, and keeps the answer. It makes
// one attempt.
func (l *replicated) membership(ctx context.Context, s *shard) (*dragonboat.Membership, error) {
	ctx, cancel := context.WithTimeout(ctx, readAttempt)
	defer cancel()
	stop := context.AfterFunc(l.ending, cancel)
	defer stop()
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return nil, errClosed
	}
	replica, _ := s.here()
	m, err := l.host.SyncGetShardMembership(ctx, s.id)
	if err != nil {
		return nil, fmt.Errorf("%w: ask for the members of shard %d: %w", ErrUnavailable, s.id, err)
	}
	s.keep(replica, m)
	return m, nil
}

// keep takes note of a membership, unless a newer one is known.
func (s *shard) keep(replica uint64, m *dragonboat.Membership) {
	known := membership{config: m.ConfigChangeID}
	for id, address := range m.Nodes {
		known.members = append(known.members, Member{id, address, true})
	}
	for id, address := range m.NonVotings {
		known.members = append(known.members, Member{id, address, false})
	}
	slices.SortFunc(known.members, func(a, b Member) int { return cmp.Compare(a.Replica, b.Replica) })
	for id := range m.Removed {
		known.removed = append(known.removed, id)
	}
	slices.Sort(known.removed)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replica == replica && s.members.config < known.config {
		s.members = known
	}
}

// request asks the library for a change of a membership that it has found there; nil
// says that there is nothing to change.
type request func(m *dragonboat.Membership, timeout time.Duration) (*dragonboat.RequestState, error)

// change changes a shard's membership. The library makes sure that the membership is
// still the one that the request was made from. What it says no to, or leaves open,
// is asked again with the membership as it is then: so a request must be one that
// finds out that it was done.
func (l *replicated) change(ctx context.Context, shard uint64, what string, ask request) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	s, err := l.shard(shard)
	unknown := false
	for err == nil {
		var done, sent bool
		done, sent, err = l.changeOnce(ctx, s, ask)
		unknown = unknown || sent
		if done || errors.Is(err, errNotLeading) || errors.Is(err, errRefused) || errors.Is(err, errClosed) {
			break
		}
		if !pause(ctx, retryPause) {
			if err == nil {
				err = fmt.Errorf("%w: there was no time to see it done", ErrUnavailable)
			}
			break
		}
		err = nil
	}
	if err == nil {
		return nil
	}
	if unknown && !errors.Is(err, errRefused) {
		return fmt.Errorf("%s of shard %d: %w: %v", what, shard, ErrUnknown, err)
	}
	return fmt.Errorf("%s of shard %d: %w", what, shard, err)
}

// errRefused is the ErrUnavailable of a change that cannot be made.
var errRefused = fmt.Errorf("%w: it cannot be", ErrUnavailable)

// changeOnce makes one attempt. done: there is nothing left to do; sent: the outcome
// is not known.
func (l *replicated) changeOnce(ctx context.Context, s *shard, ask request) (done, sent bool, err error) {
	if !s.leads() {
		return false, false, errNotLeading
	}
	m, err := l.membership(ctx, s)
	if err != nil {
		return false, false, err
	}
	rs, err := l.ask(m, ask)
	if err != nil || rs == nil {
		return err == nil, false, err
	}
	select {
	case r := <-rs.ResultC():
		return r.Completed(), !r.Completed() && !r.Rejected() && !r.Dropped(), nil
	case <-ctx.Done():
		return false, true, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
}

func (l *replicated) ask(m *dragonboat.Membership, ask request) (*dragonboat.RequestState, error) {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return nil, errClosed
	}
	rs, err := ask(m, l.cfg.ProposalTimeout)
	if err != nil && !errors.Is(err, ErrUnavailable) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return rs, err
}

// pause waits; false if the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// AddReplica implements Placement.
func (l *replicated) AddReplica(ctx context.Context, shard uint64, address string) (replica uint64, err error) {
	if l.cfg.RaftAddress == "" {
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, errAlone)
	}
	if !validAddress(address) {
		return 0, fmt.Errorf("%w: address %q is not host:port", ErrUnavailable, address)
	}
	if s, err := l.shard(shard); err == nil {
		l.cutForNewcomer(ctx, s)
	}
	err = l.change(ctx, shard, "add a replica", func(m *dragonboat.Membership, d time.Duration) (
		*dragonboat.RequestState, error) {
		if id := at(m.NonVotings, address); id != 0 {
			replica = id
			return nil, nil
		}
		if id := at(m.Nodes, address); id != 0 {
			return nil, fmt.Errorf("%w: replica %d is at %s", errRefused, id, address)
		}
		replica = next(m)
		return l.host.RequestAddNonVoting(shard, replica, address, m.ConfigChangeID, d)
	})
	if err != nil {
		return 0, err
	}
	return replica, nil
}

// at finds the replica at an address, 0 if there is none.
func at(members map[uint64]string, address string) uint64 {
	for id, a := range members {
		if strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(address)) {
			return id
		}
	}
	return 0
}

// next is a replica id that the shard never had.
func next(m *dragonboat.Membership) (id uint64) {
	for _, members := range []map[uint64]string{m.Nodes, m.NonVotings, m.Witnesses} {
		for known := range members {
			id = max(id, known)
		}
	}
	for known := range m.Removed {
		id = max(id, known)
	}
	return id + 1
}

// Promote implements Placement.
func (l *replicated) Promote(ctx context.Context, shard, replica uint64) error {
	return l.change(ctx, shard, "promote a replica", func(m *dragonboat.Membership, d time.Duration) (
		*dragonboat.RequestState, error) {
		if _, done := m.Nodes[replica]; done {
			return nil, nil
		}
		address, ok := m.NonVotings[replica]
		if !ok {
			return nil, fmt.Errorf("%w: there is no replica %d", errRefused, replica)
		}
		return l.host.RequestAddReplica(shard, replica, address, m.ConfigChangeID, d)
	})
}

// RemoveReplica implements Placement.
func (l *replicated) RemoveReplica(ctx context.Context, shard, replica uint64) error {
	return l.change(ctx, shard, "remove a replica", func(m *dragonboat.Membership, d time.Duration) (
		*dragonboat.RequestState, error) {
		_, voter := m.Nodes[replica]
		if _, learner := m.NonVotings[replica]; !voter && !learner {
			return nil, nil
		}
		if here, _ := l.shards[shard].here(); here == replica {
			return nil, fmt.Errorf("%w: replica %d leads", errRefused, replica)
		}
		return l.host.RequestDeleteReplica(shard, replica, m.ConfigChangeID, d)
	})
}
