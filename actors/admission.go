package actors

import (
	"fmt"
	"sync/atomic"
	"time"

	"boxoffice/actors/sale"

	"github.com/prometheus/client_golang/prometheus"
)

// class is what a command is worth when not all can be served: who pays comes before
// who takes tickets, that before who gets in line, that before who looks.
type class uint8

const (
	classPaying class = iota // a hold's booking, a longer hold, what an operator orders
	classHolding
	classJoining
	classReading
	classes = iota
)

// classNames are the labels of class.
var classNames = [classes]string{classPaying: "paying", classHolding: "holding", classJoining: "joining",
	classReading: "reading"}

// slotShares are the parts of Config.MaxQueued that each class may fill, in percent: a
// fifth is kept for those who pay, another fifth for them and those who take tickets,
// and the joins find a tenth that no read has taken.
var slotShares = [classes]int{classPaying: 100, classHolding: 80, classJoining: 60, classReading: 50}

// classOf is the class of a command.
func classOf(cmd sale.Command) class {
	switch c := cmd.(type) {
	case *sale.Book:
		if c.Hold.IsZero() {
			return classHolding
		}
		return classPaying
	case *sale.PlaceHold, *sale.SwapHold, *sale.ReleaseHold:
		return classHolding
	case *sale.JoinQueue, *sale.LeaveQueue, *sale.SeePlaces:
		return classJoining
	case *sale.ShowQueue: // an operator looks before he steers
		return classPaying
	}
	if writes(cmd) {
		return classPaying
	}
	return classReading
}

// The reasons for which a command is shed. Nothing that is shed was executed.
const (
	shedFull = iota // its class has no slot left
	shedLate        // its answer would come after its deadline
	shedReasons
)

// shedNames are the labels of the reasons.
var shedNames = [shedReasons]string{shedFull: "full", shedLate: "late"}

// admission decides who gets into an event. It is the same for all events of a node,
// and immutable but for its counters.
type admission struct {
	slots    [classes]int
	maxBatch int
	shed     [classes][shedReasons]prometheus.Counter
}

// newAdmission shares out an event's slots. A class has one at least.
func newAdmission(cfg *Config, r *prometheus.Registry) *admission {
	shed := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "boxoffice_shed_total",
		Help: "Commands that an event did not take, by class: full, no slot left; late, past the deadline anyhow.",
	}, []string{"class", "reason"})
	if r != nil {
		r.MustRegister(shed)
	}
	a := &admission{maxBatch: cfg.MaxBatch}
	for k := range a.slots {
		a.slots[k] = (cfg.MaxQueued*slotShares[k] + 99) / 100
		for reason, name := range shedNames {
			a.shed[k][reason] = shed.WithLabelValues(classNames[k], name)
		}
	}
	return a
}

// admit lets a command into an activation, or says why not: ErrOverloaded, or errMoved
// where the activation has ended. Whoever is let in leaves through the gate.
func (n *Node) admit(a *activation, cmd sale.Command, deadline time.Time) error {
	k := classOf(cmd)
	before, err := a.gate.enter(n.door.slots[k] + int(a.pace.parked.Load()))
	switch {
	case err == ErrOverloaded:
		n.door.shed[k][shedFull].Inc()
		n.metrics.refused(boundQueued)
		return err
	case err != nil:
		return err
	case before == 0:
		return nil // the first one is never too late to find out
	}
	now := time.Now()
	wait := a.pace.wait(before, n.door.maxBatch, now.Sub(n.clock.start))
	if wait <= deadline.Sub(now) {
		return nil
	}
	a.gate.leave()
	n.door.shed[k][shedLate].Inc()
	return fmt.Errorf("%w: the answer would take %v", ErrOverloaded, wait.Round(time.Millisecond))
}

// pace is how fast an event's commits are just now. Its actor and the goroutine of its
// commit write it, everybody reads it. Times are since the node's start.
type pace struct {
	took   atomic.Int64 // ns a commit: a moving mean
	began  atomic.Int64 // ns: when the commit in flight began; 0: none is
	parked atomic.Int64 // commands inside that only wait for the payment provider
}

// begin notes that a commit begins.
func (p *pace) begin(now time.Duration) { p.began.Store(max(1, int64(now))) }

// done notes that the commit in flight has ended. The mean follows within a few
// commits: a slow moment is forgotten as soon as it is over.
func (p *pace) done(now time.Duration) {
	began := p.began.Swap(0)
	if began == 0 {
		return
	}
	mean := p.took.Load()
	p.took.Store(mean + (int64(now)-began-mean)/4)
}

// wait estimates how long a command takes from now to its answer, with so many before
// it: what is in flight, the full batches of those before it, and its own commit. A
// commit that takes longer than usual is taken to be half through.
func (p *pace) wait(before, maxBatch int, now time.Duration) time.Duration {
	took, flying := p.took.Load(), int64(0)
	if began := p.began.Load(); began != 0 {
		took, flying = max(took, int64(now)-began), 1
	}
	return time.Duration(took * (1 + flying + int64(before/maxBatch)))
}

// tooLate reports whether a command that is decided now would be answered after its
// deadline. An event that does nothing else tries: it has to learn when it is fast again.
func (e *event) tooLate(c *call) bool {
	return e.inFlight && c.deadline.Sub(e.clock.wall) < time.Duration(e.self.pace.took.Load())
}

// shedLate refuses a command that tooLate is true of.
func (e *event) shedLate(c *call) {
	e.node.door.shed[classOf(c.cmd)][shedLate].Inc()
	c.finish(sale.Answer{}, fmt.Errorf("%w: the answer would come after the deadline", ErrOverloaded))
}

// patience is until when the caller of a booking waits for the payment provider.
func (e *event) patience(c *call) time.Time {
	until := e.clock.wall.Add(e.node.cfg.PaymentWait)
	if c.deadline.Before(until) {
		return c.deadline
	}
	return until
}
