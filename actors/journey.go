package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"boxoffice/actors/sale"
	"boxoffice/storage"
)

// journey is a command on its way to wherever its event lives. It goes to this
// node's own actor where this node leads the event's shard, else to the node that
// does, and follows the event where that moves. It waits a little where nobody
// leads, so that a planned move shows no error.
//
// What it tells is true: "unavailable" only where the command was never given to
// anybody who may have done it.
type journey struct {
	node     *Node
	event    string
	shard    uint64
	deadline time.Time

	served bool      // it came from another node: it is not sent on
	term   uint64    // of the leader that it was sent to; of a served one: as its sender believes
	begun  bool      // part of it was done, or may have been: see errBegun
	moves  int       // how often the event was not where it was thought to be
	until  time.Time // how long it waits for a leader; zero: it has not waited for this one

	// stale is the node, with its term, that was asked last and does not lead. It is not
	// asked again until again: the news of who does is on its way.
	stale struct {
		node  string
		term  uint64
		again time.Time
	}
}

// maxMoves is how often a command follows an event that has moved before it was
// executed. The second place is nearly always the right one; a node that is drained and
// gets its share back at once is two moves.
const maxMoves = 5

// askAgain is the part of MoveWait after which a node is asked again that did not lead.
const askAgain = 4

// run brings a command to its event and its answer back.
func (j *journey) run(cmd sale.Command) (sale.Answer, error) {
	for {
		s, node, err := j.look()
		if err != nil {
			return sale.Answer{}, j.verdict(err)
		}
		var a sale.Answer
		if node == "" {
			a, err = j.here(s, cmd)
		} else {
			a, err = j.there(node, cmd)
		}
		if !errors.Is(err, errMoved) {
			return a, j.verdict(err)
		}
		j.begun = j.begun || errors.Is(err, errBegun)
		if err := j.follow(s, node); err != nil {
			return sale.Answer{}, j.verdict(err)
		}
	}
}

// verdict is an error as the caller may be told it: a command that has begun and
// was not followed to its end may have been done.
func (j *journey) verdict(err error) error {
	if j.begun && (errors.Is(err, ErrUnavailable) || errors.Is(err, ErrOverloaded)) {
		return fmt.Errorf("%w: %v", ErrUnknown, err)
	}
	return err
}

// look finds who leads the shard: this node (node is "", s its ownership), or
// another one. It waits where there is nobody. A served journey that finds that
// this node does not lead ends with errMoved.
func (j *journey) look() (s *shard, node string, err error) {
	n := j.node
	for {
		s = n.shards[j.shard-1].Load()
		switch {
		case n.ctx.Err() != nil:
			return s, "", fmt.Errorf("%w: the node has stopped", ErrUnavailable)
		case n.draining.Load() && (s.leading || n.cfg.Peers == nil):
			return s, "", fmt.Errorf("%w: the node is draining", ErrUnavailable)
		case s.owned():
			return s, "", nil
		case j.served && !s.leading && j.term <= s.term:
			return s, "", errMoved
		}
		notTerm := uint64(0)
		if !s.leading && !j.served {
			if node, notTerm, err = j.elsewhere(); node != "" || err != nil {
				return s, node, err
			}
		}
		if err := j.stay(s, notTerm); err != nil {
			return s, "", err
		}
	}
}

// elsewhere is another node that leads the shard; "" where none is known. Then term
// is one whose leader is of no use.
func (j *journey) elsewhere() (node string, term uint64, err error) {
	n := j.node
	node, term, err = n.cfg.Locator.Locate(j.shard)
	switch {
	case err != nil:
		return "", 0, nil
	case node == n.cfg.Node: // it is not: the news of it is on its way here
		return "", term, nil
	case node == j.stale.node && term == j.stale.term && time.Now().Before(j.stale.again):
		return "", term, nil
	case n.cfg.Peers == nil:
		return "", term, fmt.Errorf("%w: the event lives on node %s", ErrUnavailable, node)
	}
	j.term = term
	return node, term, nil
}

// stay waits for a leader where there is none, or only one that has said that it is not,
// and is an error when that has lasted long enough.
func (j *journey) stay(s *shard, notTerm uint64) error {
	now := time.Now()
	if j.until.IsZero() {
		j.until = j.within(j.node.cfg.MoveWait)
	}
	if !now.Before(j.until) {
		return j.nobody(s)
	}
	until := j.until
	if again := j.stale.again; now.Before(again) && again.Before(until) {
		until = again
	}
	return j.park(s, notTerm, until)
}

