package truth

import (
	"math"
	"slices"
	"strconv"

	"github.com/anishathalye/porcupine"
)

// stepper makes the steps of a group of acts.
type stepper struct {
	*trial
	index   *index
	number  map[string]int // ticket → number in the group
	owners  map[string]int // hold or booking → owner; 0 is nobody
	lapsing map[int]bool   // owners whose end is among the steps
	steps   []porcupine.Operation
}

// steps gives what the acts did to a group, as far as their answers say. Only the time
// of a hold is taken from the history: how long it was to live.
func (e *trial) steps(x *index, group []string) []porcupine.Operation {
	s := &stepper{
		trial: e, index: x, number: map[string]int{}, owners: map[string]int{}, lapsing: map[int]bool{},
	}
	done := map[*act]bool{}
	var once func(list []*act)
	once = func(list []*act) {
		for _, a := range list {
			if done[a] {
				continue
			}
			done[a] = true
			s.act(a)
			if a.outcome == granted && a.op != Release && a.op != Cancel {
				once(x.id[a.told.ID])
			}
		}
	}
	for i, t := range group {
		s.number[t] = i
	}
	for _, t := range group {
		once(x.ticket[t])
	}
	return cut(s.steps)
}

// cut leaves out what was sent after the first groupSteps. What was not answered by
// then may not have happened.
func cut(steps []porcupine.Operation) []porcupine.Operation {
	if len(steps) <= groupSteps {
		return steps
	}
	slices.SortStableFunc(steps, func(a, b porcupine.Operation) int { return int(min(1, max(-1, a.Call-b.Call))) })
	end := steps[groupSteps].Call
	steps = steps[:groupSteps]
	for i := range steps {
		if s := steps[i].Input.(*step); steps[i].Return >= end && !s.maybe {
			next := *s
			next.maybe = true
			steps[i].Input, steps[i].Return = &next, math.MaxInt64
		}
	}
	return steps
}

// numbers are the tickets of the group in a list.
func (s *stepper) numbers(tickets []string) (out []int) {
	for _, t := range tickets {
		if i, ok := s.number[t]; ok {
			out = append(out, i)
		}
	}
	return out
}

// owner is the number of a hold or booking; "" is a new one.
func (s *stepper) owner(id string) int {
	if n, ok := s.owners[id]; ok && id != "" {
		return n
	}
	n := len(s.owners) + 1
	if id == "" {
		id = "\x00" + strconv.Itoa(n)
	}
	s.owners[id] = n
	return n
}

// add adds a step of an act.
func (s *stepper) add(a *act, x step) {
	x.maybe = x.maybe || a.outcome == unknown
	until := a.received
	if x.maybe {
		until = math.MaxInt64
	}
	s.steps = append(s.steps, porcupine.Operation{Input: &x, Call: a.sent, Return: until, Metadata: a})
}

// act adds the steps of an act.
func (s *stepper) act(a *act) {
	hold := 0 // the hold in the path, or that is paid for
	if a.id != "" {
		hold = s.owner(a.id)
	}
	switch {
	case a.outcome == refused && a.told.Code == "tickets-unavailable":
		free := slices.DeleteFunc(slices.Clone(a.tickets), func(t string) bool {
			return slices.Contains(a.told.Tickets,
				t)
		})
		s.add(a, step{kind: refuses, from: hold, take: s.numbers(a.told.Tickets), give: s.numbers(free)})
	case a.outcome == refused && a.op == Book && a.told.Code == "payment-declined":
		s.declined(a, hold)
	case a.outcome == refused:
	case a.op == Hold:
		to := s.owner(a.told.ID)
		s.add(a, step{kind: takes, to: to, take: s.numbers(a.touches())})
		s.lapse(a, a.told.ID, to)
	case a.op == Swap:
		s.add(a, step{kind: takes, to: hold, take: s.numbers(a.tickets), give: s.numbers(a.removed)})
		s.lapse(a, a.id, hold)
	case a.op == Release:
		s.add(a, step{kind: passes, from: hold})
	case a.op == Book:
		to := s.owner(a.told.ID)
		s.booked(a, hold, to)
		if a.outcome == unknown || a.status == 202 { // it may be declined later
			s.add(a, step{kind: passes, from: to, to: hold, maybe: true})
			s.add(a, step{kind: passes, from: to, maybe: true})
		}
	case a.op == Cancel:
		s.add(a, step{kind: passes, from: hold})
	}
}

// booked adds that tickets went to a booking: from its hold, or free ones.
func (s *stepper) booked(a *act, hold, to int) {
	if hold != 0 && a.outcome == unknown { // it may not have said which tickets
		s.add(a, step{kind: passes, from: hold, to: to})
		return
	}
	s.add(a, step{kind: takes, from: hold, to: to, take: s.numbers(a.touches())})
}

// declined adds a booking that was not paid: it has the tickets for a while, and then
// they are its hold's again, or nobody's where there is none.
func (s *stepper) declined(a *act, hold int) {
	to := s.owner("")
	if hold == 0 {
		s.add(a, step{kind: takes, to: to, take: s.numbers(a.tickets)})
	} else {
		s.add(a, step{kind: passes, from: hold, to: to})
	}
	s.add(a, step{kind: passes, from: to, to: hold})
}

// lapse adds that a hold ended by itself, where the history says so: never before its
// time, counted from when it was asked for, and with a shopper's session at any time
// after that. a gave it tickets.
func (s *stepper) lapse(a *act, id string, owner int) {
	h := s.sale.holds[id]
	if s.lapsing[owner] || h != nil && (h.ended == 0 || h.booking != "" || !h.expired && !s.sale.room) {
		return
	}
	s.lapsing[owner] = true
	x := step{kind: passes, from: owner, maybe: true} // the history does not know it
	from, made := int64(0), s.index.made[id]
	if made != nil {
		from = made.sent
	}
	if h != nil {
		if h.expired && made != nil {
			from += (h.states[0].expires - s.sale.record(h.placed).at) * 1e6
		}
		x = step{kind: takes, from: owner, take: s.numbers(h.now().tickets), maybe: s.released(id)}
	}
	s.steps = append(s.steps, porcupine.Operation{Input: &x, Call: from, Return: math.MaxInt64, Metadata: a})
}

// released says whether somebody wanted a hold released: then that may have ended it.
func (s *stepper) released(id string) bool {
	return slices.ContainsFunc(s.index.id[id], func(a *act) bool { return a.op == Release && a.outcome != refused })
}
