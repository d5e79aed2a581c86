package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb"
	"boxoffice/storage"
)

// batch is what one commit carries: the records of many commands, and the answers
// that go out once it is durable. A batch without records carries answers that
// only read: it confirms that the shard is still ours.
type batch struct {
	records []sale.Record
	replies []reply
	tasks   []task // the payer gets them once the batch is durable

	base    uint64 // version of the event before the batch
	summary sale.Summary
	busy    bool
	details *salepb.Details // nil: unchanged
	save    *sale.Draft

	bytes []byte // encoded records, reused
	parts [][]byte
}

// reply is an answer that waits for its batch.
type reply struct {
	call   *call
	answer sale.Answer
}

var batches = sync.Pool{New: func() any { return &batch{} }}

func newBatch() *batch { return batches.Get().(*batch) }

// reply puts an answer behind the batch.
func (b *batch) reply(c *call, a sale.Answer) { b.replies = append(b.replies, reply{c, a}) }

func (b *batch) empty() bool { return len(b.records) == 0 && len(b.replies) == 0 && len(b.tasks) == 0 }

// fail answers everybody in the batch with an error and empties it.
func (b *batch) fail(err error) {
	for _, r := range b.replies {
		r.call.finish(sale.Answer{}, err)
	}
	b.reset()
}

// reset empties the batch and keeps its memory, unless it grew beyond reason.
func (b *batch) reset() {
	clear(b.records)
	clear(b.replies)
	clear(b.tasks)
	clear(b.parts)
	*b = batch{records: b.records[:0], replies: b.replies[:0], tasks: b.tasks[:0],
		bytes: b.bytes[:0], parts: b.parts[:0]}
	if cap(b.bytes) > 4<<20 {
		b.bytes = nil
	}
}

// flush sends the filling batch of a ready event to the log, unless one is in flight or more
// commands for it are already in the mailbox.
func (e *event) flush() {
	b := e.batch
	if e.inFlight || b.empty() {
		return
	}
	if e.self.queued.Load() > 0 && len(b.replies) < e.node.cfg.MaxBatch {
		return
	}
	b.base = e.state.Version() - uint64(len(b.records))
	if len(b.records) > 0 {
		e.describe(b)
	}
	e.inFlight = true
	e.batch = newBatch()
	e.node.running.Add(1)
	e.node.pool.Schedule(func() { e.commit(b) })
}

// describe adds what readers see of the event as of the end of the batch.
func (e *event) describe(b *batch) {
	b.summary = e.state.Summary()
	b.busy = e.state.Busy()
	e.self.counts.holds.Store(int64(b.summary.Holds))
	e.self.counts.bookings.Store(int64(b.summary.Bookings))
	e.self.counts.waiting.Store(int64(b.summary.Waiting))
	e.self.counts.shopping.Store(int64(b.summary.Active))
	b.details = e.details(b.records)
	if e.mayCheckpoint() {
		b.save = e.draft()
		e.upkeep = upkeep{weight: e.state.Weight()}
	}
}

// details is the constant part of the view after records that were applied; nil where
// they do not change it. That of an event that was removed is empty, so that who follows
// what is described learns of the removal.
func (e *event) details(records []sale.Record) (d *salepb.Details) {
	for _, r := range records {
		switch r := r.(type) {
		case *sale.EventDefined:
			d = &salepb.Details{Event: r.Event}
		case *sale.QueueSteered: // it changes what the event says of its waiting room
			_, now := e.state.Decide(e.now(), &sale.ShowEvent{}, nil)
			d = &salepb.Details{Event: now.Event}
		case *sale.EventRemoved:
			d = &salepb.Details{}
		}
	}
	if d != nil && d.Event != nil {
		d.MinPrice, d.MaxPrice = e.state.Plan().PriceRange()
	}
	return d
}

// commit makes a batch durable and answers. It runs on a goroutine of its own,
// one at a time for an event.
func (e *event) commit(b *batch) {
	defer e.node.running.Done()
	began := time.Now()
	e.self.pace.begin(began.Sub(e.node.clock.start))
	ctx, cancel := context.WithTimeout(context.Background(), e.node.cfg.CommitTimeout)
	err := e.write(ctx, b)
	cancel()
	e.self.pace.done(time.Since(e.node.clock.start))
	if err != nil {
		e.commitFailed(b, err)
		return
	}
	if len(b.tasks) == 0 {
		e.node.send(e.self, committed{}) // first, so that the next batch goes out meanwhile
	}
	e.node.metrics.committed(len(b.records), len(b.replies), time.Since(began))
	e.node.metrics.moved(b.records)
	if len(b.records) > 0 {
		e.node.news.beat(e.self.event)
	}
	for _, r := range b.replies {
		r.call.finish(r.answer, nil)
	}
	if len(b.tasks) > 0 {
		e.pay(b.tasks)
	}
	save := b.save
	b.reset()
	batches.Put(b)
	if save != nil {
		e.saveCheckpoint(save)
	}
}

// pay gives the tasks that a commit brought to the payer, and says that it is done. What
// the payer knows at once comes with that: the next batch then has it.
func (e *event) pay(tasks []task) {
	news, rest := e.node.payer.atOnce(e.self.event, tasks)
	e.node.send(e.self, committed{news})
	if !e.node.payer.submit(e.self.event, rest) {
		e.node.send(e.self, resubmit{})
	}
}

// write encodes the batch and gives it to the log.
func (e *event) write(ctx context.Context, b *batch) error {
	if len(b.records) == 0 {
		err := e.node.cfg.Log.Confirm(ctx, e.self.shard.id, e.self.shard.epoch)
		if err != nil && !errors.Is(err, storage.ErrFenced) {
			return fmt.Errorf("%w: %w", storage.ErrUnavailable, err) // it only reads
		}
		return err
	}
	for _, r := range b.records {
		start := len(b.bytes)
		b.bytes = salepb.AppendRecord(b.bytes, r)
		b.parts = append(b.parts, b.bytes[start:len(b.bytes):len(b.bytes)])
	}
	batch := storage.Batch{
		Event: e.self.event, Epoch: e.self.shard.epoch, Base: b.base, Records: b.parts,
		Summary: salepb.AppendSummary(nil, b.summary), Busy: b.busy,
	}
	if b.details != nil {
		batch.Details = salepb.EncodeDetails(*b.details)
	}
	return e.node.cfg.Log.Append(ctx, batch)
}

// commitFailed closes the activation, so that a caller who tries again finds the
// next one, and then answers: what was fenced, or found no leader, was not done and
// may follow the event; so was what found no space, which is nowhere else either; of
// the rest nobody knows.
func (e *event) commitFailed(b *batch, err error) {
	e.self.gate.close()
	e.node.events.remove(e.self)
	if b.save != nil {
		e.checkpointDone()
	}
	answer := ErrUnknown
	switch {
	case errors.Is(err, storage.ErrNoSpace):
		answer = fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.Is(err, storage.ErrFenced), errors.Is(err, storage.ErrUnavailable):
		answer = errMoved
	}
	b.fail(answer)
	batches.Put(b)
	e.node.send(e.self, failed{err})
}
