package truth

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// The bounds of a sample. The search for an order is exponential at worst.
const (
	groupTickets = 40   // a group with more is taken apart
	groupSteps   = 2000 // what comes later is left out
	groupTime    = 2 * time.Second
)

// linearizable samples groups of tickets and wants the answers about each to have one
// order. A group is all tickets that requests tie together, as long as these are few;
// else a ticket by itself: of a request only its part counts then, which also must
// have happened at one moment.
func (e *trial) linearizable() {
	if e.cfg.Shared {
		e.verdict.skip(Linearizable, "others sold these events too")
		return
	}
	for _, a := range e.acts {
		if a.outcome == unknown && (a.op == Hold || a.op == Book) && a.tickets == nil && a.id == "" {
			e.verdict.skip(Linearizable, "of a request that named no tickets it is not known what it took")
			return
		}
	}
	hard := 0
	x := e.index()
	for _, g := range e.groups(x) {
		steps := e.steps(x, g.tickets)
		switch porcupine.CheckOperationsTimeout(model(len(g.tickets)), steps, groupTime) {
		case porcupine.Ok:
			e.checked(Linearizable, int64(len(steps)))
		case porcupine.Illegal:
			e.checked(Linearizable, int64(len(steps)))
			e.wrong(Linearizable, fmt.Sprintf("the %d answers about tickets %s have no order", len(steps),
				list(g.tickets)),
				explain(len(g.tickets), steps)...)
		default:
			hard++
		}
	}
	if hard > 0 {
		e.verdict.skip(Linearizable, fmt.Sprintf("%d samples had too many orders to try", hard))
	}
}

// touches are the tickets that an act is about.
func (a *act) touches() []string {
	switch {
	case a.op != Hold && a.op != Book && a.op != Swap:
		return nil
	case a.outcome == granted && a.removed == nil:
		return a.told.Tickets
	case a.outcome == granted:
		return append(slices.Clone(a.told.Tickets), a.removed...)
	case a.removed == nil:
		return a.tickets
	}
	return append(slices.Clone(a.tickets), a.removed...)
}

// index finds acts by what they are about.
type index struct {
	ticket map[string][]*act
	id     map[string][]*act // by the hold or booking in the path, or that is paid for
	made   map[string]*act   // by the hold that was granted
}

// index makes the index of all acts.
func (e *trial) index() *index {
	x := &index{map[string][]*act{}, map[string][]*act{}, map[string]*act{}}
	for _, a := range e.acts {
		for _, t := range a.touches() {
			x.ticket[t] = append(x.ticket[t], a)
		}
		if a.id != "" {
			x.id[a.id] = append(x.id[a.id], a)
		}
		if a.op == Hold && a.outcome == granted {
			x.made[a.told.ID] = a
		}
	}
	return x
}

// group is some tickets and the number of requests about them.
type group struct {
	tickets []string
	traffic int
}

// groups gives the groups of tickets with most traffic.
func (e *trial) groups(x *index) []group {
	parent := map[string]string{}
	for t := range x.ticket {
		parent[t] = t
	}
	root := func(t string) string {
		for parent[t] != t {
			parent[t] = parent[parent[t]]
			t = parent[t]
		}
		return t
	}
	for _, a := range e.acts {
		all := a.touches()
		for _, t := range all {
			parent[root(t)] = root(all[0])
		}
	}
	together := map[string][]string{}
	for t := range parent {
		together[root(t)] = append(together[root(t)], t)
	}
	var all []group
	for _, tickets := range together {
		slices.Sort(tickets)
		parts := [][]string{tickets}
		if len(tickets) > groupTickets {
			parts = slices.Collect(slices.Chunk(tickets, 1))
		}
		for _, part := range parts {
			g := group{tickets: part}
			for _, t := range part {
				g.traffic += len(x.ticket[t])
			}
			all = append(all, g)
		}
	}
	slices.SortFunc(all, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.traffic, a.traffic), cmp.Compare(a.tickets[0], b.tickets[0]))
	})
	return all[:min(len(all), e.cfg.Samples)]
}

// owners is who has each ticket of a group: a number of four bytes each, 0 is nobody.
type owners []byte

func (o owners) get(i int) int    { return int(binary.BigEndian.Uint32(o[4*i:])) }
func (o owners) set(i, owner int) { binary.BigEndian.PutUint32(o[4*i:], uint32(owner)) }

// step is what one moment does to a group.
type step struct {
	kind  stepKind
	from  int   // owner of the tickets before; 0: nobody
	to    int   // owner after
	take  []int // tickets by number in the group
	give  []int
	maybe bool // it may not have happened
}

type stepKind uint8

const (
	takes   stepKind = iota // take goes from from to to; give goes from to to nobody
	passes                  // all that is from's goes to to
	refuses                 // each of take is another's than from's, each of give nobody's or from's
)

// do gives the owners after a step. False: it cannot have happened then.
func (s *step) do(state string) (string, bool) {
	b := owners(state)
	switch s.kind {
	case refuses:
		for _, i := range s.take {
			if o := b.get(i); o == 0 || o == s.from {
				return state, false
			}
		}
		for _, i := range s.give {
			if o := b.get(i); o != 0 && o != s.from {
				return state, false
			}
		}
		return state, true
	case passes:
		for i := range len(b) / 4 {
			if b.get(i) == s.from {
				b.set(i, s.to)
			}
		}
		return string(b), true
	}
	for _, i := range s.take {
		if b.get(i) != s.from {
			return state, false
		}
		b.set(i, s.to)
	}
	for _, i := range s.give {
		if b.get(i) != s.to {
			return state, false
		}
		b.set(i, 0)
	}
	return string(b), true
}

// model is a group of n tickets, each of which is nobody's or somebody's. What may not
// have happened has no last moment, so it can stand behind everything, where it does
// no harm.
func model(n int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return string(make(owners, 4*n)) },
		Step: func(state, in, _ any) (bool, any) {
			s := in.(*step)
			next, ok := s.do(state.(string))
			return ok || s.maybe, next
		},
	}
}

// explain is the proof of a group without an order: the end of the longest order that
// there is, and what has no place in it.
func explain(n int, steps []porcupine.Operation) (proof []any) {
	_, info := porcupine.CheckOperationsVerbose(model(n), steps, groupTime)
	var longest []porcupine.Operation
	for _, partition := range info.PartialLinearizationsOperations() {
		for _, order := range partition {
			if len(order) > len(longest) {
				longest = order
			}
		}
	}
	placed := map[*step]bool{}
	for _, o := range longest {
		placed[o.Input.(*step)] = true
	}
	var rest []porcupine.Operation
	for _, o := range steps {
		if s := o.Input.(*step); !placed[s] && !s.maybe {
			rest = append(rest, o)
		}
	}
	slices.SortFunc(rest, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
	const few = 6
	proof = append(proof, fmt.Sprintf("order    %d answers have one, it ends with:", len(longest)))
	for _, o := range longest[max(0, len(longest)-few):] {
		proof = append(proof, o.Metadata)
	}
	proof = append(proof, "order    and then there is no place for:")
	for _, o := range rest[:min(few, len(rest))] {
		proof = append(proof, o.Metadata)
	}
	return proof
}
