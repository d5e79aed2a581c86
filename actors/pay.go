package actors

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
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
		news := p.together(p.patient(&p.mu.usual, p.node.cfg.PaymentTimeout), j)
		if len(news) > 0 {
			p.node.settle(j.event, news)
		}
		return
	}
	news, ok := p.try(j.event, j.tasks[0])
	p.mu.Lock()
	p.freeLocked(j) // before the news: it may bring the next task
	p.mu.Unlock()
	if ok {
		p.node.settle(j.event, []*sale.SettlePayment{&news})
	}
}

// together asks a provider that takes many tasks at once, and returns its news. Those
// that it did not answer are asked by themselves.
func (p *payer) together(ctx context.Context, j job) []*sale.SettlePayment {
	news := newsFor(len(j.tasks))
	told := 0
	rest := j.tasks[:0:0]
	r := rounds.Get().(*round)
	for _, kind := range [...]sale.Task{sale.Authorise, sale.Capture} {
		p.ask(ctx, j, kind, r)
		for i, t := range r.tasks {
			if a := &r.answers[i]; a.Err == nil {
				*news[told] = p.news(t, a.Outcome)
				told++
			} else {
				rest = append(rest, t)
			}
		}
	}
	r.reset()
	rounds.Put(r)
	for _, t := range j.tasks {
		if t.booking.Task() == sale.Refund {
			rest = append(rest, t)
		}
	}
	p.mu.Lock()
	p.freeLocked(j)
	room := true
	for i, t := range rest {
		p.mu.busy[t.booking.ID] = struct{}{}
		room = p.addLocked(job{j.event, rest[i : i+1 : i+1], true}) && room
	}
	if clear(j.tasks); cap(j.tasks) <= maxRound {
		p.mu.spare = j.tasks[:0]
	}
	p.mu.Unlock()
	if !room {
		p.node.remind(j.event)
	}
	return news[:told]
}

// The news of a commit goes to the event in one message, and comes back to be used
// for another one: the event keeps nothing of it.
var usedNews sync.Pool

// newsFor is room for n pieces of news.
func newsFor(n int) []*sale.SettlePayment {
	var news []*sale.SettlePayment
	if used, ok := usedNews.Get().(*[]*sale.SettlePayment); ok {
		news = *used
	}
	if more := n - len(news); more > 0 {
		fresh := make([]sale.SettlePayment, more)
		for i := range fresh {
			news = append(news, &fresh[i])
		}
	}
	return slices.Clip(news)[:n] // giveBack finds all of it again by its capacity
}

// giveBack takes news that the event has heard.
func giveBack(news []*sale.SettlePayment) {
	for _, n := range news {
		*n = sale.SettlePayment{}
	}
	if news = news[:cap(news)]; len(news) > 0 && len(news) <= maxRound {
		usedNews.Put(&news)
	}
}

// round is the memory in which a provider that takes many tasks is asked.
type round struct {
	tasks    []task // those of one kind
	requests []payment.Request
	charges  []payment.Charge
	answers  []payment.Answer // of the tasks
	text     []byte
}

var rounds = sync.Pool{New: func() any { return &round{} }}

// reset empties a round for the next one. Those of a usual commit keep their memory.
func (r *round) reset() {
	if cap(r.tasks) > maxRound {
		*r = round{}
		return
	}
	clear(r.tasks)
	clear(r.requests)
	clear(r.charges)
	clear(r.answers)
	r.tasks, r.requests, r.charges, r.answers = r.tasks[:0], r.requests[:0], r.charges[:0], r.answers[:0]
}

const maxRound = 4096

