package actors

import (
	"context"
	"fmt"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
)

// upkeep is when an event's next checkpoint is due.
type upkeep struct {
	records int // since the last one
	weight  int // of the state then, or when it was loaded: see sale.State.Weight
}

// maxReplay bounds the records that an activation may have to replay, some 1.5 s of
// them, where the state is so large that its size would allow for more.
const maxReplay = 1 << 20

// due says whether there is a checkpoint to write. It goes by the weight of the last one:
// the weight now may grow with every record, and never be reached.
func (u *upkeep) due(every int) bool {
	return u.records >= max(every, min(4*u.weight, maxReplay))
}

// passivateCheckpoint is the number of records from which on an event that leaves
// memory writes a checkpoint first: replaying fewer is as quick as reading one.
const passivateCheckpoint = 64

// load reads the event from the log, off the actor's goroutine.
func (e *event) load() {
	e.node.running.Add(1)
	go func() {
		defer e.node.running.Done()
		e.node.send(e.self, e.node.read(e.self.event))
	}()
}

// read brings an event's state up from its checkpoint and the records after it.
func (n *Node) read(event string) loaded {
	ctx, cancel := context.WithTimeout(context.Background(), n.cfg.CommitTimeout)
	defer cancel()
	h, err := n.cfg.Log.Load(ctx, event)
	if err != nil {
		return loaded{err: fmt.Errorf("%w: %w", ErrUnavailable, err)}
	}
	state, err := replay(event, h)
	return loaded{state: state, tail: len(h.Records), err: err}
}

// replay makes an event's state of what the log has of it.
func replay(event string, h storage.History) (s *sale.State, err error) {
	defer func() { // a log that cannot be replayed is broken: say so, do not guess
		if r := recover(); r != nil {
			s, err = nil, fmt.Errorf("%w: replay %s: %v", ErrUnavailable, event, r)
		}
	}()
	s = sale.New()
	if h.Checkpoint != nil {
		c, err := salepb.DecodeCheckpoint(h.Checkpoint)
		if err != nil {
			return nil, fmt.Errorf("%w: read the checkpoint of %s: %w", ErrUnavailable, event, err)
		}
		s = sale.Restore(c)
	}
	for i, b := range h.Records {
		r, err := salepb.DecodeRecord(b)
		if err != nil {
			return nil, fmt.Errorf("%w: read record %d of %s: %w", ErrUnavailable, h.At+uint64(i)+1, event, err)
		}
		s.Apply(r)
	}
	if s.Version() != h.Version {
		return nil, fmt.Errorf("%w: %s replays to version %d, the log has %d",
			ErrUnavailable, event, s.Version(), h.Version)
	}
	return s, nil
}

// loaded starts deciding, or ends where the event could not be read.
func (e *event) loaded(m loaded) {
	if e.phase == stopping {
		return
	}
	if m.err != nil {
		e.node.cfg.Logger.Error("an event cannot be loaded", "event", e.self.event, "error", m.err)
		for _, c := range e.early {
			c.finish(sale.Answer{}, m.err)
		}
		e.early = nil
		e.end(errMoved)
		return
	}
	e.phase, e.state = ready, m.state
	e.upkeep = upkeep{records: m.tail, weight: m.state.Weight()}
	// A shard's clock is not kept while nothing in it has a deadline: on a machine
	// whose wall clock is behind, the event's time goes on from its last record.
	e.ahead = max(0, e.state.Now()-e.now())
	e.step(&sale.Resume{From: e.self.shard.from, To: e.self.shard.to})
	e.offerTasks()
	for _, c := range e.early {
		e.decide(c)
	}
	e.early = nil
}

// passivate takes an idle event out of memory. It is not idle while anybody is
// inside, a hold lives, or the payer owes it something.
func (e *event) passivate() {
	if e.phase != ready || e.inFlight || !e.batch.empty() || e.waiters.count > 0 || e.state.Busy() {
		return
	}
	if !e.self.gate.closeEmpty() {
		return
	}
	e.phase = stopping
	e.node.events.remove(e.self)
	e.self.due.Store(0)
	if e.upkeep.records >= passivateCheckpoint {
		draft := e.state.Draft()
		e.node.running.Add(1)
		go func() {
			defer e.node.running.Done()
			select {
			case e.node.saving <- struct{}{}:
				e.saveCheckpoint(draft)
			case <-e.node.stop:
			}
		}()
	}
}

// mayCheckpoint says whether there is a checkpoint to write now. If so, the caller is the
// one on the node that may, until saveCheckpoint has or checkpointDone says that it will
// not: events that sell alike have theirs due at the same moment.
func (e *event) mayCheckpoint() bool {
	if !e.upkeep.due(e.node.cfg.CheckpointEvery) {
		return false
	}
	select {
	case e.node.saving <- struct{}{}:
		return true
	default:
		return false
	}
}

// draft makes a checkpoint's draft, or lets the next event write one where it panics.
func (e *event) draft() (d *sale.Draft) {
	defer func() {
		if d == nil {
			e.checkpointDone()
		}
	}()
	return e.state.Draft()
}

// checkpointDone lets the next event write one.
func (e *event) checkpointDone() { <-e.node.saving }

// gently is a rest after the work since the one before: a processor that is gone for 30 ms
// is noticed.
func (n *Node) gently() (rest func()) {
	since := time.Now()
	return func() {
		select {
		case <-time.After(storage.RestAfter(time.Since(since))):
		case <-n.stop:
		}
		since = time.Now()
	}
}

// checkpointTimeout is how long a checkpoint may take: it may be many MiB, which the log
// takes slowly, and nobody waits for it.
const checkpointTimeout = 5 * time.Minute

// saveCheckpoint writes a checkpoint of a committed version. One that cannot be
// written costs a longer replay, nothing else.
func (e *event) saveCheckpoint(d *sale.Draft) {
	defer e.checkpointDone()
	ctx, cancel := context.WithTimeout(e.node.ctx, checkpointTimeout)
	defer cancel()
	data := salepb.EncodeCheckpoint(d.Checkpoint(e.node.gently()))
	err := e.node.cfg.Log.SaveCheckpoint(ctx, e.self.event, e.self.shard.epoch, d.Version(), data)
	switch {
	case err == nil:
		e.node.metrics.checkpoints.Inc()
	case e.node.ctx.Err() == nil: // else the node stops
		e.node.cfg.Logger.Warn("saving a checkpoint", "event", e.self.event, "version", d.Version(), "error", err)
	}
}
