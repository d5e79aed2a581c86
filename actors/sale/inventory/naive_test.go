package inventory

import (
	"fmt"

	"boxoffice/actors/sale/catalog"
)

// naive is the slow twin of Plan and Stock: a slice of seats, a map of ids, and
// loops over the whole house.
type naive struct {
	seats  []naiveSeat
	byID   map[string]Ticket
	status []Status
	at     []uint64
}

type naiveSeat struct {
	id      string
	place   Place
	row     int // seats with the same number are in one row
	general bool
}

func newNaive(inv catalog.Inventory) *naive {
	n := &naive{byID: map[string]Ticket{}}
	row := 0
	for _, s := range inv.Sections {
		row++
		for _, r := range s.Rows {
			row++
			for i := 1; i <= r.Seats; i++ {
				place := Place{s.Name, r.Name, fmt.Sprint(i), s.Price}
				n.add(fmt.Sprintf("%s-%s-%d", s.Name, r.Name, i), place, row, false)
			}
		}
		for i, seat := range s.Seats {
			if i > 0 && s.Seats[i-1].Row != seat.Row {
				row++
			}
			n.add(seat.ID, Place{s.Name, seat.Row, seat.Number, s.Price}, row, false)
		}
		for i := 1; i <= s.Capacity; i++ {
			n.add(fmt.Sprintf("%s-%d", s.Name, i), Place{s.Name, "", fmt.Sprint(i), s.Price}, row, true)
		}
	}
	n.status = make([]Status, len(n.seats))
	n.at = make([]uint64, len(n.seats))
	return n
}

func (n *naive) add(id string, place Place, row int, general bool) {
	n.byID[id] = Ticket(len(n.seats))
	n.seats = append(n.seats, naiveSeat{id, place, row, general})
}

func (n *naive) counts() (available, held, booked int) {
	var c [3]int
	for _, s := range n.status {
		c[s]++
	}
	return c[Available], c[Held], c[Booked]
}

// free is whether a ticket exists, is available, and belongs to a row.
func (n *naive) free(t, row int) bool {
	return t >= 0 && t < len(n.seats) && n.seats[t].row == row && n.status[t] == Available
}

func (n *naive) meets(t int, q Query) bool {
	p := n.seats[t].place
	return n.status[t] == Available && (q.Section == "" || p.Section == q.Section) &&
		(q.MaxPrice == 0 || p.Price <= q.MaxPrice || q.MaxPrice < 0 && p.Price == 0)
}

func (n *naive) matching(q Query) int {
	count := 0
	for t := range n.seats {
		if n.meets(t, q) {
			count++
		}
	}
	return count
}

func (n *naive) best(q Query) ([]Ticket, bool) {
	if q.Quantity < 1 {
		return nil, false
	}
	for first := 0; first < len(n.seats); {
		end := first
		for end < len(n.seats) && n.seats[end].row == n.seats[first].row {
			end++
		}
		if got := n.bestInRow(q, first, end); got != nil {
			return got, true
		}
		first = end
	}
	if q.Adjacent {
		return nil, false
	}
	return n.inOrder(q, 0, len(n.seats))
}

func (n *naive) inOrder(q Query, first, end int) ([]Ticket, bool) {
	var got []Ticket
	for t := first; t < end && len(got) < q.Quantity; t++ {
		if n.meets(t, q) {
			got = append(got, Ticket(t))
		}
	}
	return got, len(got) == q.Quantity
}

func (n *naive) bestInRow(q Query, first, end int) []Ticket {
	if n.seats[first].general {
		if got, ok := n.inOrder(q, first, end); ok {
			return got
		}
		return nil
	}
	row := n.seats[first].row
	fits := func(start int) bool {
		for t := start; t < start+q.Quantity; t++ {
			if !n.free(t, row) || !n.meets(t, q) {
				return false
			}
		}
		return true
	}
	distance := func(start int) int {
		d := 2*start + q.Quantity - first - end
		return max(d, -d)
	}
	near := -1
	for t := first; t < end; t++ {
		if fits(t) && (near < 0 || distance(t) < distance(near)) {
			near = t
		}
	}
	if near < 0 {
		return nil
	}
	singles := func(start int) int {
		count, stop := 0, start+q.Quantity
		if n.free(start-1, row) && !n.free(start-2, row) {
			count++
		}
		if n.free(stop, row) && !n.free(stop+1, row) {
			count++
		}
		return count
	}
	for near > first && fits(near-1) { // to the start of the run
		near--
	}
	best := near
	for t := near; fits(t); t++ {
		if singles(t) < singles(best) || singles(t) == singles(best) && distance(t) < distance(best) {
			best = t
		}
	}
	got := make([]Ticket, q.Quantity)
	for i := range got {
		got[i] = Ticket(best + i)
	}
	return got
}
