package actors

import (
	"errors"
	"fmt"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/actors/salepb"
)

// forwardGrace is how long a caller waits beyond its deadline for the node that it
// asked: long enough to be told "the deadline passed, nothing was done".
const forwardGrace = 500 * time.Millisecond

// there asks the node that leads the shard to execute a command.
func (j *journey) there(node string, cmd sale.Command) (sale.Answer, error) {
	if !time.Now().Before(j.deadline) {
		return sale.Answer{}, fmt.Errorf("%w: the deadline passed before it was sent", ErrUnavailable)
	}
	reply, err := j.ask(node, kindCommand, writes(cmd), &salepb.Request{Command: cmd, Begun: j.begun})
	if err != nil {
		return sale.Answer{}, err
	}
	return j.arrived(node, cmd, &reply)
}

// read asks the node that leads the shard for something that it reads from its
// replica. False: this node leads now.
func (j *journey) read(kind uint8, q *salepb.Request) (reply salepb.Reply, elsewhere bool, err error) {
	for {
		s, node, err := j.look()
		if err != nil || node == "" {
			return reply, false, err
		}
		if reply, err = j.ask(node, kind, false, q); !errors.Is(err, errMoved) {
			return reply, true, err
		}
		if err := j.follow(s, node); err != nil {
			return reply, true, err
		}
	}
}

// ask calls a node and makes an error of every reply that is not an answer.
// errMoved: nothing was done, and it may be asked again, there or elsewhere.
func (j *journey) ask(node string, kind uint8, write bool, q *salepb.Request) (salepb.Reply, error) {
	q.Event, q.Term, q.Grace = j.event, j.term, uint64(forwardGrace.Milliseconds())
	reply, err := j.node.remote.call(j.deadline.Add(forwardGrace), node, kind, q)
	if err == nil {
		err = j.replied(node, write, &reply)
	} else {
		err = j.unanswered(node, write, err)
	}
	j.node.remote.count(err)
	return reply, err
}

// unanswered says what a call that failed means.
func (j *journey) unanswered(node string, write bool, err error) error {
	switch {
	case errors.Is(err, ErrBusy):
		return fmt.Errorf("%w: node %s: %v", ErrOverloaded, node, err)
	case errors.Is(err, ErrUndelivered), !write: // reading twice harms nobody
		return fmt.Errorf("%w: node %s: %v", errMoved, node, err)
	}
	return fmt.Errorf("%w: node %s: %v", ErrUnknown, node, err)
}

// replied says what a reply means.
func (j *journey) replied(node string, write bool, r *salepb.Reply) error {
	switch r.Status {
	case salepb.Answered:
		return nil
	case salepb.Moved:
		if r.Node != "" {
			j.node.cfg.Locator.Learn(j.shard, r.Node, r.Term)
		}
		if r.Begun {
			return errBegun
		}
		return errMoved
	case salepb.Overloaded:
		return fmt.Errorf("%w: node %s", ErrOverloaded, node)
	case salepb.Unavailable:
		return fmt.Errorf("%w: node %s: %s", ErrUnavailable, node, r.Text)
	case salepb.Trimmed:
		return fmt.Errorf("%w: node %s: %s", ErrTrimmed, node, r.Text)
	}
	if !write {
		return fmt.Errorf("%w: node %s does not say", ErrUnavailable, node)
	}
	return fmt.Errorf("%w: node %s: %s", ErrUnknown, node, r.Text)
}

// arrived completes an answer with the plan, which every node has for itself.
// Tickets need the very plan that they were counted in. The others may be shown
// in a later one: a ticket of theirs need not be in it.
func (j *journey) arrived(node string, cmd sale.Command, r *salepb.Reply) (sale.Answer, error) {
	a := r.Answer
	if r.Plan == [16]byte{} {
		return a, nil
	}
	plan, err := j.node.planOf(j.event, r.Plan, j.deadline)
	switch {
	case err != nil && writes(cmd):
		return sale.Answer{}, fmt.Errorf("%w: node %s has answered, and the plan of the house is not to be had: %v",
			ErrUnknown, node, err)
	case err != nil:
		return sale.Answer{}, fmt.Errorf("read the plan of the house: %w", err)
	}
	a.Plan = plan
	if r.Tickets == nil {
		return a, nil
	}
	if plan == nil || plan.Fingerprint() != r.Plan {
		return sale.Answer{}, fmt.Errorf("%w: its house was laid out anew", errMoved)
	}
	if a.Tickets, err = plan.Snapshot(*r.Tickets); err != nil {
		return sale.Answer{}, fmt.Errorf("%w: node %s: %v", ErrUnavailable, node, err)
	}
	return a, nil
}
