package suggest

// ranks keeps the least of the ranks that it is offered, each once, in their order, with
// the places where they were.
type ranks struct {
	list, places [ready]uint32
	n            int
}

// offer takes a rank if it is among the least limit ones, of 1 to ready.
func (r *ranks) offer(rank, place uint32, limit int) {
	if r.n == limit && rank >= r.list[limit-1] {
		return
	}
	i := r.n
	for i > 0 && r.list[i-1] > rank {
		i--
	}
	if i > 0 && r.list[i-1] == rank {
		return
	}
	if r.n < limit {
		r.n++
	}
	copy(r.list[i+1:r.n], r.list[i:r.n-1])
	copy(r.places[i+1:r.n], r.places[i:r.n-1])
	r.list[i], r.places[i] = rank, place
}
