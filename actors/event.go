package actors

import (
	"fmt"
	"runtime/debug"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"

	"github.com/asynkron/protoactor-go/actor"
)

// The messages of an event's actor besides *call and []*sale.SettlePayment.
type (
	begin     struct{}                             // load the event
	tickDue   struct{}                             // a deadline has come
	passivate struct{}                             // leave memory if there is nothing to do
	stepDown  struct{}                             // the shard is no longer ours: answer everybody, end
	impatient struct{}                             // the node stops soon: nobody waits for a payment any longer
	emptied   struct{}                             // the last command inside was answered: time to go
	resubmit  struct{}                             // the payer was full: offer the owed tasks again later
	committed struct{ news []*sale.SettlePayment } // the batch in flight is durable
	loaded    struct {
		state *sale.State
		tail  int // records behind its checkpoint
		err   error
	}
	failed struct{ err error } // the batch in flight is not, or nobody knows
)

// phase is where an activation stands in its life.
type phase uint8

const (
	loading  phase = iota // commands wait in early
	ready                 // commands are decided
	stopping              // commands are sent on: errMoved
)

// event is the actor of one event: the only goroutine that touches its state. It
// decides and applies at once and collects what it decided in a batch; one batch
// is in flight, the next one fills. Nobody is answered before the batch that his
// answer depends on is durable.
type event struct {
	node *Node
	self *activation

	phase    phase
	early    []*call // arrived while loading
	state    *sale.State
	ahead    catalog.Time // of the shard's time, where the event's last record was ahead of it
	clock    reading
	deciding *call
	batch    *batch // filling
	inFlight bool
	waiters  waiters

	upkeep     upkeep
	retryTasks bool
	left       bool
}

func newEvent(n *Node, a *activation) *event {
	return &event{node: n, self: a, batch: newBatch()}
}

// Receive is the actor: one message at a time. A panic in it is a bug or a broken
// log; it ends this activation, and the next one starts from the log.
func (e *event) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *actor.Stopped:
		e.node.running.Done()
	case actor.AutoReceiveMessage, actor.SystemMessage:
	default:
		queued := e.self.queued.Add(-1)
		_, command := m.(*call)
		e.clock.look(e, command && queued > 0)
		defer e.leave(ctx)
		defer e.rescue()
		e.handle(m)
		if e.phase == ready {
			e.updateDue()
			e.flush()
		}
	}
}

// leave ends the actor once nobody is inside and nothing is in flight.
func (e *event) leave(ctx actor.Context) {
	if e.phase == stopping && !e.inFlight && !e.left && e.self.gate.inside() == 0 {
		e.left = true
		ctx.Poison(ctx.Self())
	}
}