// nobody is the end of the wait for a leader.
func (j *journey) nobody(s *shard) error {
	switch {
	case s.leading:
		return fmt.Errorf("%w: shard %d is not claimed yet", ErrUnavailable, j.shard)
	case j.served:
		return errMoved
	}
	return fmt.Errorf("%w: shard %d has no leader", ErrUnavailable, j.shard)
}

// within is a time from now, at most the deadline.
func (j *journey) within(d time.Duration) time.Time {
	if t := time.Now().Add(d); t.Before(j.deadline) {
		return t
	}
	return j.deadline
}

// park waits for news of the shard: that this node's part in it has changed, or
// that somebody leads it in another term than notTerm. It is bounded in time and
// in how many wait.
func (j *journey) park(s *shard, notTerm uint64, until time.Time) error {
	n := j.node
	defer n.remote.parked.Add(-1)
	if n.remote.parked.Add(1) > int64(n.cfg.MaxParked) {
		n.metrics.refused(boundParked)
		return fmt.Errorf("%w: shard %d has no leader, and too many wait for one", ErrUnavailable, j.shard)
	}
	ctx, cancel := context.WithDeadline(s.life, until)
	defer cancel()
	if s.leading || j.served {
		<-ctx.Done()
	} else {
		_, _, _ = n.cfg.Locator.Wait(ctx, j.shard, notTerm) // the caller looks again in any case
	}
	return nil
}

// follow decides whether to look for an event again that has moved; s and node are
// where it was not. The first time on this node it goes on at once: an activation
// has ended, and the next one answers. Else it gives the news of a new leader a
// moment to come: here, or where look finds that node again. A node that says the same
// again has not moved anything.
func (j *journey) follow(s *shard, node string) error {
	n := j.node
	if node == "" || node != j.stale.node || j.term != j.stale.term {
		j.moves++
		j.until = time.Time{}
	}
	if j.moves > maxMoves {
		return fmt.Errorf("%w: the event keeps moving", ErrUnavailable)
	}
	if !time.Now().Before(j.deadline) {
		return fmt.Errorf("%w: the deadline passed before it was decided", ErrUnavailable)
	}
	again := j.within(n.cfg.MoveWait / askAgain)
	if node != "" {
		j.stale.node, j.stale.term, j.stale.again = node, j.term, again
		return nil
	}
	if n.shards[j.shard-1].Load() != s || j.moves == 1 {
		return nil
	}
	return j.park(s, 0, again)
}

// here gives the command to this node's actor of the event and waits for it.
func (j *journey) here(s *shard, cmd sale.Command) (sale.Answer, error) {
	n := j.node
	if c, ok := cmd.(*sale.ShowNews); ok {
		if a, news, err := n.await(j.event, c.Since, s, j.deadline); !news {
			return a, err
		}
	}
	if writes(cmd) {
		if err := n.cfg.Log.Space(); err != nil {
			return sale.Answer{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
	a, err := n.find(j.event, cmd)
	if refusal, ok := err.(*sale.Refusal); ok {
		return sale.Answer{Refusal: refusal}, nil
	}
	if err != nil {
		return sale.Answer{}, err
	}
	call := n.calls.get(cmd, j.deadline)
	call.begun = j.begun
	if err := n.admit(a, cmd, j.deadline); err != nil {
		call.put()
		if errors.Is(err, errMoved) {
			n.events.remove(a)
		}
		return sale.Answer{}, err
	}
	call.gate = &a.gate
	n.send(a, call)
	r := call.wait(n.cfg.CommitTimeout + time.Second)
	return r.answer, r.err
}

// find is the activation of an event on this node, which owns its shard. A command
// about an event that is not there wakes nobody: the refusal is an error of type
// *sale.Refusal.
func (n *Node) find(event string, cmd sale.Command) (*activation, error) {
	if _, makes := cmd.(*sale.DefineEvent); !makes && n.events.get(event) == nil && n.owns(event) {
		if _, err := n.cfg.Log.View(event); errors.Is(err, storage.ErrNotFound) {
			return nil, &sale.Refusal{Code: sale.EventNotFound}
		}
	}
	return n.activate(event)
}
