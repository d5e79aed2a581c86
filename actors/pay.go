package actors

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/actors/sale"
)

// do works a job off and brings the news to its event.
func (p *payer) do(j job) {
	p.mu.Lock()
	p.mu.tasks -= len(j.tasks)
	p.mu.Unlock()
	if !j.alone {
		p.together(j)
		return
	}
	news, ok := p.try(j.event, j.tasks[0])
	p.mu.Lock()
	p.freeLocked(j) // before the news: it may bring the next task
	p.mu.Unlock()
	if ok {
		p.node.settle(j.event, []*sale.SettlePayment{news})
	}
}

// together asks a provider that takes many tasks at once. Those that it did not
// answer are asked by themselves.
func (p *payer) together(j job) {
	news := make([]*sale.SettlePayment, 0, len(j.tasks))
	rest := j.tasks[:0:0]
	ctx := p.patient(p.node.cfg.PaymentTimeout)
	answers := make([]payment.Answer, len(j.tasks))
	for _, kind := range []sale.Task{sale.Authorise, sale.Capture} {
		tasks := p.ask(ctx, j, kind, answers)
		for i, t := range tasks {
			if a := answers[i]; a.Err == nil {
				news = append(news, p.news(t, a.Outcome))
			} else {
				rest = append(rest, t)
			}
		}
	}
	for _, t := range j.tasks {
		if t.booking.Task() == sale.Refund {
			rest = append(rest, t)
		}
	}
	p.mu.Lock()
	p.freeLocked(j)
	room := true
	for i, t := range rest {
		p.mu.busy[jobKey{j.event, t.booking.ID}] = struct{}{}
		room = p.addLocked(job{j.event, rest[i : i+1 : i+1], true}) && room
	}
	p.mu.Unlock()
	if !room {
		p.node.remind(j.event)
	}
	if len(news) > 0 {
		p.node.settle(j.event, news)
	}
}

// ask puts the job's tasks of one kind to a provider that takes many, and gives
// back those tasks; their answers are in answers.
func (p *payer) ask(ctx context.Context, j job, kind sale.Task, answers []payment.Answer) []task {
	var tasks []task
	var requests []payment.Request
	var charges []payment.Charge
	for _, t := range j.tasks {
		if t.booking.Task() != kind {
			continue
		}
		tasks = append(tasks, t)
		if kind == sale.Authorise {
			requests = append(requests, p.request(j.event, t))
		} else {
			charges = append(charges, payment.Charge{
				Key: payment.CaptureKey(t.booking.ID.String()), PaymentID: t.booking.PaymentID})
		}
	}
	if len(tasks) == 0 {
		return nil
	}
	began := time.Now()
	if kind == sale.Authorise {
		p.prompt.AuthoriseMany(ctx, requests, answers[:len(tasks)])
	} else {
		p.prompt.CaptureMany(ctx, charges, answers[:len(tasks)])
	}
	p.node.metrics.paymentCall(kind, time.Since(began))
	return tasks
}

// request is what to authorise for a booking.
func (p *payer) request(event string, t task) payment.Request {
	id := t.booking.ID.String()
	return payment.Request{
		Key: payment.AuthKey(id), Amount: t.booking.Total, Currency: t.currency,
		Method: t.booking.Method, Token: t.booking.Token, Event: event, Booking: id,
	}
}

// news is what the event is told of a task that is done.
func (p *payer) news(t task, o payment.Outcome) *sale.SettlePayment {
	n := &sale.SettlePayment{Booking: t.booking.ID, Task: t.booking.Task(),
		Provider: p.node.cfg.Gateway.Name(), PaymentID: t.booking.PaymentID}
	if n.Task == sale.Authorise {
		n.PaymentID, n.Declined, n.Reason = o.PaymentID, o.Declined, o.Reason
	}
	return n
}

// The pauses between two tries of one task; each is drawn from its upper half.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// try asks for one task until the answer is definite or the node stops.
func (p *payer) try(event string, t task) (*sale.SettlePayment, bool) {
	pause := firstPause
	for {
		news, err := p.call(event, t)
		if err == nil {
			return news, true
		}
		p.node.metrics.paymentRetries.Inc()
		if p.ctx.Err() != nil {
			return nil, false
		}
		p.node.cfg.Logger.Warn("the payment provider gave no answer; it is asked again",
			"event", event, "task", t.booking.Task().String(), "error", err)
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
func (p *payer) call(event string, t task) (*sale.SettlePayment, error) {
	ctx := p.patient(p.node.cfg.PaymentTimeout)
	began := time.Now()
	kind, id := t.booking.Task(), t.booking.ID.String()
	defer func() { p.node.metrics.paymentCall(kind, time.Since(began)) }()
	switch kind {
	case sale.Authorise:
		o, err := p.node.cfg.Gateway.Authorise(ctx, p.request(event, t))
		if err != nil && payment.IsDefinite(err) { // asking again cannot help
			p.node.cfg.Logger.Error("the payment provider can make nothing of a booking",
				"event", event, "error", err)
			o, err = payment.Outcome{Declined: true, Reason: reasonInvalid}, nil
		}
		return p.news(t, o), err
	case sale.Capture:
		err := p.node.cfg.Gateway.Capture(ctx, payment.CaptureKey(id), t.booking.PaymentID)
		if errors.Is(err, payment.ErrNotFound) {
			err = p.captureAnew(ctx, p.request(event, t))
		}
		return p.news(t, payment.Outcome{}), err
	case sale.Refund:
		err := p.node.cfg.Gateway.Refund(ctx, payment.RefundKey(id), t.booking.PaymentID)
		if errors.Is(err, payment.ErrNotFound) && t.booking.PaymentID != "" {
			err = p.refundUnseen(ctx, event, id)
		}
		return p.news(t, payment.Outcome{}), err
	}
	return nil, errors.New("nothing is owed")
}