// rescue ends an activation that panicked.
func (e *event) rescue() {
	r := recover()
	if r == nil {
		return
	}
	e.node.metrics.panics.Inc()
	e.node.cfg.Logger.Error("an event panicked; it starts again from the log",
		"event", e.self.event, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
	if c := e.deciding; c != nil {
		e.deciding = nil
		c.finish(sale.Answer{}, fmt.Errorf("%w: deciding it went wrong", ErrUnavailable))
	}
	e.end(ErrUnavailable) // what the panic left in the batch is dropped unsent
}

func (e *event) handle(m any) {
	switch m := m.(type) {
	case *call:
		e.call(m)
	case []*sale.SettlePayment:
		e.hear(m)
	case begin:
		e.load()
	case loaded:
		e.loaded(m)
	case committed:
		e.inFlight = false
		if e.hear(m.news); e.phase == stopping {
			e.end(errMoved)
		}
	case failed:
		e.inFlight = false
		e.end(m.err)
	case tickDue:
		e.tick()
	case passivate:
		e.passivate()
	case resubmit:
		e.retryTasks = true
	case impatient:
		e.tellPending(e.waiters.latest)
	case stepDown:
		e.stepDown()
	}
}

// reading is what the clocks said when the actor last looked. A booking looks five
// times, so commands that stand in the mailbox together share one look, at most
// maxShared of them: a few tens of microseconds, where times are milliseconds.
type reading struct {
	wall   time.Time    // and monotonic
	shard  catalog.Time // the shard's time
	shared int          // how many more messages may use it
}

const maxShared = 16

// look reads the clocks for a message, unless it shares the look of those before;
// share: the next message is there already, and this one does not take long.
func (r *reading) look(e *event, share bool) {
	if r.shared--; r.shared < 0 {
		r.wall, r.shard, r.shared = time.Now(), e.self.shard.time(e.node.clock), maxShared
	}
	if !share {
		r.shared = 0
	}
}

// now is the time that a record made now carries.
func (e *event) now() catalog.Time { return e.clock.shard + e.ahead }

// call decides one command.
func (e *event) call(c *call) {
	if !c.take() {
		c.gate.leave()
		c.put()
		return
	}
	if e.phase == loading {
		e.early = append(e.early, c)
		return
	}
	e.decide(c)
}

func (e *event) decide(c *call) {
	switch {
	case e.phase == stopping:
		c.finish(sale.Answer{}, errMoved)
		return
	case e.clock.wall.After(c.deadline):
		e.node.metrics.refused(boundDeadline)
		c.finish(sale.Answer{}, fmt.Errorf("%w: the deadline passed before it was decided", ErrUnavailable))
		return
	case e.tooLate(c):
		e.shedLate(c)
		return
	}
	e.deciding = c
	answer := e.answer(c)
	e.deciding = nil
	if _, books := c.cmd.(*sale.Book); books && pending(answer) && e.waiters.count < e.node.cfg.MaxWaiting {
		e.waiters.add(answer.Booking.ID, c, e.patience(c))
		return
	}
	e.batch.reply(c, answer)
}

// pending reports whether an answer is a booking whose payment is undecided.
func pending(a sale.Answer) bool {
	return a.Refusal == nil && a.Booking != nil && a.Booking.Status == sale.Pending
}

// step makes a command happen in memory and puts what it made into the batch.
func (e *event) step(cmd sale.Command) sale.Answer {
	records, answer := e.state.Step(e.now(), cmd, e.batch.records)
	e.upkeep.records += len(records) - len(e.batch.records)
	e.batch.records = records
	if b := answer.Booking; b != nil && b.Task() != sale.NoTask && writes(cmd) {
		e.batch.tasks = append(e.batch.tasks, task{b, answer.Plan.Currency()})
	}
	return answer
}

// hear takes all that the payer has told at one time.
func (e *event) hear(news []*sale.SettlePayment) {
	for _, n := range news {
		e.settle(n)
	}
	giveBack(news)
}

// settle takes the payer's news, and answers those who waited for it.
func (e *event) settle(cmd *sale.SettlePayment) {
	if e.phase != ready {
		return // the next activation finds the task still owed and asks again
	}
	news := e.step(cmd)
	if !e.waiters.waiting(cmd.Booking) {
		return // it was a capture, or its caller has been told that it is pending
	}
	if outcome := e.state.Outcome(cmd.Booking); !pending(outcome) {
		outcome.Version = news.Version
		e.waiters.answer(cmd.Booking, func(c *call) { e.batch.reply(c, outcome) })
	}
}

// tick ends what is due: holds, patience with the payer, a full payer.
func (e *event) tick() {
	if e.phase != ready {
		return
	}
	e.step(&sale.Tick{})
	e.tellPending(e.clock.wall)
	if e.retryTasks {
		e.retryTasks = false
		e.offerTasks()
	}
}

// tellPending answers those who wait for a payment and whose patience ends until then.
func (e *event) tellPending(until time.Time) {
	e.waiters.expire(until, func(id sale.ID, c *call) { e.batch.reply(c, e.state.Outcome(id)) })
}

// offerTasks gives the payer everything that is owed.
func (e *event) offerTasks() {
	for b := range e.state.Tasks() {
		e.batch.tasks = append(e.batch.tasks, task{b, e.state.Plan().Currency()})
	}
}

// taskPause is how long a full payer is left alone.
const taskPause = 500 // milliseconds

// updateDue tells the node's ticker when to come back: for the first deadline,
// the first patience that ends, or a payer that was full. Once a message is enough.
func (e *event) updateDue() {
	due := e.state.Due()
	e.self.pace.parked.Store(int64(e.waiters.count))
	sooner := func(t catalog.Time) {
		if due == 0 || t < due {
			due = t
		}
	}
	if until, any := e.waiters.next(); any {
		sooner(e.now() + catalog.Time(until.Sub(e.clock.wall).Milliseconds()))
	}
	if e.retryTasks {
		sooner(e.now() + taskPause)
	}
	if due != 0 {
		due = max(1, due-e.ahead) // the ticker goes by the shard's time
	}
	e.self.due.Store(int64(due))
}

// stepDown stops deciding. What is in flight may still commit and is answered
// then; what is not sent is sent on to the next activation.
func (e *event) stepDown() {
	if e.phase == stopping {
		return
	}
	if e.inFlight {
		e.close()
		return // end comes with committed or failed
	}
	e.end(errMoved)
}

// close lets nobody in any more and takes the activation out of the registry.
func (e *event) close() {
	e.phase = stopping
	e.self.gate.close()
	e.node.events.remove(e.self)
}

// end answers everybody who is still inside: those who wait for a payment are to
// ask the next activation how it ends, the rest was not sent to the log. cause is
// for the log.
func (e *event) end(cause error) {
	e.close()
	if cause != errMoved {
		e.node.cfg.Logger.Warn("an event leaves memory and starts again from the log",
			"event", e.self.event, "error", cause)
	}
	for _, c := range e.early {
		c.finish(sale.Answer{}, errMoved)
	}
	e.early = nil
	e.batch.fail(errMoved)
	e.waiters.all(func(c *call) { c.finish(sale.Answer{}, errBegun) })
	e.self.due.Store(0)
}
