package storage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/lni/dragonboat/v4"
	"github.com/lni/dragonboat/v4/raftio"
	sm "github.com/lni/dragonboat/v4/statemachine"
)

// startAll starts the replicas that the directory has, and finishes what a process
// before has begun to drop.
func (l *replicated) startAll() error {
	for _, r := range l.dir.now().replicas {
		if r.shard == 0 || r.shard > l.cfg.Shards+1 {
			return fmt.Errorf("the node's identity has a replica of shard %d", r.shard)
		}
		s := l.shards[r.shard]
		if r.condition == dropping {
			if err := l.clear(l.ending, s, r.id); err != nil {
				return err
			}
			continue
		}
		if err := l.checkWhole(r); err != nil {
			return err
		}
		s.settleIn(r)
		err := l.launch(l.ending, r)
		if errors.Is(err, dragonboat.ErrReplicaRemoved) { // an id that was dropped before came back
			s.settleIn(replica{})
			err = l.clear(l.ending, s, r.id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkWhole is nil unless the replica has promised something and its log is lost, or
// its log is new and its state is not: the library would end the process, or worse.
func (l *replicated) checkWhole(r replica) error {
	has := l.host.HasNodeInfo(r.shard, r.id)
	if !has && r.begun() == r.condition {
		return l.dir.notWhole(fmt.Sprintf("%s: replica %d of shard %d", raftDir, r.id, r.shard))
	}
	if has {
		return nil
	}
	return l.eraseState(r.shard)
}

// launch starts a replica. It waits while the one before it is not quite stopped.
func (l *replicated) launch(ctx context.Context, r replica) error {
	for {
		err := l.launchOnce(r)
		if !errors.Is(err, dragonboat.ErrShardAlreadyExist) {
			return err
		}
		if !pause(ctx, retryPause) {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

func (l *replicated) launchOnce(r replica) (err error) {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return errClosed
	}
	defer func() {
		if p := recover(); p != nil { // on an error of the disk
			err = fmt.Errorf("%w: start replica %d of shard %d: %v", ErrUnavailable, r.id, r.shard, p)
		}
	}()
	create := func(shard, _ uint64) sm.IOnDiskStateMachine {
		m := newMachine(l.db, shard)
		m.dir, m.pace, m.arrived = filepath.Join(l.dir.path, stateDir), l.pace, l.shards[shard].arrivedAt
		return m
	}
	if err := l.host.StartOnDiskReplica(r.members, r.joins(), create, replicaConfig(r, &l.cfg)); err != nil {
		return fmt.Errorf("%w: start replica %d of shard %d: %w", ErrUnavailable, r.id, r.shard, err)
	}
	return nil
}

// hold makes the caller the only one that starts or stops the shard's replica, until
// it calls what it gets.
func (s *shard) hold(ctx context.Context) (release func(), err error) {
	select {
	case s.moving <- struct{}{}:
		return func() { <-s.moving }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: the replica is started or stopped by another call: %w", ErrUnavailable, ctx.Err())
	}
}

// StartReplica implements Placement.
func (l *replicated) StartReplica(ctx context.Context, shard, replica uint64) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	s, err := l.shard(shard)
	if err != nil {
		return err
	}
	return l.start(ctx, s, replica)
}

func (l *replicated) start(ctx context.Context, s *shard, id uint64) error {
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	if kept, ok := l.dir.now().replica(s.id); ok {
		if kept.id == id && kept.condition != dropping {
			return nil
		}
		return fmt.Errorf("%w: start replica %d of shard %d: replica %d is here and must be dropped first",
			ErrUnavailable, id, s.id, kept.id)
	}
	if id == 0 || l.cfg.RaftAddress == "" {
		return fmt.Errorf("%w: start replica %d of shard %d: there is none, or %w", ErrUnavailable, id, s.id, errAlone)
	}
	r := replica{shard: s.id, id: id, condition: joining}
	if err := l.empty(r); err != nil {
		return err
	}
	if err := l.dir.change(func(i *identity) { i.put(r) }); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s.settleIn(r)
	if err := l.launch(ctx, r); err != nil {
		s.settleIn(replica{})
		return errors.Join(err, l.dir.change(func(i *identity) { i.forget(s.id) }))
	}
	r.condition = joined
	if err := l.dir.change(func(i *identity) { i.put(r) }); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	l.nudge()
	return nil
}

// empty makes sure that a replica that is started for the first time finds nothing.
func (l *replicated) empty(r replica) error {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return errClosed
	}
	if l.host.HasNodeInfo(r.shard, r.id) {
		return fmt.Errorf("%w: start replica %d of shard %d: it was here before, and an id cannot come back",
			ErrUnavailable, r.id, r.shard)
	}
	return l.eraseState(r.shard)
}

// DropReplica implements Placement.
func (l *replicated) DropReplica(ctx context.Context, shard, replica uint64) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	s, err := l.shard(shard)
	if err == nil {
		err = l.drop(ctx, s, replica)
	}
	if err != nil {
		return fmt.Errorf("drop replica %d of shard %d: %w", replica, shard, err)
	}
	return nil
}

func (l *replicated) drop(ctx context.Context, s *shard, id uint64) error {
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	kept, ok := l.dir.now().replica(s.id)
	if !ok || kept.id != id {
		return nil
	}
	kept.condition = dropping
	if err := l.dir.change(func(i *identity) { i.put(kept) }); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	l.vanish(s, 0)
	return l.clear(ctx, s, id)
}

// vanish takes note that the replica leads nothing and knows nothing any more, before
// it is stopped. What is read from now on finds replica there, or 0.
func (l *replicated) vanish(s *shard, replica uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replica = replica
	s.leader, s.since, s.current = raftio.NoLeader, time.Now(), false
	l.board.Post(Leadership{Shard: s.id, Term: s.term})
}

// clear deletes all that a replica has on the disk, and then forgets it.
func (l *replicated) clear(ctx context.Context, s *shard, id uint64) error {
	for {
		done, err := l.clearOnce(s.id, id)
		if err != nil {
			return err
		}
		if done {
			break
		}
		if !pause(ctx, retryPause) {
			return fmt.Errorf("%w: the replica has not stopped: %w", ErrUnavailable, ctx.Err())
		}
	}
	l.cfg.Logger.Info("a replica was dropped", "shard", s.id, "replica", id)
	return l.dir.change(func(i *identity) { i.forget(s.id) })
}

// clearOnce is false while the replica has not stopped.
func (l *replicated) clearOnce(shard, id uint64) (done bool, err error) {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return false, errClosed
	}
	if err := l.stopReplica(shard, id); err != nil {
		return false, err
	}
	defer func() {
		if p := recover(); p != nil { // on an error of the disk
			done, err = false, fmt.Errorf("%w: %v", ErrUnavailable, p)
		}
	}()
	switch err := l.host.RemoveData(shard, id); {
	case errors.Is(err, dragonboat.ErrShardNotStopped):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("%w: delete the raft log: %w", ErrUnavailable, err)
	}
	return true, l.eraseState(shard)
}

// stopReplica begins to stop a replica; one that does not run is stopped.
func (l *replicated) stopReplica(shard, id uint64) error {
	if err := l.host.StopReplica(shard, id); err != nil && !errors.Is(err, dragonboat.ErrShardNotFound) {
		return fmt.Errorf("%w: stop the replica: %w", ErrUnavailable, err)
	}
	return nil
}

// eraseState deletes all that the state store has of a shard.
func (l *replicated) eraseState(shard uint64) error {
	b := l.db.NewBatch()
	defer func() { _ = b.Close() }() // committed or given up
	if err := b.Delete(appliedKey(shard), nil); err != nil {
		return err
	}
	first, last := dataPrefix(shard, 0), after(dataPrefix(shard, ^uint32(0)))
	if err := b.DeleteRange(first, last, nil); err != nil {
		return err
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("%w: delete the state of shard %d: %w", ErrUnavailable, shard, err)
	}
	return nil
}

// restart starts a replica again that the directory has and the library does not run.
func (l *replicated) restart(s *shard) error {
	ctx, cancel := l.within(l.ending)
	defer cancel()
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	kept, ok := l.dir.now().replica(s.id)
	if !ok || kept.condition == dropping || l.look()[s.id] {
		return nil
	}
	return l.launch(ctx, kept)
}

// Settle implements Placement.
func (l *replicated) Settle(ctx context.Context, shard uint64) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	s, err := l.shard(shard)
	if err == nil {
		err = l.slow(ctx, s)
	}
	if err != nil {
		return fmt.Errorf("settle the replica of shard %d: %w", shard, err)
	}
	return nil
}

// slow restarts a hasty replica with the times of one among several.
func (l *replicated) slow(ctx context.Context, s *shard) error {
	release, err := s.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	kept, ok := l.dir.now().replica(s.id)
	if !ok || kept.condition == dropping {
		return ErrNoReplica
	}
	if !kept.hasty() {
		return nil
	}
	if err := s.maySettle(); err != nil {
		return err
	}
	kept.condition = settled
	if err := l.dir.change(func(i *identity) { i.put(kept) }); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	l.vanish(s, kept.id)
	if err := l.halt(kept); err != nil {
		return err
	}
	s.mu.Lock()
	s.hasty = false
	s.mu.Unlock()
	return l.launch(ctx, kept) // tend would do it, if there is no time
}

func (l *replicated) halt(r replica) error {
	l.life.RLock()
	defer l.life.RUnlock()
	if l.life.closed {
		return errClosed
	}
	return l.stopReplica(r.shard, r.id)
}

// maySettle is nil if the replica can be stopped for a moment.
func (s *shard) maySettle() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.leader == s.replica:
		return fmt.Errorf("%w: it leads", ErrUnavailable)
	case len(s.voters) < 2:
		return fmt.Errorf("%w: it is the only one with a vote", ErrUnavailable)
	case s.leader == raftio.NoLeader:
		return fmt.Errorf("%w: the shard has no leader", ErrUnavailable)
	}
	return nil
}

// Retire implements Placement.
func (l *replicated) Retire() error {
	return l.dir.change(func(i *identity) { i.removed = true })
}
