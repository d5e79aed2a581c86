package actors

import (
	"context"
	"sync"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
)

// task is something the payer owes a booking.
type task struct {
	booking  *sale.Booking
	currency string
}

// payer talks to the payment provider, outside every actor: an actor never waits
// for anything. It tries a task until the provider gives a definite answer,
// always with the same idempotency key, and brings the answer to the event as a
// command. It remembers nothing: what is owed stands in the event's records, and
// each activation offers it again, so a crash at any point loses no payment.
//
// At most Config.MaxPayments calls are under way, and at most payerQueue tasks
// wait; a task beyond that is offered again by its event.
//
// A provider that can take many tasks in one call (payment.Prompt) gets all that
// one commit has brought; what it cannot answer at once is asked by itself. One that
// is near is asked for authorisations before the event's next commit, which so has
// them already: half as many commits, each twice as large, and a booking waits for
// two of them and not for three.
type payer struct {
	node   *Node
	prompt payment.Prompt // nil: the provider takes one at a time
	ctx    context.Context
	cancel context.CancelFunc
	queue  chan job
	mu     struct {
		sync.Mutex
		workers int
		idle    int                  // workers that no queued job counts on
		extra   int                  // queued jobs that count on no worker
		tasks   int                  // in queued jobs
		spare   []task               // memory of a job that is done; nil: none
		busy    map[sale.ID]struct{} // bookings queued or under way: none is worked at twice at a time
		usual   patience             // of workers
		brief   patience             // of events' commits
		farTill time.Time            // the provider was slow, and is not near until then
	}
	done sync.WaitGroup
}

// payerQueue bounds the tasks that wait for a worker: at 100 bytes each, 6 MB.
const payerQueue = 65536

// job is tasks of an event's bookings: all that a commit brought, or one to be
// asked by itself.
type job struct {
	event string
	tasks []task
	alone bool
}

func newPayer(n *Node) *payer {
	p := &payer{node: n, queue: make(chan job, payerQueue)}
	p.prompt, _ = n.cfg.Gateway.(payment.Prompt)
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.mu.busy = map[sale.ID]struct{}{}
	return p
}

// nearTimeout is how long an event's next commit waits for a provider that is near.
// One that takes longer is as good as one that is not, for farPause.
const (
	nearTimeout = 50 * time.Millisecond
	farPause    = time.Second
)

// atOnce asks a provider that is near for the authorisations among the tasks of a
// commit, and returns its news and the tasks that are left for submit. It blocks for
// little more than nearTimeout. It changes the order of ts.
func (p *payer) atOnce(event string, ts []task) (news []*sale.SettlePayment, rest []task) {
	if p.prompt == nil || !p.prompt.Near() {
		return nil, ts
	}
	n := 0
	for i, t := range ts {
		if t.booking.Task() == sale.Authorise {
			ts[n], ts[i] = ts[i], ts[n]
			n++
		}
	}
	began := time.Now()
	p.mu.Lock()
	if n == 0 || p.ctx.Err() != nil || began.Before(p.mu.farTill) {
		p.mu.Unlock()
		return nil, ts
	}
	j := job{event, p.freshLocked(ts[:n]), false}
	p.mu.Unlock()
	if len(j.tasks) == 0 {
		return nil, ts[n:]
	}
	news = p.together(p.patient(&p.mu.brief, nearTimeout), j)
	if now := time.Now(); now.Sub(began) >= nearTimeout {
		p.mu.Lock()
		p.mu.farTill = now.Add(farPause)
		p.mu.Unlock()
	}
	return news, ts[n:]
}

// submit takes tasks, except those whose booking is being worked at; it reports
// false where there was no room for all. It never blocks and keeps no part of ts.
func (p *payer) submit(event string, ts []task) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		return true
	}
	fresh := p.freshLocked(ts)
	switch {
	case len(fresh) == 0:
		return true
	case p.prompt != nil:
		return p.addLocked(job{event, fresh, false})
	}
	room := true
	for i := range fresh {
		room = p.addLocked(job{event, fresh[i : i+1 : i+1], true}) && room
	}
	return room
}

// freshLocked is those of the tasks whose booking is not being worked at; it is from
// now on. The list has memory of its own.
func (p *payer) freshLocked(ts []task) []task {
	fresh := p.mu.spare
	p.mu.spare = nil
	for _, t := range ts {
		before := len(p.mu.busy)
		p.mu.busy[t.booking.ID] = struct{}{}
		if len(p.mu.busy) > before {
			fresh = append(fresh, t)
		}
	}
	if len(fresh) == 0 {
		p.mu.spare = fresh
	}
	return fresh
}

// addLocked queues a job of busy bookings and sees to it that a worker takes it;
// false: there is no room, and they are busy no more.
func (p *payer) addLocked(j job) bool {
	room := p.mu.tasks+len(j.tasks) <= payerQueue
	if room {
		select {
		case p.queue <- j:
		default:
			room = false
		}
	}
	if !room {
		p.node.metrics.refused(boundPayments)
		p.freeLocked(j)
		return false
	}
	p.mu.tasks += len(j.tasks)
	switch {
	case p.mu.idle > 0:
		p.mu.idle--
	case p.mu.workers < p.node.cfg.MaxPayments:
		p.mu.workers++
		p.done.Add(1)
		go p.work()
	default:
		p.mu.extra++
	}
	return true
}

func (p *payer) freeLocked(j job) {
	for _, t := range j.tasks {
		delete(p.mu.busy, t.booking.ID)
	}
}

// waiting is how many tasks wait for a worker.
func (p *payer) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.tasks
}

// workerIdle is how long a worker waits for the next job: long enough that a sale
// under way does not make goroutines all the time.
const workerIdle = 5 * time.Second

// work does jobs until none has come for a while. A worker starts with a job that
// counts on it.
func (p *payer) work() {
	defer p.done.Done()
	timer := time.NewTimer(workerIdle)
	defer timer.Stop()
	for wanted := true; ; wanted = p.next() {
		timer.Reset(workerIdle)
		select {
		case j := <-p.queue:
			p.do(j)
		case <-p.ctx.Done():
			return
		case <-timer.C:
			if !wanted && p.dismiss() {
				return
			}
			// A job has come to count on this worker meanwhile.
			select {
			case j := <-p.queue:
				p.do(j)
			case <-p.ctx.Done():
				return
			}
		}
	}
}

// next ends a worker's job; true: a queued job counts on it already.
func (p *payer) next() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.extra > 0 {
		p.mu.extra--
		return true
	}
	p.mu.idle++
	return false
}

// dismiss lets an idle worker go, unless all of them are counted on.
func (p *payer) dismiss() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.idle == 0 {
		return false
	}
	p.mu.idle--
	p.mu.workers--
	return true
}

// patience is a context that many calls share: making one for each call, with a
// timer of its own, would cost more than asking the sandbox.
type patience struct {
	ctx    context.Context
	cancel context.CancelFunc
	until  time.Time
}

// patient is a context that ends between timeout and 1.25 timeout from now. x is the
// patience of calls with that timeout.
func (p *payer) patient(x *patience, timeout time.Duration) context.Context {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.until.Sub(now) < timeout {
		// The one before ends by itself: calls still use it.
		x.until = now.Add(timeout + timeout/4)
		x.ctx, x.cancel = context.WithDeadline(p.ctx, x.until)
	}
	return x.ctx
}

// stop ends every call and waits for the workers.
func (p *payer) stop() {
	p.cancel()
	p.done.Wait()
}