// ask puts the job's tasks of one kind to a provider that takes many. Those tasks
// are then in r, with their answers.
func (p *payer) ask(ctx context.Context, j job, kind sale.Task, r *round) {
	r.reset()
	for _, t := range j.tasks {
		if t.booking.Task() == kind {
			r.tasks = append(r.tasks, t)
		}
	}
	if len(r.tasks) == 0 {
		return
	}
	r.answers = append(r.answers, make([]payment.Answer, len(r.tasks))...)
	began := time.Now()
	if kind == sale.Authorise {
		prefix := payment.AuthKey("")
		text, size := r.keys(prefix)
		for i, t := range r.tasks {
			key := text[i*size : (i+1)*size]
			r.requests = append(r.requests, request(j.event, t, key, key[len(prefix):]))
		}
		p.prompt.AuthoriseMany(ctx, r.requests, r.answers)
	} else {
		text, size := r.keys(payment.CaptureKey(""))
		for i, t := range r.tasks {
			r.charges = append(r.charges, payment.Charge{
				Key: text[i*size : (i+1)*size], PaymentID: t.booking.PaymentID})
		}
		p.prompt.CaptureMany(ctx, r.charges, r.answers)
	}
	p.node.metrics.paymentCall(kind, time.Since(began))
}

// keys is the idempotency keys of all tasks, each of a size, in one string: a string
// for each would be the payer's most frequent allocation.
func (r *round) keys(prefix string) (text string, size int) {
	r.text = r.text[:0]
	for _, t := range r.tasks {
		r.text = append(r.text, prefix...)
		r.text, _ = t.booking.ID.AppendText(r.text)
	}
	return string(r.text), len(r.text) / len(r.tasks)
}

// request is what to authorise for a booking.
func request(event string, t task, key, id string) payment.Request {
	return payment.Request{
		Key: key, Amount: t.booking.Total, Currency: t.currency,
		Method: t.booking.Method, Token: t.booking.Token, Event: event, Booking: id,
	}
}

// news is what the event is told of a task that is done.
func (p *payer) news(t task, o payment.Outcome) sale.SettlePayment {
	n := sale.SettlePayment{Booking: t.booking.ID, Task: t.booking.Task(),
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
func (p *payer) try(event string, t task) (sale.SettlePayment, bool) {
	pause := firstPause
	for {
		news, err := p.call(event, t)
		if err == nil {
			return news, true
		}
		p.node.metrics.paymentRetries.Inc()
		if p.ctx.Err() != nil {
			return sale.SettlePayment{}, false
		}
		p.node.cfg.Logger.Warn("the payment provider gave no answer; it is asked again",
			"event", event, "task", t.booking.Task().String(), "error", err)
		select {
		case <-p.ctx.Done():
			return sale.SettlePayment{}, false
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
		pause = min(2*pause, lastPause)
	}
}

// reasonInvalid is the reason of a decline where the provider could make nothing
// of the request.
const reasonInvalid = "invalid_request"

// call asks the provider once.
func (p *payer) call(event string, t task) (sale.SettlePayment, error) {
	ctx := p.patient(&p.mu.usual, p.node.cfg.PaymentTimeout)
	began := time.Now()
	kind, id := t.booking.Task(), t.booking.ID.String()
	defer func() { p.node.metrics.paymentCall(kind, time.Since(began)) }()
	switch kind {
	case sale.Authorise:
		o, err := p.node.cfg.Gateway.Authorise(ctx, request(event, t, payment.AuthKey(id), id))
		if err != nil && payment.IsDefinite(err) { // asking again cannot help
			p.node.cfg.Logger.Error("the payment provider can make nothing of a booking",
				"event", event, "error", err)
			o, err = payment.Outcome{Declined: true, Reason: reasonInvalid}, nil
		}
		return p.news(t, o), err
	case sale.Capture:
		err := p.node.cfg.Gateway.Capture(ctx, payment.CaptureKey(id), t.booking.PaymentID)
		if errors.Is(err, payment.ErrNotFound) {
			err = p.captureAnew(ctx, request(event, t, payment.AuthKey(id), id))
		}
		return p.news(t, payment.Outcome{}), err
	case sale.Refund:
		err := p.node.cfg.Gateway.Refund(ctx, payment.RefundKey(id), t.booking.PaymentID)
		if errors.Is(err, payment.ErrNotFound) && t.booking.PaymentID != "" {
			err = p.refundUnseen(ctx, event, id)
		}
		return p.news(t, payment.Outcome{}), err
	}
	return sale.SettlePayment{}, errors.New("nothing is owed")
}
