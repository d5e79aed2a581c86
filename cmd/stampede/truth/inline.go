package truth

import (
	"cmp"
	"fmt"
	"slices"
)

// inLine holds what people were told of their places to the history. That they were let
// in in order was looked at while the history was read.
func (e *trial) inLine() {
	e.checked(InLine, int64(len(e.sale.line.places)))
	if len(e.sale.line.places) == 0 {
		return
	}
	var seen []*act // the places that were told, with the version
	for _, a := range e.acts {
		place := a.op == Join || a.op == ReadPlace
		if !place || a.outcome != granted {
			continue
		}
		p := e.sale.line.places[a.told.ID]
		if p == nil {
			e.wrong(InLine, fmt.Sprintf("place %s was told, and the history has none", a.told.ID), a)
			continue
		}
		if a.version == 0 || a.version > e.sale.last() {
			continue
		}
		if state := p.state(a.version); state != a.told.Status {
			e.wrong(InLine, fmt.Sprintf("place %s is %s, and was %q at version %d", p.token, a.told.Status, state,
				a.version),
				a, e.sale.record(p.taken), e.sale.record(p.admitted), e.sale.record(p.ended))
			continue
		}
		if a.told.Position > 0 {
			seen = append(seen, a)
		}
	}
	e.positions(seen)
	e.growing()
	e.firstCome()
}

// positions holds each position to the number of places that waited ahead at the
// version: a sum over those of lower rank.
func (e *trial) positions(seen []*act) {
	type change struct {
		version uint64
		rank, n int
	}
	var changes []change
	for _, p := range e.sale.line.order {
		changes = append(changes, change{p.taken, p.rank, 1})
		if gone := firstOf(p.admitted, p.ended); gone != 0 {
			changes = append(changes, change{gone, p.rank, -1})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.version, b.version) })
	slices.SortFunc(seen, func(a, b *act) int { return cmp.Compare(a.version, b.version) })
	waiting := make(sums, len(e.sale.line.order)+1)
	next := 0
	for _, a := range seen {
		for ; next < len(changes) && changes[next].version <= a.version; next++ {
			waiting.add(changes[next].rank, changes[next].n)
		}
		p := e.sale.line.places[a.told.ID]
		if is := int64(waiting.below(p.rank)) + 1; is != a.told.Position && a.version >= e.sale.line.drawV {
			e.wrong(InLine, fmt.Sprintf("place %s was told to be at %d, and was at %d at version %d",
				p.token, a.told.Position, is, a.version), a, e.sale.record(p.taken))
		}
	}
}

// firstOf is the smaller of two versions that is not 0.
func firstOf(a, b uint64) uint64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// growing wants no position to be greater than one that was shown before.
func (e *trial) growing() {
	least := map[string]*act{}
	list := slices.Clone(e.acts)
	slices.SortStableFunc(list, func(a, b *act) int { return cmp.Compare(a.received, b.received) })
	for _, a := range list {
		if a.op != Join && a.op != ReadPlace || a.outcome != granted || a.told.Position == 0 {
			continue
		}
		was := least[a.told.ID]
		if was == nil || a.told.Position < was.told.Position {
			least[a.told.ID] = a
		} else if a.told.Position > was.told.Position && a.sent > was.received {
			e.wrong(InLine, fmt.Sprintf("place %s went back from %d to %d", a.told.ID, was.told.Position,
				a.told.Position), was, a)
		}
	}
}

// firstCome wants whoever joined after another had been told his place to be behind
// him, but for those that a draw has mixed.
func (e *trial) firstCome() {
	var joins []*act
	for _, a := range e.acts {
		p := e.sale.line.places[a.told.ID]
		if a.op == Join && a.outcome == granted && a.status == 201 && p != nil && p.taken > e.sale.line.drawV {
			joins = append(joins, a)
		}
	}
	rank := func(a *act) int { return e.sale.line.places[a.told.ID].rank }
	answered := slices.Clone(joins)
	slices.SortFunc(answered, func(a, b *act) int { return cmp.Compare(a.received, b.received) })
	var last *act // of those that were answered before, the one farthest behind
	next := 0
	for _, a := range joins {
		for ; next < len(answered) && answered[next].received < a.sent; next++ {
			if last == nil || rank(answered[next]) > rank(last) {
				last = answered[next]
			}
		}
		if last != nil && rank(last) > rank(a) {
			e.wrong(InLine, fmt.Sprintf("place %s stands before place %s, which had been given before it was asked for",
				a.told.ID, last.told.ID), last, a)
		}
	}
}

// sums is a Fenwick tree: sums of a list that changes, in logarithmic time.
type sums []int

// add adds to the ith number, counted from 0.
func (s sums) add(i, n int) {
	for i++; i < len(s); i += i & -i {
		s[i] += n
	}
}

// below is the sum of the numbers before the ith.
func (s sums) below(i int) (sum int) {
	for ; i > 0; i -= i & -i {
		sum += s[i]
	}
	return sum
}
