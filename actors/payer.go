package actors

import (
	"context"
	"errors"
	"math/rand/v2"
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
type payer struct {
	node   *Node
	ctx    context.Context
	cancel context.CancelFunc
	queue  chan job
	mu     struct {
		sync.Mutex
		workers int
		idle    int                 // workers that no queued job counts on
		extra   int                 // queued jobs that count on no worker
		busy    map[jobKey]struct{} // queued or under way
		patience
	}
	done sync.WaitGroup
}

// payerQueue bounds the tasks that wait for a worker: at 100 bytes each, 6 MB.
const payerQueue = 65536

// job is a task of an event's booking.
type job struct {
	event string
	task
}

// jobKey keeps one booking from being worked at twice at a time.
type jobKey struct {
	event   string
	booking sale.ID
}

func newPayer(n *Node) *payer {
	p := &payer{node: n, queue: make(chan job, payerQueue)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.mu.busy = map[jobKey]struct{}{}
	return p
}

// submit takes a task, unless the same booking is being worked at; it reports
// false where the queue is full. It never blocks.
func (p *payer) submit(event string, t task) bool {
	j := job{event, t}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, working := p.mu.busy[j.key()]; working || p.ctx.Err() != nil {
		return true
	}
	select {
	case p.queue <- j:
	default:
		p.node.metrics.refused("payments")
		return false
	}
	p.mu.busy[j.key()] = struct{}{}
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

func (j job) key() jobKey { return jobKey{j.event, j.booking.ID} }

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

// patient is a context that ends between timeout and 1.25 timeout from now.
func (p *payer) patient(timeout time.Duration) context.Context {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := &p.mu.patience; x.until.Sub(now) < timeout {
		// The one before ends by itself: calls still use it.
		x.until = now.Add(timeout + timeout/4)
		x.ctx, x.cancel = context.WithDeadline(p.ctx, x.until)
	}
	return p.mu.ctx
}

// do tries a task until its outcome is known or the node stops.
func (p *payer) do(j job) {
	news, ok := p.try(j)
	p.mu.Lock()
	delete(p.mu.busy, j.key()) // before the news: it may bring the next task
	p.mu.Unlock()
	if ok {
		p.node.settle(j.event, news)
	}
}

// The pauses between two tries of one task; each is drawn from its upper half.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

func (p *payer) try(j job) (*sale.SettlePayment, bool) {
	pause := firstPause
	for {
		news, err := p.call(j)
		if err == nil {
			return news, true
		}
		p.node.metrics.paymentRetries.Inc()
		if p.ctx.Err() != nil {
			return nil, false
		}
		p.node.cfg.Logger.Warn("the payment provider gave no answer; it is asked again",
			"event", j.event, "task", j.booking.Task().String(), "error", err)
		select {
		case <-p.ctx.Done():
			return nil, false
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
		pause = min(2*pause, lastPause)
	}
}

// reasonInvalid is the reason of a decline where the provider could make nothing
// of the request.
const reasonInvalid = "invalid_request"

// call asks the provider once.
func (p *payer) call(j job) (*sale.SettlePayment, error) {
	ctx := p.patient(p.node.cfg.PaymentTimeout)
	began := time.Now()
	b, id := j.booking, j.booking.ID.String()
	news := &sale.SettlePayment{
		Booking: b.ID, Task: b.Task(), Provider: p.node.cfg.Gateway.Name(), PaymentID: b.PaymentID,
	}
	defer func() { p.node.metrics.paymentCall(news.Task, time.Since(began)) }()
	switch news.Task {
	case sale.Authorise:
		o, err := p.node.cfg.Gateway.Authorise(ctx, payment.Request{
			Key: payment.AuthKey(id), Amount: b.Total, Currency: j.currency,
			Method: b.Method, Token: b.Token, Event: j.event, Booking: id,
		})
		news.PaymentID, news.Declined, news.Reason = o.PaymentID, o.Declined, o.Reason
		if err != nil && payment.IsDefinite(err) { // asking again cannot help
			p.node.cfg.Logger.Error("the payment provider can make nothing of a booking",
				"event", j.event, "error", err)
			news.Declined, news.Reason, err = true, reasonInvalid, nil
		}
		return news, err
	case sale.Capture:
		return news, p.node.cfg.Gateway.Capture(ctx, payment.CaptureKey(id), b.PaymentID)
	case sale.Refund:
		return news, p.node.cfg.Gateway.Refund(ctx, payment.RefundKey(id), b.PaymentID)
	}
	return nil, errors.New("nothing is owed")
}

// stop ends every call and waits for the workers.
func (p *payer) stop() {
	p.cancel()
	p.done.Wait()
}
