package actors

import (
	"container/list"
	"fmt"
	"sync"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/inventory"
)

// plans are the houses of events that live on other nodes, by fingerprint: answers
// from there only name them. It is bounded in tickets, and the one that was not
// used for the longest time goes first. Callers who miss the same one share a load.
type plans struct {
	max int // tickets
	mu  struct {
		sync.Mutex
		byPrint map[[16]byte]*list.Element // of *inventory.Plan
		used    list.List                  // the last one used is in front
		tickets int
		loads   map[[16]byte]*planLoad
	}
}

// planLoad is a load under way, and what it ended with.
type planLoad struct {
	done chan struct{}
	plan *inventory.Plan
	err  error
}

func newPlans(tickets int) *plans {
	p := &plans{max: tickets}
	p.mu.byPrint = map[[16]byte]*list.Element{}
	p.mu.loads = map[[16]byte]*planLoad{}
	return p
}

// get is a plan that is here, or nil.
func (p *plans) get(print [16]byte) *inventory.Plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.getLocked(print)
}

func (p *plans) getLocked(print [16]byte) *inventory.Plan {
	e := p.mu.byPrint[print]
	if e == nil {
		return nil
	}
	p.mu.used.MoveToFront(e)
	return e.Value.(*inventory.Plan)
}

// tickets is how many tickets all plans have together.
func (p *plans) tickets() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.tickets
}

// load gets a plan by fetch, once for all who want it now. What comes may be a later
// plan of the event; nil: there is no event any more.
func (p *plans) load(print [16]byte, fetch func() (*inventory.Plan, error)) (*inventory.Plan, error) {
	p.mu.Lock()
	if plan := p.getLocked(print); plan != nil {
		p.mu.Unlock()
		return plan, nil
	}
	l := p.mu.loads[print]
	if l != nil {
		p.mu.Unlock()
		<-l.done // it is bounded by its own deadline
		return l.plan, l.err
	}
	l = &planLoad{done: make(chan struct{})}
	p.mu.loads[print] = l
	p.mu.Unlock()

	l.plan, l.err = fetch()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.mu.loads, print)
	close(l.done)
	if l.err == nil && l.plan != nil {
		p.putLocked(l.plan)
	}
	return l.plan, l.err
}

// putLocked keeps a plan. One that is larger than the bound is kept alone: it is
// needed for every answer of its event.
func (p *plans) putLocked(plan *inventory.Plan) {
	print := plan.Fingerprint()
	if p.getLocked(print) != nil {
		return
	}
	p.mu.byPrint[print] = p.mu.used.PushFront(plan)
	p.mu.tickets += plan.Total()
	for p.mu.tickets > p.max && p.mu.used.Len() > 1 {
		oldest := p.mu.used.Remove(p.mu.used.Back()).(*inventory.Plan)
		p.mu.tickets -= oldest.Total()
		delete(p.mu.byPrint, oldest.Fingerprint())
	}
}

// planPatience is how long a plan may take to come at least: the answer that needs
// it is here, however late it was.
const planPatience = time.Second

// planOf is the plan of an event with a fingerprint, or a later one; nil where the
// event is gone. It asks the event's node where the plan is not here.
func (n *Node) planOf(event string, print [16]byte, deadline time.Time) (*inventory.Plan, error) {
	if plan := n.plans.get(print); plan != nil {
		return plan, nil
	}
	return n.plans.load(print, func() (*inventory.Plan, error) {
		if least := time.Now().Add(planPatience); deadline.Before(least) {
			deadline = least
		}
		a, err := n.Client().Do(event, &sale.ShowEvent{}, deadline)
		switch {
		case err != nil:
			return nil, err
		case refusedAs(a, sale.EventNotFound):
			return nil, nil
		case a.Refusal != nil || a.Event == nil:
			return nil, fmt.Errorf("%w: the event is not shown: %v", ErrUnavailable, a.Refusal)
		}
		return inventory.NewPlan(a.Event.Inventory), nil
	})
}
